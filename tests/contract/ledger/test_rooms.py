"""A room that goes on elsewhere takes along whatever belongs to it; every other room stays as it is."""

from dataclasses import replace

from bot.domain.call import CallState
from bot.domain.people import Room
from bot.ports.chat import MessageRef
from bot.ports.ledger import Ledger
from tests.contract.ledger.samples import (
    ASKER,
    NOW,
    OFFICE,
    ROOM,
    call,
    card,
    forward,
    order,
    question,
    recording,
    seconds,
)

GROUP = Room(platform="telegram", workspace="", channel="-5001")
TOPIC = replace(GROUP, thread="7")
SUPER = Room(platform="telegram", workspace="", channel="-1005001")
OTHER = replace(GROUP, channel="-5002")


async def test_everything_of_a_room_moves_and_nothing_of_another(ledger: Ledger) -> None:
    mine, theirs = call(room=TOPIC, state=CallState.SCHEDULED), call(room=OTHER, state=CallState.SCHEDULED)
    series, asked, heard = order(room=GROUP), question(room=GROUP), recording(room=GROUP)
    async with ledger() as tx:
        await tx.add_call(mine)
        await tx.add_call(theirs)
        await tx.save_order(series)
        await tx.save_question(asked)
        await tx.save_recording(heard)
        await tx.save_forward(forward(room=GROUP))
        await tx.save_binding(GROUP.tenant, GROUP, "missed", OFFICE)
        await tx.save_binding(GROUP.tenant, OTHER, "missed", OFFICE)
        await tx.commit()
    for _ in range(2):
        async with ledger() as tx:
            await tx.move_room(GROUP, SUPER)
            await tx.commit()
    async with ledger() as tx:
        assert [each.id for each in await tx.calls_in(room=SUPER)] == [mine.id]
        moved = await tx.call(mine.id)
        assert moved is not None
        assert (moved.room, moved.id) == (SUPER, mine.id)
        assert await tx.calls_in(room=GROUP) == []
        assert [each.id for each in await tx.calls_in(room=OTHER)] == [theirs.id]
        kept = await tx.order(series.id)
        assert kept is not None
        assert kept.room == SUPER
        assert await tx.open_question(SUPER, ASKER.key, NOW) == replace(asked, room=SUPER)
        recorded = await tx.recording(heard.id)
        assert recorded is not None
        assert recorded.room == SUPER
        rule = await tx.forward_of(OFFICE)
        assert rule is not None
        assert rule.room == SUPER
        assert {room.key for room, _, _ in await tx.bindings(GROUP.tenant)} == {SUPER.key, OTHER.key}


async def test_cards_are_posted_anew_where_the_room_is_now(ledger: Ledger) -> None:
    async with ledger() as tx:
        await tx.put_cards([(GROUP, card())], NOW)
        await tx.put_cards([(ROOM, card("c2"))], NOW)
        [notice] = await tx.notices_due("telegram", NOW)
        await tx.shown(notice.id, notice.revision, MessageRef(channel="-5001", message="9"), NOW)
        await tx.move_room(GROUP, SUPER)
        await tx.put_cards([(SUPER, card(state="ended", final=True))], NOW + seconds(1))
        await tx.commit()
    async with ledger() as tx:
        [notice] = await tx.notices_due("telegram", NOW + seconds(1))
        assert (notice.room, notice.ref) == (SUPER, None)
        [other] = await tx.notices_due("console", NOW)
        assert other.room == ROOM


async def test_the_open_questions_of_a_room_are_everybodys(ledger: Ledger) -> None:
    first, second = (
        question(room=GROUP),
        question(room=GROUP, asker="telegram:2", created_at=NOW + seconds(1), expires_at=NOW + seconds(900)),
    )
    closed = question(room=GROUP, created_at=NOW + seconds(2))
    async with ledger() as tx:
        for each in (second, first, closed, question(room=OTHER)):
            await tx.save_question(each)
        await tx.close_question(closed.id, "done")
        assert await tx.open_questions(TOPIC, NOW) == [first, second]
        assert await tx.open_questions(GROUP, first.expires_at) == [second]
