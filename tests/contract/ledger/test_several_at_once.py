"""What is asked and written for several calls in one go comes to the same as one by one."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.call import Call, CallState, PlacementState
from bot.domain.cdr import CallId, Money
from bot.domain.errors import Conflict
from bot.domain.numbers import Did
from bot.domain.people import Contact
from bot.ports.ledger import Background, Ledger, LoggedVerdict
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import (
    AMY,
    ASKER,
    DAY,
    ME,
    NOW,
    OFFICE,
    OWNER,
    ROOM,
    B,
    call,
    cdr,
    claimed,
    dialled,
    leg,
    person,
    placement,
    plan,
    read,
    saved,
    seconds,
    started,
    usd,
)


async def test_calls_come_whole_in_order_of_their_ids_and_without_strangers(ledger: Ledger) -> None:
    plain = call(id=CallId("b"))
    first = placement(call(id=CallId("a")), state=PlacementState.PLACED)
    running = started(first, legs=(leg(first),), id=CallId("a"))
    await saved(ledger, plain, running)
    async with ledger() as tx:
        assert list(await tx.calls([CallId("nobody"), plain.id, running.id, plain.id])) == [running, plain]
        assert list(await tx.calls([plain.id])) == [plain]
        assert list(await tx.calls([])) == []


async def test_calls_that_come_are_held_and_those_in_other_hands_are_not_waited_for(store: Store) -> None:
    """Twenty tasks take what they can get of two calls, and write what they have read plus one. Where there
    is but one writer at a time, each of them gets both."""
    wanted = [call(), call()]
    await saved(store.another(), *wanted)
    ledgers = [store.another() for _ in range(2)]
    got = {each.id: 0 for each in wanted}

    async def note(n: int) -> None:
        async with ledgers[n % 2]() as tx:
            held = await tx.calls([each.id for each in wanted])
            await asyncio.sleep(0.01)
            await tx.save_call(*(replace(each, notes=(*each.notes, str(n))) for each in held))
            await tx.commit()
        for each in held:
            got[each.id] += 1

    await asyncio.gather(*map(note, range(20)))
    for each in wanted:
        assert len((await read(ledgers[0], each.id)).notes) == got[each.id]
    if store.kind == "postgres":
        assert 0 < sum(got.values()) < 40
    else:
        assert set(got.values()) == {20}


async def test_a_call_in_other_hands_is_left_out(store: Store) -> None:
    held, free = call(), call()
    await saved(store.another(), held, free)
    one, two = store.another(), store.another()
    async with one() as tx:
        await tx.call(held.id)
        taking = asyncio.create_task(_taken(two, held.id, free.id))
        await asyncio.wait([taking], timeout=0.5)
        assert taking.done() == (store.kind == "postgres")
    assert await taking == (
        [free] if store.kind == "postgres" else sorted([held, free], key=lambda it: it.id)
    )


async def _taken(ledger: Ledger, *ids: CallId) -> list[Call]:
    async with ledger() as tx:
        return list(await tx.calls(ids))


async def test_calls_that_changed_in_different_ways_are_saved_together(ledger: Ledger) -> None:
    told, over, placed = call(), call(), call()
    await saved(ledger, told, over, placed)
    await claimed(ledger)
    first = placement(placed, state=PlacementState.PLACED)
    after = [
        replace(told, state=CallState.CLAIMED, notes=("told",)),
        replace(over, state=CallState.CANCELLED, reason="you changed your mind"),
        replace(placed, state=CallState.STARTED, started_at=NOW, placements=(first,), legs=(leg(first),)),
    ]
    async with ledger() as tx:
        await tx.calls([each.id for each in after])
        await tx.save_call(*after)
        await tx.commit()
    assert [await read(ledger, each.id) for each in after] == after


async def test_one_that_cannot_be_saved_stops_them_all(ledger: Ledger) -> None:
    known = call()
    await saved(ledger, known)
    async with ledger() as tx:
        await tx.calls([known.id])
        with pytest.raises(Conflict):
            await tx.save_call(replace(known, notes=("told",)), call())
    assert await read(ledger, known.id) == known


async def test_placements_begin_together_where_the_claim_is_still_ours(ledger: Ledger) -> None:
    ours, also_ours, lost = call(), call(plan=(plan(), plan(B))), call()
    await saved(ledger, ours, also_ours)
    await claimed(ledger)
    await saved(ledger, lost)
    await claimed(ledger, "another")
    wanted = [placement(each) for each in (ours, lost, also_ours)]
    async with ledger() as tx:
        begun = await tx.begin_placements(wanted, owner=OWNER, now=NOW, last={wanted[0].token})
        await tx.commit()
    assert set(begun) == {wanted[0].token, wanted[2].token}
    for each, first in ((ours, wanted[0]), (also_ours, wanted[2])):
        running = await read(ledger, each.id)
        assert (running.state, running.started_at, running.placements) == (CallState.STARTED, NOW, (first,))
    assert (await read(ledger, lost.id)).placements == ()
    async with ledger() as tx:
        second = placement(also_ours, also_ours.plan[1])
        assert await tx.begin_placements([second], owner=OWNER, now=NOW) == {second.token}, "the claim stands"


async def test_a_lapsed_claim_is_not_ours_any_more(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    async with ledger() as tx:
        late = await tx.begin_placements([placement(wanted)], owner=OWNER, now=NOW + seconds(6))
        assert set(late) == set()


async def test_a_leg_that_is_out_already_stops_them_all(ledger: Ledger) -> None:
    """Whoever began them takes them one by one then."""
    first = await dialled(ledger)
    other = call()
    await saved(ledger, other)
    await claimed(ledger)
    again = replace(first, token=placement(other).token, n=2)
    async with ledger() as tx:
        with pytest.raises(Conflict):
            await tx.begin_placements([placement(other), again], owner=OWNER, now=NOW)
    assert (await read(ledger, other.id)).placements == ()
    assert (await read(ledger, first.call)).placements == (first,)


async def test_what_is_known_of_several_people_and_workspaces(ledger: Ledger) -> None:
    me, amy = (
        Contact(owner=ASKER.key, name="me", address=ME),
        Contact(owner=ASKER.key, name="Amy", address=AMY),
    )
    office, mine = Did(number=OFFICE, provider="plivo"), Did(number=ME, provider="hoiio")
    known = person(ASKER.key)
    async with ledger() as tx:
        await tx.save_person(known)
        await tx.save_person(person("slack:T1/U9"))
        for contact in (me, amy, replace(amy, owner="slack:T1/U9")):
            await tx.save_contact(contact)
        for did in (office, mine):
            await tx.save_did(ROOM.tenant, did)
        for prefix in ("+44871", "+1900"):
            await tx.save_prefix(ROOM.tenant, prefix, allowed=True)
        await tx.save_prefix("slack:T1", "+881", allowed=True)
        await tx.commit()
    here, stranger, elsewhere = (ASKER.key, ROOM.tenant), ("nobody", "slack:T9"), (ASKER.key, "slack:T1")
    async with ledger() as tx:
        found = await tx.backgrounds([here, stranger, elsewhere, here])
        alone = await tx.backgrounds([stranger])
        nobody = await tx.backgrounds([])
    mine_first = sorted((office, mine), key=lambda did: str(did.number))
    assert found == {
        here: Background(
            person=known, contacts=[amy, me], dids=mine_first, allowed_prefixes=["+1900", "+44871"]
        ),
        stranger: Background(contacts=[], dids=[], allowed_prefixes=[]),
        elsewhere: Background(person=known, contacts=[amy, me], dids=[], allowed_prefixes=["+881"]),
    }
    assert alone == {stranger: found[stranger]}
    assert nobody == {}


async def test_several_accounts_are_written_and_amended(ledger: Ledger) -> None:
    one, two = call(), call()
    await saved(ledger, one, two)
    euro = Money(amount=Decimal(1), currency="EUR")
    first = [cdr(each.id, usd("0.02"), euro) for each in (one, two)]
    amended = [replace(each, talk_seconds=99, cost=(usd("0.50"),)) for each in first]
    for written in (first, amended):
        async with ledger() as tx:
            await tx.save_cdr(*written)
            await tx.save_cdr()
            await tx.commit()
    async with ledger() as tx:
        assert [await tx.cdr(each.id) for each in (one, two)] == amended
        used = await tx.usages([(ASKER.key, ROOM)], now=NOW, day_start=DAY)
    assert used[ASKER.key, ROOM].spent_today == (usd("1"),)


async def test_verdicts_are_logged_in_the_order_they_are_given(ledger: Ledger) -> None:
    said = [
        LoggedVerdict(
            at=NOW,
            asker=ASKER.key,
            room=ROOM.key,
            action=f"place #{n}",
            verdict="allowed",
            rule="",
            reason="",
        )
        for n in range(3)
    ]
    async with ledger() as tx:
        await tx.log_verdict(*said)
        await tx.log_verdict()
        await tx.commit()
    async with ledger() as tx:
        assert list(await tx.verdicts()) == said[::-1]
