"""Orders, their occurrences, and what happened to them, in memory."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from bot.domain.call import Call, CallState, OrderId, Placement, ScheduledCall
from bot.domain.cdr import CallDetailRecord, CallId
from bot.domain.errors import Conflict
from bot.domain.leg import LegEvent, Token
from bot.domain.people import Room
from storage.mapping import leg_values
from storage.memory.work import Work


class MemoryCalls(Work):
    """`CallTable`."""

    async def next_number(self, tenant: str) -> int:
        return await self._count(tenant, "call")

    async def next_voicemail(self, tenant: str) -> int:
        return await self._count(tenant, "voicemail")

    async def _count(self, tenant: str, kind: str) -> int:
        counters = (await self._change()).counters
        number = (counters.get((tenant, kind)) or 0) + 1
        counters.put((tenant, kind), number)
        return number

    async def save_order(self, order: ScheduledCall) -> None:
        (await self._change()).orders.put(order.id, order)

    async def order(self, id: OrderId) -> ScheduledCall | None:
        return self._see().orders.get(id)

    async def orders(self, tenant: str, *, active: bool = True) -> Sequence[ScheduledCall]:
        found = (
            each
            for each in self._see().orders.values()
            if each.room.tenant == tenant and not (active and (each.cancelled or each.recurrence is None))
        )
        return sorted(found, key=lambda each: (each.number, each.created_at))

    async def occurrence(self, order: OrderId, due: datetime) -> CallId | None:
        await self._hold()
        found = (each.id for each in self._on.calls.values() if (each.order, each.due) == (order, due))
        return next(found, None)

    # --- calls --------------------------------------------------------------------------------

    async def add_call(self, call: Call) -> None:
        shelves = await self._change()
        if shelves.calls.get(call.id) is not None:
            raise Conflict(f"there is a call {call.id} already")
        self._write_call(call)

    async def call(self, id: CallId) -> Call | None:
        await self._hold()
        return self._on.calls.get(id)

    async def calls(self, ids: Collection[CallId]) -> Sequence[Call]:
        await self._hold()
        found = (self._on.calls.get(id) for id in sorted(set(ids)))
        return [call for call in found if call is not None]

    async def save_call(self, *calls: Call) -> None:
        shelves = await self._change()
        for call in calls:
            if shelves.calls.get(call.id) is None:
                raise Conflict(f"there is no call {call.id} to save")
            self._write_call(call)
            if call.state not in (CallState.CLAIMED, CallState.STARTED):
                shelves.claims.take(call.id)

    def _write_call(self, call: Call) -> None:
        """Raises Conflict, before anything is written, when a leg would be open or attempted twice."""
        legs = leg_values(call)
        attempts = Counter((row["role"], row["n"]) for row in legs.values())
        opens = Counter(row["role"] for row in legs.values() if row["open"])
        if any(n > 1 for n in (*attempts.values(), *opens.values())):
            raise Conflict(f"call {call.id}: a second placement for a leg")
        for token, _ in legs:
            if self._on.tokens.get(token) not in (None, call.id):
                raise Conflict("that token belongs to another call")
            self._on.tokens.put(token, call.id)
        self._on.calls.put(call.id, call)

    async def call_of_token(self, token: Token) -> CallId | None:
        return self._see().tokens.get(token)

    async def placement(self, token: Token) -> Placement | None:
        id = self._see().tokens.get(token)
        call = self._see().calls.get(id) if id is not None else None
        return call.placement(token) if call is not None else None

    async def calls_numbered(self, tenant: str, number: int) -> Sequence[Call]:
        found = (
            each for each in self._see().calls.values() if (each.room.tenant, each.number) == (tenant, number)
        )
        return sorted(found, key=lambda each: (each.due, each.id), reverse=True)

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
        found = (
            each
            for each in self._see().calls.values()
            if (tenant is None or each.room.tenant == tenant)
            and (room is None or each.room.key == room.key)
            and (asker is None or each.asker == asker)
            and (states is None or each.state in states)
        )
        in_order = sorted(found, key=lambda each: (each.due, each.number), reverse=newest_first)
        return in_order[offset : offset + limit]

    # --- events and accounts ------------------------------------------------------------------

    async def add_events(self, heard: Sequence[tuple[LegEvent, CallId]], now: datetime) -> Sequence[bool]:
        await self._hold()
        return [self._add_event(event, call, now) for event, call in heard]

    def _add_event(self, event: LegEvent, call: CallId, now: datetime) -> bool:
        key = (event.token, event.source_id)
        if self._on.events.get(key) is not None:
            return False
        self._on.events.put(key, (call, event, now))
        return True

    async def whose(self, event: LegEvent) -> tuple[CallId | None, bool]:
        is_known = self._see().events.get((event.token, event.source_id)) is not None
        return self._on.tokens.get(event.token), is_known

    async def events(self, call: CallId) -> Sequence[LegEvent]:
        return [event for event, _ in await self.heard(call)]

    async def heard(self, call: CallId) -> Sequence[tuple[LegEvent, datetime]]:
        return [(event, at) for of, event, at in self._see().events.values() if of == call]

    async def save_cdr(self, *cdrs: CallDetailRecord) -> None:
        kept = (await self._change()).cdrs
        for cdr in cdrs:
            kept.put(cdr.call, cdr)

    async def cdr(self, call: CallId) -> CallDetailRecord | None:
        return self._see().cdrs.get(call)
