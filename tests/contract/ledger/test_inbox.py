"""Commands, presses and cancels, each once."""

import asyncio
from dataclasses import replace

from bot.ports.ledger import Ledger
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import NOW, SLACK, inbound, reply, seconds


async def test_a_message_is_kept_once(ledger: Ledger) -> None:
    first = inbound(1)
    async with ledger() as tx:
        assert await tx.put_inbound(first, NOW)
        assert not await tx.put_inbound(replace(first, text="again"), NOW)
        await tx.commit()
    async with ledger() as tx:
        assert not await tx.put_inbound(first, NOW + seconds(60))
        assert list(await tx.waiting_inbound("console")) == [first]


async def test_each_part_of_the_key_counts(ledger: Ledger) -> None:
    first = inbound(1)
    async with ledger() as tx:
        assert await tx.put_inbound(first, NOW)
        for part in ("platform", "workspace", "event"):
            other = replace(first, source=replace(first.source, **{part: "other"}))
            assert await tx.put_inbound(other, NOW)


async def test_a_redelivery_from_two_doors_at_once_counts_once(store: Store) -> None:
    async def put(ledger: Ledger) -> bool:
        async with ledger() as tx:
            new = await tx.put_inbound(inbound(1), NOW)
            await tx.commit()
        return new

    assert sorted(await asyncio.gather(*(put(store.another()) for _ in range(4)))) == [False] * 3 + [True]


async def test_waiting_messages_come_oldest_first(ledger: Ledger) -> None:
    press = inbound(2, text=None, action="cancel:1", timezone=None, room=SLACK)
    async with ledger() as tx:
        for each in (inbound(1), press, inbound(3)):
            await tx.put_inbound(each, NOW)
        assert list(await tx.waiting_inbound("console")) == [inbound(1), press, inbound(3)]
        assert list(await tx.waiting_inbound("console", limit=2)) == [inbound(1), press]
        assert list(await tx.waiting_inbound("slack")) == []


async def test_a_message_is_answered_then_delivered(ledger: Ledger) -> None:
    first, second = inbound(1), inbound(2)
    async with ledger() as tx:
        await tx.put_inbound(first, NOW)
        await tx.put_inbound(second, NOW)
        await tx.answer(first.source, reply())
        assert list(await tx.waiting_inbound("console")) == [second]
        assert list(await tx.undelivered("console")) == [(first, reply())]
        assert list(await tx.undelivered("slack")) == []
        await tx.delivered(first.source)
        assert list(await tx.undelivered("console")) == []
        assert list(await tx.waiting_inbound("console")) == [second]


async def test_what_was_delivered_is_not_answered_again(ledger: Ledger) -> None:
    first = inbound(1)
    async with ledger() as tx:
        await tx.put_inbound(first, NOW)
        await tx.answer(first.source, reply())
        await tx.delivered(first.source)
        await tx.answer(first.source, reply("twice"))
        assert list(await tx.undelivered("console")) == []
        assert not await tx.put_inbound(first, NOW)


async def test_undelivered_replies_come_oldest_first(ledger: Ledger) -> None:
    async with ledger() as tx:
        for n in (1, 2, 3):
            await tx.put_inbound(inbound(n), NOW)
        for n in (3, 1, 2):
            await tx.answer(inbound(n).source, reply(str(n)))
        found = await tx.undelivered("console", limit=2)
        assert [answered.text for _, answered in found] == ["1", "2"]


async def test_everybody_is_found_where_they_last_spoke(ledger: Ledger) -> None:
    first, second, third = inbound(1), inbound(2), inbound(3)
    amy, bob = replace(first.asker, user="amy"), replace(first.asker, user="bob")
    elsewhere = replace(first.room, channel="elsewhere")
    async with ledger() as tx:
        await tx.put_inbound(replace(first, asker=amy), NOW)
        await tx.put_inbound(replace(second, asker=bob), NOW + seconds(1))
        await tx.put_inbound(replace(third, asker=amy, room=elsewhere), NOW + seconds(2))
        await tx.commit()
    async with ledger() as tx:
        heard = [(each.asker.user, each.room.channel) for each in await tx.last_heard()]
        assert heard == [("amy", "elsewhere"), ("bob", first.room.channel)]
        assert len(await tx.last_heard(limit=1)) == 1
