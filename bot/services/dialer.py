"""Makes providers do things: commit the placement, originate once, write down what came of it; run effects.

The order of the writes is the promise. A placement is committed before its request leaves, and whatever the
request came to is one conditional write afterwards. Nothing in here dials a committed placement again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.call import GRACE, Call, CallState, LegPlan, Placement, PlacementState, ProviderRef
from bot.domain.cdr import CallId
from bot.domain.control import Control
from bot.domain.decisions import (
    MISSING_END,
    Close,
    Effect,
    Fetch,
    HangUpLeg,
    Instruct,
    Speak,
    Tick,
    decide,
    end_deadline,
)
from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable, Unsupported
from bot.domain.flow import LegRole, Say
from bot.domain.leg import Token
from bot.domain.question import QuestionId
from bot.domain.texts import Moment, spoken
from bot.ports.clock import Clock, Ids
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import Controls, HangsUp, Hooks, Placed, VoiceProvider
from bot.services.cards import Cards

log = structlog.get_logger(__name__)

REQUEST_DEADLINE: Final = 10.0
PLACING_LEASE: Final = timedelta(seconds=30)
FIRST_CHECK: Final = timedelta(seconds=2)

Allowed = Callable[[Transaction, datetime], Awaitable[bool]]
"""Whether a placement may be made now; a no has been written down in that transaction."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: PlacementState
    placed: Placed | None = None
    error: str | None = None


class Dialer:
    """One per process. `owner` is unique per process start: leases name it."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        ids: Ids,
        providers: Mapping[str, VoiceProvider],
        cards: Cards,
        texts: Mapping[Moment, str],
        owner: str,
        public_url: str | None = None,
        per_second: float | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ids = ids
        self._providers = providers
        self._cards = cards
        self._texts = texts
        self._per_second = per_second
        self._public_url = public_url
        self.owner = owner

    # --- placing ------------------------------------------------------------------------------

    def rate(self, provider: str) -> float:
        """Calls per second for that account; 0 means no limit."""
        return (
            self._providers[provider].limits.calls_per_second
            if self._per_second is None
            else self._per_second
        )

    async def place(self, call: Call, plan: LegPlan) -> None:
        """Place one planned leg, if the claim is still ours. Returns once its outcome is written."""
        placement = await self.write_down(call, plan)
        if placement is not None:
            await self.send(placement, until=last_try(call, placement))

    async def write_down(
        self, call: Call, plan: LegPlan, *, allowed: Allowed | None = None, last: bool = False
    ) -> Placement | None:
        """Commit the placement, so that it may be sent once. None, and nothing is sent: the claim is not ours
        any more, or `allowed` says no in that transaction. `last`: the claim ends with it."""
        await self._wait_for_slot(call.provider)
        now = self._clock.now()
        placement = Placement(
            token=Token(self._ids.new()),
            call=call.id,
            plan=plan,
            provider=call.provider,
            n=1 + sum(1 for each in call.placements if each.role == plan.role),
            created_at=now,
            lease_until=now + PLACING_LEASE,
        )
        async with self._ledger() as tx:
            if allowed is not None and not await allowed(tx, now):
                await tx.commit()
                return None
            if not await tx.begin_placement(placement, owner=self.owner, now=now, last=last):
                return None
            await tx.commit()
        return placement

    async def _wait_for_slot(self, provider: str) -> None:
        rate = self.rate(provider)
        if not rate:
            return
        now = self._clock.now()
        async with self._ledger() as tx:
            slot = await tx.reserve(provider, per_second=rate, now=now)
            await tx.commit()
        await self._clock.sleep((slot.at - now).total_seconds())

    async def send(self, placement: Placement, *, until: datetime) -> None:
        """Let the committed request leave, and write down its outcome.

        What surely was not dialled (429, refused connection) is asked again, same token, until `until`;
        every other failure is final or goes to `reconcile.py`.
        """
        pause = 1.0
        while True:
            try:
                outcome = await self._originate(placement)
            except Unavailable as busy:
                pause = max(busy.retry_after or 0.0, pause)
                if self._clock.now() + timedelta(seconds=pause) > until:
                    outcome = _Outcome(PlacementState.REJECTED, error=str(busy))
                elif not await self._lengthen(placement, pause):
                    return
                else:
                    await self._clock.sleep(pause)
                    pause = min(pause * 2, 15.0)
                    continue
            await self._settle(placement, outcome)
            return

    async def _originate(self, placement: Placement) -> _Outcome:
        provider = self._providers[placement.provider]
        try:
            placed = await self._in_time(provider, placement)
        except (Rejected, Unsupported) as refused:
            return _Outcome(PlacementState.REJECTED, error=refused.detail)
        except OutcomeUnknown as unknown:
            return _Outcome(PlacementState.UNKNOWN, error=unknown.detail)
        except Unavailable:
            raise
        except Exception:
            # A driver that breaks may have sent the request first: that is an open question, not a failure.
            log.exception("originate broke", provider=placement.provider)
            return _Outcome(PlacementState.UNKNOWN, error="the driver failed")
        return _Outcome(PlacementState.PLACED, placed=placed)

    async def _in_time(self, provider: VoiceProvider, placement: Placement) -> Placed:
        request = asyncio.ensure_future(provider.originate(placement, self.hooks(placement)))
        timer = asyncio.ensure_future(self._clock.sleep(REQUEST_DEADLINE))
        try:
            await asyncio.wait({request, timer}, return_when=asyncio.FIRST_COMPLETED)
            if not request.done():
                raise OutcomeUnknown(provider=provider.name, detail="no answer within 10 s")
            return request.result()
        finally:
            for task in (request, timer):
                if not task.done():
                    task.cancel()
                    with suppress(asyncio.CancelledError, ProviderError):
                        await task

    def hooks(self, placement: Placement, role: LegRole | None = None) -> Hooks:
        """Our callback addresses for a leg of this placement, the first unless said otherwise; without a
        public URL there are none."""
        base = self._public_url and f"{self._public_url}/hooks/{placement.provider}/{placement.token}"
        return Hooks(base=base or None, role=role or placement.role)

    async def _lengthen(self, placement: Placement, pause: float) -> bool:
        lease = self._clock.now() + timedelta(seconds=pause) + PLACING_LEASE
        longer = replace(placement, lease_until=lease, error="the provider is busy; trying again")
        async with self._ledger() as tx:
            ours = await tx.settle(placement.token, expected={PlacementState.PLACING}, becomes=longer)
            await tx.commit()
        return ours

    async def _settle(self, placement: Placement, outcome: _Outcome) -> None:
        now = self._clock.now()
        async with self._ledger() as tx:
            call = await tx.call(placement.call)
            known = call.placement(placement.token) if call else None
            if call is None or known is None:
                return
            settled = _settled(known, outcome, now, self._first_look(known))
            call = replace(
                call,
                placements=tuple(settled if each.token == known.token else each for each in call.placements),
            )
            call, effects = decide(call, Tick(), now)
            await self.save(tx, call, effects)
            await tx.commit()
        await self.run(call, effects)

    def _first_look(self, placement: Placement) -> timedelta:
        """How long after placing the provider is asked: at once where it says nothing by itself."""
        every = self._providers[placement.provider].limits.ask_every
        if every is not None:
            return timedelta(seconds=every)
        return timedelta(seconds=placement.plan.ring_seconds) + MISSING_END

    # --- effects ------------------------------------------------------------------------------

    async def save(self, tx: Transaction, call: Call, effects: Sequence[Effect]) -> None:
        """Write the call, its card, and those effects that are rows, in the caller's transaction."""
        await tx.save_call(call)
        for effect in effects:
            match effect:
                case Close():
                    await tx.save_cdr(effect.cdr)
                case Fetch():
                    await self._cards.recordings.wanted(tx, call, effect.role, effect.recording)
                case _:
                    pass
        await self._cards.put(tx, call)
        if call.state.is_final and call.followed_by is not None:
            await self._release(tx, call.followed_by)

    async def _release(self, tx: Transaction, follower: CallId) -> None:
        """The next of several calls in turn; one that still waits for Confirm goes on waiting."""
        call = await tx.call(follower)
        question = await tx.question(QuestionId(follower))
        if call is None or call.state is not CallState.HELD or (question is not None and not question.closed):
            return
        call = replace(call, state=CallState.SCHEDULED, reason=None, due=max(call.due, self._clock.now()))
        await tx.save_call(call)
        await self._cards.put(tx, call)

    async def run(self, call: Call, effects: Sequence[Effect]) -> Sequence[tuple[Effect, ProviderError]]:
        """What has to be done at the provider, after the commit. What it refused is logged and returned."""
        self._cards.wake()
        refused: list[tuple[Effect, ProviderError]] = []
        for effect in effects:
            try:
                await self._do(call, effect)
            except ProviderError as error:
                refused.append((effect, error))
                log.warning(
                    "order not carried out", provider=error.provider, detail=error.detail, call=call.number
                )
        return refused

    async def _do(self, call: Call, effect: Effect) -> None:
        match effect:
            case HangUpLeg():
                await self._act(call, effect.token, effect.role, None)
            case Instruct():
                await self._act(call, effect.token, effect.role, effect.order)
            case Speak():
                words = spoken(effect.moment, self._texts, name=effect.name, reason=effect.reason)
                await self._act(call, effect.token, effect.role, Say(text=words))
            case _:
                pass

    async def _act(self, call: Call, token: Token, role: LegRole, order: Control | None) -> None:
        placement = call.placement(token)
        ref = self._ref(call, token, role)
        if placement is not None and ref is not None:
            await act(self._providers[placement.provider], ref, order, self.hooks(placement, role))

    def _ref(self, call: Call, token: Token, role: LegRole) -> ProviderRef | None:
        leg = next((each for each in call.legs if each.token == token and each.role == role), None)
        placement = call.placement(token)
        if leg is not None and leg.ref is not None:
            return ProviderRef(leg.ref)
        return placement.ref(role) if placement is not None else None


def last_try(call: Call, placement: Placement) -> datetime:
    """Until when what surely was not dialled may be asked again."""
    return max(call.due, placement.created_at) + GRACE


async def act(provider: VoiceProvider, ref: ProviderRef, order: Control | None, hooks: Hooks) -> None:
    """Carry out one order on one leg; None hangs up. Raises Unsupported where there is no such thing."""
    if order is None:
        if isinstance(provider, HangsUp):
            await provider.hang_up(ref)
            return
    elif isinstance(provider, Controls):
        await provider.control(ref, order, hooks)
        return
    raise Unsupported(provider=provider.name, detail="this provider cannot do that in mid-call")


def _settled(known: Placement, outcome: _Outcome, now: datetime, first_look: timedelta) -> Placement:
    """What the request came to. A callback may have proved it first: then only the references are new."""
    if known.state is not PlacementState.PLACING:
        new = outcome.placed.refs if outcome.placed else ()
        return replace(known, refs=known.refs or new)
    match outcome.state:
        case PlacementState.PLACED:
            return replace(
                known,
                state=PlacementState.PLACED,
                refs=outcome.placed.refs if outcome.placed else (),
                placed_at=now,
                lease_until=None,
                error=None,
                check_at=now + first_look,
                deadline=end_deadline(known.plan, now),
            )
        case PlacementState.UNKNOWN:
            return replace(
                known,
                state=PlacementState.UNKNOWN,
                lease_until=None,
                error=outcome.error,
                check_at=now + FIRST_CHECK,
                checks=0,
            )
        case _:
            return replace(known, state=outcome.state, lease_until=None, error=outcome.error)
