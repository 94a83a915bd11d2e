"""What policy asks, what it said, and the sums of the self-audit, in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.call import GRACE, Call, CallKind, CallState, PlacementState
from bot.domain.cdr import CallId, total
from bot.domain.people import Room
from bot.ports.ledger import LoggedVerdict, Tally, Usage
from storage.mapping import leg_values, watch_at
from storage.memory.work import Work


class MemoryAudit(Work):
    """`AuditTable`."""

    async def usages(
        self, wanted: Collection[tuple[str, Room]], *, now: datetime, day_start: datetime
    ) -> Mapping[tuple[str, Room], Usage]:
        self._check()
        return {(asker, room): self._usage(asker, room, now, day_start) for asker, room in wanted}

    def _usage(self, asker: str, room: Room, now: datetime, day_start: datetime) -> Usage:
        shelves = self._on
        outbound = self._outbound()
        here = [call for call in shelves.calls.values() if call.room.key == room.key]
        today = [cdr for cdr in shelves.cdrs.values() if cdr.ended_at >= day_start]
        spent = total(money for cdr in today for money in cdr.cost)
        return Usage(
            placements_last_hour=sum(
                placement.created_at > now - timedelta(hours=1)
                for call in outbound
                if call.asker == asker
                for placement in call.placements
            ),
            live_legs=sum(row["live"] for call in here for row in leg_values(call).values()),
            calls_today=sum(
                call.room.key == room.key and call.started_at is not None and call.started_at >= day_start
                for call in outbound
            ),
            spent_today=tuple(sorted(spent, key=lambda money: money.currency)),
        )

    async def log_verdict(self, *verdicts: LoggedVerdict) -> None:
        logged = (await self._change()).verdicts
        for verdict in verdicts:
            logged.put(1 + max((id for id, _ in logged.items()), default=0), verdict)

    async def verdicts(self, limit: int = 100, *, call: CallId | None = None) -> Sequence[LoggedVerdict]:
        newest_first = (verdict for _, verdict in sorted(self._see().verdicts.items(), reverse=True))
        return [each for each in newest_first if call is None or each.call == call][:limit]

    async def tally(self, now: datetime) -> Tally:
        calls = self._outbound()
        waiting = (CallState.SCHEDULED, CallState.CLAIMED)
        orphans = [call for call in calls if self._is_orphaned(call, now)]
        return Tally(
            calls=Counter(call.state for call in calls),
            placements=Counter(placement.state for call in calls for placement in call.placements),
            overdue=sum(call.state in waiting and call.due <= now for call in calls),
            orphans=tuple(call.id for call in sorted(orphans, key=lambda call: call.due)),
        )

    def _outbound(self) -> list[Call]:
        return [call for call in self._see().calls.values() if call.kind is not CallKind.INBOUND]

    def _is_orphaned(self, call: Call, now: datetime) -> bool:
        """Nothing will move this call any more, or somebody should have moved it long ago."""
        long_ago = now - GRACE
        claim = self._on.claims.get(call.id)
        in_doubt = [each for each in call.placements if each.state is PlacementState.PLACING]
        watched = [watch_at(each, call.legs) for each in in_doubt]
        if any(moment is not None and moment <= long_ago for moment in watched):
            return True
        if call.state.is_final:
            return bool(in_doubt)
        if call.state is CallState.CLAIMED:
            return claim is None or claim.until <= long_ago
        is_open = any(row["open"] for row in leg_values(call).values())
        return call.state is CallState.STARTED and not (call.unplaced or call.wake_at or is_open)
