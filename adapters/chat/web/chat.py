"""The web page as a `ChatPlatform`: one room, one person, everything shown in a transcript.

Messages and presses come with an id of the page's own making: sent again after a lost answer, they are one.
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.chat.web.transcript import Kind, Transcript
from bot.domain.card import Card, Reply
from bot.domain.errors import Rejected, StorageUnavailable
from bot.domain.people import Asker, Room, Standing
from bot.domain.replies import error_reply
from bot.ports.chat import ChatInbox, ChatLimits, Inbound, MessageRef, SourceKey
from bot.ports.clock import Clock, Ids
from bot.ports.voice import Audio

PLATFORM: Final = "web"
LONGEST_TEXT: Final = 4000
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_EVENT: Final = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSeat:
    """Who sits at the page, and the room it is. Whoever can open the page owns the house behind it."""

    person: str = "Sam"
    room: str = "lab"
    timezone: str | None = None

    def asker(self) -> Asker:
        """The person as the core knows them."""
        return Asker(platform=PLATFORM, workspace="", user="you", name=self.person, standing=Standing.OWNER)

    def place(self) -> Room:
        """A room like a team's: numbers are masked on its cards."""
        return Room(platform=PLATFORM, workspace="", channel=self.room)


class _Closed:
    """The inbox before and after the chat runs."""

    async def put(self, inbound: Inbound) -> bool:
        raise StorageUnavailable


class WebChat:
    """`folder` keeps the transcript and the audio posted into the room; None keeps nothing."""

    def __init__(self, *, seat: WebSeat, clock: Clock, ids: Ids, folder: Path | None = None) -> None:
        self.seat = seat
        self._clock = clock
        self._ids = ids
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._inbox: ChatInbox = _Closed()
        self.transcript = Transcript(folder / "transcript.jsonl" if folder else None)

    @property
    def name(self) -> str:
        """As rooms and askers spell it."""
        return PLATFORM

    @property
    def limits(self) -> ChatLimits:
        """A page takes every change as it comes."""
        return ChatLimits(text=LONGEST_TEXT, buttons=12, can_edit=True, edit_every=0.0, post_every=0.0)

    async def run(self, inbox: ChatInbox) -> None:
        """Take what the page sends, until cancelled."""
        self._inbox = inbox
        try:
            await asyncio.Event().wait()
        finally:
            self._inbox = _Closed()

    # --- the way in -------------------------------------------------------------------------

    async def say(self, event: str, text: str) -> bool:
        """What the person typed. False when it was not taken, and the room says so.

        Raises ValueError for an empty or endless text, and for an id that is none.
        """
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise ValueError(f"a message has 1 to {LONGEST_TEXT} characters")
        text = text.encode("utf-8", "replace").decode()  # half an emoji, where a text was cut
        return await self._take(event, Kind.SAID, {"text": _clean(text)}, text=text)

    async def press(self, event: str, action: str, label: str = "") -> bool:
        """What the person pressed; `label` is what stood on the button. Else as `say`."""
        if not action or len(action) > 64:
            raise ValueError("not a button's action")
        return await self._take(event, Kind.PRESSED, {"text": _clean(label)[:80]}, action=action)

    async def _take(
        self,
        event: str,
        kind: Kind,
        body: dict[str, Any],
        *,
        text: str | None = None,
        action: str | None = None,
    ) -> bool:
        if not _EVENT.fullmatch(event):
            raise ValueError("a message needs an id of 8 to 64 letters, digits and hyphens")
        inbound = Inbound(
            source=SourceKey(platform=PLATFORM, workspace="", event=event),
            room=self.seat.place(),
            asker=self.seat.asker(),
            sent_at=self._clock.now(),
            text=text,
            action=action,
            timezone=self.seat.timezone,
        )
        self.transcript.put(event, kind, inbound.sent_at, body)
        try:
            await self._inbox.put(inbound)
        except StorageUnavailable as gone:
            self._show_reply(error_reply(gone))
            return False
        return True

    # --- the way out ------------------------------------------------------------------------

    async def post(self, room: Room, card: Card) -> MessageRef:
        """At the end of the transcript; the reference is the entry's id."""
        id = f"card-{self._ids.new()}"
        self._show_card(id, card)
        return MessageRef(channel=room.channel, message=id)

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        """In its place. Raises Rejected when that entry has gone, so that the card is posted anew."""
        if self.transcript.get(ref.message) is None:
            raise Rejected(provider=PLATFORM, detail="this card is not in the room any more")
        self._show_card(ref.message, card)

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        """At the end of the transcript, marked as private where it is."""
        self._show_reply(reply)

    async def send_audio(self, room: Room, name: str, audio: Audio) -> None:
        """A player in the room; the file is served by its entry's id."""
        id = f"audio-{self._ids.new()}"
        if self._folder is not None:
            await asyncio.to_thread((self._folder / id).write_bytes, audio.data)
        body = {"name": _clean(name), "type": audio.content_type}
        self.transcript.put(id, Kind.AUDIO, self._clock.now(), body)

    async def audio(self, id: str) -> Audio | None:
        """What was posted under that id."""
        entry = self.transcript.get(id)
        if entry is None or entry.kind is not Kind.AUDIO or self._folder is None:
            return None
        data = await asyncio.to_thread((self._folder / id).read_bytes)
        return Audio(content_type=entry.body["type"], data=data)

    def _show_card(self, id: str, card: Card) -> None:
        self.transcript.put(id, Kind.CARD, self._clock.now(), _cleaned(card.to_json()))

    def _show_reply(self, reply: Reply) -> None:
        self.transcript.put(
            f"reply-{self._ids.new()}", Kind.REPLY, self._clock.now(), _cleaned(reply.to_json())
        )


def _clean(text: str) -> str:
    """Without what moves a cursor or turns the reading direction; lines stay lines."""
    return _CONTROL.sub("", text)


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return _clean(value)
        case dict():
            return {name: _cleaned(each) for name, each in value.items()}
        case list() | tuple():
            return [_cleaned(each) for each in value]
        case _:
            return value
