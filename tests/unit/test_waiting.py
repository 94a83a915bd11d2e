"""Whoever waits can be stopped at any moment."""

import asyncio

import pytest

from bot.services.waiting import sleep_unless
from tests.fakes import FakeClock, settle


async def test_news_end_the_wait_and_so_does_time() -> None:
    clock, changed = FakeClock(), asyncio.Event()
    waiting = asyncio.create_task(sleep_unless(changed, clock, 5))
    await clock.advance(4.9)
    assert not waiting.done()
    await clock.advance(0.1)
    assert waiting.done()
    waiting = asyncio.create_task(sleep_unless(changed, clock, 5))
    await settle()
    changed.set()
    await settle()
    assert waiting.done()


@pytest.mark.parametrize("turns", range(8))
async def test_a_stop_is_never_lost_however_it_falls(turns: int) -> None:
    """Also not while the wait is over already and only tidies up."""
    clock, changed = FakeClock(), asyncio.Event()

    async def loop() -> None:
        while True:
            changed.clear()
            await sleep_unless(changed, clock, 5)

    task = asyncio.create_task(loop())
    await settle()
    changed.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await settle()
    assert task.cancelled()
