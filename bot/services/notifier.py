"""Cards and private notices on their way to the room: post once, then edit; the latest wins, the final one
always arrives. The outbox table remembers; a chat that is down delays nobody but itself.

The pace is the chat's: a pause after every edit of a card, and one after everything shown in a room.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, StorageUnavailable, Unavailable
from bot.ports.chat import ChatPlatform, MessageRef
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger, Notice
from bot.services.waiting import sleep_unless

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 1.0
"""Seconds between two looks when nobody wakes us."""
SHORTEST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 300.0


class Notifier:
    """Drains the outbox of one chat platform."""

    def __init__(self, *, ledger: Ledger, clock: Clock, chat: ChatPlatform) -> None:
        self._ledger = ledger
        self._clock = clock
        self._chat = chat
        self._changed = asyncio.Event()
        self._resting: dict[str, float] = {}  # room key → until when, on the clock nobody can set

    def wake(self) -> None:
        """Something was put into the outbox."""
        self._changed.set()

    async def run(self, look_every: float = LOOK_EVERY) -> None:
        """Until cancelled. `look_every` is shorter where others write into the outbox and cannot wake us."""
        while True:
            self._changed.clear()
            pause = look_every
            try:
                shown = await self.drain()
                pause = min(look_every, await self._until_next(more=shown > 0))
            except StorageUnavailable as gone:
                log.warning("outbox out of reach", reason=str(gone))
            except Exception:
                log.exception("notifier")
            await sleep_unless(self._changed, self._clock, pause)

    async def _until_next(self, *, more: bool) -> float:
        """Seconds until the next notice may be shown; without `more` to show now, until a room is rested."""
        async with self._ledger() as tx:
            due = await tx.next_notice(self._chat.name)
        if due is None:
            return LOOK_EVERY
        pause = (due - self._clock.now()).total_seconds()
        if pause <= 0 and not more and self._resting:
            pause = min(self._resting.values()) - self._clock.boot()
        return max(SHORTEST_PAUSE, pause)

    async def drain(self) -> int:
        """Show everything that is due now, one notice a room where rooms need a pause; returns how many."""
        boot = self._clock.boot()
        self._resting = {room: until for room, until in self._resting.items() if until > boot}
        async with self._ledger() as tx:
            now = self._clock.now()
            notices = await tx.notices_due(self._chat.name, now, resting=self._resting)
        turns = self._by_room(notices)
        # Rooms do not wait for each other, and nobody's trouble breaks off a post that is under way.
        done = await asyncio.gather(*map(self._show_all, turns), return_exceptions=True)
        for problem in done:
            if isinstance(problem, BaseException):
                raise problem
        return sum(map(len, turns))

    def _by_room(self, notices: Iterable[Notice]) -> list[Sequence[Notice]]:
        rooms: dict[str, list[Notice]] = {}
        for notice in notices:
            rooms.setdefault(notice.room.key, []).append(notice)
        paced = self._chat.limits.post_every > 0
        return [waiting[:1] if paced else waiting for waiting in rooms.values()]

    async def _show_all(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            await self._show(notice)

    async def _show(self, notice: Notice) -> None:
        self._rest(notice, self._chat.limits.post_every)
        try:
            ref = await self._deliver(notice)
        except Rejected as gone:
            log.warning("notice cannot be shown", chat=self._chat.name, detail=gone.detail)
            await self._shown(notice, None)
        except OutcomeUnknown as lost:
            log.warning("notice may have been shown", chat=self._chat.name, detail=lost.detail)
            await self._perhaps_shown(notice)
        except Exception as error:  # noqa: BLE001 - a chat may fail in any way; only its own cards wait
            retry_after = error.retry_after if isinstance(error, Unavailable) else None
            words = error.detail if isinstance(error, ProviderError) else ""
            log.warning(
                "chat does not answer", chat=self._chat.name, error=type(error).__name__, detail=words
            )
            self._rest(notice, retry_after or 0.0)
            await self._put_off(notice, retry_after)
        else:
            await self._shown(notice, ref)

    def _rest(self, notice: Notice, seconds: float) -> None:
        until = self._clock.boot() + seconds
        self._resting[notice.room.key] = max(until, self._resting.get(notice.room.key, 0.0))

    async def _deliver(self, notice: Notice) -> MessageRef | None:
        if notice.card is not None and notice.ref is not None and self._chat.limits.can_edit:
            try:
                await self._chat.edit(notice.ref, notice.room, notice.card)
                return notice.ref
            except Rejected as gone:
                log.info("card is gone, posting it anew", chat=self._chat.name, detail=gone.detail)
        if notice.card is not None:
            return await self._chat.post(notice.room, notice.card)
        if notice.reply is not None and notice.asker is not None:
            await self._chat.reply(notice.room, notice.asker, notice.reply)
        return None

    async def _perhaps_shown(self, notice: Notice) -> None:
        """Posting twice is worse than a card that comes with its next change; but the end is always shown."""
        if notice.card is not None and notice.card.final:
            await self._put_off(notice, None)
        else:
            await self._shown(notice, notice.ref)

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
