"""One leg is never dialled twice: not by a race, not by a mistake, not past the port."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from bot.domain.call import Call, CallState, Placement, PlacementState
from bot.domain.errors import Conflict
from bot.domain.leg import LegState, Token
from bot.ports.ledger import Ledger
from storage.mapping import placement_legs
from storage.tables import LEG
from tests.contract.ledger.conftest import SQL, Store, on_the_database
from tests.contract.ledger.samples import (
    LEASE,
    NOW,
    OWNER,
    ROOM,
    A,
    B,
    C,
    begun,
    call,
    claimed,
    dialled,
    leg,
    placement,
    plan,
    read,
    saved,
    seconds,
)

OPEN = [state for state in PlacementState if state.is_open]
SHUT = [state for state in PlacementState if not state.is_open]


async def settled(ledger: Ledger, becomes: Placement, *expected: PlacementState) -> bool:
    async with ledger() as tx:
        done = await tx.settle(becomes.token, expected=expected, becomes=becomes)
        await tx.commit()
    return done


async def rewritten(ledger: Ledger, after: Call) -> None:
    async with ledger() as tx:
        await tx.call(after.id)
        await tx.save_call(after)
        await tx.commit()


async def test_a_placement_starts_its_call(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    first = placement(wanted)
    assert await begun(ledger, first, now=NOW + seconds(1))
    after = await read(ledger, wanted.id)
    assert after == replace(wanted, state=CallState.STARTED, started_at=NOW + seconds(1), placements=(first,))
    async with ledger() as tx:
        assert await tx.call_of_token(first.token) == wanted.id
        assert await tx.placement(first.token) == first


async def test_a_call_starts_once(ledger: Ledger) -> None:
    wanted = call(plan=(plan(A), plan(C)))
    await saved(ledger, wanted)
    await claimed(ledger)
    one, two = (placement(wanted, each) for each in wanted.plan)
    assert await begun(ledger, one)
    assert await begun(ledger, two, now=NOW + seconds(1))
    after = await read(ledger, wanted.id)
    assert (after.started_at, after.placements) == (NOW, (one, two))


async def test_without_a_claim_nothing_is_placed(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    assert not await begun(ledger, placement(wanted))
    await claimed(ledger, "another")
    assert not await begun(ledger, placement(wanted))
    assert not await begun(ledger, placement(call()), "another")
    assert (await read(ledger, wanted.id)).placements == ()


async def test_a_claim_whose_lease_has_ended_is_none(ledger: Ledger) -> None:
    """A worker that slept on its claim must not place the call late."""
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    assert not await begun(ledger, placement(wanted), now=NOW + LEASE)
    assert await begun(ledger, placement(wanted), now=NOW + LEASE - timedelta(microseconds=1))


@pytest.mark.parametrize("state", OPEN)
async def test_an_open_leg_is_not_dialled_again(ledger: Ledger, state: PlacementState) -> None:
    first = await dialled(ledger)
    assert state is PlacementState.PLACING or await settled(
        ledger, replace(first, state=state), PlacementState.PLACING
    )
    before = await read(ledger, first.call)
    assert not await begun(ledger, replace(first, token=Token("again"), n=2))
    assert await read(ledger, first.call) == before
    async with ledger() as tx:
        assert await tx.call_of_token(Token("again")) is None
        assert await tx.placement(Token("again")) is None


@pytest.mark.parametrize("state", SHUT)
async def test_a_closed_one_makes_room_for_another_attempt(ledger: Ledger, state: PlacementState) -> None:
    first = await dialled(ledger)
    closed = replace(first, state=state)
    assert await settled(ledger, closed, PlacementState.PLACING)
    assert not await begun(ledger, replace(first, token=Token("same n"))), "an attempt has its number once"
    second = replace(first, token=Token("again"), n=2)
    assert await begun(ledger, second)
    assert (await read(ledger, first.call)).placements == (closed, second)


async def test_a_leg_that_has_ended_makes_room_too(ledger: Ledger) -> None:
    first = await dialled(ledger)
    running = await read(ledger, first.call)
    placed = replace(first, state=PlacementState.PLACED)
    talking = replace(running, placements=(placed,), legs=(leg(first, state=LegState.ANSWERED),))
    await rewritten(ledger, talking)
    assert not await begun(ledger, replace(first, token=Token("again"), n=2))
    await rewritten(ledger, replace(talking, legs=(leg(first, state=LegState.ENDED, ended_at=NOW),)))
    assert await begun(ledger, replace(first, token=Token("again"), n=2))


async def test_a_leg_that_the_provider_dials_is_not_dialled_by_us(ledger: Ledger) -> None:
    first = await dialled(ledger, call(plan=(plan(A, dials=[B]),)))
    running = await read(ledger, first.call)
    assert not await begun(ledger, placement(running, plan(B)))
    assert not await begun(ledger, placement(running, plan(B), n=2))
    assert await begun(ledger, placement(running, plan(C, dials=[]), n=1))


async def test_what_the_provider_never_dialled_it_will_not_dial_any_more(ledger: Ledger) -> None:
    """A hung up before B was rung: B is free, though the placement stays as it is."""
    first = await dialled(ledger, call(plan=(plan(A, dials=[B]),)))
    running = await read(ledger, first.call)
    ended = leg(first, state=LegState.ENDED, ended_at=NOW)
    placed = replace(first, state=PlacementState.PLACED)
    talking = replace(running, placements=(placed,), legs=(ended, leg(first, B)))
    await rewritten(ledger, talking)
    assert not await begun(ledger, placement(talking, plan(B), n=2)), "B still rings"
    await rewritten(ledger, replace(talking, legs=(ended,)))
    assert await begun(ledger, placement(talking, plan(C, dials=[B]), n=2))


async def test_a_token_is_used_once(ledger: Ledger) -> None:
    first = await dialled(ledger)
    running = await read(ledger, first.call)
    assert not await begun(ledger, placement(running, plan(C), token=first.token))
    assert await read(ledger, first.call) == running


async def test_a_token_is_not_taken_away_from_another_call(ledger: Ledger) -> None:
    first = await dialled(ledger)
    before = await read(ledger, first.call)
    thief = call(state=CallState.STARTED)
    await saved(ledger, thief)
    stolen = placement(thief, token=first.token)
    with pytest.raises(Conflict):
        await rewritten(ledger, replace(thief, placements=(stolen,)))
    other = call(state=CallState.STARTED)
    with pytest.raises(Conflict):
        await saved(ledger, replace(other, placements=(placement(other, token=first.token),)))
    assert await read(ledger, first.call) == before


async def test_a_call_has_a_token_once(ledger: Ledger) -> None:
    first = await dialled(ledger)
    running = await read(ledger, first.call)
    twin = placement(running, plan(C), token=first.token)
    with pytest.raises(Conflict):
        await rewritten(ledger, replace(running, placements=(first, twin)))


async def test_a_refused_placement_leaves_the_transaction_alive(ledger: Ledger) -> None:
    first = await dialled(ledger)
    other = call()
    await saved(ledger, other)
    await claimed(ledger)
    async with ledger() as tx:
        assert not await tx.begin_placement(replace(first, token=Token("again"), n=2), owner=OWNER, now=NOW)
        assert await tx.begin_placement(placement(other), owner=OWNER, now=NOW)
        await tx.commit()
    assert len((await read(ledger, other.id)).placements) == 1
    assert len((await read(ledger, first.call)).placements) == 1


async def test_many_workers_race_for_one_leg_and_one_wins(store: Store) -> None:
    wanted = call()
    await saved(store.another(), wanted)
    await claimed(store.another())
    ledgers = [store.another() for _ in range(3)]
    tries = [begun(each, placement(wanted)) for each in ledgers for _ in range(4)]
    assert sorted(await asyncio.gather(*tries)) == [False] * 11 + [True]
    assert len((await read(store.another(), wanted.id)).placements) == 1


async def test_saving_cannot_smuggle_in_a_second_open_placement(ledger: Ledger) -> None:
    first = await dialled(ledger)
    running = await read(ledger, first.call)
    second = replace(first, token=Token("smuggled"), n=2)
    with pytest.raises(Conflict):
        await rewritten(ledger, replace(running, placements=(first, second)))
    assert await read(ledger, first.call) == running


async def test_an_old_placement_can_be_closed_and_a_new_one_saved_at_once(ledger: Ledger) -> None:
    first = await dialled(ledger)
    running = await read(ledger, first.call)
    closed = replace(first, state=PlacementState.CLOSED)
    second = replace(first, token=Token("redial"), n=2)
    after = replace(running, placements=(closed, second))
    await rewritten(ledger, after)
    assert await read(ledger, first.call) == after


@pytest.mark.parametrize("address", SQL, indirect=True)
async def test_the_database_itself_refuses_a_second_open_leg(store: Store) -> None:
    """Past the port: a plain insert of a row that would be a second dial."""
    first = await dialled(store.another())
    again = replace(first, token=Token("back door"), n=2)
    [row] = placement_legs(again, ROOM.key, {}).values()

    async def slip_in(values: Mapping[str, Any]) -> None:
        await on_the_database(store, insert(LEG).values(values))

    with pytest.raises(IntegrityError):
        await slip_in({**row, "data": None})
    with pytest.raises(IntegrityError):
        await slip_in({**row, "data": None, "open": False, "n": 1})
    await slip_in({**row, "data": None, "open": False})


# --- settling --------------------------------------------------------------------------------------


async def test_settling_is_conditional_on_the_state(ledger: Ledger) -> None:
    first = await dialled(ledger)
    placed = replace(first, state=PlacementState.PLACED, placed_at=NOW, lease_until=None)
    assert not await settled(ledger, placed, PlacementState.UNKNOWN)
    assert (await read(ledger, first.call)).placements == (first,)
    assert await settled(ledger, placed, PlacementState.UNKNOWN, PlacementState.PLACING)
    assert (await read(ledger, first.call)).placements == (placed,)
    assert not await settled(ledger, replace(first, state=PlacementState.REJECTED), PlacementState.PLACING)
    assert not await settled(ledger, placement(call()), PlacementState.PLACING)


async def test_one_of_two_settlements_wins(store: Store) -> None:
    first = await dialled(store.another())
    outcomes = [PlacementState.PLACED, PlacementState.UNKNOWN, PlacementState.REJECTED]
    tries = [
        settled(store.another(), replace(first, state=state), PlacementState.PLACING) for state in outcomes
    ]
    won = await asyncio.gather(*tries)
    assert sorted(won) == [False, False, True]
    [kept] = (await read(store.another(), first.call)).placements
    assert kept.state is outcomes[won.index(True)]


async def test_what_is_settled_within_a_unit_of_work_can_be_saved_over(ledger: Ledger) -> None:
    first = await dialled(ledger)
    async with ledger() as tx:
        running = await tx.call(first.call)
        assert running is not None
        unknown = replace(first, state=PlacementState.UNKNOWN)
        assert await tx.settle(first.token, expected={PlacementState.PLACING}, becomes=unknown)
        await tx.save_call(running)
        await tx.commit()
    assert await read(ledger, first.call) == running


async def test_a_closed_placement_does_not_open_beside_another(ledger: Ledger) -> None:
    first = await dialled(ledger)
    closed = replace(first, state=PlacementState.CLOSED)
    await settled(ledger, closed, PlacementState.PLACING)
    second = replace(first, token=Token("redial"), n=2)
    assert await begun(ledger, second)
    late = replace(first, state=PlacementState.PLACED)
    assert not await settled(ledger, late, PlacementState.CLOSED)
    assert (await read(ledger, first.call)).placements == (closed, second)


# --- what needs looking after ----------------------------------------------------------------------


async def troubled(ledger: Ledger, after: float) -> list[Placement]:
    async with ledger() as tx:
        return list(await tx.troubled(NOW + seconds(after)))


async def test_a_request_whose_lease_has_ended_is_trouble(ledger: Ledger) -> None:
    first = await dialled(ledger)
    assert await troubled(ledger, 29.9) == []
    assert await troubled(ledger, 30) == [first]


async def test_a_placing_without_a_lease_is_trouble_at_once(ledger: Ledger) -> None:
    wanted = call(state=CallState.STARTED)
    lost = placement(wanted, lease_until=None)
    await saved(ledger, replace(wanted, placements=(lost,)))
    assert await troubled(ledger, 0) == [lost]


@pytest.mark.parametrize("state", PlacementState)
async def test_a_check_is_for_open_placements(ledger: Ledger, state: PlacementState) -> None:
    wanted = call(state=CallState.STARTED)
    asked = placement(wanted, state=state, check_at=NOW + seconds(5), lease_until=NOW + seconds(99))
    await saved(ledger, replace(wanted, placements=(asked,)))
    assert await troubled(ledger, 4) == []
    assert await troubled(ledger, 5) == ([asked] if state.is_open else [])


async def test_an_ended_leg_is_not_asked_about(ledger: Ledger) -> None:
    wanted = call(state=CallState.STARTED)
    placed = placement(wanted, state=PlacementState.PLACED, check_at=NOW, lease_until=None)
    running = replace(wanted, placements=(placed,), legs=(leg(placed),))
    await saved(ledger, running)
    assert await troubled(ledger, 0) == [placed]
    await rewritten(ledger, replace(running, legs=(leg(placed, state=LegState.ENDED, ended_at=NOW),)))
    assert await troubled(ledger, 0) == []
    async with ledger() as tx:
        assert await tx.next_moment() is None


async def test_trouble_comes_oldest_first_and_in_parts(ledger: Ledger) -> None:
    wanted = call(state=CallState.STARTED, plan=(plan(A), plan(B), plan(C)))
    ends = dict(zip((A, B, C), (3, 1, 2), strict=True))
    parts = [placement(wanted, each, lease_until=NOW + seconds(ends[each.role])) for each in wanted.plan]
    await saved(ledger, replace(wanted, placements=tuple(parts)))
    assert await troubled(ledger, 9) == [parts[1], parts[2], parts[0]]
    async with ledger() as tx:
        assert list(await tx.troubled(NOW + seconds(9), limit=1)) == [parts[1]]
