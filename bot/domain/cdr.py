"""The closed account of a call: money and time. It may be amended by late prices; the state may not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NewType

from bot.domain.causes import Disposition

CallId = NewType("CallId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An exact amount in an ISO 4217 currency."""

    amount: Decimal
    currency: str = "USD"

    def __str__(self) -> str:
        # Per-minute prices have up to five places; whole cents are shown as cents.
        places = 2 if self.amount == round(self.amount, 2) else 4
        return f"{self.amount:.{places}f} {self.currency}"


def total(amounts: Iterable[Money | None]) -> tuple[Money, ...]:
    """One sum a currency, in order of first appearance; unknown amounts are left out."""
    sums: dict[str, Decimal] = {}
    for money in amounts:
        if money is not None:
            sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return tuple(Money(amount=amount, currency=currency) for currency, amount in sums.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetailRecord:
    """`billed_seconds` is the provider's count where it gives one, else the talk time rounded up."""

    call: CallId
    disposition: Disposition
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    talk_seconds: int
    billed_seconds: int
    cost: tuple[Money, ...] = ()
