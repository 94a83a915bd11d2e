"""Calls through Hoiio, against a stand-in that is as strict as the real one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.scenario.house import ME
from tests.scenario.outside import Doors, Outside, outside, two_doors
from tests.vendors.hoiio import APP, OWN, SECRET, Call, HoiioService, Phone
from tests.vendors.loopback import Delivery, Trouble

AMY, BOB, CY = "+6591234567", "+6598765432", "+6591112222"
Story = tuple[Outside, HoiioService]


pytestmark = pytest.mark.asyncio(loop_scope="module")
ACCOUNT = {"HOIIO_APP_ID": APP, "HOIIO_ACCESS_TOKEN": SECRET}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors() -> AsyncIterator[Doors]:
    async with two_doors() as doors:
        yield doors


@pytest_asyncio.fixture(loop_scope="module")
async def story(tmp_path: Path, doors: Doors) -> AsyncIterator[Story]:
    async with outside(tmp_path, "hoiio", doors, HoiioService, **ACCOUNT) as story:
        yield story


@pytest_asyncio.fixture(loop_scope="module")
async def offline(tmp_path: Path, doors: Doors) -> AsyncIterator[Story]:
    """Without a public URL: Hoiio cannot call back."""
    async with outside(tmp_path, "hoiio", doors, HoiioService, public=False, **ACCOUNT) as story:
        yield story


async def call_of(house: Outside, service: HoiioService, n: int = 0) -> Call:
    await house.until(lambda: len(service.calls) > n)
    return list(service.calls.values())[n]


# --- two phones --------------------------------------------------------------------------------


async def test_a_call_back_is_one_request_for_two_phones(story: Story) -> None:
    house, hoiio = story
    await house.says("call amy")
    call = await call_of(house, hoiio)
    [asked] = hoiio.of("voice/call")
    token = (await house.call(1)).placements[0].token
    assert (asked["dest1"], asked["dest2"], asked["tag"]) == (ME, AMY, token)
    assert asked["max_duration"] == "3600"
    assert f"/hooks/hoiio/{token}/" in asked["notify_url"]
    assert "caller_id" not in asked
    await house.until_card(1, "does not report progress")
    await house.advance(90)
    await hoiio.ends(call.ref, "answered", "answered", minutes=2)
    card = await house.until_card(1, "You and amy talked for 1:30", "0.0360 SGD")
    assert card.final
    assert hoiio.refused == []
    assert hoiio.replies == [200]


async def test_what_it_cannot_add_is_said_on_the_card(story: Story) -> None:
    house, _ = story
    await house.says("call amy")
    await house.until_card(1, "no accept key")


async def test_the_caller_id_can_be_withheld_and_the_talk_limited(story: Story) -> None:
    house, hoiio = story
    await house.says("call amy for at most 10 minutes as private")
    await call_of(house, hoiio)
    [asked] = hoiio.of("voice/call")
    assert (asked["caller_id"], asked["max_duration"]) == ("private", "600")


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (("unanswered", "unanswered"), ("You did not answer, so amy was not rung",)),
        (("answered", "busy"), ("You answered, amy was busy",)),
        (("answered", "unanswered"), ("You answered, amy did not",)),
        (("answered", "failed"), ("You answered, amy could not be reached",)),
        (("busy", "failed"), ("You were busy, so amy was not rung",)),
    ],
)
async def test_how_a_call_back_can_end(story: Story, statuses: tuple[str, str], words: tuple[str]) -> None:
    house, hoiio = story
    await house.says("call amy")
    call = await call_of(house, hoiio)
    await hoiio.ends(call.ref, *statuses)
    assert (await house.until_card(1, *words)).final


async def test_hanging_up_ends_both(story: Story) -> None:
    house, hoiio = story
    await house.says("call amy")
    call = await call_of(house, hoiio)
    await house.until_card(1, "placed")
    await house.says("hang up")
    await house.until(lambda: house.card(1).final)
    assert hoiio.of("voice/hangup")[0] == {"txn_ref": call.ref}


async def test_a_running_call_is_asked_about(story: Story) -> None:
    house, hoiio = story
    await house.says("call amy")
    await call_of(house, hoiio)
    await house.until_card(1, "placed")
    await house.advance_until_card(1, "dialling")
    await house.advance_until_card(1, "you · +65 8123 4567 · Singapore: answered, on the line")
    assert "amy · +65 9123 4567 · Singapore: dialling" in house.card(1).text
    await house.advance_until_card(1, "talking")
    assert len(hoiio.of("voice/query_status")) <= 9


async def test_without_a_public_url_the_end_is_found_out_by_asking(offline: Story) -> None:
    house, hoiio = offline
    await house.says("call amy")
    call = await call_of(house, hoiio)
    assert "notify_url" not in hoiio.of("voice/call")[0]
    await house.until_card(1, "placed")
    await hoiio.ends(call.ref, "answered", "answered", minutes=3)
    assert (await house.advance_until_card(1, "talked for", "0.0540 SGD")).final


async def test_without_a_public_url_nothing_is_led(offline: Story) -> None:
    house, hoiio = offline
    reply = await house.says('call amy and say "hello"')
    assert reply is not None
    assert "PUBLIC_URL" in reply.text
    assert hoiio.calls == {}


@pytest.mark.parametrize("status", ["error_insufficient_credit", "error_dest2_invalid"])
async def test_a_refusal_is_told(story: Story, status: str) -> None:
    house, hoiio = story
    hoiio.refusals["voice/call"] = status
    await house.says("call amy")
    card = await house.until_card(1, status.removeprefix("error_").replace("_", " "), "Nothing was dialled")
    assert card.final


async def test_a_busy_account_is_asked_again_with_the_same_token(story: Story) -> None:
    house, hoiio = story
    hoiio.refusals["voice/call"] = "error_concurrent_call_limit_reached"
    await house.says("call amy")
    await house.until(lambda: hoiio.refused)
    token = (await house.call(1)).placements[0].token
    del hoiio.refusals["voice/call"]
    await house.advance_until(lambda: hoiio.calls)
    assert [call.tag for call in hoiio.calls.values()] == [token]
    assert len(hoiio.of("voice/call")) == 1


# --- what nobody can be sure of ----------------------------------------------------------------


@pytest.mark.parametrize("trouble", [Trouble.SILENT_AFTER, Trouble.BROKEN_AFTER])
async def test_a_call_whose_answer_was_lost_is_found_in_the_list_and_not_dialled_again(
    story: Story, trouble: Trouble
) -> None:
    house, hoiio = story
    hoiio.trouble["voice/call"] = trouble
    await house.says("call amy")
    call = await call_of(house, hoiio)
    await house.advance_until_card(1, "being checked")
    await house.advance_until_card(1, "dialling")
    assert (await house.call(1)).placements[0].reconciled
    await house.says("hang up")
    await house.until(lambda: house.card(1).final)
    assert hoiio.of("voice/hangup")[0] == {"txn_ref": call.ref}
    assert len(hoiio.calls) == 1


async def test_a_call_that_the_list_does_not_show_is_told_and_left_alone(story: Story) -> None:
    house, hoiio = story
    hoiio.trouble["voice/call"] = Trouble.SILENT_BEFORE
    await house.says("call amy")
    await house.until(lambda: house.chat.cards)
    await house.advance_until_card(1, "being checked")
    await house.advance_until_card(1, "cannot confirm")
    assert len(hoiio.of("voice/get_history")) >= 5
    assert hoiio.calls == {}
    assert hoiio.of("voice/call") == []


async def test_the_callback_settles_it_as_well(story: Story) -> None:
    house, hoiio = story
    hoiio.trouble["voice/call"] = Trouble.SILENT_AFTER
    await house.says("call amy")
    call = await call_of(house, hoiio)
    await house.advance_until_card(1, "being checked")
    await hoiio.ends(call.ref, "answered", "answered")
    assert (await house.until_card(1, "talked for")).final


@pytest.mark.parametrize("delivery", [Delivery.TWICE, Delivery.HELD, Delivery.LOST])
async def test_notifications_may_come_twice_late_or_never(story: Story, delivery: Delivery) -> None:
    house, hoiio = story
    hoiio.delivery = delivery
    await house.says("call amy")
    call = await call_of(house, hoiio)
    await house.until_card(1, "placed")
    await hoiio.ends(call.ref, "answered", "answered", minutes=2)
    if delivery is Delivery.HELD:
        await hoiio.release()
    assert (await house.advance_until_card(1, "talked for", "0.0360 SGD")).final
    assert house.states(1).count("ended") == 1


# --- conferences -------------------------------------------------------------------------------


async def test_a_conference_is_one_request_a_member_into_one_room(story: Story) -> None:
    house, hoiio = story
    await house.says("conference me, amy and bob")
    await house.advance_until(lambda: len(hoiio.calls) == 3)
    asked = hoiio.of("voice/conference")
    assert sorted(each["dest"] for each in asked) == sorted([ME, AMY, BOB])
    assert len({each["room"] for each in asked}) == 1
    assert len({each["tag"] for each in asked}) == 3


async def running_conference(story: Story) -> dict[str, Call]:
    house, hoiio = story
    await house.says("conference me, amy and bob")
    await house.advance_until(lambda: len(hoiio.calls) == 3)
    await house.advance_until_card(
        1, *[f"{tail} · Singapore: dialling" for tail in ("8123 4567", "9123 4567", "9876 5432")]
    )
    return {call.dests[0]: call for call in hoiio.calls.values()}


async def test_somebody_is_added_kicked_and_muted(story: Story) -> None:
    house, hoiio = story
    members = await running_conference(story)
    await house.says("add cy")
    await house.advance_until(lambda: len(hoiio.calls) == 4)
    assert hoiio.of("voice/conference")[3]["dest"] == CY
    assert len({each["room"] for each in hoiio.of("voice/conference")}) == 1
    await house.says("mute amy")
    await house.until(lambda: members[AMY].muted)
    await house.says("unmute amy")
    await house.until(lambda: not members[AMY].muted)
    await house.says("kick bob")
    await house.until(lambda: members[BOB].state == "ended")
    assert hoiio.of("voice/hangup") == [{"txn_ref": members[BOB].ref}]
    assert members[AMY].state == "ongoing"


async def test_a_conference_that_lasts_too_long_is_ended(story: Story) -> None:
    house, _ = story
    members = await running_conference(story)
    await house.advance_until_card(1, "joined", step=15)
    await house.advance(3600)
    await house.advance_until(lambda: all(call.state == "ended" for call in members.values()))
    assert (await house.until_card(1, "3 of 3 joined")).final


async def test_more_than_eight_are_refused_when_ordered(story: Story) -> None:
    house, hoiio = story
    nine = ", ".join(f"+6591234{n:03d}" for n in range(9))
    reply = await house.says(f"conference {nine}")
    assert reply is not None
    assert "at most 8" in reply.text
    assert hoiio.calls == {}


# --- calls that are led ------------------------------------------------------------------------


async def test_steps_run_in_their_order_and_then_i_am_patched_in(story: Story) -> None:
    house, hoiio = story
    await house.says(
        'call amy, say "Tom & Jerry <hi>", say "hola" in spanish, play https://example.com/a.mp3 twice, '
        "wait 2 seconds and patch me in as private"
    )
    call = await call_of(house, hoiio)
    await house.until(lambda: call.state == "talking")
    assert call.heard == [
        "[en female] Tom & Jerry <hi>",
        "[es-ES female] hola",
        "♪ https://example.com/a.mp3",
        "♪ https://example.com/a.mp3",
    ]
    assert [method for method, _ in hoiio.asked if method.startswith("ivr")] == [
        "ivr/start/dial", *["ivr/middle/play"] * 4, "ivr/middle/gather", "ivr/end/transfer",
    ]  # fmt: skip
    [transfer] = hoiio.of("ivr/end/transfer")
    assert (transfer["dest"], transfer["on_failure"], transfer["caller_id"]) == (ME, "continue", "private")
    assert hoiio.of("ivr/middle/gather")[0]["timeout"] == "2"
    await house.until_card(1, "talking")
    await house.advance(30)
    await hoiio.hangs_up(call)
    assert (await house.until_card(1, "Amy and you talked for 0:30", "0.0180 SGD")).final
    assert hoiio.refused == []


async def test_nobody_reached_is_said_before_it_hangs_up(story: Story) -> None:
    house, hoiio = story
    hoiio.phones[ME] = Phone("unanswered")
    await house.says('call amy, say "hello" and patch me in')
    card = await house.until_card(1, "Amy answered, you did not.")
    assert card.final
    [call] = hoiio.calls.values()
    assert call.heard == ["hello", "Sorry, nobody could be reached. Goodbye."]


@pytest.mark.parametrize(
    ("does", "words"),
    [("busy", "was busy"), ("unanswered", "did not answer"), ("failed", "could not be reached")],
)
async def test_a_phone_that_is_not_picked_up(story: Story, does: str, words: str) -> None:
    house, hoiio = story
    hoiio.phones[AMY] = Phone(does)
    await house.says('call amy and say "hello"')
    assert (await house.until_card(1, words)).final
    assert hoiio.of("ivr/middle/play") == []


async def test_a_reminder_says_its_text_twice(story: Story) -> None:
    house, hoiio = story
    await house.says("remind me in 5 minutes to stretch")
    await house.advance(301)
    call = await call_of(house, hoiio)
    await house.until(lambda: house.card(1).final)
    assert len(call.heard) == 2
    assert "stretch" in call.heard[0]
    assert [method for method, _ in hoiio.asked][-1] == "ivr/end/hangup"


async def test_a_recorded_call_says_so_and_its_recording_comes_home(story: Story) -> None:
    house, hoiio = story
    await house.says('call amy, say "hello" and record it')
    call = await call_of(house, hoiio)
    await house.advance_until_card(1, "Recording", "/r/")
    assert call.heard == ["This call is recorded.", "hello"]
    led = [method for method, _ in hoiio.asked if method.startswith("ivr")]
    assert led[:2] == ["ivr/start/dial", "ivr/middle/monitor"]


async def test_what_hoiio_refuses_in_the_middle_is_left_out(story: Story) -> None:
    house, hoiio = story
    hoiio.refusals["ivr/middle/play"] = "error_msg_invalid_language"
    await house.says('call amy, say "hello" in finnish and patch me in')
    call = await call_of(house, hoiio)
    await house.until(lambda: call.state == "talking")


async def test_a_long_text_is_cut_into_messages(story: Story) -> None:
    house, hoiio = story
    words = " ".join(f"word{n}" for n in range(200))
    await house.says(f'call amy and say "{words}"')
    call = await call_of(house, hoiio)
    await house.until(lambda: house.card(1).final)
    assert len(call.heard) > 2
    assert " ".join(call.heard) == words


async def test_hanging_up_a_led_call_is_forced(story: Story) -> None:
    house, hoiio = story
    await house.says('call amy, say "hello" and patch me in')
    call = await call_of(house, hoiio)
    await house.until_card(1, "talking")
    await house.says("hang up")
    assert (await house.until_card(1, "talked")).final
    assert hoiio.of("ivr/end/hangup")[0] == {"session": call.session or "", "force": "enabled"}


async def test_notices_told_twice_ask_once(story: Story) -> None:
    house, hoiio = story
    hoiio.delivery = Delivery.TWICE
    await house.says('call amy, say "one", say "two" and patch me in')
    call = await call_of(house, hoiio)
    await house.until_card(1, "talking")
    assert call.heard == ["one", "two"]
    assert len(hoiio.of("ivr/end/transfer")) == 1
    assert hoiio.refused == []


@pytest.mark.parametrize(
    "sentence",
    [
        "call amy, if voicemail hang up",
        'call amy, say "x" with voice bogus',
        "call amy, menu 4711",
        "call amy and press 1234",
        'call amy, text "hello"',
        "call amy and record it",
        "call amy, ring for 20 s",
    ],
)
async def test_what_it_cannot_do_is_refused_when_it_is_ordered(story: Story, sentence: str) -> None:
    house, hoiio = story
    reply = await house.says(sentence)
    assert reply is not None, house.card(1).text
    assert reply.kind == "error"
    assert hoiio.calls == {}


# --- calls to us -------------------------------------------------------------------------------


async def forwards(story: Story, sentence: str) -> None:
    house, hoiio = story
    reply = await house.says(sentence)
    assert reply is not None
    assert reply.kind == "reply", reply.text
    hoiio.numbers[OWN] = f"{house.house.settings.public_url}/hooks/hoiio/incoming"


async def test_a_caller_is_forwarded(story: Story) -> None:
    house, hoiio = story
    await forwards(story, f"forward {OWN} to me then bob, then voicemail")
    hoiio.phones[ME] = Phone("busy")
    call = await hoiio.calls_us(CY)
    await house.until(lambda: call.state == "talking")
    assert call.heard == ["Please wait while we connect you."]
    assert [(each["dest"], each["caller_id"]) for each in hoiio.of("ivr/end/transfer")] == [
        (ME, OWN), (BOB, OWN),
    ]  # fmt: skip
    await house.until_card(1, "talking")
    await hoiio.hangs_up(call)
    assert (await house.until_card(1, "Cy called", "answered and talked")).final


async def test_ring_times_that_it_cannot_keep_are_refused(story: Story) -> None:
    house, _ = story
    reply = await house.says(f"forward {OWN} to me for 20 seconds then bob, then voicemail")
    assert reply is not None
    assert "as long as its carrier" in reply.text


async def test_all_at_once(story: Story) -> None:
    house, hoiio = story
    await forwards(story, f"forward {OWN} to me and bob, then voicemail")
    call = await hoiio.calls_us(CY)
    await house.until(lambda: call.state == "talking")
    assert hoiio.of("ivr/end/transfer")[0]["dest"] == f"{ME},{BOB}"


async def test_voicemail_comes_home(story: Story) -> None:
    house, hoiio = story
    await forwards(story, f"forward {OWN} to me, then voicemail")
    hoiio.phones[ME] = Phone("unanswered")
    call = await hoiio.calls_us(AMY)
    await house.advance_until_card(1, "left a message", "/r/")
    assert call.heard == [
        "Please wait while we connect you.",
        "The person you are calling cannot be reached. You can leave a message.",
        "Please leave your message after the beep.",
        "Thank you. Your message has been recorded. Goodbye.",
    ]
    assert hoiio.of("ivr/middle/record")[0]["max_duration"] == "180"
    assert hoiio.refused == []


async def test_a_caller_who_hangs_up_while_it_rings_was_missed(story: Story) -> None:
    house, hoiio = story
    await forwards(story, f"send calls to {OWN} straight to voicemail")
    hoiio.refusals["ivr/middle/play"] = "error_session_not_ready"
    call = await hoiio.calls_us(AMY)
    await house.until(lambda: hoiio.refused)
    await hoiio.hangs_up(call)
    assert (await house.until_card(1, "no message was left")).final


async def test_a_message_that_was_cut_off_is_kept(story: Story) -> None:
    house, hoiio = story
    await forwards(story, f"send calls to {OWN} straight to voicemail")
    hoiio.delivery = Delivery.ONCE
    call = await hoiio.calls_us(AMY, Phone(message=False))
    await house.until(lambda: house.card(1).final)
    assert call.heard[-1].startswith("Thank you")
    assert "no message was left" in house.card(1).text


async def test_a_withheld_number_is_no_number(story: Story) -> None:
    house, hoiio = story
    await forwards(story, f"send calls to {OWN} straight to voicemail")
    await hoiio.calls_us(None)
    await house.until_card(1, "left a message")


async def test_a_number_that_is_forwarded_nowhere_says_goodbye(story: Story) -> None:
    house, hoiio = story
    hoiio.numbers[OWN] = f"{house.house.settings.public_url}/hooks/hoiio/incoming"
    call = await hoiio.calls_us(AMY)
    await house.until(lambda: call.state == "ended")
    assert call.heard == ["Sorry, nobody could be reached. Goodbye."]


async def test_a_forged_announcement_is_refused(story: Story) -> None:
    house, hoiio = story
    await forwards(story, f"send calls to {OWN} straight to voicemail")
    hoiio.headers = lambda _: {"X-Hoiio-Signature": "0" * 64}  # type: ignore[method-assign]
    call = await hoiio.calls_us(AMY)
    assert hoiio.replies == [403]
    assert call.state == "ringing"
    assert house.chat.cards == {}


# --- money and numbers -------------------------------------------------------------------------


async def test_prices_and_credit(story: Story) -> None:
    house, _ = story
    reply = await house.says(f"rate {AMY} {BOB}")
    assert reply is not None
    assert "0.036" in reply.text
    reply = await house.says("balance")
    assert reply is not None
    assert "42.50 SGD" in reply.text


async def test_a_number_is_rented_and_pointed_at_us(story: Story) -> None:
    house, hoiio = story
    reply = await house.says("rent a number in US california")
    assert reply is not None
    assert "+1 415-555-0123" in reply.text or "+14155550123" in reply.text
    await house.presses("Rent it")
    await house.until(lambda: hoiio.numbers.get("+14155550123"))
    assert hoiio.of("number/subscribe") == [{"number": "+14155550123", "duration": "1"}]
    assert "/hooks/hoiio/incoming." in hoiio.numbers["+14155550123"]
    await house.until(lambda: any("is ours now" in each.text for each in house.replies))
    await forwards_to_rented(house)
    call = await hoiio.calls_us(AMY, did="+14155550123")
    await house.until(lambda: call.state == "ended")
    await house.until_card(1, "left a message")


async def forwards_to_rented(house: Outside) -> None:
    reply = await house.says("send calls to +14155550123 straight to voicemail")
    assert reply is not None
    assert reply.kind == "reply", reply.text


async def test_a_number_cannot_be_given_back(story: Story) -> None:
    house, _ = story
    await house.says(f"release {OWN}")
    before = len(house.replies)
    await house.presses("Give it back")
    await house.until(lambda: len(house.replies) > before + 1)
    assert "lapses" in house.replies[-1].text
