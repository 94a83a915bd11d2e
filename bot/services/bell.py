"""The embedded bell: one task that wakes the dispatcher at the next due moment, or when something changed.

Never one long sleep: the wall clock is read again at least every second, so a clock that was set, or a
machine that slept, costs a second at the most.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from bot.ports.clock import Clock
from bot.services.waiting import sleep_unless

LOOK_AGAIN: Final = 1.0


class TimerBell:
    """Rings at the earliest moment of interest, at every change, and once a second in any case."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: datetime | None = None
        self._changed = asyncio.Event()

    def ring_at(self, due: datetime | None) -> None:
        """None: look now. A moment later than the one already known changes nothing."""
        if due is not None and self._next is not None and due >= self._next:
            return
        self._next = due if due is not None else self._clock.now()
        self._changed.set()

    async def run(self, on_ring: Callable[[], Awaitable[datetime | None]]) -> None:
        """Until cancelled. What `on_ring` raises ends the bell: the loop's edge is inside it."""
        while True:
            self._changed.clear()
            self._next = None
            self._note(await on_ring())
            await self._wait()

    def _note(self, moment: datetime | None) -> None:
        if moment is not None and (self._next is None or moment < self._next):
            self._next = moment

    async def _wait(self) -> None:
        """Until the next moment has come or may have changed, for a second at the most."""
        now = self._clock.now()
        gap = LOOK_AGAIN if self._next is None else (self._next - now).total_seconds()
        if gap <= 0:
            await asyncio.sleep(0)
            return
        await sleep_unless(self._changed, self._clock, min(gap, LOOK_AGAIN), exactly=gap < LOOK_AGAIN)
