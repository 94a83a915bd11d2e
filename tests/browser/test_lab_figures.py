"""The phone lab in a real browser: how long after an event it is seen, how soon the first page is there."""

import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.browser.conftest import NewContext
from tests.browser.lab import AMY, LabPage

pytestmark = [pytest.mark.bench, pytest.mark.asyncio(loop_scope="session")]

CALLS = 30
SEEN = """
window.seen = [];
new MutationObserver(() => {
  for (const each of document.querySelectorAll('.call, li.card')) {
    const { ref, phase, call, state } = each.dataset;
    const now = ref ? `${ref} ${phase}` : `${call} ${state}`;
    if (!window.seen.some(([known]) => known === now)) window.seen.push([now, Date.now()]);
  }
}).observe(document, { childList: true, subtree: true, attributes: true });
"""

TIMES = """
() => [
  performance.getEntriesByName("first-contentful-paint")[0].startTime,
  performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
]
"""


async def test_how_soon_a_change_is_seen(new_context: NewContext, lab_address: str) -> None:
    context = await new_context(viewport={"width": 1440, "height": 1000})
    await context.add_init_script(SEEN)
    lab = await LabPage(await context.new_page(), lab_address).open()
    phones, cards = [], []
    for _ in range(CALLS):
        card = await lab.order("call amy, wait 30 seconds, say hello")
        await lab.until(AMY, "ringing")
        await lab.answers(AMY)
        await card.shows("answered")
        ref = await lab.call_on(AMY, "talking").get_attribute("data-ref")
        answered = (await legs(lab_address))[f"leg:{ref}"]["answered"]
        seen = dict(await lab.page.evaluate("window.seen"))
        moment = datetime.fromisoformat(answered).timestamp() * 1000
        phones.append(seen[f"{ref} talking"] - moment)
        cards.append(seen[f"{card.call} answered"] - moment)
        await lab.press(AMY, "Hang up")
        await card.shows("ended")
    say("on the phone", phones)
    say("on the card", cards)


async def test_how_soon_the_first_page_is_there(new_context: NewContext, lab_address: str) -> None:
    painted, ready = [], []
    for _ in range(10):
        context = await new_context()
        page = await context.new_page()
        await page.goto(lab_address)
        await page.locator("body[data-ready]").wait_for()
        first, interactive = await page.evaluate(TIMES)
        painted.append(first)
        ready.append(interactive)
        await context.close()
    say("first page, painted", painted)
    say("first page, ready to be typed into", ready)


async def legs(address: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as client, client.stream("GET", f"{address}lab/events") as told:
        async for line in told.aiter_lines():
            if line.startswith("data: "):
                return dict(json.loads(line[6:])["items"])
    raise AssertionError("the lab told nothing")


def say(what: str, milliseconds: list[float]) -> None:
    ranked = sorted(milliseconds)
    print(
        f"\n{what}: p50 {ranked[len(ranked) // 2]:.0f} ms, p90 {ranked[len(ranked) * 9 // 10]:.0f} ms, ",
        end="",
    )
    print(f"longest {ranked[-1]:.0f} ms, of {len(ranked)}")
