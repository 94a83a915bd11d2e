"""The terminal as a `ChatPlatform`: lines in, cards and replies out.

Where lines come from is a `Keyboard`, how things look a `Screen`; this file is what all consoles share.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from adapters.chat.console.board import Board, Said, Unreadable
from bot.domain.card import Card, Reply, ReplyKind
from bot.domain.errors import StorageUnavailable
from bot.domain.people import Asker, Room, Standing
from bot.domain.replies import error_reply
from bot.ports.chat import ChatInbox, ChatLimits, Inbound, MessageRef, SourceKey
from bot.ports.clock import Clock, Ids
from bot.ports.voice import Audio

PLATFORM: Final = "console"
LOOK_EVERY: Final = 0.02
LONGEST_ANSWER: Final = 15.0
"""Seconds a piped line waits for its answer before the next one is read."""
STAYING: Final = "Staying until the calls under way have ended. Ctrl-C leaves at once."
GOODBYES: Final = ("exit", "quit", "bye")

Asking = Callable[[], Awaitable[bool]]
Suggest = Callable[[str], Awaitable[Sequence[str]]]
"""Words that may stand next, given what is typed so far: commands, contacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who types, and in which room. The user of the console owns the house."""

    person: str = "me"
    room: str = "console"
    timezone: str | None = None

    def asker(self) -> Asker:
        """The person as the core knows them."""
        return Asker(
            platform=PLATFORM, workspace="", user=self.person, name=self.person, standing=Standing.OWNER
        )

    def place(self) -> Room:
        """The room as the core knows it; whole numbers may be shown in it."""
        return Room(platform=PLATFORM, workspace="", channel=self.room, private=True)


class Keyboard(Protocol):
    """Where lines come from. `is_patient`: wait for the answer to a line before the next one is asked for."""

    @property
    def is_patient(self) -> bool: ...

    def said(self, board: Board) -> AsyncGenerator[Said | Unreadable]:
        """Until the input ends."""
        ...


class Screen(Protocol):
    """How things look. `before` is the card as it was last shown, None at first."""

    def card(self, room: Room, card: Card, before: Card | None, board: Board) -> None: ...

    def reply(self, room: Room, reply: Reply, board: Board) -> None: ...


class Console:
    """One person at one terminal.

    `answered` tells whether everything said so far has been answered and shown, `pending` whether calls are
    placed (or due now) that have not ended: at the end of the input the console stays for those.
    """

    def __init__(
        self,
        *,
        seat: Seat,
        keyboard: Keyboard,
        screen: Screen,
        clock: Clock,
        ids: Ids,
        audio_dir: Path,
        answered: Asking | None = None,
        pending: Asking | None = None,
    ) -> None:
        self._seat = seat
        self._keyboard = keyboard
        self._screen = screen
        self._clock = clock
        self._ids = ids
        self._audio_dir = audio_dir
        self._answered = answered or _at_once
        self._pending = pending or _nothing
        self._board = Board()
        self._shown: dict[str, Card] = {}

    @property
    def name(self) -> str:
        """As rooms and askers spell it."""
        return PLATFORM

    @property
    def limits(self) -> ChatLimits:
        """A terminal has room, and nobody counts its lines."""
        return ChatLimits(text=100_000, buttons=20, can_edit=True, edit_every=0.1, post_every=0.0)

    def wait_for(self, *, answered: Asking, pending: Asking) -> None:
        """Name the two questions once whoever can answer them has been built."""
        self._answered = answered
        self._pending = pending

    async def run(self, inbox: ChatInbox) -> None:
        """Read until the input ends, then stay until the calls under way have ended."""
        async with aclosing(self._keyboard.said(self._board)) as lines:
            async for said in lines:
                if isinstance(said, Said) and (said.text or "").casefold() in GOODBYES:
                    break
                await self._take(inbox, said)
        await self._until_answered()
        if not self._keyboard.is_patient and await self._pending():
            self._screen.reply(self._seat.place(), Reply(text=STAYING), self._board)
        while await self._pending():
            await self._clock.sleep(LOOK_EVERY * 5)
        await self._until_answered()

    async def post(self, room: Room, card: Card) -> MessageRef:
        """Print it; the reference is the call's own id."""
        self._show(room, card)
        return MessageRef(channel=room.channel, message=card.call)

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        """Print what has changed since it was last shown."""
        self._show(room, card)

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        """Print it; there is nobody else to hide it from."""
        self._screen.reply(room, reply, self._board)

    async def send_audio(self, room: Room, name: str, audio: Audio) -> None:
        """A terminal cannot play it: the file is kept, and its place is said."""
        self._audio_dir.mkdir(parents=True, exist_ok=True)
        file = self._audio_dir / Path(name).name
        file.write_bytes(audio.data)
        self._screen.reply(room, Reply(text=f"Saved as {file}"), self._board)

    # --- the way in -------------------------------------------------------------------------

    async def _take(self, inbox: ChatInbox, said: Said | Unreadable) -> None:
        if isinstance(said, Unreadable):
            complaint = Reply(text=said.reason, kind=ReplyKind.ERROR)
            self._screen.reply(self._seat.place(), complaint, self._board)
        elif said.text or said.action:
            await self._put(inbox, said)
            if self._keyboard.is_patient:
                await self._until_answered()

    async def _put(self, inbox: ChatInbox, said: Said) -> None:
        inbound = Inbound(
            source=SourceKey(platform=PLATFORM, workspace="", event=self._ids.new()),
            room=self._seat.place(),
            asker=self._seat.asker(),
            sent_at=self._clock.now(),
            text=said.text,
            action=said.action,
            timezone=self._seat.timezone,
        )
        try:
            await inbox.put(inbound)
        except StorageUnavailable as gone:
            self._screen.reply(inbound.room, error_reply(gone), self._board)

    async def _until_answered(self) -> None:
        # Counted, not timed: the demo's clock jumps.
        for _ in range(int(LONGEST_ANSWER / LOOK_EVERY)):
            if await self._answered():
                return
            await self._clock.sleep(LOOK_EVERY)

    # --- the way out ------------------------------------------------------------------------

    def _show(self, room: Room, card: Card) -> None:
        before = self._shown.get(card.call)
        if card != before:
            self._shown[card.call] = card
            self._screen.card(room, card, before, self._board)


async def _at_once() -> bool:
    return True


async def _nothing() -> bool:
    return False
