"""Calls on a time line: which part of a leg's life lies where, as shares of a window. Pure.

A share is a percentage of the window's width, 0 at its beginning; whoever draws multiplies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from bot.domain.call import Call, CallState
from bot.domain.leg import Leg
from bot.domain.phrases import span, talk_time
from bot.domain.schedule import local_time

SPANS: Final = {5: 1, 15: 5, 60: 15, 360: 60, 1440: 240}
"""Minutes that a window may show, and minutes from one label to the next."""
PAST_SHARE: Final = 0.65
"""How much of the window lies behind now."""
NARROWEST: Final = 0.7
"""Percent: a shorter bar could not be seen."""


class Phase(StrEnum):
    """What a leg is doing. ON_THE_LINE: picked up, and not yet joined with anybody."""

    PLANNED = "planned"
    DIALLING = "dialling"
    RINGING = "ringing"
    ON_THE_LINE = "on the line"
    TALKING = "talking"
    ON_HOLD = "on hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One phase of a leg, from `start` to `end` (aware); what goes on ends now."""

    phase: Phase
    start: datetime
    end: datetime

    @property
    def words(self) -> str:
        """`ringing 4 s`, `talking 1:05`."""
        seconds = (self.end - self.start).total_seconds()
        if self.phase is Phase.PLANNED:
            return "planned"
        length = span(seconds) if self.phase in (Phase.DIALLING, Phase.RINGING) else talk_time(seconds)
        return f"{self.phase} {length}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the time line shows; `now` lies within it."""

    start: datetime
    end: datetime
    now: datetime

    def share(self, at: datetime) -> float:
        """Percent of the way through, cut off at both ends."""
        part = (at - self.start) / (self.end - self.start) * 100
        return round(min(100.0, max(0.0, part)), 2)

    def has(self, start: datetime, end: datetime) -> bool:
        """Whether anything from `start` to `end` shows."""
        return start < self.end and end > self.start


def window(now: datetime, minutes: int) -> Window:
    """Of that many minutes around `now`, which is taken a little coarser so that the picture can rest."""
    grain = max(1, minutes * 60 // 180)
    rested = datetime.fromtimestamp(int(now.timestamp()) // grain * grain, UTC)
    start = rested - timedelta(minutes=minutes) * PAST_SHARE
    return Window(start=start, end=start + timedelta(minutes=minutes), now=rested)


def ticks(shown: Window, minutes: int, zone: str) -> Iterator[tuple[float, str]]:
    """Where the labels stand and what they say: round times on clocks in `zone`."""
    step = SPANS[minutes]
    local = local_time(shown.start, zone)
    since = local.hour * 60 + local.minute + local.second / 60 + local.microsecond / 60_000_000
    at = shown.start + timedelta(minutes=step - since % step)
    while at < shown.end:
        yield shown.share(at), f"{local_time(at, zone):%H:%M}"
        at += timedelta(minutes=step)


def stretches(leg: Leg, now: datetime) -> tuple[Stretch, ...]:
    """The phases of a leg in order, those without any length left out."""
    until = leg.ended_at or now
    marks = [
        (Phase.DIALLING, leg.dialed_at),
        (Phase.RINGING, leg.rang_at),
        (Phase.ON_THE_LINE, leg.answered_at),
        (Phase.ON_HOLD if leg.held and leg.is_live else Phase.TALKING, leg.bridged_at),
    ]
    known = [(phase, min(at, until)) for phase, at in marks if at is not None]
    return tuple(
        Stretch(phase=phase, start=start, end=end)
        for (phase, start), (_, end) in pairwise([*known, (Phase.PLANNED, until)])
        if end > start
    )


def extent(call: Call, now: datetime) -> tuple[datetime, datetime]:
    """From the first to the last moment at which something of this call shows."""
    if call.state in (CallState.SCHEDULED, CallState.HELD) or not call.legs:
        return call.due, call.due + timedelta(seconds=1)
    starts = [at for leg in call.legs for at in (leg.dialed_at, leg.rang_at, leg.answered_at) if at]
    ends = [leg.ended_at or now for leg in call.legs]
    return min(starts, default=call.due), max([*ends, call.due])
