"""Dates as written: `tomorrow`, `next friday`, `12 march`, `3/4/2026`, `the first monday of may`.

A date is read in two steps: the words become a rule, and the rule becomes days once "today" is known, which
depends on the zone. What is in doubt comes out as several days with the name of the doubt.
"""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from bot.domain.people import DateOrder
from bot.domain.schedule import nth_weekday
from bot.parse.days import BadDate, DatePiece, Days, Rule, add, mismatch, said
from bot.parse.durations import Duration, duration_at
from bot.parse.words import (
    MONTH,
    MONTH_NAMES,
    MONTH_STEM,
    MONTHS,
    NUMBER_WORD,
    ORDINAL_WORD,
    ORDINAL_WORDS,
    WEEKDAY,
    WEEKDAY_STEM,
    WEEKDAYS,
    quantity,
    rx,
)

YEARS_AHEAD: Final = 2


def date_at(low: str, pos: int, order: DateOrder | None) -> tuple[DatePiece, int] | None:
    """The date at `pos` and its end."""
    for read in (_counted, _day_word, _nth_of_month, _iso, _slashed, _month_name, _weekday, _day_of_month):
        found = read(low, pos, order)
        if found:
            return found
    return None


# --- today, tomorrow, counted from a day -------------------------------------------------------------------

_DAY_WORDS: Final = {
    "today": 0,
    "tod": 0,
    "tomorrow": 1,
    "tomorrows": 1,
    "tmr": 1,
    "tmrw": 1,
    "tmw": 1,
    "tom": 1,
    "2moro": 1,
    "2morrow": 1,
    "day after tomorrow": 2,
    "overmorrow": 2,
}
_DAY: Final = rx(r"(?:the )?(?P<word>" + "|".join(sorted(_DAY_WORDS, key=len, reverse=True)) + ")")
_FROM: Final = rx(r"(?:from|after)")
_WEEKS_OF: Final = rx(
    rf"(?P<n>an?|\d{{1,2}}|{NUMBER_WORD}|a couple of) (?P<day>{WEEKDAY_STEM})s? (?:from now|from today|hence)"
)
_WEEK_ON: Final = rx(rf"an? week on (?P<day>{WEEKDAY})")


def _day_word(low: str, pos: int, _: DateOrder | None) -> tuple[DatePiece, int] | None:
    match = _DAY.match(low, pos)
    return (DatePiece(rule=_in_days(_DAY_WORDS[match["word"]]), is_word=True), match.end()) if match else None


def _in_days(days: int) -> Rule:
    return lambda today: Days((today + timedelta(days=days),))


def _counted(low: str, pos: int, order: DateOrder | None) -> tuple[DatePiece, int] | None:
    """`a week from tomorrow`, `2 days after friday`, `3 fridays from now`, `a week on friday`."""
    if match := _WEEKS_OF.match(low, pos):
        weekday = WEEKDAYS[match["day"].rstrip(".")]
        weeks = int(quantity(match["n"]))
        return DatePiece(
            rule=lambda today: Days((_coming(today, weekday) + timedelta(weeks=weeks - 1),))
        ), match.end()
    if match := _WEEK_ON.match(low, pos):
        weekday = WEEKDAYS[match["day"].rstrip(".")]
        return DatePiece(
            rule=lambda today: Days((_coming(today, weekday) + timedelta(weeks=1),))
        ), match.end()
    found = duration_at(low, pos)
    if not found or low[found[1] : found[1] + 1] != " ":
        return None
    join = _FROM.match(low, found[1] + 1)
    base = join and low[join.end() : join.end() + 1] == " " and _base(low, join.end() + 1, order)
    if not base or (found[0].whole_days is None and not found[0].months):
        return None
    return DatePiece(rule=_shifted(base[0].rule, found[0])), base[1]


def _base(low: str, pos: int, order: DateOrder | None) -> tuple[DatePiece, int] | None:
    for read in (_day_word, _iso, _slashed, _month_name, _weekday):
        found = read(low, pos, order)
        if found:
            return found
    return None


def _shifted(base: Rule, by: Duration) -> Rule:
    def rule(today: date) -> Days:
        days = base(today)
        return Days(tuple(add(day, by) for day in days.days), days.about)

    return rule


# --- weekdays -------------------------------------------------------------------------------------

_WEEKDAY: Final = rx(
    rf"(?:the )?(?P<which>next|this coming|coming|this"
    rf"|on)?(?(which) )(?P<day>{WEEKDAY})(?P<tail>,? (?:of )?next week|,? (?:of )?this week"
    rf"| week(?!s|ly| on))?"
)


def _weekday(low: str, pos: int, _: DateOrder | None) -> tuple[DatePiece, int] | None:
    match = _WEEKDAY.match(low, pos)
    if not match:
        return None
    weekday, which, tail = WEEKDAYS[match["day"].rstrip(".")], match["which"] or "", match["tail"] or ""
    if tail.endswith("next week"):
        rule: Rule = lambda today: Days((_monday(today) + timedelta(days=7 + weekday),))  # noqa: E731
    elif tail.endswith("this week"):
        rule = lambda today: Days((_monday(today) + timedelta(days=weekday),))  # noqa: E731
    elif tail:
        rule = lambda today: Days((_coming(today, weekday) + timedelta(weeks=1),))  # noqa: E731
    elif which == "next":
        rule = lambda today: _next_weekday(today, weekday)  # noqa: E731
    else:
        rule = lambda today: Days((_coming(today, weekday),), today_too=today.weekday() == weekday)  # noqa: E731
    plain = not tail and which in ("", "on", "this", "coming", "this coming")
    return DatePiece(rule=rule, weekday=weekday if plain else None, is_word=True), match.end()


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _coming(today: date, weekday: int) -> date:
    """The nearest such day after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _next_weekday(today: date, weekday: int) -> Days:
    """The nearest one, and the one in the week that begins next Monday; people mean either."""
    nearest, next_week = _coming(today, weekday), _monday(today) + timedelta(days=7 + weekday)
    return Days((nearest,)) if nearest == next_week else Days((nearest, next_week), "next_weekday")


# --- calendar dates -------------------------------------------------------------------------------

_NTH: Final = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)|{ORDINAL_WORD}(?:[ -](?:first|second|third|fourth|fifth"
    rf"|sixth|seventh|eighth|ninth)\b)?)"
)
_YEAR: Final = r"(?P<year>(?:19|20|21)\d\d|'\d\d)"
_CAL_WEEKDAY: Final = rf"(?:(?P<weekday>{WEEKDAY}),? (?:the )?)?"
_DAY_MONTH: Final = re.compile(
    rf"{_CAL_WEEKDAY}(?:the )?(?P<day>{_NTH}|\d{{1,2}})(?: day)?[ ./-]{{0,2}}(?:of )?"
    rf"(?P<month>{MONTH})(?:[, ./-]{{1,2}}(?:of )?{_YEAR}(?![\w:.]\d|\w))?(?!\w)"
)
_MONTH_DAY: Final = re.compile(
    rf"{_CAL_WEEKDAY}(?P<month>{MONTH}|{MONTH_STEM}(?=\d)),?[ -]?(?:the )?(?P<day>{_NTH}"
    rf"|\d{{1,2}}(?![\w:]|[.]\d| ?[ap]\.?m\b))(?:,? (?:of )?{_YEAR}(?![\w:.]\d"
    rf"|\w))?(?:,? (?P<weekday2>{WEEKDAY}))?"
)
_YMD_NAME: Final = rx(rf"(?P<year>\d{{4}})[/ -](?P<month>{MONTH})[/ -](?P<day>\d{{1,2}})")
_ISO: Final = re.compile(
    r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})(?=t\d|\D|$)"
)
_SLASHED: Final = re.compile(
    rf"(?:(?P<weekday>{WEEKDAY}),? )?(?P<a>\d{{1,2}})(?P<sign>[/.-])(?P<b>\d{{1,2}})"
    rf"(?:(?P=sign)(?P<year>\d{{4}}|\d\d))?(?![\w/]|[.:-]\d(?!\d:\d\d))"
)


def _month_name(low: str, pos: int, _: DateOrder | None) -> tuple[DatePiece, int] | None:
    match = _DAY_MONTH.match(low, pos) or _MONTH_DAY.match(low, pos) or _YMD_NAME.match(low, pos)
    if not match:
        return None
    groups = match.groupdict()
    weekday = groups.get("weekday") or groups.get("weekday2")
    month = MONTHS[groups["month"].rstrip(".")]
    rule = _calendar(groups.get("year"), month, _day_number(groups["day"]), weekday)
    return DatePiece(rule=rule, depends_on_today=groups.get("year") is None), match.end()


def _day_number(text: str) -> int:
    if text[0].isdigit():
        return int(re.sub(r"\D", "", text))
    return ORDINAL_WORDS.get(text.replace(" ", "-"), 99)


def _iso(low: str, pos: int, _: DateOrder | None) -> tuple[DatePiece, int] | None:
    match = _ISO.match(low, pos)
    if not match:
        return None
    rule = _calendar(match["year"], int(match["month"]), int(match["day"]), None)
    return DatePiece(rule=rule, depends_on_today=False, is_iso=match["sign"] == "-"), match.end()


def _slashed(low: str, pos: int, order: DateOrder | None) -> tuple[DatePiece, int] | None:
    match = _SLASHED.match(low, pos)
    if not match or (match["sign"] != "/" and not match["year"]):
        return None
    a, b = int(match["a"]), int(match["b"])
    rule = _ordered(a, b, match["year"], order, match["weekday"])
    return DatePiece(rule=rule, depends_on_today=match["year"] is None), match.end()


def _ordered(a: int, b: int, year: str | None, order: DateOrder | None, weekday: str | None) -> Rule:
    """Day first or month first; when the numbers, the setting and the weekday do not say, both."""
    day_first, month_first = _calendar(year, b, a, weekday), _calendar(year, a, b, weekday)
    if a > 12 or a == b:
        return day_first
    if b > 12:
        return month_first
    if order:
        return day_first if order == "DMY" else month_first

    def both(today: date) -> Days:
        found = [day for rule in (day_first, month_first) for day in _days_or_none(rule, today)]
        if not found:
            return day_first(today)
        return Days(tuple(sorted(set(found))), "date_order")

    return both


def _days_or_none(rule: Rule, today: date) -> tuple[date, ...]:
    try:
        return rule(today).days
    except BadDate:
        return ()


def _calendar(year: str | None, month: int, day: int, weekday: str | None) -> Rule:
    """A day of a month; without a year the next one, and a written weekday must fit."""

    def rule(today: date) -> Days:
        found = _dated(full_year(year), month, day) if year else _next_such(today, month, day)
        if weekday and found.weekday() != WEEKDAYS[weekday.rstrip(".")]:
            raise mismatch(found, WEEKDAYS[weekday.rstrip(".")])
        if found < today:
            raise BadDate(f"{said(found)} is in the past.", code="past_time")
        return Days((found,))

    return rule


def full_year(text: str) -> int:
    """`2026`, `'26` and `26` are the same year."""
    digits = text.lstrip("'")
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _dated(year: int, month: int, day: int) -> date:
    if not 1 <= month <= 12:
        raise BadDate(f"There is no month {month}.")
    if not 1 <= day <= monthrange(year, month)[1] or not 1 < year < 9000:
        raise BadDate(f"{MONTH_NAMES[month - 1]} {year} has no day {day}.")
    return date(year, month, day)


def _next_such(today: date, month: int, day: int) -> date:
    if not 1 <= month <= 12 or not 1 <= day <= (29 if month == 2 else monthrange(2000, month)[1]):
        raise BadDate(
            f"{MONTH_NAMES[month - 1]} has no day {day}."
            if 1 <= month <= 12
            else f"There is no month {month}."
        )
    for year in range(today.year, today.year + 9):
        if day <= monthrange(year, month)[1] and date(year, month, day) >= today:
            return date(year, month, day)
    raise BadDate("That day does not come.")


# --- days of a month ------------------------------------------------------------------------------

_DAY_OF_MONTH: Final = re.compile(
    rf"(?:(?P<weekday>{WEEKDAY}),? )?(?:(?P<the>the )(?P<word>{ORDINAL_WORD})"
    rf"|(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th))"
    r"(?P<day_of> day)?(?: (?:of )?(?:the )?(?P<which>this|next|current|every|each) month)?(?![\w])"
)
_NTH_OF: Final = rx(
    rf"(?:the )?(?P<nth>first|second|third|fourth|fifth|last|[1-5](?:st|nd|rd"
    rf"|th)) (?P<day>{WEEKDAY}) (?:of|in) (?:(?P<month>{MONTH})(?:,? (?P<year>\d{{4}}))?"
    rf"|(?:the )?(?P<which>this|next) month)"
)
_END_OF: Final = rx(
    rf"(?:the )?(?:end|last day) of (?:(?:the |this )?month|(?P<month>{MONTH}))"
    rf"|(?P<middle>mid[- ](?P<month2>{MONTH}))"
)


def _day_of_month(low: str, pos: int, _: DateOrder | None) -> tuple[DatePiece, int] | None:
    if match := _END_OF.match(low, pos):
        return DatePiece(rule=_edge_of_month(match)), match.end()
    match = _DAY_OF_MONTH.match(low, pos)
    if not match or match["which"] in ("every", "each"):
        return None
    day = _day_number(match["day"] or match["word"])
    weekday, offset = match["weekday"], {"next": 1, "this": 0, "current": 0}.get(match["which"] or "")
    return DatePiece(rule=_nth_day(day, offset, weekday)), match.end()


def _edge_of_month(match: re.Match[str]) -> Rule:
    """The last day of this month, or the end or the middle of a named one."""
    name = match["month"] or match["month2"]

    def rule(today: date) -> Days:
        month = MONTHS[name.rstrip(".")] if name else today.month
        year = today.year + (month < today.month)
        day = 15 if match["middle"] else monthrange(year, month)[1]
        found = date(year, month, day)
        return Days((found if found >= today else date(year + 1, month, day),))

    return rule


def _nth_day(day: int, offset: int | None, weekday: str | None) -> Rule:
    def rule(today: date) -> Days:
        if not 1 <= day <= 31:
            raise BadDate(f"No month has a day {day}.")
        months = range(12) if offset is None else (offset,)
        found = next((that for n in months if (that := _day_in(today, n, day)) and that >= today), None)
        if found is None:
            raise BadDate(f"There is no day {day} left in that month.", code="past_time")
        if weekday and found.weekday() != WEEKDAYS[weekday.rstrip(".")]:
            raise mismatch(found, WEEKDAYS[weekday.rstrip(".")])
        return Days((found,))

    return rule


def _day_in(today: date, months_ahead: int, day: int) -> date | None:
    year, month = divmod(today.year * 12 + today.month - 1 + months_ahead, 12)
    return date(year, month + 1, day) if day <= monthrange(year, month + 1)[1] else None


def _nth_of_month(low: str, pos: int, _: DateOrder | None) -> tuple[DatePiece, int] | None:
    match = _NTH_OF.match(low, pos)
    if not match:
        return None
    nth, weekday = nth_number(match["nth"]), WEEKDAYS[match["day"].rstrip(".")]

    def rule(today: date) -> Days:
        if match["which"]:
            months = [today.year * 12 + today.month - 1 + (match["which"] == "next")]
        elif match["year"]:
            months = [int(match["year"]) * 12 + MONTHS[match["month"].rstrip(".")] - 1]
        else:
            month = MONTHS[match["month"].rstrip(".")] - 1
            months = [(today.year + n) * 12 + month for n in (0, 1)]
        days = (nth_weekday(n // 12, n % 12 + 1, nth, weekday) for n in months)
        found = next((day for day in days if day and day >= today), None)
        if found is None:
            raise BadDate("That day is not ahead of us.", code="past_time")
        return Days((found,))

    return DatePiece(rule=rule), match.end()


def nth_number(text: str) -> int:
    """`first` 1 … `fifth` 5, `last` -1."""
    return -1 if text == "last" else ORDINAL_WORDS.get(text) or int(text[0])
