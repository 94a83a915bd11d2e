"""Country names people type, as ISO 3166 codes. The codes themselves are known to the phone library."""

from typing import Final

import phonenumbers

_NAMES: Final[dict[str, str]] = {
    "argentina": "AR", "australia": "AU", "austria": "AT", "bangladesh": "BD", "belgium": "BE", "brazil": "BR",
    "bulgaria": "BG", "canada": "CA", "chile": "CL", "china": "CN", "colombia": "CO", "croatia": "HR", "cyprus": "CY",
    "czech republic": "CZ", "czechia": "CZ", "denmark": "DK", "egypt": "EG", "estonia": "EE", "finland": "FI",
    "france": "FR", "germany": "DE", "greece": "GR", "hong kong": "HK", "hungary": "HU", "iceland": "IS",
    "india": "IN", "indonesia": "ID", "ireland": "IE", "israel": "IL", "italy": "IT", "japan": "JP", "kenya": "KE",
    "korea": "KR", "south korea": "KR", "latvia": "LV", "lithuania": "LT", "luxembourg": "LU", "malaysia": "MY",
    "malta": "MT", "mexico": "MX", "morocco": "MA", "netherlands": "NL", "the netherlands": "NL", "holland": "NL",
    "new zealand": "NZ", "nigeria": "NG", "norway": "NO", "pakistan": "PK", "panama": "PA", "peru": "PE",
    "philippines": "PH", "the philippines": "PH", "poland": "PL", "portugal": "PT", "puerto rico": "PR",
    "romania": "RO", "russia": "RU", "saudi arabia": "SA", "serbia": "RS", "singapore": "SG", "slovakia": "SK",
    "slovenia": "SI", "south africa": "ZA", "spain": "ES", "sri lanka": "LK", "sweden": "SE", "switzerland": "CH",
    "taiwan": "TW", "thailand": "TH", "turkey": "TR", "ukraine": "UA", "uae": "AE", "united arab emirates": "AE",
    "the uae": "AE", "uk": "GB", "the uk": "GB", "united kingdom": "GB", "the united kingdom": "GB", "britain": "GB",
    "great britain": "GB", "england": "GB", "us": "US", "usa": "US", "the us": "US", "the usa": "US", "america": "US",
    "united states": "US", "the united states": "US", "vietnam": "VN",
}  # fmt: skip


def country_code(name: str) -> str | None:
    """The ISO 3166 code of a country's name or code, in any case; None when unknown."""
    low = name.strip().lower()
    code = _NAMES.get(low) or low.upper()
    return code if code in phonenumbers.SUPPORTED_REGIONS else None


def split_country(words: str) -> tuple[str, str | None] | None:
    """`uk london` and `london, uk` alike: the country's code and the rest; None without a known country."""
    parts = words.replace(",", " ").split()
    for size in range(len(parts), 0, -1):
        for start in {0, len(parts) - size}:
            code = country_code(" ".join(parts[start : start + size]))
            if code:
                rest = parts[start + size :] if start == 0 else parts[:start]
                return code, " ".join(rest) or None
    return None
