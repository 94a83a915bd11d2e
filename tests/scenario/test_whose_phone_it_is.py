"""A phone is somebody's own when they can say what it was told; and then others ring it by their name."""

import re

import pytest

from adapters.voice.simulator.script import phone
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Asker, Person, Standing
from tests.scenario.house import House

KIM = Asker(platform="slack", workspace="local", user="U7", name="Kim", standing=Standing.MEMBER)
LEE = Asker(platform="slack", workspace="local", user="U8", name="Lee", standing=Standing.MEMBER)
KIMS, AMY = "+6581112233", "+6591234567"


async def code_told(house: House, number: str = KIMS) -> str:
    """What was said to that phone last, as digits."""
    await house.advance(30)
    (said,) = [text for text in house.heard(number) if "Your code is" in text][-1:]
    return "".join(re.findall(r"\d", said))


async def claims(house: House, asker: Asker = KIM) -> None:
    house.phones(phone(KIMS).rings(1).answers())
    reply = await house.says(f"my number is {KIMS}", asker=asker)
    assert reply is not None
    assert "six digits" in reply.text


async def person(house: House, asker: Asker = KIM) -> tuple[str | None, bool]:
    async with house.ledger() as tx:
        known = await tx.person(asker.key)
    return (None, False) if known is None or known.number is None else (known.number.e164, known.verified)


async def test_the_code_that_was_said_makes_the_number_mine(house: House) -> None:
    await claims(house)
    assert await person(house) == (None, False)
    code = await code_told(house)
    reply = await house.says(f"code {code[:3]} {code[3:]}", asker=KIM)
    assert reply is not None
    assert "“me” rings it" in reply.text
    assert await person(house) == (KIMS, True)


async def test_no_card_shows_the_code(house: House) -> None:
    await claims(house)
    code = await code_told(house)
    shown = "\n".join(card.text for cards in house.chat.cards.values() for card in cards)
    assert "your phone" in shown.lower()
    assert code not in re.sub(r"\D", "", shown)
    assert ", ".join(code) not in shown


async def test_five_wrong_codes_and_even_the_right_one_is_nothing(house: House) -> None:
    await claims(house)
    code = await code_told(house)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    answers = [await house.says(wrong, asker=KIM) for _ in range(5)]
    assert [each.text for each in answers if each][3:] == [
        "That is not the code. 1 try left.",
        "That was wrong for the 5th time. Say “my number is …” again for another code.",
    ]
    await house.says(code, asker=KIM)
    assert await person(house) == (None, False)


async def test_a_code_lives_ten_minutes(house: House) -> None:
    await claims(house)
    code = await code_told(house)
    await house.advance(minutes=10)
    await house.says(code, asker=KIM)
    assert await person(house) == (None, False)


async def test_somebody_elses_code_proves_nothing(house: House) -> None:
    await claims(house)
    code = await code_told(house)
    await house.says(code, asker=LEE)
    assert await person(house, LEE) == (None, False)


async def test_a_mistyped_sentence_in_between_does_not_lose_the_question(house: House) -> None:
    await claims(house)
    code = await code_told(house)
    await house.says("cal amy nowish", asker=KIM)
    await house.says(code, asker=KIM)
    assert await person(house) == (KIMS, True)


async def test_another_code_makes_the_first_one_worthless(house: House) -> None:
    await claims(house)
    first = await code_told(house)
    await house.advance(minutes=2)
    await house.says("1", asker=KIM)
    second = await code_told(house)
    assert first != second
    await house.says(first, asker=KIM)
    assert await person(house) == (None, False)
    await house.says(second, asker=KIM)
    assert await person(house) == (KIMS, True)


async def test_nobody_is_rung_again_and_again(house: House) -> None:
    await claims(house)
    reply = await house.says(f"my number is {KIMS}", asker=KIM)
    assert reply is not None
    assert "only just" in reply.text


@pytest.mark.parametrize("number", ["+65999", "+19005550123"])
async def test_what_may_not_be_called_is_not_rung_for_a_code_either(house: House, number: str) -> None:
    reply = await house.says(f"my number is {number}", asker=KIM)
    assert reply is not None
    assert reply.kind == "error"
    assert house.rung(number) == 0


async def test_whoever_was_mentioned_is_rung_on_their_own_phone(house: House) -> None:
    await claims(house)
    await house.says(await code_told(house), asker=KIM)
    before = house.rung(KIMS)
    await house.says("call <@U7> and say 'lunch'", asker=LEE)
    await house.advance(30)
    assert house.rung(KIMS) == before + 1
    assert "lunch" in house.heard(KIMS)


@pytest.mark.parametrize("number", [None, PhoneNumber(e164=KIMS)])
async def test_whoever_has_proved_no_number_cannot_be_rung_by_name(
    house: House, number: PhoneNumber | None
) -> None:
    async with house.ledger() as tx:
        await tx.save_person(Person(key=LEE.key, name="Lee", number=number, verified=False))
        await tx.commit()
    reply = await house.says("call <@U8> and say 'lunch'", asker=KIM)
    assert reply is not None
    assert reply.kind == "error"
    assert "<@U8>" in reply.text
