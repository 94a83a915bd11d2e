"""Calls that repeat: one occurrence ahead, each its own row. The rule itself is `domain/schedule.py`."""

from dataclasses import replace
from datetime import datetime

from bot.domain.call import Call, CallState, OrderId, ScheduledCall
from bot.domain.cdr import CallId
from bot.domain.schedule import firings
from bot.ports.clock import Bell, Clock, Ids
from bot.ports.ledger import Ledger, Transaction
from bot.services.cards import Cards


class Series:
    """Writes the next occurrence of an order down when the present one starts, is skipped or is moved."""

    def __init__(self, *, ledger: Ledger, clock: Clock, ids: Ids, cards: Cards, bell: Bell) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ids = ids
        self._cards = cards
        self._bell = bell

    async def plan_next(self, order_id: OrderId, after: datetime) -> None:
        """The occurrence after `after`, if the series goes on. Harmless twice."""
        async with self._ledger() as tx:
            order = await tx.order(order_id)
            call = await self.add_next(tx, order, after) if order is not None else None
            if call is None:
                return
            await tx.commit()
        self._bell.ring_at(call.due)

    async def add_next(self, tx: Transaction, order: ScheduledCall, after: datetime) -> Call | None:
        """In the caller's transaction. None: the series is over or cancelled, or that row exists already."""
        due = next_due(order, max(after, self._clock.now()))
        if due is None or await tx.occurrence(order.id, due) is not None:
            return None
        call = occurrence(order, due, CallId(self._ids.new()), self._clock.now())
        await tx.add_call(call)
        return call


def next_due(order: ScheduledCall, after: datetime) -> datetime | None:
    """The next run strictly after `after` that was not skipped, aware UTC."""
    if order.recurrence is None or order.cancelled:
        return None
    return next((due for due in firings(order.recurrence, after) if due not in order.skip), None)


def occurrence(order: ScheduledCall, due: datetime, id: CallId, now: datetime) -> Call:
    """One call of an order, as ordered."""
    return Call(
        id=id,
        number=order.number,
        kind=order.kind,
        room=order.room,
        asker=order.asker,
        asker_name=order.asker_name,
        text=order.text,
        understood=order.understood,
        order=order.id,
        due=due,
        zone=order.zone,
        recurrence_words=order.recurrence_words,
        expected_cost=order.expected_cost,
        provider=order.provider,
        plan=order.plan,
        left_out=order.left_out,
        recorded_by=order.asker if any(plan.flow.record for plan in order.plan) else None,
        conference=order.conference,
        created_at=now,
        state=CallState.SCHEDULED,
    )


def moved(call: Call, due: datetime) -> Call:
    """The same call at another time; only what has not started can move."""
    return replace(call, due=due) if call.state in (CallState.SCHEDULED, CallState.HELD) else call
