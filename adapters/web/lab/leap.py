"""The clock's way to a later moment: over what is due on the way, not past it.

A call that is due is let ring until it is answered or its time is up; then the clock goes on. Whatever else
lives meanwhile finds that the time has passed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from adapters.voice.simulator.outside import Outside
from adapters.voice.simulator.views import ClockView, LegView

NextDue = Callable[[], Awaitable[datetime | None]]
"""The due time of the next call that waits for it, perhaps past already."""

STEP: Final = timedelta(seconds=2)
PAUSE: Final = 0.05
"""Real seconds between two steps, in which all processes do what has become due."""
PATIENCE: Final = 40
"""So many pauses at a due moment, until the call has been claimed."""
SETTLING: Final = timedelta(seconds=10)
AT_MOST: Final = timedelta(minutes=2)
"""Whatever rings longer than this does so by somebody's wish."""


async def nothing_due() -> datetime | None:
    """Where there are no calls."""
    return None


async def leap(
    to: datetime, *, outside: Outside, next_due: NextDue, show: Callable[[ClockView], None]
) -> None:
    """Raises Refusal for a moment that has passed, and where the clock cannot be moved."""
    stops, patience = [(await outside.clock()).now], PATIENCE
    while True:
        now, due = (await outside.clock()).now, await next_due()
        if due is not None and due <= now and patience:
            patience -= 1
        else:
            settles = len(stops) > 1 and now < stops[-1] + SETTLING
            slowly = now < stops[-1] + AT_MOST and (settles or await _rings(outside))
            step = min(to, now + STEP) if slowly else to
            if due is not None and now < due <= step:
                stops, patience, step = [*stops, due], PATIENCE, due
            show(await outside.move_clock(to=step))
            if step == to:
                return
        await asyncio.sleep(PAUSE)


async def _rings(outside: Outside) -> bool:
    return any(_is_unanswered(each) for each in (await outside.watch(wait=0.0)).legs)


def _is_unanswered(leg: LegView) -> bool:
    return leg.ended_at is None and not leg.in_hand
