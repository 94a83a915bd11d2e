"""One party's connection, as a table.

Theory of operation. A leg's *state* moves only by `TRANSITIONS`, which knows no way back and has no way out
of ENDED. Providers repeat, reorder and lose events, so an event that is not in the row of the present state
moves nothing. Its *facts* are still taken in: when a hang-up overtakes the answer, the leg is ENDED already,
yet the call was answered and somebody pays for it. Facts are therefore merged with operations that do not
care about order (earliest time, first hang-up by time, highest source sequence), and every order of the same
events folds to the same leg. Everything that moves a leg lives here; what to do about it is `decisions.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from bot.domain.causes import AmdVerdict, Disposition, HangupCause, unanswered
from bot.domain.cdr import Money
from bot.domain.flow import LegRole, Party
from bot.domain.numbers import Address

Token = NewType("Token", str)
"""Names a placement to the provider and back. Opaque, unguessable, fixed before the request leaves."""


class LegState(StrEnum):
    """Where a leg stands. PLANNED: not yet dialled, as far as anybody told us."""

    PLANNED = "planned"
    DIALED = "dialed"
    RINGING = "ringing"
    ANSWERED = "answered"
    BRIDGED = "bridged"
    ENDED = "ended"


class LegEventKind(StrEnum):
    """What can happen to a leg. The first four and HUNG_UP may move it."""

    DIALED = "dialed"
    RANG = "rang"
    ANSWERED = "answered"
    BRIDGED = "bridged"
    DTMF = "dtmf"
    MACHINE = "machine"
    HUNG_UP = "hung_up"
    RECORDED = "recorded"


_FORWARD: Final[tuple[tuple[LegEventKind, LegState], ...]] = (
    (LegEventKind.DIALED, LegState.DIALED),
    (LegEventKind.RANG, LegState.RINGING),
    (LegEventKind.ANSWERED, LegState.ANSWERED),
    (LegEventKind.BRIDGED, LegState.BRIDGED),
    (LegEventKind.HUNG_UP, LegState.ENDED),
)
_ORDER: Final = tuple(LegState)

TRANSITIONS: Final[Mapping[LegState, Mapping[LegEventKind, LegState]]] = {
    state: {kind: after for kind, after in _FORWARD if _ORDER.index(after) > _ORDER.index(state)}
    for state in LegState
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRef:
    """A recording as the provider names it. `seconds` is None where it does not say."""

    ref: str
    url: str
    seconds: float | None = None
    voicemail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEvent:
    """One thing a provider said. (token, source_id) is its identity: seen twice, it counts once.

    `sequence` is the source's own order where it has one. `raw` is the payload as received, for the record;
    it takes no part in comparisons and is never logged.
    """

    token: Token
    role: LegRole
    kind: LegEventKind
    at: datetime
    source_id: str
    sequence: int = 0
    cause: HangupCause | None = None
    verdict: AmdVerdict | None = None
    digits: str = ""
    recording: RecordingRef | None = None
    cost: Money | None = None
    billed_seconds: int | None = None
    address: Address | None = None
    ref: str | None = None
    raw: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One party's connection, folded from its events. Times are aware UTC."""

    token: Token
    party: Party
    state: LegState = LegState.PLANNED
    dialed_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    cause: HangupCause | None = None
    verdict: AmdVerdict | None = None
    verdict_at: datetime | None = None
    digits: tuple[tuple[datetime, str], ...] = ()
    recordings: tuple[RecordingRef, ...] = ()
    cost: Money | None = None
    billed_seconds: int | None = None
    cost_sequence: int = -1
    ref: str | None = None
    muted: bool = False
    held: bool = False

    @property
    def role(self) -> LegRole:
        """Which leg of the call this is."""
        return self.party.role

    @property
    def is_live(self) -> bool:
        """Somebody's phone rings, or they are on the line."""
        return self.state not in (LegState.PLANNED, LegState.ENDED)

    @property
    def is_talking(self) -> bool:
        """Picked up and still there."""
        return self.state in (LegState.ANSWERED, LegState.BRIDGED)

    @property
    def was_answered(self) -> bool:
        """Somebody, or some machine, picked up."""
        return self.answered_at is not None or self.bridged_at is not None

    @property
    def talk_seconds(self) -> int:
        """Whole seconds from the answer to the end, rounded up; 0 while unanswered or unfinished."""
        start = self.answered_at or self.bridged_at
        if start is None or self.ended_at is None:
            return 0
        return max(0, -int(-(self.ended_at - start).total_seconds() // 1))

    @property
    def disposition(self) -> Disposition | None:
        """What this leg came to; None until it has ended."""
        if self.state is not LegState.ENDED:
            return None
        if self.verdict in (AmdVerdict.MACHINE, AmdVerdict.SCREENING):
            return Disposition.MACHINE
        return Disposition.ANSWERED if self.was_answered else unanswered(self.cause)

    def on(self, event: LegEvent) -> "Leg":
        """The leg after `event`. Replays change nothing; the order of arrival does not matter."""
        after = TRANSITIONS[self.state].get(event.kind, self.state)
        leg = replace(self, state=after, ref=self.ref or event.ref)
        match event.kind:
            case LegEventKind.DIALED:
                return replace(leg, dialed_at=_earlier(leg.dialed_at, event.at))
            case LegEventKind.RANG:
                return replace(leg, rang_at=_earlier(leg.rang_at, event.at))
            case LegEventKind.ANSWERED:
                return replace(leg, answered_at=_earlier(leg.answered_at, event.at))
            case LegEventKind.BRIDGED:
                return replace(leg, bridged_at=_earlier(leg.bridged_at, event.at))
            case LegEventKind.DTMF:
                return replace(leg, digits=tuple(sorted({*leg.digits, (event.at, event.digits)})))
            case LegEventKind.MACHINE:
                return _judged(leg, event)
            case LegEventKind.RECORDED:
                return _recorded(leg, event)
            case LegEventKind.HUNG_UP:
                return _hung_up(leg, event)


def _earlier(known: datetime | None, said: datetime) -> datetime:
    return said if known is None else min(known, said)


_FIRMNESS: Final = (AmdVerdict.UNSURE, AmdVerdict.HUMAN, AmdVerdict.SCREENING, AmdVerdict.MACHINE)


def _judged(leg: Leg, event: LegEvent) -> Leg:
    """The latest verdict counts: a screened call that a person then takes is a person's."""
    if event.verdict is None:
        return leg
    said = (event.at, _FIRMNESS.index(event.verdict))
    known = (leg.verdict_at, _FIRMNESS.index(leg.verdict)) if leg.verdict and leg.verdict_at else None
    if known is not None and said <= known:
        return leg
    return replace(leg, verdict=event.verdict, verdict_at=event.at)


def _recorded(leg: Leg, event: LegEvent) -> Leg:
    if event.recording is None or event.recording.ref in {known.ref for known in leg.recordings}:
        return leg
    return replace(leg, recordings=tuple(sorted((*leg.recordings, event.recording), key=lambda r: r.ref)))


def _hung_up(leg: Leg, event: LegEvent) -> Leg:
    end = (event.at, event.cause or HangupCause.INTERWORKING)
    if leg.ended_at is None or end < (leg.ended_at, leg.cause or HangupCause.INTERWORKING):
        leg = replace(leg, ended_at=event.at, cause=event.cause)
    if event.cost is not None and _newer_price(leg, event.cost, event.sequence):
        leg = replace(leg, cost=event.cost, billed_seconds=event.billed_seconds, cost_sequence=event.sequence)
    return leg


def _newer_price(leg: Leg, cost: Money, sequence: int) -> bool:
    return leg.cost is None or (sequence, cost.amount) > (leg.cost_sequence, leg.cost.amount)
