"""Several processes on one PostgreSQL that hold several calls: nobody waits crosswise, or for the slow."""

import asyncio
import random
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.call import Call
from bot.ports.ledger import Ledger, Transaction
from bot.services.changes import CREW, Change, Changed, Changes
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import LEASE, NOW, OWNER, call, claimed, placement, read, saved
from tests.fakes import FakeClock

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("address", ["postgres"], indirect=True)]


def changes_on(ledger: Ledger) -> Changes:
    async def put(_: Transaction, *__: Call) -> None: ...

    cards: Any = SimpleNamespace(put=put, wake=lambda: None)
    return Changes(ledger=ledger, clock=FakeClock(), providers={}, cards=cards, texts={})


def noting(word: str) -> Change:
    async def note(_: Transaction, call: Call, __: datetime) -> Changed:
        return replace(call, notes=(*call.notes, word)), ()

    return note


async def test_a_call_in_other_hands_keeps_only_its_own_changes_waiting(store: Store) -> None:
    calls = [call() for _ in range(CREW)]
    await saved(store.another(), *calls)
    slow, changes = store.another(), changes_on(store.another())
    stuck, *others = calls
    async with slow() as tx:
        await tx.call(stuck.id)
        waiting = [asyncio.create_task(changes.apply(stuck.id, noting(word))) for word in ("one", "two")]
        async with asyncio.timeout(5):
            for _ in range(3):
                await asyncio.gather(*(changes.apply(each.id, noting("rang")) for each in others))
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)
    assert sorted((await read(slow, stuck.id)).notes) == ["one", "two"]


async def test_two_processes_change_the_same_calls_and_nothing_is_lost(store: Store) -> None:
    calls = [call() for _ in range(CREW)]
    await saved(store.another(), *calls)
    both = [changes_on(store.another()) for _ in range(2)]
    wanted = [(each, n) for each in calls for n in range(10)]
    random.Random(1).shuffle(wanted)
    async with asyncio.timeout(30):
        await asyncio.gather(*(both[n % 2].apply(each.id, noting(str(n))) for each, n in wanted))
    for each in calls:
        assert sorted((await read(store.another(), each.id)).notes) == [str(n) for n in range(10)]


async def test_crews_are_written_down_while_leases_are_renewed(store: Store) -> None:
    ledger, beside = store.another(), store.another()
    calls = [call() for _ in range(20 * CREW)]
    await saved(ledger, *calls)
    await claimed(ledger, limit=len(calls))
    random.Random(2).shuffle(calls)
    is_over = asyncio.Event()

    async def renew() -> None:
        n = 0
        while not is_over.is_set():
            n += 1
            async with beside() as tx:
                await tx.renew(owner=OWNER, until=NOW + LEASE * (1 + n))
                await tx.commit()

    async def write_down(crew: list[Call]) -> None:
        async with ledger() as tx:
            placements = [placement(each) for each in crew]
            assert len(await tx.begin_placements(placements, owner=OWNER, now=NOW)) == CREW
            await tx.commit()

    renewing = [asyncio.create_task(renew()) for _ in range(3)]
    async with asyncio.timeout(30):
        await asyncio.gather(
            *(write_down(calls[start : start + CREW]) for start in range(0, len(calls), CREW))
        )
    is_over.set()
    await asyncio.gather(*renewing)
