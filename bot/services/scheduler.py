"""The clock loop: whatever is due is claimed and handed over to be placed, once.

A ring of the bell is only a hint; the rows decide. Each tick claims what is due, then sweeps: lapsed claims,
calls that want another look, open questions about placements, confirmations nobody gave. No tick waits for a
provider: calls are started beside it.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from math import floor
from typing import Final

import structlog

from bot.domain.call import CallState
from bot.domain.clockwatch import TOO_FAR, ClockWatch
from bot.domain.errors import StorageUnavailable
from bot.ports.clock import Bell, Clock
from bot.ports.ledger import Ledger
from bot.ports.voice import VoiceProvider
from bot.services.changes import CREW, Changes
from bot.services.dialer import Dialer
from bot.services.operator import Operator
from bot.services.placing import Placing
from bot.services.progress import Progress
from bot.services.reconcile import Reconcile

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
        placing: Placing,
        changes: Changes,
        progress: Progress,
        reconcile: Reconcile,
        operator: Operator,
        providers: Mapping[str, VoiceProvider],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._bell = bell
        self._dialer = dialer
        self._placing = placing
        self._changes = changes
        self._progress = progress
        self._reconcile = reconcile
        self._operator = operator
        self._providers = providers
        placing.on_done = self._has_placed
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
                while self._placing.under_way:
                    await asyncio.wait(self._placing.under_way)

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
            if self._placing.calls > IN_FLIGHT - BATCH:
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
            written = None
            if len(calls) <= CREW and self._placing.nobody_waits(calls) and not self._is_apart(now):
                try:
                    written = await self._placing.write_down(tx, calls)
                except Exception:
                    self._apart_until = now + LEASE
                    raise
            await tx.commit()
        if written is None:
            self._placing.start(calls)
        else:
            self._placing.send(written)
        return len(calls)

    def _has_placed(self, before: int) -> None:
        """There is room for a batch again."""
        if before > IN_FLIGHT - BATCH >= self._placing.calls:
            self._bell.ring_at(None)

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

    # --- everything else that time brings -------------------------------------------------------

    async def _sweep(self) -> None:
        try:
            now = self._clock.now()
            async with self._ledger() as tx:
                if await tx.lapse(now):
                    await tx.commit()
            async with self._ledger() as tx:
                wakes = await tx.wakes(now)
            await asyncio.gather(*map(self._progress.tick, wakes))
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
            if not self._placing.under_way:
                continue
            try:
                async with self._ledger() as tx:
                    await tx.renew(owner=self._dialer.owner, until=self._clock.now() + LEASE)
                    await tx.commit()
            except StorageUnavailable as gone:
                log.warning("leases not renewed", reason=str(gone))
