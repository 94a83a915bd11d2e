"""How long: `20 minutes`, `1h30m`, `an hour and a half`. When something happens is `when.py`."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from bot.parse.reader import Reader
from bot.parse.words import QUANTITY, nearest, quantity, rx

_SECONDS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7 * 86400),
    **dict.fromkeys(("fortnight", "fortnights"), 14 * 86400),
}
_MONTHS: Final = {
    **dict.fromkeys(("month", "months", "mth", "mths"), 1),
    **dict.fromkeys(("year", "years", "yr", "yrs"), 12),
}
UNITS: Final = tuple(word for word in (*_SECONDS, *_MONTHS) if len(word) > 2)
_UNIT: Final = (
    "(?P<unit>" + "|".join(sorted((*_SECONDS, *_MONTHS), key=len, reverse=True)) + r")(?![^\W\d])\.?"
)
_PART: Final = re.compile(
    rf"(?P<n>{QUANTITY})(?: ?and an?(?P<half> half))? ?(?:more )?{_UNIT}(?P<and> and a half(?!\w))?"
)
_JOIN: Final = re.compile(r"(?:,? ?and |, ?| ?)(?=\d|an? |half |" + QUANTITY + " )")
_BARE: Final = rx(r"\d{1,4}(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """Exact seconds plus calendar months."""

    exact: Fraction = Fraction(0)
    months: int = 0

    @property
    def seconds(self) -> int:
        """Whole seconds of the exact part."""
        return int(self.exact)

    @property
    def whole_days(self) -> int | None:
        """The days, when it is made of whole days alone."""
        return None if self.months or self.seconds % 86400 else self.seconds // 86400


def take_duration(reader: Reader) -> Duration | None:
    """Read a duration and move behind it."""
    found = duration_at(reader.low, reader.pos)
    if found is None:
        return None
    duration, end = found
    reader.go(end)
    return duration


def duration_at(low: str, pos: int) -> tuple[Duration, int] | None:
    """The duration that begins at `pos`, and where it ends."""
    seconds, months, end, smallest = Fraction(0), Fraction(0), pos, 10**9
    match = _PART.match(low, pos)
    while match:
        amount, size = _amount(match), _size(match["unit"])
        if amount is None or size >= smallest:
            break
        smallest = size
        if match["unit"] in _MONTHS:
            months += amount * _MONTHS[match["unit"]]
        else:
            seconds += amount * _SECONDS[match["unit"]]
        end = match.end()
        join = _JOIN.match(low, end)
        match = _PART.match(low, join.end()) if join else None
    if end == pos or months.denominator != 1:
        return None
    return Duration(exact=seconds, months=int(months)), end


def _amount(match: re.Match[str]) -> Fraction | None:
    try:
        amount = quantity(match["n"])
    except ZeroDivisionError:
        return None
    return amount + Fraction(1, 2) if match["half"] or match["and"] else amount


def _size(unit: str) -> int:
    return _SECONDS.get(unit) or _MONTHS[unit] * 30 * 86400


def fail_duration(reader: Reader, start: int) -> None:
    """Say what is wrong where a duration should be, and move behind it."""
    begin = reader.pos
    number = reader.take(_BARE) or reader.take(re.compile(QUANTITY + r"(?!\w)"))
    word_start, word_end = reader.word()
    if reader.at_end or not reader.low[word_start].isalpha():
        if number:
            reader.fail("bad_duration", begin, reader.pos, "{word} what? Say seconds, minutes or hours.")
        else:
            reader.fail(
                "bad_duration", start, max(reader.pos, word_end), 'How long? Say for example "10 minutes".'
            )
            reader.go(max(reader.pos, word_end))
        return
    guesses = nearest(reader.low[word_start:word_end], UNITS)
    reader.go(word_end)
    reader.fail(
        "bad_duration",
        word_start,
        word_end,
        '"{word}" is not a unit of time.' + did_you_mean(guesses),
        guesses,
    )


def did_you_mean(guesses: tuple[str, ...]) -> str:
    """The closing question of a message about a slip."""
    return f" Did you mean {' or '.join(guesses)}?" if guesses else ""
