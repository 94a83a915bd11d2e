"""What providers say: append the event, fold it into its call, save, act. Idempotent from end to end.

Reacting is decided in `domain/decisions.py`; this is the one path that events and the passing of time take
to get there. The `VoiceInbox` that drivers and the web door know is `inbound.py`, which adds inbound calls.
"""

from datetime import datetime

import structlog

from bot.domain.call import Call, CallState
from bot.domain.cdr import CallId
from bot.domain.decisions import Tick, decide
from bot.domain.leg import LegEvent
from bot.ports.clock import Bell
from bot.ports.ledger import Ledger, Transaction
from bot.services.changes import Changed, Changes

log = structlog.get_logger(__name__)


class Progress:
    """Folds events and ticks into calls."""

    def __init__(self, *, ledger: Ledger, changes: Changes, bell: Bell) -> None:
        self._ledger = ledger
        self._changes = changes
        self._bell = bell

    async def happened(self, event: LegEvent) -> bool:
        """True when it was new. An event with an unknown token is logged and dropped."""
        async with self._ledger() as tx:
            call_id, is_known = await tx.whose(event)
        if call_id is None:
            log.warning("event for an unknown token", kind=event.kind)
            return False
        is_new = False

        async def fold(_: Transaction, call: Call, now: datetime) -> Changed | None:
            nonlocal is_new
            is_new = True
            after, effects = decide(call, event, now)
            return (after, effects) if after != call or effects else None

        after = None if is_known else await self._changes.apply(call_id, fold, event=event)
        if after is not None and after.wake_at is not None:
            self._bell.ring_at(after.wake_at)
        return is_new

    async def tick(self, call_id: CallId) -> None:
        """Time has passed for this call: limits, loneliness, lost ends."""

        async def look(_: Transaction, call: Call, now: datetime) -> Changed | None:
            return decide(call, Tick(), now) if call.state is CallState.STARTED else None

        await self._changes.apply(call_id, look)
