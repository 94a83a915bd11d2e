"""An order, its occurrences, and the placements that cost money. What is shown is derived from them.

Stored states are few on purpose: what people see (ringing, talking, ended) comes from the legs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from bot.domain.causes import Disposition
from bot.domain.cdr import CallId, Money
from bot.domain.flow import CallFlow, LegRole, Party, nth_role
from bot.domain.leg import Leg, Token
from bot.domain.numbers import Address, CallerId
from bot.domain.people import Room
from bot.domain.schedule import Recurrence

OrderId = NewType("OrderId", str)
ProviderRef = NewType("ProviderRef", str)
"""A vendor's opaque id. Not a leg: one vendor gives one reference for two legs."""

GRACE: Final = timedelta(seconds=120)
"""From due to claim. Waiting for our own rate slot is not lateness."""


class CallKind(StrEnum):
    """How the call was ordered; it decides the wording, never the dialling."""

    CALL = "call"  # X is rung, the written steps run
    CALLBACK = "callback"  # I am rung first, then X
    CONFERENCE = "conference"
    REMIND = "remind"
    INBOUND = "inbound"


class CallState(StrEnum):
    """The stored states of one occurrence. HELD waits for Confirm."""

    SCHEDULED = "scheduled"
    HELD = "held"
    CLAIMED = "claimed"
    STARTED = "started"
    MISSED = "missed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    DONE = "done"

    @property
    def is_final(self) -> bool:
        """Nothing will happen to this call any more."""
        return self in (CallState.MISSED, CallState.CANCELLED, CallState.REFUSED, CallState.DONE)


class PlacementState(StrEnum):
    """`placing` with a dead owner, and `unknown`, are reconciled; never simply dialled again."""

    PLACING = "placing"
    PLACED = "placed"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """While its leg has not ended, the database refuses a second placement for that leg."""
        return self in (PlacementState.PLACING, PlacementState.PLACED, PlacementState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPlan:
    """One placement to be made: whom to ring, and what then runs on that leg. Durations in seconds."""

    party: Party
    flow: CallFlow
    ring_seconds: int = 30
    max_seconds: int = 3600
    caller_id: CallerId | None = None

    @property
    def role(self) -> LegRole:
        """The leg that this placement originates; legs dialled by its flow have roles of their own."""
        return self.party.role


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One request that makes a provider originate. Committed, token and all, before it leaves.

    `n` counts attempts for the same leg (above 1 only where re-dialling was chosen). `deadline` is when a
    missing end is settled without the provider; `check_at` when the provider is next asked about an open
    question (see `reconcile.py`), `checks` how often it was.
    """

    token: Token
    call: CallId
    plan: LegPlan
    provider: str
    n: int = 1
    state: PlacementState = PlacementState.PLACING
    refs: tuple[tuple[LegRole, ProviderRef], ...] = ()
    created_at: datetime
    placed_at: datetime | None = None
    lease_until: datetime | None = None
    deadline: datetime | None = None
    check_at: datetime | None = None
    checks: int = 0
    reconciled: bool = False
    error: str | None = None

    @property
    def role(self) -> LegRole:
        """The leg this placement originates."""
        return self.plan.role

    def ref(self, role: LegRole) -> ProviderRef | None:
        """The vendor's id to act on that leg; falls back to the placement's first one."""
        known = dict(self.refs)
        return known.get(role) or next(iter(known.values()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """One line of what the sentence was read as: the field and the words it came from."""

    field: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCall:
    """An order: whom, when (perhaps repeating), what happens, who asked, in which room.

    `text` is what was typed; `plan` is the template that each occurrence starts from.
    """

    id: OrderId
    number: int
    kind: CallKind
    room: Room
    asker: str
    asker_name: str = ""
    text: str
    plan: tuple[LegPlan, ...]
    provider: str
    due: datetime
    zone: str
    understood: tuple[Understood, ...] = ()
    recurrence: Recurrence | None = None
    recurrence_words: tuple[str, ...] = ()
    skip: tuple[datetime, ...] = ()
    left_out: tuple[str, ...] = ()
    conference: str | None = None
    expected_cost: Money | None = None
    cancelled: bool = False
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One occurrence: one card, its legs, its account.

    `plan` may grow in mid-call (`add amy`); a planned leg without a placement is what the dispatcher still
    has to place. `wake_at` is when `decisions.decide` wants to look at this call again.
    """

    id: CallId
    number: int
    kind: CallKind
    room: Room
    asker: str
    asker_name: str = ""
    text: str = ""
    understood: tuple[Understood, ...] = ()
    order: OrderId | None = None
    due: datetime
    zone: str = "UTC"
    recurrence_words: tuple[str, ...] = ()
    provider: str
    plan: tuple[LegPlan, ...] = ()
    state: CallState = CallState.SCHEDULED
    reason: str | None = None
    """Why it is held, refused, missed or cancelled: a sentence for people."""
    placements: tuple[Placement, ...] = ()
    legs: tuple[Leg, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Extras of ours that this provider cannot do, said on the card."""
    conference: str | None = None
    recorded_by: str | None = None
    expected_cost: Money | None = None
    started_at: datetime | None = None
    ending: str | None = None
    """Who or what asked to end it; until every leg has ended the hang-up is asked for again."""
    warned: bool = False
    alone_since: datetime | None = None
    screening_until: datetime | None = None
    wake_at: datetime | None = None
    caller: Address | None = None
    did: str | None = None
    created_at: datetime
    lifts_live_limit: bool = False
    brought: tuple[Party, ...] = ()
    """People whom a transfer brought in: they are in nobody's plan."""
    follows: CallId | None = None
    followed_by: CallId | None = None
    """Held until the call it follows is over: these were ordered one after the other."""

    @property
    def unplaced(self) -> tuple[LegPlan, ...]:
        """Planned legs that no placement exists for yet."""
        placed = {placement.role for placement in self.placements}
        return tuple(plan for plan in self.plan if plan.role not in placed)

    @property
    def live_legs(self) -> tuple[Leg, ...]:
        """Legs that ring or talk."""
        return tuple(leg for leg in self.legs if leg.is_live)

    @property
    def parties(self) -> tuple[Party, ...]:
        """Everybody this call is about, in the order of the plan."""
        planned = (party for plan in self.plan for party in (plan.party, *plan.flow.parties()))
        return (*planned, *self.brought)

    @property
    def is_over(self) -> bool:
        """Started, nothing left to place, and every placement settled with all its legs ended."""
        if self.state is not CallState.STARTED or self.unplaced:
            return False
        return all(_settled(placement, self.legs) for placement in self.placements)

    @property
    def disposition(self) -> Disposition:
        """What it came to: the best that any first-rung leg came to; without any leg, FAILED or CANCELLED."""
        if self.state is CallState.CANCELLED:
            return Disposition.CANCELLED
        first = {plan.role for plan in self.plan} or {leg.role for leg in self.legs}
        reached = {leg.disposition for leg in self.legs if leg.role in first}
        return next((each for each in _BEST_FIRST if each in reached), Disposition.FAILED)

    def leg(self, role: LegRole) -> Leg | None:
        """The leg of that role; the latest attempt where there were several."""
        return next((leg for leg in reversed(self.legs) if leg.role == role), None)

    def placement(self, token: Token) -> Placement | None:
        """The placement that this token names."""
        return next((placement for placement in self.placements if placement.token == token), None)

    def next_role(self) -> LegRole:
        """A role nobody in this call has yet."""
        taken = {party.role for party in self.parties} | {leg.role for leg in self.legs}
        return next(role for role in map(nth_role, range(1000)) if role not in taken)


_BEST_FIRST: Final = (
    Disposition.ANSWERED,
    Disposition.MACHINE,
    Disposition.BUSY,
    Disposition.NO_ANSWER,
    Disposition.CANCELLED,
    Disposition.FAILED,
)


def _settled(placement: Placement, legs: tuple[Leg, ...]) -> bool:
    if placement.state in (PlacementState.REJECTED, PlacementState.CLOSED):
        return True
    own = [leg for leg in legs if leg.token == placement.token]
    return (
        bool(own)
        and placement.state is PlacementState.PLACED
        and not any(leg.is_live or (leg.role == placement.role and leg.ended_at is None) for leg in own)
    )
