"""What a chat shows: one card per call, and replies to one person. Words are `messages.py`; mark-up is the
chat adapter's. `Card.to_json` is the one JSON form that the console, the outbox and every renderer share."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`action` is opaque to the chat: short (64 bytes at most), without numbers or names in it."""

    label: str
    action: str
    style: str = ""
    """`primary`, `danger`, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A block of a card. `name` is stable, for renderers (`messages.py` has the list); lines are text."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The living message of one call. `state` is one word for people and machines; `final` cards never change
    again except for late prices and links."""

    call: str
    number: int
    state: str
    title: str
    sections: tuple[Section, ...] = ()
    buttons: tuple[Button, ...] = ()
    final: bool = False

    @property
    def text(self) -> str:
        """The whole card as plain lines."""
        return "\n".join((self.title, *(line for section in self.sections for line in section.lines)))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `Card.from_json` is its inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Card":
        """Raises KeyError or TypeError on anything that `to_json` did not make."""
        sections = tuple(Section(name=each["name"], lines=tuple(each["lines"])) for each in data["sections"])
        buttons = tuple(Button(**each) for each in data["buttons"])
        return cls(**{**data, "sections": sections, "buttons": buttons})


class ReplyKind(StrEnum):
    """How a reply wants to be shown."""

    REPLY = "reply"
    QUESTION = "question"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to one person. `private` asks for a place that only they see, where the platform has one.

    `secret` must be seen by nobody else, whatever the platform can: where the room has others in it, it goes
    to the asker's own chat or not at all. `wants_number`: show (or, when false, take away) the platform's own
    way to hand over one's phone number.
    """

    text: str
    kind: ReplyKind = ReplyKind.REPLY
    buttons: tuple[Button, ...] = ()
    private: bool = True
    secret: bool = False
    call: str | None = None
    wants_number: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `Reply.from_json` is its inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Reply":
        """Raises KeyError or TypeError on anything that `to_json` did not make."""
        buttons = tuple(Button(**each) for each in data["buttons"])
        return cls(**{**data, "kind": ReplyKind(data["kind"]), "buttons": buttons})


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One person's own page: what is known of them in words, and the cards of their calls to come."""

    lines: tuple[str, ...]
    cards: tuple[Card, ...]
