"""Who owns the time, who makes names, and who wakes the dispatcher."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """Who owns the time. Tests and the demo bring their own."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        ...

    def boot(self) -> float:
        """Seconds of a count that nobody can set and that goes on while the machine sleeps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait on this clock. Zero or less only yields."""
        ...


@runtime_checkable
class ExactClock(Clock, Protocol):
    """A clock that can keep to a moment more exactly than a timer does, where that is worth some work."""

    async def sleep_exactly(self, seconds: float) -> None:
        """Wait that long, to a fraction of a millisecond."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a movable clock runs: it showed `shown` when the machine's wall clock was at `real`, and every
    real second since is worth `speed` of its own; 0 is paused. Two processes of one machine that go by the
    same pace show the same time.
    """

    real: datetime
    shown: datetime
    speed: float = 1.0

    def at(self, real: datetime) -> datetime:
        """What the clock shows at that moment of the wall clock."""
        return (self.shown + (real - self.real) * self.speed).astimezone(UTC)


@runtime_checkable
class MovableClock(Clock, Protocol):
    """A clock that can be moved on, paused and hurried while others sleep on it."""

    @property
    def pace(self) -> Pace:
        """How it runs at present."""
        ...

    def jump(self, to: datetime) -> None:
        """Make it `to` now. Raises ValueError for a moment that has passed."""
        ...

    def run(self, speed: float) -> None:
        """From now on a real second is worth so many. Raises ValueError below 0."""
        ...

    def follow(self, pace: Pace) -> None:
        """Show what another clock of this machine shows."""
        ...

    def on_move(self, notice: Callable[[], None]) -> None:
        """Call `notice` after every jump and every change of speed."""
        ...


class Ids(Protocol):
    """Opaque, unguessable names: at least 128 random bits, URL-safe."""

    def new(self) -> str: ...


class Bell(Protocol):
    """Wakes the dispatcher. A lost or doubled ring is harmless: our rows alone have authority to dial."""

    def ring_at(self, due: datetime | None) -> None:
        """The next moment of interest has become (at the latest) this one; None: look now."""
        ...

    async def run(self, on_ring: Callable[[], Awaitable[datetime | None]]) -> None:
        """Call `on_ring` when something may be due; it returns the next moment. Until cancelled."""
        ...
