"""`call +6591234567 and patch me in at 23:59`: the sentence that Patchline is named after."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.voice.simulator.script import phone
from bot.domain.call import CallState
from tests.scenario.house import ME, House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """23:58 in Singapore."""
    house = await House(tmp_path, start=DUE - timedelta(minutes=1)).is_set_up()
    yield house
    await house.close()


AMY = "+6591234567"
DUE = datetime(2026, 3, 10, 15, 59, tzinfo=UTC)  # 23:59 in Singapore


async def test_it_is_placed_at_its_second_and_told_to_the_end(house: House) -> None:
    house.phones(phone(AMY).rings(3).answers(), phone(ME).rings(2).answers().hangs_up_after(70))
    assert await house.says("call +6591234567 and patch me in at 23:59") is None
    assert house.card(1).state == "scheduled"
    await house.clock.advance_to(DUE)
    call = await house.call(1)
    (placement,) = call.placements
    assert placement.created_at == DUE
    assert house.rung(AMY) == 1
    assert house.rung(ME) == 0
    await house.advance(minutes=2)
    assert house.states(1) == ["scheduled", "placing", "ringing", "answered", "talking", "ended"]
    assert house.heard(ME)[0] == "Patchline. Press 1 to talk to amy."
    final = house.card(1)
    assert final.final
    assert "Amy and you talked for" in final.text
    assert (house.rung(AMY), house.rung(ME)) == (1, 1)


async def test_it_is_never_early(house: House) -> None:
    await house.says("call +6591234567 and patch me in at 23:59")
    await house.clock.advance_to(DUE)
    async with house.ledger() as tx:
        (call,) = await tx.calls_numbered("console:local", 1)
    assert call.state is CallState.STARTED
    assert call.placements[0].created_at >= DUE


async def test_my_own_mailbox_does_not_swallow_the_call(house: House) -> None:
    house.phones(phone(AMY).answers(), phone(ME).is_machine(greeting=3))
    await house.says("call amy and patch me in")
    await house.advance(minutes=3)
    assert "Sorry, nobody could be reached. Goodbye." in house.heard(AMY)
    assert "Amy answered, you did not." in house.card(1).text


async def test_a_plain_call_rings_me_first_and_then_the_other_side(house: House) -> None:
    house.phones(phone(ME).rings(2).answers(), phone(AMY).rings(4).answers().hangs_up_after(30))
    await house.says("call amy")
    await house.advance(1)
    assert (house.rung(ME), house.rung(AMY)) == (1, 0)
    await house.advance(minutes=2)
    assert house.rung(AMY) == 1
    assert house.card(1).state == "ended"
    assert "talked for" in house.card(1).text


async def test_nobody_is_rung_when_i_do_not_press_the_key(house: House) -> None:
    house.phones(phone(ME).answers().ignores_accept())
    await house.says("call amy")
    await house.advance(minutes=2)
    assert house.rung(AMY) == 0
    assert "You did not press 1, so amy was not rung." in house.card(1).text


async def test_saying_cancel_in_time_rings_nobody(house: House) -> None:
    await house.says("call amy at 23:59 and patch me in")
    reply = await house.says("cancel 1")
    assert reply is not None
    assert "Cancelled #1" in reply.text
    await house.clock.advance_to(DUE)
    await house.advance(minutes=1)
    assert house.rung(AMY) == 0
    assert house.card(1).state == "cancelled"


async def test_pressing_cancel_twice_has_one_effect_and_two_true_answers(house: House) -> None:
    await house.says("call amy at 23:59 and patch me in")
    first = await house.presses("Cancel", 1)
    async with house.ledger() as tx:
        (call,) = await tx.calls_numbered("console:local", 1)
    second = await house.presses_action(f"cancel:{call.id}")
    assert first is not None
    assert second is not None
    assert "Cancelled #1" in first.text
    assert "cancelled already" in second.text
