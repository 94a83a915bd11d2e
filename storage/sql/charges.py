"""Money in the `charge` table: exact to a billionth, so that the database can add it up."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.domain.cdr import CallDetailRecord, Money, total
from storage.mapping import Values

BILLION: Final = 1_000_000_000


def charges(cdr: CallDetailRecord) -> Sequence[Values]:
    """One row a currency."""
    return [
        {
            "call": cdr.call,
            "currency": money.currency,
            "ended_at": cdr.ended_at,
            "billionths": int((money.amount * BILLION).to_integral_value()),
        }
        for money in total(cdr.cost)
    ]


def money(billionths: int, currency: str) -> Money:
    """Inverse of a row's amount, without trailing zeros."""
    amount = (Decimal(int(billionths)) / BILLION).normalize()
    return Money(amount=amount + 0 if amount % 1 else amount.quantize(Decimal(1)), currency=currency)
