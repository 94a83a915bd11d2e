"""Clock times: `9pm`, `23:59`, `2359 hrs`, `half past 3`, `noon`; and the parts of a day that settle them."""

import re
from dataclasses import dataclass, replace
from datetime import time
from typing import Final

from bot.parse.words import NUMBER_WORD, NUMBER_WORDS, rx

_AP: Final = r"(?P<ap>[ap](?: ?\.? ?m(?!\w)\.?|(?!\w)))"
_AP_WORD: Final = r"(?P<ap>[ap] ?\.? ?m(?!\w)\.?)"
_OCLOCK: Final = r"(?: ?o[' ]?clock)"

_COLON: Final = re.compile(
    rf"(?P<hour>\d{{1,2}})(?P<sign>[:.h])(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{{1,9}})?)?(?![\d:]|\.\d)"
    rf"(?: ?{_AP})?(?!(?!z(?!\w))\w)"
    r"(?P<hrs> ?(?:hrs?|hours)(?!\w))?"
)
_HOUR_AP: Final = re.compile(
    rf"(?P<hour>\d{{1,2}})(?:{_OCLOCK}?(?: in the)? ?{_AP_WORD}|(?P<short>[ap])(?!\w))"
)
_WORDS: Final = re.compile(
    rf"(?P<hour>{NUMBER_WORD})(?: (?P<minute>{NUMBER_WORD}))?(?:{_OCLOCK})?"
    rf"(?: ?(?:in the )?{_AP_WORD})?(?!\w)"
)
_OCLOCKED: Final = rx(rf"(?P<hour>\d{{1,2}}){_OCLOCK}")
_DIGITS: Final = re.compile(
    rf"(?P<hour>\d{{1,2}})(?P<minute>\d\d)(?: ?(?P<hrs>hrs?|hours|h)(?!\w)"
    rf"| ?{_AP_WORD})?(?![\w:/]|[.,-]\d| \d{{3}})"
)
_H: Final = rx(r"(?P<hour>\d{1,2}) ?(?:h|hrs|hours)")
_PAST: Final = re.compile(
    rf"(?:at )?(?P<n>half|(?:an? )?quarter|\d{{1,2}}"
    rf"|{NUMBER_WORD})(?: min(?:ute)?s?)? (?P<way>past|after|to|till?|before) "
)
_NAMED: Final = rx(r"(?:(?:12|twelve) )?(?P<name>noon|midday|mid[- ]day|midnight)")
_BARE: Final = re.compile(r"(?P<hour>\d{1,2})(?![\w:/%]|[.,]\d|-\d| ?°)")

PART_OF_DAY: Final = rx(
    r"(?:(?:early |late )?in (?:the )?|at |this |early |late )?(?P<part>morning|afternoon|evening|night)s?"
    r"|(?P<tonight>tonight|tonite|2nite)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A wall time as written. Not `settled`: `hour` is 1 to 12 and may be of the morning or the evening.

    `midnight` is the word, which ends a day rather than begins it. `bare` is a plain number.
    """

    hour: int
    minute: int = 0
    second: int = 0
    settled: bool = True
    midnight: bool = False
    bare: bool = False
    has_minutes: bool = False

    def readings(self) -> tuple[time, ...]:
        """The times of day it can mean, the more usual one (by day) first."""
        if self.settled:
            return (time(self.hour, self.minute, self.second),)
        morning = time(self.hour % 12, self.minute, self.second)
        evening = morning.replace(hour=morning.hour + 12)
        return (morning, evening)


class NoSuchClock(ValueError):
    """`25:00`, `13pm`. Carries where the words end."""

    def __init__(self, end: int) -> None:
        super().__init__("no such time of day")
        self.end = end


def clock_at(low: str, pos: int, *, expected: bool) -> tuple[Clock, int] | None:
    """The clock time at `pos` and its end. `expected`: bare numbers count too (after `at`, beside a day).

    Raises NoSuchClock for something that is surely meant as a time of day and is none.
    """
    for read in (_named, _past_or_to, _colon, _hour_ap, _digits, _words, _oclock):
        found = read(low, pos, expected)
        if found:
            return found
    return _bare(low, pos) if expected else None


def _named(low: str, pos: int, _: bool) -> tuple[Clock, int] | None:
    match = _NAMED.match(low, pos)
    if not match:
        return None
    midnight = match["name"] == "midnight"
    return Clock(hour=0 if midnight else 12, midnight=midnight), match.end()


def _past_or_to(low: str, pos: int, expected: bool) -> tuple[Clock, int] | None:
    match = _PAST.match(low, pos)
    if not match:
        return None
    plain = (read(low, match.end(), True) for read in (_named, _colon, _hour_ap, _digits, _words, _oclock))
    hour = next(filter(None, plain), None) or _bare(low, match.end())
    if hour is None or hour[0].has_minutes:
        return None
    sure = match["n"].endswith(("half", "quarter")) or hour[0].settled or expected
    minutes = _minutes(match["n"])
    if not sure or not 0 < minutes < 60:
        return None
    if match["way"] in ("past", "after"):
        return replace(hour[0], minute=minutes, midnight=False, bare=False, has_minutes=True), hour[1]
    before = _hour_before(hour[0])
    return replace(before, minute=60 - minutes, midnight=False, bare=False, has_minutes=True), hour[1]


def _minutes(text: str) -> int:
    if text == "half":
        return 30
    return 15 if text.endswith("quarter") else _number(text)


def _hour_before(clock: Clock) -> Clock:
    if clock.settled:
        return replace(clock, hour=(clock.hour - 1) % 24)
    return replace(clock, hour=clock.hour - 1 or 12)


def _colon(low: str, pos: int, expected: bool) -> tuple[Clock, int] | None:
    match = _COLON.match(low, pos)
    if not match or (match["sign"] == "." and not (expected or match["ap"])):
        return None
    return _clock(match, second=match["second"], exact=bool(match["hrs"])), match.end()


def _hour_ap(low: str, pos: int, _: bool) -> tuple[Clock, int] | None:
    match = _HOUR_AP.match(low, pos)
    if not match:
        return None
    return _clock(match, ap=match["ap"] or match["short"]), match.end()


def _digits(low: str, pos: int, expected: bool) -> tuple[Clock, int] | None:
    match = _DIGITS.match(low, pos)
    if not match:
        match = _H.match(low, pos) if expected else None
        if not match:
            return None
        hour = int(match["hour"])
        return _clock(match, exact=hour > 12 or len(match["hour"]) == 2), match.end()
    surely = match["hrs"] or match["ap"]
    if not surely and not expected and not (low[pos] == "0" and len(match[0]) == 4):
        return None
    if not surely and len(match["hour"]) + 2 == 3 and not expected:
        return None
    return _clock(match, exact=bool(match["hrs"])), match.end()


def _words(low: str, pos: int, expected: bool) -> tuple[Clock, int] | None:
    match = _WORDS.match(low, pos)
    if not match:
        return None
    oclock = "clock" in match[0]
    if not (expected or match["ap"] or oclock) or _number(match["hour"]) > 23:
        return None
    bare = not (match["ap"] or match["minute"] or oclock)
    return replace(_clock(match), bare=bare), match.end()


def _oclock(low: str, pos: int, _: bool) -> tuple[Clock, int] | None:
    match = _OCLOCKED.match(low, pos)
    return (_clock(match), match.end()) if match else None


def _bare(low: str, pos: int) -> tuple[Clock, int] | None:
    match = _BARE.match(low, pos)
    return (replace(_clock(match), bare=True), match.end()) if match else None


def _clock(
    match: re.Match[str], *, ap: str | None = None, second: str | None = None, exact: bool = False
) -> Clock:
    """`exact`: written in a way that only 24-hour clocks are."""
    groups = match.groupdict()
    ap = ap or groups.get("ap")
    hour, minute = _number(groups["hour"]), _number(groups.get("minute") or "0")
    seconds = int(second or 0)
    if (
        hour > 23
        or minute > 59
        or seconds > 59
        or (ap and not 0 < hour <= 12 and not (hour == 0 and ap[0] == "a"))
    ):
        raise NoSuchClock(match.end())
    has_minutes = bool(groups.get("minute"))
    if ap:
        hour = hour % 12 + (12 if ap[0] == "p" else 0)
        return Clock(hour=hour, minute=minute, second=seconds, has_minutes=has_minutes)
    settled = exact or hour == 0 or hour > 12 or groups["hour"].startswith("0")
    return Clock(hour=hour, minute=minute, second=seconds, settled=settled, has_minutes=has_minutes)


def _number(text: str) -> int:
    return NUMBER_WORDS[text] if text in NUMBER_WORDS else int(text)
