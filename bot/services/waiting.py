"""Waiting for time or for news, whichever comes first."""

import asyncio
from contextlib import suppress

from bot.ports.clock import Clock


async def sleep_unless(changed: asyncio.Event, clock: Clock, seconds: float) -> None:
    """Sleep on that clock for so many seconds, or until `changed` is set."""
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    changing = asyncio.ensure_future(changed.wait())
    try:
        await asyncio.wait({sleeping, changing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sleeping, changing):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
