"""Claiming: once, in turn, for a while."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from bot.domain.call import Call, CallState
from bot.domain.people import Room
from bot.ports.ledger import Ledger
from storage.mapping import call_values
from storage.tables import CALL
from tests.contract.ledger.conftest import SQL, Store, on_the_database
from tests.contract.ledger.samples import (
    LEASE,
    NOW,
    OWNER,
    SLACK,
    A,
    B,
    C,
    begun,
    call,
    claimed,
    placement,
    plan,
    read,
    saved,
    seconds,
)


def room(name: str) -> Room:
    return Room(platform="slack", workspace="T1", channel=name)


async def next_moment(ledger: Ledger) -> datetime | None:
    async with ledger() as tx:
        return await tx.next_moment()


async def two_legged(ledger: Ledger) -> Call:
    """A conference of which A is placed and C is not yet; claimed by OWNER."""
    wanted = call(plan=(plan(A), plan(C)))
    await saved(ledger, wanted)
    await claimed(ledger)
    assert await begun(ledger, placement(wanted))
    return await read(ledger, wanted.id)


async def test_only_what_is_due_is_claimed(ledger: Ledger) -> None:
    due, later = call(), call(due=NOW + timedelta(microseconds=1))
    await saved(ledger, later, due)
    assert await claimed(ledger) == [replace(due, state=CallState.CLAIMED)]
    assert (await read(ledger, due.id)).state is CallState.CLAIMED
    assert await read(ledger, later.id) == later


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.SCHEDULED])
async def test_only_scheduled_calls_are_claimed(ledger: Ledger, state: CallState) -> None:
    await saved(ledger, call(state=state, plan=()))
    assert await claimed(ledger) == []


async def test_a_claimed_call_is_not_claimed_again(ledger: Ledger) -> None:
    await saved(ledger, call())
    assert len(await claimed(ledger, "one")) == 1
    assert await claimed(ledger, "two", now=NOW + seconds(60)) == []


async def test_oldest_first_within_a_room(ledger: Ledger) -> None:
    calls = [call(number=n, due=NOW - seconds(n)) for n in range(5)]
    await saved(ledger, *calls)
    assert [each.number for each in await claimed(ledger)] == [4, 3, 2, 1, 0]


async def test_rooms_in_turn(ledger: Ledger) -> None:
    crowd = [call(room=room("crowd"), due=NOW - seconds(100 - n)) for n in range(8)]
    few = [call(room=room("few"), due=NOW - seconds(10 - n)) for n in range(2)]
    await saved(ledger, *crowd, *few)
    order = [each.id for each in await claimed(ledger, limit=5)]
    assert order == [crowd[0].id, few[0].id, crowd[1].id, few[1].id, crowd[2].id]


async def test_rooms_in_turn_even_when_claimed_one_at_a_time(ledger: Ledger) -> None:
    crowd = [call(room=room("crowd"), due=NOW - seconds(100 - n)) for n in range(4)]
    one = call(room=room("one"), due=NOW - seconds(2))
    other = call(room=room("other"), due=NOW - seconds(1))
    await saved(ledger, *crowd, one, other)
    order = [each.id for _ in range(6) for each in await claimed(ledger, limit=1)]
    assert order == [crowd[0].id, one.id, other.id, crowd[1].id, crowd[2].id, crowd[3].id]


async def test_threads_of_one_channel_are_one_room(ledger: Ledger) -> None:
    loud = [call(room=replace(room("loud"), thread=str(n)), due=NOW - seconds(9 - n)) for n in range(3)]
    quiet = call(room=room("quiet"), due=NOW)
    await saved(ledger, *loud, quiet)
    assert [each.id for each in await claimed(ledger, limit=2)] == [loud[0].id, quiet.id]


async def test_claims_can_be_narrowed_to_a_provider(ledger: Ledger) -> None:
    plivo, hoiio = call(provider="plivo"), call(provider="hoiio")
    await saved(ledger, plivo, hoiio)
    async with ledger() as tx:
        taken = await tx.claim(owner=OWNER, now=NOW, lease_until=NOW + LEASE, limit=9, provider="hoiio")
        assert [each.id for each in taken] == [hoiio.id]


async def test_workers_at_once_claim_each_call_once(store: Store) -> None:
    calls = [call(number=n, room=room(str(n % 7)), plan=()) for n in range(400)]
    await saved(store.another(), *calls)

    async def work(ledger: Ledger, owner: str) -> list[str]:
        mine: list[str] = []
        while taken := await claimed(ledger, owner, limit=5):
            mine += [each.id for each in taken]
        return mine

    one, two = store.another(), store.another()
    workers = [work(one if n % 2 else two, f"worker {n}") for n in range(8)]
    found = [id for mine in await asyncio.gather(*workers) for id in mine]
    assert sorted(found) == sorted(each.id for each in calls)


@pytest.mark.parametrize("address", SQL, indirect=True)
async def test_of_thousands_due_at_once_each_is_claimed_once_and_rooms_share(store: Store) -> None:
    calls = [call(number=n, room=room(str(n % 20)), plan=()) for n in range(2_000)]
    await on_the_database(store, insert(CALL), [call_values(each) for each in calls])
    ledger, found = store.another(), list[Call]()
    while taken := await claimed(ledger, limit=500):
        assert set(Counter(each.room.key for each in taken).values()) == {25}
        found += taken
    assert sorted(each.id for each in found) == sorted(each.id for each in calls)


# --- leases ----------------------------------------------------------------------------------------


async def test_a_claim_lapses_with_its_lease_and_not_before(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    async with ledger() as tx:
        assert await tx.lapse(NOW + LEASE - timedelta(microseconds=1)) == 0
        assert await tx.lapse(NOW + LEASE) == 1
        assert await tx.lapse(NOW + LEASE) == 0
        await tx.commit()
    assert await read(ledger, wanted.id) == wanted
    assert len(await claimed(ledger, "another", now=NOW + LEASE)) == 1


async def test_a_renewed_claim_lives_longer(ledger: Ledger) -> None:
    await saved(ledger, call(), call())
    await claimed(ledger, "one", limit=1)
    await claimed(ledger, "two", limit=1)
    async with ledger() as tx:
        await tx.renew(owner="one", until=NOW + 2 * LEASE)
        assert await tx.lapse(NOW + LEASE) == 1
        assert await tx.lapse(NOW + 2 * LEASE) == 1


async def test_renewing_never_shortens(ledger: Ledger) -> None:
    await saved(ledger, call())
    await claimed(ledger)
    async with ledger() as tx:
        await tx.renew(owner=OWNER, until=NOW + seconds(1))
        assert await tx.lapse(NOW + seconds(2)) == 0


async def test_renewing_lengthens_the_lease_of_a_placing_request(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    mine = placement(wanted)
    await begun(ledger, mine)
    async with ledger() as tx:
        await tx.renew(owner=OWNER, until=NOW + seconds(60))
        assert await tx.troubled(NOW + seconds(59)) == []
        assert list(await tx.troubled(NOW + seconds(60))) == [replace(mine, lease_until=NOW + seconds(60))]
        await tx.commit()
    assert (await read(ledger, wanted.id)).placements == (replace(mine, lease_until=NOW + seconds(60)),)


async def test_released_claims_can_be_claimed_again(ledger: Ledger) -> None:
    mine, theirs = call(), call()
    await saved(ledger, mine)
    await claimed(ledger)
    await saved(ledger, theirs)
    await claimed(ledger, "another")
    async with ledger() as tx:
        await tx.release(owner=OWNER, calls=[mine.id, theirs.id])
        await tx.release(owner=OWNER, calls=[])
        await tx.commit()
    assert await read(ledger, mine.id) == mine
    assert [each.id for each in await claimed(ledger)] == [mine.id]


async def test_a_saved_state_ends_the_claim(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    async with ledger() as tx:
        assert await tx.call(wanted.id) is not None
        await tx.save_call(replace(wanted, state=CallState.CANCELLED))
        await tx.commit()
    assert not await begun(ledger, placement(wanted))
    assert (await read(ledger, wanted.id)).state is CallState.CANCELLED


async def test_a_claim_that_a_save_has_ended_stays_ended(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    for state in (CallState.SCHEDULED, CallState.STARTED):
        async with ledger() as tx:
            held = await tx.call(wanted.id)
            assert held is not None
            await tx.save_call(replace(held, state=state))
            await tx.commit()
    assert not await begun(ledger, placement(wanted))
    assert [each.id for each in await claimed(ledger, "another")] == [wanted.id]


async def test_a_claim_survives_a_save_by_somebody_else(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    async with ledger() as tx:
        held = await tx.call(wanted.id)
        assert held is not None
        await tx.save_call(replace(held, notes=("amy joins",)))
        await tx.commit()
    assert await begun(ledger, placement(wanted))
    after = await read(ledger, wanted.id)
    assert (after.state, after.notes, len(after.placements)) == (CallState.STARTED, ("amy joins",), 1)


# --- started calls with legs to place --------------------------------------------------------------


async def test_a_started_call_with_a_leg_to_place_is_claimed_when_nobody_holds_it(ledger: Ledger) -> None:
    wanted = await two_legged(ledger)
    assert await claimed(ledger, "another") == []
    async with ledger() as tx:
        await tx.done_placing(wanted.id, owner=OWNER)
        await tx.commit()
    assert await claimed(ledger, "another") == [wanted]
    assert await claimed(ledger, "a third") == []


async def test_a_started_call_is_claimed_when_its_holder_has_died(ledger: Ledger) -> None:
    wanted = await two_legged(ledger)
    assert await next_moment(ledger) == NOW + LEASE
    assert await claimed(ledger, "another", now=NOW + LEASE) == [wanted]
    assert not await begun(ledger, placement(wanted, wanted.plan[1]), now=NOW + LEASE)
    assert await begun(ledger, placement(wanted, wanted.plan[1]), "another", now=NOW + LEASE)


async def test_a_fully_placed_call_is_not_claimed(ledger: Ledger) -> None:
    wanted = await two_legged(ledger)
    assert await begun(ledger, placement(wanted, wanted.plan[1]))
    assert await claimed(ledger, "another", now=NOW + seconds(60)) == []


async def test_a_leg_added_in_mid_call_is_found(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    assert await begun(ledger, placement(wanted))
    async with ledger() as tx:
        await tx.done_placing(wanted.id, owner=OWNER)
        await tx.commit()
    assert await claimed(ledger) == []
    async with ledger() as tx:
        running = await tx.call(wanted.id)
        assert running is not None
        await tx.save_call(replace(running, plan=(*running.plan, plan(B))))
        await tx.commit()
    assert await next_moment(ledger) == NOW
    [again] = await claimed(ledger)
    assert [leg.role for leg in again.unplaced] == [B]


async def test_done_placing_is_for_the_holder_of_a_started_call(ledger: Ledger) -> None:
    wanted = call(plan=(plan(), plan(B)))
    await saved(ledger, wanted)
    await claimed(ledger)
    async with ledger() as tx:
        await tx.done_placing(wanted.id, owner=OWNER)
        await tx.commit()
    assert await begun(ledger, placement(wanted)), "nothing was placed: the claim stands"
    async with ledger() as tx:
        await tx.done_placing(wanted.id, owner="another")
        await tx.commit()
    assert await begun(ledger, placement(wanted, plan(B)))


async def test_the_claim_can_end_with_the_placement_that_is_the_last(ledger: Ledger) -> None:
    wanted = await two_legged(ledger)
    async with ledger() as tx:
        assert await tx.begin_placement(placement(wanted, wanted.plan[1]), owner=OWNER, now=NOW, last=True)
        await tx.commit()
    async with ledger() as tx:
        running = await tx.call(wanted.id)
        assert running is not None
        await tx.save_call(replace(running, plan=(*running.plan, plan(B))))
        await tx.commit()
    [again] = await claimed(ledger, "another")
    assert [leg.role for leg in again.unplaced] == [B]


async def test_releasing_a_started_call_leaves_it_started(ledger: Ledger) -> None:
    wanted = await two_legged(ledger)
    async with ledger() as tx:
        await tx.release(owner=OWNER, calls=[wanted.id])
        await tx.commit()
    assert await claimed(ledger, "another") == [wanted]


# --- the next moment -------------------------------------------------------------------------------


async def test_with_nothing_waiting_there_is_no_next_moment(ledger: Ledger) -> None:
    await saved(ledger, call(state=CallState.DONE, wake_at=NOW), call(state=CallState.HELD))
    assert await next_moment(ledger) is None


async def test_the_next_moment_is_the_earliest_of_all(ledger: Ledger) -> None:
    await saved(ledger, call(due=NOW + seconds(60)), call(due=NOW + seconds(50), room=SLACK))
    assert await next_moment(ledger) == NOW + seconds(50)
    await saved(ledger, call(state=CallState.STARTED, plan=(), wake_at=NOW + seconds(40)))
    assert await next_moment(ledger) == NOW + seconds(40)
    await saved(ledger, call())
    await claimed(ledger)
    assert await next_moment(ledger) == NOW + LEASE


async def test_the_next_moment_knows_leases_and_checks_of_placements(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    await begun(ledger, placement(wanted, check_at=NOW + seconds(8)))
    assert await next_moment(ledger) == NOW + seconds(8)
    other = call()
    await saved(ledger, other)
    await claimed(ledger)
    await begun(ledger, placement(other, lease_until=NOW + seconds(7)))
    assert await next_moment(ledger) == NOW + seconds(7)


async def test_calls_wake_when_their_moment_has_come(ledger: Ledger) -> None:
    second, first = call(wake_at=NOW + seconds(2)), call(wake_at=NOW + seconds(1))
    over = call(state=CallState.DONE, wake_at=NOW)
    await saved(ledger, second, first, over, call(wake_at=None))
    async with ledger() as tx:
        assert list(await tx.wakes(NOW + seconds(0.5))) == []
        assert list(await tx.wakes(NOW + seconds(2))) == [first.id, second.id]
        assert list(await tx.wakes(NOW + seconds(2), limit=1)) == [first.id]
