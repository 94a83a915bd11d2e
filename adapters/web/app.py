"""The ASGI application: which address leads where, and the headers every answer carries."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from adapters.clock import SystemClock
from adapters.web import board
from adapters.web.headers import SECURITY_HEADERS, SecurityHeaders
from adapters.web.hooks import ChatHooks, ProviderHooks
from adapters.web.player import Player
from bot.domain.errors import StorageUnavailable
from bot.ports.chat import ReceivesChatHooks
from bot.ports.clock import Clock
from bot.ports.voice import ReceivesWebhooks, VoiceInbox
from bot.services.recordings import Recordings

log = structlog.get_logger(__name__)

Ready = Callable[[], Awaitable[bool]]

HERE: Final = Path(__file__).parent
READY_WITHIN: Final = 2.0


def build_app(
    *,
    recordings: Recordings,
    inbox: VoiceInbox,
    providers: Mapping[str, object],
    chats: Mapping[str, object],
    public_url: str | None,
    database_ready: Ready,
    dispatcher_ready: Ready,
    clock: Clock | None = None,
    pages: Sequence[BaseRoute] = (),
    own: board.OwnPages | None = None,
) -> Starlette:
    """Everything that Patchline answers over HTTP.

    Of `providers` and `chats` only those that receive webhooks get an address. A readiness check that raises,
    or takes more than two seconds, counts as not ready. `public_url` has no `/` behind it. Without
    `own` nobody signs in: there is no board, and recordings are only listened to. `pages` are what this
    process shows besides.
    """
    receivers = {name: each for name, each in providers.items() if isinstance(each, ReceivesWebhooks)}
    hooked = {name: each for name, each in chats.items() if isinstance(each, ReceivesChatHooks)}
    voice = ProviderHooks(
        receivers=receivers, inbox=inbox, public_url=public_url, clock=clock or SystemClock()
    )
    chat = ChatHooks(chats=hooked, public_url=public_url)
    made = templates()
    player = Player(recordings=recordings, templates=made, own=own, public_url=public_url)
    checks = {"database": database_ready, "dispatcher": dispatcher_ready}
    app = Starlette(
        routes=[
            Route("/healthz", _alive),
            Route("/readyz", _readiness(checks)),
            Route("/hooks/{provider}/{token}/{kind}", voice.receive, methods=["GET", "POST"]),
            Route("/hooks/{provider}/{kind}", voice.receive, methods=["GET", "POST"]),
            Route("/chat/{platform}", chat.receive, methods=["POST"]),
            Route("/r/{token}", player.page),
            Route("/r/{token}/audio", player.audio),
            Route("/r/{token}/press", player.press, methods=["POST"]),
            *(board.routes(own, made, public_url) if own is not None else ()),
            *pages,
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={StorageUnavailable: player.unavailable, Exception: _broken},
    )
    # A redirect would repeat the token in a header, under whatever host name the request claimed.
    app.router.redirect_slashes = False
    return app


def templates() -> Environment:
    """Ours, escaping everything."""
    loader = FileSystemLoader(HERE / "templates")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _readiness(checks: Mapping[str, Ready]) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_request: Request) -> Response:
        said = dict(zip(checks, await asyncio.gather(*map(_holds, checks.values())), strict=True))
        return JSONResponse(said, status_code=200 if all(said.values()) else 503)

    return ready


async def _holds(check: Ready) -> bool:
    try:
        async with asyncio.timeout(READY_WITHIN):
            return await check()
    except Exception as reason:  # noqa: BLE001 - whatever it is, the answer to "are you ready" is no
        log.warning("not ready", reason=str(reason) or type(reason).__name__)
        return False


async def _broken(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Something broke here.\n", status_code=500, headers=SECURITY_HEADERS)
