"""A place where people type, and the core's side of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.domain.card import Card, Home, Reply
from bot.domain.people import Asker, Room
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Audio


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKey:
    """Identity of one inbound message or press; a redelivery has the same key."""

    platform: str
    workspace: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedNumber:
    """A phone number that a platform hands over in somebody's contact, spelt as the platform spells it.

    `is_own`: the platform itself vouches that it is the number of the person who sent it.
    """

    number: str
    name: str = ""
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What somebody did, as it came. Exactly one of `text`, `action`, `shared` and `moved_to` is set.

    `text` is raw, as the platform sends it; `timezone` the platform's own idea of the asker's zone.
    `moved_to`: nobody said anything, the platform goes on with this room under that id. `sent_at` is the
    platform's time; where it does not tell one, the earliest that it can have been.
    """

    source: SourceKey
    room: Room
    asker: Asker
    sent_at: datetime
    text: str | None = None
    action: str | None = None
    shared: SharedNumber | None = None
    moved_to: Room | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """Where a posted card is, in the platform's own ids."""

    channel: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLimits:
    """Lengths in characters, pace in seconds between edits of one card and between posts in one room."""

    text: int = 4000
    buttons: int = 8
    can_edit: bool = True
    edit_every: float = 2.0
    post_every: float = 1.0


class ChatInbox(Protocol):
    """Where a chat adapter brings what people said."""

    async def put(self, inbound: Inbound) -> bool:
        """Write it down, then return: True when new, False for a redelivery. The work happens after.

        Raises StorageUnavailable when it could not be written; the person is then told to repeat it. Who
        cannot wait any longer cancels it and says the same: it will not be acted on.
        """
        ...


@runtime_checkable
class ChatPlatform(Protocol):
    """A place where people type."""

    @property
    def name(self) -> str: ...

    @property
    def limits(self) -> ChatLimits: ...

    async def run(self, inbox: ChatInbox) -> None:
        """Listen until cancelled (or, for the console, until the input ends)."""
        ...

    async def post(self, room: Room, card: Card) -> MessageRef: ...

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None: ...

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        """To the asker alone where the platform can and `reply.private` says so."""
        ...


@runtime_checkable
class ReceivesChatHooks(Protocol):
    """A chat that is reached over HTTP."""

    async def handle(self, request: HttpRequest) -> HttpReply: ...


@runtime_checkable
class Checkable(Protocol):
    """A chat that can tell whether its own settings work."""

    async def check(self) -> Sequence[str]:
        """What has to be mended, each with what to do, the first cause first; nothing when all is well.

        It asks the platform and changes nothing there. Never raises for what the platform answers.
        """
        ...


@runtime_checkable
class Introduces(Protocol):
    """A chat whose messages do not say who somebody is: it has to be asked, after the message was taken."""

    async def introduce(self, inbound: Inbound) -> Inbound:
        """With the asker's name, standing and time zone, and the room as later messages will name it.

        Raises when the platform cannot be asked just now; the message then waits.
        """
        ...


@runtime_checkable
class ShowsHome(Protocol):
    """A chat with a page of its own for every person."""

    async def show_home(self, asker: Asker, home: Home) -> None: ...


@runtime_checkable
class SendsAudio(Protocol):
    """A chat that can carry a recording itself."""

    async def send_audio(self, room: Room, name: str, audio: Audio) -> None: ...
