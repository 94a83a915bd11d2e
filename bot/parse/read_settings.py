"""The verbs about how somebody wants things: own number, time zone, provider, caller id, formats."""

import re
from typing import Final

from bot.parse.command import Set, SettingKey
from bot.parse.countries import country_code
from bot.parse.durations import did_you_mean
from bot.parse.heads import Head, just, nothing
from bot.parse.numbers import take_number
from bot.parse.options import caller_id_value
from bot.parse.parts import Parts
from bot.parse.reader import Reader
from bot.parse.rest import TIDY, take_rest
from bot.parse.words import nearest, rx
from bot.parse.zones import known_places, zone_named

# --- settings -------------------------------------------------------------------------------------

_KEYS: Final[dict[str, SettingKey]] = {
    **dict.fromkeys(("timezone", "time zone", "tz", "zone"), "timezone"),
    **dict.fromkeys(("provider", "default provider", "carrier", "default carrier"), "provider"),
    **dict.fromkeys(("caller id", "callerid", "caller-id", "caller_id", "default caller id"), "caller_id"),
    **dict.fromkeys(("region", "country", "default region", "default country"), "region"),
    **dict.fromkeys(
        ("date order", "date_order", "date-order", "date format", "dateorder", "dates"), "date_order"
    ),
    **dict.fromkeys(("clock", "time format", "hours", "hour clock"), "clock"),
    **dict.fromkeys(("number", "phone number", "phone", "me", "mobile", "own number"), "me"),
}
_KEY: Final = rx(r"(?:my |the )?(?P<key>" + "|".join(sorted(_KEYS, key=len, reverse=True)) + ")")
_ORDERS: Final = {
    **dict.fromkeys(
        (
            "dmy",
            "day first",
            "dd/mm",
            "dd/mm/yyyy",
            "d/m/y",
            "day-first",
            "day month year",
            "day/month",
            "european",
        ),
        "DMY",
    ),
    **dict.fromkeys(
        (
            "mdy",
            "month first",
            "mm/dd",
            "mm/dd/yyyy",
            "m/d/y",
            "month-first",
            "month day year",
            "month/day",
            "american",
        ),
        "MDY",
    ),
}
_CLOCKS: Final = {
    **dict.fromkeys(("12", "12h", "12 h", "12 hour", "12 hours", "12-hour", "am/pm"), "12"),
    **dict.fromkeys(("24", "24h", "24 h", "24 hour", "24 hours", "24-hour", "military"), "24"),
    "ask": "ask",
}


def read_set(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`set timezone to Europe/London`, `set caller id private`."""
    match = reader.take(_KEY)
    if not match:
        start, end = reader.word()
        if start == end:
            reader.fail(
                "missing_argument", verb.start(), verb.end(), f"Set what? I know {', '.join(_SHOWN_KEYS)}."
            )
        else:
            guesses = nearest(reader.low[start:end], _KEYS)
            message = '"{word}" is not a setting.' + (
                did_you_mean(guesses) or f" I know {', '.join(_SHOWN_KEYS)}."
            )
            reader.fail("leftover", start, end, message, guesses)
            reader.pos = len(reader.low)
        return nothing()
    reader.take(re.compile(r"(?:(?:to(?: be)?|as|is)(?!\w)|[=:]) ?"))
    return _setting(reader, verb, _KEYS[match["key"]])


_SHOWN_KEYS: Final = ("timezone", "provider", "caller id", "region", "date order", "clock", "number")


def read_my_number(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head | None:
    """`my number is +65…`, `I am +65…`."""
    return _setting(reader, verb, "me")


def read_timezone(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`timezone Europe/London`."""
    reader.take(re.compile(r"(?:(?:to|as|is)(?!\w)|[=:]) ?"))
    return _setting(reader, verb, "timezone")


def read_use(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head | None:
    """`use twilio by default`."""
    match = re.compile(
        r"(?P<name>[\w.-]+) (?:by default|as (?:the |my )?default(?: provider)?|from now on|always)(?!\w)"
    ).match(reader.low, reader.pos)
    if reader.at_end:
        reader.fail("missing_argument", verb.start(), verb.end(), 'Say for example "use twilio by default".')
        return nothing()
    if not match:
        return None
    value = _provider(reader, match.start("name"), match.end("name"))
    reader.go(match.end())
    return just(Set(key="provider", value=value)) if value else nothing()


def _setting(reader: Reader, verb: re.Match[str], key: SettingKey) -> Head:
    start = reader.pos
    if reader.at_end or not reader.low[start:].strip(" .!?"):
        reader.fail("missing_argument", verb.start(), verb.end(), "To what?")
        reader.pos = len(reader.low)
        return nothing()
    value = _number_value(reader, key) if key in ("me", "caller_id") else _word_value(reader, key)
    if value is None:
        if not reader.problems:
            _, end = reader.word()
            reader.fail("missing_argument", start, end, 'I can\'t use "{word}" for that.')
        reader.pos = len(reader.low)
        return nothing()
    reader.use(key, start)
    return just(Set(key=key, value=value))


def _number_value(reader: Reader, key: SettingKey) -> str | None:
    if key == "caller_id":
        return caller_id_value(reader)
    found = take_number(reader)
    if found is None and not reader.problems:
        start, end = reader.word()
        reader.fail(
            "invalid_number", start, end, '"{word}" is not a phone number. Write it like +14155550101.'
        )
    return found.number.e164 if found else None


def _word_value(reader: Reader, key: SettingKey) -> str | None:
    start = reader.pos
    words = take_rest(reader)
    end = start + len(reader.low[start:].rstrip(TIDY))
    low = words.lower()
    if key == "provider":
        return _provider(reader, start, end)
    if key == "timezone":
        return _timezone(reader, words, start, end)
    if key == "region":
        code = country_code(words)
        if code is None:
            reader.fail("leftover", start, end, 'I don\'t know the country "{word}".')
        return code
    value = (_ORDERS if key == "date_order" else _CLOCKS).get(low)
    if value is None:
        known = "day first or month first" if key == "date_order" else "12, 24 or ask"
        reader.fail("leftover", start, end, f'"{{word}}"? Say {known}.')
    return value


def _provider(reader: Reader, start: int, end: int) -> str | None:
    known = {provider.lower(): provider for provider in reader.context.providers}
    word = reader.low[start:end]
    if word in known:
        return known[word]
    guesses = tuple(known[near] for near in nearest(word, known))
    message = '"{word}" is not a provider here.' + (
        did_you_mean(guesses) or f" I know {', '.join(known.values())}."
    )
    reader.fail("unknown_provider", start, end, message, guesses)
    return None


def _timezone(reader: Reader, words: str, start: int, end: int) -> str | None:
    zone = zone_named(words, reader.context.region)
    if zone is None:
        places = known_places()
        suggest = tuple(dict.fromkeys(places[name] for name in nearest(words.lower(), places)))
        message = 'I don\'t know the time zone "{word}".' + did_you_mean(suggest)
        reader.fail("unknown_timezone", start, end, message, suggest)
        return None
    if zone.choices:
        reader.fail("unknown_timezone", start, end, '"{word}" can be several zones; name a city.')
        return None
    return zone.id
