"""What the simulated provider charges, and the numbers it rents out. Every number is kept for fiction."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.domain.cdr import Money
from bot.domain.numbers import Address, PhoneNumber
from bot.ports.voice import DidOffer

MINUTE: Final = 60

PRICES: Final[Mapping[str, Decimal]] = {
    "": Decimal("0.1200"),
    "+1": Decimal("0.0110"),
    "+33": Decimal("0.0165"),
    "+44": Decimal("0.0125"),
    "+447": Decimal("0.0390"),
    "+49": Decimal("0.0170"),
    "+4915": Decimal("0.0410"),
    "+4916": Decimal("0.0410"),
    "+4917": Decimal("0.0410"),
    "+61": Decimal("0.0190"),
    "+614": Decimal("0.0450"),
    "+65": Decimal("0.0240"),
    "+658": Decimal("0.0310"),
    "+659": Decimal("0.0310"),
    "+81": Decimal("0.0640"),
    "+86": Decimal("0.0210"),
    "+91": Decimal("0.0280"),
    "+371": Decimal("0.1150"),
}
"""US dollars a started minute, by the longest prefix that fits; `""` is everywhere else."""

SIP_PRICE: Final = Decimal("0.0030")
INBOUND_PRICE: Final = Decimal("0.0055")
MONTHLY: Final = Money(amount=Decimal("1.00"))


def per_minute(address: Address | None, prices: Mapping[str, Decimal] = PRICES) -> Money:
    """The price of one started minute to that address; None is a caller whose number is withheld."""
    if not isinstance(address, PhoneNumber):
        return Money(amount=SIP_PRICE)
    fitting = [prefix for prefix in prices if address.e164.startswith(prefix)]
    return Money(amount=prices[max(fitting, key=len)] if fitting else PRICES[""])


def bill(minute: Money, talked: float) -> tuple[Money, int]:
    """The cost of so many seconds and the seconds billed: whole started minutes."""
    minutes = -int(-talked // MINUTE)
    return Money(amount=minute.amount * minutes, currency=minute.currency), minutes * MINUTE


_POOL: Final[Mapping[str, tuple[tuple[str, str, range], ...]]] = {
    "US": (
        ("New York", "+1212555{:04}", range(110, 120)),
        ("San Francisco", "+1415555{:04}", range(110, 120)),
    ),
    "CA": (("Toronto", "+1416555{:04}", range(110, 120)),),
    "GB": (("London", "+442079460{:03}", range(10, 20)), ("Manchester", "+441614960{:03}", range(10, 20))),
    "AU": (("Sydney", "+6125550{:04}", range(110, 120)),),
    "DE": (("Berlin", "+493023125{:03}", range(10, 20)),),
    "FR": (("Paris", "+3319900{:04}", range(10, 20)),),
    "SG": (("Singapore", "+656123{:04}", range(4560, 4570)),),
}


def for_rent(country: str, region: str | None, taken: frozenset[PhoneNumber]) -> list[DidOffer]:
    """Numbers of a country (two letters) that nobody has yet; of one region, by a part of its name."""
    return [
        DidOffer(number=number, monthly=MONTHLY, region=place)
        for place, shape, tails in _POOL.get(country.upper(), ())
        if region is None or region.lower() in place.lower()
        for number in (PhoneNumber(e164=shape.format(tail)) for tail in tails)
        if number not in taken
    ]
