"""Who owns the time, who makes names, and who wakes the dispatcher."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol


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
