"""Shelves that a unit of work can write on without anybody seeing it before the commit."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Generic, TypeVar, cast

from bot.domain.call import Call, OrderId, ScheduledCall
from bot.domain.card import Reply
from bot.domain.cdr import CallDetailRecord, CallId
from bot.domain.forwarding import Forward
from bot.domain.leg import LegEvent, Token
from bot.domain.numbers import Did, PhoneNumber
from bot.domain.people import Contact, Person, Room
from bot.domain.question import OpenQuestion, QuestionId
from bot.domain.recording import Recording, RecordingId
from bot.ports.chat import Inbound, SourceKey
from bot.ports.ledger import LoggedVerdict, Notice

K = TypeVar("K")
V = TypeVar("V")


class _Gone:
    """Stands where something was taken away."""


GONE = _Gone()


class Shelf(Generic[K, V]):
    """A dictionary over another one: reads fall through, writes stay here until `settle`."""

    def __init__(self, below: "Shelf[K, V] | None" = None) -> None:
        self._below = below
        self._own: dict[K, V | _Gone] = {}

    def get(self, key: K) -> V | None:
        if key in self._own:
            own = self._own[key]
            return None if isinstance(own, _Gone) else own
        return self._below.get(key) if self._below is not None else None

    def put(self, key: K, value: V) -> None:
        self._own[key] = value

    def take(self, key: K) -> bool:
        """False when there was nothing."""
        if self.get(key) is None:
            return False
        if self._below is None:
            del self._own[key]
        else:
            self._own[key] = GONE
        return True

    def items(self) -> Iterator[tuple[K, V]]:
        """In order of first appearance."""
        if self._below is not None:
            for key, value in self._below.items():
                own = self._own.get(key, value)
                if not isinstance(own, _Gone):
                    yield key, own
        for key, mine in self._own.items():
            is_new = self._below is None or self._below.get(key) is None
            if is_new and not isinstance(mine, _Gone):
                yield key, mine

    def values(self) -> Iterator[V]:
        return (value for _, value in self.items())

    def settle(self) -> None:
        """Hand everything down."""
        assert self._below is not None
        for key, value in self._own.items():
            if isinstance(value, _Gone):
                self._below.take(key)
            else:
                self._below.put(key, value)
        self._own.clear()


@dataclass(frozen=True, slots=True)
class Entry:
    """An inbox row."""

    inbound: Inbound
    reply: Reply | None = None
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a call, and until when."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """A provider account: when its next slot is free, and since when requests queue without a break."""

    next_free: datetime
    busy_since: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """A notice with what the outbox keeps beside it."""

    notice: Notice
    since: datetime
    next_at: datetime
    pending: bool = True


def _shelf() -> "Shelf[K, V]":
    return Shelf()


@dataclass(slots=True)
class Shelves:
    """Everything there is to remember."""

    inbox: Shelf[SourceKey, Entry] = field(default_factory=_shelf)
    people: Shelf[str, Person] = field(default_factory=_shelf)
    contacts: Shelf[tuple[str, str], Contact] = field(default_factory=_shelf)
    prefixes: Shelf[tuple[str, str], bool] = field(default_factory=_shelf)
    dids: Shelf[tuple[str, PhoneNumber], Did] = field(default_factory=_shelf)
    forwards: Shelf[PhoneNumber, Forward] = field(default_factory=_shelf)
    bindings: Shelf[tuple[str, str, str, str], tuple[Room, PhoneNumber | None]] = field(
        default_factory=_shelf
    )
    questions: Shelf[QuestionId, OpenQuestion] = field(default_factory=_shelf)
    counters: Shelf[tuple[str, str], int] = field(default_factory=_shelf)
    orders: Shelf[OrderId, ScheduledCall] = field(default_factory=_shelf)
    calls: Shelf[CallId, Call] = field(default_factory=_shelf)
    claims: Shelf[CallId, Claim] = field(default_factory=_shelf)
    tokens: Shelf[Token, CallId] = field(default_factory=_shelf)
    placers: Shelf[Token, str] = field(default_factory=_shelf)
    events: Shelf[tuple[Token, str], tuple[CallId, LegEvent, datetime]] = field(default_factory=_shelf)
    cdrs: Shelf[CallId, CallDetailRecord] = field(default_factory=_shelf)
    rates: Shelf[str, Rate] = field(default_factory=_shelf)
    turns: Shelf[str, int] = field(default_factory=_shelf)
    notices: Shelf[int, Pending] = field(default_factory=_shelf)
    verdicts: Shelf[int, LoggedVerdict] = field(default_factory=_shelf)
    recordings: Shelf[RecordingId, Recording] = field(default_factory=_shelf)

    def on_top(self) -> "Shelves":
        """The same, seen by one unit of work."""
        return Shelves(**{each.name: Shelf(getattr(self, each.name)) for each in fields(self)})

    def settle(self) -> None:
        """Hand the changes down: the commit."""
        for each in fields(self):
            cast(Shelf[object, object], getattr(self, each.name)).settle()
