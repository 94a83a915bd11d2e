"""Many calls due at one moment: how fast they go out with a durable record each, and whether any is lost.

The clock runs from the due moment until the last call is written down as placed, both commits of it.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks import rivals
from benchmarks.bed import Databases, InstantProvider, dispatching, ledger_at
from benchmarks.orders import order, write_down
from bot.domain.call import PlacementState
from bot.ports.ledger import Ledger

PATIENCE = 0.05
"""Seconds a call may take on the slowest machine before it counts as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What became of `calls`. `rate` is calls per second."""

    calls: int
    rate: float
    early: int
    lost: int
    twice: int

    def __str__(self) -> str:
        return f"{self.rate:.0f}/s, {self.early} early, {self.lost} lost, {self.twice} twice"


def _judged(calls: int, due: datetime, came: list[tuple[str, datetime]], seconds: float) -> Burst:
    times = Counter(call for call, _ in came)
    return Burst(
        calls=calls,
        rate=len(times) / seconds,
        early=sum(at < due for _, at in came),
        lost=calls - len(times),
        twice=sum(n > 1 for n in times.values()),
    )


async def ours(databases: Databases, kind: str, calls: int) -> Burst:
    """Through the whole dispatcher: claim, policy, placement, request, outcome, card."""
    url = await databases.ready(kind)
    provider = InstantProvider()
    async with ledger_at(url) as ledger:
        # Writing so many takes a while, and must be over when they are due.
        due = datetime.now(UTC) + timedelta(seconds=2 + calls / 400)
        await write_down(ledger, [order(n, due) for n in range(calls)])
        async with dispatching(url, databases.folder, provider):
            await provider.seen.all(
                calls, seconds=(due - datetime.now(UTC)).total_seconds() + 5 + calls * PATIENCE
            )
            await _all_placed(ledger, len(set(provider.tokens)))
            seconds = (datetime.now(UTC) - due).total_seconds()
    return _judged(calls, due, provider.seen.came, seconds)


async def _all_placed(ledger: Ledger, calls: int) -> None:
    """Until the outcome of every request is committed."""
    async with asyncio.timeout(30):
        while True:
            async with ledger() as tx:
                tally = await tx.tally(datetime.now(UTC))
            if tally.placements.get(PlacementState.PLACED, 0) >= calls:
                return
            await asyncio.sleep(0.02)


async def procrastinate(databases: Databases, calls: int) -> Burst:
    """One job a call, 20 at a time."""
    async with rivals.procrastinate(databases.empty("postgresql")) as (app, seen):
        due = datetime.now(UTC) + timedelta(seconds=2 + calls / 1000)
        await rivals.defer(app, [str(n) for n in range(calls)], [due] * calls)
        async with rivals.working(app):
            await seen.all(calls, seconds=(due - datetime.now(UTC)).total_seconds() + 5 + calls * PATIENCE)
        seconds = (max((at for _, at in seen.came), default=due) - due).total_seconds()
    return _judged(calls, due, seen.came, seconds)


async def apscheduler(databases: Databases, kind: str, calls: int) -> Burst:
    """At its defaults: what is more than a second late is dropped."""
    with rivals.apscheduler(databases.empty(kind)) as (scheduler, seen):
        due = datetime.now(UTC) + timedelta(seconds=2 + calls / 150)
        rivals.add_jobs(scheduler, seen, [str(n) for n in range(calls)], [due] * calls)
        limit = (due - datetime.now(UTC)).total_seconds() + 5 + calls * PATIENCE
        await rivals.run(scheduler, calls, seconds=limit)
        seconds = (max((at for _, at in seen.came), default=due) - due).total_seconds()
    return _judged(calls, due, seen.came, max(seconds, 0.001))
