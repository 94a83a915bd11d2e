"""The web door on loopback, with real HTTP in front of it and real files behind it.

Starting and stopping a server takes a quarter of a second: one serves a module, and what it serves changes.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.web.app import build_app
from adapters.web.server import serving
from storage.memory import MemoryLedger
from tests.contract.web.stubs import Inbox
from tests.unit.recordings import Bench, Vendor, wav

Door = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class Frame:
    """Where a test hangs the application it is about."""

    app: ASGIApp
    address: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def frame() -> AsyncIterator[Frame]:
    frame = Frame()
    async with serving(frame, host="127.0.0.1", port=0) as port:
        frame.address = f"http://127.0.0.1:{port}"
        yield frame


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(MemoryLedger(), tmp_path / "recordings", Vendor(says=[wav(7)]))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[], str]]:
    """All that was logged so far, at every level and with tracebacks, but for what the HTTP client said."""
    caplog.set_level("DEBUG")
    plain = [structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    structlog.configure(processors=plain)

    def said() -> str:
        records = [each for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
        return "\n".join([*(each.getMessage() for each in records), *capsys.readouterr()])

    yield said
    structlog.reset_defaults()


async def _yes() -> bool:
    return True


@pytest.fixture
def door(frame: Frame, bench: Bench, inbox: Inbox) -> Door:
    """`async with door(providers=…) as client:`; whatever is not said is empty, ready and private."""

    @asynccontextmanager
    async def opened(**more: Any) -> AsyncIterator[httpx.AsyncClient]:
        known: dict[str, Any] = {
            "recordings": bench.recordings, "inbox": inbox, "providers": {}, "chats": {}, "public_url": None,
            "database_ready": _yes, "dispatcher_ready": _yes,
        }  # fmt: skip
        frame.app = build_app(**{**known, **more})
        async with httpx.AsyncClient(base_url=frame.address, timeout=10) as client:
            yield client

    return opened


@pytest_asyncio.fixture(loop_scope="module")
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    async with door() as client:
        yield client
