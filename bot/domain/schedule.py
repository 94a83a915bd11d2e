"""When a repeating call is due: wall time plus zone in, UTC instants out.

The one place that resolves wall times in clock changes, for the parser and the dispatcher alike. What a
sentence means is `parse/when.py`; claiming and firing are the scheduler's.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from itertools import count as count_from
from itertools import islice, takewhile
from typing import Final

from whenever import Instant, PlainDateTime, RepeatedTime, SkippedTime, ZonedDateTime

HORIZON_YEARS: Final = 30
"""A rule with no occurrence in so many years has none (30 February)."""

LAST_DAY: Final = -1


class WallTime(StrEnum):
    """How often a wall time happens on its day: once, never (clocks go forward) or twice (back)."""

    PLAIN = "plain"
    GAP = "gap"
    FOLD = "fold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A wall time in a zone as instants, aware UTC.

    PLAIN: `earlier == later`. FOLD: its first and second happening. GAP: the instants that a clock set
    before and after the change would mean, so 02:30 becomes 01:30 or 03:30.
    """

    kind: WallTime
    earlier: datetime
    later: datetime

    @property
    def repeating(self) -> datetime:
        """What a series does without asking: skips forward over a gap, takes the first of a fold."""
        return self.later if self.kind is WallTime.GAP else self.earlier


def fixed_offset(zone: str) -> timezone | None:
    """`UTC+05:30` or `UTC-05:00` as a fixed offset; None for anything else (`UTC` is an IANA zone)."""
    if len(zone) != 9 or not zone.startswith(("UTC+", "UTC-")):
        return None
    try:
        shift = timedelta(hours=int(zone[4:6]), minutes=int(zone[7:9]))
    except ValueError:
        return None
    return timezone(shift if zone[3] == "+" else -shift)


def resolve(local: datetime, zone: str) -> Resolved:
    """The instants of the naive wall time `local` in `zone` (IANA, or a fixed `UTC+05:30`).

    Raises whenever.TimeZoneNotFoundError for a zone that does not exist.
    """
    offset = fixed_offset(zone)
    if offset is not None:
        instant = local.replace(tzinfo=offset).astimezone(UTC)
        return Resolved(kind=WallTime.PLAIN, earlier=instant, later=instant)
    plain = PlainDateTime(local)
    try:
        instant = _utc(plain.assume_tz(zone, disambiguation="raise"))
    except (SkippedTime, RepeatedTime) as change:
        return Resolved(
            kind=WallTime.GAP if isinstance(change, SkippedTime) else WallTime.FOLD,
            earlier=_utc(plain.assume_tz(zone, disambiguation="earlier")),
            later=_utc(plain.assume_tz(zone, disambiguation="later")),
        )
    return Resolved(kind=WallTime.PLAIN, earlier=instant, later=instant)


def _utc(moment: ZonedDateTime) -> datetime:
    return moment.to_instant().to_stdlib()


def local_time(instant: datetime, zone: str) -> datetime:
    """The naive wall time that clocks in `zone` show at `instant` (aware)."""
    offset = fixed_offset(zone)
    if offset is not None:
        return instant.astimezone(offset).replace(tzinfo=None)
    return Instant(instant).to_tz(zone).to_plain().to_stdlib()


class Unit(StrEnum):
    """MINUTE and HOUR count exact time; the longer units count calendar days and keep the wall time."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Wall times on the days of a rule, in an IANA zone or a fixed `UTC+05:30`.

    `since` (aware UTC) is when it was ordered: nothing happens at or before it. `start` is the local date
    that intervals count from and the first that may fire; `until` the last one. `count` counts what is left
    after the exceptions. Weekdays are 0 for Monday; `nth` pairs are (which, weekday), -1 for the last one;
    `days` are days of the month, -1 for its last. A month without such a day is left out.
    MINUTE and HOUR rules ignore `times` and step from `anchor` (aware UTC), which is their first occurrence.
    """

    zone: str
    unit: Unit
    interval: int = 1
    times: tuple[time, ...] = ()
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    month: int | None = None
    since: datetime
    start: date
    anchor: datetime | None = None
    until: date | None = None
    count: int | None = None
    except_days: tuple[date, ...] = ()
    except_weekdays: tuple[int, ...] = ()

    @property
    def has_end(self) -> bool:
        """Whether it ends by itself; one without an end waits for Confirm."""
        return self.until is not None or self.count is not None


def next_fire(rule: Recurrence, after: datetime) -> datetime | None:
    """The first occurrence strictly after `after` (aware), aware UTC; None when the series is over."""
    return next(firings(rule, after), None)


def firings(rule: Recurrence, after: datetime | None = None) -> Iterator[datetime]:
    """Occurrences strictly after `after` (default: `rule.since`), ascending, aware UTC, each once."""
    after = max(after, rule.since) if after is not None else rule.since
    if rule.count is None:
        yield from (instant for instant in _instants(rule, after) if instant > after)
        return
    for instant in islice(_instants(rule, rule.since), rule.count):
        if instant > after:
            yield instant


def last_fire(rule: Recurrence) -> datetime | None:
    """The last occurrence of a series with an end, aware UTC; None without an end or when nothing is left."""
    return max(firings(rule), default=None) if rule.has_end else None


def wall_time_kind(rule: Recurrence, instant: datetime) -> WallTime:
    """Whether the occurrence at `instant` was moved by a gap or is the first of two in a fold."""
    day = local_time(instant, rule.zone).date()
    kinds = {resolve(datetime.combine(day, at), rule.zone) for at in rule.times}
    return next((found.kind for found in kinds if found.repeating == instant), WallTime.PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """What an absent dispatcher owes a series: `due` still runs, `missed` is told, `next` is waited for."""

    missed: tuple[datetime, ...]
    due: datetime | None
    next: datetime | None


def is_too_late(due: datetime, now: datetime, grace: timedelta) -> bool:
    """Later than `grace` after its second, a call is missed and told, never dialled late."""
    return now - due > grace


def catch_up(rule: Recurrence, last: datetime, now: datetime, grace: timedelta) -> CatchUp:
    """Sort the occurrences after `last` (the latest one dealt with) by what can still be done at `now`."""
    passed = list(takewhile(lambda instant: instant <= now, firings(rule, last)))
    missed = tuple(instant for instant in passed if is_too_late(instant, now, grace))
    due = passed[-1] if len(passed) > len(missed) else None
    return CatchUp(missed=missed + tuple(passed[len(missed) : -1]), due=due, next=next_fire(rule, now))


def _instants(rule: Recurrence, after: datetime) -> Iterator[datetime]:
    """Every occurrence from about `after` on, at least all those later than it."""
    if rule.unit in (Unit.MINUTE, Unit.HOUR):
        yield from _stepped(rule, after)
        return
    first = max(rule.start, local_time(after, rule.zone).date() - timedelta(days=1))
    for day in _days(rule, first):
        if rule.until is not None and day > rule.until:
            return
        if not _excepted(rule, day):
            found = {resolve(datetime.combine(day, at), rule.zone).repeating for at in rule.times}
            yield from (instant for instant in sorted(found) if instant > rule.since)


def _stepped(rule: Recurrence, after: datetime) -> Iterator[datetime]:
    step = timedelta(minutes=rule.interval) if rule.unit is Unit.MINUTE else timedelta(hours=rule.interval)
    anchor = rule.anchor or rule.since + step
    for n in count_from(max(0, (after - anchor) // step)):
        instant = anchor + n * step
        day = local_time(instant, rule.zone).date()
        if (rule.until is not None and day > rule.until) or n * step > timedelta(days=366 * HORIZON_YEARS):
            return
        if not _excepted(rule, day):
            yield instant


def _excepted(rule: Recurrence, day: date) -> bool:
    return day in rule.except_days or day.weekday() in rule.except_weekdays


def _days(rule: Recurrence, first: date) -> Iterator[date]:
    """The rule's days from `first` on, ascending, until the horizon."""
    for day in _DAYS[rule.unit](rule, first):
        if day.year > first.year + HORIZON_YEARS:
            return
        if day >= first:
            yield day


def _every_days(rule: Recurrence, first: date) -> Iterator[date]:
    passed = -((rule.start - first).days // rule.interval)
    for n in count_from(max(0, passed)):
        yield rule.start + timedelta(days=n * rule.interval)


def _every_weeks(rule: Recurrence, first: date) -> Iterator[date]:
    monday = rule.start - timedelta(days=rule.start.weekday())
    weekdays = rule.weekdays or (rule.start.weekday(),)
    for n in count_from(max(0, (first - monday).days // (7 * rule.interval))):
        for weekday in sorted(weekdays):
            yield monday + timedelta(days=n * 7 * rule.interval + weekday)


def _every_months(rule: Recurrence, first: date) -> Iterator[date]:
    begin = rule.start.year * 12 + rule.start.month - 1
    passed = (first.year * 12 + first.month - 1 - begin) // rule.interval
    for n in count_from(max(0, passed)):
        year, month = divmod(begin + n * rule.interval, 12)
        yield from _in_month(rule, year, month + 1)
        if year > first.year + HORIZON_YEARS:
            return


def _every_years(rule: Recurrence, first: date) -> Iterator[date]:
    for n in count_from(max(0, (first.year - rule.start.year) // rule.interval)):
        year = rule.start.year + n * rule.interval
        yield from _in_month(rule, year, rule.month or rule.start.month)
        if year > first.year + HORIZON_YEARS:
            return


def _in_month(rule: Recurrence, year: int, month: int) -> list[date]:
    length = monthrange(year, month)[1]
    days = rule.days or (() if rule.nth else (rule.start.day,))
    found = {date(year, month, length if day == LAST_DAY else day) for day in days if day <= length}
    for which, weekday in rule.nth:
        day = nth_weekday(year, month, which, weekday)
        found |= {day} if day is not None else set()
    return sorted(found)


def nth_weekday(year: int, month: int, which: int, weekday: int) -> date | None:
    """The first (1) … fifth (5) or last (-1) `weekday` (0 Monday) of a month; None when there is no fifth."""
    first_weekday, length = monthrange(year, month)
    days = range(1 + (weekday - first_weekday) % 7, length + 1, 7)
    if which == LAST_DAY:
        return date(year, month, days[-1])
    return date(year, month, days[which - 1]) if which <= len(days) else None


_DAYS: Final[dict[Unit, Callable[[Recurrence, date], Iterator[date]]]] = {
    Unit.DAY: _every_days,
    Unit.WEEK: _every_weeks,
    Unit.MONTH: _every_months,
    Unit.YEAR: _every_years,
}
