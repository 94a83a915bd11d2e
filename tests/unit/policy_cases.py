"""What the policy tests share: a plain request, and numbers that the numbering plans call dangerous."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType, shortnumberinfo

from bot.domain.numbers import Address, PhoneNumber
from bot.domain.policy import Circle, Dialled, DialRequest

NOON_IN_SINGAPORE = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
SINGAPORE = Circle(zone="Asia/Singapore", own_regions=frozenset({"SG"}))

# What emergency services are called around the world; each plan knows which of them are its own.
EMERGENCY_DIGITS = """
    000 08 100 101 102 103 104 108 110 111 112 113 114 115 116 117 118 119 120 122 123 128 131 132 133 140 144
    15 150 151 155 158 17 18 190 191 192 193 194 195 197 198 199 911 912 913 990 991 992 993 995 997 998 999
    9911
    """

# Ranges by what is written about them rather than by the library's own examples.
WRITTEN = {
    "premium": """
        +19005550123 +19765550 +449011234567 +449098765432 +33899123456 +4990012345678 +61190123456
        +81990123456 +6519001234567 +3531590123456 +39899123456 +34803123456 +31900123456 +4190012345
        +979123456789
        """,
    "satellite": """
        +870773111632 +870600123456 +881612345678 +8816123456789 +881712345678 +881812345678 +881912345678
        +88213123456 +88216123456 +8821612345678 +883510012345 +8835100123456 +883120123456
        """,
    "shared cost": """
        +8081234567 +80812345678 +448451234567 +448431234567 +4918012345678 +34902123456 +61131234
        """,
    "short": """
        +1211 +1311 +1411 +1511 +1611 +1711 +1811 +1988 +411 +988 +651777 +44123 +44150 +44159 +49115 +3312
        """,
}


def number(e164: str) -> PhoneNumber:
    return PhoneNumber(e164=e164)


def request(*addresses: Address | str, circle: Circle = SINGAPORE, **changes: object) -> DialRequest:
    """A call for now, at noon in Singapore, to those addresses."""
    parties = tuple(Dialled(address=number(each) if isinstance(each, str) else each) for each in addresses)
    facts: dict[str, object] = {
        "dialled": parties,
        "circle": circle,
        "at": NOON_IN_SINGAPORE,
        "now": NOON_IN_SINGAPORE,
        **changes,
    }
    return DialRequest(**facts)  # type: ignore[arg-type]


def emergency_numbers() -> Iterator[str]:
    """With the country code in front, and bare behind a `+` where that can be written."""
    for region in sorted(shortnumberinfo.SUPPORTED_SHORT_REGIONS):
        code = phonenumbers.country_code_for_region(region)
        for digits in EMERGENCY_DIGITS.split():
            if shortnumberinfo.is_emergency_number(digits, region):
                yield f"+{code}{digits}"
                if not digits.startswith("0"):
                    yield f"+{digits}"


def costly_numbers() -> Iterator[str]:
    """One premium and one shared-cost number of every country that has them."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None and phonenumbers.number_type(example) == kind:
                yield phonenumbers.format_number(example, PhoneNumberFormat.E164)


def short_codes() -> Iterator[str]:
    """One service number of at most six digits of every country."""
    for region in sorted(shortnumberinfo.SUPPORTED_SHORT_REGIONS):
        metadata = PhoneMetadata.short_metadata_for_region(region)
        code = phonenumbers.country_code_for_region(region)
        for entry in (metadata.short_code, metadata.premium_rate, metadata.standard_rate):
            if entry is not None and entry.example_number and len(entry.example_number) <= 6:
                yield f"+{code}{entry.example_number}"


def dangerous_numbers() -> tuple[str, ...]:
    written = " ".join(WRITTEN.values()).split()
    return tuple(dict.fromkeys([*emergency_numbers(), *costly_numbers(), *short_codes(), *written]))


def ordinary_number(region: str, dice: random.Random) -> PhoneNumber:
    """A valid fixed or mobile number of that country, its tail thrown with `dice`."""
    while True:
        kind = dice.choice((PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE))
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        digits = phonenumbers.national_significant_number(example)
        kept = dice.randint(1, len(digits) - 3)
        tail = "".join(dice.choice("0123456789") for _ in digits[kept:])
        try:
            thrown = phonenumbers.parse(f"+{example.country_code}{digits[:kept]}{tail}")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(thrown, region) and _is_plain(thrown):
            return number(phonenumbers.format_number(thrown, PhoneNumberFormat.E164))


def _is_plain(thrown: phonenumbers.PhoneNumber) -> bool:
    costly = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST)
    return phonenumbers.number_type(thrown) not in costly
