"""What is remembered, as a unit of work: `async with ledger() as tx: …; await tx.commit()`.

Leaving without a commit rolls back. A transaction that reads a call with `call(…)` holds it against every
other writer until it ends, so what is decided on it can be saved without a further check. Every method may
raise StorageUnavailable. The SQL ledger and the memory ledger pass one contract suite.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.domain.call import Call, CallState, OrderId, Placement, PlacementState, ScheduledCall
from bot.domain.card import Card, Reply
from bot.domain.cdr import CallDetailRecord, CallId
from bot.domain.forwarding import Forward
from bot.domain.leg import LegEvent, Token
from bot.domain.limits import Usage as Usage
from bot.domain.numbers import Did, PhoneNumber
from bot.domain.people import Asker, Contact, Person, Room
from bot.domain.question import OpenQuestion, QuestionId
from bot.domain.recording import Recording, RecordingId
from bot.ports.chat import Inbound, MessageRef, SourceKey


class InboxTable(Protocol):
    """Commands, presses and cancels, each once: UNIQUE (platform, workspace, event)."""

    async def put_inbound(self, inbound: Inbound, now: datetime) -> bool:
        """False when that source key is known already."""
        ...

    async def waiting_inbound(self, platform: str, limit: int = 50) -> Sequence[Inbound]:
        """Not yet answered, oldest first."""
        ...

    async def answer(self, source: SourceKey, reply: Reply) -> None:
        """Keep the reply in the same transaction as the work it reports."""
        ...

    async def undelivered(self, platform: str, limit: int = 50) -> Sequence[tuple[Inbound, Reply]]:
        """Answered, but the person has not been told yet; oldest first."""
        ...

    async def delivered(self, source: SourceKey) -> None: ...

    async def last_heard(self, limit: int = 500) -> Sequence[Inbound]:
        """The latest message or press of everybody, latest first: where each of them can be found."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is known about an asker and of the workspace a call was ordered in: every call is judged by it."""

    person: Person | None = None
    contacts: Sequence[Contact] = ()
    dids: Sequence[Did] = ()
    allowed_prefixes: Sequence[str] = ()


class PeopleTable(Protocol):
    """Askers, address books, and what belongs to a workspace (`tenant`, see `Room.tenant`)."""

    async def backgrounds(self, wanted: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Background]:
        """Of each asker and tenant that is `wanted`, known or not: all of them in one question."""
        ...

    async def person(self, key: str) -> Person | None: ...

    async def people(self, tenant: str) -> Sequence[Person]: ...

    async def save_person(self, person: Person) -> None: ...

    async def contacts(self, owner: str) -> Sequence[Contact]:
        """In order of name."""
        ...

    async def save_contact(self, contact: Contact) -> None:
        """Replaces the one of the same name (without case)."""
        ...

    async def remove_contact(self, owner: str, name: str) -> bool:
        """False when there was none."""
        ...

    async def allowed_prefixes(self, tenant: str) -> Sequence[str]: ...

    async def save_prefix(self, tenant: str, prefix: str, *, allowed: bool) -> None: ...

    async def dids(self, tenant: str) -> Sequence[Did]: ...

    async def save_did(self, tenant: str, did: Did) -> None: ...

    async def remove_did(self, tenant: str, number: PhoneNumber) -> bool: ...

    async def forwards(self, tenant: str) -> Sequence[Forward]: ...

    async def forward_of(self, did: PhoneNumber) -> Forward | None: ...

    async def save_forward(self, forward: Forward) -> None:
        """Replaces the rule of the same number."""
        ...

    async def remove_forward(self, did: PhoneNumber) -> bool: ...

    async def save_binding(self, tenant: str, room: Room, about: str, did: PhoneNumber | None) -> None:
        """Tell `room` about `voicemail`, `missed` or `all` (for one number, or every number)."""
        ...

    async def remove_bindings(self, room: Room, did: PhoneNumber | None) -> int: ...

    async def bindings(self, tenant: str) -> Sequence[tuple[Room, str, PhoneNumber | None]]: ...


class QuestionTable(Protocol):
    """Open questions and confirmations."""

    async def save_question(self, question: OpenQuestion) -> None: ...

    async def question(self, id: QuestionId) -> OpenQuestion | None: ...

    async def open_question(self, room: Room, asker: str, now: datetime) -> OpenQuestion | None:
        """The latest one of that person in that room that is neither closed nor expired."""
        ...

    async def open_questions(self, room: Room, now: datetime) -> Sequence[OpenQuestion]:
        """Everybody's in that room that are neither closed nor expired, oldest first."""
        ...

    async def close_question(self, id: QuestionId, outcome: str) -> bool:
        """True for exactly one caller, however many press."""
        ...

    async def expired_confirmations(self, now: datetime) -> Sequence[OpenQuestion]:
        """Questions about a held call that nobody answered in time and that are not closed yet."""
        ...


class CallTable(Protocol):
    """Orders, their occurrences, and what happened to them."""

    async def next_number(self, tenant: str) -> int:
        """The next #n of that workspace; calls and series share it, voicemails have their own."""
        ...

    async def next_voicemail(self, tenant: str) -> int: ...

    async def save_order(self, order: ScheduledCall) -> None: ...

    async def order(self, id: OrderId) -> ScheduledCall | None: ...

    async def orders(self, tenant: str, *, active: bool = True) -> Sequence[ScheduledCall]:
        """Those that repeat and are not cancelled (`active`), or all."""
        ...

    async def add_call(self, call: Call) -> None: ...

    async def call(self, id: CallId) -> Call | None:
        """With placements and legs; held against other writers until the transaction ends."""
        ...

    async def calls(self, ids: Collection[CallId]) -> Sequence[Call]:
        """Those of them that there are and that nobody else holds just now, held like `call`, in order of
        their ids. Whoever has one of them in hand is not waited for."""
        ...

    async def save_call(self, *calls: Call) -> None:
        """Writes these calls, their placements and legs as they are now. Read them in the same transaction
        first."""
        ...

    async def call_of_token(self, token: Token) -> CallId | None: ...

    async def placement(self, token: Token) -> Placement | None:
        """Not held against writers."""
        ...

    async def calls_numbered(self, tenant: str, number: int) -> Sequence[Call]:
        """Every occurrence under that number, latest due first."""
        ...

    async def calls_in(
        self,
        *,
        tenant: str | None = None,
        room: Room | None = None,
        asker: str | None = None,
        states: Collection[CallState] | None = None,
        limit: int = 50,
        offset: int = 0,
        newest_first: bool = False,
    ) -> Sequence[Call]:
        """By due time. Not held against writers."""
        ...

    async def occurrence(self, order: OrderId, due: datetime) -> CallId | None:
        """Whether that occurrence of a series exists already."""
        ...

    async def add_events(self, heard: Sequence[tuple[LegEvent, CallId]], now: datetime) -> Sequence[bool]:
        """Append-only. Of each, whether it is new: (token, source_id) was not known before."""
        ...

    async def whose(self, event: LegEvent) -> tuple[CallId | None, bool]:
        """The call that the event's token belongs to, and whether the event is known already. Not held
        against writers: `add_events` decides."""
        ...

    async def events(self, call: CallId) -> Sequence[LegEvent]:
        """In order of arrival."""
        ...

    async def heard(self, call: CallId) -> Sequence[tuple[LegEvent, datetime]]:
        """The same events, each with the moment at which it reached us."""
        ...

    async def save_cdr(self, *cdrs: CallDetailRecord) -> None:
        """Writes or amends those of different calls."""
        ...

    async def cdr(self, call: CallId) -> CallDetailRecord | None: ...


BREAK: Final = timedelta(seconds=5)
"""A provider account whose next free slot lies further back than this has been idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in a provider account's rate. `at` is when the request may leave."""

    at: datetime


class DispatchTable(Protocol):
    """The only authority to dial: each arrow of the state machine is one conditional, committed write."""

    async def next_moment(self) -> datetime | None:
        """The earliest due time, wake-up, lease end or check of anything that still waits."""
        ...

    async def claim(
        self, *, owner: str, now: datetime, lease_until: datetime, limit: int, provider: str | None = None
    ) -> Sequence[Call]:
        """Take up to `limit` calls (of that provider, if named) for `owner`: `scheduled → claimed` where
        due ≤ now, and started calls with unplaced legs that nobody holds. Rooms in turn, oldest first within
        a room."""
        ...

    async def renew(self, *, owner: str, until: datetime) -> None:
        """Lengthen every claim and placing lease of that owner."""
        ...

    async def release(self, *, owner: str, calls: Collection[CallId]) -> None:
        """Give claims back unused: `claimed → scheduled`."""
        ...

    async def lapse(self, now: datetime) -> int:
        """Claims whose lease has ended go back to `scheduled`: nothing is ever sent from `claimed`."""
        ...

    async def begin_placement(
        self, placement: Placement, *, owner: str, now: datetime, last: bool = False
    ) -> bool:
        """Insert it as `placing` and mark the call started, only if the claim is still `owner`'s and no open
        placement holds that leg. False, and nothing is written, otherwise. `last`: let go of the claim, as
        `done_placing` does."""
        ...

    async def begin_placements(
        self, placements: Sequence[Placement], *, owner: str, now: datetime, last: Collection[Token] = ()
    ) -> Collection[Token]:
        """The same for several calls at once; returns those whose claim was still `owner`'s. Raises Conflict
        where an open placement holds a leg: then nothing of this unit of work may be committed. `last` names
        those with which the claim ends."""
        ...

    async def settle(self, token: Token, *, expected: Collection[PlacementState], becomes: Placement) -> bool:
        """Write `becomes` if the stored state is one of `expected`; else False, and nothing is written."""
        ...

    async def done_placing(self, call: CallId, *, owner: str) -> None:
        """Every planned leg has its placement: let go of the claim."""
        ...

    async def troubled(self, now: datetime, limit: int = 100) -> Sequence[Placement]:
        """`placing` with a lease that ended, and any open placement whose `check_at` has come."""
        ...

    async def wakes(self, now: datetime, limit: int = 100) -> Sequence[CallId]:
        """Calls whose `wake_at` has come."""
        ...

    async def reserve(self, account: str, *, per_second: float, now: datetime) -> Slot:
        """One slot of that account, shared by all workers: next_free = max(next_free, now) + 1/rate."""
        ...

    async def next_free(self, account: str) -> datetime | None:
        """When the next slot of that account is free; None when it never placed anything."""
        ...

    async def busy_since(self, account: str, *, now: datetime) -> datetime | None:
        """Since when requests of that account have queued without a break; None when the next slot is free.

        A break is a slot that nobody had reserved within `BREAK` of its time.
        """
        ...

    async def queued(self, provider: str, *, since: datetime, until: datetime) -> int:
        """How many calls of that provider are due from `since` up to `until` and not yet placed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A card or reply that wants to be seen. `ref` is where it was posted, once it was."""

    id: int
    room: Room
    revision: int
    card: Card | None = None
    reply: Reply | None = None
    asker: Asker | None = None
    ref: MessageRef | None = None
    tries: int = 0


class OutboxTable(Protocol):
    """Cards to deliver: the latest wins, the final one always arrives. One row a (room, call)."""

    async def put_cards(self, cards: Sequence[tuple[Room, Card]], now: datetime) -> None:
        """Nothing where that very card is there already. A final card is replaced only by a final one."""
        ...

    async def put_reply(self, room: Room, asker: Asker, reply: Reply, now: datetime) -> None: ...

    async def notices_due(
        self, platform: str, now: datetime, limit: int = 50, *, resting: Collection[str] = ()
    ) -> Sequence[Notice]:
        """Changed since last shown, and not put off; final cards first, then oldest. Rooms whose key is in
        `resting` are left out."""
        ...

    async def shown(self, id: int, revision: int, ref: MessageRef | None, not_before: datetime) -> None:
        """That revision is visible; a newer one waits until `not_before`."""
        ...

    async def put_off(self, id: int, until: datetime) -> None: ...

    async def next_notice(self, platform: str) -> datetime | None:
        """When the next notice of that platform may be shown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedVerdict:
    """One line of the audit log. Addresses are masked before they come here."""

    at: datetime
    asker: str
    room: str
    action: str
    verdict: str
    rule: str
    reason: str
    call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The sums of the self-audit (`dialling.md` 4i). `orphans` are calls the sum does not explain."""

    calls: Mapping[CallState, int] = field(default_factory=dict)
    placements: Mapping[PlacementState, int] = field(default_factory=dict)
    overdue: int = 0
    orphans: tuple[CallId, ...] = ()


class AuditTable(Protocol):
    """What policy asks and what it said."""

    async def usages(
        self, wanted: Collection[tuple[str, Room]], *, now: datetime, day_start: datetime
    ) -> Mapping[tuple[str, Room], Usage]:
        """Of each asker and room that is `wanted`, all in one question. Their day began at `day_start`."""
        ...

    async def log_verdict(self, *verdicts: LoggedVerdict) -> None: ...

    async def verdicts(self, limit: int = 100, *, call: CallId | None = None) -> Sequence[LoggedVerdict]:
        """Newest first; all of them, or those on that call."""
        ...

    async def tally(self, now: datetime) -> Tally: ...


class RecordingTable(Protocol):
    """Recordings and voicemails."""

    async def save_recording(self, recording: Recording) -> None: ...

    async def recording(self, id: RecordingId) -> Recording | None: ...

    async def recording_of(self, provider: str, ref: str) -> Recording | None: ...

    async def recording_numbered(self, tenant: str, number: int) -> Recording | None: ...

    async def recordings(
        self, tenant: str, *, call: CallId | None = None, limit: int = 50
    ) -> Sequence[Recording]:
        """Newest first, deleted ones left out."""
        ...

    async def recordings_to_fetch(self, now: datetime, limit: int = 20) -> Sequence[Recording]: ...

    async def recordings_expired(self, now: datetime, limit: int = 50) -> Sequence[Recording]: ...


class ForgettingTable(Protocol):
    """Rewriting what is otherwise never changed, for the one reason that somebody is to be forgotten."""

    async def rewrite_events(self, call: CallId, change: Callable[[LegEvent], LegEvent]) -> None:
        """Every stored event of that call; token, source and order of arrival stay as they are."""
        ...

    async def rewrite_words(self, asker: str, change: Callable[[str], str]) -> None:
        """What that person typed and was answered, as far as it is over: delivered messages with their
        replies (whose buttons go), and closed questions."""
        ...


class RoomTable(Protocol):
    """Rooms that go on elsewhere."""

    async def move_room(self, before: Room, after: Room) -> None:
        """Whatever belongs to the room of that key belongs to `after` from now on: calls, orders, questions,
        cards, forwards, notices, recordings. Cards that were posted are posted anew with their next change.
        Harmless twice."""
        ...


class Transaction(
    InboxTable,
    PeopleTable,
    QuestionTable,
    CallTable,
    DispatchTable,
    OutboxTable,
    AuditTable,
    RecordingTable,
    ForgettingTable,
    RoomTable,
    Protocol,
):
    """One unit of work."""

    async def commit(self) -> None:
        """Durable when it returns. Nothing may be asked of the transaction afterwards."""
        ...


class Ledger(Protocol):
    """Opens units of work."""

    def __call__(self) -> AbstractAsyncContextManager[Transaction]: ...

    async def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` when another process has written something of interest; until cancelled.

        A ledger that cannot hear other processes just waits: the sweep finds it within a second.
        """
        ...

    async def skew(self) -> float:
        """Seconds by which our clock is ahead of the database's; 0.0 where they are the same clock."""
        ...

    async def close(self) -> None: ...
