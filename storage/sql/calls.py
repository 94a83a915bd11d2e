"""Orders, their occurrences, and what happened to them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Table,
    bindparam,
    delete,
    exists,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.expression import Select

from bot.domain.call import Call, CallState, OrderId, Placement, ScheduledCall
from bot.domain.cdr import CallDetailRecord, CallId
from bot.domain.codec import encode
from bot.domain.errors import Conflict
from bot.domain.leg import Leg, LegEvent, Token
from bot.domain.people import Room
from storage.mapping import (
    Row,
    Values,
    call_of,
    call_values,
    event_of,
    event_values,
    leg_values,
    placement_of,
    placement_values,
    value_of,
    values_of,
    watch_at,
)
from storage.sql.charges import charges
from storage.sql.literals import literal
from storage.sql.work import Link, Work, reads, writes
from storage.sql.work import insert as insert_as
from storage.tables import CALL, CDR, CHARGE, COUNTER, LEG, LEG_EVENT, ORDER, PLACEMENT

HOLDABLE = (CallState.CLAIMED, CallState.STARTED)
"""Only these can be held by a dispatcher; in any other state the claim is gone."""


class SqlCalls(Work):
    """`CallTable`."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        # Calls as this unit of work has read and holds them: what did not change is not written again.
        self._held: dict[CallId, Call] = {}

    @writes
    def next_number(self, tenant: str) -> int:
        return self._count(tenant, "call")

    @writes
    def next_voicemail(self, tenant: str) -> int:
        return self._count(tenant, "voicemail")

    def _count(self, tenant: str, kind: str) -> int:
        first = self._insert(COUNTER).values(tenant=tenant, kind=kind, value=1)
        next_one = first.on_conflict_do_update(
            index_elements=["tenant", "kind"], set_={"value": COUNTER.c.value + 1}
        )
        return int((self._execute(next_one.returning(COUNTER.c.value))).scalar_one())

    # --- orders -------------------------------------------------------------------------------

    @writes
    def save_order(self, order: ScheduledCall) -> None:
        self._upsert(ORDER, {**values_of(order, ORDER), "tenant": order.room.tenant})

    @reads
    def order(self, id: OrderId) -> ScheduledCall | None:
        row = self._row(select(ORDER).where(ORDER.c.id == id))
        return value_of(ScheduledCall, row, ORDER) if row else None

    @reads
    def orders(self, tenant: str, *, active: bool = True) -> Sequence[ScheduledCall]:
        wanted = select(ORDER).where(ORDER.c.tenant == tenant)
        if active:
            wanted = wanted.where(~ORDER.c.cancelled, ORDER.c.recurrence.is_not(None))
        rows = self._rows(wanted.order_by(ORDER.c.number, ORDER.c.created_at))
        return [value_of(ScheduledCall, row, ORDER) for row in rows]

    @writes
    def occurrence(self, order: OrderId, due: datetime) -> CallId | None:
        # Held, so that two dispatchers cannot both find that it is missing.
        self._execute(select(ORDER.c.id).where(ORDER.c.id == order).with_for_update())
        wanted = select(CALL.c.id).where(CALL.c.order == order, CALL.c.due == due)
        row = self._row(wanted.limit(1))
        return CallId(row["id"]) if row else None

    # --- calls --------------------------------------------------------------------------------

    @writes
    def add_call(self, call: Call) -> None:
        self._execute(_NEW_CALL, call_values(call))
        self._write_parts((call, None))
        self._tell_others()

    @writes
    def call(self, id: CallId) -> Call | None:
        return self._call(id)

    def _call(self, id: CallId) -> Call | None:
        it = {"this": id}
        row = self._row(_HELD_CALL, it)
        if row is None:
            return None
        self._held[id] = call_of(row, self._rows(_ITS_PLACEMENTS, it), self._rows(_ITS_LEGS, it))
        return self._held[id]

    @writes
    def calls(self, ids: Collection[CallId]) -> Sequence[Call]:
        found = self._calls(self._rows(_FREE_CALLS, {"ids": list(ids)}))
        self._held.update((call.id, call) for call in found)
        return found

    @writes
    def save_call(self, *calls: Call) -> None:
        known = [self._held.get(call.id) or self._call(call.id) for call in calls]
        changes: dict[Sequence[str], list[Values]] = defaultdict(list)
        for call, before in zip(calls, known, strict=True):
            if before is None:
                raise Conflict(f"there is no call {call.id} to save")
            values = call_values(call, unlike=before)
            if call.state not in HOLDABLE:
                values |= {"owner": None, "lease_until": None}
            changes[tuple(values)].append({**values, "this": call.id})
            self._held[call.id] = call
            if call.state is CallState.SCHEDULED or call.unplaced:
                self._tell_others()
        for rows in changes.values():
            self._execute_all(_SAVED_CALL, rows)
        self._write_parts(*zip(calls, known, strict=True))

    @reads
    def call_of_token(self, token: Token) -> CallId | None:
        return self._call_of_token(token)

    def _call_of_token(self, token: Token) -> CallId | None:
        row = self._row(_CALL_OF_TOKEN, {"this": token})
        return CallId(row["call"]) if row else None

    @reads
    def placement(self, token: Token) -> Placement | None:
        row = self._row(_PLACEMENT, {"this": token})
        return placement_of(row) if row else None

    @reads
    def calls_numbered(self, tenant: str, number: int) -> Sequence[Call]:
        wanted = select(CALL).where(CALL.c.tenant == tenant, CALL.c.number == number)
        return self._calls(self._rows(wanted.order_by(CALL.c.due.desc(), CALL.c.id.desc())))

    @reads
    def calls_in(
        self,
        *,
        tenant: str | None = None,
        room: Room | None = None,
        asker: str | None = None,
        states: Collection[CallState] | None = None,
        limit: int = 50,
        offset: int = 0,
        newest_first: bool = False,
    ) -> Sequence[Call]:
        filters: list[ColumnElement[bool]] = []
        if tenant is not None:
            filters.append(CALL.c.tenant == tenant)
        if room is not None:
            filters.append(CALL.c.room_key == room.key)
        if asker is not None:
            filters.append(CALL.c.asker == asker)
        chosen = sorted(set(CallState if states is None else states))
        if not chosen:
            return ()
        page = _page(filters, chosen, limit=limit, offset=offset, newest_first=newest_first)
        return self._calls(self._rows(page))

    def _calls(self, rows: Sequence[Row]) -> list[Call]:
        """The calls of these rows, with their placements and legs, in two statements for all of them."""
        if not rows:
            return []
        ids = [row["id"] for row in rows]
        placements, legs = self._by_call(_PLACEMENTS, ids), self._by_call(_LEGS, ids)
        return [call_of(row, placements.get(row["id"], ()), legs.get(row["id"], ())) for row in rows]

    def _by_call(self, wanted: "Select[Any]", ids: Sequence[str]) -> Mapping[str, list[Row]]:
        rows = self._rows(wanted, {"ids": ids})
        return {call: list(parts) for call, parts in groupby(rows, key=lambda row: str(row["call"]))}

    # --- placements and legs ------------------------------------------------------------------

    def _write_parts(self, *calls: tuple[Call, Call | None]) -> None:
        """Placements and legs that are not as they were known before."""
        new: list[Values] = []
        changed: dict[Sequence[str], list[Values]] = defaultdict(list)
        legs: list[Values] = []
        for call, known in calls:
            for placement in call.placements:
                before = known.placement(placement.token) if known else None
                if before is None or known is None:
                    new.append(_placement_row(placement, call))
                elif _differs(placement, call, before, known):
                    values = placement_values(placement, call.legs, unlike=before)
                    changed[tuple(values)].append({**values, "this": placement.token})
            known_legs = leg_values(known) if known else {}
            legs += [row for key, row in leg_values(call).items() if known_legs.get(key) != row]
        # Not an upsert: a token that another call has already must not be taken away from it.
        self._execute_all(NEW_PLACEMENT, new)
        for rows in changed.values():
            self._execute_all(_SAVED_PLACEMENT, rows)
        self._write_legs(legs)

    def _write_legs(self, rows: Collection[Values]) -> None:
        """`data` is a `Leg` here. Closed ones first, so that a new one finds room; else Conflict."""
        closed_first = sorted(rows, key=lambda row: bool(row["open"]))
        if closed_first:
            self._upsert(LEG, *map(_encoded, closed_first))

    # --- events and accounts ------------------------------------------------------------------

    @writes
    def add_events(self, heard: Sequence[tuple[LegEvent, CallId]], now: datetime) -> Sequence[bool]:
        if not heard:
            return []
        rows = [{**event_values(event), "call": call, "received_at": now} for event, call in heard]
        written = self._execute(_new_events(self._dialect), rows)
        new = {(row.token, row.source_id) for row in written}
        answers = []
        for event, _ in heard:
            answers.append((event.token, event.source_id) in new)
            new.discard((event.token, event.source_id))
        return answers

    @reads
    def whose(self, event: LegEvent) -> tuple[CallId | None, bool]:
        row = self._row(_WHOSE, {"token": event.token, "source_id": event.source_id})
        return (CallId(row["call"]), row["is_known"]) if row else (None, False)

    @reads
    def events(self, call: CallId) -> Sequence[LegEvent]:
        wanted = select(LEG_EVENT).where(LEG_EVENT.c.call == call).order_by(LEG_EVENT.c.id)
        return [event_of(row) for row in self._rows(wanted)]

    @reads
    def heard(self, call: CallId) -> Sequence[tuple[LegEvent, datetime]]:
        wanted = select(LEG_EVENT).where(LEG_EVENT.c.call == call).order_by(LEG_EVENT.c.id)
        return [(event_of(row), row["received_at"]) for row in self._rows(wanted)]

    @writes
    def save_cdr(self, *cdrs: CallDetailRecord) -> None:
        if cdrs:
            self._upsert(CDR, *(values_of(cdr, CDR) for cdr in cdrs))
            self._execute(_NO_CHARGES, {"ids": [cdr.call for cdr in cdrs]})
            self._execute_all(_NEW_CHARGE, [row for cdr in cdrs for row in charges(cdr)])

    @reads
    def cdr(self, call: CallId) -> CallDetailRecord | None:
        row = self._row(select(CDR).where(CDR.c.call == call))
        return value_of(CallDetailRecord, row, CDR) if row else None


def _parts(table: Table, *where: ColumnElement[bool]) -> "Select[Any]":
    return select(table).where(*where).order_by(table.c.call, table.c.position)


# What every call goes through, put together once: that takes far longer than running it.
_NEW_CALL = insert(CALL)
NEW_PLACEMENT = insert(PLACEMENT)
_HELD_CALL = select(CALL).where(CALL.c.id == bindparam("this")).with_for_update()
_FREE_CALLS = (
    select(CALL)
    .where(CALL.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(CALL.c.id)
    .with_for_update(skip_locked=True)
)
_SAVED_CALL = update(CALL).where(CALL.c.id == bindparam("this"))
_SAVED_PLACEMENT = update(PLACEMENT).where(PLACEMENT.c.token == bindparam("this"))
_NO_CHARGES = delete(CHARGE).where(CHARGE.c.call.in_(bindparam("ids", expanding=True)))
_NEW_CHARGE = insert(CHARGE)
_CALL_OF_TOKEN = select(LEG.c.call).where(LEG.c.token == bindparam("this")).limit(1)
_PLACEMENT = select(PLACEMENT).where(PLACEMENT.c.token == bindparam("this"))
_WHOSE = (
    select(
        LEG.c.call,
        exists()
        .where(LEG_EVENT.c.token == bindparam("token"), LEG_EVENT.c.source_id == bindparam("source_id"))
        .label("is_known"),
    )
    .where(LEG.c.token == bindparam("token"))
    .limit(1)
)
_ITS_PLACEMENTS = _parts(PLACEMENT, PLACEMENT.c.call == bindparam("this"))
_ITS_LEGS = _parts(LEG, LEG.c.call == bindparam("this"), LEG.c.data.is_not(None))
_PLACEMENTS = _parts(PLACEMENT, PLACEMENT.c.call.in_(bindparam("ids", expanding=True)))
_LEGS = _parts(LEG, LEG.c.call.in_(bindparam("ids", expanding=True)), LEG.c.data.is_not(None))


@cache
def _new_events(dialect: str) -> Any:
    new = insert_as(LEG_EVENT, dialect).on_conflict_do_nothing()
    return new.returning(LEG_EVENT.c.token, LEG_EVENT.c.source_id)


def _differs(placement: Placement, call: Call, before: Placement, known: Call) -> bool:
    """What is watched depends on the legs too."""
    return before != placement or watch_at(placement, call.legs) != watch_at(before, known.legs)


def _placement_row(placement: Placement, call: Call) -> Values:
    others = {"position": call.placements.index(placement), "asker": call.asker}
    return {**placement_values(placement, call.legs), **others}


def _encoded(row: Values) -> Values:
    leg: Leg | None = row["data"]
    return {**row, "data": None if leg is None else encode(leg)}


def _page(
    filters: Sequence[ColumnElement[bool]],
    states: Sequence[CallState],
    *,
    limit: int,
    offset: int,
    newest_first: bool,
) -> Executable:
    """One page by due time.

    Each state is looked up by itself, as far as this page reaches: that walks an index in order, where one
    query over several states would sort everything there is.
    """

    def in_order(columns: Any) -> list[ColumnElement[Any]]:
        both = (columns.due, columns.number)
        return [column.desc() if newest_first else column.asc() for column in both]

    def first_of(state: CallState) -> "Select[Any]":
        those = select(CALL.c.id, CALL.c.due, CALL.c.number).where(CALL.c.state == literal(state), *filters)
        return select(those.order_by(*in_order(CALL.c)).limit(limit + offset).subquery())

    found = union_all(*map(first_of, states)).subquery()
    page = select(found).order_by(*in_order(found.c)).limit(limit).offset(offset).subquery()
    return select(CALL).join(page, CALL.c.id == page.c.id).order_by(*in_order(CALL.c))
