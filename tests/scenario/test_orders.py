"""What people order, from the sentence to the receipt: conferences, machines, reminders, forwards, series."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.voice.simulator.script import phone
from bot.domain.call import CallState
from bot.domain.causes import AmdVerdict
from bot.domain.numbers import PhoneNumber
from tests.scenario.house import ME, OURS, PUNIT, House

AMY, BOB, CY = "+6591234567", "+6598765432", "+6591112222"
STRANGER = "+13125550177"


async def test_the_birthday(house: House) -> None:
    """Rung at midnight, a song, an announcement, then we are put through."""
    house.phones(phone(AMY).rings(3).answers(), phone(ME).answers().hangs_up_after(60))
    await house.says(
        'call amy, play https://example.com/birthday.mp3, say "Connecting this call to Punit", patch me in'
    )
    await house.advance(minutes=3)
    assert house.heard(AMY)[:2] == ["https://example.com/birthday.mp3", "Connecting this call to Punit"]
    assert "talked for" in house.card(1).text


async def test_a_conference_rings_exactly_those_named_and_tells_of_each(house: House) -> None:
    house.phones(
        phone(AMY).rings(2).answers().hangs_up_after(40), phone(BOB).is_busy(), phone(CY).never_answers()
    )
    await house.says("conference amy, bob and cy")
    await house.advance(minutes=3)
    card = house.card(1)
    assert card.final
    assert house.rung(ME) == 0
    assert "1 of 3 joined: amy." in card.text
    assert "Bob was busy." in card.text
    assert "Cy did not answer." in card.text


async def test_a_machine_gets_its_branch_and_a_person_theirs(house: House) -> None:
    sentence = 'call amy and say "your parcel is here"; if voicemail say "I will try again" and hang up'
    house.phones(phone(AMY).is_machine(greeting=5))
    await house.says(sentence)
    await house.advance(minutes=1)
    assert house.heard(AMY) == ["I will try again"]
    assert "A machine answered" in house.card(1).text
    house.phones(phone(AMY).answers())
    await house.says(sentence)
    await house.advance(minutes=1)
    assert house.heard(AMY)[-1] == "your parcel is here"


async def test_an_unsure_detection_counts_as_a_person(house: House) -> None:
    house.phones(phone(AMY).answers().is_taken_for(AmdVerdict.UNSURE))
    await house.says('call amy and say "hello there"; if voicemail hang up')
    await house.advance(minutes=1)
    assert "hello there" in house.heard(AMY)


async def test_nobody_is_detected_without_a_branch(house: House) -> None:
    house.phones(phone(AMY).is_machine(greeting=3))
    await house.says("call amy and say hello")
    await house.advance(minutes=1)
    assert "hello" in house.heard(AMY)


async def test_a_phone_that_screens_is_told_who_is_calling_and_why(house: House) -> None:
    house.phones(phone(AMY).screens(after=5), phone(ME).answers().hangs_up_after(30))
    await house.says("call amy and patch me in")
    await house.advance(minutes=2)
    assert any("calling for Punit" in words for words in house.heard(AMY))


async def test_a_screened_call_that_nobody_takes_ends_as_screened(house: House) -> None:
    house.phones(phone(AMY).screens(lets_through=False))
    await house.says("call amy and say hello")
    await house.advance(minutes=2)
    assert "screened" in house.card(1).text
    assert house.card(1).final


async def test_several_with_steps_are_one_card(house: House) -> None:
    house.phones(*(phone(number).answers() for number in (AMY, BOB)))
    await house.says('call amy and bob and say "dinner is ready"')
    await house.advance(minutes=1)
    for number in (AMY, BOB):
        assert "dinner is ready" in house.heard(number)
    assert len((await house.call(1)).legs) == 2


async def test_several_without_steps_are_asked_about(house: House) -> None:
    reply = await house.says("call amy and bob")
    assert reply is not None
    assert reply.kind == "question"
    assert (house.rung(AMY), house.rung(ME)) == (0, 0)


async def test_one_after_the_other_waits_for_the_end_of_the_first(house: House) -> None:
    house.phones(phone(ME).answers(), *(phone(number).answers().hangs_up_after(20) for number in (AMY, BOB)))
    await house.says("call amy and bob")
    one_by_one = next(button.label for button in house.replies[-1].buttons if "other" in button.label)
    await house.presses(one_by_one)
    await house.advance(15)
    assert (house.rung(AMY), house.rung(BOB)) == (1, 0)
    await house.advance(minutes=1)
    assert (house.rung(AMY), house.rung(BOB)) == (1, 1)
    assert house.card(2).final


async def test_a_reminder_rings_me_and_says_it_twice(house: House) -> None:
    house.phones(phone(ME).answers())
    await house.says("remind me in 5 minutes to take the pizza out")
    await house.advance(minutes=6)
    assert house.heard(ME) == ["take the pizza out"] * 2
    assert house.card(1).final


async def test_a_limit_is_announced_and_kept(house: House) -> None:
    house.phones(phone(AMY).answers(), phone(ME).answers())
    await house.says("call amy and patch me in, max 3 minutes")
    await house.advance(minutes=6)
    assert "One minute left." in house.heard(AMY)
    call = await house.call(1)
    assert call.state is CallState.DONE
    assert all(leg.talk_seconds <= 181 for leg in call.legs)


async def test_no_answer_is_not_dialled_again_by_itself(house: House) -> None:
    house.phones(phone(AMY).never_answers())
    await house.says("call amy and say hello")
    await house.advance(minutes=5)
    assert house.rung(AMY) == 1
    await house.presses("Call again", 1)
    await house.advance(5)
    assert house.rung(AMY) == 2
    assert house.card(2).state in ("ringing", "placing")


async def test_a_recorded_call_tells_everybody_and_brings_the_recording_home(house: House) -> None:
    house.phones(phone(AMY).answers(), phone(ME).answers().hangs_up_after(20))
    await house.says("call amy and patch me in, recorded")
    await house.advance(minutes=2)
    assert house.heard(AMY)[0] == "This call is recorded."
    assert house.heard(ME)[0].startswith("This call is recorded.")


# --- forwards -------------------------------------------------------------------------------------


async def ring_us(house: House, *, message: float = 8) -> None:
    script = phone(STRANGER).leaves_message(message, "Please call me back.")
    house.network.call(PhoneNumber(e164=STRANGER), PhoneNumber(e164=OURS), script)
    await house.advance(minutes=3)


async def test_a_forward_that_is_answered_connects(house: House) -> None:
    house.phones(phone(BOB).answers().hangs_up_after(30))
    await house.says(f"forward {OURS} to bob, then voicemail")
    await ring_us(house)
    assert "talked for" in house.card(1).text


async def test_a_mailbox_does_not_swallow_a_forward(house: House) -> None:
    house.phones(phone(BOB).is_machine(greeting=4))
    await house.says(f"forward {OURS} to bob, then voicemail")
    await ring_us(house)
    assert house.card(1).state == "voicemail"


async def test_the_next_in_line_is_tried_in_order(house: House) -> None:
    house.phones(phone(BOB).never_answers(), phone(CY).answers().hangs_up_after(20))
    await house.says(f"forward {OURS} to bob for 10 seconds, then cy, then voicemail")
    await ring_us(house)
    call = await house.call(1)
    rung = {leg.party.name: leg.rang_at for leg in call.legs if leg.rang_at}
    assert rung["bob"] < rung["cy"]
    assert "cy answered" in house.card(1).text


async def test_hanging_up_at_the_beep_is_a_missed_call(house: House) -> None:
    house.phones(phone(BOB).is_busy())
    await house.says(f"forward {OURS} to bob, then voicemail")
    await ring_us(house, message=0)
    assert house.card(1).state == "missed"
    assert "Call back" in {button.label for button in house.card(1).buttons}


async def test_calling_back_goes_through_the_same_door_as_any_call(house: House) -> None:
    house.phones(phone(BOB).is_busy(), phone(ME).answers())
    await house.says(f"forward {OURS} to bob, then voicemail")
    await ring_us(house)
    await house.presses("Call back", 1)
    await house.advance(5)
    # The first call to that country: it waits for a yes.
    assert house.card(2).state == "confirm"
    assert house.rung(ME) == 0
    await house.says("yes")
    await house.advance(5)
    assert house.rung(ME) == 1


# --- series ---------------------------------------------------------------------------------------


async def test_a_series_rings_on_its_days_and_one_occurrence_stands_ahead(house: House) -> None:
    house.phones(phone(AMY).answers().hangs_up_after(3))
    await house.says("call amy every day at 14:45 for 3 days and say hello")
    for day in range(3):
        await house.skip_to(datetime(2026, 3, 10 + day, 6, 45, tzinfo=UTC))
        await house.advance(30)
        async with house.ledger() as tx:
            calls = await tx.calls_numbered("console:local", 1)
        ended = [call for call in calls if call.state is CallState.DONE]
        ahead = [call for call in calls if call.state is CallState.SCHEDULED]
        assert (len(ended), len(ahead)) == (day + 1, 1 if day < 2 else 0)
    assert calls[0].due - calls[1].due == timedelta(days=1)


async def test_an_endless_series_waits_for_a_yes(house: House) -> None:
    await house.says("call amy every day at 14:45 and say hello")
    assert house.card(1).state == "confirm"
    assert "without an end" in house.card(1).text
    await house.says("yes")
    assert house.card(1).state == "scheduled"


async def test_a_run_is_skipped_and_the_series_goes_on(house: House) -> None:
    await house.says("call amy every day at 14:45 for 3 days and say hello")
    reply = await house.says("skip the next run of 1")
    assert reply is not None
    assert "Wed 11 March" in reply.text
    await house.skip_to(datetime(2026, 3, 10, 7, 0, tzinfo=UTC))
    assert house.rung(AMY) == 0


async def test_cancelling_a_series_ends_it(house: House) -> None:
    await house.says("call amy every day at 14:45 for 3 days and say hello")
    await house.says("cancel 1")
    await house.skip_to(datetime(2026, 3, 10, 7, 0, tzinfo=UTC))
    assert house.rung(AMY) == 0
    async with house.ledger() as tx:
        assert not await tx.orders("console:local")


async def test_a_moved_run_does_not_ring_at_its_old_time_too(house: House) -> None:
    house.phones(phone(AMY).answers().hangs_up_after(3))
    await house.says("call amy every day at 14:45 for 2 days and say hello")
    await house.says("reschedule 1 to 14:50")
    await house.skip_to(datetime(2026, 3, 10, 6, 49, tzinfo=UTC))
    assert house.rung(AMY) == 0
    await house.skip_to(datetime(2026, 3, 10, 6, 51, tzinfo=UTC))
    assert house.rung(AMY) == 1
    await house.skip_to(datetime(2026, 3, 11, 6, 46, tzinfo=UTC))
    assert house.rung(AMY) == 2


async def test_undo_takes_back_the_latest_order(house: House) -> None:
    await house.says("call amy in 10 minutes and say hello")
    await house.says("call bob in 10 minutes and say hello")
    await house.says("undo")
    await house.advance(minutes=11)
    assert (house.rung(AMY), house.rung(BOB)) == (1, 0)


# --- confirmation and limits ----------------------------------------------------------------------


async def test_a_first_call_to_a_country_waits_for_confirm_and_names_it(house: House) -> None:
    await house.says("call +37121234567 and say hello")
    card = house.card(1)
    assert card.state == "confirm"
    assert "Latvia, +371" in card.text
    await house.advance(minutes=11)
    assert house.card(1).state == "cancelled"
    assert house.rung("+37121234567") == 0


async def test_confirming_twice_rings_once(house: House) -> None:
    await house.says("call +37121234567 and say hello")
    await house.presses("Confirm", 1)
    call = await house.call(1)
    again = await house.presses_action(f"confirm:{call.id}")
    await house.advance(20)
    assert again is not None
    assert house.rung("+37121234567") == 1


@pytest.mark.parametrize("number", ["999", "112", "+1 900 555 0123", "1777"])
async def test_what_is_never_dialled_is_not_even_written_down(house: House, number: str) -> None:
    reply = await house.says(f"call {number}")
    assert reply is not None
    assert reply.kind == "error"
    async with house.ledger() as tx:
        assert not await tx.calls_in(tenant="console:local")


async def test_somebody_else_may_not_end_my_call(house: House) -> None:
    from dataclasses import replace

    from bot.domain.people import Standing

    guest = replace(PUNIT, user="eve", name="Eve", standing=Standing.MEMBER)
    await house.says("call amy in 10 minutes and say hello")
    reply = await house.says("cancel 1", asker=guest)
    assert reply is not None
    assert reply.kind == "error"
    assert (await house.call(1)).state is CallState.SCHEDULED
