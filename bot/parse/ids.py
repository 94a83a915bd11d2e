"""Call numbers: `12`, `#12`, `call 12`, and lists of them."""

import re
from typing import Final

from bot.parse.reader import Reader
from bot.parse.words import rx

_ID: Final = re.compile(
    r"(?:(?:the )?(?:calls?|jobs?|id) ?)?#(?P<marked>\d{1,9})(?![\w:/]|[.-]\d)|"
    r"(?:no\.? ?|number |(?:the )?(?:calls?|jobs?|id) ?(?:no\.? ?|number )?)?"
    r"(?P<n>\d{1,6})(?![\w:/]|[.-]\d)"
)
_LIST: Final = re.compile(r" ?(?:, ?and|,|and|&|;)? ?(?=#|\d|calls? |jobs? )")
LARGEST: Final = 99999
"""What may be a call number without a `#`: more digits are rather somebody's phone."""


def take_id(reader: Reader, *prepositions: str) -> int | None:
    """A call number, behind one of `prepositions` if any are given; None (and nothing moved) without one."""
    start = reader.pos
    if prepositions and not reader.take(rx("|".join(prepositions))):
        return None
    match = reader.take(_ID)
    number = int(match["marked"] or match["n"]) if match else 0
    if not match or not number or (number > LARGEST and not match["marked"]):
        reader.pos = start
        return None
    reader.use("id", start)
    return number


def take_ids(reader: Reader) -> tuple[int, ...]:
    """Call numbers in a row, each once."""
    found: list[int] = []
    while True:
        start = reader.pos
        if found and not reader.take(_LIST):
            break
        number = take_id(reader)
        if number is None:
            reader.pos = start
            break
        found.append(number)
    return tuple(dict.fromkeys(found))


def fail_id(reader: Reader, start: int, end: int) -> None:
    """Say that a call number is missing or wrong, and move behind it. `start` to `end` is the verb."""
    word_start, word_end = reader.word()
    if word_start == word_end:
        reader.fail("missing_argument", start, end, "Which call? Give its number, like #12.")
        return
    reader.go(word_end)
    reader.fail("bad_id", word_start, word_end, '"{word}" is not the number of a call, like #12.')
