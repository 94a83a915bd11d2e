"""Finding phone numbers in a sentence: where one begins and ends, and which country's it is.

The phone library is only ever given digits and signs, never words: it would dial letters. What kind of
number it is comes from `domain/number_ranges.py`; whether it may be dialled is for `policy.py` to say.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import phonenumbers

from bot.domain.number_ranges import is_emergency, is_short_code, is_valid, kind_of
from bot.domain.numbers import PhoneNumber
from bot.parse.command import ProblemCode
from bot.parse.context import ParseContext
from bot.parse.reader import Reader
from bot.parse.tokens import Kind
from bot.parse.words import MONTH, WEEKDAY

_RUN: Final = re.compile(r"(?:tel:)?(?P<run>\(?\+?[ (]{0,2}\d[\d ().-]*)")
_LETTERS: Final = re.compile(r"[^\W\d_][\w-]*")
_EXT: Final = re.compile(r"(?:;ext=| ?,? ?(?:extension|ext)\b\.?:? ?| ?x ?(?=\d))(?P<ext>\d{1,11})(?!\w)")
_TIMEISH: Final = re.compile(
    r"\d{1,2}[:h]\d\d|\d{1,2}\.\d\d(?![\d.])|\d{4}-\d\d?-\d\d?|\d{1,2}[/]\d|\d{1,2}(?:st|nd|rd|th)\b"
    r"|\d{1,4} ?(?:[ap] ?\.? ?m\b|[ap]\b|hrs?\b|h\b|o'?clock\b|o clock\b|noon\b"
    r"|midnight\b)|\d{1,2}(?:min|sec|hour|day)"
)
# A last group that may also be the end of the number: `91234567 12 march`, but `5550 1234 tomorrow`.
_MAYBE_TIME: Final = re.compile(
    rf"\d{{1,2}} ?(?:of )?{MONTH}|\d{{1,3}} (?:seconds?|secs?|minutes?|mins?|hours?|days?"
    rf"|weeks?|months?|times|past|to \d)"
    rf"|\d{{1,4}} (?:today|tomorrow|tmrw?|tonight|in the (?:morning|afternoon|evening)"
    rf"|at night|{WEEKDAY}|hours\b)"
)
# Exchanges connect these three as soon as they are dialled, whatever follows.
_ALWAYS_EMERGENCY: Final = ("911", "112", "999")
_MOST_GROUPS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNumber:
    """A number and where it was written."""

    number: PhoneNumber
    start: int
    end: int


def take_numbers(reader: Reader) -> list[FoundNumber] | None:
    """The number, or several written in one row of digits, here; None when no digits stand here.

    What is written like a number and cannot be dialled becomes a problem; the list then leaves it out.
    """
    start = reader.pos
    literal = reader.take_literal(Kind.PHONE)
    if literal:
        found = _judged(reader, literal.value, start, start + 1)
        return [found] if found else []
    match = reader.match(_RUN)
    if not match or _TIMEISH.match(reader.low, match.start("run")):
        return None
    end = _end_of_run(reader.low, match.start("run"), match.end(), reader.context.region)
    letters = _LETTERS.match(reader.low, match.end()) if reader.low[match.end() - 1] != " " else None
    if letters and end + 1 >= match.end() and not _EXT.match(reader.low, end):
        reader.go(letters.end())
        reader.fail("invalid_number", start, letters.end(), '"{word}" has letters in it; give me digits.')
        return []
    return _numbers_of_run(reader, match.start("run"), end)


def take_number(reader: Reader) -> FoundNumber | None:
    """Exactly one number here. More than one is a problem, noted, and None."""
    start, problems = reader.pos, len(reader.problems)
    found = take_numbers(reader)
    if found is None or len(reader.problems) > problems:
        return None
    if len(found) != 1:
        reader.fail("invalid_number", start, reader.pos, 'I can\'t tell one number in "{word}".')
        return None
    return found[0]


def _end_of_run(low: str, start: int, end: int, region: str) -> int:
    """Where the digits stop being a number: before a time or a date."""
    groups = [n for n in range(start + 1, end) if low[n - 1] in " (" and low[n].isdigit()]
    end = next((n for n in groups if _TIMEISH.match(low, n)), end)
    for n in groups:
        if (
            n < end
            and _MAYBE_TIME.match(low, n)
            and _is_whole(low[start:n], region)
            and not _is_whole(low[start:end], region)
        ):
            end = n
    while low[end - 1] in " .-(":
        end -= 1
    if low[end - 1] == ")" and "(" not in low[start:end]:
        end -= 1
    return end


def _is_whole(written: str, region: str) -> bool:
    number = _parsed(written.strip(" .-("), region)
    return number is not None and is_valid(number)


def _numbers_of_run(reader: Reader, start: int, end: int) -> list[FoundNumber]:
    region = reader.context.region
    whole = _parsed(reader.low[start:end], region)
    if not (whole and is_valid(whole)):
        cuts = _cuts(reader.low, start, end, region)
        if cuts:
            return _judged_parts(reader, cuts)
        shorter = None if whole else _without_last_group(reader.low, start, end, region)
        if shorter:
            end = shorter
    ext = _EXT.match(reader.low, end)
    found = _judged(reader, reader.low[start:end], start, end, ext["ext"] if ext else None)
    reader.go(ext.end() if ext else end)
    return [found] if found else []


def _judged_parts(reader: Reader, cuts: tuple[int, ...]) -> list[FoundNumber]:
    parts = [(start, end - (end != cuts[-1])) for start, end in pairwise(cuts)]
    found = [_judged(reader, reader.low[start:end], start, end) for start, end in parts]
    reader.go(cuts[-1])
    return [number for number in found if number]


def _cuts(low: str, start: int, end: int, region: str) -> tuple[int, ...]:
    """The one way to cut a row of digits at spaces into several numbers; empty when there is none, or two."""
    starts = [start, *(n + 1 for n in range(start, end) if low[n] == " ")]
    if not 2 <= len(starts) <= _MOST_GROUPS:
        return ()
    ends = [*starts[1:], end + 1]
    ways: list[list[tuple[int, ...]]] = [[] for _ in starts] + [[(end,)]]
    for i in range(len(starts) - 1, -1, -1):
        for j in range(i, len(starts)):
            part = low[starts[i] : ends[j] - 1]
            if sum(char.isdigit() for char in part) > 16:
                break
            if ways[j + 1] and not (i == 0 and j == len(starts) - 1) and _stands_alone(part, region):
                ways[i] += [(starts[i], *rest) for rest in ways[j + 1][:2]]
    return ways[0][0] if len(ways[0]) == 1 else ()


def _stands_alone(part: str, region: str) -> bool:
    number = _parsed(part, region)
    return (number is not None and is_valid(number)) or is_emergency(part, (region,))


def _without_last_group(low: str, start: int, end: int, region: str) -> int | None:
    """`91234567 0900`: the last group may be a time; then the number ends before it."""
    last = low.rfind(" ", start, end)
    number = _parsed(low[start:last], region) if last > start and end - last <= 5 else None
    return last if number and is_valid(number) else None


def _judged(reader: Reader, written: str, start: int, end: int, ext: str | None = None) -> FoundNumber | None:
    """The number, or a problem noted: emergency first, whatever else is wrong with it."""
    number, refusal = judge(written, reader.context, ext)
    if refusal:
        code, message = refusal
        reader.fail(code, start, end, message)
        return None
    assert number is not None
    return FoundNumber(number=number, start=start, end=end)


Refusal = tuple[ProblemCode, str]


def judge(
    written: str, context: ParseContext, ext: str | None = None
) -> tuple[PhoneNumber | None, Refusal | None]:
    """What the digits `written` are: a number that exists as far as its length tells, or why not."""
    digits = "".join(char for char in written if char.isdigit())
    regions = (context.region,)
    if is_emergency(written, regions):
        dial = "the emergency number" if written.startswith("+") else digits
        return None, ("emergency", f"I can't place emergency calls. Dial {dial} from a phone now.")
    number = _parsed(written, context.region, ext)
    lead = _national(number)[:3] if number and not is_valid(number) else ""
    if lead in _ALWAYS_EMERGENCY and is_emergency(lead, regions):
        return None, ("emergency", f"I can't place emergency calls. Dial {lead} from a phone now.")
    if written.isdigit() and is_short_code(written, regions):
        return None, ("short_code", '"{word}" is a short service number; those can\'t be dialled from here.')
    if number is None:
        return None, ("invalid_number", '"{word}" is not a whole phone number. Write it like +14155550101.')
    kind = kind_of(number)
    if kind.is_costly and not number.e164.startswith(context.allowed_prefixes or ("-",)):
        return None, (
            "premium",
            f'"{{word}}" is a {kind.value} number; an admin has to let that range in first.',
        )
    return number, None


def _national(number: PhoneNumber) -> str:
    return str(phonenumbers.parse(number.e164).national_number)


@lru_cache(maxsize=4096)
def _parsed(written: str, region: str, ext: str | None = None) -> PhoneNumber | None:
    """The possible number that `written` is for somebody in `region`."""
    signs, _, tail = written.partition(";ext=")
    signs = "".join(char for char in signs if char in "+0123456789()-./ ")
    if not any(char.isdigit() for char in signs) or len(signs) > 40:
        return None
    try:
        parsed = phonenumbers.parse(signs, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(parsed) and not signs.lstrip().startswith("+"):
        with_own_code = (
            _parsed("+" + signs.strip(), region) if signs.strip().startswith(_own_code(region)) else None
        )
        e164 = with_own_code.e164 if with_own_code else e164
    try:
        return PhoneNumber(e164=e164, ext=ext or (tail if tail.isdigit() else None))
    except ValueError:
        return None


def _own_code(region: str) -> str:
    return str(phonenumbers.country_code_for_region(region) or "-")


def same_number(label: str, number: PhoneNumber, region: str) -> bool:
    """Whether a link's label shows the number behind it, or no number at all."""
    if not any(char.isdigit() for char in label):
        return True
    shown = _parsed(label.partition(";")[0], region)
    digits = "".join(char for char in label if char.isdigit())
    return (shown is not None and shown.e164 == number.e164) or number.e164.endswith(digits.lstrip("0"))
