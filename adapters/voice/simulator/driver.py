"""The simulated phone network as a voice provider, in this process or in another one."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import quote

import httpx
import structlog

from adapters.voice.simulator.api import CallRequest, Orders, TextRequest, Told, answer
from adapters.voice.simulator.attendant import CONFERENCE_SIZE
from adapters.voice.simulator.network import NAME, Network
from adapters.voice.simulator.outside import Outside
from adapters.voice.simulator.refusal import NoAnswer
from adapters.voice.simulator.waiting import forever, race
from adapters.wire import http
from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.cdr import Money
from bot.domain.codec import decode, encode
from bot.domain.control import Control
from bot.domain.errors import (
    ProviderError,
    Rejected,
    StorageUnavailable,
    Unsupported,
)
from bot.domain.flow import Feature, Menu
from bot.domain.leg import LegEvent, RecordingRef
from bot.domain.numbers import Address, Did, PhoneNumber
from bot.ports.clock import Clock
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import (
    Audio,
    DidOffer,
    HistoryEntry,
    Hooks,
    Incoming,
    Placed,
    ProviderLimits,
    Quote,
    Sighting,
    VoiceInbox,
)

T = TypeVar("T")
log = structlog.get_logger(__name__)

LACKING: Final[Mapping[Feature, str]] = {
    Feature.MENU: "the simulated network keeps no phone menus",
    Feature.SIGNED_WEBHOOKS: "the simulated network is listened to, it does not call back",
}
FEATURES: Final = frozenset(Feature) - LACKING.keys()
LIMITS: Final = ProviderLimits(conference_size=CONFERENCE_SIZE, calls_per_second=0.0, listing_lag=2.0)
LISTENING: Final = 20.0
"""Seconds that we wait for news before we ask again."""
PAUSE: Final = 1.0
"""Seconds before the next try when the network cannot be reached, or what it said cannot be written down."""


class Simulator:
    """Always an HTTP client; what differs is whether the network stands behind a socket or beside us."""

    name = NAME
    features = FEATURES
    lacking = LACKING
    limits = LIMITS

    def __init__(self, client: httpx.AsyncClient, clock: Clock, timeouts: http.Timeouts) -> None:
        self._clock = clock
        self._client = client
        self._timeouts = timeouts
        self._wire = http.Wire(provider=NAME, client=client, timeouts=timeouts, explain=_explain)

    @classmethod
    def beside(cls, network: Network, timeouts: http.Timeouts = http.PATIENT) -> "Simulator":
        """On a network in this process. Requests for calls time out on the network's clock."""
        transport = _Beside(network, timeouts.read)
        client = http.client("http://localhost", transport=transport, use_proxy_settings=False)
        return cls(client, network.clock, timeouts)

    @classmethod
    def at(cls, url: str, clock: Clock, timeouts: http.Timeouts = http.PATIENT) -> "Simulator":
        """On a network in another process (`patchline network`)."""
        return cls(http.client(url, timeouts=timeouts, use_proxy_settings=False), clock, timeouts)

    def outside(self) -> Outside:
        """The client for whoever plays the world outside, on the same network; `close` closes it too."""
        return Outside(self._client, self._timeouts)

    # --- calls --------------------------------------------------------------------------------

    def check(self, plan: LegPlan) -> None:
        """Everything but a phone menu."""
        if any(isinstance(step, Menu) for step in plan.flow.every_step()):
            raise Unsupported(provider=NAME, detail="it keeps no phone menus")

    async def originate(self, placement: Placement, hooks: Hooks) -> Placed:
        """Once. Events come over the stream, so the hooks are not needed."""
        order = CallRequest(token=placement.token, plan=placement.plan)
        reply = await self._wire.send(
            "POST", "/v1/calls", creates=True, token=placement.token, json=encode(order)
        )
        return self._read(Placed, reply, creates=True, token=placement.token)

    async def hang_up(self, ref: ProviderRef) -> None:
        """End the leg. One that has ended, or was forgotten since, is no error."""
        with suppress(Rejected):
            await self._wire.send("DELETE", f"/v1/calls/{ref}")

    async def control(self, ref: ProviderRef, order: Control, hooks: Hooks | None = None) -> None:
        """Every order there is. Raises Rejected when the leg is gone."""
        await self._wire.send("POST", f"/v1/calls/{ref}/control", json=encode(order))

    async def look_up(self, placement: Placement) -> Sighting | None:
        """By our token. The list may trail behind."""
        try:
            reply = await self._wire.send("GET", "/v1/calls", params={"token": placement.token})
        except Rejected:
            return None
        return self._read(Sighting, reply)

    async def history(self, since: datetime, until: datetime) -> Sequence[HistoryEntry]:
        """Legs dialled in that span."""
        span = {"since": since.isoformat(), "until": until.isoformat()}
        return await self._ask(tuple[HistoryEntry, ...], "/v1/history", **span)

    # --- events -------------------------------------------------------------------------------

    async def run(self, inbox: VoiceInbox) -> None:
        """Listen until cancelled. What could not be written down is brought again; a restart hears it all."""
        network, serial = "", 0
        async with asyncio.TaskGroup() as callers:
            while True:
                try:
                    told = await self._told(serial)
                    if told.network != network and serial:
                        serial = 0
                        continue
                    network = told.network
                    for report in told.reports:
                        if report.event is not None:
                            await _bring(inbox, report.event)
                        if report.incoming is not None:
                            callers.create_task(self._take(inbox, report.incoming))
                        serial = report.serial
                except (ProviderError, StorageUnavailable):
                    await self._clock.sleep(PAUSE)

    async def _told(self, serial: int) -> Told:
        asked = {"after": serial, "wait": LISTENING}
        reply = await self._wire.send("GET", "/v1/events", patience=LISTENING + 10, params=asked)
        return self._read(Told, reply)

    async def _take(self, inbox: VoiceInbox, incoming: Incoming) -> None:
        """Ask what this caller meets, and pass it on, until both have worked or the caller is forgotten."""
        while True:
            try:
                token, flow = await inbox.incoming(incoming)
                orders = encode(Orders(token=token, flow=flow))
                await self._wire.send("POST", f"/v1/incoming/{incoming.ref}", json=orders)
                return
            except Rejected:
                return
            except (ProviderError, StorageUnavailable):
                await self._clock.sleep(PAUSE)
            except Exception:
                log.exception("a caller could not be taken", ref=incoming.ref)
                return

    # --- money, texts, numbers, recordings ----------------------------------------------------

    async def rate(self, address: Address) -> Quote:
        """The price of a started minute."""
        return await self._ask(Quote, f"/v1/rates/{quote(str(address), safe='+')}")

    async def balance(self) -> Money:
        """What is left of the account."""
        return await self._ask(Money, "/v1/balance")

    async def send_text(self, to: PhoneNumber, text: str, sender: PhoneNumber | None) -> str:
        """The message's id."""
        message = TextRequest(to=to, text=text, sender=sender)
        reply = await self._wire.send("POST", "/v1/texts", creates=True, json=encode(message))
        return self._wire.read(reply, lambda each: str(each.json()["id"]), creates=True)

    async def fetch(self, recording: RecordingRef) -> Audio:
        """The WAV file."""
        reply = await self._wire.send("GET", f"/v1/recordings/{recording.ref}.wav")
        return Audio(content_type=reply.headers["content-type"], data=reply.content)

    async def forget(self, recording: RecordingRef) -> None:
        """Delete it at the network."""
        await self._wire.send("DELETE", f"/v1/recordings/{recording.ref}.wav")

    async def offers(self, country: str, region: str | None) -> Sequence[DidOffer]:
        """Numbers that could be rented, by country (two letters) and part of a region's name."""
        asked = {"country": country} | ({"region": region} if region else {})
        return await self._ask(tuple[DidOffer, ...], "/v1/offers", **asked)

    async def rent(self, offer: DidOffer) -> Did:
        """Raises Rejected when somebody was quicker."""
        await self._wire.send("PUT", f"/v1/numbers/{offer.number}")
        return Did(number=offer.number, provider=NAME)

    async def dids(self) -> Sequence[Did]:
        """The numbers that are ours."""
        numbers = await self._ask(tuple[PhoneNumber, ...], "/v1/numbers")
        return [Did(number=number, provider=NAME) for number in numbers]

    async def release(self, did: Did) -> None:
        """Harmless twice."""
        await self._wire.send("DELETE", f"/v1/numbers/{did.number}")

    async def close(self) -> None:
        """Let go of connections. A network in this process goes on."""
        await self._wire.close()

    async def _ask(self, hint: type[T], path: str, **params: str) -> T:
        return self._read(hint, await self._wire.send("GET", path, params=params))

    def _read(
        self, hint: type[T], reply: httpx.Response, *, creates: bool = False, token: str | None = None
    ) -> T:
        return self._wire.read(reply, lambda each: decode(hint, each.json()), creates=creates, token=token)


async def _bring(inbox: VoiceInbox, event: LegEvent) -> None:
    """One event that breaks something must not silence all that come after it."""
    try:
        await inbox.happened(NAME, event)
    except StorageUnavailable:
        raise
    except Exception:
        log.exception("an event could not be taken", kind=event.kind, source=event.source_id)


def _explain(reply: httpx.Response) -> tuple[str, str | None]:
    try:
        said = reply.json()
        return str(said["detail"]), str(said["code"])
    except (ValueError, KeyError, TypeError):
        return http.plainly(reply)


class _Beside(httpx.AsyncBaseTransport):
    """Hands requests to a network in this process. Only what may dial is timed, on the simulated clock."""

    def __init__(self, network: Network, read_seconds: float) -> None:
        self._network = network
        self._clock = network.clock
        self._read_seconds = read_seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The reply, or httpx.ReadTimeout where none comes."""
        query: dict[str, list[str]] = {}
        for name, value in request.url.params.multi_items():
            query.setdefault(name, []).append(value)
        asked = HttpRequest(
            method=request.method,
            url=str(request.url),
            path=request.url.path,
            query=query,
            body=await request.aread(),
        )
        may_dial = (asked.method, asked.path) == ("POST", "/v1/calls")
        reply = await (self._in_time(asked) if may_dial else answer(self._network, asked))
        if reply is None:
            raise httpx.ReadTimeout("no answer", request=request)
        headers = {"content-type": reply.content_type, **reply.headers}
        return httpx.Response(reply.status, headers=headers, content=reply.body, request=request)

    async def _in_time(self, asked: HttpRequest) -> HttpReply | None:
        replies = []

        async def answering() -> None:
            try:
                replies.append(await answer(self._network, asked))
            except NoAnswer:
                await forever()

        await race(answering(), self._clock.sleep(self._read_seconds))
        return replies[0] if replies else None
