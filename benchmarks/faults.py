"""A provider that takes every request and drops the line: nobody is rung twice, and it is found out soon."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from benchmarks.bed import Databases, InstantProvider, dispatching, ledger_at
from benchmarks.lateness import spread
from benchmarks.orders import order, write_down
from bot.domain.call import Placement, PlacementState
from bot.domain.cdr import CallId
from bot.domain.errors import OutcomeUnknown
from bot.domain.leg import Token
from bot.ports.ledger import Ledger
from bot.ports.voice import Hooks, Placed, Sighting

LISTING_LAG = timedelta(seconds=1.5)
IN_TIME = timedelta(seconds=10)


@dataclass
class Dropper(InstantProvider):
    """Its list shows a call once it is `LISTING_LAG` old."""

    taken: dict[Token, tuple[datetime, Placed]] = field(default_factory=dict)

    async def originate(self, placement: Placement, hooks: Hooks) -> Placed:
        placed = await super().originate(placement, hooks)
        self.taken[placement.token] = datetime.now(UTC), placed
        raise OutcomeUnknown(provider=self.name, detail="the line was dropped")

    async def look_up(self, placement: Placement) -> Sighting | None:
        now = datetime.now(UTC)
        at, placed = self.taken.get(placement.token, (now, None))
        if placed is None or now - at < LISTING_LAG:
            return None
        return Sighting(refs=placed.refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """`reconciled`: written down as placed after having been in doubt; `in_time`: those of them within ten
    seconds of the request. `slowest` in seconds."""

    calls: int
    double: int
    reconciled: int
    in_time: int
    slowest: float

    def __str__(self) -> str:
        return (
            f"{self.calls:,} dropped: {self.double} double, {self.in_time / self.calls:.1%} reconciled "
            f"within 10 s, the slowest after {self.slowest:.1f} s"
        )


async def dropped(databases: Databases, kind: str, calls: int, seconds: float) -> Settled:
    """So many calls, spread over so many seconds, each of them taken and dropped."""
    url = await databases.ready(kind)
    provider = Dropper()
    dues = spread(calls, seconds, datetime.now(UTC) + timedelta(seconds=1 + calls / 500))
    async with ledger_at(url) as ledger:
        await write_down(ledger, [order(n, due) for n, due in enumerate(dues)])
        async with dispatching(url, databases.folder, provider):
            await _all_settled(ledger, calls, max(dues) + timedelta(seconds=30))
        took = await _took(ledger, provider, calls)
    times = Counter(call for call, _ in provider.seen.came)
    return Settled(
        calls=calls,
        double=sum(n > 1 for n in times.values()),
        reconciled=len(took),
        in_time=sum(each <= IN_TIME for each in took),
        slowest=max(took, default=timedelta.max).total_seconds(),
    )


async def _all_settled(ledger: Ledger, calls: int, end: datetime) -> None:
    while datetime.now(UTC) < end:
        async with ledger() as tx:
            tally = await tx.tally(datetime.now(UTC))
        if tally.placements.get(PlacementState.PLACED, 0) >= calls:
            return
        await asyncio.sleep(0.5)


async def _took(ledger: Ledger, provider: Dropper, calls: int) -> Sequence[timedelta]:
    """From each request until the ledger knew of it, of those that were reconciled."""
    found = []
    for n in range(calls):
        async with ledger() as tx:
            call = await tx.call(CallId(f"call-{n}"))
        assert call is not None
        found += [
            each.placed_at - provider.taken[each.token][0]
            for each in call.placements
            if each.reconciled and each.placed_at is not None
        ]
    return found
