"""What rule the words of `every …` mean: the `Recurrence`, or what must be asked or refused first.

Reading the words is `every.py`; when a rule fires, `domain/schedule.py`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.domain.schedule import Recurrence, Unit, firings, local_time, next_fire
from bot.parse.clocks import Clock
from bot.parse.command import About
from bot.parse.days import BadDate, DatePiece, add
from bot.parse.durations import Duration
from bot.parse.every import RuleDraft
from bot.parse.instants import FITS, in_part
from bot.parse.labels import instant_label
from bot.parse.pieces import DayPart, Instant, Now, Past, Piece, TimeDraft, Vague
from bot.parse.reader import Doubt, Option, Reader
from bot.parse.readings import Unclear
from bot.parse.wording import clock_text
from bot.parse.words import WEEKDAY_NAMES
from bot.parse.zones import THEIRS, Zone

SHORTEST: Final = timedelta(minutes=15)


def settle_rule(
    reader: Reader, rule: RuleDraft, time_said: TimeDraft, their_zones: tuple[str, ...] = ()
) -> Recurrence | None:
    """The recurrence that was said; None after a problem or a doubt was noted."""
    try:
        return _settled(reader, rule, time_said, their_zones)
    except Unclear:
        return None


def _settled(reader: Reader, rule: RuleDraft, said: TimeDraft, their_zones: tuple[str, ...]) -> Recurrence:
    assert rule.unit
    if rule.interval < 1:
        reader.fail("bad_duration", *rule.where, '"{word}" is no interval.')
        raise Unclear
    zone = _zone(reader, said, their_zones)
    _refuse_one_offs(reader, rule, said)
    now = reader.context.now.astimezone(UTC).replace(microsecond=0)
    today = local_time(now, zone).date()
    start = _day(reader, rule.start, today) or today
    if rule.unit in (Unit.MINUTE, Unit.HOUR):
        draft = _exact_rule(reader, rule, said, zone, now, start)
    else:
        draft = _calendar_rule(reader, rule, said, zone, now, start)
    return _limited(reader, rule, draft, today)


def _zone(reader: Reader, said: TimeDraft, their_zones: tuple[str, ...]) -> str:
    for zone, piece in said.all(Zone):
        if zone.id == THEIRS and len(set(their_zones)) == 1:
            return their_zones[0]
        if zone.choices or zone.id == THEIRS:
            reader.fail(
                "unknown_timezone", piece.start, piece.end, '"{word}" can be several zones; name a city.'
            )
            raise Unclear
        return zone.id or reader.context.tz
    return reader.context.tz


def _refuse_one_offs(reader: Reader, rule: RuleDraft, said: TimeDraft) -> None:
    """A rule and a single date contradict each other, except for the weekday of `every week … on monday`."""
    for date_piece, piece in said.all(DatePiece):
        if rule.unit is Unit.WEEK and not rule.weekdays and date_piece.weekday is not None:
            rule.weekdays = (date_piece.weekday,)
        elif not _is_part_of_today(said, piece):
            _conflict(reader, piece)
    for kind in (Now, Past, Vague, Instant, Duration):
        for _, piece in said.all(kind):
            _conflict(reader, piece)


def _is_part_of_today(said: TimeDraft, piece: Piece) -> bool:
    return any(other.start == piece.start for _, other in said.all(DayPart))


def _conflict(reader: Reader, piece: Piece) -> None:
    reader.fail("conflict", piece.start, piece.end, '"{word}" does not go with a repeating call.')
    raise Unclear


def _day(reader: Reader, said: tuple[DatePiece, int, int] | None, today: date) -> date | None:
    """The one day that `starting`, `until` or `except` names."""
    if said is None:
        return None
    piece, start, end = said
    try:
        found = piece.rule(today)
    except BadDate as bad:
        reader.fail(bad.code, start, end, bad.message)
        raise Unclear from None
    if len(found.days) > 1 and found.about:
        options = tuple(
            Option(label=f"{day:%a} {day.day} {day:%B}", edits=((start, end, day.isoformat()),))
            for day in found.days
        )
        raise _asked(reader, found.about, start, end, '"{word}" can mean two days. Which one?', options)
    return found.days[0]


def _asked(
    reader: Reader, about: About, start: int, end: int, message: str, options: tuple[Option, ...]
) -> Unclear:
    message = message.replace("{word}", reader.text.slice(start, end))
    reader.doubts.append(Doubt(about=about, start=start, end=end, message=message, options=options))
    return Unclear()


def _exact_rule(
    reader: Reader, rule: RuleDraft, said: TimeDraft, zone: str, now: datetime, start: date
) -> Recurrence:
    step = timedelta(minutes=rule.interval) if rule.unit is Unit.MINUTE else timedelta(hours=rule.interval)
    if step < SHORTEST:
        reader.fail("bad_duration", *rule.where, '"{word}" is too often; every 15 minutes is the most.')
        raise Unclear
    clocks = said.all(Clock)
    if clocks and not (rule.starts_at_clock or rule.start):
        _conflict(reader, clocks[0][1])
    anchor = now + step
    if clocks:
        times = _times(reader, rule, said, lambda at: _calendar(rule, zone, now, start, (at,), Unit.DAY))
        anchor = next_fire(_calendar(rule, zone, now, start, times, Unit.DAY), now) or anchor
    elif rule.start and start > local_time(now, zone).date():
        raise _no_clock(reader, rule, zone, now)
    assert rule.unit
    return Recurrence(
        zone=zone,
        unit=rule.unit,
        interval=rule.interval,
        since=now,
        anchor=anchor,
        start=local_time(anchor, zone).date(),
    )


def _calendar_rule(
    reader: Reader, rule: RuleDraft, said: TimeDraft, zone: str, now: datetime, start: date
) -> Recurrence:
    if not said.has(Clock):
        raise _no_clock(reader, rule, zone, now)
    _refuse_vague_day(reader, rule)
    times = _times(reader, rule, said, lambda at: _calendar(rule, zone, now, start, (at,)))
    _refuse_too_close(reader, said, times)
    draft = _calendar(rule, zone, now, start, times)
    first = next_fire(replace(draft, interval=1), now)
    if first is None:
        reader.fail("nonexistent_time", *rule.where, '"{word}" never comes.')
        raise Unclear
    return replace(draft, start=local_time(first, zone).date())


def _calendar(
    rule: RuleDraft, zone: str, now: datetime, start: date, times: tuple[time, ...], unit: Unit | None = None
) -> Recurrence:
    assert rule.unit
    if unit:
        return Recurrence(zone=zone, unit=unit, times=times, since=now, start=start)
    return Recurrence(
        zone=zone,
        unit=rule.unit,
        interval=rule.interval,
        times=times,
        weekdays=tuple(sorted(set(rule.weekdays))),
        days=rule.days,
        nth=rule.nth,
        month=rule.month,
        since=now,
        start=start,
        except_weekdays=tuple(sorted(set(rule.excepted_weekdays))),
    )


def _refuse_vague_day(reader: Reader, rule: RuleDraft) -> None:
    """`every month at 9am`: on which day? `every week`: the same."""
    start, end = rule.where
    if rule.unit is Unit.WEEK and not rule.weekdays:
        today = local_time(reader.context.now, reader.context.tz)
        names = dict.fromkeys(
            (WEEKDAY_NAMES[today.weekday()], WEEKDAY_NAMES[(today.weekday() + 1) % 7], "Monday")
        )
        options = tuple(Option(label=f"on {name}", edits=((end, end, f"on {name}"),)) for name in names)
        raise _asked(reader, "day", start, end, '"{word}": on which weekday?', options)
    if rule.unit is Unit.MONTH and not (rule.days or rule.nth):
        options = tuple(
            Option(label=text, edits=((end, end, text),))
            for text in ("on the 1st", "on the 15th", "on the last day")
        )
        raise _asked(reader, "day", start, end, '"{word}": on which day of the month?', options)
    if rule.unit is Unit.YEAR and not rule.days:
        reader.fail(
            "missing_argument", start, end, '"{word}": on which day? Say for example "every year on 1 may".'
        )
        raise Unclear


def _times(
    reader: Reader, rule: RuleDraft, said: TimeDraft, at: Callable[[time], Recurrence]
) -> tuple[time, ...]:
    """The rule's times of day, settled; a bare hour is asked about with the next run of each reading."""
    part = rule.part or next((part for part, _ in said.all(DayPart)), None)
    found: list[time] = []
    for clock, piece in said.all(Clock):
        readings = in_part(clock, part.name if part else None)
        if part and len(readings) > 1:
            # Twelve at night is midnight; twelve in the morning may be either end of it.
            readings = tuple(at for at in readings if part.name == "night" and at.hour in FITS["night"])
        if reader.context.clock == "24" and clock.has_minutes:
            readings = readings[:1]
        if not readings:
            reader.fail(
                "conflict", piece.start, piece.end, f'"{{word}}" is not in the {part.name if part else ""}.'
            )
            raise Unclear
        if len(readings) > 1:
            options = tuple(_reading(reader, piece, reading, at(reading)) for reading in readings)
            raise _asked(
                reader,
                "am_pm",
                piece.start,
                piece.end,
                '"{word}" can be morning or evening. Which one?',
                options,
            )
        found.append(readings[0])
    return tuple(sorted(set(found)))


def _reading(reader: Reader, piece: Piece, at: time, rule: Recurrence) -> Option:
    first = next_fire(rule, reader.context.now)
    label = f"{at:%H:%M}" + (
        f" (first {instant_label(first, rule.zone, reader.context.now)})" if first else ""
    )
    return Option(label=label, edits=((piece.start, piece.end, f"at {clock_text(at)}"),), at=first)


def _refuse_too_close(reader: Reader, said: TimeDraft, times: tuple[time, ...]) -> None:
    minutes = [at.hour * 60 + at.minute for at in times]
    gaps = [
        later - earlier for earlier, later in zip(minutes, [*minutes[1:], minutes[0] + 1440], strict=True)
    ]
    if len(times) > 1 and min(gaps) < SHORTEST / timedelta(minutes=1):
        piece = said.all(Clock)[-1][1]
        reader.fail(
            "bad_duration",
            piece.start,
            piece.end,
            '"{word}" is too close to the other time; 15 minutes at least.',
        )
        raise Unclear


def _no_clock(reader: Reader, rule: RuleDraft, zone: str, now: datetime) -> Unclear:
    start, end = rule.where
    part = rule.part.name if rule.part else ""
    hours = {"morning": (8, 9, 10), "afternoon": (13, 15, 17), "evening": (18, 19, 20), "night": (20, 21, 22)}
    chosen = hours.get(part, (9, 12, 18))
    options = tuple(_at_hour(rule, zone, now, time(hour), end) for hour in chosen)
    return _asked(reader, "time_missing", start, end, '"{word}": at what time?', options)


def _at_hour(rule: RuleDraft, zone: str, now: datetime, at: time, end: int) -> Option:
    vague = rule.unit in (Unit.MINUTE, Unit.HOUR) or (
        rule.unit is not Unit.DAY and not (rule.weekdays or rule.days or rule.nth)
    )
    today = local_time(now, zone).date()
    first = None if vague else next_fire(_calendar(rule, zone, now, today, (at,)), now)
    return Option(label=f"{at:%H:%M}", edits=((end, end, f"at {clock_text(at)}"),), at=first)


def _last_day(reader: Reader, rule: RuleDraft, start: date, lasting: Duration) -> date:
    try:
        return add(start, lasting) - timedelta(days=1)
    except BadDate:
        reader.fail("bad_duration", *rule.ends[-1], '"{word}" is too long.')
        raise Unclear from None


def _limited(reader: Reader, rule: RuleDraft, draft: Recurrence, today: date) -> Recurrence:
    """The rule with its end and its exceptions; a rule that then never fires is a contradiction."""
    until = _day(reader, rule.until, today)
    if rule.lasting:
        last = _last_day(reader, rule, draft.start, rule.lasting)
        until = min(until, last) if until else last
    days = tuple(sorted({day for said in rule.excepted if (day := _day(reader, said, today))}))
    weekdays = tuple(sorted(set(rule.excepted_weekdays)))
    limited = replace(draft, until=until, count=rule.count, except_days=days, except_weekdays=weekdays)
    if rule.count == 0 or next(firings(limited), None) is None:
        start, end = rule.ends[-1] if rule.ends else rule.where
        reader.fail("conflict", start, end, 'With "{word}" nothing is left to repeat.')
        raise Unclear
    return limited
