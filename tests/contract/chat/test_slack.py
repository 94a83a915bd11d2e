"""What is Slack's own: signatures, redeliveries, acknowledgements, pace, faults, forms, home, the socket."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.chat.slack import chat as chat_module
from adapters.chat.slack import socket as socket_module
from adapters.clock import SystemClock
from bot.domain.card import Button, Card, Home, Reply, ReplyKind, Section
from bot.domain.errors import OutcomeUnknown, Rejected, Unavailable
from bot.domain.people import Asker, Room, Standing
from bot.ports.chat import MessageRef
from bot.ports.voice import Audio
from tests.contract.chat.case import Inbox, card, until
from tests.contract.chat.cases.slack import Hasty, door_of, platform_at
from tests.vendors.slack import (
    APP_TOKEN,
    BOT_USER,
    SECRET,
    TEAM,
    Client,
    Fault,
    Message,
    Slack,
)
from tests.vendors.slack_judges import ALL_BLOCKS, judge_message, judge_view, texts

SAM = Asker(platform="slack", workspace=TEAM, user="U1")
GENERAL = Room(platform="slack", workspace=TEAM, channel="C1")


class World:
    """A workspace with Sam and Ben in #general, our app behind its door, and an inbox to look into."""

    def __init__(self, slack: Slack, platform: Any, client: Client, inbox: Any) -> None:
        self.slack, self.platform, self.client, self.inbox = slack, platform, client, inbox


@asynccontextmanager
async def world(
    folder: Path, *, clock: Any = None, paced: bool = False, inbox: Any = None, **environ: str
) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(Slack(paced=paced).serving())
        slack.person("U1", "Sam")
        slack.person("U2", "Ben", tz="Europe/London")
        slack.channel("C1", "U1", "U2")
        platform = platform_at(slack, folder, clock or Hasty(), **environ)
        inbox = inbox or Inbox()
        running = asyncio.create_task(platform.run(inbox))
        stack.push_async_callback(_stopped, running)
        url = None if "SLACK_APP_TOKEN" in environ else await stack.enter_async_context(door_of(platform))
        client = Client(slack, url)
        stack.push_async_callback(client.close)
        yield World(slack, platform, client, inbox)


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


@pytest.fixture
async def by_socket(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, SLACK_APP_TOKEN=APP_TOKEN) as made:
        yield made


# --- the signature ------------------------------------------------------------------------------


def body_of(here: World, text: str = "list") -> bytes:
    return "&".join(f"{k}={v}" for k, v in here.client.command_of("U1", "C1", text).items()).encode()


FORM = "application/x-www-form-urlencoded"


async def test_what_slack_signed_is_taken(here: World) -> None:
    assert (await here.client.posts(body_of(here), FORM)).status == 200
    assert len(here.inbox.brought) == 1


@pytest.mark.parametrize(
    ("secret", "age"), [("another", 0), (SECRET, 301), (SECRET, -301), ("", 0), (SECRET, None), (SECRET, "x")]
)
async def test_what_slack_did_not_sign_or_long_ago_is_refused(here: World, secret: str, age: Any) -> None:
    stamp = {None: "", "x": "soon"}.get(age) if not isinstance(age, int) else str(int(time.time()) - age)
    answer = await here.client.posts(body_of(here), FORM, secret=secret, stamp=stamp)
    assert answer.status == 401
    assert here.inbox.brought == []


async def test_a_byte_more_and_the_signature_does_not_fit(here: World) -> None:
    body, stamp = body_of(here), str(int(time.time()))
    signature = (await _signature(body, stamp)).replace("v0=", "v0=")
    for forged, header in ((body + b" ", signature), (body, signature[:-1]), (body, "")):
        reply = await here.client._http.post(
            here.client.app,
            content=forged,
            headers={"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": header, "Content-Type": FORM},
        )
        assert reply.status_code == 401
    assert here.inbox.brought == []


async def _signature(body: bytes, stamp: str) -> str:
    import hmac

    return (
        "v0=" + hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    )


async def test_the_request_url_proves_itself(here: World) -> None:
    answer = await here.client.sends("events_api", {"type": "url_verification", "challenge": "3eZbrw"})
    assert (answer.status, json.loads(answer.text)) == (200, {"challenge": "3eZbrw"})


async def test_over_socket_mode_nobody_comes_in_by_http(tmp_path: Path) -> None:
    async with world(tmp_path, SLACK_APP_TOKEN=APP_TOKEN) as here, door_of(here.platform) as url:
        outsider = Client(here.slack, url)
        assert (await outsider.command("U1", "C1", "list")).status == 401
        await outsider.close()


# --- once, however often it comes ---------------------------------------------------------------


async def test_the_same_command_twice_at_once_is_one(here: World) -> None:
    payload = here.client.command_of("U1", "C1", "call amy")
    answers = await asyncio.gather(*(here.client.sends("slash_commands", payload) for _ in range(5)))
    assert {answer.status for answer in answers} == {200}
    assert len(here.inbox.brought) == 1


async def test_a_redelivered_event_is_taken_once_and_never_dropped_for_being_one(here: World) -> None:
    payload = here.client.event_of("U1", "C1", "call amy")
    late = {"X_Slack_Retry_Num": "1", "X_Slack_Retry_Reason": "http_timeout"}
    for headers in (late, late, {}):
        assert (await here.client.sends("events_api", payload, **headers)).status == 200
    (inbound,) = here.inbox.brought
    assert inbound.text == "call amy"


async def test_an_old_event_says_how_old_it_is(here: World) -> None:
    payload = here.client.event_of("U1", "C1", "call amy", ts=f"{time.time() - 300:.6f}")
    await here.client.sends("events_api", {**payload, "event_time": int(time.time()) - 300})
    (inbound,) = here.inbox.brought
    assert 299 < time.time() - inbound.sent_at.timestamp() < 303


async def test_two_people_pressing_the_same_button_are_two(here: World) -> None:
    await here.platform.post(GENERAL, card())
    (message,) = here.slack.messages
    for user in ("U1", "U2"):
        await here.client.press(user, message, message.buttons()[0])
    assert [(each.asker.user, each.action) for each in here.inbox.brought] == [
        ("U1", "hangup:c1"),
        ("U2", "hangup:c1"),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "message_changed"},
        {"bot_id": "B9"},
        {"edited": {"user": "U1", "ts": "1.2"}},
        {"user": BOT_USER},
        {"user": None},
    ],
)
@pytest.mark.parametrize("channel", ["C1", "DU1"])
async def test_bots_edits_and_our_own_words_order_nothing(here: World, channel: str, more: Any) -> None:
    payload = here.client.event_of("U1", channel, "call amy")
    payload["event"].update(more)
    assert (await here.client.sends("events_api", payload)).status == 200
    assert here.inbox.brought == []


async def test_another_workspace_is_not_ours(here: World) -> None:
    answer = await here.client.command("U1", "C1", "list", team_id="TOTHER")
    assert "another workspace" in answer.text
    payload = here.client.event_of("U1", "C1", "list")
    await here.client.sends("events_api", {**payload, "team_id": "TOTHER"})
    assert here.inbox.brought == []


async def test_whoever_presses_from_a_connected_workspace_is_a_stranger(here: World) -> None:
    here.slack.person("U9", "Eve", team_id="TOTHER", is_stranger=True)
    await here.platform.post(GENERAL, card())
    (message,) = here.slack.messages
    payload = here.client.press_of("U9", message, message.buttons()[0])
    payload["user"]["team_id"] = "TOTHER"
    await here.client.sends("interactive", payload)
    (inbound,) = here.inbox.brought
    assert inbound.asker.key == "slack:TOTHER/U9"
    assert inbound.room == GENERAL
    assert (await here.platform.introduce(inbound)).asker.standing is Standing.STRANGER


async def test_what_we_do_not_know_is_taken_and_forgotten(here: World) -> None:
    for event in ("reaction_added", "app_home_opened", "message"):
        payload = here.client.envelope_of({"type": event, "user": "U1", "tab": "messages", "channel": "C1"})
        assert (await here.client.sends("events_api", payload)).status == 200
    assert here.inbox.brought == []


async def test_our_name_is_taken_off_and_nobody_elses(here: World) -> None:
    for said in (
        f"<@{BOT_USER}> call <@U2>",
        f"<@{BOT_USER}|patchline>: call <@U2>",
        f"call <@U2> <@{BOT_USER}>",
    ):
        payload = here.client.event_of("U1", "C1", "")
        payload["event"]["text"] = said
        await here.client.sends("events_api", payload)
    heard = [each.text for each in here.inbox.brought]
    assert heard == ["call <@U2>", "call <@U2>", f"call <@U2> <@{BOT_USER}>"]


# --- in time, or told ---------------------------------------------------------------------------


class Stalled(Inbox):
    """A database that takes so many seconds, even to let go."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def put(self, inbound: Any) -> bool:
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            await asyncio.sleep(self.seconds)
            raise
        return await super().put(inbound)


async def test_a_database_that_takes_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_module, "TAKEN_WITHIN", 0.1)
    async with world(tmp_path, inbox=Stalled(0.6)) as here:
        command = await here.client.command("U1", "C1", "call amy")
        event = await here.client.event("U1", "C1", "call amy")
        await here.platform.post(GENERAL, card())
        (message,) = here.slack.messages
        press = await here.client.press("U1", message, message.buttons()[0])
        for answer in (command, event, press):
            assert answer.status == 200
            assert answer.seconds < 0.5
        assert "Not taken" in command.text
        assert json.loads(command.text)["response_type"] == "ephemeral"
        assert event.headers["x-slack-no-retry"] == "1"
        await here.slack.until(lambda: len(here.slack.ephemeral) == 2)
        assert all("Not taken" in each.text for each in here.slack.ephemeral)
        assert here.inbox.brought == []


async def test_a_form_that_was_not_taken_stays_open(here: World) -> None:
    here.inbox.is_down = True
    view = {"id": "V1", "callback_id": "forward_a_number", "type": "modal", "private_metadata": "{}"}
    answer = await here.client.submit("U1", view, {"number": {"number": {"value": "+65 6123 4567"}}})
    said = json.loads(answer.text)
    assert said["response_action"] == "errors"
    assert "Not taken" in said["errors"]["number"]


async def test_nothing_waits_for_slack_before_it_acknowledges(here: World) -> None:
    await here.client.command("U1", "C1", "list")
    before = len(here.slack.calls)
    answer = await here.client.command("U2", "C1", "list")
    assert answer.status == 200
    assert len(here.slack.calls) == before


async def test_bolt_takes_nothing_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "of-something-else")
    async with world(tmp_path) as here:
        assert (await here.client.command("U1", "C1", "list")).status == 200
        assert len(here.inbox.brought) == 1


async def test_until_slack_has_said_who_we_are_it_is_asked_to_send_again(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        here.slack.fails("auth.test", *[Fault(500)] * 50)
        here.platform._us = None
        assert (await here.client.command("U1", "C1", "list")).status == 503
        here.slack.faults.clear()
        assert (await here.client.command("U1", "C1", "list")).status == 200


# --- who it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ({}, Standing.MEMBER),
        ({"is_restricted": True}, Standing.GUEST),
        ({"is_ultra_restricted": True}, Standing.GUEST),
        ({"deleted": True}, Standing.GUEST),
        ({"is_bot": True}, Standing.BOT),
        ({"is_stranger": True}, Standing.STRANGER),
        ({"team_id": "TOTHER"}, Standing.STRANGER),
        ({"team_id": "TOTHER", "enterprise_user": {"teams": [TEAM]}}, Standing.MEMBER),
    ],
)
async def test_standing_is_what_slack_says(here: World, facts: Any, standing: Standing) -> None:
    here.slack.person("U5", "Kim", **facts)
    await here.client.command("U5", "C1", "list")
    known = await here.platform.introduce(here.inbox.brought[0])
    assert known.asker == replace(here.inbox.brought[0].asker, name="Kim", standing=standing)
    assert known.timezone == "Asia/Singapore"


async def test_a_profile_is_asked_for_once_an_hour_and_when_it_changes(tmp_path: Path) -> None:
    async with world(tmp_path, clock=SystemClock()) as here:
        await here.client.command("U1", "C1", "list")
        for _ in range(3):
            await here.platform.introduce(here.inbox.brought[0])
        assert len(here.slack.of("users.info")) == 1
        here.slack.users["U1"]["tz"] = "Asia/Tokyo"
        await here.client.sends(
            "events_api", here.client.envelope_of({"type": "user_change", "user": {"id": "U1"}})
        )
        assert (await here.platform.introduce(here.inbox.brought[0])).timezone == "Asia/Tokyo"


async def test_nobody_is_let_in_while_slack_does_not_say_who_they_are(here: World) -> None:
    await here.client.command("U1", "C1", "list")
    here.slack.fails("users.info", Fault(500), Fault(error="user_not_found"))
    with pytest.raises(Unavailable):
        await here.platform.introduce(here.inbox.brought[0])
    known = await here.platform.introduce(here.inbox.brought[0])
    assert known.asker.standing is Standing.STRANGER


# --- out: pace and faults -----------------------------------------------------------------------


async def test_too_many_requests_are_waited_out_without_asking_again(tmp_path: Path) -> None:
    async with world(tmp_path, clock=SystemClock()) as here:
        here.slack.fails("chat.postMessage", Fault(429, retry_after=1))
        for n in range(3):
            here.slack.channel(f"C{n}", "U1")
            with pytest.raises(Unavailable) as put_off:
                await here.platform.post(replace(GENERAL, channel=f"C{n}"), card())
            assert 0 < (put_off.value.retry_after or 0) <= 1
        assert len([call for call in here.slack.calls if call.method == "chat.postMessage"]) == 1
        await asyncio.sleep(1.0)
        await here.platform.post(GENERAL, card())
        assert here.slack.broken_rests == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(500), Unavailable),
        (Fault(503), Unavailable),
        (Fault(error="internal_error"), Unavailable),
        (Fault(error="token_revoked"), Unavailable),
        (Fault(error="is_archived"), Rejected),
        (Fault(lost=True), OutcomeUnknown),
    ],
)
async def test_who_must_act_when_a_post_fails(here: World, fault: Fault, error: type[Exception]) -> None:
    here.slack.fails("chat.postMessage", fault)
    with pytest.raises(error) as raised:
        await here.platform.post(GENERAL, card())
    assert "xoxb" not in str(raised.value)


async def test_a_post_is_never_sent_twice_by_itself(here: World) -> None:
    here.slack.fails("chat.postMessage", Fault(lost=True))
    with pytest.raises(OutcomeUnknown):
        await here.platform.post(GENERAL, card())
    assert len(here.slack.messages) == 1


async def test_an_edit_that_was_lost_may_be_sent_again(here: World) -> None:
    ref = await here.platform.post(GENERAL, card("ringing"))
    here.slack.fails("chat.update", Fault(lost=True), Fault(error="message_not_found"))
    with pytest.raises(Unavailable):
        await here.platform.edit(ref, GENERAL, card("talking"))
    with pytest.raises(Rejected):
        await here.platform.edit(ref, GENERAL, card("talking"))


async def test_nobody_is_there_at_all(here: World) -> None:
    here.platform._api._client.base_url = "http://127.0.0.1:9/api/"
    with pytest.raises(Unavailable):
        await here.platform.post(GENERAL, card())


async def test_posts_in_one_channel_keep_a_second_apart(tmp_path: Path) -> None:
    async with world(tmp_path, clock=SystemClock(), paced=True) as here:
        await asyncio.gather(*(here.platform.post(GENERAL, card(call=f"c{n}")) for n in range(3)))
        assert [call.error for call in here.slack.calls if call.method == "chat.postMessage"] == [""] * 3


async def test_links_are_never_fetched_by_slack(here: World) -> None:
    """The fake refuses a post without these; here it is seen that it would."""
    with pytest.raises(Rejected):
        await here.platform._api.call("chat.postMessage", channel="C1", text="x", blocks=[])


# --- out: where to ------------------------------------------------------------------------------


async def test_where_we_are_not_let_in_the_card_goes_to_whoever_typed(here: World) -> None:
    here.slack.channel("C2", "U1", with_us=False)
    await here.client.command("U1", "C2", "call amy")
    room = replace(GENERAL, channel="C2")
    ref = await here.platform.post(room, card("ringing"))
    assert ref.channel == "DU1"
    await here.platform.edit(ref, room, card("ended", final=True, receipt="Amy answered."))
    assert "Amy answered." in here.slack.messages[0].seen()


async def test_where_nobody_typed_a_card_is_not_shown(here: World) -> None:
    here.slack.channel("C2", "U1", with_us=False)
    with pytest.raises(Rejected):
        await here.platform.post(replace(GENERAL, channel="C2"), card())


async def test_an_answer_comes_the_way_the_question_came_five_times_and_then_directly(here: World) -> None:
    here.slack.channel("C2", "U1", with_us=False)
    await here.client.command("U1", "C2", "list")
    for n in range(6):
        await here.platform.reply(replace(GENERAL, channel="C2"), SAM, Reply(text=f"answer {n}"))
    assert [each["text"] for each in here.slack.responses] == [f"answer {n}" for n in range(5)]
    assert {each["response_type"] for each in here.slack.responses} == {"ephemeral"}
    assert [(each.channel, each.text) for each in here.slack.messages] == [("DU1", "answer 5")]
    assert here.slack.used_up == 0


async def test_a_private_answer_is_seen_by_its_asker_alone(here: World) -> None:
    await here.platform.reply(GENERAL, SAM, Reply(text="+65 9123 4567"))
    await here.platform.reply(GENERAL, SAM, Reply(text="for all", private=False))
    assert [(each.user, each.text) for each in here.slack.ephemeral] == [("U1", "+65 9123 4567")]
    assert [each.text for each in here.slack.messages] == ["for all"]


async def test_audio_is_uploaded_or_it_is_said_why_not(here: World) -> None:
    await here.platform.send_audio(GENERAL, "voicemail 14", Audio(content_type="audio/mpeg", data=b"ID3"))
    assert here.slack.files == [("voicemail 14.mp3", "C1", b"ID3")]
    here.slack.scopes.discard("files:write")
    with pytest.raises(Rejected) as refused:
        await here.platform.send_audio(GENERAL, "voicemail 15", Audio(content_type="audio/wav", data=b"RIFF"))
    assert refused.value.code == "missing_scope"


# --- what it looks like -------------------------------------------------------------------------

WIDE = "W" * 300
RTL = "שרה כהן־לוי"


def crowd(name: str, *, people: int = 40, note: str = "") -> Card:
    legs = tuple(f"{name} {n} · …4567 · Singapore: ringing 4 s, {'x' * 20}" for n in range(people))
    sections = (
        Section(name="when", lines=("When: Tue 10 March 2026, 23:59 (11:59 pm) Asia/Singapore, UTC+8.",)),
        Section(name="legs", lines=legs),
        Section(name="terms", lines=("Via plivo · not recorded.",)),
        Section(name="note", lines=(note or f"Please confirm: {name}",)),
        Section(name="understood", lines=(f"Understood: targets “{name}”. No word left over.",)),
    )
    names = ", ".join(f"{name} {n}" for n in range(people))
    buttons = tuple(Button(label=f"{name} {n}", action=f"answer:q:{n}") for n in range(30))
    return Card(
        call="c1", number=1, state="x", title=f"Conference #1, {names}", sections=sections, buttons=buttons
    )


@pytest.mark.parametrize(
    "name",
    [
        WIDE,
        RTL,
        "<!channel>",
        "&" * 300,
        "<@U2> <!here|x> <https://evil|good>",
        "*_~`",
        "a\u202eb\x07",
        "😀" * 200,
    ],
)
async def test_forty_of_the_worst_names_are_within_every_limit(here: World, name: str) -> None:
    ref = await here.platform.post(GENERAL, crowd(name, note="first call to Latvia"))
    await here.platform.edit(ref, GENERAL, crowd(name, note="first call to Latvia"))
    await here.platform.reply(GENERAL, SAM, Reply(text="\n".join([f"No contact {name}"] * 60)))
    await here.platform.reply(GENERAL, SAM, Reply(text=f"call {name}\n     ^^^^ who?", kind=ReplyKind.ERROR))
    await here.platform.show_home(SAM, Home(lines=(f"Your number: {name}",), cards=(crowd(name),) * 40))
    shown = here.slack.messages[0]
    assert len(shown.blocks) <= 50
    assert sum(map(len, texts(shown.blocks))) <= ALL_BLOCKS
    assert "first call to Latvia" in shown.seen()


async def test_signs_that_turn_the_line_around_are_taken_out(here: World) -> None:
    await here.platform.post(GENERAL, card(legs=f"\u202e{RTL}\u2066: ringing 4 s"))
    assert f"{RTL}: ringing 4 s" in here.slack.messages[0].seen()
    assert not set("\u202e\u2066") & set(here.slack.messages[0].text)


async def test_what_does_not_fit_stands_in_the_thread_with_the_details(here: World) -> None:
    await here.platform.post(GENERAL, crowd("x" * 120))
    await here.slack.until(lambda: len(here.slack.messages) == 2)
    shown, details = here.slack.messages
    assert details.thread == shown.ts
    assert "more, in the thread below" in shown.seen()
    assert "Via plivo" in details.seen()
    assert "Understood" in details.seen()
    assert "Via plivo" not in shown.seen()
    assert "Via plivo" in shown.text or len(shown.text) > 3000


async def test_details_come_once_and_again_only_when_they_have_changed(here: World) -> None:
    def state(final: bool, terms: str) -> Card:
        return card("x", final=final, legs="Amy: ringing", terms=terms)

    ref = await here.platform.post(GENERAL, state(False, "Via plivo"))
    await here.platform.edit(ref, GENERAL, state(False, "Via plivo, still"))
    await here.platform.edit(ref, GENERAL, state(True, "Via plivo"))
    await here.slack.until(lambda: len(here.slack.messages) == 2)
    await here.platform.edit(ref, GENERAL, state(True, "Via plivo, 0.02 USD"))
    await here.slack.until(lambda: len(here.slack.messages) == 3)
    assert [each.thread for each in here.slack.messages[1:]] == [ref.message] * 2


async def test_a_card_in_a_thread_keeps_its_details_there(here: World) -> None:
    here.slack.messages.append(parent := Message("C1", here.slack.ts(), "lunch?", []))
    await here.platform.post(replace(GENERAL, thread=parent.ts), card(terms="Via plivo"))
    await here.slack.until(lambda: len(here.slack.messages) == 3)
    assert {each.thread for each in here.slack.messages[1:]} == {parent.ts}


async def test_hanging_up_asks_before_it_does(here: World) -> None:
    buttons = (Button(label="Hang up", action="hangup:c1"), Button(label="Cancel", action="cancel:c1"))
    await here.platform.post(GENERAL, replace(card(), buttons=buttons))
    hang_up, cancel = here.slack.messages[0].buttons()
    assert hang_up["confirm"]["confirm"]["text"] == "Hang up"
    assert "confirm" not in cancel


async def test_a_link_can_be_pressed_and_is_whole(here: World) -> None:
    url = "https://phone.example.com/r/abc.def?x=1&y=2"
    await here.platform.post(GENERAL, card(recordings=f"Message 14 (0:14): {url}."))
    (section,) = [b for b in here.slack.messages[0].blocks if "Message 14" in json.dumps(b)]
    assert section["text"]["text"] == f"Message 14 (0:14): <{url.replace('&', '&amp;')}>."


async def test_people_are_named_where_it_rings_no_bell(here: World) -> None:
    await here.platform.reply(GENERAL, SAM, Reply(text="I don't know a number of <@U2>."))
    await here.platform.reply(GENERAL, SAM, Reply(text="Say it, <@U2>.", private=False))
    assert "<@U2>" in json.dumps(here.slack.ephemeral[0].blocks)
    assert "<@U2>" not in json.dumps(here.slack.messages[0].blocks)


async def test_a_long_answer_comes_in_parts_and_its_buttons_under_the_last(here: World) -> None:
    lines = [f"{n} {'word ' * 30}" for n in range(100)]
    reply = Reply(text="\n".join(lines), buttons=(Button(label="Yes", action="answer:q:1"),))
    await here.platform.reply(GENERAL, SAM, reply)
    shown = here.slack.ephemeral
    assert len(shown) > 1
    assert [len(each.buttons()) for each in shown] == [0] * (len(shown) - 1) + [1]
    seen = "\n".join(each.seen() for each in shown)
    assert all(f"{n} word" in seen for n in range(100))


def test_the_judges_judge() -> None:
    """What they let through, and what not."""
    good = [{"type": "section", "text": {"type": "mrkdwn", "text": "a &lt;b&gt; <https://x.example|y>"}}]
    judge_message("a", good)
    for bad in ("<!channel>", "a & b", "a < b", "\x1b[2J", "x" * 3001):
        with pytest.raises(Exception, match=r"invalid_blocks|badly_escaped|control"):
            judge_message("a", [{"type": "section", "text": {"type": "mrkdwn", "text": bad}}])
    with pytest.raises(Exception, match="invalid"):
        judge_view({"type": "modal", "title": {"type": "plain_text", "text": "t" * 25}, "blocks": []})


# --- forms, shortcuts, home ---------------------------------------------------------------------


async def test_a_form_opens_and_becomes_a_sentence(here: World) -> None:
    assert (await here.client.shortcut("U1", "schedule_a_call")).status == 200
    await here.slack.until(lambda: here.slack.modals)
    values = {
        "who": {"who": {"value": "tom & amy"}},
        "how": {"how": {"selected_option": {"value": "patch"}}},
        "date": {"date": {"selected_date": "2026-03-10"}},
        "time": {"time": {"selected_time": "23:59"}},
        "more": {"more": {"value": "record it"}},
    }
    assert (await here.client.submit("U1", here.slack.modals[0], values)).status == 200
    (inbound,) = here.inbox.brought
    assert inbound.text == "call tom &amp; amy and patch me in on 2026-03-10 at 23:59, record it"
    known = await here.platform.introduce(inbound)
    assert (known.room.channel, known.room.private) == ("DU1", True)


async def test_the_other_form(here: World) -> None:
    await here.client.shortcut("U1", "forward_a_number")
    await here.slack.until(lambda: here.slack.modals)
    values = {
        "number": {"number": {"value": "+65 6123 4567"}},
        "to": {"to": {"value": "me"}},
        "seconds": {"seconds": {"value": "20"}},
        "then": {"then": {"selected_option": {"value": "voicemail"}}},
    }
    await here.client.submit("U1", here.slack.modals[0], values)
    assert here.inbox.brought[0].text == "forward +65 6123 4567 to me for 20 s, then voicemail"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"text": "ring <tel:+6591234567|9123 4567> or so"}, "call <tel:+6591234567|9123 4567>"),
        ({"text": "my number: +65 9123 4567, not 12"}, "call +65 9123 4567"),
        (
            {
                "text": "call us",
                "blocks": [
                    {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [{"type": "link", "url": "tel:+442079460123", "text": "us"}],
                            }
                        ],
                    }
                ],
            },
            "call <tel:+442079460123|us>",
        ),
    ],
)
async def test_the_number_in_a_message_is_called(here: World, message: Any, text: str) -> None:
    payload = {"type": "message_action", "message": message, "channel": {"id": "C1"}, "message_ts": "1.2"}
    await here.client.shortcut("U1", "call_this_number", **payload)
    (inbound,) = here.inbox.brought
    assert (inbound.text, inbound.room) == (text, GENERAL)


async def test_a_message_without_a_number_is_told(here: World) -> None:
    payload = {"type": "message_action", "message": {"text": "on 2026-03-10"}, "channel": {"id": "C1"}}
    await here.client.shortcut("U1", "call_this_number", **payload)
    await here.slack.until(lambda: here.slack.ephemeral)
    assert "no phone number" in here.slack.ephemeral[0].text
    assert here.inbox.brought == []


async def test_opening_home_asks_for_it_and_its_buttons_press(here: World) -> None:
    opened = here.client.envelope_of(
        {"type": "app_home_opened", "user": "U1", "tab": "home", "channel": "DU1"}
    )
    await here.client.sends("events_api", opened)
    (asked,) = here.inbox.brought
    assert (asked.action, asked.room.channel, asked.room.private) == ("home:me", "DU1", True)
    await here.platform.show_home(SAM, Home(lines=("Your number: +65 9123 4567",), cards=(card(),)))
    blocks = here.slack.homes["U1"]["blocks"]
    assert "Your number: +65 9123 4567" in "\n".join(texts(blocks))
    buttons = [element for block in blocks for element in block.get("elements", ())]
    pressed = next(each for each in buttons if each.get("value") == "hangup:c1")
    await here.client.sends("interactive", here.client.home_press_of("U1", pressed))
    await until(lambda: len(here.inbox.brought) == 3)
    assert [each.action for each in here.inbox.brought] == ["home:me", "hangup:c1", "home:me"]
    assert {each.room for each in here.inbox.brought} == {asked.room}
    form = next(each for each in buttons if "schedule" in each["action_id"])
    await here.client.sends("interactive", here.client.home_press_of("U1", form))
    await here.slack.until(lambda: here.slack.modals)
    assert json.loads(here.slack.modals[0]["private_metadata"]) == {"channel": "DU1"}


# --- Socket Mode --------------------------------------------------------------------------------


async def test_everything_comes_over_the_socket_too(by_socket: World) -> None:
    here = by_socket
    await here.client.command("U1", "C1", "call amy")
    await here.client.event("U1", "C1", "call bob")
    await here.platform.post(GENERAL, card())
    await here.client.press("U1", here.slack.messages[0], here.slack.messages[0].buttons()[0])
    assert [each.text or each.action for each in here.inbox.brought] == ["call amy", "call bob", "hangup:c1"]
    here.inbox.is_down = True
    assert "Not taken" in (await here.client.command("U1", "C1", "call cy")).text


async def test_a_socket_that_is_told_to_go_is_replaced_before_it_closes(by_socket: World) -> None:
    here = by_socket
    await here.slack.until(lambda: here.slack.sockets)
    (first,) = here.slack.sockets
    await first.send_str(json.dumps({"type": "disconnect", "reason": "warning"}))
    await here.slack.until(lambda: first not in here.slack.sockets and here.slack.sockets)
    await here.client.command("U1", "C1", "list")
    assert len(here.inbox.brought) == 1


async def test_a_socket_that_was_cut_off_is_opened_again(by_socket: World) -> None:
    here = by_socket
    await here.slack.until(lambda: here.slack.sockets)
    (first,) = here.slack.sockets
    await first.close()
    await here.slack.until(lambda: [each for each in here.slack.sockets if each is not first])
    await here.client.command("U1", "C1", "list")
    assert len(here.inbox.brought) == 1


class Mute:
    """A socket that takes everything and says nothing: no frame, no pong."""

    def __init__(self) -> None:
        self.pings = 0

    async def receive(self, timeout: float) -> Any:  # noqa: ASYNC109 - as aiohttp has it
        await asyncio.sleep(timeout)
        raise TimeoutError

    async def ping(self) -> None:
        self.pings += 1


async def test_a_silent_socket_is_asked_once_and_then_given_up() -> None:
    mute: Any = Mute()
    watched: Any = socket_module.Socket(
        api=None, token="", enter=None, errand=None, clock=SystemClock(), quiet=0.01
    )  # type: ignore[arg-type]
    assert await asyncio.wait_for(watched._serve(mute), 1) is False
    assert mute.pings == 1


async def test_a_socket_that_brings_nothing_for_long_is_replaced(here: World) -> None:
    watched: Any = socket_module.Socket(
        api=None, token="", enter=None, errand=None, clock=SystemClock(), quiet=0.01, idle=0.0
    )  # type: ignore[arg-type]
    assert await watched._serve(Mute()) is True


# --- check --------------------------------------------------------------------------------------


async def test_all_is_well(here: World, by_socket: World) -> None:
    assert await by_socket.platform.check() == ()
    here.platform._public_url = here.client.app.removesuffix("/chat/slack")  # type: ignore[union-attr]
    assert await here.platform.check() == ()


async def test_the_one_thing_to_mend(here: World, by_socket: World) -> None:
    slack = here.slack
    here.platform._public_url = here.client.app.removesuffix("/chat/slack")  # type: ignore[union-attr]

    async def mend(of: World = here) -> str:
        (words,) = await of.platform.check()
        return str(words)

    slack.fails("auth.test", Fault(error="invalid_auth"))
    assert (await mend()).startswith("SLACK_BOT_TOKEN is refused")
    slack.scopes.discard("files:write")
    assert (await mend()).startswith("SLACK_BOT_TOKEN lacks files:write")
    slack.scopes.add("files:write")
    slack.skew = 400
    assert "clock" in await mend()
    slack.skew = 0
    here.platform._public_url = "http://127.0.0.1:9"
    assert (await mend()).startswith("PUBLIC_URL is not reached")
    by_socket.slack.fails("apps.connections.open", Fault(error="invalid_auth"))
    assert (await mend(by_socket)).startswith("SLACK_APP_TOKEN is refused")


async def test_the_reference_of_a_card_survives_a_restart(here: World, tmp_path: Path) -> None:
    ref = await here.platform.post(GENERAL, card("ringing"))
    again = platform_at(here.slack, tmp_path, Hasty())
    await again.edit(MessageRef(channel=ref.channel, message=ref.message), GENERAL, card("ended", final=True))
    assert "ended" in here.slack.messages[0].seen()
