"""Waiting for time or for news, whichever comes first."""

import asyncio

from bot.ports.clock import Clock


async def sleep_unless(changed: asyncio.Event, clock: Clock, seconds: float) -> None:
    """Sleep on that clock for so many seconds, or until `changed` is set."""
    waits = {asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(changed.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
        # Awaited one by one, their cancellation could not be told from our own, and ours must not be lost.
        await asyncio.wait(waits)
