"""What is Telegram's own: refusals, lost answers, presses, audio, the webhook, and a database that stalls."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.chat.telegram import listener as module
from bot.domain.card import Reply
from bot.domain.errors import OutcomeUnknown, Rejected, StorageUnavailable, Unavailable
from bot.domain.people import Asker, Room
from bot.ports.chat import Inbound
from bot.ports.voice import Audio
from tests.contract.chat.case import Inbox, card, until
from tests.contract.chat.cases.telegram import PUBLIC, Hasty, platform_at
from tests.vendors.telegram import TOKEN, Telegram, telegram

ALONE = Room(platform="telegram", workspace="", channel="1001", private=True)
TEAM = Room(platform="telegram", workspace="", channel="-5001")
SAM = Asker(platform="telegram", workspace="", user="1001", name="Sam")
OGG = Audio(content_type="audio/ogg", data=b"OggS")


class Still:
    """A clock that moves only while somebody sleeps on it."""

    def __init__(self) -> None:
        self._at = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(1_773_124_200 + self._at, UTC)

    def boot(self) -> float:
        return self._at

    async def sleep(self, seconds: float) -> None:
        self._at += max(0.0, seconds)
        await asyncio.sleep(0)


@pytest.fixture
async def world() -> AsyncIterator[Telegram]:
    clock = Hasty()
    async with telegram(now=clock.now, boot=clock.boot, flood=False) as world:
        world.person(1001, "Sam")
        world.group(-5001, "Team", topics={7})
        yield world


@pytest.fixture
async def chat(world: Telegram, tmp_path: Path) -> AsyncIterator[Any]:
    chat: Any = platform_at(world, tmp_path, Hasty())
    yield chat
    await chat.close()


# --- refusals, by what is to be done about them -------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words", "more", "error"),
    [
        (403, "Forbidden: bot was blocked by the user", {}, Rejected),
        (400, "Bad Request: chat not found", {}, Rejected),
        (400, "Bad Request: not enough rights to send text messages to the chat", {}, Rejected),
        (429, "Too Many Requests: retry after 7", {"retry_after": 7}, Unavailable),
        (500, "Internal Server Error", {}, Unavailable),
        (502, "Bad Gateway", {}, Unavailable),
        (401, "Unauthorized", {}, Unavailable),
        (409, "Conflict: terminated by other getUpdates request", {}, Unavailable),
    ],
)
async def test_a_refusal_says_what_to_do(
    chat: Any, world: Telegram, status: int, words: str, more: dict[str, int], error: type[Exception]
) -> None:
    world.fails("sendMessage", status, words, **more)
    with pytest.raises(error) as refused:
        await chat.post(ALONE, card())
    assert TOKEN not in str(refused.value)
    assert getattr(refused.value, "retry_after", None) == (
        7 if status == 429 else 60 if status == 401 else None
    )


async def test_no_refusal_repeats_the_token(chat: Any, world: Telegram) -> None:
    world.fails("sendMessage", 400, f"Bad Request: no such bot{TOKEN}")
    with pytest.raises(Rejected) as refused:
        await chat.post(ALONE, card())
    assert TOKEN not in str(refused.value)


async def test_after_429_a_chat_is_left_alone_and_no_other(world: Telegram, tmp_path: Path) -> None:
    chat: Any = platform_at(world, tmp_path, Still())
    world.fails("sendMessage", 429, "Too Many Requests: retry after 30", retry_after=30)
    for _ in range(2):
        with pytest.raises(Unavailable) as refused:
            await chat.post(TEAM, card())
        assert refused.value.retry_after == 30
    await chat.post(ALONE, card())
    await chat.close()
    assert world.called("sendMessage") != []
    assert world.in_chat(-5001) == []


async def test_an_answer_that_got_lost_may_have_been_shown(chat: Any, world: Telegram) -> None:
    world.lost_methods.add("sendMessage")
    with pytest.raises(OutcomeUnknown):
        await chat.post(ALONE, card())
    assert len(world.shown) == 1
    ref = await chat.post(ALONE, card())
    world.lost_methods.add("editMessageText")
    with pytest.raises(Unavailable):
        await chat.edit(ref, ALONE, card("ringing"))
    await chat.edit(ref, ALONE, card("ringing"))


async def test_nobody_there_is_surely_not_sent(world: Telegram, tmp_path: Path) -> None:
    world.address = "http://127.0.0.1:9"
    chat: Any = platform_at(world, tmp_path, Hasty())
    with pytest.raises(Unavailable) as refused:
        await chat.post(ALONE, card())
    assert TOKEN not in str(refused.value)
    await chat.close()


async def test_an_edit_that_changes_nothing_is_done(chat: Any, world: Telegram) -> None:
    ref = await chat.post(ALONE, card())
    await chat.edit(ref, ALONE, card())
    with pytest.raises(Rejected):
        await chat.edit(type(ref)(channel="1001", message="999"), ALONE, card())


async def test_a_topic_that_is_gone_costs_the_topic(chat: Any, world: Telegram) -> None:
    await chat.post(Room(platform="telegram", workspace="", channel="-5001", thread="99"), card())
    assert world.shown[0].thread is None


async def test_markup_that_telegram_does_not_read_costs_the_looks(chat: Any, world: Telegram) -> None:
    world.fails("sendMessage", 400, "Bad Request: can't parse entities: unexpected end tag")
    await chat.post(ALONE, card(legs="A <b>: ringing & so on"))
    assert "A <b>: ringing & so on" in world.shown[0].text


async def test_the_token_is_in_no_log(
    chat: Any, world: Telegram, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    world.fails("getMe", 401, "Unauthorized")
    running = asyncio.create_task(chat.run(Inbox()))
    await until(lambda: len(world.called("getUpdates")) > 0)
    world.fails("sendMessage", 500, "x")
    with suppress(Unavailable):
        await chat.post(ALONE, card())
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert TOKEN not in caplog.text + "".join(capsys.readouterr())


# --- audio --------------------------------------------------------------------------------------


async def test_a_voice_message_where_it_may_be_one(chat: Any, world: Telegram) -> None:
    await chat.send_audio(ALONE, "voicemail 14", OGG)
    await chat.send_audio(ALONE, "voicemail 15", Audio(content_type="audio/ogg", data=b"x" * 1_100_000))
    await chat.send_audio(ALONE, "voicemail 16", Audio(content_type="audio/wav", data=b"RIFF"))
    assert [(shown.kind, shown.file) for shown in world.shown] == [
        ("voice", "voicemail 14.ogg"),
        ("audio", "voicemail 15.ogg"),
        ("audio", "voicemail 16.wav"),
    ]
    assert all(shown.protected for shown in world.shown)


async def test_whoever_forbids_voice_messages_gets_a_file(chat: Any, world: Telegram) -> None:
    world.people[1001].no_voice = True
    world.fails("sendAudio", 400, "Bad Request: wrong file")
    await chat.send_audio(ALONE, "voicemail 14", OGG)
    assert [shown.kind for shown in world.shown] == ["document"]


# --- in a group ---------------------------------------------------------------------------------


async def test_a_whole_number_goes_to_the_askers_own_chat(chat: Any, world: Telegram) -> None:
    await chat.reply(TEAM, SAM, Reply(text="amy: +65 9123 4567"))
    assert [shown.chat for shown in world.shown] == [1001]


async def test_whoever_has_no_chat_with_us_is_told_how_to_open_one(chat: Any, world: Telegram) -> None:
    world.people[1001].started = False
    running = asyncio.create_task(chat.run(Inbox()))
    await until(lambda: len(world.called("getUpdates")) > 0)
    await chat.reply(TEAM, SAM, Reply(text="amy: +65 9123 4567"))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    [shown] = world.in_chat(-5001)
    assert "9123" not in shown.text
    assert "…4567" in shown.text
    assert shown.buttons[0]["url"] == "https://t.me/PatchlineTestBot?start=hello"


async def test_a_secret_goes_to_the_askers_own_chat_or_nowhere(chat: Any, world: Telegram) -> None:
    secret = Reply(text="Your board: https://phone.example.com/in/1.abc.def", secret=True)
    await chat.reply(TEAM, SAM, secret)
    assert [shown.chat for shown in world.shown] == [1001]

    world.people[1001].started = False
    await chat.reply(TEAM, SAM, secret)
    [shown] = world.in_chat(-5001)
    assert "/in/" not in shown.text
    assert "for you alone" in shown.text


# --- the command list ---------------------------------------------------------------------------


async def test_the_command_list_is_told_once_for_each_place_and_language(
    world: Telegram, tmp_path: Path
) -> None:
    for times in (6, 6):
        chat: Any = platform_at(world, tmp_path, Hasty())
        running = asyncio.create_task(chat.run(Inbox()))
        await until(lambda: len(world.called("getUpdates")) > 0 and len(world.commands) == 6)
        await asyncio.sleep(0.05)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        assert len(world.called("setMyCommands")) == times
    assert {scope for scope, _ in world.commands} == {"default", "all_private_chats", "all_group_chats"}
    assert {language for _, language in world.commands} == {"", "en"}


# --- beginning ----------------------------------------------------------------------------------


async def test_telegram_out_of_reach_at_the_start_is_waited_for(chat: Any, world: Telegram) -> None:
    for _ in range(3):
        world.fails("getMe", 502, "Bad Gateway")
    inbox = Inbox()
    running = asyncio.create_task(chat.run(inbox))
    await world.deliver(world.message(world.people[1001], world.people[1001], "list"))
    await inbox.next()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_the_webhook_is_told_once_and_again_when_the_secret_changes(
    world: Telegram, tmp_path: Path
) -> None:
    for n, secret in enumerate(("a" * 40, "a" * 40, "b" * 40)):
        chat: Any = platform_at(world, tmp_path, Hasty(), PUBLIC_URL=PUBLIC, PATCHLINE_SECRET_KEY=secret)
        running = asyncio.create_task(chat.run(Inbox()))
        await until(lambda n=n: len(world.called("getWebhookInfo")) > n)  # type: ignore[misc]
        await asyncio.sleep(0.05)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert len(world.called("setWebhook")) == 2
    assert all(TOKEN not in each["url"] for each in world.called("setWebhook"))
    assert len({each["secret_token"] for each in world.called("setWebhook")}) == 2


async def test_polling_takes_an_old_webhook_away_and_drops_nothing(chat: Any, world: Telegram) -> None:
    world.webhook["url"] = "https://old.example.com/x"
    world.waiting.append(world.message(world.people[1001], world.people[1001], "hang up"))
    inbox = Inbox()
    running = asyncio.create_task(chat.run(inbox))
    [inbound] = await inbox.next()
    assert inbound.text == "hang up"
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_one_unreadable_update_keeps_back_no_other(chat: Any, world: Telegram) -> None:
    sam = world.people[1001]
    bad = {"update_id": 7, "callback_query": {"id": "1", "from": sam.json(), "data": "x"}}
    await world.deliver(bad, world.message(sam, sam, "list"))
    inbox = Inbox()
    running = asyncio.create_task(chat.run(inbox))
    [inbound] = await inbox.next()
    assert inbound.text == "list"
    await until(lambda: world.waiting == [])
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


# --- looking it over ----------------------------------------------------------------------------


async def test_the_check_says_the_one_thing_to_mend(world: Telegram, tmp_path: Path) -> None:
    async def found(**environ: str) -> list[str]:
        chat: Any = platform_at(world, tmp_path, Hasty(), **environ)
        return list(await chat.check())

    assert await found() == []
    world.fails("getMe", 401, "Unauthorized")
    assert (await found())[0].startswith("TELEGRAM_BOT_TOKEN")
    world.webhook |= {"last_error_message": "SSL error", "last_error_date": 1, "pending_update_count": 3}
    assert "SSL error" in (await found(PUBLIC_URL=PUBLIC))[0]
    assert await found() == []
    world.address = "http://127.0.0.1:9"
    assert "cannot be reached" in (await found())[0]
    assert world.called("setWebhook") == []


# --- a database that stalls ---------------------------------------------------------------------


class Stalled(Inbox):
    """Writes nothing for so long (seconds)."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.given_up = 0

    async def put(self, inbound: Inbound) -> bool:
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return await super().put(inbound)


async def test_what_takes_too_long_is_not_taken_and_the_person_is_told(
    chat: Any, world: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    inbox = Stalled(0.05)
    running = asyncio.create_task(chat.run(inbox))
    sam = world.people[1001]
    await world.deliver(world.message(sam, sam, "first"))
    await inbox.next()
    inbox.seconds = 30
    shown = await chat.post(TEAM, card())
    assert shown
    await world.deliver(
        world.message(sam, sam, "second"), world.press(sam, world.in_chat(-5001)[0], "Hang up")
    )
    await until(lambda: any("Not taken, please repeat" in each.text for each in world.in_chat(1001)))
    await until(lambda: any("Not taken, please repeat" in each for each in world.alerts()))
    assert [each.text for each in inbox.brought] == ["first"]
    assert inbox.given_up == 2
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_database_that_raises_anything_is_told_too(chat: Any, world: Telegram) -> None:
    class Broken(Inbox):
        async def put(self, inbound: Inbound) -> bool:
            raise {"one": StorageUnavailable("gone"), "two": ValueError("bug")}[inbound.text or ""]

    running = asyncio.create_task(chat.run(Broken()))
    sam = world.people[1001]
    await world.deliver(world.message(sam, sam, "one"), world.message(sam, sam, "two"))
    await until(lambda: sum("Not taken" in each.text for each in world.in_chat(1001)) == 2)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
