"""The small waits that everything in the simulated network is made of."""

import asyncio
from collections.abc import Awaitable


async def race(*runners: Awaitable[object]) -> int:
    """Wait for the first to finish and cancel the others; returns its place, or raises what it raises."""
    tasks = [asyncio.ensure_future(each) for each in runners]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        first = next(place for place, task in enumerate(tasks) if task.done())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    tasks[first].result()
    return first


async def forever() -> None:
    """Until cancelled."""
    await asyncio.Event().wait()
