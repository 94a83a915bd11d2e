"""What only the chat in a page has: ids of the page's making, and a transcript that outlives the server."""

import asyncio
from pathlib import Path

import pytest

from adapters.chat.web import Kind, WebChat, WebSeat
from adapters.chat.web.transcript import REMEMBERED
from bot.domain.card import Reply
from bot.domain.errors import Rejected
from bot.ports.chat import MessageRef
from bot.ports.voice import Audio
from tests.contract.chat.case import Inbox, Names, RealTime, card

SEAT = WebSeat()


def opened(folder: Path | None = None) -> WebChat:
    return WebChat(seat=SEAT, clock=RealTime(), ids=Names(), folder=folder)


def shown(chat: WebChat) -> list[tuple[Kind, object]]:
    return [(each.kind, each.body.get("text") or each.body.get("title")) for each in chat.transcript.entries]


async def test_a_message_sent_again_after_a_lost_answer_is_one(inbox: Inbox) -> None:
    chat = opened()
    listening = asyncio.create_task(chat.run(inbox))
    await asyncio.sleep(0)
    assert await chat.say("message-1", "call amy")
    assert await chat.say("message-1", "call amy")
    listening.cancel()
    assert len(inbox.brought) == 1
    assert shown(chat) == [(Kind.SAID, "call amy")]


async def test_the_transcript_outlives_the_server(tmp_path: Path) -> None:
    before = opened(tmp_path)
    ref = await before.post(SEAT.place(), card("ringing"))
    await before.reply(SEAT.place(), SEAT.asker(), Reply(text="Saved."))
    await before.edit(ref, SEAT.place(), card("ended", final=True))
    with (tmp_path / "transcript.jsonl").open("a") as file:
        file.write('{"id": "half a li')  # killed in the middle of a line

    after = opened(tmp_path)
    assert after.transcript.entries == before.transcript.entries
    assert shown(after) == [(Kind.CARD, "Call #12 to Amy: ended"), (Kind.REPLY, "Saved.")]
    await after.edit(ref, SEAT.place(), card("ended", final=True, receipt="0.05 USD"))
    assert len(after.transcript.entries) == 2
    assert opened(tmp_path).transcript.entries == after.transcript.entries


async def test_what_is_too_old_is_forgotten_aloud(tmp_path: Path) -> None:
    chat = opened()
    forgotten: list[str] = []
    chat.transcript.forgot = forgotten.append
    for n in range(REMEMBERED + 2):
        chat.transcript.put(f"message-{n}", Kind.SAID, RealTime().now(), {"text": "list"})
    assert forgotten == ["message-0", "message-1"]


async def test_half_an_emoji_is_a_message_like_any_other(inbox: Inbox) -> None:
    chat = opened()
    listening = asyncio.create_task(chat.run(inbox))
    await asyncio.sleep(0)
    assert await chat.say("message-1", "list \ud83d")
    listening.cancel()
    assert inbox.brought[0].text == "list ?"


async def test_a_card_that_is_gone_is_refused_so_that_it_is_posted_anew() -> None:
    with pytest.raises(Rejected):
        await opened().edit(MessageRef(channel="lab", message="card-x"), SEAT.place(), card())


@pytest.mark.parametrize(
    ("event", "text"),
    [("message-1", "  \n "), ("message-1", "x" * 4001), ("1", "call amy"), ("../../etc", "call amy")],
)
async def test_what_is_no_message_is_not_taken(event: str, text: str) -> None:
    chat = opened()
    with pytest.raises(ValueError, match=r"message"):
        await chat.say(event, text)
    assert shown(chat) == []


async def test_posted_audio_is_kept_under_its_entry(tmp_path: Path) -> None:
    chat = opened(tmp_path)
    sound = Audio(content_type="audio/wav", data=b"RIFFx")
    await chat.send_audio(SEAT.place(), "../../voicemail-14.wav", sound)
    [entry] = chat.transcript.entries
    assert await opened(tmp_path).audio(entry.id) == sound
    assert await chat.audio("../transcript.jsonl") is None
