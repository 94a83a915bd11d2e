"""What only PostgreSQL does: processes hear of each other, and there is a second clock."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.call import CallState
from bot.ports.ledger import Ledger, Transaction
from storage import ledger as sql
from storage.ledger import SqlLedger
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import (
    ASKER,
    NOW,
    OWNER,
    ROOM,
    call,
    card,
    claimed,
    inbound,
    person,
    plan,
    reply,
    saved,
)
from tests.contract.ledger.test_outages import cut

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("address", ["postgres"], indirect=True)]


class Ear:
    """Hears what another process commits."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    async def hears(self) -> None:
        async with asyncio.timeout(10):
            await self.heard.wait()
        self.heard.clear()

    async def hears_nothing_before(self, ledger: Ledger) -> None:
        """Notifications come in order: what follows `ledger`'s next news was not news."""
        self.heard.clear()
        async with ledger() as tx:
            await tx.put_inbound(inbound(99), NOW)
            await tx.commit()
        await self.hears()


@pytest.fixture
async def ear(store: Store) -> AsyncIterator[Ear]:
    ear = Ear()
    listening = asyncio.create_task(store.another().watch(ear.heard.set))
    await ear.hears()  # upon connecting: something may have been missed
    yield ear
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def add(tx: Transaction) -> None:
    await tx.add_call(call())


async def tell(tx: Transaction) -> None:
    await tx.put_cards([(ROOM, card())], NOW)


async def answer(tx: Transaction) -> None:
    await tx.put_reply(ROOM, ASKER, reply(), NOW)


async def hear(tx: Transaction) -> None:
    await tx.put_inbound(inbound(), NOW)


@pytest.mark.parametrize("news", [add, tell, answer, hear])
async def test_news_is_heard_by_others(store: Store, ear: Ear, news: object) -> None:
    async with store.another()() as tx:
        await news(tx)  # type: ignore[operator]
        await tx.commit()
    await ear.hears()


async def test_changes_to_what_is_to_be_dispatched_are_heard(store: Store, ear: Ear) -> None:
    ledger, wanted = store.another(), call(state=CallState.HELD)
    await saved(ledger, wanted)
    await ear.hears()
    for after in (
        replace(wanted, state=CallState.SCHEDULED),
        replace(wanted, state=CallState.STARTED, plan=(*wanted.plan, plan())),
    ):
        async with ledger() as tx:
            await tx.call(wanted.id)
            await tx.save_call(after)
            await tx.commit()
        await ear.hears()


async def test_released_calls_are_heard(store: Store, ear: Ear) -> None:
    ledger, wanted = store.another(), call()
    await saved(ledger, wanted)
    await ear.hears()
    await claimed(ledger)
    async with ledger() as tx:
        await tx.release(owner=OWNER, calls=[wanted.id])
        await tx.commit()
    await ear.hears()


async def test_a_rollback_and_things_of_no_interest_are_not_heard(store: Store) -> None:
    writer, heard = store.another(), list[int]()
    first = asyncio.Event()

    def changed() -> None:
        heard.append(1)
        first.set()

    listening = asyncio.create_task(store.another().watch(changed))
    async with asyncio.timeout(10):
        await first.wait()
    first.clear()
    async with writer() as tx:
        await tx.add_call(call())
    async with writer() as tx:
        await tx.save_person(person())
        await tx.commit()
    await saved(writer, call())
    async with asyncio.timeout(10):
        await first.wait()
    assert len(heard) == 2
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_ones_own_news_is_no_news(store: Store) -> None:
    ours, theirs = store.another(), store.another()
    ear = Ear()
    count = list[int]()
    listening = asyncio.create_task(ours.watch(lambda: (count.append(1), ear.heard.set())[1]))
    await ear.hears()
    await saved(ours, call())
    await saved(theirs, call())
    await ear.hears()
    assert len(count) == 2
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_lost_ear_listens_again(store: Store, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "HEAR_AGAIN", 0.01)
    await cut(str(store.url))
    await ear.hears()
    await saved(store.another(), call())
    await ear.hears()


@pytest.mark.parametrize("ahead", [0.0, 7.5, -7.5])
async def test_skew_is_how_far_our_clock_is_ahead(store: Store, ahead: float) -> None:
    ledger = SqlLedger(str(store.url), now=lambda: datetime.now(UTC) + timedelta(seconds=ahead))
    assert await ledger.skew() == pytest.approx(ahead, abs=0.5)
    await ledger.close()
