"""Calls to a number that we rent at Plivo: forwarded, recorded, or said goodbye to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenario.house import ME
from tests.scenario.plivo_house import AMY, BOB, PlivoHouse, plivo_house
from tests.vendors.plivo import Phone

DID = "+14155550123"
STRANGER = "+13125550177"
GREETING = "Please leave your message after the beep."
UNREACHABLE = "The person you are calling cannot be reached. You can leave a message."
THANKS = "Thank you. Your message has been recorded. Goodbye."
WAIT = "Please wait while we connect you."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PlivoHouse]:
    """A number in California is ours."""
    async with plivo_house(tmp_path, PATCHLINE_SIP_HOSTS="example.com") as house:
        await rents(house)
        yield house


async def rents(house: PlivoHouse) -> None:
    house.vendor.offered = [
        {"number": DID[1:], "region": "California, UNITED STATES", "monthly_rental_rate": "0.80000"},
        {"number": "12125550188", "region": "New York, UNITED STATES", "monthly_rental_rate": "0.80000"},
    ]
    assert "0.80 USD" in await house.asks("rent a number in US california")
    await house.presses("Rent it")
    await house.until(lambda: house.vendor.numbers)
    await house.until(lambda: any("is ours now" in reply.text for reply in house.chat.replies))


async def home(house: PlivoHouse) -> None:
    """Wait until the card links to the recording."""
    await house.until(lambda: "/r/" in repr(house.card(1)))


async def test_the_number_is_attached_to_our_application(house: PlivoHouse) -> None:
    (app,) = house.vendor.apps.values()
    assert app == {
        "app_name": "Patchline",
        "answer_url": f"{house.public}/hooks/plivo/incoming",
        "answer_method": "POST",
        "fallback_answer_url": f"{house.public}/hooks/plivo/incoming",
        "fallback_method": "POST",
        "hangup_url": f"{house.public}/hooks/plivo/hangup",
        "hangup_method": "POST",
    }
    assert "415" in await house.asks("numbers")
    await house.asks(f"release {DID}")
    await house.presses("Give it back")
    await house.until(lambda: not house.vendor.numbers)


async def test_tried_in_order_and_then_a_voicemail(house: PlivoHouse) -> None:
    await house.asks(f"forward {DID} to sip:me@example.com then amy, then voicemail")
    house.vendor.phones.update(
        {
            "sip:me@example.com": Phone(does="no answer"),
            AMY: Phone(does="machine"),
            STRANGER: Phone(message=7, waits=True),
        }
    )
    house.vendor.call_in(STRANGER, DID)
    await house.until(lambda: house.chat.cards and house.card(1).final)
    await home(house)
    assert house.vendor.heard(STRANGER) == [WAIT, UNREACHABLE, GREETING, "beep", THANKS]
    assert house.vendor.leg(AMY).ours == DID
    assert len(house.vendor.legs("sip:me@example.com")) == 1
    listed = await house.asks("voicemail")
    assert "0:07" in listed
    assert "/r/" in listed
    await house.until(lambda: house.vendor.exchange.texts)
    (text,) = house.vendor.exchange.texts
    assert (text["dst"], text["src"]) == (ME, DID)
    assert text["text"].startswith(f"Voicemail from +1 312-555-0177, 0:07: {house.public}/r/")


async def test_somebody_accepts_and_they_talk(house: PlivoHouse) -> None:
    await house.asks(f"forward {DID} to amy then voicemail")
    house.vendor.call_in(STRANGER, DID)
    await house.shows(1, "talking")
    assert house.vendor.heard(AMY)[0].startswith("Patchline. Press 1 to talk to")
    house.vendor.hang_up(STRANGER)
    card = await house.shows(1, "ended")
    assert house.vendor.heard(STRANGER) == [WAIT]
    assert card.final


async def test_the_first_of_several_wins(house: PlivoHouse) -> None:
    await house.asks(f"forward {DID} to amy and bob, then voicemail")
    house.vendor.phones[AMY] = Phone(does="rings on")
    house.vendor.call_in(STRANGER, DID)
    await house.shows(1, "talking")
    assert house.vendor.leg(AMY).code == 9000
    house.vendor.hang_up(BOB)
    await house.shows(1, "ended")
    legs = {leg.party.name: leg for leg in (await house.call(1)).legs}
    assert legs["bob"].was_answered
    assert not legs["amy"].was_answered
    assert legs["amy"].cause == 26


async def test_straight_to_voicemail(house: PlivoHouse) -> None:
    await house.asks(f"send calls to {DID} straight to voicemail")
    house.vendor.call_in(STRANGER, DID)
    await house.until(lambda: house.chat.cards and house.card(1).final)
    assert house.vendor.heard(STRANGER) == [GREETING, "beep"]
    await home(house)
    assert "/r/" in await house.asks("voicemail")


async def test_a_caller_who_leaves_nothing_is_a_missed_call(house: PlivoHouse) -> None:
    await house.asks(f"send calls to {DID} straight to voicemail")
    house.vendor.phones[STRANGER] = Phone(message=0)
    house.vendor.call_in(STRANGER, DID)
    await house.until(lambda: house.chat.cards and house.card(1).final)
    assert house.card(1).state == "missed"
    assert "no message was left" in house.card(1).text


async def test_a_number_that_is_not_forwarded_says_goodbye(house: PlivoHouse) -> None:
    house.vendor.call_in(STRANGER, DID)
    await house.until(lambda: house.vendor.leg(STRANGER).ended)
    assert house.vendor.heard(STRANGER) == ["Sorry, nobody could be reached. Goodbye."]
    assert house.chat.cards == {}


async def test_a_call_whose_beginning_we_missed_is_told_all_the_same(house: PlivoHouse) -> None:
    """Our door was shut when it came; only its end reaches us."""
    await house.asks(f"forward {DID} to amy then voicemail")
    app = next(iter(house.vendor.apps.values()))
    nowhere = {**app, "answer_url": "http://127.0.0.1:9/nobody", "fallback_answer_url": "http://127.0.0.1:9/"}
    house.vendor.exchange.receive(STRANGER, DID, nowhere)
    await house.until(lambda: house.chat.cards and house.card(1).final)
    assert house.vendor.legs(AMY) == []
    assert house.vendor.exchange.complaints == ["no document at nobody"]
    house.vendor.exchange.complaints.clear()


async def test_a_number_is_announced_before_the_answer_where_that_was_set(tmp_path: Path) -> None:
    async with plivo_house(tmp_path, PLIVO_ANNOUNCE_EARLY="yes") as house:
        await rents(house)
        await house.asks(f"forward {DID} to me then voicemail")
        house.vendor.phones[ME] = Phone(does="no answer")
        house.vendor.call_in(STRANGER, DID)
        await house.until(lambda: house.chat.cards and house.card(1).final)
        assert house.vendor.heard(STRANGER) == [WAIT, UNREACHABLE, GREETING, "beep"]
