"""Several people through Plivo: conferences, and orders to a call that is running."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenario.house import ME
from tests.scenario.plivo_house import AMY, BOB, CY, PlivoHouse, plivo_house
from tests.vendors.plivo import Phone


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PlivoHouse]:
    async with plivo_house(tmp_path) as house:
        yield house


@pytest.fixture
async def talk(house: PlivoHouse) -> PlivoHouse:
    """Amy and I are talking on #1."""
    await house.says("call amy and patch me in")
    await house.shows(1, "talking")
    return house


@pytest.fixture
async def conference(house: PlivoHouse) -> PlivoHouse:
    """Amy, Bob and I are in a conference, #1."""
    await house.says("conference me, amy and bob")
    await house.until(lambda: members(house) == {ME, AMY, BOB})
    await house.shows(1, "conference")
    return house


def members(house: PlivoHouse) -> set[str]:
    return {leg.number for room in house.vendor.exchange.rooms.values() for leg in room.members.values()}


def muted(house: PlivoHouse) -> set[str]:
    return {room.members[id].number for room in house.vendor.exchange.rooms.values() for id in room.muted}


async def test_a_conference_has_a_key_a_tone_and_an_opaque_name(conference: PlivoHouse) -> None:
    rooms = conference.vendor.exchange.rooms
    assert len(rooms) == 1
    assert not {"amy", "bob"} & {name.lower() for name in rooms}
    assert conference.vendor.heard(AMY)[0].startswith("Patchline. Press 1 to talk to")
    first = [number for number in (ME, AMY, BOB) if conference.vendor.heard(number)[1:] == ["beep"] * 2]
    assert len(first) == 1
    assert len(conference.vendor.calls) == 3
    conference.vendor.hang_up(AMY)
    conference.vendor.hang_up(BOB)
    conference.vendor.hang_up(ME)
    card = await conference.shows(1, "ended")
    assert "3 of 3 joined" in card.text


async def test_the_first_one_in_hears_music(house: PlivoHouse) -> None:
    await house.says("conference me and amy with music https://example.com/hold.mp3")
    await house.until(lambda: members(house) == {ME, AMY})
    music = "https://example.com/hold.mp3"
    await house.until(lambda: music in house.vendor.heard(ME) + house.vendor.heard(AMY))
    assert [house.vendor.heard(number).count(music) for number in (ME, AMY)] in ([0, 1], [1, 0])


async def test_members_are_muted_kicked_and_added(conference: PlivoHouse) -> None:
    assert "Muted" in await conference.asks("mute amy")
    await conference.until(lambda: muted(conference) == {AMY})
    await conference.asks("unmute amy")
    await conference.until(lambda: not muted(conference))
    await conference.asks("kick bob from 1")
    await conference.until(lambda: members(conference) == {ME, AMY})
    await conference.asks("add cy")
    await conference.until(lambda: members(conference) == {ME, AMY, CY})
    joining = conference.vendor.calls[-1]
    assert joining["parent_call_uuid"] in {leg.uuid for leg in conference.vendor.exchange.legs}
    assert joining["error_if_parent_not_found"] is False


async def test_a_sentence_is_said_to_members_of_a_conference(conference: PlivoHouse) -> None:
    await conference.asks('say "dinner & a film" on 1')
    for number in (ME, AMY, BOB):
        await conference.until(lambda number=number: "dinner & a film" in conference.vendor.heard(number))


async def test_a_sentence_a_file_and_keys_reach_a_talk(talk: PlivoHouse) -> None:
    await talk.asks('say "five minutes" on 1')
    await talk.until(
        lambda: "five minutes" in talk.vendor.heard(AMY) and "five minutes" in talk.vendor.heard(ME)
    )
    await talk.asks("play https://example.com/a.mp3 on 1")
    await talk.until(lambda: "https://example.com/a.mp3" in talk.vendor.heard(AMY))
    await talk.asks("press 42# on 1")
    await talk.until(lambda: "digits 42#" in talk.vendor.heard(AMY))
    assert "digits 42#" not in talk.vendor.heard(ME)
    await talk.asks("stop playing")


async def test_a_recording_in_mid_call_is_announced_and_comes_home(talk: PlivoHouse) -> None:
    await talk.asks("record 1")
    await talk.until(lambda: "This call is recorded." in talk.vendor.heard(AMY))
    await talk.until(lambda: "This call is recorded." in talk.vendor.heard(ME))
    await talk.asks("stop recording 1")
    await talk.until(lambda: talk.vendor.exchange.recordings)
    talk.vendor.hang_up(AMY)
    await talk.shows(1, "ended")
    call = await talk.call(1)
    assert [recording.seconds for leg in call.legs for recording in leg.recordings] == [5.0]


async def test_somebody_else_takes_the_talk_over(talk: PlivoHouse) -> None:
    talk.vendor.phones[BOB] = Phone(does="rings on")
    await talk.asks("transfer 1 to bob")
    await talk.until(lambda: talk.vendor.legs(BOB))
    await talk.until(talk.vendor.leg(ME).gone.is_set)
    assert not talk.vendor.leg(AMY).gone.is_set()
    talk.vendor.pick_up(BOB)
    await talk.until(lambda: "bob" in talk.card(1).text.lower())
    talk.vendor.hang_up(BOB)
    card = await talk.shows(1, "ended")
    call = await talk.call(1)
    assert {leg.party.name: leg.was_answered for leg in call.legs}["bob"]
    assert card.final


async def test_a_talk_of_two_becomes_a_conference_of_three(talk: PlivoHouse) -> None:
    await talk.asks("add cy")
    await talk.until(lambda: members(talk) == {ME, AMY, CY})
    await talk.until(lambda: "3 in the room" in talk.card(1).text or talk.card(1).text.count("joined") == 3)
    assert {leg.party.name for leg in (await talk.call(1)).live_legs} == {"amy", "cy", "Punit"}
    talk.vendor.hang_up(CY)
    talk.vendor.hang_up(AMY)
    talk.vendor.hang_up(ME)
    card = await talk.shows(1, "ended")
    assert card.final


async def test_whoever_was_called_back_becomes_one_of_three(house: PlivoHouse) -> None:
    await house.says("call amy")
    await house.shows(1, "talking")
    await house.asks("add cy")
    await house.until(lambda: members(house) == {ME, AMY, CY})
    for number in (ME, AMY, CY):
        house.vendor.hang_up(number)
    await house.shows(1, "ended")


async def test_what_plivo_cannot_do_is_said(talk: PlivoHouse) -> None:
    assert "Plivo's API has no hold" in await talk.asks("hold amy")
    assert "menus" in await talk.asks("call bob, menu 1234")
    assert "a number of the account" in await talk.asks('call bob with private caller id, say "hello"')
    assert "does not speak" in await talk.asks('call bob, say "konnichiwa" in japanese')
