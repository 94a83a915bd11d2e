"""Country names people type, as ISO 3166 codes. The names themselves are `domain/countries.py`."""

from functools import cache
from typing import Final

from bot.domain.countries import COUNTRIES

_SHORT: Final[dict[str, str]] = {
    **dict.fromkeys(("uk", "britain", "great britain", "england", "scotland", "wales"), "GB"),
    **dict.fromkeys(
        ("usa", "us", "america", "united states", "united states of america", "the states"), "US"
    ),
    **dict.fromkeys(("uae", "emirates"), "AE"),
    **dict.fromkeys(("holland", "netherlands"), "NL"),
    **dict.fromkeys(("korea", "south korea"), "KR"),
    **dict.fromkeys(("czech republic", "czechia"), "CZ"),
    **dict.fromkeys(("russia",), "RU"),
    **dict.fromkeys(("vietnam",), "VN"),
    **dict.fromkeys(("hong kong",), "HK"),
    **dict.fromkeys(("taiwan",), "TW"),
    **dict.fromkeys(("turkey",), "TR"),
}


@cache
def _names() -> dict[str, str]:
    return {**{name.lower(): code for code, name in COUNTRIES.items()}, **_SHORT}


def country_code(name: str) -> str | None:
    """The ISO 3166 code of a country's name or code, in any case; None when unknown."""
    low = " ".join(name.lower().split()).removeprefix("the ")
    return _names().get(low) or (low.upper() if low.upper() in COUNTRIES else None)


def split_country(words: str) -> tuple[str, str | None] | None:
    """`uk london` and `london, uk` alike: the country's code and the rest; None without a known country."""
    parts = words.replace(",", " ").split()
    for size in range(len(parts), 0, -1):
        for start in dict.fromkeys((0, len(parts) - size)):
            code = country_code(" ".join(parts[start : start + size]))
            if code:
                rest = parts[start + size :] if start == 0 else parts[:start]
                return code, " ".join(rest) or None
    return None
