"""What providers say: append the event, fold it into its call, save, act. Idempotent from end to end.

Reacting is decided in `domain/decisions.py`; this is the one path that events and the passing of time take
to get there. The `VoiceInbox` that drivers and the web door know is `inbound.py`, which adds inbound calls.
"""

import structlog

from bot.domain.call import CallState
from bot.domain.cdr import CallId
from bot.domain.decisions import Tick, decide
from bot.domain.leg import LegEvent
from bot.ports.clock import Bell, Clock
from bot.ports.ledger import Ledger
from bot.services.dialer import Dialer

log = structlog.get_logger(__name__)


class Progress:
    """Folds events and ticks into calls."""

    def __init__(self, *, ledger: Ledger, clock: Clock, dialer: Dialer, bell: Bell) -> None:
        self._ledger = ledger
        self._clock = clock
        self._dialer = dialer
        self._bell = bell

    async def happened(self, event: LegEvent) -> bool:
        """True when it was new. An event with an unknown token is logged and dropped."""
        now = self._clock.now()
        async with self._ledger() as tx:
            if await tx.has_event(event):
                return False
            call_id = await tx.call_of_token(event.token)
            if call_id is None:
                log.warning("event for an unknown token", kind=event.kind)
                return False
            call = await tx.call(call_id)
            if call is None or not await tx.add_event(event, call_id, now):
                return False
            after, effects = decide(call, event, now)
            if after != call or effects:
                await self._dialer.save(tx, after, effects)
            await tx.commit()
        if after.wake_at is not None:
            self._bell.ring_at(after.wake_at)
        await self._dialer.run(after, effects)
        return True

    async def tick(self, call_id: CallId) -> None:
        """Time has passed for this call: limits, loneliness, lost ends."""
        now = self._clock.now()
        async with self._ledger() as tx:
            call = await tx.call(call_id)
            if call is None or call.state is not CallState.STARTED:
                return
            after, effects = decide(call, Tick(), now)
            await self._dialer.save(tx, after, effects)
            await tx.commit()
        await self._dialer.run(after, effects)
