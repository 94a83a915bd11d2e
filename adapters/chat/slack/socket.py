"""Socket Mode: Slack's requests over a connection that we open, for where nothing reaches us from outside.

A socket that says nothing is pinged; one that does not answer, is told to go, or has brought nothing for a
long time, is replaced: the new one is open before the old one closes.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.chat.slack.api import Api
from bot.domain.errors import ProviderError
from bot.ports.clock import Clock

log = structlog.get_logger(__name__)

QUIET: Final = 15.0
"""Seconds without a frame until we ask whether anybody is there, and again until we give it up."""
IDLE: Final = 600.0
"""Seconds without a request after which a socket is replaced: some look alive and bring nothing."""
LIVED: Final = 5.0
LONGEST_PAUSE: Final = 30.0

Enter = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]
Errand = Callable[[Awaitable[None]], None]


class Socket:
    """Keeps one connection open and answers what comes over it."""

    def __init__(
        self,
        *,
        api: Api,
        token: str,
        enter: Enter,
        errand: Errand,
        clock: Clock,
        quiet: float = QUIET,
        idle: float = IDLE,
    ) -> None:
        self._api = api
        self._token = token
        self._enter = enter
        self._errand = errand
        self._clock = clock
        self._quiet = quiet
        self._idle = idle

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Until cancelled."""
        failures = 0
        while True:
            began = self._clock.boot()
            try:
                await self._listen(session)
                # Whoever hangs up on us at once is not asked again at once.
                failures = failures + 1 if self._clock.boot() - began < LIVED else 0
            except (ProviderError, aiohttp.ClientError, OSError, TimeoutError) as lost:
                failures += 1
                log.warning(
                    "slack socket lost", error=type(lost).__name__, detail=getattr(lost, "detail", "")
                )
            except Exception:
                failures += 1
                log.exception("slack socket")
            if failures:
                await self._clock.sleep(min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 6)))

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        """One socket after the other, each open before the one in front of it closes."""
        socket = await self._connect(session)
        try:
            while await self._serve(socket):
                fresh = await self._connect(session)
                self._errand(_close(socket))
                socket = fresh
        finally:
            self._errand(_close(socket))

    async def _connect(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        url = await self._api.open_socket(self._token)
        return await session.ws_connect(url, autoping=False, max_msg_size=0)

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """True when another socket is wanted and this one still works; False when it is over."""
        asked, brought = False, self._clock.boot()
        while self._clock.boot() - brought < self._idle:
            try:
                frame = await socket.receive(timeout=self._quiet)
            except TimeoutError:
                if asked:
                    log.warning("slack socket is silent, opening another")
                    return False
                asked = True
                await socket.ping()
                continue
            asked = False
            match frame.type:
                case aiohttp.WSMsgType.TEXT:
                    envelope = json.loads(frame.data)
                    if envelope.get("type") == "disconnect":
                        return True
                    if "envelope_id" in envelope:
                        brought = self._clock.boot()
                        self._errand(self._answer(socket, envelope))
                case aiohttp.WSMsgType.PING:
                    await socket.pong(frame.data)
                case aiohttp.WSMsgType.PONG:
                    pass
                case _:
                    return False
        return True

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, envelope: Mapping[str, Any]) -> None:
        """What is not acknowledged is sent again, over this socket or another."""
        headers: dict[str, str | Sequence[str]] = {"content-type": "application/json"}
        payload = dict(envelope.get("payload") or {})
        response = await self._enter(AsyncBoltRequest(mode="socket_mode", body=payload, headers=headers))
        if response.status == 200:
            answer = {"envelope_id": envelope["envelope_id"], **_payload(response)}
            with suppress(ConnectionError, aiohttp.ClientError):
                await socket.send_str(json.dumps(answer))


def _payload(response: BoltResponse) -> dict[str, Any]:
    if not response.body:
        return {}
    is_json = str(next(iter(response.headers.get("content-type", ())), "")).startswith("application/json")
    return {"payload": json.loads(response.body) if is_json else {"text": response.body}}


async def _close(socket: aiohttp.ClientWebSocketResponse) -> None:
    with suppress(ConnectionError, aiohttp.ClientError, TimeoutError):
        await asyncio.wait_for(socket.close(), 2)
