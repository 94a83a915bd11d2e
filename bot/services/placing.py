"""From a claim to its requests: written down in small crews, each leg sent once, whatever breaks kept apart.

The scheduler decides when; here is how. Nothing is sent from a claim that was not ours to the end.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from bot.domain import decisions
from bot.domain.call import GRACE, Call, CallState, LegPlan, Placement
from bot.domain.errors import StorageUnavailable
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger, Transaction
from bot.services.changes import CREW, Changed, Changes
from bot.services.dialer import Dialer, last_try
from bot.services.guard import Guard
from bot.services.series import Series

log = structlog.get_logger(__name__)

Written = Sequence[tuple[Call, Placement]]
"""Calls with the placement of their first leg, to be sent after the commit."""


class Placing:
    """One per dispatching process."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        dialer: Dialer,
        changes: Changes,
        guard: Guard,
        series: Series,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._dialer = dialer
        self._changes = changes
        self._guard = guard
        self._series = series
        self.under_way: dict[asyncio.Task[None], int] = {}
        """How many calls each task has in hand."""
        self.on_done: Callable[[int], None] = lambda _: None
        """Told, each time a task is through, how many calls there were before it was."""

    @property
    def calls(self) -> int:
        """How many are being placed right now."""
        return sum(self.under_way.values())

    def start(self, claimed: Sequence[Call]) -> None:
        """Write them down and send them, beside whatever the caller does next."""
        for crew in self._crews(claimed):
            self._start(self._place_crew(crew), len(crew))

    def _crews(self, calls: Sequence[Call]) -> Iterator[Sequence[Call]]:
        """Who shares a transaction: calls that wait for nothing, a handful at a time. The rest go alone."""
        together = [call for call in calls if self._waits_for_nothing(call)]
        yield from (together[start : start + CREW] for start in range(0, len(together), CREW))
        yield from ([call] for call in calls if not self._waits_for_nothing(call))

    def _waits_for_nothing(self, call: Call) -> bool:
        is_new = call.state is CallState.CLAIMED and not call.recurrence_words
        return is_new and not self._dialer.rate(call.provider)

    def nobody_waits(self, crew: Sequence[Call]) -> bool:
        """Whether all of them may be written down at once: no slot to wait for, no next run to plan first."""
        return all(map(self._waits_for_nothing, crew))

    def _start(self, work: Coroutine[Any, Any, None], calls: int) -> None:
        task = asyncio.create_task(work)
        self.under_way[task] = calls
        task.add_done_callback(self._is_through)

    def _is_through(self, task: asyncio.Task[None]) -> None:
        before = self.calls
        del self.under_way[task]
        self.on_done(before)

    async def _place_crew(self, crew: Sequence[Call]) -> None:
        """Whatever goes wrong is logged here; what was not written down goes back with its lease."""
        try:
            if self.nobody_waits(crew):
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
                written = await self.write_down(tx, crew)
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
        self.send(written)

    async def _place_alone(self, call: Call) -> None:
        """One that waits for its slot, that repeats, or that was cut short while it was being placed."""
        if call.order is not None and call.recurrence_words:
            await self._series.plan_next(call.order, call.due)
        if call.state is CallState.CLAIMED:
            if not await self._is_late(call):  # a slot is for whoever rings somebody
                await self._dialer.wait_for_slot(call.provider)
            async with self._ledger() as tx:
                written = await self.write_down(tx, [call])
                await tx.commit()
            self.send(written)
        elif not await self._came_too_late(call):
            await self._place(call, call.unplaced)

    async def write_down(self, tx: Transaction, calls: Sequence[Call]) -> Written:
        """The first leg of each, in the transaction that also asks whether the call may be placed at all.

        Raises Conflict, and then nothing may be committed, where a leg has its placement already.
        """
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

    def send(self, written: Written) -> None:
        """Let the requests leave; the transaction that holds the placements is committed."""
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
