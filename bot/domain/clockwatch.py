"""Whether somebody has set the clock: the wall is compared with a count that nobody can set."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

NOTICED: Final = timedelta(seconds=0.5)
TOO_FAR: Final = timedelta(minutes=10)
"""A forward step beyond this would ring everybody of those minutes at once: the operator is asked first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWatch:
    """What the two clocks showed when we last looked. `boot` in seconds."""

    wall: datetime
    boot: float

    def step(self, wall: datetime, boot: float) -> timedelta:
        """How far the wall clock was set since: positive is forward; zero up to half a second of drift.

        A machine that slept is no step: both have gone on.
        """
        step = (wall - self.wall) - timedelta(seconds=boot - self.boot)
        return step if abs(step) >= NOTICED else timedelta()
