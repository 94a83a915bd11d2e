"""The client for whoever plays the world outside: the pages of the phone lab, and tests of them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx

from adapters.voice.simulator.door import LONGEST_WAIT
from adapters.voice.simulator.hands import LONGEST_VOICE
from adapters.voice.simulator.network import NAME
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.script import Phone
from adapters.voice.simulator.trouble import Trouble
from adapters.voice.simulator.views import ClockView, Entry, Watched
from adapters.voice.simulator.world import Microphone, Move, Pressed, Speech, Stranger
from adapters.wire import http
from bot.domain.codec import decode, encode
from bot.domain.errors import Unavailable
from bot.domain.numbers import Address, PhoneNumber

T = TypeVar("T")

_PIECE: Final = LONGEST_VOICE * 16_000
"""Bytes of voice in one request."""
_SLACK: Final = 5.0
"""Seconds on top of a watch's own, for the way there and back."""


class Outside:
    """Everything that people outside do to the simulated network, and all that they see of it.

    Every method raises Refusal (status, code, detail) when the network says no: 404 for a leg that is not
    known, 410 for one that is over, 409 for what cannot be done now, 400 for what makes no sense; and
    Unavailable when the network cannot be reached or does not answer. Nothing is sent twice.
    """

    def __init__(self, client: httpx.AsyncClient, timeouts: http.Timeouts) -> None:
        self._client = client
        self._total = timeouts.total

    # --- watching -----------------------------------------------------------------------------

    async def watch(self, after: int = 0, wait: float = 20.0) -> Watched:
        """Legs that changed after that serial, and the clock. Waits for news up to `wait` real seconds (at
        most 30). Another `network` than last time, and the serials have started afresh: watch from 0."""
        asked = {"after": after, "wait": min(wait, LONGEST_WAIT)}
        patience = min(wait, LONGEST_WAIT) + _SLACK
        return self._read(Watched, await self._send("GET", "/v1/watch", patience=patience, params=asked))

    async def ledger(self) -> Sequence[Entry]:
        """By token: what was asked for, and what was dialled."""
        return self._read(tuple[Entry, ...], await self._send("GET", "/v1/ledger"))

    # --- phones -------------------------------------------------------------------------------

    async def phones(self) -> Mapping[str, Phone]:
        """The numbers with a script of their own."""
        return self._read(dict[str, Phone], await self._send("GET", "/v1/phones"))

    async def install(self, script: Phone) -> None:
        """From the next call on, the phone of `script.number` behaves like this."""
        await self._send("PUT", f"/v1/phones/{quote(script.number, safe='+')}", json=encode(script))

    async def answer(self, ref: str) -> None:
        """Pick up a phone that rings, or take a call that was screened."""
        await self._hand("POST", ref, "answer")

    async def decline(self, ref: str) -> None:
        """Reject a call that rings or is screened."""
        await self._hand("POST", ref, "decline")

    async def hang_up(self, ref: str) -> None:
        """End a call."""
        await self._hand("POST", ref, "hang-up")

    async def press(self, ref: str, digits: str) -> None:
        """Press keys: one to 32 of 0-9, *, #, A-D."""
        await self._hand("POST", ref, "keys", json=encode(Pressed(digits=digits)))

    async def microphone(self, ref: str, on: bool) -> None:
        """Switch the phone's own microphone; only for whoever draws it."""
        await self._hand("PUT", ref, "microphone", json=encode(Microphone(on=on)))

    async def voice(self, ref: str, pcm: bytes) -> None:
        """Speak into the voicemail that is recorded there now: 16 bit little endian, mono, 8 kHz."""
        for start in range(0, max(1, len(pcm)), _PIECE):
            piece = pcm[start : start + _PIECE]
            await self._hand("POST", ref, "voice", content=piece, headers=_OCTETS)

    async def speak(self, ref: str, text: str) -> None:
        """Have a text spoken into the voicemail that is recorded there now."""
        await self._hand("POST", ref, "speech", json=encode(Speech(text=text)))

    async def call_in(self, did: PhoneNumber, caller: Address | None, script: Phone | None = None) -> str:
        """A stranger calls one of our numbers; None withholds theirs. The leg's reference."""
        stranger = Stranger(did=did, caller=caller, script=script)
        return self._read(
            dict[str, str], await self._send("POST", "/v1/incoming-call", json=encode(stranger))
        )["ref"]

    async def numbers(self) -> Sequence[PhoneNumber]:
        """Our numbers, which strangers can call."""
        return self._read(tuple[PhoneNumber, ...], await self._send("GET", "/v1/numbers"))

    # --- how the world is ---------------------------------------------------------------------

    async def trouble(self) -> Trouble:
        """What goes wrong at present."""
        return self._read(Trouble, await self._send("GET", "/v1/trouble"))

    async def make_trouble(self, trouble: Trouble) -> None:
        """Something else goes wrong from now on."""
        await self._send("PUT", "/v1/trouble", json=encode(trouble))

    async def clock(self) -> ClockView:
        """What time it is there, and how it runs."""
        return self._read(ClockView, await self._send("GET", "/v1/clock"))

    async def move_clock(self, speed: float | None = None, to: datetime | None = None) -> ClockView:
        """Move the clock to a later time, or have it run at 0 (paused) to 100 times its speed, or both."""
        move = encode(Move(speed=speed, to=to))
        return self._read(ClockView, await self._send("PUT", "/v1/clock", json=move))

    # --- the wire -----------------------------------------------------------------------------

    async def _hand(self, method: str, ref: str, what: str, **request: Any) -> None:
        await self._send(method, f"/v1/legs/{quote(ref, safe='')}/{what}", **request)

    async def _send(
        self, method: str, path: str, *, patience: float | None = None, **request: Any
    ) -> httpx.Response:
        limits: dict[str, Any] = {} if patience is None else {"timeout": patience}
        try:
            async with asyncio.timeout(patience or self._total):
                reply = await self._client.request(method, path, **request, **limits)
        except (httpx.HTTPError, TimeoutError) as failure:
            raise Unavailable(provider=NAME, detail="the network does not answer") from failure
        if reply.is_client_error:
            raise _refusal(reply)
        if not reply.is_success:
            raise Unavailable(provider=NAME, detail="the network is broken", code=str(reply.status_code))
        return reply

    def _read(self, hint: type[T], reply: httpx.Response) -> T:
        try:
            return decode(hint, reply.json())
        except (ValueError, KeyError) as problem:
            raise Unavailable(provider=NAME, detail="an answer that cannot be read") from problem


_OCTETS: Final = {"content-type": "application/octet-stream"}


def _refusal(reply: httpx.Response) -> Refusal:
    wait = http.retry_after(reply.headers)
    try:
        said = reply.json()
        return Refusal(reply.status_code, str(said["code"]), str(said["detail"]), wait)
    except (ValueError, KeyError, TypeError):
        return Refusal(reply.status_code, "refused", http.plainly(reply)[0], wait)
