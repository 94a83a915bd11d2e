"""Questions are answered once, and end by themselves."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.domain.cdr import CallId
from bot.domain.question import QuestionId, QuestionKind
from bot.ports.ledger import Ledger
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import ASKER, NOW, ROOM, SLACK, question, seconds

TEN_MINUTES = timedelta(minutes=10)


async def test_a_question_comes_back_as_it_went_in(ledger: Ledger) -> None:
    asked = question(kind=QuestionKind.CONFIRM, call=CallId("c1"), outcome="so far", room=SLACK)
    async with ledger() as tx:
        assert await tx.question(asked.id) is None
        await tx.save_question(asked)
        assert await tx.question(asked.id) == asked
        changed = replace(asked, choices=(), span=None, call=None)
        await tx.save_question(changed)
        assert await tx.question(asked.id) == changed


async def test_the_open_question_is_the_latest_of_that_person_in_that_room(ledger: Ledger) -> None:
    old, new = question(), question(created_at=NOW + seconds(1))
    async with ledger() as tx:
        for each in (new, old, question(asker="console:local/you"), question(room=SLACK)):
            await tx.save_question(each)
        assert await tx.open_question(ROOM, ASKER.key, NOW) == new
        assert await tx.open_question(replace(ROOM, thread="7"), ASKER.key, NOW) == new
        assert await tx.close_question(new.id, "done")
        assert await tx.open_question(ROOM, ASKER.key, NOW) == old
        assert await tx.open_question(ROOM, "nobody", NOW) is None


async def test_a_question_is_open_until_it_expires(ledger: Ledger) -> None:
    asked = question()
    async with ledger() as tx:
        await tx.save_question(asked)
        assert await tx.open_question(ROOM, ASKER.key, NOW + TEN_MINUTES - seconds(0.001)) == asked
        assert await tx.open_question(ROOM, ASKER.key, NOW + TEN_MINUTES) is None


async def test_one_of_many_presses_closes_it(store: Store) -> None:
    asked = question()
    async with store.another()() as tx:
        await tx.save_question(asked)
        await tx.commit()

    async def press(ledger: Ledger, outcome: str) -> bool:
        async with ledger() as tx:
            closed = await tx.close_question(asked.id, outcome)
            await tx.commit()
        return closed

    won = await asyncio.gather(*(press(store.another(), str(n)) for n in range(5)))
    assert sorted(won) == [False] * 4 + [True]
    async with store.another()() as tx:
        kept = await tx.question(asked.id)
        assert kept == replace(asked, closed=True, outcome=str(won.index(True)))
        assert not await tx.close_question(QuestionId("none"), "x")


async def test_confirmations_that_nobody_gave(ledger: Ledger) -> None:
    held = question(kind=QuestionKind.CONFIRM, call=CallId("c1"))
    earlier = replace(held, id=QuestionId("earlier"), expires_at=NOW + seconds(1))
    closed = replace(held, id=QuestionId("closed"), closed=True)
    async with ledger() as tx:
        for each in (held, earlier, closed, question()):
            await tx.save_question(each)
        assert list(await tx.expired_confirmations(NOW)) == []
        assert list(await tx.expired_confirmations(NOW + seconds(1))) == [earlier]
        assert list(await tx.expired_confirmations(NOW + TEN_MINUTES)) == [earlier, held]
        assert await tx.close_question(earlier.id, "too late")
        assert list(await tx.expired_confirmations(NOW + TEN_MINUTES)) == [held]
