"""Time zones as people say them: `London time`, `in Tokyo`, `America/New_York`, `UTC+8`, `PST`."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from bot.parse.words import nearest, rx

THEIRS: Final = "theirs"
"""Stands for the zone of whoever is called, until the targets are known."""

_UTC: Final = re.compile(
    r"(?:utc|gmt)(?: ?(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?)?(?![\w+]"
    r"|-\d|:\d)(?: time(?!\w))?"
    r"|(?P<offset>[+-]\d\d:\d\d)(?!\w)"
)
_Z: Final = rx(r"z(?:ulu)?")
_IANA: Final = re.compile(r"[a-z]+(?:/[a-z0-9_+-]+){1,2}(?: time(?!\w))?")
_THEIRS: Final = rx(
    r"(?:in )?(?:their|his|her|its)(?: own)?(?: local)? time(?: ?zone)?|(?:on )?their clock|local time there"
)
_MINE: Final = rx(r"(?:in )?(?:my|our)(?: own)?(?: local)? time(?: ?zone)?|local time")
_PLACE_TIME: Final = re.compile(
    r"(?:in )?(?P<place>[^\W\d_][^\W\d_.']*(?: [^\W\d_][^\W\d_.']*){0,3}?) (?:local )?time(?: ?zone)?(?!\w)"
)
_IN_PLACE: Final = re.compile(r"in (?:the )?(?P<place>[^\W\d_][^\W\d_.']*(?: [^\W\d_][^\W\d_.']*){0,3})")
_WORD: Final = rx(r"[a-z]{2,5}")

# What people call a zone by, beyond the city in its IANA name.
_PLACES: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "new york city",
            "nyc",
            "ny",
            "boston",
            "washington",
            "washington dc",
            "miami",
            "atlanta",
            "philadelphia",
            "eastern",
            "us eastern",
            "east coast",
            "orlando",
        ),
        "America/New_York",
    ),
    **dict.fromkeys(
        (
            "la",
            "san francisco",
            "sf",
            "seattle",
            "san diego",
            "las vegas",
            "pacific",
            "us pacific",
            "west coast",
            "california",
            "portland",
            "silicon valley",
            "san jose",
        ),
        "America/Los_Angeles",
    ),
    **dict.fromkeys(
        ("central", "us central", "dallas", "houston", "austin", "texas", "new orleans", "minneapolis"),
        "America/Chicago",
    ),
    **dict.fromkeys(("mountain", "us mountain", "salt lake city"), "America/Denver"),
    **dict.fromkeys(("montreal", "ottawa"), "America/Toronto"),
    "calgary": "America/Edmonton",
    **dict.fromkeys(("hawaii",), "Pacific/Honolulu"),
    **dict.fromkeys(("alaska",), "America/Anchorage"),
    **dict.fromkeys(("arizona",), "America/Phoenix"),
    **dict.fromkeys(("rio", "rio de janeiro", "brasilia"), "America/Sao_Paulo"),
    **dict.fromkeys(
        (
            "india",
            "indian",
            "mumbai",
            "bombay",
            "delhi",
            "new delhi",
            "bangalore",
            "bengaluru",
            "chennai",
            "hyderabad",
            "pune",
            "calcutta",
            "ahmedabad",
        ),
        "Asia/Kolkata",
    ),
    **dict.fromkeys(("china", "beijing", "shenzhen", "guangzhou", "chengdu"), "Asia/Shanghai"),
    **dict.fromkeys(("japan", "osaka", "kyoto"), "Asia/Tokyo"),
    **dict.fromkeys(("korea", "south korea", "busan"), "Asia/Seoul"),
    **dict.fromkeys(("kl", "malaysia"), "Asia/Kuala_Lumpur"),
    **dict.fromkeys(("philippines", "cebu"), "Asia/Manila"),
    **dict.fromkeys(("thailand",), "Asia/Bangkok"),
    **dict.fromkeys(("vietnam", "saigon", "hanoi", "ho chi minh city"), "Asia/Ho_Chi_Minh"),
    **dict.fromkeys(("taiwan",), "Asia/Taipei"),
    **dict.fromkeys(("abu dhabi", "uae", "emirates"), "Asia/Dubai"),
    **dict.fromkeys(("saudi arabia", "jeddah"), "Asia/Riyadh"),
    **dict.fromkeys(("israel", "tel aviv"), "Asia/Jerusalem"),
    **dict.fromkeys(("pakistan", "lahore", "islamabad"), "Asia/Karachi"),
    **dict.fromkeys(("bangladesh",), "Asia/Dhaka"),
    **dict.fromkeys(("sri lanka",), "Asia/Colombo"),
    **dict.fromkeys(("nepal",), "Asia/Kathmandu"),
    **dict.fromkeys(
        (
            "uk",
            "britain",
            "england",
            "scotland",
            "wales",
            "british",
            "edinburgh",
            "manchester",
            "united kingdom",
            "leeds",
            "birmingham",
            "glasgow",
        ),
        "Europe/London",
    ),
    **dict.fromkeys(("ireland",), "Europe/Dublin"),
    **dict.fromkeys(("germany", "munich", "frankfurt", "hamburg", "cologne", "german"), "Europe/Berlin"),
    **dict.fromkeys(("france", "lyon", "marseille", "french"), "Europe/Paris"),
    **dict.fromkeys(("italy", "milan"), "Europe/Rome"),
    **dict.fromkeys(("barcelona",), "Europe/Madrid"),
    **dict.fromkeys(("netherlands", "holland", "rotterdam"), "Europe/Amsterdam"),
    **dict.fromkeys(("switzerland", "geneva", "basel"), "Europe/Zurich"),
    **dict.fromkeys(("sweden",), "Europe/Stockholm"),
    **dict.fromkeys(("norway",), "Europe/Oslo"),
    **dict.fromkeys(("denmark",), "Europe/Copenhagen"),
    **dict.fromkeys(("finland",), "Europe/Helsinki"),
    **dict.fromkeys(("poland", "krakow"), "Europe/Warsaw"),
    **dict.fromkeys(("austria",), "Europe/Vienna"),
    **dict.fromkeys(("belgium",), "Europe/Brussels"),
    **dict.fromkeys(("greece",), "Europe/Athens"),
    **dict.fromkeys(("turkey", "ankara"), "Europe/Istanbul"),
    **dict.fromkeys(("ukraine",), "Europe/Kyiv"),
    **dict.fromkeys(("egypt",), "Africa/Cairo"),
    **dict.fromkeys(("kenya",), "Africa/Nairobi"),
    **dict.fromkeys(("nigeria", "abuja"), "Africa/Lagos"),
    **dict.fromkeys(("south africa", "cape town"), "Africa/Johannesburg"),
    **dict.fromkeys(("canberra",), "Australia/Sydney"),
    **dict.fromkeys(("wellington",), "Pacific/Auckland"),
    "singapore": "Asia/Singapore",
    "hong kong": "Asia/Hong_Kong",
}

# Abbreviations that mean one offset everywhere they are used; then those that depend on where the asker is.
_ABBREVIATIONS: Final[dict[str, str]] = {
    "sgt": "UTC+08:00", "hkt": "UTC+08:00", "awst": "UTC+08:00", "myt": "UTC+08:00", "pht": "UTC+08:00",
    "jst": "UTC+09:00", "kst": "UTC+09:00", "acst": "UTC+09:30", "acdt": "UTC+10:30",
    "aest": "UTC+10:00", "aedt": "UTC+11:00", "nzst": "UTC+12:00", "nzdt": "UTC+13:00",
    "ict": "UTC+07:00", "wib": "UTC+07:00", "npt": "UTC+05:45", "pkt": "UTC+05:00", "msk": "UTC+03:00",
    "eat": "UTC+03:00", "trt": "UTC+03:00", "eet": "UTC+02:00", "eest": "UTC+03:00", "sast": "UTC+02:00",
    "cat": "UTC+02:00", "cet": "UTC+01:00", "cest": "UTC+02:00", "mez": "UTC+01:00", "mesz": "UTC+02:00",
    "wet": "UTC+00:00", "west": "UTC+01:00", "brt": "UTC-03:00", "nst": "UTC-03:30", "ndt": "UTC-02:30",
    "adt": "UTC-03:00", "edt": "UTC-04:00", "cdt": "UTC-05:00", "mdt": "UTC-06:00", "pdt": "UTC-07:00",
    "akst": "UTC-09:00", "akdt": "UTC-08:00", "hst": "UTC-10:00", "pst": "UTC-08:00", "est": "UTC-05:00",
}  # fmt: skip
_BY_REGION: Final[dict[str, dict[str, str]]] = {
    "ist": {"IN": "UTC+05:30", "LK": "UTC+05:30", "IL": "UTC+02:00", "IE": "UTC+01:00"},
    "bst": {"GB": "UTC+01:00", "IM": "UTC+01:00", "JE": "UTC+01:00", "GG": "UTC+01:00", "IE": "UTC+01:00",
            "BD": "UTC+06:00"},
    "cst": {**dict.fromkeys(("US", "CA", "MX"), "UTC-06:00"),
            **dict.fromkeys(("CN", "TW", "MO"), "UTC+08:00"), "CU": "UTC-05:00"},
    "mst": {**dict.fromkeys(("US", "CA", "MX"), "UTC-07:00"), "MY": "UTC+08:00", "MM": "UTC+06:30"},
    "ast": {**dict.fromkeys(("CA", "PR", "BM", "TT", "BB"), "UTC-04:00"),
            **dict.fromkeys(("SA", "KW", "QA", "BH", "IQ"), "UTC+03:00")},
    "gst": {**dict.fromkeys(("AE", "OM"), "UTC+04:00")},
    "et": dict.fromkeys(("US", "CA"), "America/New_York"),
    "ct": dict.fromkeys(("US", "CA"), "America/Chicago"),
    "mt": dict.fromkeys(("US", "CA"), "America/Denver"),
    "pt": dict.fromkeys(("US", "CA"), "America/Los_Angeles"),
}  # fmt: skip
_ELSEWHERE: Final = {"est": ("AU",), "edt": ("AU",), "cdt": ("AU", "CU"), "pst": ("PH",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """`id` is IANA, a fixed `UTC+05:30`, or THEIRS; `choices` are what an ambiguous abbreviation may mean."""

    id: str
    choices: tuple[str, ...] = ()


class NoSuchZone(ValueError):
    """Said like a zone (`Narnia time`), but unknown; carries its bounds and what it may be a slip of."""

    def __init__(self, start: int, end: int, suggest: tuple[str, ...] = ()) -> None:
        super().__init__("no such time zone")
        self.start, self.end, self.suggest = start, end, suggest


def zone_at(low: str, pos: int, region: str) -> tuple[Zone, int] | None:
    """The zone said at `pos` (behind a clock or a date) and its end.

    Raises NoSuchZone for an unknown place before the word "time", and for an unknown Area/City.
    """
    for read in (_utc, _theirs, _iana, _abbreviation, _place):
        found = read(low, pos, region)
        if found:
            return found
    return None


def zone_named(text: str, region: str) -> Zone | None:
    """The zone that the whole of `text` names, as in `set timezone …`."""
    low = " ".join(text.lower().split())
    for candidate in (low, f"{low} time"):
        try:
            found = zone_at(candidate, 0, region)
        except NoSuchZone:
            continue
        if found and found[1] == len(candidate) and found[0].id != THEIRS:
            return found[0]
    return None


def _utc(low: str, pos: int, _: str) -> tuple[Zone, int] | None:
    match = _UTC.match(low, pos)
    if not match:
        z = _Z.match(low, pos)
        return (Zone(id="UTC"), z.end()) if z else None
    if match["offset"]:
        sign, hours, minutes = match["offset"][0], int(match["offset"][1:3]), int(match["offset"][4:])
    elif match["sign"]:
        sign, hours, minutes = match["sign"], int(match["hours"]), int(match["minutes"] or 0)
    else:
        return Zone(id="UTC"), match.end()
    if hours > 14 or minutes > 59:
        raise NoSuchZone(pos, match.end())
    return Zone(id=f"UTC{sign}{hours:02}:{minutes:02}" if hours or minutes else "UTC"), match.end()


def _theirs(low: str, pos: int, _: str) -> tuple[Zone, int] | None:
    match = _THEIRS.match(low, pos)
    return (Zone(id=THEIRS), match.end()) if match else None


def _iana(low: str, pos: int, _: str) -> tuple[Zone, int] | None:
    match = _IANA.match(low, pos)
    if not match:
        return None
    name = match[0].removesuffix(" time")
    if name in _iana_names():
        return Zone(id=_iana_names()[name]), match.end()
    if name.partition("/")[0] in _areas():
        raise NoSuchZone(
            pos, pos + len(name), tuple(_iana_names()[near] for near in nearest(name, _iana_names()))
        )
    return None


def _abbreviation(low: str, pos: int, region: str) -> tuple[Zone, int] | None:
    match = _WORD.match(low, pos)
    if not match:
        return None
    word, end = match[0], match.end()
    if low.startswith(" time", end) and not low[end + 5 : end + 6].isalnum():
        end += 5
    if word in _ABBREVIATIONS and region not in _ELSEWHERE.get(word, ()):
        return Zone(id=_utc_if_zero(_ABBREVIATIONS[word])), end
    by_region = _BY_REGION.get(word)
    if by_region is None:
        return (Zone(id="", choices=(_ABBREVIATIONS[word],)), end) if word in _ABBREVIATIONS else None
    if region in by_region:
        return Zone(id=by_region[region]), end
    if len(word) == 2 and end == match.end():
        return None
    return Zone(id="", choices=tuple(dict.fromkeys(by_region.values()))[:4]), end


def _utc_if_zero(zone: str) -> str:
    return "UTC" if zone == "UTC+00:00" else zone


def _place(low: str, pos: int, _: str) -> tuple[Zone, int] | None:
    if mine := _MINE.match(low, pos):
        return Zone(id=""), mine.end()
    match = _PLACE_TIME.match(low, pos)
    if match:
        place = match["place"].removeprefix("in ").removeprefix("the ")
        zone = _places().get(place)
        if zone:
            return Zone(id=zone), match.end()
        if " " not in place or low.startswith("in ", pos):
            raise NoSuchZone(match.start("place"), match.end("place"), _near_places(place))
    match = _IN_PLACE.match(low, pos)
    if match:
        words = match["place"].split(" ")
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count])
            if name in _places():
                return Zone(id=_places()[name]), match.start("place") + len(name)
    return None


def _near_places(place: str) -> tuple[str, ...]:
    return tuple(name.title() for name in nearest(place, _places()))


@cache
def _iana_names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _areas() -> frozenset[str]:
    return frozenset(name.partition("/")[0] for name in _iana_names() if "/" in name)


@cache
def _places() -> dict[str, str]:
    cities = {
        name.rpartition("/")[2].replace("_", " ").lower(): name
        for name in sorted(available_timezones())
        if "/" in name
        and not name.startswith(
            ("Etc/", "SystemV/", "US/", "Canada/", "posix", "right", "Brazil/", "Chile/", "Mexico/")
        )
    }
    return {**cities, **_PLACES}


def known_places() -> dict[str, str]:
    """Every name a zone can be set by, in lower case: places and IANA names."""
    return {**_places(), **_iana_names()}
