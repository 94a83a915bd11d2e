"""Requests that get lost, providers that refuse, processes that die, clocks that are set: the card tells the
truth, and nobody is rung twice."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.voice.simulator.script import phone
from adapters.voice.simulator.trouble import Creation, Delivery, Fault, Trouble
from bot import compose
from bot.domain.call import CallState, PlacementState
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind, Token
from tests.fakes import FakeClock
from tests.scenario.house import ME, House

AMY = "+6591234567"
CALL = "call amy and say hello"


async def test_an_answer_that_gets_lost_is_found_again_and_nothing_is_dialled_twice(house: House) -> None:
    house.network.trouble = Trouble(creations=(Creation.ANSWER_LOST,))
    house.phones(phone(AMY).rings(30).answers().hangs_up_after(5))
    await house.says(CALL)
    await house.advance(12)
    assert house.rung(AMY) == 1
    assert house.card(1).state == "ringing"
    await house.advance(minutes=3)
    assert house.rung(AMY) == 1
    assert house.card(1).state == "ended"


async def test_a_silent_provider_is_asked_by_its_list(house: House) -> None:
    house.network.trouble = Trouble(
        creations=(Creation.ANSWER_LOST,), delivery_odds={Delivery.LOST: 1.0}, listing_lag=4.0
    )
    house.phones(phone(AMY).rings(60).answers())
    await house.says("call amy, ring for 60 seconds, and say hello")
    await house.advance(9)
    call = await house.call(1)
    assert call.placements[0].state is PlacementState.UNKNOWN
    assert "being checked" in house.card(1).text
    await house.advance(10)
    call = await house.call(1)
    assert call.placements[0].reconciled
    assert house.rung(AMY) == 1


async def test_what_nobody_can_confirm_is_told_and_left_to_the_person(house: House) -> None:
    house.network.trouble = Trouble(creations=(Creation.LOST,))
    await house.says(CALL)
    await house.advance(minutes=3)
    card = house.card(1)
    assert card.state == "unknown"
    assert "cannot confirm" in card.text
    assert {button.label for button in card.buttons} >= {"Call now", "Leave it"}
    assert house.rung(AMY) == 0
    await house.presses("Call now", 1)
    await house.advance(minutes=1)
    assert house.rung(AMY) == 1
    assert house.card(2).state in ("ended", "answered")
    assert house.card(1).final


async def test_leaving_it_closes_the_card_and_rings_nobody(house: House) -> None:
    house.network.trouble = Trouble(creations=(Creation.LOST,))
    await house.says(CALL)
    await house.advance(minutes=3)
    await house.presses("Leave it", 1)
    assert house.card(1).final
    again = await house.presses_action(f"leave:{(await house.call(1)).id}")
    assert again is not None
    await house.advance(minutes=10)
    assert house.rung(AMY) == 0


async def test_redial_is_only_by_choice(tmp_path: Path) -> None:
    house = await House(tmp_path, PATCHLINE_ON_UNKNOWN="redial").is_set_up()
    house.network.trouble = Trouble(creations=(Creation.LOST,))
    await house.says(CALL)
    await house.advance(seconds=100)
    assert house.rung(AMY) == 0
    await house.advance(minutes=1)
    assert house.rung(AMY) == 1
    first, second = (await house.call(1)).placements
    assert (first.state, second.n) == (PlacementState.CLOSED, 2)
    assert first.token != second.token
    await house.close()


async def test_a_redial_that_has_not_left_is_called_off_by_a_late_callback(tmp_path: Path) -> None:
    house = await House(tmp_path, PATCHLINE_ON_UNKNOWN="redial").is_set_up()
    house.network.trouble = Trouble(creations=(Creation.LOST, *9 * (Creation.BUSY,)), retry_after=20.0)
    await house.says(CALL)
    await house.advance(seconds=135)
    first, second = (await house.call(1)).placements
    assert (first.state, second.state) == (PlacementState.CLOSED, PlacementState.PLACING)
    requests = len(house.network.requests)
    await said(house, first.token, LegEventKind.RANG)
    assert house.card(1).state == "ringing"
    first, second = (await house.call(1)).placements
    assert (first.state, second.state) == (PlacementState.PLACED, PlacementState.CLOSED)
    await house.advance(minutes=2)
    assert len(house.network.requests) == requests
    await house.close()


async def test_a_redial_that_is_just_leaving_is_hung_up_after_a_late_callback(tmp_path: Path) -> None:
    house = await House(tmp_path, PATCHLINE_ON_UNKNOWN="redial").is_set_up()
    house.network.trouble = Trouble(
        creations=(Creation.LOST,), delivery_odds={Delivery.LOST: 1.0}, answers_after=5.0
    )
    house.phones(phone(AMY).rings(60).answers())
    await house.says("call amy, ring for 60 seconds, and say hello")
    while len((await house.call(1)).placements) == 1:
        await house.advance(seconds=1)
    await house.advance(seconds=2)
    first, second = (await house.call(1)).placements
    assert second.state is PlacementState.PLACING
    await said(house, first.token, LegEventKind.RANG)
    await house.advance(seconds=5)
    assert house.rung(AMY) == 1
    assert house.heard(AMY) == []
    assert [leg.ended_at is None for leg in house.network.legs] == [False]
    await house.close()


async def said(house: House, token: Token, kind: LegEventKind) -> None:
    """What a provider says very late."""
    event = LegEvent(
        token=token, role=LegRole("A"), kind=kind, at=house.clock.now(), source_id=f"late {kind}"
    )
    await house.house.inbound.happened("simulator", event)
    await house.advance(seconds=1)


async def test_a_busy_provider_is_asked_again_with_the_same_token(house: House) -> None:
    house.network.trouble = Trouble(creations=(Creation.BUSY, Creation.BUSY), retry_after=3.0)
    await house.says(CALL)
    await house.advance(15)
    assert house.rung(AMY) == 1
    assert len({request.token for request in house.network.requests}) == 1
    assert len(house.network.requests) == 3


async def test_a_refusal_is_told_in_words_and_not_tried_again(house: House) -> None:
    house.network.trouble = Trouble(creations=(Creation.NO_CREDIT,))
    await house.says(CALL)
    await house.advance(minutes=3)
    card = house.card(1)
    assert card.state == "failed"
    assert "refused the call to" in card.text
    assert "Not charged" in card.text
    assert len(house.network.requests) == 1


async def test_doubled_and_shuffled_events_change_nothing(house: House) -> None:
    house.network.trouble = Trouble(
        seed=5, delivery_odds={Delivery.DOUBLED: 0.4, Delivery.REORDERED: 0.3, Delivery.DELAYED: 0.2}
    )
    house.phones(phone(AMY).answers(), phone(ME).answers().hangs_up_after(20))
    await house.says("call amy and patch me in")
    await house.advance(minutes=2)
    card = house.card(1)
    assert card.state == "ended"
    assert "talked for" in card.text


async def test_an_end_that_was_never_reported_is_asked_for(house: House) -> None:
    house.network.trouble = Trouble(
        faults=(Fault(delivery=Delivery.LOST, kind=LegEventKind.HUNG_UP, times=9),)
    )
    house.phones(phone(AMY).answers().hangs_up_after(5))
    await house.says(CALL)
    await house.advance(minutes=1)
    assert house.card(1).state != "ended"
    await house.advance(minutes=4)
    assert house.card(1).state == "ended"


async def test_a_process_that_dies_before_the_call_is_due_changes_nothing(house: House) -> None:
    await house.says("call amy in 5 minutes and say hello")
    await house.dies()
    await house.advance(minutes=2)
    house.starts()
    await house.advance(minutes=4)
    assert house.rung(AMY) == 1
    assert house.card(1).state in ("answered", "ended")


async def test_a_call_overdue_by_less_than_the_grace_is_placed_late_and_says_so(house: House) -> None:
    await house.says("call amy in 1 minute and say hello")
    await house.dies()
    await house.advance(seconds=120)
    house.starts()
    await house.advance(30)
    assert house.rung(AMY) == 1
    assert "late" in house.card(1).text


async def test_a_call_missed_by_more_than_the_grace_is_told_and_offered(house: House) -> None:
    await house.says("call amy in 1 minute and say hello")
    await house.dies()
    await house.advance(minutes=10)
    house.starts()
    await house.advance(30)
    card = house.card(1)
    assert (card.state, house.rung(AMY)) == ("missed", 0)
    await house.presses("Call now", 1)
    await house.advance(30)
    assert house.rung(AMY) == 1


@pytest.mark.parametrize("minutes", [10, -10])
async def test_a_clock_set_by_ten_minutes_fires_at_the_wall_time_that_was_asked_for(
    house: House, minutes: int
) -> None:
    await house.says("call amy in 15 minutes and say hello")
    due = (await house.call(1)).due
    await house.advance(minutes=1)
    house.clock.step(minutes=minutes)
    await house.advance(2)
    assert house.rung(AMY) == 0
    await house.clock.advance_to(due)
    assert house.rung(AMY) == 1
    call = await house.call(1)
    assert call.placements[0].created_at - due < timedelta(milliseconds=20)


async def test_a_clock_set_far_forward_rings_nobody_before_the_operator_has_looked(house: House) -> None:
    await house.says("call amy in 15 minutes and say hello")
    house.clock.step(minutes=20)
    await house.advance(60)
    assert house.rung(AMY) == 0
    asked = house.replies[-1]
    assert "clock was set forward by 20 min" in asked.text
    await house.presses("Place calls again")
    await house.advance(10)
    assert (await house.call(1)).state is CallState.MISSED


async def test_a_worker_whose_clock_was_set_hears_the_answer_that_another_process_took(house: House) -> None:
    await house.says("list")
    clock = FakeClock(house.clock.now())
    worker = compose.build(
        house.house.settings, clock=clock, chats={}, providers=house.house.providers, ledger=house.ledger
    )
    await worker.scheduler.ring()
    clock.step(minutes=20)
    await worker.scheduler.ring()
    assert worker.scheduler.is_paused
    await house.advance(1)
    assert "clock was set forward" in house.replies[-1].text
    await worker.scheduler.ring()
    assert worker.scheduler.is_paused
    await house.presses("Place calls again")
    await worker.scheduler.ring()
    assert not worker.scheduler.is_paused


async def test_a_no_to_the_clock_leaves_it_paused(house: House) -> None:
    await house.says("call amy in 15 minutes and say hello")
    house.clock.step(minutes=20)
    await house.advance(5)
    await house.says("no")
    await house.advance(5)
    assert house.house.scheduler.is_paused
    assert house.rung(AMY) == 0


async def test_a_clock_set_back_does_not_ring_a_second_time(house: House) -> None:
    house.phones(phone(AMY).answers().hangs_up_after(3))
    await house.says("call amy in 1 minute and say hello")
    await house.advance(minutes=2)
    assert house.rung(AMY) == 1
    house.clock.step(minutes=-10)
    await house.advance(minutes=15)
    assert house.rung(AMY) == 1


async def test_a_suspended_machine_finds_what_is_due_within_a_second(house: House) -> None:
    await house.says("call amy in 1 minute and say hello")
    await house.clock.sleeps(seconds=90)
    await house.advance(1)
    assert house.rung(AMY) == 1


async def test_a_chat_that_is_down_delays_no_call_and_gets_the_final_card(house: House) -> None:
    house.phones(phone(AMY).answers().hangs_up_after(5))
    await house.says("call amy in 1 minute and say hello")
    house.chat.broken = True
    await house.advance(minutes=5)
    assert house.rung(AMY) == 1
    house.chat.broken = False
    await house.advance(minutes=10)
    assert house.card(1).state == "ended"


async def test_the_day_s_money_ends_calls_that_would_spend_more(tmp_path: Path) -> None:
    house = await House(tmp_path, PATCHLINE_DAILY_SPEND="0.20 USD").is_set_up()
    house.phones(phone(AMY).answers(), phone(ME).answers())
    await house.says("call amy and patch me in")
    await house.advance(minutes=10)
    card = house.card(1)
    assert card.state == "ended"
    assert "the daily spend" in card.text
    spent = sum(leg.cost.amount for leg in (await house.call(1)).legs if leg.cost)
    assert spent <= 1
    refused = await house.says(CALL)
    assert refused is not None
    assert "used up" in refused.text
    await house.close()
