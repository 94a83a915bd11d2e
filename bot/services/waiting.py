"""Waiting for time or for news, whichever comes first."""

import asyncio

from bot.ports.clock import Clock, ExactClock


async def sleep_unless(
    changed: asyncio.Event, clock: Clock, seconds: float, *, exactly: bool = False
) -> None:
    """Sleep on that clock for so many seconds, or until `changed` is set. `exactly`, where the clock can."""
    sleep = clock.sleep_exactly if exactly and isinstance(clock, ExactClock) else clock.sleep
    waits = {asyncio.ensure_future(sleep(seconds)), asyncio.ensure_future(changed.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
        # Awaited one by one, their cancellation could not be told from our own, and ours must not be lost.
        await asyncio.wait(waits)
