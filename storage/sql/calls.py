"""Orders, their occurrences, and what happened to them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Executable, delete, insert, select, union_all, update
from sqlalchemy.sql.expression import Select

from bot.domain.call import Call, CallState, OrderId, Placement, ScheduledCall
from bot.domain.cdr import CallDetailRecord, CallId
from bot.domain.codec import encode
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
    placement_values,
    value_of,
    values_of,
    watch_at,
)
from storage.sql.charges import charges
from storage.sql.literals import literal
from storage.sql.work import Database, Work
from storage.tables import CALL, CDR, CHARGE, COUNTER, LEG, LEG_EVENT, ORDER, PLACEMENT

HOLDABLE = (CallState.CLAIMED, CallState.STARTED)
"""Only these can be held by a dispatcher; in any other state the claim is gone."""


class SqlCalls(Work):
    """`CallTable`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        # Calls as this unit of work has read and holds them: what did not change is not written again.
        self._held: dict[CallId, Call] = {}

    async def next_number(self, tenant: str) -> int:
        return await self._count(tenant, "call")

    async def next_voicemail(self, tenant: str) -> int:
        return await self._count(tenant, "voicemail")

    async def _count(self, tenant: str, kind: str) -> int:
        first = self._insert(COUNTER).values(tenant=tenant, kind=kind, value=1)
        next_one = first.on_conflict_do_update(
            index_elements=["tenant", "kind"], set_={"value": COUNTER.c.value + 1}
        )
        return int((await self._write(next_one.returning(COUNTER.c.value))).scalar_one())

    # --- orders -------------------------------------------------------------------------------

    async def save_order(self, order: ScheduledCall) -> None:
        await self._upsert(ORDER, {**values_of(order, ORDER), "tenant": order.room.tenant})

    async def order(self, id: OrderId) -> ScheduledCall | None:
        row = await self._row(select(ORDER).where(ORDER.c.id == id))
        return value_of(ScheduledCall, row, ORDER) if row else None

    async def orders(self, tenant: str, *, active: bool = True) -> Sequence[ScheduledCall]:
        wanted = select(ORDER).where(ORDER.c.tenant == tenant)
        if active:
            wanted = wanted.where(~ORDER.c.cancelled, ORDER.c.recurrence.is_not(None))
        rows = await self._rows(wanted.order_by(ORDER.c.number, ORDER.c.created_at))
        return [value_of(ScheduledCall, row, ORDER) for row in rows]

    async def occurrence(self, order: OrderId, due: datetime) -> CallId | None:
        # Held, so that two dispatchers cannot both find that it is missing.
        await self._write(select(ORDER.c.id).where(ORDER.c.id == order).with_for_update())
        wanted = select(CALL.c.id).where(CALL.c.order == order, CALL.c.due == due)
        row = await self._row(wanted.limit(1))
        return CallId(row["id"]) if row else None

    # --- calls --------------------------------------------------------------------------------

    async def add_call(self, call: Call) -> None:
        await self._write(insert(CALL).values(call_values(call)))
        await self._write_parts(call, None)
        self._tell_others()

    async def call(self, id: CallId) -> Call | None:
        rows = (await self._write(select(CALL).where(CALL.c.id == id).with_for_update())).mappings().all()
        found = next(iter(await self._calls(rows)), None)
        if found is not None:
            self._held[id] = found
        return found

    async def save_call(self, call: Call) -> None:
        known = self._held.get(call.id)
        values = call_values(call, unlike=known)
        if call.state not in HOLDABLE:
            values |= {"owner": None, "lease_until": None}
        await self._write(update(CALL).where(CALL.c.id == call.id).values(values))
        await self._write_parts(call, known)
        self._held[call.id] = call
        if call.state is CallState.SCHEDULED or call.unplaced:
            self._tell_others()

    async def call_of_token(self, token: Token) -> CallId | None:
        row = await self._row(select(LEG.c.call).where(LEG.c.token == token).limit(1))
        return CallId(row["call"]) if row else None

    async def calls_numbered(self, tenant: str, number: int) -> Sequence[Call]:
        wanted = select(CALL).where(CALL.c.tenant == tenant, CALL.c.number == number)
        return await self._calls(await self._rows(wanted.order_by(CALL.c.due.desc(), CALL.c.id.desc())))

    async def calls_in(
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
        return await self._calls(await self._rows(page))

    async def _calls(self, rows: Sequence[Row]) -> list[Call]:
        """The calls of these rows, with their placements and legs, in two statements for all of them."""
        if not rows:
            return []
        ids = [row["id"] for row in rows]
        placements = await self._of_calls(select(PLACEMENT), PLACEMENT.c, ids)
        legs = await self._of_calls(select(LEG).where(LEG.c.data.is_not(None)), LEG.c, ids)
        return [call_of(row, placements.get(row["id"], ()), legs.get(row["id"], ())) for row in rows]

    async def _of_calls(
        self, wanted: "Select[Any]", columns: Any, ids: Sequence[str]
    ) -> Mapping[str, list[Row]]:
        ordered = wanted.where(columns.call.in_(ids)).order_by(columns.call, columns.position)
        rows = await self._rows(ordered)
        return {call: list(parts) for call, parts in groupby(rows, key=lambda row: str(row["call"]))}

    # --- placements and legs ------------------------------------------------------------------

    async def _write_parts(self, call: Call, known: Call | None) -> None:
        """Placements and legs that are not as `known` has them."""
        changed = [each for each in call.placements if known is None or _differs(each, call, known)]
        if changed:
            await self._upsert(PLACEMENT, *(_placement_row(each, call) for each in changed))
        legs, known_legs = leg_values(call), leg_values(known) if known else {}
        await self._write_legs([row for key, row in legs.items() if known_legs.get(key) != row])

    async def _write_legs(self, rows: Collection[Values]) -> None:
        """`data` is a `Leg` here. Closed ones first, so that a new one finds room; else Conflict."""
        closed_first = sorted(rows, key=lambda row: bool(row["open"]))
        if closed_first:
            await self._upsert(LEG, *map(_encoded, closed_first))

    # --- events and accounts ------------------------------------------------------------------

    async def add_event(self, event: LegEvent, call: CallId, now: datetime) -> bool:
        row = {**event_values(event), "call": call, "received_at": now}
        result = await self._write(self._insert(LEG_EVENT).values(row).on_conflict_do_nothing())
        return result.rowcount == 1

    async def events(self, call: CallId) -> Sequence[LegEvent]:
        wanted = select(LEG_EVENT).where(LEG_EVENT.c.call == call).order_by(LEG_EVENT.c.id)
        return [event_of(row) for row in await self._rows(wanted)]

    async def save_cdr(self, cdr: CallDetailRecord) -> None:
        await self._upsert(CDR, values_of(cdr, CDR))
        await self._write(delete(CHARGE).where(CHARGE.c.call == cdr.call))
        rows = charges(cdr)
        if rows:
            await self._write(insert(CHARGE), rows)

    async def cdr(self, call: CallId) -> CallDetailRecord | None:
        row = await self._row(select(CDR).where(CDR.c.call == call))
        return value_of(CallDetailRecord, row, CDR) if row else None


def _differs(placement: Placement, call: Call, known: Call) -> bool:
    before = known.placement(placement.token)
    if before != placement:
        return True
    return watch_at(placement, call.legs) != watch_at(placement, known.legs)


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
