"""Makes providers dial: write the placement down, originate once, write down what came of it.

The order of the writes is the promise. A placement is committed before its request leaves, and whatever the
request came to is one conditional write afterwards. Nothing in here dials a committed placement again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.call import GRACE, Call, LegPlan, Placement, PlacementState
from bot.domain.decisions import MISSING_END, HangUpLeg, Tick, decide, end_deadline
from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable, Unsupported
from bot.domain.leg import Token
from bot.ports.clock import Clock, Ids
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import Placed, VoiceProvider
from bot.services.changes import Changed, Changes

log = structlog.get_logger(__name__)

REQUEST_DEADLINE: Final = 10.0
PLACING_LEASE: Final = timedelta(seconds=30)
FIRST_CHECK: Final = timedelta(seconds=2)


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
        changes: Changes,
        owner: str,
        per_second: float | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ids = ids
        self._providers = providers
        self._changes = changes
        self._per_second = per_second
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
        await self.wait_for_slot(call.provider)
        async with self._ledger() as tx:
            now = self._clock.now()
            placement = self._placement(call, plan, now)
            ours = await tx.begin_placement(placement, owner=self.owner, now=now)
            await tx.commit()
        if ours:
            await self.send(placement, until=last_try(call, placement))

    async def write_down(self, tx: Transaction, calls: Sequence[Call]) -> Sequence[tuple[Call, Placement]]:
        """A placement for the first leg of each of our claims, so that after the caller's commit it may be
        sent, once. Those whose claim is not ours any more are left out; the claim ends where no leg follows.
        Raises Conflict, and then nothing may be committed, where that leg has its placement already.
        """
        now = self._clock.now()
        placements = [(call, self._placement(call, call.unplaced[0], now)) for call in calls]
        last = {placement.token for call, placement in placements if len(call.unplaced) == 1}
        ours = await tx.begin_placements(
            [placement for _, placement in placements], owner=self.owner, now=now, last=last
        )
        return [(call, placement) for call, placement in placements if placement.token in ours]

    def _placement(self, call: Call, plan: LegPlan, now: datetime) -> Placement:
        return Placement(
            token=Token(self._ids.new()),
            call=call.id,
            plan=plan,
            provider=call.provider,
            n=1 + sum(1 for each in call.placements if each.role == plan.role),
            created_at=now,
            lease_until=now + PLACING_LEASE,
        )

    async def wait_for_slot(self, provider: str) -> None:
        """Until a request may leave through that account, which has no limit or a slot for us then."""
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
                elif await self._waits(placement, pause):
                    pause = min(pause * 2, 15.0)
                    continue
                else:
                    return
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
        request = asyncio.ensure_future(provider.originate(placement, self._changes.hooks(placement)))
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

    async def _waits(self, placement: Placement, pause: float) -> bool:
        """Let so many seconds pass. False when meanwhile it was proved, or called off."""
        if not await self._lengthen(placement, pause):
            return False
        await self._clock.sleep(pause)
        async with self._ledger() as tx:
            known = await tx.placement(placement.token)
        return known is not None and known.state is PlacementState.PLACING

    async def _lengthen(self, placement: Placement, pause: float) -> bool:
        lease = self._clock.now() + timedelta(seconds=pause) + PLACING_LEASE
        longer = replace(placement, lease_until=lease, error="the provider is busy; trying again")
        async with self._ledger() as tx:
            ours = await tx.settle(placement.token, expected={PlacementState.PLACING}, becomes=longer)
            await tx.commit()
        return ours

    async def _settle(self, placement: Placement, outcome: _Outcome) -> None:
        async def settle(_: Transaction, call: Call, now: datetime) -> Changed | None:
            known = call.placement(placement.token)
            if known is None:
                return None
            settled = _settled(known, outcome, now, self._first_look(known))
            placements = (settled if each.token == known.token else each for each in call.placements)
            after, effects = decide(replace(call, placements=tuple(placements)), Tick(), now)
            if outcome.placed is not None and settled.state is PlacementState.CLOSED:
                # It was called off while the request was on its way: nobody waits for it any more.
                effects = (*effects, HangUpLeg(token=settled.token, role=settled.role))
            return after, effects

        await self._changes.apply(placement.call, settle)

    def _first_look(self, placement: Placement) -> timedelta:
        """How long after placing the provider is asked: at once where it says nothing by itself."""
        every = self._providers[placement.provider].limits.ask_every
        if every is not None:
            return timedelta(seconds=every)
        return timedelta(seconds=placement.plan.ring_seconds) + MISSING_END


def last_try(call: Call, placement: Placement) -> datetime:
    """Until when what surely was not dialled may be asked again."""
    return max(call.due, placement.created_at) + GRACE


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
