"""The clock loop: whatever is due is claimed, started and handed to the dialer, once.

A ring of the bell is only a hint; the rows decide. Each tick claims what is due, then sweeps: lapsed claims,
calls that want another look, open questions about placements, confirmations nobody gave. No tick waits for a
provider: calls are started beside it.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from math import floor
from typing import Final

import structlog

from bot.domain import decisions
from bot.domain.call import GRACE, Call, CallState, LegPlan, Placement
from bot.domain.clockwatch import TOO_FAR, ClockWatch
from bot.domain.errors import StorageUnavailable
from bot.ports.clock import Bell, Clock
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import VoiceProvider
from bot.services.changes import CREW, Changed, Changes
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
        changes: Changes,
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
        self._changes = changes
        self._progress = progress
        self._reconcile = reconcile
        self._guard = guard
        self._series = series
        self._operator = operator
        self._providers = providers
        self._starting: dict[asyncio.Task[None], int] = {}
        """What is being placed right now: how many calls each task has in hand."""
        self._is_closing = False
        self._apart_until: datetime | None = None
        """Until then claims are committed by themselves, because placing in the same breath broke."""
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
        """Claim nothing more, and wait for what is being placed, so that a stop leaves nothing ambiguous."""
        self._is_closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if self._sweeping is not None:
                    await asyncio.wait([self._sweeping])
                while self._starting:
                    await asyncio.wait(self._starting)

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
        claimed = 0 if self.is_paused or self._is_closing else await self._claim(now)
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
            if sum(self._starting.values()) > IN_FLIGHT - BATCH:
                break
            limit = min(BATCH, await self._slots(name, now))
            if limit > 0:
                claimed += await self._take(name, now, limit)
        if claimed:
            # Twice, so that the requests are on their way before this process does anything else.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return claimed

    async def _take(self, provider: str, now: datetime, limit: int) -> int:
        """Claim, and where nothing has to be waited for write the placements down in the same breath."""
        async with self._ledger() as tx:
            calls = await tx.claim(
                owner=self._dialer.owner, now=now, lease_until=now + LEASE, limit=limit, provider=provider
            )
            if not calls:
                return 0
            crews = list(self._crews(calls))
            written = None
            if len(crews) == 1 and self._may_go_together(crews[0]) and not self._is_apart(now):
                try:
                    written = await self._write_down(tx, crews[0])
                except Exception:
                    self._apart_until = now + LEASE
                    raise
            await tx.commit()
        if written is None:
            for crew in crews:
                self._start(self._place_crew(crew), len(crew))
        else:
            self._send(written)
        return len(calls)

    def _is_apart(self, now: datetime) -> bool:
        return self._apart_until is not None and now < self._apart_until

    async def _slots(self, provider: str, now: datetime) -> int:
        """How many requests may leave through this account within the look-ahead."""
        rate = self._dialer.rate(provider)
        if not rate:
            return BATCH
        async with self._ledger() as tx:
            free = await tx.next_free(provider)
        ahead = LOOK_AHEAD - max(0.0, (free - now).total_seconds() if free else 0.0)
        return max(0, floor(ahead * rate))

    def _crews(self, calls: Sequence[Call]) -> Iterator[Sequence[Call]]:
        """Who shares a transaction: calls that wait for nothing, a handful at a time. The rest go alone."""
        together = [call for call in calls if self._waits_for_nothing(call)]
        yield from (together[start : start + CREW] for start in range(0, len(together), CREW))
        yield from ([call] for call in calls if not self._waits_for_nothing(call))

    def _waits_for_nothing(self, call: Call) -> bool:
        is_new = call.state is CallState.CLAIMED and not call.recurrence_words
        return is_new and not self._dialer.rate(call.provider)

    def _may_go_together(self, crew: Sequence[Call]) -> bool:
        return all(map(self._waits_for_nothing, crew))

    def _start(self, work: Coroutine[None, None, None], calls: int) -> None:
        task = asyncio.create_task(work)
        self._starting[task] = calls
        task.add_done_callback(self._has_started)

    def _has_started(self, task: asyncio.Task[None]) -> None:
        was_full = sum(self._starting.values()) > IN_FLIGHT - BATCH
        del self._starting[task]
        if was_full and sum(self._starting.values()) <= IN_FLIGHT - BATCH:
            self._bell.ring_at(None)

    async def _place_crew(self, crew: Sequence[Call]) -> None:
        """Whatever goes wrong is logged here; what was not written down goes back with its lease."""
        try:
            if self._may_go_together(crew):
                await self._place_together(crew)
            else:
                for call in crew:
                    await self._place_alone(call)
        except StorageUnavailable as gone:
            # The leases run out and the rows say how far it got.
            log.warning("calls left to their leases", calls=[call.number for call in crew], reason=str(gone))
        except Exception:
            log.exception("calls not started", calls=[call.number for call in crew])

    async def _place_together(self, crew: Sequence[Call]) -> None:
        try:
            async with self._ledger() as tx:
                written = await self._write_down(tx, crew)
                await tx.commit()
        except StorageUnavailable:
            raise
        except Exception:
            if len(crew) == 1:
                raise
            # One of them is to blame; the others shall not suffer for it.
            for call in crew:
                await self._place_crew([call])
            return
        self._send(written)

    async def _place_alone(self, call: Call) -> None:
        """One that waits for its slot, that repeats, or that was cut short while it was being placed."""
        if call.order is not None and call.recurrence_words:
            await self._series.plan_next(call.order, call.due)
        if call.state is CallState.CLAIMED:
            if not await self._is_late(call):  # a slot is for whoever rings somebody
                await self._dialer.wait_for_slot(call.provider)
            async with self._ledger() as tx:
                written = await self._write_down(tx, [call])
                await tx.commit()
            self._send(written)
        elif not await self._came_too_late(call):
            await self._place(call, call.unplaced)

    async def _write_down(self, tx: Transaction, calls: Sequence[Call]) -> Sequence[tuple[Call, Placement]]:
        """The first leg of each, in the transaction that also asks whether the call may be placed at all."""
        now = self._clock.now()
        in_time = []
        for call in calls:
            if now > call.due + GRACE and not await self._waited_for_a_slot(tx, call):
                await self._drop(tx, call, CallState.MISSED, "I was not running when it was due.")
            else:
                in_time.append(call)
        refused = await self._guard.refusals_when_placed(in_time, now, tx)
        for call in in_time:
            if call.id in refused:
                await self._drop(tx, call, CallState.REFUSED, refused[call.id].reason)
        return await self._dialer.write_down(tx, [call for call in in_time if call.id not in refused])

    def _send(self, written: Sequence[tuple[Call, Placement]]) -> None:
        for call, placement in written:
            self._start(self._sent(call, placement), 1)

    async def _sent(self, call: Call, placement: Placement) -> None:
        """The first leg's request leaves; the others are written down and follow."""
        sent = self._dialer.send(placement, until=last_try(call, placement))
        others = call.unplaced[1:]
        try:
            await (asyncio.gather(sent, self._place(call, others)) if others else sent)
        except StorageUnavailable as gone:
            log.warning("call left to its lease", call=call.number, reason=str(gone))
        except Exception:
            log.exception("call not placed", call=call.number)

    async def _place(self, call: Call, plans: Sequence[LegPlan]) -> None:
        if not plans:
            return
        await asyncio.gather(*(self._dialer.place(call, plan) for plan in plans))
        async with self._ledger() as tx:
            await tx.done_placing(call.id, owner=self._dialer.owner)
            await tx.commit()

    async def _came_too_late(self, call: Call) -> bool:
        """A call that was cut short while it was being placed: hours later there is nobody to join."""

        async def end(tx: Transaction, fresh: Call, now: datetime) -> Changed | None:
            if fresh.live_legs or await self._waited_for_a_slot(tx, call):
                return None
            return decisions.end(fresh, "an interruption", now)

        if self._clock.now() <= call.due + GRACE or call.live_legs:
            return False
        return await self._changes.apply(call.id, end) is not None

    async def _is_late(self, call: Call) -> bool:
        if self._clock.now() <= call.due + GRACE:
            return False
        async with self._ledger() as tx:
            return not await self._waited_for_a_slot(tx, call)

    async def _waited_for_a_slot(self, tx: Transaction, call: Call) -> bool:
        """Waiting for our own rate is not lateness: the account has been busy since before it was due."""
        since = await tx.busy_since(call.provider, now=self._clock.now())
        return since is not None and since <= call.due + GRACE

    async def _drop(self, tx: Transaction, claimed: Call, state: CallState, reason: str) -> None:
        call = await tx.call(claimed.id)
        if call is not None and call.state is CallState.CLAIMED:
            await self._changes.save(tx, replace(call, state=state, reason=reason), ())

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
                    await self._changes.save(tx, replace(call, state=CallState.CANCELLED, reason=reason), ())
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
