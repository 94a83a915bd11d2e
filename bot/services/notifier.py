"""Cards and private notices on their way to the room: post once, then edit; the latest wins, the final one
always arrives. The outbox table remembers; a chat that is down delays nobody but itself."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from bot.domain.errors import Rejected, StorageUnavailable, Unavailable
from bot.ports.chat import ChatPlatform, MessageRef
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger, Notice
from bot.services.waiting import sleep_unless

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.25
LONGEST_PAUSE: Final = 300.0


class Notifier:
    """Drains the outbox of one chat platform."""

    def __init__(self, *, ledger: Ledger, clock: Clock, chat: ChatPlatform) -> None:
        self._ledger = ledger
        self._clock = clock
        self._chat = chat
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Something was put into the outbox; missing this costs a quarter of a second."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.drain()
            except StorageUnavailable as gone:
                log.warning("outbox out of reach", reason=str(gone))
            except Exception:
                log.exception("notifier")
            self._changed.clear()
            await sleep_unless(self._changed, self._clock, LOOK_EVERY)

    async def drain(self) -> int:
        """Show everything that is due now; returns how many notices were taken up."""
        async with self._ledger() as tx:
            notices = await tx.notices_due(self._chat.name, self._clock.now())
        for notice in notices:
            await self._show(notice)
        return len(notices)

    async def _show(self, notice: Notice) -> None:
        try:
            ref = await self._deliver(notice)
        except Rejected as gone:
            log.warning("notice cannot be shown", chat=self._chat.name, detail=gone.detail)
            await self._shown(notice, None)
        except Exception as error:  # noqa: BLE001 - a chat may fail in any way; only its own cards wait
            retry_after = error.retry_after if isinstance(error, Unavailable) else None
            log.warning("chat does not answer", chat=self._chat.name, error=type(error).__name__)
            await self._put_off(notice, retry_after)
        else:
            await self._shown(notice, ref)

    async def _deliver(self, notice: Notice) -> MessageRef | None:
        if notice.card is not None and notice.ref is not None and self._chat.limits.can_edit:
            await self._chat.edit(notice.ref, notice.room, notice.card)
            return notice.ref
        if notice.card is not None:
            return await self._chat.post(notice.room, notice.card)
        if notice.reply is not None and notice.asker is not None:
            await self._chat.reply(notice.room, notice.asker, notice.reply)
        return None

    async def _shown(self, notice: Notice, ref: MessageRef | None) -> None:
        not_before = self._clock.now() + timedelta(seconds=self._chat.limits.edit_every)
        async with self._ledger() as tx:
            await tx.shown(notice.id, notice.revision, ref, not_before)
            await tx.commit()

    async def _put_off(self, notice: Notice, retry_after: float | None) -> None:
        pause = retry_after if retry_after is not None else min(LONGEST_PAUSE, 2.0 ** min(notice.tries, 9))
        async with self._ledger() as tx:
            await tx.put_off(notice.id, self._clock.now() + timedelta(seconds=pause))
            await tx.commit()
