"""What stand-ins for Hoiio and VCW are made of: real HTTP on loopback, trouble on request, and callbacks that
can be doubled, lost or held back. Nothing waits for the wall clock: whoever waits, waits for news.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from urllib.parse import parse_qsl, urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.web.server import serving
from bot.ports.clock import Clock


class News:
    """Wakes whoever waits for something to have happened."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        self._event.set()

    async def until(self, holds: Callable[[], object]) -> None:
        """Return as soon as it holds; looked at after every piece of news."""
        async with asyncio.timeout(5):
            while not holds():
                self._event.clear()
                await self._event.wait()

    async def quiet(self, seconds: float = 0.02) -> None:
        """Return once nothing was told for so long."""
        with suppress(TimeoutError):
            while True:
                self._event.clear()
                async with asyncio.timeout(seconds):
                    await self._event.wait()


class Trouble(Enum):
    """What befalls a request."""

    SILENT_BEFORE = auto()  # it is not taken, and nothing comes back
    SILENT_AFTER = auto()  # it is taken, and nothing comes back
    BROKEN_BEFORE = auto()  # 503, and it was not taken
    BROKEN_AFTER = auto()  # 503, and it was taken


class Delivery(Enum):
    """What befalls a callback."""

    ONCE = auto()
    TWICE = auto()
    LOST = auto()
    HELD = auto()  # until `release`, latest first


class Door:
    """A server whose application can change: starting one for every test would take longer than the tests."""

    app: ASGIApp
    url: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Door"]:
        """On a free port while the block lasts."""
        async with serving(self, host="127.0.0.1", port=0) as port:
            self.url = f"http://127.0.0.1:{port}"
            yield self


class Service:
    """A vendor's server. Subclasses answer in `take` and call back through `post`."""

    def __init__(self, clock: Clock, news: News | None = None) -> None:
        self.clock = clock
        self.news = news or News()
        self.url = ""
        self.trouble: dict[str, Trouble] = {}
        self.delivery = Delivery.ONCE
        self.replies: list[int] = []
        self._held: list[tuple[str, Mapping[str, str]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._never = asyncio.Event()

    async def take(self, method: str, request: Request) -> Response:
        """Answer one request."""
        raise NotImplementedError

    def headers(self, body: bytes) -> Mapping[str, str]:
        """What a callback is signed with."""
        return {}

    @asynccontextmanager
    async def open_at(self, door: "Door") -> AsyncIterator[None]:
        """Answer at that door while the block lasts."""
        door.app = Starlette(routes=[Route("/{method:path}", self._receive, methods=["GET", "POST", "PUT"])])
        self.url = door.url
        async with httpx.AsyncClient(timeout=10) as self._client:
            try:
                yield
            finally:
                self._never.set()
                await asyncio.gather(*self._tasks)

    async def _receive(self, request: Request) -> Response:
        method = request.path_params["method"]
        trouble = self.trouble.pop(method, None)
        reply = None
        if trouble not in (Trouble.SILENT_BEFORE, Trouble.BROKEN_BEFORE):
            reply = await self.take(method, request)
        self.news.tell()
        if trouble in (Trouble.SILENT_BEFORE, Trouble.SILENT_AFTER):
            await self._never.wait()
        if reply is None or trouble is Trouble.BROKEN_AFTER:
            return Response("<h1>Service unavailable</h1>", status_code=503)
        return reply

    # --- calling back -------------------------------------------------------------------------------

    async def post(self, url: str, fields: Mapping[str, str]) -> None:
        """Deliver a callback, as the delivery of the day has it."""
        match self.delivery:
            case Delivery.LOST:
                return
            case Delivery.HELD:
                self._held.append((url, fields))
                return
            case Delivery.TWICE:
                await self._deliver(url, fields)
                await self._deliver(url, fields)
            case Delivery.ONCE:
                await self._deliver(url, fields)

    async def release(self) -> None:
        """Deliver what was held back, latest first."""
        held, self._held = self._held[::-1], []
        for url, fields in held:
            await self._deliver(url, fields)

    async def _deliver(self, url: str, fields: Mapping[str, str]) -> None:
        body = urlencode(fields).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", **self.headers(body)}
        reply = await self._client.post(url, content=body, headers=headers)
        self.replies.append(reply.status_code)
        self.news.tell()

    def soon(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """What happens after the answer has gone out."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def form_of(request: Request) -> dict[str, str]:
    """The form in the body of a POST, or the query of a GET. A field sent twice is a mistake."""
    text = (await request.body()).decode() if request.method == "POST" else request.url.query
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
    assert len(pairs) == len(dict(pairs)), "a field was sent twice"
    return dict(pairs)
