"""Orders, occurrences, events and accounts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.call import CallState, OrderId
from bot.domain.cdr import CallId
from bot.domain.errors import Conflict
from bot.domain.leg import LegState, Token
from bot.domain.people import Room
from bot.ports.ledger import Ledger
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import (
    ASKER,
    NOW,
    ROOM,
    SLACK,
    A,
    B,
    C,
    call,
    cdr,
    dialled,
    event,
    leg,
    order,
    placement,
    plan,
    read,
    rich_call,
    rich_event,
    saved,
    seconds,
    usd,
)


async def test_the_richest_call_comes_back_as_it_went_in(ledger: Ledger) -> None:
    rich = rich_call()
    await saved(ledger, rich)
    assert await read(ledger, rich.id) == rich


async def test_the_plainest_call_comes_back_as_it_went_in(ledger: Ledger) -> None:
    plain = call(plan=())
    await saved(ledger, plain)
    assert await read(ledger, plain.id) == plain


async def test_saving_writes_exactly_what_it_is_given(ledger: Ledger) -> None:
    rich = rich_call()
    await saved(ledger, call(id=rich.id, order=rich.order))
    async with ledger() as tx:
        await tx.call(rich.id)
        await tx.save_call(rich)
        await tx.commit()
    assert await read(ledger, rich.id) == rich


async def test_saving_what_was_not_read_is_safe(ledger: Ledger) -> None:
    rich = rich_call()
    await saved(ledger, rich)
    after = replace(rich, reason="unread")
    async with ledger() as tx:
        await tx.save_call(after)
        await tx.commit()
    assert await read(ledger, rich.id) == after


async def test_only_what_was_added_can_be_saved(ledger: Ledger) -> None:
    async with ledger() as tx:
        with pytest.raises(Conflict):
            await tx.save_call(call())


async def test_saving_clears_what_has_become_empty(ledger: Ledger) -> None:
    rich = rich_call()
    await saved(ledger, rich)
    after = replace(rich, wake_at=None, expected_cost=None, caller=None, reason=None, notes=(), ending=None)
    async with ledger() as tx:
        await tx.call(rich.id)
        await tx.save_call(after)
        await tx.commit()
    assert await read(ledger, rich.id) == after


async def test_a_call_can_be_saved_twice_in_one_unit_of_work(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    async with ledger() as tx:
        await tx.call(wanted.id)
        await tx.save_call(replace(wanted, reason="first", notes=("one",)))
        await tx.save_call(replace(wanted, reason="second"))
        await tx.commit()
    assert await read(ledger, wanted.id) == replace(wanted, reason="second")


async def test_legs_move_and_join_one_by_one(ledger: Ledger) -> None:
    wanted = call(state=CallState.STARTED, plan=(plan(dials=[B]),))
    first = placement(wanted)
    steps = [
        replace(wanted, placements=(first,)),
        replace(wanted, placements=(first,), legs=(leg(first),)),
        replace(wanted, placements=(first,), legs=(leg(first, state=LegState.ANSWERED), leg(first, B))),
        replace(
            wanted, placements=(first,), legs=(leg(first, state=LegState.ENDED), leg(first, B), leg(first, C))
        ),
    ]
    await saved(ledger, wanted)
    for step in steps:
        async with ledger() as tx:
            assert await tx.call(wanted.id) is not None
            await tx.save_call(step)
            await tx.commit()
        assert await read(ledger, wanted.id) == step


async def test_a_leg_may_have_a_token_without_a_placement(ledger: Ledger) -> None:
    stray = placement(call())
    wanted = call(state=CallState.STARTED, plan=(), legs=(leg(stray), leg(stray, B)))
    await saved(ledger, wanted)
    assert await read(ledger, wanted.id) == wanted
    async with ledger() as tx:
        assert await tx.call_of_token(stray.token) == wanted.id


async def test_a_call_is_added_once(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    with pytest.raises(Conflict):
        await saved(ledger, wanted)


async def test_nothing_is_found_where_nothing_is(ledger: Ledger) -> None:
    async with ledger() as tx:
        assert await tx.call(CallId("none")) is None
        assert await tx.call_of_token(Token("none")) is None
        assert await tx.order(OrderId("none")) is None
        assert await tx.cdr(CallId("none")) is None
        assert await tx.calls_numbered(ROOM.tenant, 1) == []
        assert list(await tx.calls_in(states=())) == []


async def test_a_token_finds_its_call(ledger: Ledger) -> None:
    rich = rich_call()
    await saved(ledger, rich)
    async with ledger() as tx:
        assert await tx.call_of_token(rich.placements[1].token) == rich.id


async def test_numbers_count_up_per_workspace_and_kind(ledger: Ledger) -> None:
    async with ledger() as tx:
        assert [await tx.next_number("slack:T1") for _ in range(3)] == [1, 2, 3]
        assert await tx.next_number("slack:T2") == 1
        assert await tx.next_voicemail("slack:T1") == 1
        await tx.commit()
    async with ledger() as tx:
        assert await tx.next_number("slack:T1") == 4
        assert await tx.next_voicemail("slack:T1") == 2


async def test_orders_come_back_as_they_went_in(ledger: Ledger) -> None:
    weekly = order()
    changed = replace(weekly, cancelled=True, conference=None, recurrence=None, skip=())
    async with ledger() as tx:
        await tx.save_order(weekly)
        assert await tx.order(weekly.id) == weekly
        await tx.save_order(changed)
        assert await tx.order(weekly.id) == changed


async def test_active_orders_repeat_and_are_not_cancelled(ledger: Ledger) -> None:
    weekly, once = order(number=2), order(number=1, recurrence=None)
    gone, elsewhere = order(number=3, cancelled=True), order(room=SLACK)
    async with ledger() as tx:
        for each in (weekly, once, gone, elsewhere):
            await tx.save_order(each)
        assert list(await tx.orders(ROOM.tenant)) == [weekly]
        assert list(await tx.orders(ROOM.tenant, active=False)) == [once, weekly, gone]


async def test_an_occurrence_is_known_by_its_order_and_its_moment(ledger: Ledger) -> None:
    weekly = order()
    wanted = call(order=weekly.id)
    async with ledger() as tx:
        await tx.save_order(weekly)
        await tx.add_call(wanted)
        assert await tx.occurrence(weekly.id, NOW) == wanted.id
        assert await tx.occurrence(weekly.id, NOW + timedelta(microseconds=1)) is None
        assert await tx.occurrence(OrderId("other"), NOW) is None


async def test_occurrences_under_a_number_latest_first(ledger: Ledger) -> None:
    first, second = call(number=7), call(number=7, due=NOW + seconds(1))
    await saved(ledger, first, second, call(number=8), call(number=7, room=SLACK))
    async with ledger() as tx:
        assert list(await tx.calls_numbered(ROOM.tenant, 7)) == [second, first]


# --- lists -----------------------------------------------------------------------------------------


async def test_calls_are_listed_by_due_time_a_page_at_a_time(ledger: Ledger) -> None:
    states = (CallState.SCHEDULED, CallState.DONE, CallState.HELD)
    calls = [call(number=n, due=NOW + seconds(n), state=states[n % 3]) for n in range(9)]
    await saved(ledger, *reversed(calls))
    async with ledger() as tx:
        assert list(await tx.calls_in(room=ROOM)) == calls
        assert list(await tx.calls_in(room=ROOM, newest_first=True)) == calls[::-1]
        assert list(await tx.calls_in(limit=4, offset=3)) == calls[3:7]
        assert list(await tx.calls_in(limit=4, offset=3, newest_first=True)) == calls[::-1][3:7]
        assert list(await tx.calls_in(states={CallState.DONE, CallState.HELD}, limit=3)) == [
            calls[1],
            calls[2],
            calls[4],
        ]


async def test_calls_due_together_are_listed_by_number(ledger: Ledger) -> None:
    calls = [call(number=n) for n in range(1, 6)]
    await saved(ledger, *calls[3:], *calls[:3])
    async with ledger() as tx:
        assert list(await tx.calls_in()) == calls
        assert list(await tx.calls_in(newest_first=True)) == calls[::-1]


async def test_lists_are_narrowed_by_workspace_room_and_asker(ledger: Ledger) -> None:
    thread = replace(ROOM, thread="42")
    other_room = Room(platform="console", workspace="local", channel="other")
    mine, threaded = call(number=1), call(number=2, room=thread)
    theirs, elsewhere = call(number=3, asker="console:local/you"), call(number=4, room=other_room)
    foreign = call(number=5, room=SLACK)
    await saved(ledger, mine, threaded, theirs, elsewhere, foreign)
    async with ledger() as tx:
        assert list(await tx.calls_in(tenant="console:local")) == [mine, threaded, theirs, elsewhere]
        assert list(await tx.calls_in(room=thread)) == [mine, threaded, theirs]
        assert list(await tx.calls_in(room=ROOM, asker=ASKER.key)) == [mine, threaded]
        assert list(await tx.calls_in(asker=ASKER.key)) == [mine, threaded, elsewhere, foreign]


async def test_a_listed_call_has_its_placements_and_legs(ledger: Ledger) -> None:
    rich, plain = rich_call(), call(number=99, due=NOW + seconds(1))
    await saved(ledger, rich, plain)
    async with ledger() as tx:
        assert list(await tx.calls_in()) == [rich, plain]


# --- events and accounts ---------------------------------------------------------------------------


async def test_of_several_events_each_is_judged(ledger: Ledger) -> None:
    """Callbacks of several calls that came at one moment, some of them again."""
    one, two = call(), call()
    first, second, third = (event(Token(f"t{n}"), source_id="1") for n in (1, 2, 3))
    await saved(ledger, one, two)
    async with ledger() as tx:
        assert await tx.add_events([], NOW) == []
        assert await tx.add_events([(first, one.id)], NOW) == [True]
        heard = [(second, two.id), (first, one.id), (second, two.id), (third, one.id)]
        assert await tx.add_events(heard, NOW) == [True, False, False, True]
        await tx.commit()
    async with ledger() as tx:
        assert list(await tx.events(one.id)) == [first, third]
        assert list(await tx.events(two.id)) == [second]


async def test_whose_an_event_is_and_whether_it_is_known(ledger: Ledger) -> None:
    first = await dialled(ledger)
    known = event(first.token, source_id="1")
    async with ledger() as tx:
        assert await tx.add_events([(known, first.call)], NOW) == [True]
        await tx.commit()
    async with ledger() as tx:
        assert await tx.whose(known) == (first.call, True)
        assert await tx.whose(replace(known, source_id="2")) == (first.call, False)
        assert await tx.whose(event(Token("stranger"), source_id="1")) == (None, False)


async def test_an_event_is_kept_once_and_in_order_of_arrival(ledger: Ledger) -> None:
    wanted = call()
    token = Token("t-events")
    late, early = event(token, at=NOW + seconds(9)), rich_event(token)
    await saved(ledger, wanted)
    async with ledger() as tx:
        assert await tx.add_events([(late, wanted.id)], NOW) == [True]
        assert await tx.add_events([(early, wanted.id)], NOW + seconds(1)) == [True]
        assert await tx.add_events([(replace(late, digits="9"), wanted.id)], NOW) == [False]
        await tx.commit()
    async with ledger() as tx:
        assert await tx.add_events([(early, wanted.id)], NOW) == [False]
        kept = await tx.events(wanted.id)
        assert await tx.events(CallId("none")) == []
        assert list(await tx.heard(wanted.id)) == [(late, NOW), (early, NOW + seconds(1))]
    assert list(kept) == [late, early]
    assert [each.raw for each in kept] == [late.raw, early.raw]


async def test_one_source_id_may_stand_under_two_tokens(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    async with ledger() as tx:
        assert await tx.add_events([(event(Token("t1"), source_id="1"), wanted.id)], NOW) == [True]
        assert await tx.add_events([(event(Token("t2"), source_id="1"), wanted.id)], NOW) == [True]


async def test_an_account_is_written_and_amended(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    closed = cdr(wanted.id, usd("0.0135"))
    async with ledger() as tx:
        await tx.save_cdr(closed)
        assert await tx.cdr(wanted.id) == closed
        amended = replace(closed, cost=(usd("0.5"), replace(usd("1"), currency="EUR")), answered_at=None)
        await tx.save_cdr(amended)
        assert await tx.cdr(wanted.id) == amended


@pytest.mark.parametrize("microsecond", [0, 1, 499_999, 999_999])
async def test_moments_keep_their_microsecond_and_their_zone(ledger: Ledger, microsecond: int) -> None:
    due = NOW.replace(microsecond=microsecond)
    wanted = call(due=due, wake_at=due)
    await saved(ledger, wanted)
    found = await read(ledger, wanted.id)
    assert (found.due, found.wake_at) == (due, due)
    assert found.due.utcoffset() == timedelta(0)


async def test_a_second_ledger_sees_what_the_first_has_committed(store: Store) -> None:
    wanted = rich_call()
    await saved(store.another(), wanted)
    assert await read(store.another(), wanted.id) == wanted


async def test_roles_are_kept_apart(ledger: Ledger) -> None:
    wanted = call(state=CallState.STARTED, plan=(plan(A), plan(C)))
    one, two = placement(wanted, wanted.plan[0]), placement(wanted, wanted.plan[1])
    both = replace(wanted, placements=(one, two))
    await saved(ledger, both)
    assert await read(ledger, wanted.id) == both
