"""What the limits are compared with, what policy said, and the sums of the self-audit."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.call import GRACE, Call, CallKind, CallState, PlacementState
from bot.domain.cdr import CallId, Money
from bot.domain.leg import LegState
from bot.domain.limits import Usage
from bot.ports.ledger import Ledger, LoggedVerdict, Tally
from tests.contract.ledger.samples import (
    ASKER,
    DAY,
    LEASE,
    NOW,
    ROOM,
    SLACK,
    A,
    B,
    C,
    begun,
    call,
    cdr,
    claimed,
    dialled,
    leg,
    placement,
    plan,
    saved,
    seconds,
    usd,
)


async def usage(ledger: Ledger, asker: str = ASKER.key) -> Usage:
    async with ledger() as tx:
        return (await tx.usages([(asker, ROOM)], now=NOW, day_start=DAY))[asker, ROOM]


async def tally(ledger: Ledger, after: float = 0) -> Tally:
    async with ledger() as tx:
        return await tx.tally(NOW + seconds(after))


def placed(state: CallState = CallState.STARTED, **others: object) -> Call:
    """A call with one placement that was placed, and no leg heard of yet."""
    wanted = call(state=state, started_at=NOW, **others)
    return replace(wanted, placements=(placement(wanted, state=PlacementState.PLACED, lease_until=None),))


def with_leg(of: Call, **others: object) -> Call:
    return replace(of, legs=(leg(of.placements[0], **others),))


async def test_several_people_and_rooms_are_asked_about_at_once(ledger: Ledger) -> None:
    here, there = placed(), placed(room=SLACK, asker="slack:T1/U9")
    await saved(ledger, with_leg(here), there)
    whose = [(ASKER.key, ROOM), ("slack:T1/U9", SLACK), ("slack:T1/U9", ROOM), ("nobody", SLACK)]
    async with ledger() as tx:
        together = await tx.usages(whose, now=NOW, day_start=DAY)
        alone = [(await tx.usages([each], now=NOW, day_start=DAY))[each] for each in whose]
        assert dict(await tx.usages([], now=NOW, day_start=DAY)) == {}
    assert [together[each] for each in whose] == alone
    assert [(each.placements_last_hour, each.live_legs, each.calls_today) for each in alone] == [
        (1, 1, 1),
        (1, 1, 1),
        (1, 1, 1),
        (0, 1, 1),
    ]


async def test_in_an_empty_ledger_nothing_is_used(ledger: Ledger) -> None:
    assert await usage(ledger) == Usage()
    assert await tally(ledger) == Tally()


async def test_placements_of_the_last_hour_are_the_askers_everywhere(ledger: Ledger) -> None:
    hour = timedelta(hours=1)
    for at in (NOW - hour, NOW - hour + timedelta(microseconds=1), NOW):
        wanted = call(state=CallState.STARTED, room=SLACK)
        await saved(ledger, replace(wanted, placements=(placement(wanted, created_at=at),)))
    await saved(ledger, placed(asker="console:local/you"), placed(kind=CallKind.INBOUND))
    assert (await usage(ledger)).placements_last_hour == 2
    assert (await usage(ledger, "console:local/you")).placements_last_hour == 1


async def test_a_placement_counts_from_the_moment_it_begins(ledger: Ledger) -> None:
    await dialled(ledger)
    used = await usage(ledger)
    assert (used.placements_last_hour, used.live_legs, used.calls_today) == (1, 1, 1)


@pytest.mark.parametrize("state", LegState)
async def test_live_legs_ring_or_talk_or_have_been_asked_for(ledger: Ledger, state: LegState) -> None:
    ended = NOW if state is LegState.ENDED else None
    await saved(ledger, with_leg(placed(), state=state, ended_at=ended), placed(room=SLACK))
    assert (await usage(ledger)).live_legs == (0 if state is LegState.ENDED else 1)


async def test_a_leg_that_the_provider_may_dial_is_live_when_it_rings(ledger: Ledger) -> None:
    wanted = placed(plan=(plan(A, dials=[B, C]),))
    talking = replace(wanted, legs=(leg(wanted.placements[0]), leg(wanted.placements[0], B)))
    await saved(ledger, talking)
    assert (await usage(ledger)).live_legs == 2


async def test_calls_of_today_are_those_that_started_in_the_room(ledger: Ledger) -> None:
    before = DAY - timedelta(microseconds=1)
    await saved(
        ledger,
        placed(),
        replace(placed(), started_at=DAY),
        replace(placed(), started_at=before),
        placed(asker="console:local/you"),
        placed(room=SLACK),
        placed(kind=CallKind.INBOUND),
        call(),
    )
    assert (await usage(ledger)).calls_today == 3


async def test_what_was_spent_today_is_one_purse(ledger: Ledger) -> None:
    mine, theirs, old = placed(CallState.DONE), placed(CallState.DONE, room=SLACK), placed(CallState.DONE)
    await saved(ledger, mine, theirs, old)
    euro = Money(amount=Decimal("2"), currency="EUR")
    async with ledger() as tx:
        await tx.save_cdr(cdr(mine.id, usd("0.1"), euro))
        await tx.save_cdr(cdr(theirs.id, usd("0.2"), ended_at=DAY))
        await tx.save_cdr(cdr(old.id, usd("7"), ended_at=DAY - timedelta(microseconds=1)))
        await tx.commit()
    assert (await usage(ledger)).spent_today == (euro, usd("0.3"))
    async with ledger() as tx:
        await tx.save_cdr(cdr(mine.id, usd("0.00001")))
        await tx.commit()
    assert (await usage(ledger)).spent_today == (usd("0.20001"),)


async def test_verdicts_are_logged_newest_first(ledger: Ledger) -> None:
    first = LoggedVerdict(
        at=NOW, asker="a", room="r", action="call", verdict="refused", rule="premium", reason="No."
    )
    second = replace(first, at=NOW, verdict="allowed", call=CallId("c1"))
    async with ledger() as tx:
        await tx.log_verdict(first)
        await tx.log_verdict(second)
        assert list(await tx.verdicts()) == [second, first]
        assert list(await tx.verdicts(limit=1)) == [second]
        assert list(await tx.verdicts(call=CallId("c1"))) == [second]
        assert list(await tx.verdicts(call=CallId("c2"))) == []


# --- the tally -------------------------------------------------------------------------------------


async def test_calls_and_placements_are_counted_by_state(ledger: Ledger) -> None:
    rejected = placed(CallState.DONE)
    rejected = replace(rejected, placements=(replace(rejected.placements[0], state=PlacementState.REJECTED),))
    await saved(ledger, placed(), placed(), rejected, call(), placed(kind=CallKind.INBOUND))
    found = await tally(ledger)
    assert dict(found.calls) == {CallState.STARTED: 2, CallState.DONE: 1, CallState.SCHEDULED: 1}
    assert dict(found.placements) == {PlacementState.PLACED: 2, PlacementState.REJECTED: 1}


async def test_overdue_is_what_is_due_and_not_started(ledger: Ledger) -> None:
    await saved(ledger, call(), call(due=NOW + seconds(5)), call(state=CallState.HELD), placed())
    await claimed(ledger)
    assert (await tally(ledger)).overdue == 1
    assert (await tally(ledger, 5)).overdue == 2


async def test_what_goes_its_way_is_no_orphan(ledger: Ledger) -> None:
    talking = with_leg(placed(), state=LegState.ANSWERED)
    to_be_looked_at = replace(
        with_leg(placed(), state=LegState.ENDED, ended_at=NOW), wake_at=NOW + seconds(1)
    )
    half_placed = placed(plan=(plan(A), plan(B)))
    await saved(ledger, call(), call(state=CallState.HELD), talking, to_be_looked_at, half_placed, placed())
    await dialled(ledger)
    await claimed(ledger)
    for state in (CallState.DONE, CallState.MISSED, CallState.CANCELLED, CallState.REFUSED):
        await saved(ledger, call(state=state))
    assert (await tally(ledger)).orphans == ()


async def test_a_started_call_that_nothing_will_move_is_an_orphan(ledger: Ledger) -> None:
    over = with_leg(placed(), state=LegState.ENDED, ended_at=NOW)
    await saved(ledger, over, with_leg(placed(kind=CallKind.INBOUND), state=LegState.ENDED, ended_at=NOW))
    assert (await tally(ledger)).orphans == (over.id,)


async def test_a_claim_that_never_lapsed_is_an_orphan(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    too_late = (LEASE + GRACE).total_seconds()
    assert (await tally(ledger, too_late - 1)).orphans == ()
    assert (await tally(ledger, too_late)).orphans == (wanted.id,)


async def test_a_request_that_nobody_looked_after_is_an_orphan(ledger: Ledger) -> None:
    first = await dialled(ledger)
    too_late = 30 + GRACE.total_seconds()
    assert (await tally(ledger, too_late - 1)).orphans == ()
    assert (await tally(ledger, too_late)).orphans == (first.call,)


async def test_a_closed_call_with_a_request_in_doubt_is_an_orphan(ledger: Ledger) -> None:
    wanted = call(state=CallState.DONE)
    await saved(ledger, replace(wanted, placements=(placement(wanted),)))
    assert (await tally(ledger)).orphans == (wanted.id,)


async def test_orphans_are_listed_oldest_first(ledger: Ledger) -> None:
    calls = [call(state=CallState.STARTED, plan=(), due=NOW - seconds(n)) for n in range(3)]
    await saved(ledger, *calls)
    assert (await tally(ledger)).orphans == tuple(each.id for each in reversed(calls))
    assert await begun(ledger, placement(calls[0], plan(A))) is False
