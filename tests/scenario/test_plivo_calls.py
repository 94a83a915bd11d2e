"""Calls through Plivo, told from the sentence to the card."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenario.house import ME, OURS
from tests.scenario.plivo_house import AMY, BOB, PlivoHouse, plivo_house
from tests.vendors.plivo import Phone


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PlivoHouse]:
    async with plivo_house(tmp_path) as house:
        yield house


async def test_play_a_song_say_who_it_is_and_patch_me_in(house: PlivoHouse) -> None:
    await house.says(
        'call amy, play https://example.com/assets/happy_birthday.mp3, say "Connecting this call to Punit" '
        "and patch me in"
    )
    card = await house.shows(1, "talking")
    assert house.vendor.heard(AMY) == [
        "https://example.com/assets/happy_birthday.mp3",
        "Connecting this call to Punit",
    ]
    assert house.vendor.heard(ME) == ["Patchline. Press 1 to talk to amy."]
    assert house.vendor.leg(ME).ours == OURS
    house.vendor.hang_up(ME)
    card = await house.shows(1, "ended")
    assert "Amy and you talked for" in card.text
    assert "0.01" in card.text  # what Plivo charged
    assert [leg.code for leg in house.vendor.legs(AMY)] == [4000]


async def test_what_is_asked_of_plivo(house: PlivoHouse) -> None:
    await house.says('call amy for at most 5 minutes, ring for 20 seconds, say "hello"')
    await house.shows(1, "ended")
    (asked,) = house.vendor.calls
    (placement,) = (await house.call(1)).placements
    base = f"{house.public}/hooks/plivo/{placement.token}"
    urls = {name: asked[name] for name in asked if name.endswith("_url")}
    assert urls == {
        "answer_url": f"{base}/answer?leg=A",
        "ring_url": f"{base}/ring?leg=A",
        "hangup_url": f"{base}/hangup?leg=A",
        "fallback_url": f"{base}/fallback?leg=A",
    }
    assert {asked[name] for name in asked if name.endswith("_method")} == {"POST"}
    numbers = {name: asked[name] for name in ("from", "to", "ring_timeout", "time_limit", "hangup_on_ring")}
    assert numbers == {"from": OURS, "to": AMY, "ring_timeout": 20, "time_limit": 300, "hangup_on_ring": 320}
    assert "machine_detection" not in asked


async def test_a_call_rings_me_first_and_then_the_other_side(house: PlivoHouse) -> None:
    house.vendor.phones[AMY] = Phone(does="rings on")
    await house.says("call amy")
    await house.until(lambda: house.vendor.legs(AMY))
    assert house.vendor.heard(ME) == ["Patchline. Press 1 to talk to amy."]
    house.vendor.pick_up(AMY)
    await house.shows(1, "talking")
    house.vendor.hang_up(AMY)
    card = await house.shows(1, "ended")
    assert "talked for" in card.text
    assert len(house.vendor.calls) == 1


async def test_nobody_is_rung_when_i_do_not_press_the_key(house: PlivoHouse) -> None:
    house.vendor.phones[ME] = Phone(presses="")
    await house.says("call amy")
    card = await house.shows(1, "ended")
    assert house.vendor.legs(AMY) == []
    assert "You did not press 1, so amy was not rung." in card.text


async def test_another_key_is_asked_about_again_but_not_for_ever(house: PlivoHouse) -> None:
    house.vendor.phones[ME] = Phone(presses="91")
    await house.says("call amy")
    await house.shows(1, "talking")
    assert house.vendor.heard(ME) == ["Patchline. Press 1 to talk to amy."] * 2
    house.vendor.hang_up(AMY)
    await house.shows(1, "ended")
    house.vendor.phones[ME] = Phone(presses="9")
    await house.says("call bob")
    await house.shows(2, "ended")
    assert house.vendor.legs(BOB) == []
    assert len(house.vendor.heard(ME)) == 2 + 3


async def test_my_own_mailbox_does_not_swallow_the_call(house: PlivoHouse) -> None:
    house.vendor.phones[ME] = Phone(does="machine")
    await house.says("call amy and patch me in")
    card = await house.shows(1, "ended")
    assert house.vendor.heard(AMY) == ["Sorry, nobody could be reached. Goodbye."]
    assert "Amy answered, you did not." in card.text


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("busy", "Amy was busy."),
        ("no answer", "Amy did not answer."),
        ("rejects", "rejected"),
        ("unallocated", "does not exist"),
    ],
)
async def test_a_call_that_does_not_come_to_anything(house: PlivoHouse, does: str, words: str) -> None:
    house.vendor.phones[AMY] = Phone(does=does)
    await house.says("call amy and patch me in")
    card = await house.shows(1, "ended")
    assert words in card.text
    assert house.vendor.legs(ME) == []


async def test_an_extension_is_dialled_once_somebody_answers(house: PlivoHouse) -> None:
    await house.says('call +6561234567 ext 42, say "hello"')
    await house.shows(1, "ended")
    (asked,) = house.vendor.calls
    assert (asked["send_digits"], asked["send_on_preanswer"]) == ("WW42", False)
    assert house.vendor.heard("+6561234567") == ["hello"]


async def test_digits_with_waits_and_a_tone_length(house: PlivoHouse) -> None:
    await house.says('call amy, press 1w2W3, say "hello"')
    await house.shows(1, "ended")
    assert house.vendor.calls[0]["send_digits"] == "1w2W3"
    await house.says('call amy, say "hello", press 5')
    await house.shows(2, "ended")
    assert house.vendor.heard(AMY) == ["hello", "hello", "digits 5"]


async def test_a_machine_gets_its_branch_after_its_greeting(house: PlivoHouse) -> None:
    sentence = 'call amy and say "your parcel is here"; if voicemail say "I will try again" and hang up'
    house.vendor.phones[AMY] = Phone(does="machine")
    await house.says(sentence)
    card = await house.shows(1, "ended")
    (asked,) = house.vendor.calls
    assert (asked["machine_detection"], asked["machine_detection_time"]) == ("true", 5000)
    assert house.vendor.heard(AMY) == ["wait 30", "I will try again"]
    assert "A machine answered" in card.text
    house.vendor.phones[AMY] = Phone()
    await house.says(sentence)
    await house.shows(2, "ended")
    assert house.vendor.heard(AMY)[2:] == ["your parcel is here"]


async def test_a_machine_that_is_only_hung_up_on_keeps_no_person_waiting(house: PlivoHouse) -> None:
    house.vendor.phones[AMY] = Phone(does="machine")
    await house.says('call amy and say "hello"; if voicemail hang up')
    card = await house.shows(1, "ended")
    (asked,) = house.vendor.calls
    assert asked["machine_detection"] == "hangup"
    assert [form["IfMachine"] for url, form in house.vendor.exchange.told if "/machine?" in url] == ["hangup"]
    assert "hello" not in house.vendor.heard(AMY)
    assert "A machine answered" in card.text


async def test_a_machine_is_sent_a_text(house: PlivoHouse) -> None:
    house.vendor.phones[AMY] = Phone(does="machine")
    await house.says('call amy and say "hello"; if voicemail, text "call me & back"')
    await house.shows(1, "ended")
    (text,) = house.vendor.exchange.texts
    assert (text["dst"], text["src"], text["text"]) == (AMY, OURS, "call me & back")


async def test_everybody_is_told_before_a_recording_and_it_comes_home(house: PlivoHouse) -> None:
    await house.says("call amy, record it and patch me in")
    await house.shows(1, "talking")
    assert house.vendor.heard(AMY) == ["This call is recorded."]
    assert house.vendor.heard(ME) == ["This call is recorded. Patchline. Press 1 to talk to amy."]
    house.vendor.hang_up(ME)
    await house.shows(1, "ended")
    await house.until(
        lambda: any("/r/" in str(button) for button in house.card(1).buttons) or "ecord" in house.card(1).text
    )
    call = await house.call(1)
    assert [recording.seconds for leg in call.legs for recording in leg.recordings] == [None]


async def test_hanging_up_while_it_rings_and_while_we_talk(house: PlivoHouse) -> None:
    house.vendor.phones[AMY] = Phone(does="rings on")
    await house.says("call amy and patch me in")
    await house.shows(1, "ringing")
    await house.says("hang up")
    await house.shows(1, "ended")
    assert house.vendor.leg(AMY).code == 1000
    house.vendor.phones[AMY] = Phone()
    await house.says("call amy and patch me in")
    await house.shows(2, "talking")
    await house.says("hang up")
    card = await house.shows(2, "ended")
    assert "talked for" in card.text
    assert house.vendor.leg(ME).gone.is_set()


async def test_the_fallback_address_says_the_same(house: PlivoHouse) -> None:
    house.vendor.exchange.faults = {"StartApp": "lost"}
    await house.says('call amy, say "hello"')
    await house.shows(1, "ended")
    assert house.vendor.heard(AMY) == ["hello"]
    assert [url for url, _ in house.vendor.exchange.told if "/fallback?" in url]


async def test_a_reminder_says_it_twice(house: PlivoHouse) -> None:
    await house.says('remind me now "tea is <ready> & hot"')
    await house.until(lambda: house.vendor.legs(ME))
    await house.shows(1, "ended")
    assert house.vendor.heard(ME) == ["tea is <ready> & hot", "wait 1", "tea is <ready> & hot"]
