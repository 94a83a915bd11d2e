"""A real Chromium, driven by playwright: one browser a session, a context of its own for every test.

A test fails by itself when a page logs an error, throws one, or asks anything of another machine. A test that
provokes such a thing on purpose says so with `watched.expects`. Everything here lives in the session's event
loop, and so do the tests: `pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]`.

A microphone: override the fixture `microphone` with the path of a WAV file, and the browser hears that file.
"""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request
from playwright.async_api import async_playwright as playwright_running

from tests.browser.house import OpenHouse, open_house
from tests.browser.lab import a_lab

QUIET: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 5_000
"""A page on loopback that takes longer than this is broken."""
OURS: Final = ("127.0.0.1", "localhost")

NewContext = Callable[..., Awaitable[BrowserContext]]


@dataclass
class Watched:
    """What went wrong in the pages of one test, in words; `expected` are parts of words that may appear."""

    wrong: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expects(self, *words: str) -> None:
        """This test provokes an error that says these words."""
        self.expected += words

    def watch(self, context: BrowserContext) -> None:
        """From now on, every page of it."""
        context.on("console", self._said)
        context.on("weberror", lambda error: self.wrong.append(f"page error: {error.error}"))
        context.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in OURS:
            self.wrong.append(f"outside request: {request.url}")

    def unexpected(self) -> list[str]:
        """Everything that no test announced."""
        return [said for said in self.wrong if not any(words in said for words in self.expected)]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the system's Chromium is. A checking machine must have one; a developer's may do without."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        missing = "no Chromium on this machine; `apt-get install chromium` brings one"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)  # only for a developer without one: `.ci/run` sets CI, and there it fails
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _playwright() -> AsyncIterator[Playwright]:
    async with playwright_running() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _browsers(
    chromium: str, _playwright: Playwright
) -> AsyncIterator[Callable[[Path | None], Awaitable[Browser]]]:
    """One browser for each microphone, started by the first test that asks."""
    started: dict[Path | None, Browser] = {}

    async def browser(microphone: Path | None) -> Browser:
        if microphone not in started:
            started[microphone] = await _playwright.chromium.launch(
                executable_path=chromium, args=flags(microphone)
            )
        return started[microphone]

    yield browser
    for each in started.values():
        await each.close()


def flags(microphone: Path | None) -> list[str]:
    """What Chromium is started with; with a microphone it hears that WAV file, over and over."""
    chosen = [*QUIET, "--autoplay-policy=no-user-gesture-required"]
    if os.geteuid() == 0:
        chosen.append("--no-sandbox")  # Chromium refuses root with its sandbox; these are our own pages
    if microphone is not None:
        chosen += [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}",
        ]
    return chosen


@pytest.fixture
def microphone() -> Path | None:
    """What the browser's microphone hears; override it. Tests with the same path share a browser."""
    return None


@pytest.fixture
def watched() -> Watched:
    """Collects what goes wrong in this test's pages."""
    return Watched()


@pytest_asyncio.fixture(loop_scope="session")
async def new_context(
    _browsers: Callable[[Path | None], Awaitable[Browser]], microphone: Path | None, watched: Watched
) -> AsyncIterator[NewContext]:
    """`await new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")`: another person's
    browser, with cookies of its own. All are watched, and closed after the test."""
    browser = await _browsers(microphone)
    opened: list[BrowserContext] = []

    async def context(**more: Any) -> BrowserContext:
        fresh = await browser.new_context(**{"reduced_motion": "reduce", **more})
        fresh.set_default_timeout(PATIENCE_MS)
        watched.watch(fresh)
        opened.append(fresh)
        return fresh

    yield context
    for each in opened:
        await each.close()
    assert watched.unexpected() == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(new_context: NewContext) -> Page:
    """One page in a browser of its own."""
    return await (await new_context()).new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """The whole house on the simulator, with its pages open and a clock that the test owns."""
    async with open_house(tmp_path) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="session")
async def mine(house: OpenHouse, new_context: NewContext) -> Page:
    """A page of Punit's, who has signed in."""
    context = await new_context()
    await house.signs_in(context)
    return await context.new_page()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lab_address() -> AsyncIterator[str]:
    """A phone lab of this file's own, on a network of its own."""
    async with a_lab() as address:
        yield address
