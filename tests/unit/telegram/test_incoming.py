"""What an update says to us. Telegram's spelling of updates comes from the stand-in, not from the library."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Bot, Update

from adapters.chat.telegram.incoming import Me, heard
from bot.domain.people import Standing
from bot.ports.chat import Inbound
from tests.vendors.telegram import BOT, TOKEN, Group, Person, Telegram

NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
ME = Me(id=4242, username="PatchlineTestBot", commands=frozenset({"call", "list"}))
WORLD = Telegram(now=lambda: NOW, boot=lambda: 0.0)
SAM: Person = WORLD.person(1001, "Sam", last_name="Lee", username="samlee")
TEAM: Group = WORLD.group(-5001, "Team")
FORUM: Group = WORLD.group(-1_000_000_005_001, "Forum", topics={7})


def hear(update: Any, **names: int) -> Inbound | None:
    read = Update.de_json(update, Bot(TOKEN))
    assert read is not None
    return heard(read, ME, names, NOW)


def said(
    text: str, where: Person | Group = TEAM, *, names: dict[str, int] | None = None, **more: Any
) -> str | None:
    inbound = hear(WORLD.message(SAM, where, text, **more), **(names or {}))
    return None if inbound is None else inbound.text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/call amy at 5pm", "/call amy at 5pm"),
        ("/call@PatchlineTestBot amy", "/call amy"),
        ("/CALL@patchlinetestbot amy", "/CALL amy"),
        ("/hold@PatchlineTestBot amy", "/hold amy"),
        ("@PatchlineTestBot call amy", "call amy"),
        ("🎂🎂 @PatchlineTestBot call amy", "🎂🎂  call amy"),
        ("/call@OtherBot amy", None),
        ("/hold amy", None),
        ("call amy", None),
        ("well, /call amy", None),
        ("@somebody call amy", None),
    ],
)
def test_in_a_group_only_what_is_for_us(text: str, meant: str | None) -> None:
    assert said(text) == meant


def test_alone_with_us_everything_is() -> None:
    assert said("call amy – “now”, ok?", SAM) == "call amy – “now”, ok?"
    assert said("/hold amy", SAM) == "/hold amy"
    assert said("/call@OtherBot amy", SAM) is None


@pytest.mark.parametrize("text", ["/start", "/start hello", "/start@PatchlineTestBot x-y_1"])
def test_what_a_link_brings_along_says_nothing(text: str) -> None:
    assert said(text, SAM) == "/start"


def test_an_answer_to_our_message_is_for_us() -> None:
    before = {"message_id": 5, "date": 1, "chat": TEAM.json(), "from": BOT}
    assert said("yes", reply_to_message=before) == "yes"
    assert said("yes", reply_to_message=before | {"from": SAM.json()}) is None


def test_people_are_meant_by_their_ids() -> None:
    entity = {
        "type": "text_mention",
        "offset": 8,
        "length": 3,
        "user": {"id": 77, "is_bot": False, "first_name": "Amy"},
    }
    assert said("🎂 allow Amy", SAM, entities=[entity | {"offset": 9}]) == "🎂 allow <@77>"
    assert said("allow @Amy_T", SAM, names={"amy_t": 77}) == "allow <@77>"
    assert said("allow @amy_t", SAM) == "allow @amy_t"


def test_where_and_who() -> None:
    inbound = hear(WORLD.message(SAM, FORUM, "/list", thread=7))
    assert inbound is not None
    assert (inbound.room.channel, inbound.room.thread, inbound.room.private) == ("-1000000005001", "7", False)
    assert (inbound.asker.key, inbound.asker.name) == ("telegram:1001", "Sam Lee")
    assert inbound.asker.standing is Standing.STRANGER
    assert (inbound.source.platform, inbound.source.workspace) == ("telegram", "4242")
    assert inbound.sent_at == NOW
    in_general = WORLD.message(SAM, FORUM, "/list")
    in_general["message"]["message_thread_id"] = 12  # an answer in General: a thread, but no topic
    general = hear(in_general)
    assert general is not None
    assert general.room.thread is None


def test_an_update_has_one_key_whatever_else_changes() -> None:
    update = WORLD.message(SAM, SAM, "list")
    first, again = hear(update), hear(update)
    other = hear(WORLD.message(SAM, SAM, "list"))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.source == again.source != other.source


@pytest.mark.parametrize("user", [{"is_bot": True}, {}])
def test_nobody_in_person(user: dict[str, Any]) -> None:
    update = WORLD.message(SAM, TEAM, "/call amy")
    update["message"]["from"] |= user
    if not user:
        update["message"]["sender_chat"] = TEAM.json()
    inbound = hear(update)
    assert inbound is not None
    assert inbound.asker.standing is Standing.BOT


@pytest.mark.parametrize("kind", ["edited_message", "channel_post", "edited_channel_post"])
def test_only_new_messages_count(kind: str) -> None:
    update = WORLD.message(SAM, SAM, "call amy")
    update[kind] = update.pop("message")
    assert hear(update) is None


def test_a_forwarded_command_orders_nothing() -> None:
    origin = {"type": "user", "date": 1, "sender_user": SAM.json()}
    assert said("/call amy", SAM, forward_origin=origin) is None


@pytest.mark.parametrize(
    ("contact", "own"),
    [({"user_id": 1001}, True), ({"user_id": 77}, False), ({}, False)],
)
def test_a_contact_is_ones_own_when_telegram_says_so(contact: dict[str, Any], own: bool) -> None:
    given = {"phone_number": "6581234567", "first_name": "Sam"} | contact
    inbound = hear(WORLD.message(SAM, SAM, contact=given))
    assert inbound is not None
    assert inbound.shared is not None
    assert (inbound.shared.number, inbound.shared.is_own) == ("6581234567", own)
    assert hear(WORLD.message(SAM, TEAM, contact=given)) is None
    forwarded = WORLD.message(
        SAM, SAM, contact=given, forward_origin={"type": "hidden_user", "date": 1, "sender_user_name": "x"}
    )
    assert hear(forwarded) is None


def test_a_move_is_one_whoever_tells_it() -> None:
    group = WORLD.group(-6001, "Old")
    first, second = (hear(update) for update in WORLD.migrate(group, -1_000_000_006_001))
    assert first is not None
    assert second is not None
    assert first.source == second.source
    assert (first.room, first.moved_to) == (second.room, second.moved_to)
    assert first.moved_to is not None
    assert (first.room.channel, first.moved_to.channel) == ("-6001", "-1000000006001")
