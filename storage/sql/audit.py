"""What policy asks, what it said, and the sums of the self-audit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, not_, or_, select

from bot.domain.call import GRACE, CallKind, CallState, PlacementState
from bot.domain.cdr import CallId
from bot.domain.people import Room
from bot.ports.ledger import LoggedVerdict, Tally, Usage
from storage.mapping import NOBODY, value_of, values_of
from storage.sql.charges import money
from storage.sql.literals import literal
from storage.sql.work import Work, reads, writes
from storage.tables import CALL, CHARGE, LEG, PLACEMENT, VERDICT

OUTBOUND = CALL.c.kind != CallKind.INBOUND.value


class SqlAudit(Work):
    """`AuditTable`."""

    @reads
    def usage(self, asker: str, room: Room, *, now: datetime, day_start: datetime) -> Usage:
        today = (CALL.c.room_key == room.key) & (CALL.c.started_at >= day_start)
        last_hour = (PLACEMENT.c.asker == asker) & (PLACEMENT.c.created_at > now - timedelta(hours=1))
        of_call = PLACEMENT.join(CALL, PLACEMENT.c.call == CALL.c.id)
        counts = select(
            _count(select(PLACEMENT.c.token).select_from(of_call).where(last_hour, OUTBOUND)),
            _count(select(LEG.c.token).where(LEG.c.room_key == room.key, LEG.c.live)),
            _count(select(CALL.c.id).where(today, OUTBOUND)),
        )
        placements, live, calls = map(int, (self._execute(counts)).one())
        spent = select(CHARGE.c.currency, func.sum(CHARGE.c.billionths).label("sum"))
        spent = spent.where(CHARGE.c.ended_at >= day_start)
        rows = self._rows(spent.group_by(CHARGE.c.currency).order_by(CHARGE.c.currency))
        return Usage(
            placements_last_hour=placements,
            live_legs=live,
            calls_today=calls,
            spent_today=tuple(money(row["sum"], row["currency"]) for row in rows),
        )

    @writes
    def log_verdict(self, verdict: LoggedVerdict) -> None:
        self._execute(insert(VERDICT).values(values_of(verdict, VERDICT)))

    @reads
    def verdicts(self, limit: int = 100) -> Sequence[LoggedVerdict]:
        rows = self._rows(select(VERDICT).order_by(VERDICT.c.id.desc()).limit(limit))
        return [value_of(LoggedVerdict, row, VERDICT) for row in rows]

    @reads
    def tally(self, now: datetime) -> Tally:
        calls = select(CALL.c.state, func.count().label("n")).where(OUTBOUND).group_by(CALL.c.state)
        of_call = PLACEMENT.join(CALL, PLACEMENT.c.call == CALL.c.id)
        placements = select(PLACEMENT.c.state, func.count().label("n")).select_from(of_call)
        placements = placements.where(OUTBOUND).group_by(PLACEMENT.c.state)
        waiting = CALL.c.state.in_([literal(CallState.SCHEDULED), literal(CallState.CLAIMED)])
        overdue = select(func.count()).select_from(CALL).where(OUTBOUND, waiting, CALL.c.due <= now)
        orphans = self._rows(select(CALL.c.id).where(OUTBOUND, _orphaned(now)).order_by(CALL.c.due))
        return Tally(
            calls={CallState(row["state"]): row["n"] for row in self._rows(calls)},
            placements={PlacementState(row["state"]): row["n"] for row in self._rows(placements)},
            overdue=(self._execute(overdue)).scalar_one(),
            orphans=tuple(CallId(row["id"]) for row in orphans),
        )


def _count(rows: Any) -> Any:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _orphaned(now: datetime) -> Any:
    """Calls that nothing will move any more: see `storage/memory/audit.py` for the same in Python."""
    long_ago = now - GRACE
    placing = and_(PLACEMENT.c.call == CALL.c.id, PLACEMENT.c.state == literal(PlacementState.PLACING))
    abandoned = select(PLACEMENT.c.token).where(placing, PLACEMENT.c.watch_at <= long_ago).exists()
    in_doubt = select(PLACEMENT.c.token).where(placing).exists()
    is_open = select(LEG.c.token).where(LEG.c.call == CALL.c.id, LEG.c.open).exists()
    forgotten = and_(
        CALL.c.state == literal(CallState.STARTED),
        CALL.c.unplaced == literal(NOBODY),
        CALL.c.wake_at.is_(None),
        not_(is_open),
    )
    lost_claim = and_(
        CALL.c.state == literal(CallState.CLAIMED),
        or_(CALL.c.owner.is_(None), CALL.c.lease_until <= long_ago),
    )
    closed = [literal(state) for state in CallState if state.is_final]
    return or_(forgotten, lost_claim, abandoned, and_(CALL.c.state.in_(closed), in_doubt))
