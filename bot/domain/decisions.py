"""What a call does about what happened to it: the only place that reacts.

`decide` folds one event, or the passing of time, into a call and says what must follow, as values. Doing it
is `services/changes.py`. Everything here may be called again with the same event: it decides the same, and
what it orders (a hang-up, a fetch) is harmless twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.call import Call, CallKind, CallState, LegPlan, Placement, PlacementState, ProviderRef
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.cdr import CallDetailRecord, total
from bot.domain.control import Control
from bot.domain.flow import Conference, LegRole, Party, Say
from bot.domain.leg import Leg, LegEvent, LegState, RecordingRef, Token
from bot.domain.texts import Moment

ALONE: Final = timedelta(seconds=60)
WARNING: Final = timedelta(seconds=60)
SCREENING: Final = timedelta(seconds=20)
ASK_AGAIN: Final = timedelta(seconds=15)
"""An order to hang up is repeated at this pace until the leg is seen to end."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
MISSING_END: Final = timedelta(seconds=90)
"""How long after its ring time a placement may be silent before the provider is asked about its end."""
STRAGGLER: Final = timedelta(seconds=60)
"""How long legs of a placement may outlive its first leg before their end counts as lost."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; nothing else happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpLeg:
    """End this leg."""

    token: Token
    role: LegRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruct:
    """Give this order to a leg that is on the line."""

    token: Token
    role: LegRole
    order: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """Say one of our own texts to a leg that is on the line, where the provider can."""

    token: Token
    role: LegRole
    moment: Moment
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A recording exists at the provider; bring it home."""

    token: Token
    role: LegRole
    recording: RecordingRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The account is closed, or amended."""

    cdr: CallDetailRecord


Effect = HangUpLeg | Instruct | Speak | Fetch | Close
Decision = tuple[Call, tuple[Effect, ...]]


def decide(call: Call, event: LegEvent | Tick, now: datetime) -> Decision:
    """The call after `event`, and what must follow. Unchanged and empty when it means nothing here."""
    after, effects = _on_time(call, now) if isinstance(event, Tick) else _on_event(call, event, now)
    if after == call and not effects and not isinstance(event, Tick):
        return call, ()
    after, closing = _close_if_over(_watch_the_room(after, now), now)
    return replace(after, wake_at=next_wake(after, now)), (*effects, *closing)


def end(call: Call, by: str, now: datetime) -> Decision:
    """Somebody (or a rule) ends a call that has started: unplaced legs are dropped, live ones hung up."""
    if call.state is not CallState.STARTED:
        return call, ()
    kept = tuple(plan for plan in call.plan if plan not in call.unplaced)
    call = replace(call, ending=call.ending or by, plan=kept)
    call, closing = _close_if_over(call, now)
    return replace(call, wake_at=next_wake(call, now)), (*_hang_up_live(call), *closing)


def cancel(call: Call, by: str) -> Call:
    """Nothing has been sent: it never will be. A started call is left as it is; use `end`."""
    if call.state not in (CallState.SCHEDULED, CallState.HELD, CallState.CLAIMED):
        return call
    return replace(call, state=CallState.CANCELLED, reason=f"Cancelled by {by}.", wake_at=None)


def next_wake(call: Call, now: datetime) -> datetime | None:
    """When `decide` wants to see this call again, if nothing happens to it before."""
    if call.state is not CallState.STARTED:
        return None
    moments = [
        placement.deadline for placement in call.placements if placement.state is PlacementState.PLACED
    ]
    if call.ending and still_there(call):
        moments.append(now + ASK_AGAIN)
    if call.alone_since is not None and not call.ending:
        moments.append(call.alone_since + ALONE)
    moments.append(call.screening_until)
    moments.extend(_limit_moments(call))
    return min((moment for moment in moments if moment is not None), default=None)


# --- an event of a leg --------------------------------------------------------------------------


def _on_event(call: Call, event: LegEvent, now: datetime) -> Decision:
    placement = call.placement(event.token)
    if placement is None:
        return call, ()
    call, placement = _gone_out_after_all(call, placement)
    before = _leg_of(call, placement, event)
    after = before.on(event)
    placement = _heard_of(placement, event, now)
    if event.role == placement.role and after.state is LegState.ENDED:
        placement = replace(placement, deadline=min(placement.deadline or now + STRAGGLER, now + STRAGGLER))
    call = replace(
        call,
        placements=tuple(placement if each.token == placement.token else each for each in call.placements),
        legs=_with_leg(call.legs, after),
    )
    effects: list[Effect] = [
        Fetch(token=event.token, role=event.role, recording=each)
        for each in after.recordings
        if each not in before.recordings
    ]
    call, more = _screened(call, after, now)
    if call.ending and after.is_live and not before.is_live:
        effects.append(HangUpLeg(token=after.token, role=after.role))
    return call, (*effects, *more)


def _gone_out_after_all(call: Call, placement: Placement) -> tuple[Call, Placement]:
    """A placement was given up and dialled anew, and now there is word of it: the new one is called off.

    Where its request is on the way already, whoever writes its outcome down hangs it up.
    """
    if call.state is not CallState.STARTED or placement.state is not PlacementState.CLOSED:
        return call, placement
    calls_off = {
        each.token
        for each in call.placements
        if each.role == placement.role and each.n > placement.n and each.state is PlacementState.PLACING
    }
    if not calls_off:
        return call, placement
    placements = (
        replace(each, state=PlacementState.CLOSED, lease_until=None, check_at=None)
        if each.token in calls_off
        else each
        for each in call.placements
    )
    return replace(call, placements=tuple(placements)), replace(placement, state=PlacementState.UNKNOWN)


def _heard_of(placement: Placement, event: LegEvent, now: datetime) -> Placement:
    """A callback that bears the token proves the placement, whatever our own request came to."""
    refs = placement.refs
    if event.ref is not None and event.role not in dict(refs):
        refs = (*refs, (event.role, ProviderRef(event.ref)))
    if placement.state in (PlacementState.PLACING, PlacementState.UNKNOWN):
        return replace(
            placement,
            state=PlacementState.PLACED,
            refs=refs,
            placed_at=placement.placed_at or now,
            reconciled=placement.state is PlacementState.UNKNOWN or placement.reconciled,
            lease_until=None,
            check_at=end_check(placement.plan, now),
            checks=0,
            deadline=placement.deadline or end_deadline(placement.plan, now),
        )
    return replace(placement, refs=refs)


def end_check(plan: LegPlan, placed_at: datetime) -> datetime:
    """When the provider is first asked whether a leg has ended without our being told."""
    return placed_at + timedelta(seconds=plan.ring_seconds) + MISSING_END


def end_deadline(plan: LegPlan, placed_at: datetime) -> datetime:
    """When a leg must be over even if nobody tells us: ring time, the whole limit, and slack."""
    return placed_at + timedelta(seconds=plan.ring_seconds + plan.max_seconds) + 2 * STRAGGLER


def _leg_of(call: Call, placement: Placement, event: LegEvent) -> Leg:
    known = (leg for leg in call.legs if leg.token == event.token and leg.role == event.role)
    return next(known, None) or Leg(token=event.token, party=_party_of(call, placement, event))


def _party_of(call: Call, placement: Placement, event: LegEvent) -> Party:
    planned = (placement.plan.party, *placement.plan.flow.parties(), *call.brought)
    stranger = Party(role=event.role, address=event.address or placement.plan.party.address)
    return next((party for party in planned if party.role == event.role), stranger)


def _with_leg(legs: tuple[Leg, ...], leg: Leg) -> tuple[Leg, ...]:
    places = [(each.token, each.role) for each in legs]
    if (leg.token, leg.role) in places:
        at = places.index((leg.token, leg.role))
        return (*legs[:at], leg, *legs[at + 1 :])
    return (*legs, leg)


def _screened(call: Call, leg: Leg, now: datetime) -> Decision:
    """A phone that asks who is calling gets a name and a reason, and 20 s to put a person on."""
    if leg.verdict is not AmdVerdict.SCREENING or not leg.is_talking or leg.state is LegState.BRIDGED:
        return replace(call, screening_until=None), ()
    if call.screening_until is not None or call.ending:
        return call, ()
    told = Speak(
        token=leg.token,
        role=leg.role,
        moment=Moment.SCREENING,
        name=call.asker_name,
        reason=_reason(call, leg),
    )
    return replace(call, screening_until=now + SCREENING), (told,)


def _reason(call: Call, leg: Leg) -> str:
    """What the call is about: the first thing it was ordered to say."""
    placement = call.placement(leg.token)
    steps = placement.plan.flow.steps if placement else ()
    return next((step.text for step in steps if isinstance(step, Say)), "")


# --- the passing of time ------------------------------------------------------------------------


def _on_time(call: Call, now: datetime) -> Decision:
    if call.state is not CallState.STARTED:
        return call, ()
    call = _give_up_on_lost_ends(call, now)
    for is_due, why in _REASONS_TO_END:
        if not call.ending and is_due(call, now):
            return replace(call, ending=why, screening_until=None), _hang_up_live(call)
    if call.ending:
        return call, _hang_up_live(call)
    if not call.warned and any(_limit_of(call, leg) - WARNING <= now for leg in _limited(call)):
        warn = tuple(
            Speak(token=leg.token, role=leg.role, moment=Moment.ONE_MINUTE_LEFT) for leg in _limited(call)
        )
        return replace(call, warned=True), warn
    return call, ()


def _too_long(call: Call, now: datetime) -> bool:
    return any(_limit_of(call, leg) <= now for leg in _limited(call))


def _too_lonely(call: Call, now: datetime) -> bool:
    return call.alone_since is not None and call.alone_since + ALONE <= now


def _screen_closed(call: Call, now: datetime) -> bool:
    return call.screening_until is not None and call.screening_until <= now


TIME_LIMIT: Final = "the time limit"
NOBODY_ELSE: Final = "nobody else being there"
SCREENED: Final = "call screening"
_REASONS_TO_END: Final[tuple[tuple[Callable[[Call, datetime], bool], str], ...]] = (
    (_too_long, TIME_LIMIT),
    (_too_lonely, NOBODY_ELSE),
    (_screen_closed, SCREENED),
)


def still_there(call: Call) -> tuple[tuple[Token, LegRole], ...]:
    """Whoever would have to be hung up: live legs, and placements we have heard nothing of yet."""
    heard = {leg.token for leg in call.legs}
    silent = [each for each in call.placements if each.state.is_open and each.token not in heard]
    return (
        *((leg.token, leg.role) for leg in call.live_legs),
        *((each.token, each.role) for each in silent),
    )


def _hang_up_live(call: Call) -> tuple[HangUpLeg, ...]:
    return tuple(HangUpLeg(token=token, role=role) for token, role in still_there(call))


def _limited(call: Call) -> list[Leg]:
    """The legs that a time limit runs on: those first rung, from their answer."""
    first = {(placement.token, placement.role) for placement in call.placements}
    return [leg for leg in call.legs if leg.is_talking and leg.answered_at and (leg.token, leg.role) in first]


def _limit_of(call: Call, leg: Leg) -> datetime:
    placement = call.placement(leg.token)
    if placement is None or leg.answered_at is None or not placement.plan.max_seconds:
        return _NEVER
    return leg.answered_at + timedelta(seconds=placement.plan.max_seconds)


def _limit_moments(call: Call) -> list[datetime]:
    limits = [_limit_of(call, leg) for leg in _limited(call) if not call.ending]
    return [limit if call.warned else limit - WARNING for limit in limits]


def _give_up_on_lost_ends(call: Call, now: datetime) -> Call:
    """Past a placement's deadline its legs are over, whatever the provider forgot to say."""
    late = [
        each
        for each in call.placements
        if each.state is PlacementState.PLACED and each.deadline is not None and each.deadline <= now
    ]
    if not late:
        return call
    tokens = {each.token for each in late}
    lost = HangupCause.RECOVERY_ON_TIMER_EXPIRE
    return replace(
        call,
        placements=tuple(
            replace(each, state=PlacementState.CLOSED, check_at=None) if each.token in tokens else each
            for each in call.placements
        ),
        legs=tuple(
            replace(leg, state=LegState.ENDED, ended_at=now, cause=lost)
            if leg.token in tokens and leg.state is not LegState.ENDED
            else leg
            for leg in call.legs
        ),
    )


# --- the whole call -----------------------------------------------------------------------------


def _watch_the_room(call: Call, now: datetime) -> Call:
    """A conference is over when one has been alone in it for a minute, with nobody on the way."""
    if call.kind is not CallKind.CONFERENCE and not _in_conference(call):
        return call
    inside = [leg for leg in call.legs if leg.state is LegState.BRIDGED]
    if len(inside) == 1 and len(still_there(call)) == 1 and not call.unplaced:
        return replace(call, alone_since=call.alone_since or now)
    return replace(call, alone_since=None)


def _in_conference(call: Call) -> bool:
    return any(isinstance(step, Conference) for plan in call.plan for step in plan.flow.steps)


def _close_if_over(call: Call, now: datetime) -> Decision:
    if call.state is CallState.DONE:
        return call, (Close(cdr=account(call, now)),)
    if not call.is_over:
        return call, ()
    closed = tuple(
        replace(each, state=PlacementState.CLOSED, check_at=None, lease_until=None)
        if each.state is PlacementState.PLACED
        else each
        for each in call.placements
    )
    call = replace(call, state=CallState.DONE, placements=closed, alone_since=None, screening_until=None)
    return call, (Close(cdr=account(call, now)),)


def account(call: Call, now: datetime) -> CallDetailRecord:
    """The call detail record as far as it is known. A leg that never answered is billed nothing."""
    first = [leg for leg in call.legs if leg.role in {plan.role for plan in call.plan}] or list(call.legs)
    starts = [each.created_at for each in call.placements] or [call.created_at]
    answers = [leg.answered_at for leg in first if leg.answered_at is not None]
    ends = [leg.ended_at for leg in call.legs if leg.ended_at is not None] or [now]
    return CallDetailRecord(
        call=call.id,
        disposition=call.disposition,
        started_at=min(starts),
        answered_at=min(answers, default=None),
        ended_at=max(ends),
        talk_seconds=max((leg.talk_seconds for leg in first), default=0),
        billed_seconds=sum(_billed(leg) for leg in call.legs),
        cost=total(leg.cost for leg in call.legs),
    )


def _billed(leg: Leg) -> int:
    return leg.talk_seconds if leg.billed_seconds is None else leg.billed_seconds
