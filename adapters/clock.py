"""The clocks, and the source of names. The only place that reads the machine's clock."""

import asyncio
import math
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from bot.ports.clock import Pace

_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux counts sleep too; elsewhere a sleep of the machine looks like a clock that was set."""


_INSTANT: Final = 5e-7
"""Less than a datetime can tell: what adding up fractions leaves over must not keep anybody waiting."""


_COARSE: Final = 0.0015
"""What the loop's own timers may be late by: they count whole milliseconds, rounded up. The rest is spent
going round, which everybody else uses as well."""


class SystemClock:
    """The machine's wall clock, in UTC."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        return datetime.now(UTC)

    def boot(self) -> float:
        """Seconds since the machine started, its sleep included where the system counts that."""
        return time.clock_gettime(_BOOT)

    async def sleep(self, seconds: float) -> None:
        """Wait that long, and up to two milliseconds longer. Zero or less only yields."""
        await asyncio.sleep(max(0.0, seconds))

    async def sleep_exactly(self, seconds: float) -> None:
        """The same to a fraction of a millisecond, for the price of a millisecond's work."""
        end = time.monotonic() + seconds
        await asyncio.sleep(max(0.0, seconds - _COARSE))
        while time.monotonic() < end:  # noqa: ASYNC110 - no event tells that time has passed
            await asyncio.sleep(0)


class DemoClock:
    """Real time that can be moved on, paused and hurried, so that a call due at midnight is seen firing now.

    Whatever moves it acts on every sleep under way at once: a jump shortens them by as much, as if the time
    had really passed. What sleeps are measured by is `boot`, which never goes back, even where following
    another clock makes this one show an earlier time.
    """

    def __init__(self, *, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError("time does not stand still or run backwards here")
        now = datetime.now(UTC)
        self._pace = Pace(real=now, shown=now, speed=speed)
        self._passed = 0.0
        self._counted = time.clock_gettime(_BOOT)
        self._moved = asyncio.Event()
        self._notices: list[Callable[[], None]] = []

    @property
    def pace(self) -> Pace:
        """How it runs at present."""
        return self._pace

    def now(self) -> datetime:
        """The demo's wall clock, aware UTC."""
        return self._pace.at(datetime.now(UTC))

    def boot(self) -> float:
        """Seconds that have passed on this clock since it was made. A jump counts as time that has passed."""
        return self._passed + (time.clock_gettime(_BOOT) - self._counted) * self._pace.speed

    def jump(self, to: datetime) -> None:
        """Make it `to` now. Raises ValueError for a moment that has passed: nothing can be un-dialled."""
        real = datetime.now(UTC)
        if to < self._pace.at(real):
            raise ValueError(f"{to.isoformat()} has passed already")
        self._go_on(Pace(real=real, shown=to, speed=self._pace.speed), at=real)

    def run(self, speed: float) -> None:
        """From now on a real second is worth so many; 0 pauses. Raises ValueError below 0."""
        if not 0 <= speed < math.inf:
            raise ValueError(f"a clock cannot run at {speed:g} times the speed")
        real = datetime.now(UTC)
        self._go_on(Pace(real=real, shown=self._pace.at(real), speed=speed), at=real)

    def follow(self, pace: Pace) -> None:
        """Show what another clock of this machine shows, be it earlier. The same pace again is no move."""
        if pace != self._pace:
            self._go_on(pace, at=datetime.now(UTC))

    def on_move(self, notice: Callable[[], None]) -> None:
        """Call `notice` after every jump and every change of speed."""
        self._notices.append(notice)

    def _go_on(self, pace: Pace, *, at: datetime) -> None:
        leap = (pace.at(at) - self._pace.at(at)).total_seconds()
        self._passed = self.boot() + max(0.0, leap)
        self._counted = time.clock_gettime(_BOOT)
        self._pace = pace
        self._moved.set()
        self._moved = asyncio.Event()
        for notice in self._notices:
            notice()

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock; a jump may end it early. Zero or less only yields."""
        until = self.boot() + seconds
        await asyncio.sleep(0)
        while (left := until - self.boot()) > _INSTANT:
            moved, speed = self._moved, self._pace.speed
            with suppress(TimeoutError):
                async with asyncio.timeout(left / speed if speed else None):
                    await moved.wait()


_RANDOM_BYTES: Final = 18


class RandomIds:
    """Names of 144 random bits, safe in a URL."""

    def new(self) -> str:
        """A name nobody can guess, never the same twice."""
        return secrets.token_urlsafe(_RANDOM_BYTES)
