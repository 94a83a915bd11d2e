"""The phone lab as a person has it: a page, its chat, and the phones on it. Runs the real command."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Locator, Page, Response

YOU, AMY, BOB, CY = "You", "Amy", "Bob", "Cy"
STRANGER = "A stranger"
STARTING = 30.0
SLOW_MS = 20_000
"""For what takes its time on the phone: ring times, prompts that are spoken, a server that starts again."""


@asynccontextmanager
async def a_lab() -> AsyncIterator[str]:
    """`patchline lab` on a free port; its address. It is stopped as Ctrl-C does it, and must go quietly."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "lab", "--port", "0", "--no-browser"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name not in ("PORT", "DISPLAY")},
    )
    assert process.stdout is not None
    async with asyncio.timeout(STARTING):
        said = (await process.stdout.readline()).decode()
    found = re.search(r"http://127\.0\.0\.1:\d+/", said)
    assert found, said
    try:
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(STARTING):
            _, complaints = await process.communicate()
    assert process.returncode == 0
    assert complaints.decode() == ""


class LabPage:
    """One open page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    async def open(self) -> "LabPage":
        await self.page.goto(self.address, timeout=SLOW_MS)
        await self.page.locator("body[data-ready]").wait_for(timeout=SLOW_MS)
        await self.page.locator(".handset").first.wait_for(state="attached", timeout=SLOW_MS)
        return self

    async def say(self, text: str) -> None:
        box = self.page.get_by_label("Message", exact=True)
        await box.fill(text)
        await box.press("Enter")

    def phone(self, name: str) -> Locator:
        return self.page.get_by_role("article", name=f"{name}’s phone")

    def call_on(self, name: str, phase: str = "") -> Locator:
        return self.phone(name).locator(f'.call[data-phase="{phase}"]' if phase else ".call")

    async def until(self, name: str, phase: str) -> Locator:
        call = self.call_on(name, phase)
        await call.wait_for(timeout=SLOW_MS)
        return call

    async def press(self, name: str, button: str) -> None:
        await self.phone(name).get_by_role("button", name=button, exact=True).click(timeout=SLOW_MS)

    async def answers(self, name: str) -> None:
        await self.press(name, "Answer")
        await self.until(name, "talking")

    async def key(self, name: str, digit: str) -> None:
        await self.phone(name).locator(f'[data-key="{digit}"]').click(timeout=SLOW_MS)

    async def order(self, text: str) -> "CardOnPage":
        """Say it, and get the card that comes of it."""
        return await self.card_after(self.say(text))

    async def card_after(self, deed: Awaitable[None]) -> "CardOnPage":
        """Do that, and get the card that comes of it."""
        before = await self.page.locator("li.card").count()
        await deed
        new = self.page.locator("li.card").nth(before)
        await new.wait_for(timeout=SLOW_MS)
        return CardOnPage(self.page, await new.get_attribute("data-call") or "")

    async def told(self, words: str) -> None:
        await self.page.get_by_role("log").get_by_text(words).last.wait_for(timeout=SLOW_MS)

    async def clock(self) -> str:
        return await self.page.locator("#time").inner_text()

    async def at_the_beep(self) -> "CardOnPage":
        """A stranger has called, nobody took it, and the voicemail records. The card of that call."""
        await self.say("forward +1 212 555 0100 to amy for 8 seconds, then voicemail")
        await self.told("rings amy for 8 s, then voicemail")
        stranger = self.page.get_by_role("button", name="A stranger calls us")
        card = await self.card_after(stranger.click())
        await self.until(AMY, "ringing")
        await self.press(AMY, "Decline")
        await self.time_runs("10×")
        await self.phone(STRANGER).get_by_role("group", name="Leave a message").wait_for(timeout=SLOW_MS)
        await self.time_runs("1×")
        return card

    async def time_runs(self, words: str) -> None:
        await self.page.get_by_role("button", name=words, exact=True).click()

    async def post(self, path: str, body: Any, **headers: str) -> Response:
        """As the page itself would, but by hand."""
        answer: Any = await self.page.request.post(
            self.address.rstrip("/") + path, data=body, headers=headers
        )
        return answer


class CardOnPage:
    """The card of one call, whatever becomes of it."""

    def __init__(self, page: Page, call: str) -> None:
        self._page = page
        self.call = call

    async def shows(self, state: str) -> str:
        """Wait until the card is in that state; its words then."""
        card = self._page.locator(f'li.card[data-call="{self.call}"][data-state="{state}"]')
        await card.wait_for(timeout=SLOW_MS)
        return await card.inner_text()

    async def press(self, button: str) -> None:
        card = self._page.locator(f'li.card[data-call="{self.call}"]')
        await card.get_by_role("button", name=button, exact=True).click(timeout=SLOW_MS)

    @property
    def link(self) -> Locator:
        """The first link on it."""
        return self._page.locator(f'li.card[data-call="{self.call}"] a').first
