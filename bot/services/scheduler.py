"""The clock loop: whatever is due is claimed, started and handed to the dialer, once.

A ring of the bell is only a hint; the rows decide. Each tick claims what is due, then sweeps: lapsed claims,
calls that want another look, open questions about placements, confirmations nobody gave. No tick waits for a
provider: calls are started beside it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import floor
from typing import Final

import structlog

from bot.domain import decisions
from bot.domain.call import GRACE, Call, CallState, LegPlan
from bot.domain.cdr import CallId
from bot.domain.clockwatch import TOO_FAR, ClockWatch
from bot.domain.errors import StorageUnavailable
from bot.ports.clock import Bell, Clock
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import VoiceProvider
from bot.services.dialer import Dialer, last_try
from bot.services.guard import Guard
from bot.services.operator import Operator
from bot.services.progress import Progress
from bot.services.reconcile import Reconcile
from bot.services.series import Series

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=5)
RENEW_EVERY: Final = 1.5
LOOK_AHEAD: Final = 3.0
"""Only what has a rate slot within so many seconds is claimed; the rest stays where it can be cancelled."""
BATCH: Final = 128
IN_FLIGHT: Final = 512
"""Calls being placed at one moment. More are claimed when there is room for a batch: one commit for many."""
EXPIRE_EVERY: Final = timedelta(seconds=5)
IDLE_GAP: Final = timedelta(milliseconds=250)
"""Between two ticks of which the first found nothing it could do."""


class Scheduler:
    """One per dispatching process."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        bell: Bell,
        dialer: Dialer,
        progress: Progress,
        reconcile: Reconcile,
        guard: Guard,
        series: Series,
        operator: Operator,
        providers: Mapping[str, VoiceProvider],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._bell = bell
        self._dialer = dialer
        self._progress = progress
        self._reconcile = reconcile
        self._guard = guard
        self._series = series
        self._operator = operator
        self._providers = providers
        self._starting: dict[CallId, asyncio.Task[None]] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._last_expiry: datetime | None = None
        self._awaited: datetime | None = None
        """The next moment as the rows had it; once it has come there is no need to ask them again."""
        self._watch: ClockWatch | None = None
        self.paused_by: timedelta | None = None
        """How far the clock was set forward, while claims wait for the operator."""
        self.last_tick: datetime | None = None
        """For `/readyz`: the dispatcher is alive when this is recent."""

    async def run(self) -> None:
        """Until cancelled; then what is in flight gets a moment to be written down."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._bell.run(self.ring))
            tasks.create_task(self._renew())

    async def drain(self, seconds: float) -> None:
        """Wait for calls that are being placed right now, so that a stop leaves nothing ambiguous."""
        waiting = [*self._starting.values(), *([self._sweeping] if self._sweeping else [])]
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)

    async def ring(self) -> datetime | None:
        """One tick, at the loop's edge: whatever goes wrong is logged and the loop lives on."""
        try:
            return await self._tick()
        except StorageUnavailable as gone:
            log.warning("database out of reach", reason=str(gone))
        except Exception:
            log.exception("dispatcher tick")
        return None

    async def _tick(self) -> datetime | None:
        now = self._clock.now()
        self.last_tick = now
        await self._look_at_the_clock(now)
        if self._last_expiry is None or now - self._last_expiry >= EXPIRE_EVERY:
            self._last_expiry = now
            await self._expire_confirmations(now)
        if self._awaited is None or self._awaited > now:
            self._awaited = await self._next_moment()
        if self._awaited is None or self._awaited > now:
            return self._awaited
        self._awaited = None  # it has come: whatever it was, it is not waited for twice
        claimed = 0 if self.is_paused else await self._claim(now)
        if claimed:
            # Nothing else stands in the way of these; the next tick, at once, sees what is left.
            return now
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep())
        following = await self._next_moment()
        return None if following is None else max(following, now + IDLE_GAP)

    async def _next_moment(self) -> datetime | None:
        async with self._ledger() as tx:
            return await tx.next_moment()

    # --- the clock ------------------------------------------------------------------------------

    async def _look_at_the_clock(self, now: datetime) -> None:
        """A step is logged; after a large one forward nothing is placed until the operator says so."""
        boot = self._clock.boot()
        step = self._watch.step(now, boot) if self._watch else timedelta()
        self._watch = ClockWatch(wall=now, boot=boot)
        if step:
            log.warning("the clock was set", seconds=step.total_seconds())
        if step > TOO_FAR:
            self.paused_by = step
            await self._operator.clock_was_set(step)
        elif self.paused_by is not None and (step < -TOO_FAR or await self._operator.may_go_on()):
            self.paused_by = None  # it was set back again, or the operator has looked

    @property
    def is_paused(self) -> bool:
        """Whether claims wait for the operator, because the clock jumped forward."""
        return self.paused_by is not None

    # --- due calls ----------------------------------------------------------------------------

    async def _claim(self, now: datetime) -> int:
        claimed = 0
        for name in self._providers:
            if len(self._starting) > IN_FLIGHT - BATCH:
                break
            limit = min(BATCH, await self._slots(name, now))
            if limit <= 0:
                continue
            async with self._ledger() as tx:
                calls = await tx.claim(
                    owner=self._dialer.owner, now=now, lease_until=now + LEASE, limit=limit, provider=name
                )
                if calls:
                    await tx.commit()
            for call in calls:
                self._start(call)
            claimed += len(calls)
        return claimed

    async def _slots(self, provider: str, now: datetime) -> int:
        """How many requests may leave through this account within the look-ahead."""
        rate = self._dialer.rate(provider)
        if not rate:
            return BATCH
        async with self._ledger() as tx:
            free = await tx.next_free(provider)
        ahead = LOOK_AHEAD - max(0.0, (free - now).total_seconds() if free else 0.0)
        return max(0, floor(ahead * rate))

    def _start(self, call: Call) -> None:
        task = asyncio.create_task(self._started(call))
        self._starting[call.id] = task
        task.add_done_callback(lambda _: self._has_started(call.id))

    def _has_started(self, call: CallId) -> None:
        self._starting.pop(call, None)
        if len(self._starting) == IN_FLIGHT - BATCH:
            self._bell.ring_at(None)

    async def _started(self, call: Call) -> None:
        try:
            if call.order is not None and call.recurrence_words:
                await self._series.plan_next(call.order, call.due)
            if call.state is CallState.CLAIMED:
                await self._place_claimed(call)
            elif not await self._came_too_late(call):
                await self._place(call, call.unplaced)
        except StorageUnavailable as gone:
            # The lease runs out and the rows say how far it got.
            log.warning("call left to its lease", call=call.number, reason=str(gone))
        except Exception:
            log.exception("call not started", call=call.number)

    async def _place_claimed(self, call: Call) -> None:
        """The first leg's transaction also asks whether the call may be placed at all; the others follow."""
        now = self._clock.now()
        if now > call.due + GRACE and not await self._waited_for_a_slot(call):
            await self._miss(call)
            return
        first, *others = call.unplaced
        placement = await self._dialer.write_down(
            call, first, allowed=partial(self._may_start, call), last=not others
        )
        if placement is not None:
            sent = self._dialer.send(placement, until=last_try(call, placement))
            await asyncio.gather(sent, self._place(call, others))

    async def _place(self, call: Call, plans: Sequence[LegPlan]) -> None:
        if not plans:
            return
        await asyncio.gather(*(self._dialer.place(call, plan) for plan in plans))
        async with self._ledger() as tx:
            await tx.done_placing(call.id, owner=self._dialer.owner)
            await tx.commit()

    async def _may_start(self, call: Call, tx: Transaction, now: datetime) -> bool:
        """No longer allowed: told, and never dialled."""
        refusal = await self._guard.refusal_when_placed(call, now, tx)
        if refusal is not None:
            await self._drop(tx, call, CallState.REFUSED, refusal.reason)
        return refusal is None

    async def _miss(self, call: Call) -> None:
        async with self._ledger() as tx:
            await self._drop(tx, call, CallState.MISSED, "I was not running when it was due.")
            await tx.commit()

    async def _came_too_late(self, call: Call) -> bool:
        """A call that was cut short while it was being placed: hours later there is nobody to join."""
        now = self._clock.now()
        if now <= call.due + GRACE or call.live_legs or await self._waited_for_a_slot(call):
            return False
        async with self._ledger() as tx:
            fresh = await tx.call(call.id)
            if fresh is None or fresh.live_legs:
                return False
            after, effects = decisions.end(fresh, "an interruption", now)
            await self._dialer.save(tx, after, effects)
            await tx.commit()
        await self._dialer.run(after, effects)
        return True

    async def _waited_for_a_slot(self, call: Call) -> bool:
        """Waiting for our own rate is not lateness: the account has been busy since before it was due."""
        async with self._ledger() as tx:
            since = await tx.busy_since(call.provider, now=self._clock.now())
        return since is not None and since <= call.due + GRACE

    async def _drop(self, tx: Transaction, claimed: Call, state: CallState, reason: str) -> None:
        call = await tx.call(claimed.id)
        if call is not None and call.state is CallState.CLAIMED:
            await self._dialer.save(tx, replace(call, state=state, reason=reason), ())

    # --- everything else that time brings -------------------------------------------------------

    async def _sweep(self) -> None:
        try:
            now = self._clock.now()
            async with self._ledger() as tx:
                if await tx.lapse(now):
                    await tx.commit()
            async with self._ledger() as tx:
                wakes = await tx.wakes(now)
            for call_id in wakes:
                await self._progress.tick(call_id)
            await self._reconcile.sweep()
        except StorageUnavailable as gone:
            log.warning("database out of reach", reason=str(gone))
        except Exception:
            log.exception("sweep")

    async def _expire_confirmations(self, now: datetime) -> None:
        async with self._ledger() as tx:
            expired = await tx.expired_confirmations(now)
        for question in expired:
            async with self._ledger() as tx:
                call = await tx.call(question.call) if question.call else None
                await tx.close_question(question.id, "It was not confirmed within 10 minutes.")
                if call is not None and call.state is CallState.HELD:
                    reason = "Not confirmed within 10 minutes, so nothing was dialled."
                    await self._dialer.save(tx, replace(call, state=CallState.CANCELLED, reason=reason), ())
                await tx.commit()

    async def _renew(self) -> None:
        """Keep our claims while we are working on them."""
        while True:
            await self._clock.sleep(RENEW_EVERY)
            if not self._starting:
                continue
            try:
                async with self._ledger() as tx:
                    await tx.renew(owner=self._dialer.owner, until=self._clock.now() + LEASE)
                    await tx.commit()
            except StorageUnavailable as gone:
                log.warning("leases not renewed", reason=str(gone))
