"""Orders to a call that is running: hang up, mute, hold, add, kick, transfer, record, say, play, press."""

import pytest

from adapters.voice.simulator.script import phone
from adapters.voice.simulator.trouble import Delivery, Fault, Trouble
from bot.domain.call import CallState
from bot.domain.leg import LegEventKind
from tests.scenario.house import ME, House

AMY, BOB, CY = "+6591234567", "+6598765432", "+6591112222"


@pytest.fixture
async def talk(house: House) -> House:
    """Amy and I are talking on #1."""
    house.phones(phone(AMY).answers(), phone(ME).answers(), phone(BOB).answers(), phone(CY).answers())
    await house.says("call amy and patch me in")
    await house.advance(15)
    assert house.card(1).state == "talking"
    return house


@pytest.fixture
async def conference(house: House) -> House:
    """Amy, Bob and I are in a conference, #1."""
    house.phones(phone(AMY).answers(), phone(ME).answers(), phone(BOB).answers(), phone(CY).answers())
    await house.says("conference me, amy and bob")
    await house.advance(15)
    assert house.card(1).state == "conference"
    return house


async def said(house: House, sentence: str) -> str:
    """The answer, which is no mistake."""
    reply = await house.says(sentence)
    assert reply is not None
    assert reply.kind == "reply", reply.text
    return reply.text


@pytest.mark.parametrize(
    "sentence", ["hang up", "hangup 1", "end call #1", "disconnect", "hang up all calls"]
)
async def test_hanging_up_ends_it_for_everybody(talk: House, sentence: str) -> None:
    await said(talk, sentence)
    await talk.advance(3)
    assert talk.card(1).final
    assert "Ended by Punit" in talk.card(1).text


async def test_hanging_up_twice_is_harmless_and_answered_truly(talk: House) -> None:
    first = await talk.presses("Hang up", 1)
    await talk.advance(5)
    second = await talk.presses_action(f"hangup:{(await talk.call(1)).id}")
    assert first is not None
    assert second is not None
    assert second.kind == "error"
    assert "over" in second.text


async def test_somebody_is_kicked_and_the_others_stay(conference: House) -> None:
    await said(conference, "kick bob from 1")
    await conference.advance(3)
    states = {leg.party.name: leg.is_live for leg in (await conference.call(1)).legs}
    assert states == {"Punit": True, "amy": True, "bob": False}


async def test_hanging_up_on_one_person_takes_that_leg(conference: House) -> None:
    await said(conference, "hang up on amy")
    await conference.advance(3)
    assert not [leg for leg in (await conference.call(1)).live_legs if leg.party.name == "amy"]
    assert conference.card(1).state == "conference"


async def test_muting_and_unmuting_is_shown(conference: House) -> None:
    await said(conference, "mute amy")
    await conference.advance(1)
    assert "muted" in conference.card(1).text
    await said(conference, "unmute everyone")
    await conference.advance(1)
    assert "muted" not in conference.card(1).text


async def test_hold_and_back(talk: House) -> None:
    await said(talk, "put amy on hold")
    await talk.advance(1)
    assert "on hold" in talk.card(1).text
    await said(talk, "take amy off hold")
    await talk.advance(1)
    assert "on hold" not in talk.card(1).text


async def test_adding_somebody_to_two_makes_it_a_conference(talk: House) -> None:
    await said(talk, "add bob")
    await talk.advance(15)
    inside = {leg.party.name for leg in (await talk.call(1)).live_legs}
    assert inside == {"amy", "Punit", "bob"}
    assert talk.card(1).state == "conference"
    assert (talk.rung(AMY), talk.rung(BOB)) == (1, 1)


async def test_adding_somebody_who_is_there_already_is_a_mistake(talk: House) -> None:
    reply = await talk.says("add amy")
    assert reply is not None
    assert "already" in reply.text
    assert talk.rung(AMY) == 1


async def test_an_emergency_number_is_not_added_either(talk: House) -> None:
    reply = await talk.says("add 999")
    assert reply is not None
    assert reply.kind == "error"
    assert "emergency" in reply.text


async def test_join_me_rings_me_too(house: House) -> None:
    house.phones(phone(AMY).answers(), phone(BOB).answers(), phone(ME).answers())
    await house.says("conference amy and bob")
    await house.advance(15)
    await house.presses("Join me", 1)
    await house.advance(15)
    assert house.rung(ME) == 1
    assert len((await house.call(1)).live_legs) == 3


async def test_a_transfer_connects_the_other_side_and_lets_me_go(talk: House) -> None:
    await said(talk, "transfer to bob")
    await talk.advance(20)
    live = {leg.party.name for leg in (await talk.call(1)).live_legs}
    assert live == {"amy", "bob"}


async def test_recording_is_announced_before_it_starts(talk: House) -> None:
    await said(talk, "start recording")
    await talk.advance(5)
    for number in (AMY, ME):
        assert "This call is recorded." in talk.heard(number)
    await said(talk, "stop recording")
    await talk.advance(2)
    await said(talk, "hang up")
    await talk.advance(30)
    async with talk.ledger() as tx:
        (recording,) = await tx.recordings("console:local")
    assert recording.call == (await talk.call(1)).id


async def test_a_sentence_a_sound_and_keys_reach_the_line(talk: House) -> None:
    await said(talk, 'say "one moment please" on 1')
    await talk.advance(5)
    assert "one moment please" in talk.heard(AMY)
    await said(talk, "play https://example.com/jingle.mp3 on 1")
    await talk.advance(5)
    assert "https://example.com/jingle.mp3" in talk.heard(AMY)
    await said(talk, "press 12# on 1")
    await said(talk, "stop playing")


@pytest.mark.parametrize(
    "sentence",
    [
        "mute amy",
        "hold",
        "add bob",
        "kick amy",
        "transfer to bob",
        "start recording",
        "stop playing",
        "hang up",
    ],
)
async def test_without_a_running_call_nothing_happens_and_it_says_so(house: House, sentence: str) -> None:
    reply = await house.says(sentence)
    assert reply is not None
    assert reply.kind == "error"
    assert "running" in reply.text


async def test_with_two_calls_running_it_asks_which(talk: House) -> None:
    talk.phones(phone(CY).answers(), phone(BOB).answers())
    await talk.says("call cy and say hello and patch bob in")
    await talk.advance(15)
    reply = await talk.says("hang up")
    assert reply is not None
    assert "#1" in reply.text
    assert "#2" in reply.text
    assert (await talk.call(1)).state is CallState.STARTED


async def test_a_conference_is_over_a_minute_after_the_last_but_one_has_left(conference: House) -> None:
    await said(conference, "kick bob from 1")
    await said(conference, "kick amy from 1")
    await conference.advance(50)
    assert conference.card(1).state == "conference"
    await conference.advance(20)
    assert conference.card(1).final


async def test_what_the_provider_refuses_is_owned_up_to(talk: House) -> None:
    talk.network.trouble = Trouble(
        faults=(Fault(delivery=Delivery.LOST, kind=LegEventKind.HUNG_UP, times=9),)
    )
    amy = next(leg for leg in talk.network.legs if str(leg.address) == AMY)
    talk.network.hang_up(amy.ref)  # and nobody is told
    await talk.says("mute amy")
    await talk.advance(2)
    assert talk.replies[-1].kind == "error"
    assert "did not do that on #1" in talk.replies[-1].text
    assert "muted" not in talk.card(1).text
