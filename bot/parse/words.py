"""The small vocabulary that every part of the language shares: numbers, months, weekdays, and near misses."""

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Final


def rx(pattern: str) -> re.Pattern[str]:
    """A pattern that must end where a word ends."""
    return re.compile(rf"(?:{pattern})(?![\w])", re.VERBOSE if "\n" in pattern else 0)


MONTHS: Final[dict[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS: Final[dict[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "monday mon",
            "tuesday tues tue",
            "wednesday weds wed",
            "thursday thurs thur thu",
            "friday fri",
            "saturday sat",
            "sunday sun",
        )
    )
    for name in names.split()
}
WEEKDAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES: Final = tuple(
    name.capitalize() for name in MONTHS if (len(name) > 3 and name != "sept") or name == "may"
)

MONTH_STEM: Final = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + ")"
MONTH: Final = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
WEEKDAY_STEM: Final = "(?:" + "|".join(sorted(WEEKDAYS, key=len, reverse=True)) + ")"
WEEKDAY: Final = "(?:" + "|".join(sorted(WEEKDAYS, key=len, reverse=True)) + r")\b(?:\.(?=[ ,]))?"

_ONES: Final = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS: Final = [
    "ten",
    "eleven",
    "twelve",
    *(f"{ten}teen" for ten in ("thir", "four", "fif", "six", "seven", "eigh", "nine")),
]
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBER_WORDS: Final[dict[str, int]] = {
    **{word: n for n, word in enumerate(_ONES + _TEENS, start=1)},
    **{word: n for n, word in zip(range(20, 100, 10), _TENS, strict=True)},
    **{
        f"{ten}{glue}{one}": tens + ones
        for tens, ten in zip(range(20, 100, 10), _TENS, strict=True)
        for ones, one in enumerate(_ONES, start=1)
        for glue in (" ", "-")
    },
}
NUMBER_WORD: Final = (
    "(?:(?:" + "|".join(_TENS) + ")(?:[ -](?:" + "|".join(_ONES) + "))?|" + "|".join(_TEENS + _ONES) + r")\b"
)

_ORDINALS: Final = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    *("tenth", "eleventh", "twelfth", *(f"{teen}th" for teen in _TEENS[3:]), "twentieth"),
)
ORDINAL_WORDS: Final[dict[str, int]] = {
    **{word: n for n, word in enumerate(_ORDINALS, start=1)},
    **{f"twenty-{word}": 20 + n for n, word in enumerate(_ORDINALS[:9], start=1)},
    "thirtieth": 30,
    "thirty-first": 31,
}
ORDINAL_WORD: Final = "(?:" + "|".join(sorted(ORDINAL_WORDS, key=len, reverse=True)) + r")\b"

_FRACTION_WORDS: Final = {
    "a": Fraction(1),
    "an": Fraction(1),
    "half": Fraction(1, 2),
    "half a": Fraction(1, 2),
    "half an": Fraction(1, 2),
    "a half": Fraction(1, 2),
    "a quarter of an": Fraction(1, 4),
    "a quarter of a": Fraction(1, 4),
    "quarter of an": Fraction(1, 4),
    "a quarter": Fraction(1, 4),
    "three quarters of an": Fraction(3, 4),
    "three-quarters of an": Fraction(3, 4),
    "three quarters of a": Fraction(3, 4),
    "a couple of": Fraction(2),
    "a couple": Fraction(2),
    "couple of": Fraction(2),
    "couple": Fraction(2),
}
QUANTITY: Final = (
    r"(?:\d{1,6}/\d{1,3}|\d{1,9}(?:\.\d{1,3})?|"
    + NUMBER_WORD
    + "|(?:"
    + "|".join(sorted(_FRACTION_WORDS, key=len, reverse=True))
    + r")\b)"
)


def quantity(text: str) -> Fraction:
    """The number that a match of QUANTITY says; raises ZeroDivisionError for `1/0`."""
    if text in _FRACTION_WORDS:
        return _FRACTION_WORDS[text]
    if text in NUMBER_WORDS:
        return Fraction(NUMBER_WORDS[text])
    return Fraction(text)


@lru_cache(maxsize=65536)
def distance(a: str, b: str, limit: int = 2) -> int:
    """How many letters inserted, deleted, changed or swapped make `a` into `b`; above `limit` just more."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, start=1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def nearest(word: str, known: Iterable[str], limit: int = 2) -> tuple[str, ...]:
    """The known words that `word` may be a slip of: one letter, from five letters on two; nearest first."""
    if not 3 <= len(word) <= 40:
        return ()
    limit = 1 if len(word) < 5 else limit
    found = [(distance(word, other, limit), other) for other in known if other != word]
    closest = min((gap for gap, _ in found), default=limit + 1)
    return tuple(dict.fromkeys(other for gap, other in found if gap == closest <= limit))[:3]
