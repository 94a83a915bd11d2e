"""Sentences that ring nobody: contacts, settings, numbers, notices, access, lists and prices."""

import pytest

from adapters.voice.simulator.script import phone
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Asker, Standing
from tests.scenario.house import ME, OURS, House

LONDON = PhoneNumber(e164="+442079460018")
STRANGER = Asker(platform="console", workspace="local", user="eve", name="Eve")
COLLEAGUE = Asker(platform="console", workspace="local", user="ben", name="Ben", standing=Standing.MEMBER)


async def told(house: House, *sentences: str) -> str:
    """The answer to the last sentence; none of them may be a mistake."""
    text = ""
    for sentence in sentences:
        reply = await house.says(sentence)
        assert reply is not None, sentence
        assert reply.kind != "error", f"{sentence}: {reply.text}"
        text = reply.text
    return text


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        ("contacts", "amy: +65 9123 4567, Singapore"),
        ("who is bob", "bob: +65 9876 5432, Singapore"),
        ("what's bob's number", "bob: +65 9876 5432, Singapore"),
        ("save dan as +442079460018", "Saved dan: +44 20 7946 0018, United Kingdom."),
        ("rename contact amy to amelia", "amy is amelia now."),
        ("settings", "Your number: +65 8123 4567"),
        ("timezone Europe/London", "It is Tue 06:30 there now."),
        ("set clock to 24", "21:30"),
        ("set date order to DMY", "3 April"),
        ("set region to GB", "United Kingdom"),
        ("set caller id to private", "no number"),
        ("use simulator by default", "Your calls go through simulator"),
        ("my number is +6581234568", "+65 8123 4568"),
        ("list", "Nothing is scheduled."),
        ("status", "Nothing is going on."),
        ("history", "No calls yet."),
        ("last 3 calls", "No calls yet."),
        ("history with amy", "No calls yet."),
        ("rate amy", "amy: "),
        ("how much does it cost to call +442079460018", "+44 20 7946 0018: "),
        ("balance", "simulator: 100.00 USD left."),
        ("voicemail", "No messages."),
        ("list forwards", "No number is forwarded."),
        ("numbers", "not used here yet: +1 212-555-0100"),
        ("notices", "its own forwards only"),
        ("who may call", "Whoever sits at this console"),
        ("allow prefix +1900", "+1900"),
        ("notify here about voicemail", "voicemails for every number of ours"),
        ("notify here about missed calls", "missed calls"),
        ("rent a number in Singapore", "a month"),
        ("help", "call"),
    ],
)
async def test_every_sentence_has_its_answer(house: House, sentence: str, answer: str) -> None:
    assert answer in await told(house, sentence)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("forget zoe", "zoe"),
        ("who is zoe", "zoe"),
        ("delete voicemail 14", "There is no voicemail 14."),
        (f"stop forwarding {OURS}", "There is no forward"),
        ("stop notices", "no such notices"),
        ("revoke prefix +1900", "was not let in"),
        ("status 99", "There is no call #99."),
        ("forward +12125550199 to amy", "not one of the numbers here"),
        ("set caller id to +6591234567", "Only a number of ours"),
    ],
)
async def test_what_cannot_be_done_has_its_reason(house: House, sentence: str, reason: str) -> None:
    reply = await house.says(sentence)
    assert reply is not None
    assert reply.kind == "error"
    assert reason in reply.text


async def test_a_name_nearly_right_is_offered(house: House) -> None:
    reply = await house.says("forget bobb")
    assert reply is not None
    assert reply.kind == "error"
    assert "bob" in reply.text.replace("bobb", "")


# --- forgetting -------------------------------------------------------------------------------------


async def amy_was_called(house: House) -> None:
    house.phones(phone("+6591234567").answers().hangs_up_after(5))
    await house.says('call amy and say "hello amy"')
    await house.advance(minutes=2)
    assert house.card(1).final
    house.chat.replies.clear()


async def test_forget_and_yes_takes_her_out_of_the_history_and_off_the_card(house: House) -> None:
    await amy_was_called(house)
    await told(house, "forget amy")
    reply = await house.presses("Yes, take them out")
    assert reply is not None
    assert "1 past call" in reply.text
    await house.advance(5)
    text = await told(house, "history") + house.card(1).text + await told(house, "status 1")
    assert "amy" not in text.lower()
    assert "9123" not in text
    assert "somebody" in text


async def test_forget_and_a_typed_no_keeps_the_history(house: House) -> None:
    await amy_was_called(house)
    await told(house, "forget amy")
    await house.says("no")
    assert "amy" in await told(house, "history")
    reply = await house.says("who is amy")
    assert reply is not None
    assert reply.kind == "error"


async def test_a_deed_is_done_once_however_often_it_is_pressed(house: House) -> None:
    await amy_was_called(house)
    question = await house.says("forget amy")
    await house.presses("Yes, take them out")
    house.chat.replies.append(question)  # the old message is still in the room
    second = await house.presses("Yes, take them out")
    assert second is not None
    assert (second.kind, "answered" in second.text) == ("error", True)


# --- numbers ----------------------------------------------------------------------------------------


async def test_a_rented_number_can_be_forwarded_told_about_and_given_back(house: House) -> None:
    await told(house, "rent a number in Singapore")
    await house.says("yes")
    await house.advance(1)
    assert "is ours now" in house.replies[-1].text
    number = house.replies[-1].text.split(" forward ")[1].split()[0]
    assert "voicemail" in await told(house, f"forward {number} to amy for 20 seconds, then voicemail")
    assert "amy" in await told(house, "list forwards")
    await told(house, f"release {number}", "yes")
    await house.advance(1)
    assert "given back" in house.replies[-1].text
    assert "No number is forwarded." in await told(house, "list forwards")


async def test_a_message_is_listed_linked_and_deleted(house: House) -> None:
    house.phones(phone("+6591234567").never_answers())
    await told(house, f"forward {OURS} to amy for 10 seconds, then voicemail")
    house.network.call(LONDON, PhoneNumber(e164=OURS), phone(LONDON.e164).leaves_message(8))
    await house.advance(minutes=3)
    listed = await told(house, "voicemail")
    assert "+44 20 7946 0018" in listed
    assert "/r/" in listed
    await told(house, "delete voicemail 1")
    assert await told(house, "voicemail") == "No messages."


# --- who may ----------------------------------------------------------------------------------------


async def test_a_stranger_gets_in_by_an_admins_word_and_out_again(house: House) -> None:
    for sentence, may in (("contacts", False), ("allow @eve", True), ("revoke @eve", False)):
        if sentence != "contacts":
            await told(house, sentence)
        reply = await house.says("contacts", asker=STRANGER)
        assert reply is not None
        assert (reply.kind != "error") is may


async def test_a_colleague_is_no_admin(house: House) -> None:
    for sentence in ("allow @eve", "revoke @eve", "allow prefix +1900", "who may call"):
        reply = await house.says(sentence, asker=COLLEAGUE)
        assert reply is not None
        assert reply.text == "Only an admin can do that."


async def test_a_set_caller_id_is_shown_on_the_card(house: House) -> None:
    await told(house, f"forward {OURS} to me", f"set caller id to {OURS}")
    await house.says("call amy at 23:59 and patch me in")
    assert "shows +1 212-555-0100" in house.card(1).text
    assert ME not in house.card(1).text
