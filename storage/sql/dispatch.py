"""The only authority to dial: each arrow of the state machine is one conditional write; the caller commits.

`scheduled → claimed → started` for calls; `placing → placed, unknown, rejected, closed` for placements. Every
write about a call holds its row first, so a callback and a dispatcher never overwrite each other.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union_all,
    update,
)

from bot.domain.call import Call, CallState, Placement, PlacementState
from bot.domain.cdr import CallId
from bot.domain.flow import LegRole
from bot.domain.leg import Token
from bot.ports.ledger import BREAK, Slot
from storage.mapping import NOBODY, Row, Values, call_of, placement_legs, placement_of, placement_values
from storage.sql.calls import NEW_PLACEMENT, SqlCalls
from storage.sql.literals import literal
from storage.sql.work import reads, writes
from storage.tables import CALL, PLACEMENT, RATE, TURN
from storage.tables.columns import MICROSECOND, Instant, at, micros, moment

SCHEDULED = literal(CallState.SCHEDULED)
CLAIMED = literal(CallState.CLAIMED)
STARTED = literal(CallState.STARTED)
ACTIVE = [literal(state) for state in CallState if not state.is_final]
PLACING = literal(PlacementState.PLACING)
INCOMPLETE = (CALL.c.state == STARTED) & (CALL.c.unplaced != literal(NOBODY))
AWAKE = CALL.c.wake_at.is_not(None) & CALL.c.state.in_(ACTIVE)
REQUESTED = PLACEMENT.c.state == PLACING


class SqlDispatch(SqlCalls):
    """`DispatchTable`."""

    @reads
    def next_moment(self) -> datetime | None:
        row = (self._execute(_NEXT_MOMENT)).one()
        return min((each for each in row if each is not None), default=None)

    # --- claims -------------------------------------------------------------------------------

    @writes
    def claim(
        self, *, owner: str, now: datetime, lease_until: datetime, limit: int, provider: str | None = None
    ) -> Sequence[Call]:
        wanted = {"now": now, "limit": limit, "holder": owner, "until": lease_until}
        wanted |= {} if provider is None else {"account": provider}
        rows = _in_turn(self._rows(_taken(named=provider is not None), wanted))
        if len(rows) == limit:
            self._served(rows)
        if all(row["state"] == CallState.CLAIMED for row in rows):
            return [call_of(row, (), ()) for row in rows]  # the first placement of a call starts it
        return self._calls(rows)

    def _served(self, rows: Sequence[Row]) -> None:
        """Others still wait: the rooms of these calls go to the end of the line."""
        last = self._execute(_LAST_SERVED).scalar_one()
        rooms = sorted({row["room_key"] for row in rows})
        self._upsert(TURN, *({"room_key": room_key, "served": last + 1} for room_key in rooms))

    @writes
    def renew(self, *, owner: str, until: datetime) -> None:
        mine = union_all(
            select(CALL.c.id).where(CALL.c.owner == owner),
            select(PLACEMENT.c.call).where(PLACEMENT.c.owner == owner, REQUESTED),
        )
        # All calls first and in one order: two dispatchers that renew and lapse never wait crosswise.
        in_order = select(CALL.c.id).where(CALL.c.id.in_(mine)).order_by(CALL.c.id)
        self._execute(in_order.with_for_update())
        claims = update(CALL).where(CALL.c.owner == owner, CALL.c.lease_until < until)
        self._execute(claims.values(lease_until=until))
        placing = update(PLACEMENT).where(
            PLACEMENT.c.owner == owner, REQUESTED, PLACEMENT.c.lease_until < until
        )
        watch_at = case((PLACEMENT.c.check_at < until, PLACEMENT.c.check_at), else_=at(until))
        self._execute(placing.values(lease_until=until, watch_at=watch_at))

    @writes
    def release(self, *, owner: str, calls: Collection[CallId]) -> None:
        if not calls:
            return
        mine = update(CALL).where(CALL.c.id.in_(list(calls)), CALL.c.owner == owner)
        to_scheduled = case((CALL.c.state == CLAIMED, SCHEDULED), else_=CALL.c.state)
        self._execute(mine.values(state=to_scheduled, owner=None, lease_until=None))
        self._tell_others()

    @writes
    def lapse(self, now: datetime) -> int:
        return int(self._execute(_LAPSED, {"now": now}).rowcount)

    @writes
    def done_placing(self, call: CallId, *, owner: str) -> None:
        mine = update(CALL).where(CALL.c.id == call, CALL.c.owner == owner, CALL.c.state == STARTED)
        self._execute(mine.values(owner=None, lease_until=None))

    # --- placements ---------------------------------------------------------------------------

    @writes
    def begin_placement(self, placement: Placement, *, owner: str, now: datetime, last: bool = False) -> bool:
        return self._attempt(partial(self._begin, placement, owner, now, last))

    def _begin(self, placement: Placement, owner: str, now: datetime, last: bool) -> bool:
        tokens = {placement.token} if last else ()
        return bool(self._begin_all([placement], owner, now, tokens))

    @writes
    def begin_placements(
        self, placements: Sequence[Placement], *, owner: str, now: datetime, last: Collection[Token] = ()
    ) -> Collection[Token]:
        return self._begin_all(placements, owner, now, last)

    def _begin_all(
        self, placements: Sequence[Placement], owner: str, now: datetime, last: Collection[Token]
    ) -> Collection[Token]:
        if len(placements) > 1:
            # In one order, as `renew` takes them: who holds several must never wait crosswise.
            self._execute(_IN_ORDER, {"these": [each.call for each in placements]})
        alike: dict[tuple[LegRole, bool], list[Placement]] = defaultdict(list)
        for each in placements:
            alike[each.role, each.token in last].append(each)
        rows: list[Values] = []
        legs: list[Values] = []
        for (role, is_last), group in alike.items():
            wanted = {
                "these": [each.call for each in group],
                "holder": owner,
                "now": now,
                "role": f",{role},",
            }
            calls = {call["id"]: call for call in self._rows(_begun(last=is_last), wanted)}
            for each in group:
                if (call := calls.get(each.call)) is not None:
                    others = {"owner": owner, "asker": call["asker"], "position": call["earlier"]}
                    rows.append({**placement_values(each, ()), **others})
                    legs += placement_legs(each, call["room_key"], {}).values()
        self._execute_all(NEW_PLACEMENT, rows)
        self._write_legs(legs)
        return {row["token"] for row in rows}

    @writes
    def settle(self, token: Token, *, expected: Collection[PlacementState], becomes: Placement) -> bool:
        id = self._call_of_token(token)
        call = self._call(id) if id is not None else None
        known = call.placement(token) if call is not None else None
        if call is None or known is None or known.state not in expected:
            return False
        settled = tuple(becomes if each is known else each for each in call.placements)
        after = replace(call, placements=settled)
        if not self._attempt(partial(self._write_settled, after, call)):
            return False
        self._held[call.id] = after
        return True

    def _write_settled(self, after: Call, before: Call) -> bool:
        self._write_parts((after, before))
        return True

    # --- what needs looking after -------------------------------------------------------------

    @reads
    def troubled(self, now: datetime, limit: int = 100) -> Sequence[Placement]:
        wanted = select(PLACEMENT).where(PLACEMENT.c.watch_at <= now)
        rows = self._rows(wanted.order_by(PLACEMENT.c.watch_at).limit(limit))
        return [placement_of(row) for row in rows]

    @reads
    def wakes(self, now: datetime, limit: int = 100) -> Sequence[CallId]:
        wanted = select(CALL.c.id).where(AWAKE, CALL.c.wake_at <= now)
        rows = self._rows(wanted.order_by(CALL.c.wake_at).limit(limit))
        return [CallId(row["id"]) for row in rows]

    # --- the provider's rate ------------------------------------------------------------------

    @writes
    def reserve(self, account: str, *, per_second: float, now: datetime) -> Slot:
        if per_second <= 0:
            return Slot(at=now)
        start, gap = micros(now), timedelta(seconds=1 / per_second) // MICROSECOND
        first = self._insert(RATE).values(account=account, next_free=start + gap, busy_since=start)
        later = case((RATE.c.next_free > start, RATE.c.next_free), else_=start) + gap
        was_idle = RATE.c.next_free < micros(now - BREAK)
        taken = first.on_conflict_do_update(
            index_elements=["account"],
            set_={"next_free": later, "busy_since": case((was_idle, start), else_=RATE.c.busy_since)},
        )
        next_free = (self._execute(taken.returning(RATE.c.next_free))).scalar_one()
        return Slot(at=moment(next_free - gap))

    @reads
    def next_free(self, account: str) -> datetime | None:
        row = self._row(select(RATE.c.next_free).where(RATE.c.account == account))
        return moment(row["next_free"]) if row else None

    @reads
    def busy_since(self, account: str, *, now: datetime) -> datetime | None:
        not_idle = RATE.c.next_free >= micros(now - BREAK)
        row = self._row(select(RATE.c.busy_since).where(RATE.c.account == account, not_idle))
        return moment(row["busy_since"]) if row else None

    @reads
    def queued(self, provider: str, *, since: datetime, until: datetime) -> int:
        those = (CALL.c.provider == provider, CALL.c.due >= since, CALL.c.due <= until)
        # One by one: SQLite finds the partial index of one state, not that of either.
        counts = [_count(*those, CALL.c.state == state) for state in (SCHEDULED, CLAIMED)]
        return sum(self._execute(select(*counts)).one())


def _count(*where: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(CALL).where(*where).scalar_subquery()


def _earliest(column: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
    return select(func.min(column)).where(*where).scalar_subquery()


_NEXT_MOMENT = select(
    _earliest(CALL.c.due, CALL.c.state == SCHEDULED),
    _earliest(CALL.c.lease_until, CALL.c.state == CLAIMED),
    _earliest(func.coalesce(CALL.c.lease_until, CALL.c.due), INCOMPLETE),
    _earliest(CALL.c.wake_at, AWAKE),
    _earliest(PLACEMENT.c.watch_at, PLACEMENT.c.watch_at.is_not(None)),
)


_NOW = bindparam("now", type_=Instant())
# What happens all the time is put together once: that takes far longer than running it.
_IN_ORDER = (
    select(CALL.c.id)
    .where(CALL.c.id.in_(bindparam("these", expanding=True)))
    .order_by(CALL.c.id)
    .with_for_update()
)
_LAST_SERVED = select(func.coalesce(func.max(TURN.c.served), 0))
_ENDED = select(CALL.c.id).where(CALL.c.state == CLAIMED, CALL.c.lease_until <= _NOW)
_LAPSED = (
    update(CALL)
    .where(CALL.c.id.in_(_ENDED.with_for_update(skip_locked=True)))
    .values(state=SCHEDULED, owner=None, lease_until=None)
)


@cache
def _begun(*, last: bool) -> Executable:
    """The calls of placements, started, those of them that are still ours."""
    earlier = select(func.count()).where(PLACEMENT.c.call == CALL.c.id).scalar_subquery()
    started = (
        update(CALL)
        .where(
            CALL.c.id.in_(bindparam("these", expanding=True)),
            CALL.c.owner == bindparam("holder"),
            CALL.c.lease_until > _NOW,
        )
        .where(CALL.c.state.in_([CLAIMED, STARTED]))
        .values(
            state=STARTED,
            started_at=func.coalesce(CALL.c.started_at, _NOW),
            unplaced=func.replace(CALL.c.unplaced, bindparam("role", type_=String), ","),
        )
    )
    if last:
        started = started.values(owner=None, lease_until=None)
    return started.returning(CALL.c.id, CALL.c.asker, CALL.c.room_key, earlier.label("earlier"))


@cache
def _taken(*, named: bool) -> Executable:
    """The calls at the head of the line, claimed, in whatever order; with them when their room was served."""
    line = _claimable(named=named).cte("head").prefix_with("MATERIALIZED")  # else it might be drawn up twice
    served = select(TURN.c.served).where(TURN.c.room_key == CALL.c.room_key).scalar_subquery()
    return (
        update(CALL)
        .where(CALL.c.id.in_(select(line.c.id)))
        .values(
            state=case((CALL.c.state == SCHEDULED, CLAIMED), else_=CALL.c.state),
            owner=bindparam("holder"),
            lease_until=bindparam("until", type_=Instant()),
        )
        .returning(CALL, func.coalesce(served, 0).label("served"))
    )


def _in_turn(rows: Sequence[Row]) -> Sequence[Row]:
    """In the order of `_claimable`."""
    turns: Counter[str] = Counter()
    line = []
    for row in sorted(rows, key=lambda row: (row["due"], row["id"])):
        line.append(((turns[row["room_key"]], row["served"], row["due"], row["id"]), row))
        turns[row["room_key"]] += 1
    return [row for _, row in sorted(line, key=lambda each: each[0])]


def _claimable(*, named: bool) -> Select[Any]:
    """Calls to claim, locked: rooms in turn (last served, last again), oldest first within a room.

    `named`: of one provider only.
    """
    due = and_(CALL.c.state == SCHEDULED, CALL.c.due <= _NOW)
    left = and_(INCOMPLETE, or_(CALL.c.owner.is_(None), CALL.c.lease_until <= _NOW))
    if named:
        its = CALL.c.provider == bindparam("account")
        due, left = due & its, left & its
    waiting = union_all(_waiting(due), _waiting(left)).subquery()
    in_room = func.row_number().over(partition_by=waiting.c.room_key, order_by=(waiting.c.due, waiting.c.id))
    line = (
        select(waiting.c.id, in_room.label("turn"), func.coalesce(TURN.c.served, 0).label("served"))
        .select_from(waiting.outerjoin(TURN, TURN.c.room_key == waiting.c.room_key))
        .subquery()
    )
    return (
        select(CALL.c.id)
        .join(line, CALL.c.id == line.c.id)
        # Said again about the row itself: another worker may have taken it since the line was drawn up.
        .where(or_(due, left))
        .order_by(line.c.turn, line.c.served, CALL.c.due, CALL.c.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(of=CALL, skip_locked=True)
    )


def _waiting(which: ColumnElement[bool]) -> Select[Any]:
    # As an expression, not a column: SQLite would otherwise read every call there is, because that index
    # happens to be sorted by room.
    room_key = (CALL.c.room_key + "").label("room_key")
    return select(CALL.c.id, room_key, CALL.c.due).where(which)
