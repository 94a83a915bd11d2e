"""Days as phrases mean them: several when in doubt, none when impossible. Reading phrases is `dates.py`."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.parse.command import About, ProblemCode
from bot.parse.durations import Duration
from bot.parse.words import MONTH_NAMES, WEEKDAY_NAMES

YEARS_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class Days:
    """The days a phrase can mean, ascending, and what is in doubt when there is more than one.

    `today_too`: the day is today if the time of day is still ahead, and then so is the doubt.
    """

    days: tuple[date, ...]
    about: About | None = None
    today_too: bool = False


class BadDate(ValueError):
    """`31 february`; `friday 12 march` when that is a Thursday; a day behind us. `code` says which kind."""

    def __init__(self, message: str, *, code: ProblemCode = "nonexistent_time") -> None:
        super().__init__(message)
        self.message = message
        self.code: ProblemCode = code

    @property
    def past(self) -> bool:
        """The day exists, but is behind us."""
        return self.code == "past_time"


Rule = Callable[[date], Days]
"""From today to the days meant; raises BadDate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatePiece:
    """`weekday` is set for a phrase that is only a weekday: it may stand beside a date and must then agree.

    `is_iso`: whoever writes 2026-03-11 writes 24-hour clocks. `is_word`: a day by name (tomorrow, friday),
    whose "midnight" may be the one it begins or ends with.
    """

    rule: Rule
    weekday: int | None = None
    depends_on_today: bool = True
    is_word: bool = False
    is_iso: bool = False


def mismatch(found: date, weekday: int) -> BadDate:
    """A date and a weekday that contradict each other; the message names both."""
    return BadDate(f"{said(found)} is not a {WEEKDAY_NAMES[weekday]}.", code="bad_time")


def said(day: date) -> str:
    """`Thu 12 March 2026`: never digits alone, so that no order of day and month is left to guess."""
    return f"{WEEKDAY_NAMES[day.weekday()][:3]} {day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def add(day: date, by: Duration) -> date:
    """`day` moved by whole days and calendar months; the 31st becomes a shorter month's last day."""
    months = day.year * 12 + day.month - 1 + by.months
    year, month = divmod(months, 12)
    if year > 9000:
        raise BadDate("That is too far away.")
    moved = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    try:
        return moved + timedelta(seconds=by.seconds)
    except OverflowError:
        raise BadDate("That is too far away.") from None
