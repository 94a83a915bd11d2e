"""What policy asks, what it said, and the sums of the self-audit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, true, union

from bot.domain.call import GRACE, CallKind, CallState, PlacementState
from bot.domain.cdr import CallId
from bot.domain.people import Room
from bot.ports.ledger import LoggedVerdict, Tally, Usage
from storage.mapping import NOBODY, value_of, values_of
from storage.sql.charges import money
from storage.sql.literals import literal
from storage.sql.work import Work, reads, scans, writes
from storage.tables import CALL, CHARGE, LEG, PLACEMENT, VERDICT
from storage.tables.columns import Instant

OUTBOUND = CALL.c.kind != CallKind.INBOUND.value
OF_CALL = PLACEMENT.join(CALL, PLACEMENT.c.call == CALL.c.id)
SCHEDULED = literal(CallState.SCHEDULED)
CLAIMED = literal(CallState.CLAIMED)
STARTED = literal(CallState.STARTED)
PLACING = literal(PlacementState.PLACING)


class SqlAudit(Work):
    """`AuditTable`."""

    @reads
    def usage(self, asker: str, room: Room, *, now: datetime, day_start: datetime) -> Usage:
        hour_ago = now - timedelta(hours=1)
        whose = {"asker": asker, "room": room.key, "hour_ago": hour_ago, "day_start": day_start}
        rows = self._rows(_USAGE, whose)
        return Usage(
            placements_last_hour=rows[0]["placements"],
            live_legs=rows[0]["live"],
            calls_today=rows[0]["calls"],
            spent_today=tuple(money(row["sum"], row["currency"]) for row in rows if row["currency"]),
        )

    @writes
    def log_verdict(self, *verdicts: LoggedVerdict) -> None:
        self._execute_all(_VERDICT, [values_of(verdict, VERDICT) for verdict in verdicts])

    @reads
    def verdicts(self, limit: int = 100, *, call: CallId | None = None) -> Sequence[LoggedVerdict]:
        wanted = select(VERDICT) if call is None else select(VERDICT).where(VERDICT.c.call == call)
        rows = self._rows(wanted.order_by(VERDICT.c.id.desc()).limit(limit))
        return [value_of(LoggedVerdict, row, VERDICT) for row in rows]

    @scans
    def tally(self, now: datetime) -> Tally:
        calls = select(CALL.c.state, func.count().label("n")).where(OUTBOUND).group_by(CALL.c.state)
        placements = select(PLACEMENT.c.state, func.count().label("n")).select_from(OF_CALL)
        placements = placements.where(OUTBOUND).group_by(PLACEMENT.c.state)
        return Tally(
            calls={CallState(row["state"]): row["n"] for row in self._rows(calls)},
            placements={PlacementState(row["state"]): row["n"] for row in self._rows(placements)},
            overdue=sum(self._execute(select(*_overdue(now))).one()),
            orphans=tuple(CallId(row["id"]) for row in self._rows(_orphans(now))),
        )


def _count(rows: Any) -> Any:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _usage() -> Any:
    """Placed by this person within the hour; live in this room; called from this room today. And a row for
    each currency in which money was spent today, at least one."""
    day_start, hour_ago = bindparam("day_start", type_=Instant()), bindparam("hour_ago", type_=Instant())
    today = (CALL.c.room_key == bindparam("room")) & (CALL.c.started_at >= day_start)
    last_hour = (PLACEMENT.c.asker == bindparam("asker")) & (PLACEMENT.c.created_at > hour_ago)
    counts = select(
        _count(select(PLACEMENT.c.token).select_from(OF_CALL).where(last_hour, OUTBOUND)).label("placements"),
        _count(select(LEG.c.token).where(LEG.c.room_key == bindparam("room"), LEG.c.live)).label("live"),
        _count(select(CALL.c.id).where(today, OUTBOUND)).label("calls"),
    ).subquery()
    spent = (
        select(CHARGE.c.currency, func.sum(CHARGE.c.billionths).label("sum"))
        .where(CHARGE.c.ended_at >= day_start)
        .group_by(CHARGE.c.currency)
        .subquery()
    )
    return select(counts, spent).outerjoin_from(counts, spent, true()).order_by(spent.c.currency)


# Asked before every placement, so put together once: that takes far longer than running it.
_USAGE = _usage()
_VERDICT = insert(VERDICT)


# Below, each state is asked about by itself: that finds the small index of its own, where a question about
# several would read every call there is.


def _overdue(now: datetime) -> list[Any]:
    due = select(CALL.c.id).where(OUTBOUND, CALL.c.due <= now)
    return [_count(due.where(CALL.c.state == state)) for state in (SCHEDULED, CLAIMED)]


def _orphans(now: datetime) -> Any:
    """Calls that nothing will move any more, oldest first; `storage/memory/audit.py` says it in Python."""
    long_ago = now - GRACE
    is_open = select(LEG.c.token).where(LEG.c.call == CALL.c.id, LEG.c.open).exists()
    nothing_left = (CALL.c.unplaced == literal(NOBODY)) & CALL.c.wake_at.is_(None) & ~is_open
    never_lapsed = CALL.c.owner.is_(None) | (CALL.c.lease_until <= long_ago)
    # Every placement that is being requested is watched.
    in_doubt = (PLACEMENT.c.state == PLACING) & PLACEMENT.c.watch_at.is_not(None)
    closed = CALL.c.state.in_([literal(state) for state in CallState if state.is_final])
    call = (CALL.c.id, CALL.c.due)
    found = union(
        select(*call).where(OUTBOUND, CALL.c.state == STARTED, nothing_left),
        select(*call).where(OUTBOUND, CALL.c.state == CLAIMED, never_lapsed),
        select(*call).select_from(OF_CALL).where(OUTBOUND, in_doubt, PLACEMENT.c.watch_at <= long_ago),
        select(*call).select_from(OF_CALL).where(OUTBOUND, in_doubt, closed),
    ).subquery()
    return select(found.c.id).order_by(found.c.due)
