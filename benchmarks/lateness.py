"""How late a lone call leaves: from its due moment to the moment the request reaches the provider."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks import rivals
from benchmarks.bed import Databases, InstantProvider, dispatching, ledger_at
from benchmarks.orders import order, write_down

HEAD_START = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """Milliseconds, and how many calls came before their time or never."""

    p50: float
    p99: float
    longest: float
    early: int = 0
    lost: int = 0

    def __str__(self) -> str:
        return (
            f"p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms, longest {self.longest:.1f} ms, "
            f"{self.early} early, {self.lost} lost"
        )


def lateness(dues: dict[str, datetime], came: Sequence[tuple[str, datetime]]) -> Lateness:
    """Of what came; what never came is counted."""
    late = sorted((at - dues[call]).total_seconds() * 1000 for call, at in came)
    return Lateness(
        p50=_share(late, 0.5),
        p99=_share(late, 0.99),
        longest=_share(late, 1.0),
        early=sum(each < 0 for each in late),
        lost=len(dues) - len({call for call, _ in came}),
    )


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def spread(calls: int, seconds: float, start: datetime) -> list[datetime]:
    """Evenly, though not in a rhythm that any poll could fall into."""
    return [start + timedelta(seconds=seconds * (n * 7919 % calls + 0.37) / calls) for n in range(calls)]


async def ours(databases: Databases, kind: str, calls: int, seconds: float) -> Lateness:
    url = await databases.ready(kind)
    provider = InstantProvider()
    dues = spread(calls, seconds, datetime.now(UTC) + HEAD_START + timedelta(milliseconds=2 * calls))
    orders = [order(n, due) for n, due in enumerate(dues)]
    async with ledger_at(url) as ledger:
        await write_down(ledger, orders)
    async with dispatching(url, databases.folder, provider):
        await provider.seen.all(calls, seconds=(max(dues) - datetime.now(UTC)).total_seconds() + 10)
    return lateness({each.id: each.due for each in orders}, provider.seen.came)


async def apscheduler(databases: Databases, kind: str, calls: int, seconds: float) -> Lateness:
    with rivals.apscheduler(databases.empty(kind)) as (scheduler, seen):
        dues = spread(calls, seconds, datetime.now(UTC) + HEAD_START + timedelta(milliseconds=6 * calls))
        names = [str(n) for n in range(calls)]
        scheduler.start(paused=True)
        rivals.add_jobs(scheduler, seen, names, dues)
        scheduler.resume()
        await seen.all(calls, seconds=(max(dues) - datetime.now(UTC)).total_seconds() + 5)
        scheduler.shutdown(wait=False)
    return lateness(dict(zip(names, dues, strict=True)), seen.came)


async def procrastinate(databases: Databases, calls: int, seconds: float) -> Lateness:
    async with rivals.procrastinate(databases.empty("postgresql")) as (app, seen):
        dues = spread(calls, seconds, datetime.now(UTC) + HEAD_START + timedelta(milliseconds=6 * calls))
        names = [str(n) for n in range(calls)]
        await rivals.defer(app, names, dues)
        async with rivals.working(app):
            await seen.all(calls, seconds=(max(dues) - datetime.now(UTC)).total_seconds() + 10)
    return lateness(dict(zip(names, dues, strict=True)), seen.came)


async def fresh(databases: Databases, url: str, calls: int) -> Lateness:
    """Calls ordered one by one, a second ahead, while the dispatcher of that database is at work."""
    provider = InstantProvider()
    dues: dict[str, datetime] = {}
    async with dispatching(url, databases.folder, provider) as house:
        await asyncio.sleep(1)
        for n in range(calls):
            new = order(n, datetime.now(UTC) + timedelta(seconds=1), prefix="fresh")
            await write_down(house.ledger, [new])
            house.bell.ring_at(new.due)
            dues[new.id] = new.due
            await asyncio.sleep(0.1)
        await provider.seen.all(calls, seconds=10)
    return lateness(dues, provider.seen.came)
