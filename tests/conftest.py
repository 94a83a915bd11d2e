"""What holds for every test: no network but loopback, nothing of the developer's own settings or data, and a
PostgreSQL for those that ask. What one kind of test needs lives beside that kind.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis

from tests import postgres

# `make test` gives the same answer twice; `--hypothesis-profile=explore` goes and looks for new trouble.
hypothesis.register_profile("repeatable", derandomize=True, database=None, deadline=None)
hypothesis.register_profile("explore", max_examples=2_000, database=None, deadline=None, print_blob=True)
hypothesis.load_profile("repeatable")

_OUR_SETTINGS = ("PATCHLINE_", "PLIVO_", "HOIIO_", "VCW_", "SLACK_", "TELEGRAM_", "SIMULATOR_")
_OUR_NAMES = {"DATABASE_URL", "HOST", "PORT", "PUBLIC_URL"}


class NetworkRefused(BaseException):
    """A test tried to leave this machine.

    Not an Exception, so that no error handling under test can mistake it for a provider that is down.
    """


def _only_loopback(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: it also sees what C extensions and asyncio do, and cannot be undone by a test."""
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
        sock, address = arguments[0], arguments[1]
        if getattr(sock, "family", None) in (socket.AF_INET, socket.AF_INET6) and address is not None:
            _refuse_unless_loopback(event, address[0])  # type: ignore[index]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _refuse_unless_loopback(event, arguments[0])


def _refuse_unless_loopback(event: str, host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    # None asks for this machine's own addresses; using one of them is caught at the bind.
    if name is None or name == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise NetworkRefused(f"{event}: {name!r} is not this machine")


sys.addaudithook(_only_loopback)


@pytest.fixture(autouse=True)
def _a_clean_desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, with none of the caller's settings, and with data directories of its own."""
    for name in [*os.environ]:
        if name in _OUR_NAMES or name.startswith(_OUR_SETTINGS):
            monkeypatch.delenv(name)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name.lower()))
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """One server per test process, started by the first test that asks."""
    with postgres.running() as server:
        yield server


_databases = count(1)


@pytest.fixture
def postgres_url(postgres_server: postgres.PostgresServer) -> Iterator[str]:
    """A `DATABASE_URL` for an empty database of this test's own; dropped afterwards, connections and all."""
    database = f"patchline_{next(_databases)}"
    postgres_server.create(database)
    yield postgres_server.url(database)
    postgres_server.drop(database)
