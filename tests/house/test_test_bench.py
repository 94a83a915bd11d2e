"""The rules of `tests/conftest.py` are rules: a test that breaks one fails."""

import asyncio
import os
import socket
import warnings
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.conftest import NetworkRefused

ELSEWHERE = "192.0.2.1"  # reserved for documentation: belongs to nobody


@pytest.mark.parametrize("address", [ELSEWHERE, "example.com", "::ffff:192.0.2.1", "2001:db8::1"])
def test_no_connection_leaves_this_machine(address: str) -> None:
    with pytest.raises(NetworkRefused):
        socket.create_connection((address, 443), timeout=0.1)


def test_no_datagram_leaves_this_machine() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(NetworkRefused):
        sock.sendto(b"?", (ELSEWHERE, 53))


async def test_not_through_the_event_loop_either() -> None:
    with pytest.raises(NetworkRefused):
        await asyncio.open_connection(ELSEWHERE, 443)


async def test_an_http_client_cannot_turn_it_into_a_provider_error() -> None:
    async with httpx.AsyncClient() as client:
        with pytest.RaisesGroup(NetworkRefused, allow_unwrapped=True):
            await client.get(f"http://{ELSEWHERE}/")


def test_nothing_listens_beyond_loopback() -> None:
    with socket.socket() as sock, pytest.raises(NetworkRefused):
        sock.bind(("0.0.0.0", 0))  # noqa: S104 - the very thing that must not work


async def test_loopback_works() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
        assert await reader.read() == b"hello"
        writer.close()


def test_a_warning_is_an_error() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_the_desk_is_clean() -> None:
    assert list(Path.cwd().iterdir()) == []
    assert not [name for name in os.environ if name.startswith(("PATCHLINE_", "SLACK_", "TELEGRAM_"))]
    assert "DATABASE_URL" not in os.environ


@pytest.mark.postgres
async def test_postgres_is_real_and_empty(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        tables = await connection.fetch("select 1 from pg_tables where schemaname = 'public'")
        version = await connection.fetchval("show server_version_num")
    finally:
        await connection.close()
    assert not tables
    assert int(version) >= 140_000
