"""Chat text in, an answer out: written down, then handled once, then told.

`put` only writes the row: that is all a chat waits for. The work happens here afterwards: who are you, may
you, what did you mean, do it, and the reply is committed with the work it reports. A redelivered message
finds its key and does nothing; a crash between the work and the telling repeats the telling.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.actions import Action, parse_action
from bot.domain.card import Reply
from bot.domain.errors import OutcomeUnknown, StorageUnavailable, UserError
from bot.domain.people import Person
from bot.domain.policy import Refused, is_admin, may_use
from bot.domain.replies import error_words
from bot.ports.chat import ChatPlatform, Inbound, Introduces, SourceKey
from bot.ports.ledger import Ledger, Transaction
from bot.services.asking import Ask, Desk, Outcome, complain
from bot.services.handlers.presses import turned_away
from bot.services.handlers.sharing import shared
from bot.services.reading import context_for
from bot.services.speaking import pressed, typed
from bot.services.waiting import sleep_unless

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 5.0
"""Seconds between two looks when nobody wakes us."""
ASK_AGAIN: Final = 0.5
"""Seconds until a platform is asked again who somebody is."""
FRESH: Final = timedelta(seconds=60)
"""An older command asks before it dials."""
REFUSED_FOR: Final = timedelta(minutes=10)
"""How long a message that was not taken is remembered, in case it was written down after all."""


class Intake:
    """The `ChatInbox` of every chat of this process, and the loop that works it off."""

    def __init__(self, *, ledger: Ledger, desk: Desk, chats: Mapping[str, ChatPlatform]) -> None:
        self._ledger = ledger
        self._desk = desk
        self._chats = chats
        self._changed = asyncio.Event()
        self._refused: dict[SourceKey, datetime] = {}
        self._unknown = False  # somebody waits whom the platform has not introduced yet

    async def put(self, inbound: Inbound) -> bool:
        """Write it down. Raises StorageUnavailable when that failed: nothing was taken."""
        try:
            async with self._ledger() as tx:
                new = await tx.put_inbound(inbound, self._desk.clock.now())
                await tx.commit()
        except (StorageUnavailable, asyncio.CancelledError):
            self._refuse(inbound)
            raise
        self._refused.pop(inbound.source, None)
        self._changed.set()
        return new

    def _refuse(self, inbound: Inbound) -> None:
        """Perhaps it was written all the same. The person is told that it was not, so nobody acts on it."""
        now = self._desk.clock.now()
        lately = {source: at for source, at in self._refused.items() if now - at < REFUSED_FOR}
        self._refused = {**lately, inbound.source: now}

    def wake(self) -> None:
        """Somebody else may have written into the inbox."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            try:
                await self.work()
            except StorageUnavailable as gone:
                log.warning("inbox out of reach", reason=str(gone))
            except Exception:
                log.exception("intake")
            pause = ASK_AGAIN if self._unknown else LOOK_EVERY
            await sleep_unless(self._changed, self._desk.clock, pause)

    async def work(self) -> None:
        """Handle what is waiting, oldest first, and tell what has not been told."""
        self._unknown = False
        for name, chat in self._chats.items():
            async with self._ledger() as tx:
                waiting = await tx.waiting_inbound(name)
            known = await asyncio.gather(*(self._introduced(chat, inbound) for inbound in waiting))
            self._unknown = self._unknown or None in known
            for inbound in filter(None, known):
                await self._handle(inbound)
            await self._tell(name, chat)

    async def _introduced(self, chat: ChatPlatform, inbound: Inbound) -> Inbound | None:
        """With what the platform knows of the person; None while it cannot be asked: the message waits."""
        if not isinstance(chat, Introduces):
            return inbound
        try:
            return await chat.introduce(inbound)
        except Exception as error:  # noqa: BLE001 - whatever the platform's trouble is, only its people wait
            log.warning("who is it?", chat=chat.name, error=type(error).__name__)
            return None

    # --- one message --------------------------------------------------------------------------

    async def _handle(self, inbound: Inbound) -> None:
        outcome = await self._safely(inbound)
        self._desk.cards.wake()
        for step in outcome.then:
            try:
                await step()
            except Exception:
                log.exception("after the answer")

    async def _safely(self, inbound: Inbound) -> Outcome:
        """Work and answer are one transaction; a mistake of ours undoes the work, never the answer."""
        if inbound.source in self._refused:
            return await self._answered(inbound, Outcome())
        try:
            return await self._answered(inbound, None)
        except UserError as problem:
            return await self._answered(inbound, complain(error_words(problem)))
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("message not handled", platform=inbound.source.platform)
            return await self._answered(
                inbound, complain("Something broke on my side; nothing was done. Please try again.")
            )

    async def _answered(self, inbound: Inbound, outcome: Outcome | None) -> Outcome:
        async with self._ledger() as tx:
            if outcome is None:
                outcome = await self._outcome(tx, inbound)
            await tx.answer(inbound.source, outcome.reply or Reply(text=""))
            await tx.commit()
        return outcome

    async def _outcome(self, tx: Transaction, inbound: Inbound) -> Outcome:
        if inbound.moved_to is not None:
            await tx.move_room(inbound.room, inbound.moved_to)
            return Outcome()
        asker, tenant = inbound.asker.key, inbound.room.tenant
        background = (await tx.backgrounds([(asker, tenant)]))[asker, tenant]
        person = _known_now(background.person or Person(key=asker), inbound)
        verdict = may_use(inbound.asker, person, self._desk.settings.access)
        if isinstance(verdict, Refused):
            await self._desk.guard.log_access(tx, inbound, verdict)
            return turned_away(self._desk, inbound.asker, inbound.action, verdict.reason)
        ask = Ask(
            tx=tx,
            asker=inbound.asker,
            person=person,
            room=inbound.room,
            context=await context_for(self._desk, inbound, person, background),
            is_admin=is_admin(inbound.asker, self._desk.settings.access),
        )
        stale = self._desk.clock.now() - inbound.sent_at > FRESH
        if inbound.action is not None:
            return await self._pressed(ask, inbound.action, stale=stale)
        if inbound.shared is not None:
            return await shared(self._desk, ask, inbound.shared)
        return await typed(self._desk, ask, inbound.text or "", stale=stale)

    async def _pressed(self, ask: Ask, text: str, *, stale: bool) -> Outcome:
        try:
            action: Action = parse_action(text)
        except ValueError:
            return complain("That button is not one of mine.")
        return await pressed(self._desk, ask, action, stale=stale)

    # --- telling ------------------------------------------------------------------------------

    async def _tell(self, name: str, chat: ChatPlatform) -> None:
        async with self._ledger() as tx:
            untold = await tx.undelivered(name)
        for inbound, reply in untold:
            if reply.text:
                await self._reply(chat, inbound, reply)
            async with self._ledger() as tx:
                await tx.delivered(inbound.source)
                await tx.commit()

    async def _reply(self, chat: ChatPlatform, inbound: Inbound, reply: Reply) -> None:
        try:
            await chat.reply(inbound.room, inbound.asker, reply)
        except OutcomeUnknown as lost:
            log.warning("reply may have been delivered", chat=chat.name, detail=lost.detail)
        except Exception as error:  # noqa: BLE001 - the work is done; only this sentence has to wait
            log.warning("reply not delivered", chat=chat.name, error=type(error).__name__)
            async with self._ledger() as tx:
                await tx.put_reply(inbound.room, inbound.asker, reply, self._desk.clock.now())
                await tx.commit()


def _known_now(person: Person, inbound: Inbound) -> Person:
    """With what the chat says of them with every message."""
    return replace(
        person,
        name=inbound.asker.name or person.name,
        timezone=person.timezone or inbound.timezone,
    )
