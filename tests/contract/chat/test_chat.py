"""What every chat does, whoever made it."""

import asyncio
import html

import pytest

from bot.domain.card import Button, Reply, ReplyKind
from bot.parse.tokens import read_text
from bot.ports.chat import ChatPlatform, Inbound, SendsAudio
from bot.ports.voice import Audio
from tests.contract.chat.case import ChatCase, Inbox, card, until

QUESTION = Reply(
    text="Which one?",
    kind=ReplyKind.QUESTION,
    buttons=(
        Button(label="Fri 13 March", action="answer:q:1"),
        Button(label="Fri 20 March", action="answer:q:2"),
    ),
)


def as_typed(inbound: Inbound) -> str | None:
    """The text is brought as the platform sends it: some escape signs, and the parser knows which."""
    escapes = read_text("&amp;", inbound.room.platform).low == "&"
    return html.unescape(inbound.text or "") if escapes else inbound.text


def test_it_is_a_chat_that_knows_its_limits(chat: ChatCase) -> None:
    assert isinstance(chat.platform, ChatPlatform)
    limits = chat.platform.limits
    assert limits.text >= 1000
    assert limits.buttons >= 5
    assert limits.edit_every >= 0
    assert chat.room.platform == chat.asker.platform == chat.platform.name


async def test_what_is_typed_arrives_as_it_was_typed(
    chat: ChatCase, inbox: Inbox, listening: asyncio.Task[None]
) -> None:
    text = 'call amy & say "I <3 you, *really*" at 23:59 – ok? 🎂'
    await chat.type(text)
    (inbound,) = await inbox.next()
    assert (as_typed(inbound), inbound.action) == (text, None)
    assert (inbound.room, inbound.asker) == (chat.room, chat.asker)
    assert inbound.sent_at.tzinfo is not None


async def test_the_same_words_twice_are_two_messages(
    chat: ChatCase, inbox: Inbox, listening: asyncio.Task[None]
) -> None:
    await chat.type("list")
    await chat.type("list")
    first, second = await inbox.next(2)
    assert first.source != second.source


async def test_a_press_brings_the_buttons_action(
    chat: ChatCase, inbox: Inbox, listening: asyncio.Task[None]
) -> None:
    shown = card()
    await chat.platform.post(chat.room, shown)
    await chat.press(shown.buttons[0])
    (inbound,) = await inbox.next()
    assert (inbound.action, inbound.text) == ("hangup:c1", None)
    assert (inbound.room, inbound.asker) == (chat.room, chat.asker)


async def test_a_questions_buttons_can_be_pressed(
    chat: ChatCase, inbox: Inbox, listening: asyncio.Task[None]
) -> None:
    await chat.platform.reply(chat.room, chat.asker, QUESTION)
    await chat.press(QUESTION.buttons[1])
    (inbound,) = await inbox.next()
    assert inbound.action == "answer:q:2"


async def test_everything_a_card_says_is_shown(chat: ChatCase) -> None:
    shown = card(when="Tue 10 March 2026, 23:59 (11:59 pm) Asia/Singapore, UTC+8", legs="Amy: ringing 4 s")
    await chat.platform.post(chat.room, shown)
    for words in (*shown.text.splitlines(), *(button.label for button in shown.buttons)):
        assert words in chat.seen()


async def test_the_end_of_a_call_is_always_shown(chat: ChatCase) -> None:
    ref = await chat.platform.post(chat.room, card("ringing", legs="Amy: ringing 4 s"))
    await chat.platform.edit(ref, chat.room, card("talking", legs="Amy: talking 0:01"))
    over = card("ended", final=True, receipt="Amy answered, you did not.")
    await chat.platform.edit(ref, chat.room, over)
    assert over.title in chat.seen()
    assert "Amy answered, you did not." in chat.seen()


async def test_a_link_that_comes_late_is_shown(chat: ChatCase) -> None:
    ref = await chat.platform.post(
        chat.room, card("voicemail", final=True, recordings="Message 14: being fetched")
    )
    await chat.platform.edit(
        ref, chat.room, card("voicemail", final=True, recordings="Message 14: https://p.example/r/x")
    )
    assert "https://p.example/r/x" in chat.seen()


@pytest.mark.parametrize("kind", ReplyKind)
async def test_a_reply_is_shown_with_its_buttons(chat: ChatCase, kind: ReplyKind) -> None:
    caret = "call carrol at 5pm\n     ^^^^^^ I have no contact “carrol”."
    reply = Reply(text=caret, kind=kind, buttons=(Button(label="Use carol", action="answer:q:1"),))
    await chat.platform.reply(chat.room, chat.asker, reply)
    assert all(line in chat.seen() for line in (*caret.splitlines(), "Use carol"))


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J\x1b]0;owned\x07", "<!channel> *b* `c` @here", "a\r\nb\x00c", "[bold]x[/]"]
)
async def test_names_cannot_paint_the_screen(chat: ChatCase, hostile: str) -> None:
    await chat.platform.post(chat.room, card(legs=f"{hostile}: ringing"))
    await chat.platform.reply(chat.room, chat.asker, Reply(text=f"No contact {hostile}"))
    assert not {"\x1b", "\x07", "\x00", "\r"} & set(chat.raw())
    assert ": ringing" in chat.seen()


async def test_a_person_is_told_when_nothing_was_written_down(
    chat: ChatCase, inbox: Inbox, listening: asyncio.Task[None]
) -> None:
    inbox.is_down = True
    await chat.type("call amy")
    await until(lambda: "say it again" in chat.seen())
    inbox.is_down = False
    await chat.type("call amy")
    (inbound,) = await inbox.next()
    assert inbound.text == "call amy"


async def test_listening_ends_at_once_when_cancelled(
    chat: ChatCase, inbox: Inbox, listening: asyncio.Task[None]
) -> None:
    await asyncio.sleep(0.01)
    listening.cancel()
    done, _ = await asyncio.wait([listening], timeout=1)
    assert done
    assert listening.cancelled()


async def test_audio_where_a_chat_can_carry_it(chat: ChatCase) -> None:
    if not isinstance(chat.platform, SendsAudio):
        pytest.skip(f"{chat.platform.name} carries no audio")
    await chat.platform.send_audio(chat.room, "message-14.wav", Audio(content_type="audio/wav", data=b"RIFF"))
    assert "message-14.wav" in chat.seen()
