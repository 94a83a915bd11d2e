"""Orders to measure with: written down by the ledger, or multiplied by the database itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.call import Call, CallKind, LegPlan
from bot.domain.cdr import CallId
from bot.domain.flow import CallFlow, LegRole, Party, Say
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Room
from bot.ports.ledger import Ledger

ROOMS = 100
BATCH = 500


def room(n: int) -> Room:
    return Room(platform="console", workspace="local", channel=f"room-{n % ROOMS}", private=True)


def order(n: int, due: datetime, *, provider: str = "instant", prefix: str = "call") -> Call:
    """A call to one phone, which hears a sentence."""
    party = Party(role=LegRole("A"), address=PhoneNumber(e164=f"+44207946{n % 1000:04}"))
    plan = LegPlan(party=party, flow=CallFlow(steps=(Say(text="Hello there."),)), ring_seconds=30)
    return Call(
        id=CallId(f"{prefix}-{n}"),
        number=n + 1,
        kind=CallKind.CALL,
        room=room(n),
        asker=f"console:local/asker-{n % ROOMS}",
        due=due,
        provider=provider,
        plan=(plan,),
        created_at=due - timedelta(minutes=1),
    )


async def write_down(ledger: Ledger, orders: Sequence[Call]) -> None:
    """In a few large commits."""
    for start in range(0, len(orders), BATCH):
        async with ledger() as tx:
            for each in orders[start : start + BATCH]:
                await tx.add_call(each)
            await tx.commit()
