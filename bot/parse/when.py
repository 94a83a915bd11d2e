"""Reading a time: which words belong to it. What instant they mean is `instants.py`.

The pieces of a time may stand anywhere in a sentence (`tomorrow call mom at 9am`), so they are collected here
and only put together at the end.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from bot.domain.schedule import fixed_offset
from bot.parse.clocks import PART_OF_DAY, Clock, NoSuchClock, clock_at
from bot.parse.command import About
from bot.parse.dates import date_at
from bot.parse.days import DatePiece, Days
from bot.parse.durations import UNITS, Duration, did_you_mean, duration_at
from bot.parse.odd_dates import odd_date_at
from bot.parse.pieces import DayPart, Instant, Now, Past, Piece, TimeDraft, Vague, Value
from bot.parse.reader import Doubt, Option, Reader
from bot.parse.words import MONTHS, NUMBER_WORD, WEEKDAY, WEEKDAYS, nearest, rx
from bot.parse.zones import NoSuchZone, zone_at

_PREPOSITION: Final = rx(r"at|on|by|for")
_AT: Final = re.compile(r"(?:at|by|for|@)(?!\w) ?|@ ?")
_ABOUT: Final = rx(r"(?:just |right )?(?:about|around|approximately|exactly|roughly|~)")
_SHARP: Final = rx(r"sharp|on the dot|exactly|approximately|or so|precisely")
_NOW: Final = rx(
    r"(?:right |just )?now|asap|immediately|right away|straight ?away|at once|this (?:instant|minute)"
)
_PAST: Final = rx(
    rf"yesterday|earlier(?: today| this \w+)?|last (?:night|week|month|year|weekend"
    rf"|{WEEKDAY})|{WEEKDAY} last week|the day before yesterday"
)
_AGO: Final = rx(r" (?:ago|back|earlier|before now)")
_VAGUE: Final = rx(
    r"later(?: on)?(?: today)?|soon|some ?time(?: (?:later|soon|today|tomorrow))?"
    r"|in a (?:bit|while|moment|jiffy|little while)"
    r"|at some point|eod|(?:by |at )?(?:the )?end of (?:the )?(?:day|week)|(?:at |around )?lunch ?time"
    r"|after (?:lunch|work|dinner)|(?P<span>next (?:week|month|year|weekend)|(?:on |over )?(?:this "
    r"|the )?weekend|this week)"
    r"|one day|some day|whenever|in the future|eventually|before long|shortly"
)
_SOME: Final = rx(
    r"(?:in |after |within )?(?:(?:just )?a few|several|some) (?P<unit>minutes|hours|days"
    r"|weeks)(?: from now)?"
)
_NEXT_UNIT: Final = rx(r"(?:in the )?next (?P<unit>hour|day|minute)")
_FOR: Final = rx(r"for")
_IN: Final = rx(r"in|within|after")
_FROM_NOW: Final = rx(r",? ?(?:from (?:right )?now|hence|later|from today)")
_PLUS: Final = re.compile(r"\+ ?(?=\d)")
_INSTANT: Final = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:t| )(?P<clock>\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?"
    r"(?P<offset>z|[+-]\d\d:?\d\d)(?:\[(?P<zone>[\w/+-]+)\])?(?!\w)"
)
_ISO_T: Final = re.compile(r"(?<=\d)[t.:-](?=\d\d:\d\d)")
_BARE_TAIL: Final = re.compile(
    r" ?(?:"
    + "|".join(sorted(UNITS, key=len, reverse=True))
    + r"|times?|x|people|calls?|%|[hms](?!\w))(?!\w)"
)
_UNITLESS: Final = rx(rf"(?:\d{{1,3}}(?:\.\d+)?|{NUMBER_WORD})")
_COMMA: Final = re.compile(r", ?")
_AND: Final = re.compile(r"(?:, ?)?(?:and|&) (?=(?:at )?(?:\d|noon|midnight|midday))")
MOST_PIECES: Final = 12
"""More pieces than any time has; behind them nothing is read any more."""
TIME_WORDS: Final = (
    *(day for day in WEEKDAYS if len(day) > 5),
    *(month for month in MONTHS if len(month) > 3),
    *(
        "today",
        "tomorrow",
        "tonight",
        "noon",
        "midnight",
        "midday",
        "morning",
        "afternoon",
        "evening",
        "night",
    ),
    *(
        "now",
        "next",
        "every",
        "weekday",
        "weekdays",
        "daily",
        "weekly",
        "until",
        "except",
        "starting",
        "o'clock",
    ),
)


def take_time(reader: Reader, draft: TimeDraft, *, expected: bool = False, listing: bool = False) -> bool:
    """Read as much of a time as stands here into `draft`; False when nothing does.

    `expected`: this is a place for a time, so that a bare `5` is a clock. `listing`: several clocks may
    follow one another (`at 8 and 20:00`). What is surely meant as a time and is none becomes a problem, and
    counts as read.
    """
    start, count, troubles = reader.pos, len(draft.pieces), len(reader.problems) + len(reader.doubts)
    while not (reader.at_end or reader.gives_up or len(draft.pieces) > MOST_PIECES) and _take_piece(
        reader, draft, count, expected=expected, listing=listing
    ):
        more = listing and bool(draft) and isinstance(draft.pieces[-1].value, Clock)
        expected = more and bool(reader.take(_AND))
    if len(draft.pieces) == count and len(reader.problems) + len(reader.doubts) == troubles:
        reader.pos = start
        return False
    if len(draft.pieces) > MOST_PIECES:
        reader.lost += 1
    draft.stretches.append((start, reader.pos))
    reader.use("when", start)
    return True


def _take_piece(reader: Reader, draft: TimeDraft, count: int, *, expected: bool, listing: bool) -> bool:
    """One more piece, with its preposition."""
    start, before = reader.pos, draft.pieces[-1].value if len(draft.pieces) > count else None
    if before is not None:
        reader.take(_COMMA)
    for read in (_now, _past, _vague, _offset, _some, _for, _instant):
        if not (listing and read is _for) and read(reader, draft):
            return True
    begin = reader.pos
    preposition = reader.take(_AT) or reader.take(_PREPOSITION)
    if preposition and _instant(reader, draft):
        return True
    asked = expected or bool(preposition and _AT.fullmatch(preposition[0]))
    reader.take(_ABOUT)
    if _take_named_piece(reader, draft, before, asked=asked, start=begin):
        reader.take(_SHARP)
        return True
    reader.pos = start
    return False


def _take_named_piece(
    reader: Reader, draft: TimeDraft, before: Value | None, *, asked: bool, start: int
) -> bool:
    try:
        return (
            _part(reader, draft, before, start)
            or _clock(reader, draft, before, start, asked=asked)
            or _date(reader, draft, start)
            or (before is not None and _zone(reader, draft, start))
        )
    except NoSuchClock as wrong:
        reader.fail("bad_time", reader.pos, wrong.end, '"{word}" is not a time of day.')
        reader.go(wrong.end)
    except NoSuchZone as wrong:
        message = 'I don\'t know the time zone "{word}".' + did_you_mean(wrong.suggest)
        reader.fail("unknown_timezone", wrong.start, wrong.end, message, wrong.suggest)
        reader.go(wrong.end)
        reader.take(rx(r"(?:local )?time(?: ?zone)?"))
    return True


def _add(reader: Reader, draft: TimeDraft, value: Value, start: int, end: int) -> bool:
    reader.go(end)
    draft.pieces.append(Piece(value, start, end))
    return True


# --- whole times ----------------------------------------------------------------------------------


def _now(reader: Reader, draft: TimeDraft) -> bool:
    match = reader.match(_NOW)
    if match and _PLUS.match(reader.low, match.end() + 1):
        reader.go(match.end())
        return _offset(reader, draft)
    return match is not None and _add(reader, draft, Now(), match.start(), match.end())


def _past(reader: Reader, draft: TimeDraft) -> bool:
    start = reader.pos
    match = reader.match(_PAST)
    if match:
        return _add(reader, draft, Past(), start, match.end())
    found = duration_at(reader.low, start)
    ago = found and _AGO.match(reader.low, found[1])
    return ago is not None and _add(reader, draft, Past(), start, ago.end())


def _vague(reader: Reader, draft: TimeDraft) -> bool:
    match = reader.match(_VAGUE)
    if not match or duration_at(reader.low, reader.pos + 3):
        return False
    span = next(
        (span for name, span in _SPANS.items() if match["span"] and match["span"].endswith(name)), None
    )
    return _add(reader, draft, Vague(span), match.start(), match.end())


def _week(weeks: int, first: int = 0, last: int = 6) -> Callable[[date], tuple[date, date]]:
    """Weekdays `first` to `last` of the week that many weeks on; a weekend that is over is next week's."""

    def span(today: date) -> tuple[date, date]:
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
        return max(monday + timedelta(days=first), today), monday + timedelta(days=last)

    return span


def _next_month(today: date) -> tuple[date, date]:
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


_SPANS: Final[dict[str, Callable[[date], tuple[date, date]]]] = {
    "next week": _week(1),
    "next weekend": _week(1, first=5),
    "weekend": _week(0, first=5),
    "this week": _week(0),
    "next month": _next_month,
    "next year": lambda today: (date(today.year + 1, 1, 1), date(today.year + 1, 12, 31)),
}


def _offset(reader: Reader, draft: TimeDraft) -> bool:
    """`in 20 minutes`, `20 minutes from now`, `+15 min`."""
    start = reader.pos
    lead = reader.take(_IN) or reader.take(_PLUS)
    reader.take(_ABOUT)
    reader.take(re.compile("~"))
    found = duration_at(reader.low, reader.pos)
    tail = found and _FROM_NOW.match(reader.low, found[1])
    if found and (tail or lead):
        return _add(reader, draft, found[0], start, tail.end() if tail else found[1])
    if lead and lead[0].strip() in ("in", "within") and _unitless(reader, start):
        return True
    reader.pos = start
    return False


def _unitless(reader: Reader, start: int) -> bool:
    """`in 5`: five what? And `in 20 minuets`."""
    number = reader.match(_UNITLESS)
    if not number:
        return False
    reader.go(number.end())
    word_start, word_end = reader.word()
    word = reader.low[word_start:word_end]
    guesses = nearest(word, UNITS) if word.isalpha() else ()
    if guesses:
        message = '"{word}" is not a unit of time.' + did_you_mean(guesses)
        reader.fail("bad_duration", word_start, word_end, message, guesses)
        reader.go(word_end)
        return True
    options = [
        _delay_option(reader, start, number.end(), f"{number[0]} {unit}") for unit in ("minutes", "hours")
    ]
    return _doubt(reader, "unit", start, number.end(), '"{word}" what: minutes or hours?', options)


def _delay_option(reader: Reader, start: int, end: int, length: str) -> Option:
    found = duration_at(length, 0)
    now = reader.context.now.replace(microsecond=0)
    at = now + timedelta(seconds=found[0].seconds if found else 0)
    return Option(label=f"in {length}", edits=((start, end, f"in {length}"),), at=at)


def _doubt(reader: Reader, about: About, start: int, end: int, message: str, options: list[Option]) -> bool:
    reader.go(end)
    message = message.replace("{word}", reader.text.slice(start, end))
    reader.doubts.append(Doubt(about=about, start=start, end=end, message=message, options=tuple(options)))
    return True


def _some(reader: Reader, draft: TimeDraft) -> bool:
    """`in a few minutes`: how many? And `next hour`, which is one from now."""
    match = reader.match(_SOME)
    if match:
        options = [
            _delay_option(reader, match.start(), match.end(), f"{n} {match['unit']}") for n in (3, 5, 7)
        ]
        return _doubt(reader, "unit", match.start(), match.end(), '"{word}": how many exactly?', options)
    match = reader.match(_NEXT_UNIT)
    if not match:
        return False
    if match["unit"] == "day":
        return _add(reader, draft, DatePiece(rule=_tomorrow), match.start(), match.end())
    delay = Duration(exact=Fraction(3600 if match["unit"] == "hour" else 60))
    return _add(reader, draft, delay, match.start(), match.end())


def _for(reader: Reader, _: TimeDraft) -> bool:
    """`for 10 minutes` may be how long or how soon."""
    start = reader.pos
    lead = reader.take(_FOR)
    found = duration_at(reader.low, reader.pos) if lead else None
    if not found:
        reader.pos = start
        return False
    length = reader.text.plain(reader.pos, found[1])
    delay = _delay_option(reader, start, found[1], length)
    limit = Option(label=f"at most {length}", edits=((start, found[1], f"max {length}"),))
    return _doubt(reader, "unit", start, found[1], '"{word}": how long at most, or how soon?', [limit, delay])


def _instant(reader: Reader, draft: TimeDraft) -> bool:
    match = reader.match(_INSTANT)
    if not match:
        return False
    try:
        local = datetime.fromisoformat(f"{match['date']} {match['clock']}")
    except ValueError:
        reader.fail("bad_time", match.start(), match.end(), "There is no such date and time.")
        reader.go(match.end())
        return True
    offset = match["offset"].upper()
    offset = offset if ":" in offset or offset == "Z" else f"{offset[:3]}:{offset[3:]}"
    at = datetime.fromisoformat(f"{match['date']}T{match['clock']}{offset.replace('Z', '+00:00')}")
    zone = "UTC" if offset in ("Z", "+00:00", "-00:00") else f"UTC{offset}"
    named = zone_at(match["zone"], 0, "") if match["zone"] else None
    if not named and not (zone == "UTC" or fixed_offset(zone)):
        reader.fail("unknown_timezone", match.start(), match.end(), "There is no such offset.")
        reader.go(match.end())
        return True
    return _add(reader, draft, Instant(at, named[0].id if named else zone, local), match.start(), match.end())


# --- pieces ---------------------------------------------------------------------------------------


def _part(reader: Reader, draft: TimeDraft, before: Value | None, start: int) -> bool:
    """`in the morning`, `at night`, `tonight`; a bare `morning` only behind a clock or a date."""
    match = PART_OF_DAY.match(reader.low, start) or reader.match(PART_OF_DAY)
    if not match:
        return False
    tonight = match["tonight"] is not None
    bare = not tonight and match["part"] == match[0].rstrip("s")
    if bare and not isinstance(before, Clock | DatePiece):
        return False
    if not bare and not tonight and match[0].startswith(("early", "late")):
        return _add(reader, draft, Vague(), match.start(), match.end())
    if tonight or match[0].startswith("this "):
        draft.pieces.append(Piece(DatePiece(rule=_today), match.start(), match.end()))
    return _add(reader, draft, DayPart("tonight" if tonight else match["part"]), match.start(), match.end())


def _today(today: date) -> Days:
    return Days((today,))


def _tomorrow(today: date) -> Days:
    return Days((today + timedelta(days=1),))


def _clock(reader: Reader, draft: TimeDraft, before: Value | None, start: int, *, asked: bool) -> bool:
    low, pos = reader.low, reader.pos
    dated = date_at(low, pos, reader.context.date_order)
    beside_day = isinstance(before, DatePiece | DayPart)
    try:
        found = clock_at(low, pos, expected=asked or beside_day or _day_follows(low, pos))
    except NoSuchClock:
        if dated:
            return False
        raise
    if not found or (dated and dated[1] > found[1]):
        return False
    if isinstance(before, DatePiece) and before.is_iso and found[0].has_minutes and not found[0].settled:
        found = (replace(found[0], settled=True), found[1])
    if found[0].bare and (_BARE_TAIL.match(low, found[1]) or (found[0].settled and not asked)):
        return False
    return _add(reader, draft, found[0], start, found[1])


def _day_follows(low: str, pos: int) -> bool:
    """A bare number is a clock in front of a day: `9 tomorrow`, `eight tonight`, `3 in the afternoon`."""
    try:
        found = clock_at(low, pos, expected=True)
    except NoSuchClock:
        return False
    if not found or low[found[1] : found[1] + 1] != " ":
        return False
    rest = found[1] + 1
    part = PART_OF_DAY.match(low, rest)
    if part and (part["tonight"] or part[0] != part["part"]):
        return True
    match = re.compile(r"(?:on )?").match(low, rest)
    dated = date_at(low, match.end() if match else rest, "DMY")
    return dated is not None and low[rest].isalpha()


def _date(reader: Reader, draft: TimeDraft, start: int) -> bool:
    order = reader.context.date_order
    found = date_at(reader.low, reader.pos, order)
    if not found and start < reader.pos and not reader.probing and not draft.has(DatePiece):
        found = odd_date_at(reader.low, reader.pos, order)
    if not found:
        return False
    end = found[1]
    _add(reader, draft, found[0], start, end)
    if _ISO_T.match(reader.low, end):
        clock = clock_at(reader.low, end + 1, expected=True)
        if clock:
            settled = replace(clock[0], settled=clock[0].settled or found[0].is_iso)
            return _add(reader, draft, settled, end + 1, clock[1])
    return True


def _zone(reader: Reader, draft: TimeDraft, start: int) -> bool:
    if not (draft.has(Clock) or draft.has(DatePiece)):
        return False
    found = zone_at(reader.low, start, reader.context.region) or zone_at(
        reader.low, reader.pos, reader.context.region
    )
    return found is not None and _add(reader, draft, found[0], start, found[1])


def fail_time(reader: Reader, start: int) -> None:
    """Say that no time stands where `at`, `on`, `by` or `in` promised one, and move behind it."""
    word_start, word_end = reader.word()
    if word_start == word_end:
        reader.fail(
            "missing_argument", start, reader.pos, 'When? Say for example "at 9pm" or "tomorrow 9am".'
        )
        return
    guesses = nearest(reader.low[word_start:word_end], TIME_WORDS)
    reader.go(word_end)
    message = 'I can\'t read "{word}" as a time.' + did_you_mean(guesses)
    reader.fail("bad_time", word_start, word_end, message, guesses)
