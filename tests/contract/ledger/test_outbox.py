"""The latest card wins, the final one always arrives."""

from dataclasses import replace

from bot.domain.card import Card
from bot.domain.people import Room
from bot.ports.chat import MessageRef
from bot.ports.ledger import Ledger, Notice
from tests.contract.ledger.samples import ASKER, NOW, ROOM, SLACK, card, reply, seconds

REF = MessageRef(channel="C7", message="171.6")


async def put(ledger: Ledger, wanted: Card, room: Room = ROOM, after: float = 0) -> None:
    async with ledger() as tx:
        await tx.put_cards([(room, wanted)], NOW + seconds(after))
        await tx.commit()


async def due(ledger: Ledger, after: float = 0, platform: str = "console") -> list[Notice]:
    async with ledger() as tx:
        return list(await tx.notices_due(platform, NOW + seconds(after)))


async def show(ledger: Ledger, notice: Notice, ref: MessageRef | None = REF, pause: float = 0) -> None:
    async with ledger() as tx:
        await tx.shown(notice.id, notice.revision, ref, NOW + seconds(pause))
        await tx.commit()


async def test_a_card_is_shown_once(ledger: Ledger) -> None:
    await put(ledger, card())
    [notice] = await due(ledger)
    assert (notice.room, notice.card, notice.reply, notice.ref, notice.tries) == (ROOM, card(), None, None, 0)
    await show(ledger, notice)
    assert await due(ledger, 60) == []
    await put(ledger, card())
    assert await due(ledger, 60) == []


async def test_the_latest_card_wins(ledger: Ledger) -> None:
    for state in ("ringing", "talking", "ended"):
        await put(ledger, card(state=state))
    [notice] = await due(ledger)
    assert notice.card == card(state="ended")


async def test_an_edit_knows_where_the_card_was_posted(ledger: Ledger) -> None:
    await put(ledger, card())
    [first] = await due(ledger)
    await show(ledger, first)
    await put(ledger, card(state="talking"))
    [second] = await due(ledger)
    assert (second.id, second.ref, second.card) == (first.id, REF, card(state="talking"))
    assert second.revision > first.revision


async def test_a_card_that_changed_while_it_was_shown_is_shown_again(ledger: Ledger) -> None:
    await put(ledger, card())
    [first] = await due(ledger)
    await put(ledger, card(state="talking"))
    await show(ledger, first, pause=2)
    assert await due(ledger, 1.9) == []
    [second] = await due(ledger, 2)
    assert second.card == card(state="talking")


async def test_a_final_card_gives_way_only_to_a_final_one(ledger: Ledger) -> None:
    done, priced = card(state="done", final=True), replace(card(state="done", final=True), title="1.20 USD")
    await put(ledger, done)
    await put(ledger, card(state="ringing"))
    [notice] = await due(ledger)
    assert notice.card == done
    await show(ledger, notice)
    await put(ledger, card(state="talking"))
    assert await due(ledger, 60) == []
    await put(ledger, priced)
    [notice] = await due(ledger, 60)
    assert notice.card == priced


async def test_one_row_a_room_and_call(ledger: Ledger) -> None:
    other = Room(platform="console", workspace="local", channel="other")
    await put(ledger, card("c1"))
    await put(ledger, card("c2"))
    await put(ledger, card("c1"), other)
    await put(ledger, card("c1", state="talking"), replace(ROOM, thread="5"))
    found = await due(ledger)
    assert [(each.room.channel, each.card and each.card.call) for each in found] == [
        ("main", "c1"),
        ("main", "c2"),
        ("other", "c1"),
    ]
    assert found[0].room.thread == "5"


async def test_final_cards_first_then_the_oldest(ledger: Ledger) -> None:
    await put(ledger, card("old"), after=0)
    await put(ledger, card("new"), after=2)
    await put(ledger, card("done", final=True), after=3)
    async with ledger() as tx:
        await tx.put_reply(ROOM, ASKER, reply(), NOW + seconds(1))
        await tx.commit()
    await put(ledger, card("old", state="talking"), after=4)
    found = [each.card.call if each.card else "reply" for each in await due(ledger, 9)]
    assert found == ["done", "old", "reply", "new"]
    async with ledger() as tx:
        assert len(await tx.notices_due("console", NOW + seconds(9), limit=2)) == 2


async def test_each_platform_has_its_own_notices(ledger: Ledger) -> None:
    await put(ledger, card(), SLACK)
    assert await due(ledger) == []
    [notice] = await due(ledger, platform="slack")
    assert notice.room == SLACK


async def test_what_was_put_off_comes_back_and_counts(ledger: Ledger) -> None:
    await put(ledger, card())
    [notice] = await due(ledger)
    async with ledger() as tx:
        await tx.put_off(notice.id, NOW + seconds(4))
        await tx.put_off(notice.id, NOW + seconds(8))
        assert await tx.next_notice("console") == NOW + seconds(8)
        await tx.commit()
    assert await due(ledger, 7.9) == []
    [again] = await due(ledger, 8)
    assert again == replace(notice, tries=2)
    await show(ledger, again)
    await put(ledger, card(state="talking"))
    assert [each.tries for each in await due(ledger, 9)] == [0]


async def test_a_reply_is_said_once(ledger: Ledger) -> None:
    async with ledger() as tx:
        await tx.put_reply(ROOM, ASKER, reply("one"), NOW)
        await tx.put_reply(ROOM, ASKER, reply("one"), NOW)
        await tx.commit()
    first, second = await due(ledger)
    assert (first.reply, first.asker, first.card, first.room) == (reply("one"), ASKER, None, ROOM)
    await show(ledger, first, None)
    assert await due(ledger, 60) == [second]
    await show(ledger, second, None)
    assert await due(ledger, 60) == []


async def test_a_lost_message_can_be_posted_anew(ledger: Ledger) -> None:
    await put(ledger, card())
    [notice] = await due(ledger)
    await show(ledger, notice)
    await put(ledger, card(state="talking"))
    [notice] = await due(ledger)
    await show(ledger, notice, None)
    await put(ledger, card(final=True))
    assert [each.ref for each in await due(ledger)] == [None]


async def test_a_room_that_rests_holds_up_no_other(ledger: Ledger) -> None:
    await put(ledger, card("c1"))
    await put(ledger, card("c2"))
    await put(ledger, card("c3"), room=replace(ROOM, channel="elsewhere"))
    async with ledger() as tx:
        [notice] = await tx.notices_due("console", NOW, limit=1, resting=[ROOM.key])
        assert notice.room.channel == "elsewhere"
        assert len(await tx.notices_due("console", NOW, resting=())) == 3


async def test_the_next_notice(ledger: Ledger) -> None:
    async with ledger() as tx:
        assert await tx.next_notice("console") is None
    await put(ledger, card(), after=3)
    async with ledger() as tx:
        assert await tx.next_notice("console") == NOW + seconds(3)
        assert await tx.next_notice("slack") is None
    [notice] = await due(ledger, 3)
    await show(ledger, notice, pause=9)
    async with ledger() as tx:
        assert await tx.next_notice("console") is None
    await put(ledger, card(state="talking"), after=4)
    async with ledger() as tx:
        assert await tx.next_notice("console") == NOW + seconds(9)


async def test_showing_what_is_gone_is_harmless(ledger: Ledger) -> None:
    async with ledger() as tx:
        await tx.shown(4711, 1, REF, NOW)
        await tx.put_off(4711, NOW)
