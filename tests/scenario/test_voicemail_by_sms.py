"""Whoever a number is forwarded for gets an SMS with the link to each message: once, and nobody else does."""

from adapters.voice.simulator.script import phone
from bot.domain.numbers import PhoneNumber
from tests.scenario.house import ME, OURS, House

STRANGER = "+13125550177"
AMY = "+6591234567"


async def leaves_a_message(house: House, caller: str | None, seconds: float = 9) -> None:
    script = phone(caller or "").leaves_message(seconds)
    house.network.call(PhoneNumber(e164=caller) if caller else None, PhoneNumber(e164=OURS), script)
    await house.advance(minutes=2)


async def test_the_owner_gets_the_link_once(house: House) -> None:
    await house.says(f"send calls to {OURS} straight to voicemail")
    await leaves_a_message(house, STRANGER)
    (text,) = house.network.account.texts
    assert (str(text.to), str(text.sender)) == (ME, OURS)
    assert text.text.startswith("Voicemail from +1 312-555-0177, 0:09: http")
    assert "/r/" in text.text
    await house.dies()
    house.starts()
    await house.advance(minutes=5)
    assert len(house.network.account.texts) == 1


async def test_names_and_withheld_numbers(house: House) -> None:
    await house.says(f"send calls to {OURS} straight to voicemail")
    await leaves_a_message(house, AMY)
    await leaves_a_message(house, None)
    assert [text.text.partition(":")[0] for text in house.network.account.texts] == [
        "Voicemail from amy (+65 9123 4567), 0",
        "Voicemail from a withheld number, 0",
    ]


async def test_no_message_no_text(house: House) -> None:
    await house.says(f"send calls to {OURS} straight to voicemail")
    await leaves_a_message(house, STRANGER, 1.5)
    assert house.card(1).state == "missed"
    assert house.network.account.texts == ()


async def test_nobody_is_told_of_their_own_message_or_without_a_number(empty_house: House) -> None:
    await empty_house.says(f"send calls to {OURS} straight to voicemail")
    await leaves_a_message(empty_house, STRANGER)
    await empty_house.is_set_up()
    await empty_house.says(f"send calls to {OURS} straight to voicemail")
    await leaves_a_message(empty_house, ME)
    assert empty_house.network.account.texts == ()


async def test_a_recorded_call_is_no_voicemail(house: House) -> None:
    house.phones(phone(AMY).answers(), phone(ME).answers().hangs_up_after(20))
    await house.says("call amy, record it and patch me in")
    await house.advance(minutes=2)
    assert house.network.account.texts == ()
