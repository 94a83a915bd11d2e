"""A recurrence in words, for cards: when it rings, until when, and what summer time does to it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Final

from bot.domain.phrases import clock_24, count, joined
from bot.domain.schedule import LAST_DAY, Recurrence, Unit, WallTime, firings, local_time, wall_time_kind

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NTH: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST_DAY: "last"}
_WORKING_DAYS: Final = (0, 1, 2, 3, 4)
_WEEKEND: Final = (5, 6)
_AHEAD: Final = timedelta(days=366)


def rule_words(rule: Recurrence) -> tuple[str, ...]:
    """`every weekday at 08:30 Europe/Berlin, until 13 March 2026`, and a line when summer time touches it."""
    times = joined([f"{at:%H:%M}" for at in rule.times])
    at = f" at {times}" if rule.times else ""
    parts = [f"{_how_often(rule)}{at} {rule.zone}", *_end(rule), *_exceptions(rule)]
    return (", ".join(parts), *_clock_change(rule))


def _how_often(rule: Recurrence) -> str:
    match rule.unit:
        case Unit.MINUTE | Unit.HOUR:
            return f"every {_unit(rule)}"
        case Unit.DAY:
            return f"every {_unit(rule)}"
        case Unit.WEEK:
            return _weekly(rule)
        case Unit.MONTH:
            return f"on the {_days_of_month(rule)} of every {_unit(rule)}"
        case Unit.YEAR:
            return f"every {_unit(rule)} on {_day_of_year(rule)}"


def _unit(rule: Recurrence) -> str:
    if rule.interval == 1:
        return str(rule.unit)
    return f"other {rule.unit}" if rule.interval == 2 else f"{rule.interval} {rule.unit}s"


def _weekly(rule: Recurrence) -> str:
    days = tuple(sorted(rule.weekdays)) or (rule.start.weekday(),)
    if rule.interval == 1:
        known = {_WORKING_DAYS: "every weekday", _WEEKEND: "every Saturday and Sunday"}
        return known.get(days, f"every {_named(days)}")
    return f"every {_unit(rule)} on {_named(days)}"


def _named(weekdays: Sequence[int]) -> str:
    return joined([_WEEKDAYS[day] for day in weekdays])


def _days_of_month(rule: Recurrence) -> str:
    if rule.nth:
        return joined([f"{_NTH[which]} {_WEEKDAYS[weekday]}" for which, weekday in rule.nth])
    days = rule.days or (rule.start.day,)
    return joined(["last day" if day == LAST_DAY else _ordinal(day) for day in days])


def _day_of_year(rule: Recurrence) -> str:
    month = _MONTHS[(rule.month or rule.start.month) - 1]
    if rule.nth:
        return f"the {_days_of_month(rule)} of {month}"
    return f"{joined([str(day) for day in rule.days or (rule.start.day,)])} {month}"


def _ordinal(n: int) -> str:
    suffix = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def _end(rule: Recurrence) -> list[str]:
    if rule.count is not None:
        return [count(rule.count, "time")]
    return [f"until {_date(rule.until)}"] if rule.until is not None else []


def _exceptions(rule: Recurrence) -> list[str]:
    left_out = [*(_WEEKDAYS[day] for day in rule.except_weekdays), *map(_date, rule.except_days)]
    return [f"except {joined(left_out)}"] if left_out else []


def _date(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _clock_change(rule: Recurrence) -> tuple[str, ...]:
    """The first run within a year that summer time moves or would ring twice."""
    if rule.unit in (Unit.MINUTE, Unit.HOUR):
        return ()
    within = takewhile(lambda due: due < rule.since + _AHEAD, firings(rule))
    for due in within:
        kind = wall_time_kind(rule, due)
        if kind is not WallTime.PLAIN:
            return (_note(kind, local_time(due, rule.zone)),)
    return ()


def _note(kind: WallTime, local: datetime) -> str:
    day = _date(local.date())
    if kind is WallTime.GAP:
        return f"on {day} the clocks go forward over that time: it rings at {clock_24(local)}"
    return f"on {day} that time comes twice: it rings the first time"
