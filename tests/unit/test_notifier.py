"""The way of cards to the room: the pace, what is tried again, and what is never said twice."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.domain.card import Card, Reply
from bot.domain.errors import OutcomeUnknown, Rejected, Unavailable
from bot.domain.people import Asker, Room
from bot.ports.chat import ChatInbox, ChatLimits, MessageRef
from bot.services.notifier import Notifier
from storage.memory import MemoryLedger
from tests.fakes import FakeClock

ROOM = Room(platform="slack", workspace="T1", channel="C1")
OTHER = replace(ROOM, channel="C2")
SAM = Asker(platform="slack", workspace="T1", user="U1")


class Chat:
    """Keeps what it showed and when; `fails` raises in its place, once per entry."""

    name = "slack"

    def __init__(self, clock: FakeClock, limits: ChatLimits) -> None:
        self.limits = limits
        self.shown: list[tuple[float, str, str, str]] = []  # second, room, how, state
        self.fails: list[Exception] = []
        self._clock = clock

    async def run(self, inbox: ChatInbox) -> None: ...

    async def post(self, room: Room, card: Card) -> MessageRef:
        self._say(room, "post", card.state)
        return MessageRef(channel=room.channel, message=card.call)

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        assert ref == MessageRef(channel=room.channel, message=card.call)
        self._say(room, "edit", card.state)

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        self._say(room, "reply", reply.text)

    def _say(self, room: Room, how: str, state: str) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.shown.append((self._clock.boot(), room.channel, how, state))

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(how, state) for _, _, how, state in self.shown]


class Stage:
    """A notifier that drains whenever time passes."""

    def __init__(self, limits: ChatLimits) -> None:
        self.clock, self.ledger = FakeClock(), MemoryLedger()
        self.chat = Chat(self.clock, limits)
        self.notifier = Notifier(ledger=self.ledger, clock=self.clock, chat=self.chat)

    async def puts(self, state: str, *, call: str = "c1", room: Room = ROOM, final: bool = False) -> None:
        async with self.ledger() as tx:
            card = Card(call=call, number=1, state=state, title=state, final=final)
            await tx.put_cards([(room, card)], self.clock.now())
            await tx.commit()

    async def answers(self, text: str) -> None:
        async with self.ledger() as tx:
            await tx.put_reply(ROOM, SAM, Reply(text=text), self.clock.now())
            await tx.commit()

    async def drains(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        for _ in range(int(seconds / 0.25) + 1):
            await self.notifier.drain()
            if until():
                return
            await self.clock.advance(0.25)


@pytest.fixture
def stage() -> Stage:
    return Stage(ChatLimits(edit_every=2.0, post_every=1.0))


async def test_a_card_is_posted_once_and_then_edited(stage: Stage) -> None:
    for state in ("placing", "ringing", "talking"):
        await stage.puts(state)
        await stage.drains(3)
    assert stage.chat.said == [("post", "placing"), ("edit", "ringing"), ("edit", "talking")]


async def test_fifty_calls_in_one_room_keep_its_pace_and_all_end_right(stage: Stage) -> None:
    for state, final in (("placing", False), ("talking", False), ("ended", True)):
        for n in range(50):
            await stage.puts(state, call=f"c{n}", final=final)
        await stage.drains(20)
    await stage.drains(120)
    seconds = [second for second, *_ in stage.chat.shown]
    assert min(b - a for a, b in pairwise(seconds)) >= 1.0
    assert [state for _, state in stage.chat.said].count("ended") == 50
    assert [how for how, _ in stage.chat.said].count("post") == 50


async def test_a_busy_room_holds_up_no_other(stage: Stage) -> None:
    for n in range(120):
        await stage.puts("ended", call=f"c{n}", final=True)
    await stage.puts("placing", call="other", room=OTHER)
    await stage.drains(0.5)
    assert (OTHER.channel, "placing") in [(room, state) for _, room, _, state in stage.chat.shown]


async def test_without_a_pause_everything_is_shown_at_once_and_in_order() -> None:
    stage = Stage(ChatLimits(edit_every=0.0, post_every=0.0))
    for n in range(5):
        await stage.answers(f"answer {n}")
    assert await stage.notifier.drain() == 5
    assert [text for _, text in stage.chat.said] == [f"answer {n}" for n in range(5)]


async def test_too_many_requests_put_the_whole_room_off_for_as_long_as_was_said(stage: Stage) -> None:
    stage.chat.fails = [Unavailable(provider="slack", detail="ratelimited", retry_after=7)]
    await stage.puts("placing")
    await stage.puts("placing", call="c2")
    await stage.drains(6.5)
    assert stage.chat.shown == []
    await stage.puts("talking")
    await stage.drains(4)
    assert stage.chat.said == [("post", "talking"), ("post", "placing")]


async def test_a_card_that_was_deleted_is_posted_anew(stage: Stage) -> None:
    await stage.puts("ringing")
    await stage.drains(3)
    stage.chat.fails = [Rejected(provider="slack", detail="message_not_found")]
    await stage.puts("ended", final=True)
    await stage.drains(3)
    assert stage.chat.said == [("post", "ringing"), ("post", "ended")]


async def test_a_room_that_is_gone_is_left_alone(stage: Stage) -> None:
    stage.chat.fails = [Rejected(provider="slack", detail="channel_not_found")]
    await stage.puts("ringing")
    await stage.drains(60)
    assert stage.chat.shown == []


async def test_a_post_that_may_have_arrived_is_not_repeated_until_there_is_news(stage: Stage) -> None:
    stage.chat.fails = [OutcomeUnknown(provider="slack", detail="no answer in time")]
    await stage.puts("ringing")
    await stage.drains(60)
    assert stage.chat.shown == []
    await stage.puts("talking")
    await stage.drains(3)
    assert stage.chat.said == [("post", "talking")]


async def test_the_end_is_shown_even_if_that_may_be_twice(stage: Stage) -> None:
    stage.chat.fails = [OutcomeUnknown(provider="slack", detail="no answer in time")]
    await stage.puts("ended", final=True)
    await stage.drains(10)
    assert stage.chat.said == [("post", "ended")]


async def test_an_answer_that_may_have_arrived_is_not_repeated(stage: Stage) -> None:
    stage.chat.fails = [OutcomeUnknown(provider="slack", detail="no answer in time")]
    await stage.answers("Cancelled #1.")
    await stage.drains(60)
    assert stage.chat.shown == []
