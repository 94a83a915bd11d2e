"""One web server in the running loop. Signals belong to the program; requests hold tokens: none is logged."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.domain.errors import ConfigError

LAST_WORDS: Final = 1
"""Seconds that answers under way get when the server stops; then they are cut off."""


class _Http(H11Protocol):
    """Logs no request, whatever anybody does to the logging of the process."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.access_log = False


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.decided = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets=sockets)
        finally:
            self.decided.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp, *, host: str, port: int, door: socket.socket | None = None
) -> AsyncIterator[int]:
    """Answer on that address while the block runs; gives the bound port (`port=0` picks a free one).

    `door` is a socket that listens already, where somebody else holds the address. Raises ConfigError when
    the address cannot be had. Leaving takes two seconds at the most.
    """
    listening = door or bind(host, port)
    server = _Server(_config(app))
    running = asyncio.create_task(server.serve(sockets=[listening]), name="web")
    try:
        await server.decided.wait()
        if not server.started:
            await running
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await running


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Http,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_WORDS,
    )


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ConfigError, with what to do, when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=512)
    except OSError as trouble:
        raise ConfigError(problems=[why_not(trouble, host, port)]) from trouble
    # Answers leave at once. asyncio sets this only on sockets that name their protocol, and these don't.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setblocking(False)
    return listening


def why_not(trouble: OSError, host: str, port: int) -> str:
    """What to tell the operator, and what to do about it."""
    if trouble.errno == errno.EADDRINUSE:
        return (
            f"PORT: {port} on {host} is taken by another program. Stop that one, or set PORT to a free port."
        )
    if trouble.errno == errno.EACCES:
        return f"PORT: this user may not listen on {port}. Set PORT to 1024 or above."
    return f"HOST: cannot listen on {host} port {port}: {trouble.strerror or trouble}."
