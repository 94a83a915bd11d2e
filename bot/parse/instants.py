"""What instant the pieces of a time mean: now, an exact delay, or a wall time in a zone; or what to ask.

Every doubt keeps all its readings, each resolved to an instant, and one question offers them together.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Final

from bot.domain.schedule import WallTime, local_time, resolve
from bot.parse.clocks import Clock
from bot.parse.command import About, When
from bot.parse.days import BadDate, DatePiece, Days, add, mismatch
from bot.parse.durations import Duration
from bot.parse.pieces import DayPart, Instant, Now, Past, Piece, TimeDraft, Vague
from bot.parse.reader import Reader
from bot.parse.readings import Reading, Slot, Unclear, by_instant, resolved, stretch_around
from bot.parse.time_doubts import MOST_BUTTONS, ask, no_clock, past
from bot.parse.zones import THEIRS, Zone

FARTHEST: Final = timedelta(days=366 * 2)
"""How far away a call may be without a year having been written."""


def settle(reader: Reader, draft: TimeDraft, their_zones: tuple[str, ...] = ()) -> When | None:
    """The instant meant; None for now, for nothing said, and when a problem or doubt was noted."""
    try:
        return _settle(reader, draft, their_zones)
    except Unclear:
        return None


def _settle(reader: Reader, draft: TimeDraft, their_zones: tuple[str, ...]) -> When | None:
    _refuse_past(reader, draft)
    _refuse_two(reader, draft)
    if draft.has(Now) or not draft:
        return None
    for instant, _ in draft.all(Instant):
        return _ahead(
            reader, draft, When(at=instant.at.astimezone(UTC), zone=instant.zone, local=instant.local)
        )
    clocks = draft.all(Clock)
    for delay, piece in draft.all(Duration):
        if not clocks:
            return _delayed(reader, draft, delay, piece)
    return _wall_time(reader, draft, their_zones)


# --- contradictions -------------------------------------------------------------------------------


def _refuse_past(reader: Reader, draft: TimeDraft) -> None:
    for _, piece in draft.all(Past):
        start, end = stretch_around(draft, piece)
        reader.fail("past_time", start, end, '"{word}" is in the past.')
        raise Unclear


def _refuse_two(reader: Reader, draft: TimeDraft) -> None:
    """Two values for one slot: the second is the mistake."""
    delays = [piece for delay, piece in draft.all(Duration) if delay.whole_days is None and not delay.months]
    exact = [piece for kind in (Now, Instant) for _, piece in draft.all(kind)] + delays
    singles = [piece for kind in (Clock, Duration, Zone, Vague) for _, piece in draft.all(kind)[1:]]
    parts = [piece for part, piece in draft.all(DayPart)[1:] if part != draft.all(DayPart)[0][0]]
    others = [piece for piece in draft.pieces if exact and piece is not exact[0]]
    today_only = all(_says_today(piece, reader) for piece in others)
    clashing = singles + parts + ([] if today_only else others)
    if clashing:
        last = max(clashing, key=lambda piece: piece.start)
        reader.fail("conflict", last.start, last.end, '"{word}" is a second time; say only one.')
        raise Unclear


def _says_today(piece: Piece, reader: Reader) -> bool:
    """`today in one hour` says nothing twice."""
    day = local_time(reader.context.now, reader.context.tz).date()
    return isinstance(piece.value, DatePiece) and _is_day(piece.value, day, day)


def _is_day(date_piece: DatePiece, today: date, day: date) -> bool:
    """Whether a piece, read today, means exactly this day."""
    try:
        return date_piece.rule(today).days == (day,)
    except BadDate:
        return False


# --- delays ---------------------------------------------------------------------------------------


def _delayed(reader: Reader, draft: TimeDraft, delay: Duration, piece: Piece) -> When:
    now, zone = reader.context.now.astimezone(UTC).replace(microsecond=0), reader.context.tz
    if delay.seconds <= 0 and not delay.months:
        reader.fail("bad_duration", piece.start, piece.end, '"{word}" is no time at all.')
        raise Unclear
    at = _later(reader, piece, now, delay)
    for date_piece, _ in draft.all(DatePiece):
        if not _is_day(date_piece, local_time(now, zone).date(), local_time(at, zone).date()):
            reader.fail("conflict", piece.start, piece.end, '"{word}" is not that day any more.')
            raise Unclear
    if at - now > FARTHEST:
        reader.fail(
            "bad_duration", piece.start, piece.end, '"{word}" is too far away; two years is the most.'
        )
        raise Unclear
    return When(at=at, zone=zone, local=local_time(at, zone))


def _later(reader: Reader, piece: Piece, now: datetime, delay: Duration) -> datetime:
    """Seconds to weeks are exact; months keep the wall time."""
    try:
        if not delay.months:
            return now + timedelta(seconds=delay.seconds)
        local = local_time(now, reader.context.tz)
        day = add(local.date(), Duration(months=delay.months))
        return resolve(datetime.combine(day, local.time()), reader.context.tz).repeating + timedelta(
            seconds=delay.seconds
        )
    except (BadDate, OverflowError):
        reader.fail(
            "bad_duration", piece.start, piece.end, '"{word}" is too far away; two years is the most.'
        )
        raise Unclear from None


# --- wall times -----------------------------------------------------------------------------------


def _wall_time(reader: Reader, draft: TimeDraft, their_zones: tuple[str, ...]) -> When:
    zones = _zones(reader, draft, their_zones)
    days = _days(reader, draft, zones)
    clocks = clock_slot(reader, draft)
    if clocks is None:
        raise no_clock(reader, draft, zones, days)
    days = _midnights(draft, days)
    readings = list(_readings(reader, draft, zones, days, clocks))
    ahead = sorted(
        {when.at: when for when in readings if when.at > reader.context.now}.values(), key=by_instant
    )
    if days.only_if_ahead and len({when.local.date() for when in ahead}) < 2:
        days = replace(days, about=None)
    doubts = [slot for slot in (zones, days, clocks, _clock_change(draft, readings)) if slot.about]
    if not ahead:
        raise past(reader, draft, readings)
    if len(ahead) == 1 and not doubts:
        return When(at=ahead[0].at, zone=ahead[0].zone, local=ahead[0].local)
    raise ask(reader, draft, sorted(doubts, key=_place), ahead)


def _place(slot: Slot) -> int:
    return slot.piece.start if slot.piece else 0


def _zones(reader: Reader, draft: TimeDraft, their_zones: tuple[str, ...]) -> Slot:
    for zone, piece in draft.all(Zone):
        if zone.id == THEIRS:
            if len(set(their_zones)) == 1:
                return Slot((their_zones[0],))
            message = 'I don\'t know which time zone they are in. Say for example "London time".'
            reader.fail("unknown_timezone", piece.start, piece.end, message)
            raise Unclear
        if zone.choices:
            return Slot(zone.choices, "day", piece)
        return Slot((zone.id or reader.context.tz,))
    return Slot((reader.context.tz,))


def _days(reader: Reader, draft: TimeDraft, zones: Slot) -> Slot:
    """The dates meant. No date at all is the reading None: whenever the clock comes round next."""
    pieces = [*draft.all(DatePiece), *_counted_days(draft)]
    spans = [(vague.span, piece) for vague, piece in draft.all(Vague) if vague.span]
    today = local_time(reader.context.now, str(zones.readings[0])).date()
    if not pieces and spans and draft.has(Clock):
        return _some_day_of(spans[0][0](today), spans[0][1])
    slot = Slot((None,))
    for date_piece, piece in sorted(pieces, key=lambda pair: pair[0].weekday is not None):
        if spans:
            found = _day_within(reader, date_piece, piece, spans[0][0](today), today)
        else:
            found = _days_of(reader, draft, date_piece, piece, zones)
        slot = found if slot.readings == (None,) else _agreed(reader, slot, found, date_piece, piece)
    return slot


def _some_day_of(span: tuple[date, date], piece: Piece) -> Slot:
    """`next week at 9am`: on which day?"""
    first, last = span
    days = tuple(first + timedelta(days=n) for n in range(min(MOST_BUTTONS, (last - first).days + 1)))
    return Slot(days, "day", piece)


def _day_within(
    reader: Reader, date_piece: DatePiece, piece: Piece, span: tuple[date, date], today: date
) -> Slot:
    """`next week on friday`, `next month on the 3rd`: the day as it falls in that span."""
    first, last = span
    base = first - timedelta(days=1) if date_piece.weekday is not None else first
    if date_piece.is_word and date_piece.weekday is None:
        base = today
    try:
        days = tuple(day for day in date_piece.rule(base).days if first <= day <= last)
    except BadDate:
        days = ()
    if not days:
        reader.fail("conflict", piece.start, piece.end, '"{word}" is not in that time.')
        raise Unclear
    return Slot(days, "day" if len(days) > 1 else None, piece)


def _counted_days(draft: TimeDraft) -> Iterator[tuple[DatePiece, Piece]]:
    """`in 3 days at 9am`: with a clock, whole days count dates."""
    for delay, piece in draft.all(Duration):

        def rule(today: date, delay: Duration = delay) -> Days:
            return Days((add(today, delay),))

        yield DatePiece(rule=rule), piece


def _days_of(reader: Reader, draft: TimeDraft, date_piece: DatePiece, piece: Piece, zones: Slot) -> Slot:
    """The days of one piece. "Tomorrow" is in the named zone; where that is another day than here, ask."""
    here = local_time(reader.context.now, reader.context.tz).date()
    try:
        found = date_piece.rule(here)
        days, about = list(found.days), found.about
        soft = found.today_too and draft.has(Clock)
        if soft:
            days, about = [here, *days], "day"
        for zone in zones.readings if date_piece.depends_on_today else ():
            there = local_time(reader.context.now, str(zone)).date()
            elsewhere = date_piece.rule(there).days if there != here else tuple(days)
            if set(elsewhere) - set(days):
                days, about = [*days, *elsewhere], about or "day"
    except BadDate as bad:
        start, end = stretch_around(draft, piece) if bad.past else (piece.start, piece.end)
        reader.fail(bad.code, start, end, bad.message)
        raise Unclear from None
    return Slot(tuple(sorted(set(days))), about, piece, only_if_ahead=soft)


def _agreed(reader: Reader, slot: Slot, found: Slot, date_piece: DatePiece, piece: Piece) -> Slot:
    """Two ways to say one day must agree; a weekday only has to fit."""
    days = [day for day in slot.readings if isinstance(day, date)]
    if date_piece.weekday is not None:
        fitting = tuple(day for day in days if day.weekday() == date_piece.weekday)
        if fitting:
            return replace(slot, readings=fitting, about=slot.about if len(fitting) > 1 else None)
        wrong = mismatch(days[0], date_piece.weekday)
        reader.fail("bad_time", piece.start, piece.end, wrong.message)
        raise Unclear
    both = tuple(day for day in days if day in found.readings)
    if both:
        return replace(slot, readings=both, about=slot.about if len(both) > 1 else None)
    reader.fail("conflict", piece.start, piece.end, '"{word}" is a second day; say only one.')
    raise Unclear


def clock_slot(reader: Reader, draft: TimeDraft) -> Slot | None:
    """The times of day meant by the first clock, settled by a part of the day where one was said."""
    clocks = draft.all(Clock)
    if not clocks:
        return None
    clock, piece = clocks[0]
    part = next((part.name for part, _ in draft.all(DayPart)), None)
    readings = in_part(clock, part)
    if not readings:
        other = next(piece for _, piece in draft.all(DayPart))
        start, end = min(piece.start, other.start), max(piece.end, other.end)
        reader.fail("conflict", start, end, '"{word}" does not go together.')
        raise Unclear
    if len(readings) > 1 and reader.context.clock == "24" and clock.has_minutes:
        readings = readings[:1]
    return Slot(readings, "am_pm" if len(readings) > 1 else None, piece)


def in_part(clock: Clock, part: str | None) -> tuple[time, ...]:
    """The readings of a clock that fit a part of the day; none when they contradict each other."""
    readings = clock.readings()
    if part is None or clock.midnight:
        return readings
    if clock.settled:
        return tuple(at for at in readings if at.hour in FITS[part])
    morning, evening = readings
    if part == "morning":
        return (morning,) if morning.hour else readings
    if part == "afternoon":
        return (evening,) if evening.hour < 19 else ()
    if part == "evening":
        return (evening,) if evening.hour > 15 else readings
    return (evening,) if evening.hour > 16 else (morning, evening)


FITS: Final = {
    "morning": range(12),
    "afternoon": range(12, 19),
    "evening": range(15, 24),
    "night": (*range(17, 24), *range(6)),
    "tonight": range(17, 24),
}


def _midnights(draft: TimeDraft, days: Slot) -> Slot:
    """`friday midnight` begins or ends that day; a calendar date's midnight begins it; today's ends it."""
    clock, piece = draft.all(Clock)[0]
    words = [date_piece for date_piece, _ in draft.all(DatePiece) if date_piece.is_word]
    if not clock.midnight or not words or days.about:
        return days
    both = [day + timedelta(days=n) for day in days.readings if isinstance(day, date) for n in (0, 1)]
    return Slot(tuple(both), "day", days.piece or piece)


def _readings(reader: Reader, draft: TimeDraft, zones: Slot, days: Slot, clocks: Slot) -> Iterator[Reading]:
    midnight, now = draft.all(Clock)[0][0].midnight, reader.context.now
    for zone, day, at in product(zones.readings, days.readings, clocks.readings):
        assert isinstance(at, time)
        today = local_time(now, str(zone)).date()
        if not isinstance(day, date):
            yield from _next_time(str(zone), today, at, now)
            continue
        if midnight and day == today and not days.about:
            day += timedelta(days=1)
        found = list(resolved(str(zone), datetime.combine(day, at)))
        rolls = len(clocks.readings) > 1 and day == today and found[-1].at <= now and not days.about
        yield from resolved(str(zone), datetime.combine(day + timedelta(days=1), at)) if rolls else found


def _next_time(zone: str, today: date, at: time, now: datetime) -> list[Reading]:
    """The next time the clock shows `at`, strictly after now."""
    for days in (0, 1, 2):
        found = [
            when
            for when in resolved(zone, datetime.combine(today + timedelta(days=days), at))
            if when.at > now
        ]
        if found:
            return found
    raise AssertionError("three days hold every time of day")


def _clock_change(draft: TimeDraft, readings: list[Reading]) -> Slot:
    piece = draft.all(Clock)[0][1]
    changes: tuple[tuple[WallTime, About], ...] = ((WallTime.GAP, "gap"), (WallTime.FOLD, "fold"))
    for kind, about in changes:
        if sum(reading.kind == kind for reading in readings) > 1:
            return Slot(tuple(readings), about, piece)
    return Slot(())


def _ahead(reader: Reader, draft: TimeDraft, when: When) -> When:
    if when.at <= reader.context.now:
        raise past(reader, draft, [when])
    return when
