"""The figures of dialling in short form: counts, and ratios within one run. The long form is `make bench`."""

import asyncio
from pathlib import Path

import pytest

from benchmarks import bare, burst, callbacks, faults, lateness, pending
from benchmarks.bed import DATABASES, Databases
from tests.postgres import PostgresServer

pytestmark = pytest.mark.timeout(120)
on_both = pytest.mark.parametrize("kind", DATABASES)


@pytest.fixture
def databases(tmp_path: Path, postgres_server: PostgresServer) -> Databases:
    return Databases(tmp_path, postgres_server)


async def test_calls_leave_at_their_moment(databases: Databases) -> None:
    """Side by side with the alternatives, so that whatever else the machine does falls on all alike."""
    ours, others, theirs, queue = await asyncio.gather(
        lateness.ours(databases, "sqlite", 20, 2),
        lateness.ours(databases, "postgresql", 20, 2),
        lateness.apscheduler(databases, "sqlite", 20, 2),
        lateness.procrastinate(databases, 20, 2),
    )
    for each in (ours, others):
        assert (each.early, each.lost) == (0, 0)
        assert each.p50 < theirs.p50 * 20
        assert each.p50 < queue.p50 * 3, "a job queue that looks every 0.2 s, and is mostly late by that"


@on_both
async def test_a_burst_goes_out_whole(databases: Databases, kind: str) -> None:
    """Ten times the calls take about ten times as long, not a hundred times."""
    few, many = await burst.ours(databases, kind, 30), await burst.ours(databases, kind, 300)
    for each in (few, many):
        assert (each.early, each.lost, each.twice) == (0, 0, 0)
    assert many.rate > few.rate / 8
    assert many.rate > await bare.through_sqlalchemy(databases.empty(kind), 300) / 100


async def test_pending_calls_are_in_nobodys_way(databases: Databases) -> None:
    few, many = [await pending.fill(databases, "sqlite", calls) for calls in (2_000, 40_000)]
    fresh = await lateness.fresh(databases, many, 5)
    assert (fresh.early, fresh.lost) == (0, 0)
    before, after = [await pending.in_the_ledger(databases, url, times=20) for url in (few, many)]
    for name in ("schedule", "show", "cancel"):
        assert getattr(after, name)[0] < getattr(before, name)[0] * 20, name


@on_both
async def test_callbacks_in_any_order_and_number_come_to_the_same(databases: Databases, kind: str) -> None:
    once = await callbacks.heard(databases, kind, calls=15, per_second=200, seed=None)
    assert (once.callbacks, once.refused) == (60, 0)
    assert len(set(once.state)) == 1, "every call was told the same story"
    mixed = await callbacks.heard(databases, kind, calls=15, per_second=200, seed=1)
    assert (mixed.callbacks, mixed.refused) == (180, 0)
    assert mixed.state == once.state


@on_both
async def test_a_provider_that_drops_every_line_rings_nobody_twice(databases: Databases, kind: str) -> None:
    settled = await faults.dropped(databases, kind, 30, 1)
    assert (settled.double, settled.reconciled) == (0, 30)
