"""What policy asks, what it said, and the sums of the self-audit."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, union, union_all

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
    def usages(
        self, wanted: Collection[tuple[str, Room]], *, now: datetime, day_start: datetime
    ) -> Mapping[tuple[str, Room], Usage]:
        whose = {
            "askers": sorted({asker for asker, _ in wanted}),
            "rooms": sorted({room.key for _, room in wanted}),
            "hour_ago": now - timedelta(hours=1),
            "day_start": day_start,
        }
        rows = self._rows(_USAGES, whose)
        used: Counter[tuple[str, str]] = Counter({(row["kind"], row["of"]): int(row["n"]) for row in rows})
        spent = sorted((currency, sum_) for (kind, currency), sum_ in used.items() if kind == "spent")
        return {
            (asker, room): Usage(
                placements_last_hour=used["placements", asker],
                live_legs=used["live", room.key],
                calls_today=used["calls", room.key],
                spent_today=tuple(money(sum_, currency) for currency, sum_ in spent),
            )
            for asker, room in wanted
        }

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


def _usages() -> Any:
    """Placed by each person within the hour; live in each room; called from each room today; and how many
    billionths of each currency everybody has spent today."""
    askers: Any = bindparam("askers", expanding=True)
    rooms: Any = bindparam("rooms", expanding=True)
    hour_ago, day_start = bindparam("hour_ago", type_=Instant()), bindparam("day_start", type_=Instant())
    n = func.count().label("n")
    whose = PLACEMENT.c.asker
    placed = select(literal("placements").label("kind"), whose.label("of"), n).select_from(OF_CALL)
    live = select(literal("live"), LEG.c.room_key, n)
    called = select(literal("calls"), CALL.c.room_key, n)
    spent = select(literal("spent"), CHARGE.c.currency, func.sum(CHARGE.c.billionths))
    return union_all(
        placed.where(whose.in_(askers), PLACEMENT.c.created_at > hour_ago, OUTBOUND).group_by(whose),
        live.where(LEG.c.room_key.in_(rooms), LEG.c.live).group_by(LEG.c.room_key),
        called.where(CALL.c.room_key.in_(rooms), CALL.c.started_at >= day_start, OUTBOUND).group_by(
            CALL.c.room_key
        ),
        spent.where(CHARGE.c.ended_at >= day_start).group_by(CHARGE.c.currency),
    )


# Asked before every placement, so put together once: that takes far longer than running it.
_USAGES = _usages()
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
