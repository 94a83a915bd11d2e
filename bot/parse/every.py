"""Repeating calls: `every other friday at 5pm until june, except 1 may`. Words in, a `Recurrence` out.

When a rule fires is `domain/schedule.py`; here is only what the words of a rule are and what must be asked.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Final

from bot.domain.schedule import LAST_DAY, Recurrence, Unit, firings, local_time, next_fire
from bot.parse.clocks import Clock
from bot.parse.command import About
from bot.parse.dates import BadDate, DatePiece, add, date_at, nth_number
from bot.parse.durations import Duration, duration_at
from bot.parse.instants import Unclear, in_part
from bot.parse.labels import instant_label
from bot.parse.reader import Doubt, Option, Reader
from bot.parse.when import DayPart, Instant, Now, Past, Piece, TimeDraft, Vague
from bot.parse.words import (
    MONTH,
    MONTHS,
    NUMBER_WORD,
    ORDINAL_WORD,
    ORDINAL_WORDS,
    WEEKDAY,
    WEEKDAY_NAMES,
    WEEKDAY_STEM,
    WEEKDAYS,
    quantity,
    rx,
)
from bot.parse.zones import THEIRS, Zone

SHORTEST: Final = timedelta(minutes=15)
_WORKING_DAYS: Final = (0, 1, 2, 3, 4)
_WEEKEND: Final = (5, 6)


@dataclass(slots=True)
class RuleDraft:
    """What has been said of a rule so far. It is one as soon as it has a unit."""

    unit: Unit | None = None
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    month: int | None = None
    part: DayPart | None = None
    start: tuple[DatePiece, int, int] | None = None
    starts_at_clock: bool = False
    until: tuple[DatePiece, int, int] | None = None
    count: int | None = None
    lasting: Duration | None = None
    excepted: list[tuple[DatePiece, int, int]] = field(default_factory=list)
    excepted_weekdays: tuple[int, ...] = ()
    where: tuple[int, int] = (0, 0)
    ends: list[tuple[int, int]] = field(default_factory=list)


# --- the rule itself -------------------------------------------------------------------------------------------------

_EVERY: Final = rx(r"(?:on )?(?:every|each)|once (?:a|every|per|each)")
_ADVERB: Final = rx(r"(?P<word>hourly|daily|nightly|weekly|fortnightly|monthly|yearly|annually)")
_ADVERBS: Final[dict[str, tuple[Unit, int]]] = {
    "hourly": (Unit.HOUR, 1),
    "daily": (Unit.DAY, 1),
    "nightly": (Unit.DAY, 1),
    "weekly": (Unit.WEEK, 1),
    "fortnightly": (Unit.WEEK, 2),
    "monthly": (Unit.MONTH, 1),
    "yearly": (Unit.YEAR, 1),
    "annually": (Unit.YEAR, 1),
}
_DAYS: Final = rx(
    r"(?:on )?(?:all )?(?:(?P<working>weekdays|working days|workdays|business days)|(?:the )?(?P<weekend>weekends))"
)
_DAY_OF_RULE: Final = rx(
    r"(?:(?P<working>weekdays?|working days?|workdays?|business days?)|(?P<weekend>weekends?)|(?P<part>morning|afternoon|evening|night))"
)
_UNITS: Final[dict[str, tuple[Unit, int]]] = {
    "minute": (Unit.MINUTE, 1),
    "min": (Unit.MINUTE, 1),
    "hour": (Unit.HOUR, 1),
    "hr": (Unit.HOUR, 1),
    "half hour": (Unit.MINUTE, 30),
    "half an hour": (Unit.MINUTE, 30),
    "day": (Unit.DAY, 1),
    "week": (Unit.WEEK, 1),
    "fortnight": (Unit.WEEK, 2),
    "month": (Unit.MONTH, 1),
    "quarter": (Unit.MONTH, 3),
    "year": (Unit.YEAR, 1),
}
_NTH_WORD: Final = rf"\d{{1,2}}(?:st|nd|rd|th)|{ORDINAL_WORD}"
_INTERVAL: Final = (
    rf"(?:(?P<other>other|alternate)|(?P<nth>{_NTH_WORD})|(?P<n>\d{{1,3}}|{NUMBER_WORD}|couple of))"
)
_UNIT: Final = rx(
    rf"(?:{_INTERVAL} )?(?:single )?(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})s?"
)
_OTHER_DAY: Final = rx(rf"{_INTERVAL} (?P<day>{WEEKDAY_STEM})s?")
_ONE_WEEKDAY: Final = rx(rf"(?:on )?(?P<day>{WEEKDAY_STEM})s?\.?")
_WEEKDAYS_ONLY: Final = rx(rf"(?:on )?(?P<day>{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})s")
_LIST: Final = re.compile(r" ?(?:, ?and |,|and |& ?|/)(?: ?on | ?every )? ?")
_NTH_DAY: Final = rf"(?:the )?(?:(?P<last>last)|(?P<which>{_NTH_WORD})) (?:(?P<day>{WEEKDAY_STEM})|(?P<any>day))(?: (?:of|in) (?:the|every|each) month)"
_NTH_OF_MONTH: Final = rx(rf"(?:on )?{_NTH_DAY}")
_DATE_OF_MONTH: Final = rx(
    rf"(?:on )?(?:the )?(?P<which>{_NTH_WORD})(?P<of> (?:day )?of (?:the|every|each) month)"
)
_BARE_NTH: Final = rx(r"(?P<which>\d{1,2}(?:st|nd|rd|th))")
_OF_EVERY: Final = re.compile(r"of (?:every|each) month")
_MONTH_DAY: Final = re.compile(
    rf"(?:on )?(?:the )?(?:(?P<day>{_NTH_WORD}|\d{{1,2}}) (?:of )?(?P<month>{MONTH})|(?P<month2>{MONTH}) (?:the )?(?P<day2>{_NTH_WORD}|\d{{1,2}})(?![\w:]))"
)
_ON_THE: Final = rx(rf"on (?:the )?(?P<which>{_NTH_WORD})(?! (?:{WEEKDAY_STEM}))(?: day)?")
_ON_LAST: Final = rx(
    r"on (?:the )?last day(?: of (?:the|every|each) month)?|at the end of (?:the|every|each) month"
)
_ON_NTH: Final = rx(
    rf"on (?:the )?(?:(?P<last>last)|(?P<which>{_NTH_WORD})) (?P<day>{WEEKDAY_STEM})(?: of (?:the|every|each) month)?"
)


def take_rule(reader: Reader, rule: RuleDraft) -> bool:
    """Read `every …` (or `daily`, `on mondays`, `on the 1st of every month`) into `rule`."""
    start = reader.pos
    if rule.unit is not None and not reader.probing:
        probe = reader.probe(start)
        if not take_rule(probe, RuleDraft()):
            return False
        reader.fail("conflict", start, probe.pos, '"{word}" is a second rule; say only one.')
        reader.pos = probe.pos
        return True
    if not (_plain_rule(reader, rule) or _every(reader, rule)):
        reader.pos = start
        return False
    _rule_tail(reader, rule)
    rule.where = (start, reader.pos)
    reader.use("every", start)
    return True


def _plain_rule(reader: Reader, rule: RuleDraft) -> bool:
    """The rules that need no "every" in front."""
    if match := reader.take(_ADVERB):
        rule.unit, rule.interval = _ADVERBS[match["word"]]
        rule.part = DayPart("night") if match["word"] == "nightly" else None
    elif match := reader.take(_DAYS):
        rule.unit, rule.weekdays = Unit.WEEK, _WORKING_DAYS if match["working"] else _WEEKEND
    elif match := reader.match(_WEEKDAYS_ONLY):
        rule.unit, rule.weekdays = Unit.WEEK, _weekday_list(reader)
    elif (match := reader.match(_NTH_OF_MONTH)) and _OF_EVERY.search(match[0]):
        reader.go(match.end())
        _nth_rule(rule, match)
    elif (match := reader.match(_DATE_OF_MONTH)) and _OF_EVERY.search(match[0]):
        reader.go(match.end())
        rule.unit, rule.days = Unit.MONTH, (_nth(match["which"]),)
    return rule.unit is not None


def _every(reader: Reader, rule: RuleDraft) -> bool:
    if not reader.take(_EVERY):
        return False
    if match := reader.take(_NTH_OF_MONTH):
        _nth_rule(rule, match)
    elif match := reader.take(_DATE_OF_MONTH):
        rule.unit, rule.days = Unit.MONTH, (_nth(match["which"]),)
    elif match := _taken(reader, _MONTH_DAY):
        _yearly(rule, match)
    elif match := reader.take(_OTHER_DAY):
        rule.unit, rule.interval = Unit.WEEK, _interval(match)
        rule.weekdays = (WEEKDAYS[match["day"]], *_more_weekdays(reader))
    elif match := reader.take(_UNIT):
        unit, times = _UNITS[match["unit"]]
        rule.unit, rule.interval = unit, times * _interval(match)
    elif match := reader.take(_DAY_OF_RULE):
        rule.unit = Unit.DAY if match["part"] else Unit.WEEK
        rule.weekdays = () if match["part"] else _WORKING_DAYS if match["working"] else _WEEKEND
        rule.part = DayPart(match["part"]) if match["part"] else None
    elif reader.match(_ONE_WEEKDAY):
        rule.unit, rule.weekdays = Unit.WEEK, _weekday_list(reader)
    elif match := reader.take(_BARE_NTH):
        rule.unit, rule.days = Unit.MONTH, (_nth(match["which"]),)
    else:
        return _odd_interval(reader, rule)
    return True


def _taken(reader: Reader, pattern: re.Pattern[str]) -> re.Match[str] | None:
    return reader.take(pattern)


def _odd_interval(reader: Reader, rule: RuleDraft) -> bool:
    """`every 90 minutes`, `every hour and a half`."""
    found = duration_at(reader.low, reader.pos)
    if not found or found[0].months or found[0].seconds % 60:
        return False
    reader.go(found[1])
    rule.unit, rule.interval = Unit.MINUTE, found[0].seconds // 60
    return True


def _interval(match: re.Match[str]) -> int:
    if match["other"]:
        return 2
    if match["nth"]:
        return _nth(match["nth"])
    return int(quantity(match["n"])) if match["n"] else 1


def _nth(text: str) -> int:
    return int(re.sub(r"\D", "", text)) if text[0].isdigit() else ORDINAL_WORDS[text]


def _nth_rule(rule: RuleDraft, match: re.Match[str]) -> None:
    groups = match.groupdict()
    which = -1 if groups["last"] else _nth(groups["which"])
    rule.unit = Unit.MONTH
    if groups.get("any"):
        rule.days = (LAST_DAY if which == -1 else which,)
    else:
        rule.nth = ((which, WEEKDAYS[groups["day"]]),)


def _yearly(rule: RuleDraft, match: re.Match[str]) -> None:
    month, day = match["month"] or match["month2"], match["day"] or match["day2"]
    rule.unit, rule.month, rule.days = Unit.YEAR, MONTHS[month.rstrip(".")], (_nth(day),)


def _weekday_list(reader: Reader) -> tuple[int, ...]:
    match = reader.take(_ONE_WEEKDAY)
    return tuple(dict.fromkeys((WEEKDAYS[match["day"]], *_more_weekdays(reader)))) if match else ()


def _more_weekdays(reader: Reader) -> tuple[int, ...]:
    """`…, wednesday and friday`."""
    found: list[int] = []
    while True:
        start = reader.pos
        if not reader.take(_LIST):
            return tuple(found)
        match = reader.take(_ONE_WEEKDAY)
        if not match:
            reader.pos = start
            return tuple(found)
        found.append(WEEKDAYS[match["day"]])


def _rule_tail(reader: Reader, rule: RuleDraft) -> None:
    """The day within the unit: `every week on monday`, `every month on the 15th`, `every friday morning`."""
    part = reader.take(rx(r"(?P<part>morning|afternoon|evening|night)s?"))
    if part:
        rule.part = DayPart(part["part"])
    if rule.unit is Unit.WEEK and not rule.weekdays:
        rule.weekdays = _weekday_list(reader) if reader.match(rx(rf"on {WEEKDAY_STEM}s?")) else ()
        if not rule.weekdays and (match := reader.take(rx(r"on (?:(?P<working>weekdays)|weekends)"))):
            rule.weekdays = _WORKING_DAYS if match["working"] else _WEEKEND
    if rule.unit is Unit.MONTH and not (rule.days or rule.nth):
        if reader.take(_ON_LAST):
            rule.days = (LAST_DAY,)
        elif match := reader.take(_ON_NTH):
            _nth_rule(rule, match)
        elif match := reader.take(_ON_THE):
            rule.days = (_nth(match["which"]),)
    if rule.unit is Unit.YEAR and not rule.days and (match := _taken(reader, _MONTH_DAY)):
        _yearly(rule, match)


# --- from when, until when, how often, except when ---------------------------------------------------------------------

_STARTING: Final = rx(r"(?:starting|beginning|commencing|start|effective|as of)(?: from| on)?|from(?! now)")
_UNTIL: Final = rx(
    r"until and including|up to and including|(?:until|till|'?til|through|thru|ending)(?: on| and including)?|up to|ends on"
)
_COUNT: Final = rx(
    rf"(?:for )?(?:(?P<n>\d{{1,4}}|{NUMBER_WORD}) (?:times|occurrences|occasions)|(?P<twice>twice)|(?P<once>once))(?: (?:only|in total|altogether))?"
)
_LASTING: Final = rx(r"for(?: the next)?")
_EXCEPT: Final = rx(
    r"(?:except|but not|excluding|excepting|skipping|not|other than|apart from)(?: for)?(?: on)?"
)


def take_rule_end(reader: Reader, rule: RuleDraft) -> bool:
    """Read one of the limits of a rule; they may stand anywhere."""
    start = reader.pos
    for read in (_starting, _until, _count, _lasting, _except):
        if read(reader, rule):
            rule.ends.append((start, reader.pos))
            reader.use("every", start)
            return True
        reader.pos = start
    return False


def _date_here(reader: Reader) -> tuple[DatePiece, int, int] | None:
    reader.take(rx(r"on"))
    found = date_at(reader.low, reader.pos, reader.context.date_order)
    if not found:
        return None
    start = reader.pos
    reader.go(found[1])
    return found[0], start, found[1]


def _starting(reader: Reader, rule: RuleDraft) -> bool:
    match = reader.take(_STARTING)
    if not match:
        return False
    found = _date_here(reader)
    if found:
        rule.start = found
        return True
    clock_next = bool(reader.match(rx(r"at|@|\d{1,2}(?::\d\d)? ?[ap]\.?m|\d{1,2}:\d\d|noon|midnight")))
    rule.starts_at_clock = clock_next and (match[0] != "from" or rule.unit is not None)
    return rule.starts_at_clock


def _until(reader: Reader, rule: RuleDraft) -> bool:
    match = reader.take(_UNTIL)
    if not match:
        return False
    found = _date_here(reader)
    if found is None:
        return False
    rule.until = found
    return True


def _count(reader: Reader, rule: RuleDraft) -> bool:
    match = reader.take(_COUNT) if rule.unit else None
    if not match:
        return False
    rule.count = 2 if match["twice"] else 1 if match["once"] else int(quantity(match["n"]))
    return True


def _lasting(reader: Reader, rule: RuleDraft) -> bool:
    found = duration_at(reader.low, reader.pos) if rule.unit and reader.take(_LASTING) else None
    if rule.unit and found is None:
        found = duration_at(reader.low, reader.pos)
    if not found or (found[0].whole_days is None and not found[0].months):
        return False
    reader.go(found[1])
    rule.lasting = found[0]
    return True


def _except(reader: Reader, rule: RuleDraft) -> bool:
    if not reader.take(_EXCEPT):
        return False
    count = 0
    while _one_exception(reader, rule):
        count += 1
        start = reader.pos
        if not reader.take(_LIST):
            break
        if not _one_exception(reader.probe(reader.pos), RuleDraft()):
            reader.pos = start
            break
    return count > 0


def _one_exception(reader: Reader, rule: RuleDraft) -> bool:
    if match := reader.take(rx(r"(?:on )?(?:the )?(?:(?P<working>weekdays)|weekends?)")):
        rule.excepted_weekdays += _WORKING_DAYS if match["working"] else _WEEKEND
        return True
    start = reader.pos
    dated = _date_here(reader)
    if dated and dated[0].weekday is None:
        rule.excepted.append(dated)
        return True
    reader.pos = start
    if match := reader.take(_ONE_WEEKDAY):
        rule.excepted_weekdays += (WEEKDAYS[match["day"]],)
        return True
    return False


# --- putting it together ----------------------------------------------------------------------------------------------------


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
    if clocks and not rule.starts_at_clock:
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
    """The rule's times of day, each settled; a bare hour is asked about with the next occurrence of both readings."""
    part = rule.part or next((part for part, _ in said.all(DayPart)), None)
    found: list[time] = []
    for clock, piece in said.all(Clock):
        readings = in_part(clock, part.name if part else None)
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
    return Option(label=label, edits=((piece.start, piece.end, f"at {at:%H:%M}"),), at=first)


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
    return Option(label=f"{at:%H:%M}", edits=((end, end, f"at {at:%H:%M}"),), at=first)


def _limited(reader: Reader, rule: RuleDraft, draft: Recurrence, today: date) -> Recurrence:
    """The rule with its end and its exceptions; a rule that then never fires is a contradiction."""
    until = _day(reader, rule.until, today)
    if rule.lasting:
        last = add(draft.start, rule.lasting) - timedelta(days=1)
        until = min(until, last) if until else last
    days = tuple(sorted({day for said in rule.excepted if (day := _day(reader, said, today))}))
    weekdays = tuple(sorted(set(rule.excepted_weekdays)))
    limited = replace(draft, until=until, count=rule.count, except_days=days, except_weekdays=weekdays)
    if rule.count == 0 or next(firings(limited), None) is None:
        start, end = rule.ends[-1] if rule.ends else rule.where
        reader.fail("conflict", start, end, 'With "{word}" nothing is left to repeat.')
        raise Unclear
    return limited
