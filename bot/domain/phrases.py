"""How a moment, a length of time and a number are said. Which of them a card shows is `messages.py`."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

import phonenumbers

from bot.domain.numbers import WITHHELD, Address, CallerId, PhoneNumber, SipUri
from bot.domain.schedule import fixed_offset, local_time

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# `strftime` would follow the process locale; these words are ours.


# --- lengths of time ----------------------------------------------------------------------------


def talk_time(seconds: float) -> str:
    """On the line so long: `0:14`, `1:05`, `1:02:03`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> str:
    """A length of time for people: `4 s`, `2 min`, `1 min 30 s`, `9 h 29 min`, `3 days`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    if hours < 48:
        return (
            f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"
        )
    return count(round(whole / 86_400), "day")


def from_now(at: datetime, now: datetime) -> str:
    """`in 9 h 29 min`, `now`, `2 min ago`."""
    seconds = (at - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"in {span(seconds)}" if seconds > 0 else f"{span(-seconds)} ago"


# --- moments ------------------------------------------------------------------------------------


def offset_words(at: datetime, zone: str) -> str:
    """`UTC+8`, `UTC+5:30`, `UTC-5`, `UTC`, as it is in `zone` at that instant."""
    shift = local_time(at, zone) - at.astimezone(UTC).replace(tzinfo=None)
    if not shift:
        return "UTC"
    sign = "+" if shift > timedelta(0) else "-"
    hours, minutes = divmod(round(abs(shift).total_seconds() / 60), 60)
    return f"UTC{sign}{hours}:{minutes:02}" if minutes else f"UTC{sign}{hours}"


def zone_words(at: datetime, zone: str) -> str:
    """`Asia/Singapore, UTC+8`; a zone that is an offset already is said once."""
    offset = offset_words(at, zone)
    return offset if zone == "UTC" or fixed_offset(zone) is not None else f"{zone}, {offset}"


def day_words(local: datetime) -> str:
    """`Tue 10 March 2026`."""
    return f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"


def clock_24(local: datetime) -> str:
    """`23:59`, with seconds only where there are any."""
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def clock_12(local: datetime) -> str:
    """`11:59 pm`; the two that people mix up by name: `noon`, `midnight`."""
    if not (local.minute or local.second) and local.hour in (0, 12):
        return "noon" if local.hour else "midnight"
    seconds = f":{local.second:02}" if local.second else ""
    return f"{local.hour % 12 or 12}:{local.minute:02}{seconds} {'pm' if local.hour >= 12 else 'am'}"


def moment(at: datetime, zone: str) -> str:
    """`Tue 10 March 2026, 23:59 (11:59 pm) Asia/Singapore, UTC+8`; `at` is aware."""
    local = local_time(at, zone)
    return f"{day_words(local)}, {clock_24(local)} ({clock_12(local)}) {zone_words(at, zone)}"


def short_moment(at: datetime, zone: str) -> str:
    """`Tue 10 March, 23:59`: for lists, where the zone stands once on top."""
    local = local_time(at, zone)
    return f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}, {clock_24(local)}"


def day_and_clock(at: datetime, zone: str) -> str:
    """`Tue 18:00`."""
    local = local_time(at, zone)
    return f"{_WEEKDAYS[local.weekday()]} {local:%H:%M}"


# --- addresses ----------------------------------------------------------------------------------


def address_words(address: Address, *, private: bool) -> str:
    """The whole address in private, else the last four digits (or the SIP domain)."""
    if isinstance(address, SipUri):
        return str(address) if private else address.masked()
    if not private:
        return f"…{address.e164[-4:]}"
    spaced = _spaced(address.e164)
    return f"{spaced} ext. {address.ext}" if address.ext else spaced


@lru_cache(maxsize=4096)
def _spaced(e164: str) -> str:
    """A card is written again at every turn of its call, and names the same numbers each time."""
    number = phonenumbers.parse(e164)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def caller_id_words(caller_id: CallerId | None, *, private: bool) -> str:
    """What the other side is shown."""
    if caller_id is None:
        return "shows the provider's own number"
    if isinstance(caller_id, PhoneNumber):
        return f"shows {address_words(caller_id, private=private)}"
    assert caller_id == WITHHELD
    return "shows no number"


_DATE_OR_NUMBER: Final = re.compile(
    r"(?<![\w.])(?:"
    r"(?P<date>\d{4}-\d\d-\d\d|\d\d?([./])\d\d?\2(?:\d\d){1,2})(?!\d)"
    r"|(?P<run>\+?\(?\d[\d ().-]{5,}\d))"
)


def hide_numbers(text: str) -> str:
    """What people typed, with phone numbers cut to their last four digits; dates are left alone."""
    return _DATE_OR_NUMBER.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found["run"] or "")
    return found.group() if len(digits) < 7 else f"…{digits[-4:]}"


# --- the rest -----------------------------------------------------------------------------------


def count(n: int, thing: str, things: str = "") -> str:
    """`1 call`, `3 calls`."""
    return f"{n} {thing}" if n == 1 else f"{n} {things or thing + 's'}"


def joined(names: list[str], last: str = "and") -> str:
    """`Amy`, `Amy and Bob`, `Amy, Bob and Carl`."""
    return f" {last} ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def file_name(url: str) -> str:
    """The last part of a link's path: never its host's secrets or query."""
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or "a file"


def quoted(text: str) -> str:
    """“text”, on one line."""
    return f"“{' '.join(text.split())}”"


def capital(text: str) -> str:
    """With a first letter fit to begin a sentence."""
    return text[:1].upper() + text[1:]
