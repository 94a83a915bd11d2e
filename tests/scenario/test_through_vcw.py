"""Calls through voip-communications.net, against a stand-in that is as strict as the real one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.scenario.house import ME
from tests.scenario.outside import Doors, Outside, outside, two_doors
from tests.vendors.loopback import Delivery, Trouble
from tests.vendors.vcw import KEY, PASSWORD, VcwService

AMY, BOB = "6591234567", "6598765432"
Story = tuple[Outside, VcwService]

pytestmark = pytest.mark.asyncio(loop_scope="module")
ACCOUNT = {"VCW_API_KEY": KEY, "VCW_API_PASSWORD": PASSWORD}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors() -> AsyncIterator[Doors]:
    async with two_doors() as doors:
        yield doors


@pytest_asyncio.fixture(loop_scope="module")
async def story(tmp_path: Path, doors: Doors) -> AsyncIterator[Story]:
    async with outside(tmp_path, "vcw", doors, VcwService, **ACCOUNT) as story:
        yield story


@pytest_asyncio.fixture(loop_scope="module")
async def offline(tmp_path: Path, doors: Doors) -> AsyncIterator[Story]:
    """Without a public URL: VCW cannot call back."""
    async with outside(tmp_path, "vcw", doors, VcwService, public=False, **ACCOUNT) as story:
        yield story


async def ordered(story: Story, sentence: str) -> dict[str, str]:
    """What VCW was asked for by that sentence, but for whom and where to call back."""
    house, vcw = story
    reply = await house.says(sentence)
    assert reply is None, reply.text
    await house.until(lambda: vcw.orders)
    assert vcw.wrong == []
    return {name: value for name, value in vcw.order.items() if name not in ("to", "callback_url")}


# --- what a person gets -----------------------------------------------------------------------------------


async def test_a_call_back_is_one_order(story: Story) -> None:
    house, vcw = story
    assert await ordered(story, "call amy") == {"record": "NO", "answer_dial_to": AMY}
    assert vcw.order["to"] == ME[1:]
    assert "call_date" not in vcw.order
    token = (await house.call(1)).placements[0].token
    assert f"/hooks/vcw/{token}/" in vcw.order["callback_url"]


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        (
            'call amy, play https://example.com/a.mp3, say "hola" in spanish, say "hi" with voice allison, '
            "menu SALES and patch me in",
            {
                "answer_play": "https://example.com/a.mp3", "answer_speak": "hola",
                "answer_speak_lang": "es-ES", "answer_tts": "hi",
                "answer_tts_voice": "en-US_AllisonVoice", "answer_ivr": "SALES",
                "answer_dial_to": ME[1:],
            },
        ),
        (
            "call amy and patch me in with music https://example.com/ring.mp3 while it rings",
            {"answer_dial_to": ME[1:], "answer_dial_tone_url": "https://example.com/ring.mp3"},
        ),
        (
            'call amy, say "one", say "two" and hang up',
            {"answer_speak": "one two", "answer_speak_lang": "en-US"},
        ),
        (
            'call amy, say "hallo" in german and record it',
            None,  # the notice is English, and one call has one place for speech
        ),
        (
            'call amy, say "hello" and record it',
            {
                "record": "YES", "answer_speak": "This call is recorded. hello", "answer_speak_lang": "en-US",
            },
        ),
        ("call amy, menu 4711", {"answer_ivr": "4711"}),
        (
            'call amy and patch me in, if voicemail, say "bonjour" in french and text "call me & co"',
            {
                "answer_dial_to": ME[1:], "answermachine_speak": "bonjour",
                "answermachine_speak_lang": "fr-FR", "answermachine_sms": "call me & co",
            },
        ),
        (
            'call amy, say "hi", if voicemail, play https://example.com/m.mp3, say "x" with voice kate',
            {
                "answer_speak": "hi", "answer_speak_lang": "en-US",
                "answermachine_play": "https://example.com/m.mp3", "answermachine_tts": "x",
                "answermachine_tts_voice": "en-GB_KateVoice",
            },
        ),
        ('call amy, say "x", if voicemail hang up', {"answer_speak": "x", "answer_speak_lang": "en-US"}),
    ],
)  # fmt: skip
async def test_a_sentence_and_its_order(story: Story, sentence: str, order: dict[str, str] | None) -> None:
    house, vcw = story
    if order is None:
        reply = await house.says(sentence)
        assert reply is not None
        assert "in this order" in reply.text
        assert vcw.orders == {}
        return
    assert await ordered(story, sentence) == {"record": "NO", **order}


async def test_the_caller_id_goes_to_both(tmp_path: Path, doors: Doors) -> None:
    own = {"PATCHLINE_CALLER_ID": "+12125550100"}
    async with outside(tmp_path, "vcw", doors, VcwService, **ACCOUNT, **own) as story:
        order = await ordered(story, "call amy")
        assert (order["from"], order["answer_dial_from"]) == ("12125550100", "12125550100")


async def test_a_scheduled_call_is_ordered_at_its_second_and_carries_no_date(story: Story) -> None:
    house, vcw = story
    await house.says("call amy in 5 minutes")
    await house.advance(299)
    assert vcw.orders == {}
    await house.advance(1)
    await house.until(lambda: vcw.orders)
    assert "call_date" not in vcw.order


async def test_a_scheduled_call_is_listed_moved_and_cancelled_by_us(story: Story) -> None:
    house, vcw = story
    await house.says("call amy in 5 minutes")
    listed = await house.says("list")
    assert listed is not None
    assert "#1" in listed.text
    await house.says("move 1 to 20:00")
    await house.says("cancel 1")
    await house.advance(hours=8)
    assert house.card(1).state == "cancelled"
    assert vcw.orders == {}
    past = await house.says("history")
    assert past is not None
    assert "#1" in past.text


async def test_a_reminder_is_one_text(story: Story) -> None:
    house, vcw = story
    await house.says("remind me in 5 minutes to stretch")
    await house.advance(301)
    await house.until(lambda: vcw.orders)
    assert vcw.order["answer_speak"].count("tretch") == 2


# --- how it ends -------------------------------------------------------------------------------------------


async def test_a_person_answered(story: Story) -> None:
    house, vcw = story
    await ordered(story, 'call amy and say "hello"')
    await house.until_card(1, "does not report progress")
    await house.advance(60)
    await vcw.finishes("Person", 41)
    card = await house.until_card(1, "Amy answered.", "on the line 0:41")
    assert card.final
    assert vcw.replies == [200]


async def test_whether_i_was_connected_it_does_not_say(story: Story) -> None:
    house, vcw = story
    await ordered(story, "call amy and patch me in")
    await house.advance(60)
    await vcw.finishes("Person", 41)
    assert (await house.until_card(1, "Amy answered, and nobody says whether you were connected.")).final


async def test_a_machine_answered(story: Story) -> None:
    house, vcw = story
    await ordered(story, 'call amy and patch me in, if voicemail, text "call me"')
    await vcw.finishes("Machine", 12)
    assert (await house.until_card(1, "A machine answered for amy, and was played what you ordered")).final


async def test_a_machine_that_gets_nothing_is_hung_up_on(story: Story) -> None:
    house, vcw = story
    await ordered(story, "call amy and patch me in")
    await vcw.finishes("Machine", 3)
    assert (await house.until_card(1, "A machine answered for amy, and I hung up")).final


async def test_nobody_answered(story: Story) -> None:
    house, vcw = story
    await ordered(story, 'call amy and say "hello"')
    await vcw.finishes("", 0)
    assert (await house.until_card(1, "Amy did not answer", "Not charged")).final


@pytest.mark.parametrize("delivery", [Delivery.TWICE, Delivery.HELD])
async def test_the_callback_may_come_twice_or_late(story: Story, delivery: Delivery) -> None:
    house, vcw = story
    vcw.delivery = delivery
    await ordered(story, 'call amy and say "hello"')
    await house.until_card(1, "placed")
    await house.advance(60)
    await vcw.finishes("Person", 41)
    await vcw.release()
    assert (await house.until_card(1, "Amy answered.")).final
    assert house.states(1).count("ended") == 1


async def test_a_recording_comes_home(story: Story) -> None:
    house, vcw = story
    await ordered(story, 'call amy, say "hello" and record it')
    vcw.files["files/1.wav"] = vcw.sound()
    await house.advance(60)
    await vcw.finishes("Person", 41, record_url=f"{vcw.url}/files/1.wav")
    await house.advance_until_card(1, "/r/")


async def test_a_recording_from_elsewhere_is_not_fetched(story: Story) -> None:
    house, vcw = story
    await ordered(story, 'call amy, say "hello" and record it')
    await house.advance(60)
    await vcw.finishes("Person", 41, record_url="http://169.254.169.254/latest")
    await house.advance_until_card(1, "did not hand it over")


async def test_an_end_that_never_comes_is_settled_by_the_deadline(offline: Story) -> None:
    house, vcw = offline
    assert await ordered(offline, "call amy") == {"record": "NO", "answer_dial_to": AMY}
    assert "callback_url" not in vcw.order
    await house.until_card(1, "placed")
    await house.advance(minutes=63)
    card = await house.until_card(1, "vcw does not say how it ended")
    assert card.final


# --- what goes wrong ---------------------------------------------------------------------------------------


async def test_a_lost_answer_is_settled_by_the_callback(story: Story) -> None:
    house, vcw = story
    vcw.trouble["pcall/call"] = Trouble.SILENT_AFTER
    await house.says('call amy and say "hello"')
    await house.until(lambda: vcw.orders)
    await house.advance_until_card(1, "being checked")
    await vcw.finishes("Person", 9)
    assert (await house.until_card(1, "Amy answered.")).final
    assert len(vcw.orders) == 1


@pytest.mark.parametrize("trouble", [Trouble.SILENT_BEFORE, Trouble.BROKEN_BEFORE])
async def test_otherwise_it_cannot_be_confirmed_and_is_not_dialled_again(
    story: Story, trouble: Trouble
) -> None:
    house, vcw = story
    vcw.trouble["pcall/call"] = trouble
    await house.says('call amy and say "hello"')
    await house.advance_until_card(1, "cannot confirm", step=5)
    assert vcw.orders == {}


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ({"data": {"code": 402, "code_desc": "insufficient funds"}}, "insufficient funds"),
        ({"error": True, "error_message": "endpoint is closed"}, "endpoint is closed"),
        ({"data": {"code": "400", "code_desc": "bad to"}}, "bad to"),
    ],
)
async def test_a_refusal_inside_a_good_answer_is_one(
    story: Story, failure: dict[str, object], words: str
) -> None:
    house, vcw = story
    vcw.body_failure = failure
    await house.says("call amy")
    assert (await house.until_card(1, words, "Nothing was dialled")).final


async def test_an_unreadable_answer_leaves_the_question_open(story: Story) -> None:
    house, vcw = story
    vcw.body_failure = {"data": {"code": 200, "code_desc": ""}}
    await house.says("call amy")
    await house.until_card(1, "being checked")


async def test_wrong_credentials_are_told(tmp_path: Path, doors: Doors) -> None:
    wrong = {"VCW_API_KEY": KEY, "VCW_API_PASSWORD": "something else"}
    async with outside(tmp_path, "vcw", doors, VcwService, **wrong) as (house, vcw):
        await house.says("call amy")
        assert (await house.until_card(1, "bad credentials")).final
        assert vcw.orders == {}


# --- what it cannot do --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("conference me, amy and bob", "two phones, never more"),
        ("call amy as private", "always shows a number"),
        ("call amy for at most 10 minutes", "ends a call when"),
        ("call amy, ring for 20 s", "as long as its carrier"),
        ("call amy and press 123", "cannot press keys"),
        ('call amy, say "a", play https://example.com/a.mp3', "in this order"),
        ('call amy, say "a" with voice lisa, say "b"', "in this order"),
        ("call amy, play https://example.com/a.mp3, play https://example.com/b.mp3", "in this order"),
        ("call amy, play https://example.com/a.mp3 twice", "once"),
        ('call amy, say "a", wait 5 seconds, say "b"', "cannot wait"),
        ('call amy, say "a" in japanese', "does not speak"),
        ("call amy and record it", "recorded"),
        ("call amy and hang up", "something that a person gets"),
        ('call amy, text "hello"', "for a person"),
    ],
)
async def test_it_is_refused_when_it_is_ordered(story: Story, sentence: str, reason: str) -> None:
    house, vcw = story
    reply = await house.says(sentence)
    assert reply is not None, house.card(1).text
    assert reply.kind == "error"
    assert reason in reply.text
    assert vcw.orders == {}


@pytest.mark.parametrize(
    ("sentence", "words"),
    [("balance", "does not tell its balance"), (f"rate +{BOB}", "does not tell its prices")],
)
async def test_it_cannot_be_asked(story: Story, sentence: str, words: str) -> None:
    house, _ = story
    reply = await house.says(sentence)
    assert reply is not None
    assert words in reply.text


async def test_a_running_call_cannot_be_hung_up(story: Story) -> None:
    house, _ = story
    await ordered(story, "call amy")
    reply = await house.says("hang up")
    assert reply is not None
    assert "cannot end a call" in reply.text


async def test_a_callback_without_a_token_is_refused(story: Story) -> None:
    house, vcw = story
    await vcw.post(f"{house.house.settings.public_url}/hooks/vcw/done.A", {"callid": "1"})
    assert vcw.replies == [403]
