"""While people talk: cards whose seconds move, and the day's money watched while it is being spent."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog

from bot.domain import decisions
from bot.domain.call import Call, CallState
from bot.domain.cdr import Money
from bot.domain.errors import StorageUnavailable
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger, Transaction
from bot.services.cards import Cards
from bot.services.changes import Changed, Changes
from bot.services.guard import day_start

log = structlog.get_logger(__name__)

EVERY: Final = 5.0
MOST: Final = 50
"""Cards brought up to date in one beat; with more calls than that, seconds matter less than the database."""
SPENT: Final = "the daily spend being used up"


class Pulse:
    """One per dispatching process."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        cards: Cards,
        changes: Changes,
        daily_spend: Money | None,
        zone: str,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._cards = cards
        self._changes = changes
        self._daily_spend = daily_spend
        self._zone = zone

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(EVERY)
            try:
                await self.beat()
            except StorageUnavailable as gone:
                log.warning("live calls out of reach", reason=str(gone))
            except Exception:
                log.exception("pulse")

    async def beat(self) -> None:
        """Look at every live call once."""
        async with self._ledger() as tx:
            started = await tx.calls_in(states={CallState.STARTED}, limit=1000, newest_first=True)
        live = [call for call in started if call.live_legs]
        if live and await self._is_spent(live):
            for call in live:
                await self._end(call)
            return
        for call in live[:MOST]:
            await self._refresh(call)

    async def _is_spent(self, live: Sequence[Call]) -> bool:
        """What was spent today together with the minutes begun right now reaches the day's money."""
        if self._daily_spend is None:
            return False
        now = self._clock.now()
        async with self._ledger() as tx:
            whose = ("", live[0].room)
            used = await tx.usages([whose], now=now, day_start=day_start(now, self._zone))
        spent = sum((money.amount for money in used[whose].spent_today), Decimal(0))
        return spent + sum(begun(call, now) for call in live) >= self._daily_spend.amount

    async def _end(self, live: Call) -> None:
        async def end(_: Transaction, call: Call, now: datetime) -> Changed | None:
            return None if call.ending else decisions.end(call, SPENT, now)

        await self._changes.apply(live.id, end)

    async def _refresh(self, live: Call) -> None:
        async with self._ledger() as tx:
            call = await tx.call(live.id)
            if call is not None and call.live_legs:
                await self._cards.put(tx, call)
                await tx.commit()


def begun(call: Call, now: datetime) -> Decimal:
    """What the minutes begun so far will cost, by the price expected for the whole call."""
    starts = [leg.answered_at for leg in call.live_legs if leg.answered_at is not None]
    if not starts or call.expected_cost is None:
        return Decimal(0)
    minutes = int((now - min(starts)).total_seconds() // 60) + 1
    return call.expected_cost.amount * minutes
