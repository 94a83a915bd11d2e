"""Reading a rule: `every other friday at 5pm until june, except 1 may`. Which words say what.

What the rule means is settled in `rules.py`, once the whole sentence is read.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from bot.domain.schedule import LAST_DAY, Unit
from bot.parse.dates import date_at
from bot.parse.days import DatePiece
from bot.parse.durations import Duration, duration_at
from bot.parse.pieces import DayPart
from bot.parse.reader import Reader
from bot.parse.words import (
    MONTH,
    MONTHS,
    NUMBER_WORD,
    ORDINAL_WORD,
    ORDINAL_WORDS,
    WEEKDAY_STEM,
    WEEKDAYS,
    quantity,
    rx,
)

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


# --- the rule itself ------------------------------------------------------------------------------

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
    r"(?:on )?(?:all )?(?:(?P<working>weekdays|working days|workdays|business days)"
    r"|(?:the )?(?P<weekend>weekends))"
)
_DAY_OF_RULE: Final = rx(
    r"(?:(?P<working>weekdays?|working days?|workdays?|business days?)"
    r"|(?P<weekend>weekends?)|(?P<part>morning|afternoon|evening|night))"
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
_NTH_DAY: Final = (
    rf"(?:the )?(?:(?P<last>last)|(?P<which>{_NTH_WORD})) (?:(?P<day>{WEEKDAY_STEM})"
    rf"|(?P<any>day))(?: (?:of|in) (?:the|every|each) month)"
)
_NTH_OF_MONTH: Final = rx(rf"(?:on )?{_NTH_DAY}")
_NTHS: Final = rf"(?:{_NTH_WORD})(?:(?:, and |, | and | & )(?:the )?(?:{_NTH_WORD}))*"
_DATE_OF_MONTH: Final = rx(
    rf"(?:on )?(?:the )?(?P<which>{_NTHS})(?P<of> (?:days? )?of (?:the|every|each) month)"
)
_BARE_NTH: Final = rx(r"(?P<which>\d{1,2}(?:st|nd|rd|th))")
_OF_EVERY: Final = re.compile(r"of (?:every|each) month")
_MONTH_DAY: Final = re.compile(
    rf"(?:on )?(?:the )?(?:(?P<day>{_NTH_WORD}|\d{{1,2}}) (?:of )?(?P<month>{MONTH})"
    rf"|(?P<month2>{MONTH}) (?:the )?(?P<day2>{_NTH_WORD}|\d{{1,2}})(?![\w:]))"
)
_ON_THE: Final = rx(rf"on (?:the )?(?P<which>{_NTHS})(?! (?:{WEEKDAY_STEM}))(?: days?)?")
_ON_LAST: Final = rx(
    r"on (?:the )?last day(?: of (?:the|every|each) month)?|at the end of (?:the|every|each) month"
)
_ON_NTH: Final = rx(
    rf"on (?:the )?(?:(?P<last>last)"
    rf"|(?P<which>{_NTH_WORD})) (?P<day>{WEEKDAY_STEM})(?: of (?:the|every|each) month)?"
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
        rule.unit, rule.days = Unit.MONTH, _nths(match["which"])
    return rule.unit is not None


def _every(reader: Reader, rule: RuleDraft) -> bool:
    if not reader.take(_EVERY):
        return False
    if match := reader.take(_NTH_OF_MONTH):
        _nth_rule(rule, match)
    elif match := reader.take(_DATE_OF_MONTH):
        rule.unit, rule.days = Unit.MONTH, _nths(match["which"])
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


def _nths(text: str) -> tuple[int, ...]:
    """`1st and 15th`."""
    return tuple(sorted({_nth(found[0]) for found in re.finditer(_NTH_WORD, text)}))


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
        reader.take(_LIST)
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
            rule.days = _nths(match["which"])
    if rule.unit is Unit.YEAR and not rule.days and (match := _taken(reader, _MONTH_DAY)):
        _yearly(rule, match)


# --- from when, until when, how often, except when ------------------------------------------------

_STARTING: Final = rx(r"(?:starting|beginning|commencing|start|effective|as of)(?: from| on)?|from(?! now)")
_UNTIL: Final = rx(
    r"until and including|up to and including|(?:until|till|'?til|through|thru"
    r"|ending)(?: on| and including)?|up to|ends on"
)
_TO: Final = rx(r"to")
_COUNT: Final = rx(
    rf"(?:for )?(?:(?P<n>\d{{1,4}}|{NUMBER_WORD}) (?:times|occurrences|occasions)"
    rf"|(?P<twice>twice)|(?P<once>once))(?: (?:only|in total|altogether))?"
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
    match = reader.take(_UNTIL) or (reader.take(_TO) if rule.start else None)
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
