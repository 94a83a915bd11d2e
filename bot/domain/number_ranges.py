"""What kind of number something is, from the numbering plans alone. Whether it may be dialled is `policy.py`.

Pure, and without the geocoder, which costs 100 MB. Regions are ISO 3166 codes.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType, shortnumberinfo
from phonenumbers.shortnumberinfo import SUPPORTED_SHORT_REGIONS
from phonenumbers.timezone import time_zones_for_number

from bot.domain.numbers import PhoneNumber

LONGEST_SHORT_CODE: Final = 6


class NumberKind(StrEnum):
    """What a number costs and reaches, as far as its range tells."""

    FIXED = "fixed line"
    MOBILE = "mobile"
    FIXED_OR_MOBILE = "fixed line or mobile"
    TOLL_FREE = "toll-free"
    PREMIUM = "premium rate"
    SHARED_COST = "shared cost"
    SATELLITE = "satellite"
    VOIP = "VoIP"
    PERSONAL = "personal number"
    OTHER = "other"
    UNKNOWN = "unknown"

    @property
    def is_costly(self) -> bool:
        """Refused until an admin lets the range in."""
        return self in (NumberKind.PREMIUM, NumberKind.SHARED_COST, NumberKind.SATELLITE)


_TYPES: Final[dict[int, NumberKind]] = {
    PhoneNumberType.FIXED_LINE: NumberKind.FIXED,
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED_OR_MOBILE,
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberKind.PREMIUM,
    PhoneNumberType.SHARED_COST: NumberKind.SHARED_COST,
    PhoneNumberType.VOIP: NumberKind.VOIP,
    PhoneNumberType.PERSONAL_NUMBER: NumberKind.PERSONAL,
    PhoneNumberType.UAN: NumberKind.OTHER,
    PhoneNumberType.PAGER: NumberKind.OTHER,
    PhoneNumberType.VOICEMAIL: NumberKind.OTHER,
}
# Country codes that no country has: what hides behind them is known by the code alone.
_WORLDWIDE: Final[dict[int, NumberKind]] = {
    800: NumberKind.TOLL_FREE,
    808: NumberKind.SHARED_COST,
    870: NumberKind.SATELLITE,
    881: NumberKind.SATELLITE,
    882: NumberKind.SATELLITE,
    883: NumberKind.SATELLITE,
    979: NumberKind.PREMIUM,
}


@lru_cache(maxsize=4096)
def kind_of(number: PhoneNumber) -> NumberKind:
    """The kind of range `number` is in; an invalid number inside a premium range is PREMIUM all the same."""
    parsed = _parsed(number)
    if parsed is None:
        return NumberKind.UNKNOWN
    worldwide = _WORLDWIDE.get(parsed.country_code or 0)
    if worldwide is not None:
        return worldwide
    kind = _TYPES.get(phonenumbers.number_type(parsed), NumberKind.UNKNOWN)
    return _costly_neighbour(parsed) if kind is NumberKind.UNKNOWN else kind


def is_possible(number: PhoneNumber) -> bool:
    """Right length for its country, and not only inside one town."""
    parsed = _parsed(number)
    reason = parsed and phonenumbers.is_possible_number_with_reason(parsed)
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE


@lru_cache(maxsize=4096)
def is_valid(number: PhoneNumber) -> bool:
    """In a range that has been handed out. Possible but invalid numbers want an explicit yes."""
    parsed = _parsed(number)
    return parsed is not None and phonenumbers.is_valid_number(parsed)


@lru_cache(maxsize=4096)
def region_of(number: PhoneNumber) -> str | None:
    """The country's ISO 3166 code; None where a code belongs to several and the number tells nothing."""
    parsed = _parsed(number)
    region = phonenumbers.region_code_for_number(parsed) if parsed else None
    if region is None and parsed is not None:
        region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return region if region not in (None, "ZZ", "001") else None


def zones_of(number: PhoneNumber) -> tuple[str, ...]:
    """IANA zones a number of this range may be in; empty when unknown. "Their time" needs exactly one."""
    parsed = _parsed(number)
    zones = time_zones_for_number(parsed) if parsed else ()
    return tuple(zone for zone in zones if zone != "Etc/Unknown")


def is_emergency(digits: str, regions: Iterable[str] = ()) -> bool:
    """Whether dialling this reaches an emergency service: anywhere, or in `regions` with digits appended.

    `digits` is what was written, `+` or not; other characters are ignored.
    """
    regions = tuple(regions)
    for short in _without_country_code(digits, regions):
        if _emergency_somewhere(short):
            return True
        if len(short) <= LONGEST_SHORT_CODE and any(_connects(short, region) for region in regions):
            return True
    return False


def is_short_code(digits: str, regions: Iterable[str] = ()) -> bool:
    """A service number (988, 411, 1777) of one of `regions`: not dialable from here."""
    regions = tuple(regions)
    return any(
        len(short) <= LONGEST_SHORT_CODE and any(_is_short(short, region) for region in regions)
        for short in _without_country_code(digits, regions)
    )


def _without_country_code(text: str, regions: tuple[str, ...]) -> tuple[str, ...]:
    """The digits as they are, and without a country code where one may be in front."""
    digits = "".join(char for char in text if char in "0123456789")
    if len(digits) > LONGEST_SHORT_CODE + 3:
        return ()
    if text.lstrip().startswith(("+", "00")):
        bare = digits.removeprefix("00")
        known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        codes = [bare[:n] for n in (1, 2, 3) if int(bare[:n] or 0) in known]
        return (digits, bare, *(bare.removeprefix(code) for code in codes))
    own = [str(phonenumbers.country_code_for_region(region)) for region in regions]
    return (digits, *(digits.removeprefix(code) for code in own if digits.startswith(code)))


@lru_cache(maxsize=4096)
def _emergency_somewhere(short: str) -> bool:
    if not 2 <= len(short) <= LONGEST_SHORT_CODE:
        return False
    return any(shortnumberinfo.is_emergency_number(short, region) for region in SUPPORTED_SHORT_REGIONS)


def _connects(short: str, region: str) -> bool:
    return len(short) > 1 and shortnumberinfo.connects_to_emergency_number(short, region)


def _is_short(short: str, region: str) -> bool:
    metadata = PhoneMetadata.short_metadata_for_region(region)
    return metadata is not None and shortnumberinfo.is_valid_short_number_for_region(
        phonenumbers.PhoneNumber(
            country_code=phonenumbers.country_code_for_region(region), national_number=int(short or 0)
        ),
        region,
    )


def _costly_neighbour(parsed: phonenumbers.PhoneNumber) -> NumberKind:
    """A mistyped premium number can still be dialled: fill it up to a full one, look at that one's kind."""
    national = phonenumbers.national_significant_number(parsed)
    for region in phonenumbers.region_codes_for_country_code(parsed.country_code or 0):
        metadata = PhoneMetadata.metadata_for_region(region)
        for kind, description in (
            (NumberKind.PREMIUM, metadata.premium_rate if metadata else None),
            (NumberKind.SHARED_COST, metadata.shared_cost if metadata else None),
        ):
            for length in (description.possible_length if description else ()) or ():
                if _in_range(national, length, parsed.country_code or 0, kind):
                    return kind
    return NumberKind.UNKNOWN


def _in_range(national: str, length: int, country_code: int, kind: NumberKind) -> bool:
    for digit in "0125":
        full = national[:length].ljust(length, digit)
        if len(national) < 4 or length < 4:
            continue
        try:
            candidate = phonenumbers.parse(f"+{country_code}{full}")
        except phonenumbers.NumberParseException:
            continue
        if _TYPES.get(phonenumbers.number_type(candidate)) is kind:
            return True
    return False


@lru_cache(maxsize=4096)
def _parsed(number: PhoneNumber) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number.e164)
    except phonenumbers.NumberParseException:
        return None
