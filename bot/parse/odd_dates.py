"""The last resort for a date: dateparser, inside a span already known to be one, and never believed blindly.

It is asked only for words behind `on`, `by` or `for` that hold a month's name and a digit and that `dates.py`
cannot read. It gives a day and nothing else: no clock, no zone; and a day in the past, or far away without a
written year, is no answer. Its import is heavy, so it happens here, at the first such date or in `warm`.
"""

import re
from datetime import date, datetime, timedelta
from typing import Any, Final

from bot.domain.people import DateOrder
from bot.parse.days import BadDate, DatePiece, Days
from bot.parse.words import MONTH_STEM

LONGEST: Final = 80
_FARTHEST: Final = timedelta(days=366 * 2)
_SPAN: Final = re.compile(
    r"[a-z0-9][a-z0-9 ,./'-]*?"
    r"(?=$|[;!?\n]|,? (?:at|and|then|via|with|from|if|every|max|until|to|in|for|by|while|otherwise)(?!\w)"
    r"|,? \d{1,2}(?::\d\d)? ?[ap]\.?m|,? \d{1,2}:\d\d)"
)
_MONTH: Final = re.compile(rf"\b{MONTH_STEM}\b")
_YEAR: Final = re.compile(r"\b(?:19|20|21)\d\d\b|'\d\d\b")


def odd_date_at(low: str, pos: int, order: DateOrder | None) -> tuple[DatePiece, int] | None:
    """A date at `pos` in words that only dateparser knows, and its end."""
    match = _SPAN.match(low, pos, pos + LONGEST)
    if not match:
        return None
    span = match[0].rstrip(" ,.")
    if (
        not _MONTH.search(span)
        or not re.search(r"\d", span)
        or _parsed(span, date(2000, 1, 1), order) is None
    ):
        return None

    def rule(today: date) -> Days:
        found = _parsed(span, today, order)
        if found is None or (found - today > _FARTHEST and not _YEAR.search(span)):
            raise BadDate("I can't read that as a date.", code="bad_time")
        if found < today:
            raise BadDate("That day is in the past.", code="past_time")
        return Days((found,))

    return DatePiece(rule=rule), pos + len(span)


def _parsed(span: str, today: date, order: DateOrder | None) -> date | None:
    # Measured: a naive base in UTC is the only setting that never shifts the day.
    import dateparser  # type: ignore[import-untyped]

    settings: dict[str, Any] = {
        "RELATIVE_BASE": datetime(today.year, today.month, today.day),  # noqa: DTZ001
        "TIMEZONE": "UTC",
        "PREFER_DATES_FROM": "future",
        "REQUIRE_PARTS": ["day", "month"],
        **({"DATE_ORDER": order} if order else {}),
    }
    found = dateparser.parse(span, languages=["en"], settings=settings)
    return found.date() if found else None


def warm() -> None:
    """Pay for dateparser's import and first call (about 0.3 s) now."""
    _parsed("1 january 2030", date(2000, 1, 1), None)
