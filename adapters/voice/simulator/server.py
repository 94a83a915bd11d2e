"""The simulated network as a process of its own: `api.answer` behind a web server, on this machine only."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.voice.simulator.api import answer
from adapters.voice.simulator.door import error
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.refusal import NoAnswer
from bot.ports.http import HttpReply, HttpRequest

LARGEST_BODY: Final = 2_000_000
"""Bytes. A minute of voice takes one million."""


def network_app(network: Network) -> Starlette:
    """The ASGI application. It answers to loopback names alone, so no web page can reach it by a trick."""

    async def handle(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _response(error(413, "too much", f"no request needs more than {LARGEST_BODY} bytes"))
        asked = HttpRequest(
            method=request.method,
            url=str(request.url),
            path=request.url.path,
            query={name: request.query_params.getlist(name) for name in request.query_params},
            headers=dict(request.headers),
            body=body,
        )
        try:
            reply = await answer(network, asked)
        except NoAnswer:
            await _wait_until_gone(request)
            return Response(status_code=504)
        return _response(reply)

    methods = ["GET", "POST", "PUT", "DELETE"]
    return Starlette(
        routes=[Route("/{path:path}", handle, methods=methods)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "[::1]"])],
    )


def _response(reply: HttpReply) -> Response:
    return Response(reply.body, reply.status, {**reply.headers, "content-type": reply.content_type})


async def _body(request: Request) -> bytes | None:
    """All of it; None when it is more than any request needs."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


async def _wait_until_gone(request: Request) -> None:
    """The caller waits for an answer that never comes, and hangs up the connection in the end."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _Server(uvicorn.Server):
    """Lets whoever waits for events go before it waits for them."""

    def __init__(self, config: uvicorn.Config, network: Network) -> None:
        super().__init__(config)
        self._network = network

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._network.let_go()
        await super().shutdown(sockets)


async def serve_network(
    network: Network,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    door: socket.socket | None = None,
    on_listening: Callable[[int], None] | None = None,
) -> None:
    """Serve until cancelled, or until SIGINT or SIGTERM. `on_listening` is told the port (0: a free one).

    `door`: a TCP socket that is bound already, instead of `host` and `port`; it is closed in the end. Raises
    ValueError for a host that is not loopback, OSError when the port is taken.
    """
    if door is None:
        door = _door(host, port)
    else:
        _only_this_machine(door.getsockname()[0])
    # Every connection inherits it. asyncio would set it for some alone, and short answers would wait 40 ms.
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if on_listening is not None:
        on_listening(door.getsockname()[1])
    server = _Server(
        uvicorn.Config(
            network_app(network),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
            # Longer than clients keep an idle connection: theirs to close, or a request meets a closed one.
            timeout_keep_alive=30,
        ),
        network,
    )
    serving = asyncio.ensure_future(server.serve(sockets=[door]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await network.stop()
        with suppress(asyncio.CancelledError):
            await serving


def _door(host: str, port: int) -> socket.socket:
    address = _only_this_machine("127.0.0.1" if host == "localhost" else host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    return socket.create_server((str(address), port), family=family)


def _only_this_machine(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host)
    if not address.is_loopback:
        raise ValueError("the simulated network serves this machine only")
    return address
