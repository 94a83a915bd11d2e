"""The clocks, and the source of names. The only place that reads the machine's clock."""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Final

_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux counts sleep too; elsewhere a sleep of the machine looks like a clock that was set."""


class SystemClock:
    """The machine's wall clock, in UTC."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        return datetime.now(UTC)

    def boot(self) -> float:
        """Seconds since the machine started, its sleep included where the system counts that."""
        return time.clock_gettime(_BOOT)

    async def sleep(self, seconds: float) -> None:
        """Wait that long. Zero or less only yields."""
        await asyncio.sleep(max(0.0, seconds))


class DemoClock:
    """Real time with an offset that can be moved on, so that a call due at midnight is seen firing now.

    A jump shortens every sleep under way by as much, as if the time had really passed. `speed` makes every
    second worth that many.
    """

    def __init__(self, *, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError("time does not stand still or run backwards here")
        self._speed = speed
        self._started = datetime.now(UTC)
        self._offset = timedelta()
        self._jumped = asyncio.Event()

    def now(self) -> datetime:
        """The demo's wall clock, aware UTC."""
        real = datetime.now(UTC) - self._started
        return self._started + real * self._speed + self._offset

    def boot(self) -> float:
        """A jump of the demo counts as time that has passed."""
        return (self.now() - self._started).total_seconds()

    def jump(self, to: datetime) -> None:
        """Make it `to` now. Raises ValueError for a moment that has passed: nothing can be un-dialled."""
        gap = to - self.now()
        if gap < timedelta():
            raise ValueError(f"{to.isoformat()} has passed already")
        self._offset += gap
        self._jumped.set()
        self._jumped = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock; a jump may end it early. Zero or less only yields."""
        until = self.now() + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        while (left := (until - self.now()).total_seconds()) > 0:
            jumped = self._jumped
            try:
                async with asyncio.timeout(left / self._speed):
                    await jumped.wait()
            except TimeoutError:
                continue


_RANDOM_BYTES: Final = 18


class RandomIds:
    """Names of 144 random bits, safe in a URL."""

    def new(self) -> str:
        """A name nobody can guess, never the same twice."""
        return secrets.token_urlsafe(_RANDOM_BYTES)
