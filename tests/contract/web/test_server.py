"""One server in our loop: says when it cannot listen, leaves signals alone, is gone within two seconds."""

import asyncio
import errno
import os
import signal
import socket
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from adapters.web.server import serving, why_not
from bot.domain.errors import ConfigError


async def _hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


async def _slow(_request: Request) -> Response:
    await asyncio.Event().wait()
    return PlainTextResponse("never")


APP = Starlette(routes=[Route("/", _hello), Route("/slow", _slow)])


async def test_it_answers_while_the_block_runs_and_not_after() -> None:
    async with serving(APP, host="127.0.0.1", port=0) as port, httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/")).text == "hello"
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_the_same_port_can_be_had_again_at_once() -> None:
    async with serving(APP, host="127.0.0.1", port=0) as port, httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{port}/")
    async with serving(APP, host="127.0.0.1", port=port) as again:
        assert again == port


async def test_a_taken_port_is_a_mistake_in_the_settings() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"PORT: {port} on 127.0.0.1 is taken"):
            async with serving(APP, host="127.0.0.1", port=port):
                pytest.fail("it listens on a port that is taken")


@pytest.mark.parametrize(
    ("number", "setting", "what_to_do"),
    [
        (errno.EADDRINUSE, "PORT", "set PORT to a free port"),
        (errno.EACCES, "PORT", "Set PORT to 1024 or above"),
        (errno.EADDRNOTAVAIL, "HOST", "cannot listen on 192.0.2.1 port 80: Cannot assign"),
    ],
)
def test_every_mistake_names_its_setting(number: int, setting: str, what_to_do: str) -> None:
    said = why_not(OSError(number, os.strerror(number)), "192.0.2.1", 80)

    assert said.startswith(f"{setting}: ")
    assert what_to_do in said


async def test_signals_stay_with_the_program() -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    async with serving(APP, host="127.0.0.1", port=0):
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


async def test_it_stops_within_two_seconds_whatever_is_under_way() -> None:
    async with httpx.AsyncClient() as client:
        async with serving(APP, host="127.0.0.1", port=0) as port:
            await client.get(f"http://127.0.0.1:{port}/")  # its connection stays open
            hanging = asyncio.ensure_future(client.get(f"http://127.0.0.1:{port}/slow"))
            await asyncio.wait({hanging}, timeout=0.2)
            assert not hanging.done()
            begun = time.monotonic()
        assert time.monotonic() - begun < 2
        await asyncio.gather(hanging, return_exceptions=True)


async def test_an_error_in_the_block_gets_out_and_the_server_stops() -> None:
    port = 0
    with pytest.raises(KeyError):
        async with serving(APP, host="127.0.0.1", port=0) as port:
            raise KeyError
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/")
