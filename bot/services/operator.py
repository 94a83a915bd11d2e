"""Tells those who run Patchline what needs them: sums that do not add up, a clock that was set."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain import replies
from bot.domain.card import Reply
from bot.domain.cdr import CallId
from bot.domain.deeds import Resume
from bot.domain.errors import StorageUnavailable
from bot.domain.limits import Access
from bot.domain.people import Asker, Room
from bot.domain.phrases import span
from bot.domain.policy import is_admin
from bot.domain.question import Choice, OpenQuestion, QuestionId, QuestionKind, answered_with
from bot.ports.clock import Clock, Ids
from bot.ports.ledger import Ledger, Tally, Transaction

log = structlog.get_logger(__name__)

AUDIT_EVERY: Final = 300.0
A_DAY: Final = timedelta(days=1)


class Operator:
    """Finds the admins where they last spoke. Nobody to be found: it is in the log."""

    def __init__(self, *, ledger: Ledger, clock: Clock, ids: Ids, access: Access) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ids = ids
        self._access = access
        self._told: Sequence[CallId] = ()
        self._asked: Sequence[QuestionId] = ()

    async def run(self) -> None:
        """The self-audit, every five minutes, until cancelled."""
        while True:
            await self._clock.sleep(AUDIT_EVERY)
            try:
                await self.audit()
            except StorageUnavailable as gone:
                log.warning("self-audit out of reach", reason=str(gone))
            except Exception:
                log.exception("self-audit")

    async def audit(self) -> Tally:
        """Check the sums; a difference is told once, and again when it has changed."""
        async with self._ledger() as tx:
            tally = await tx.tally(self._clock.now())
            if tally.orphans and tally.orphans != self._told:
                log.error("calls that nothing explains", calls=len(tally.orphans))
                lines = replies.audit_lines(
                    {str(state): n for state, n in tally.calls.items()},
                    {str(state): n for state, n in tally.placements.items()},
                    overdue=tally.overdue,
                    orphans=tally.orphans,
                )
                text = "\n".join(("The self-audit found calls that nothing explains.", *lines))
                await self._tell(tx, Reply(text=text))
                await tx.commit()
        self._told = tally.orphans
        return tally

    async def clock_was_set(self, by: timedelta) -> None:
        """Nothing is placed until one of them says so: everything of those minutes would ring at once."""
        words = (
            f"This machine's clock was set forward by {span(by.total_seconds())}. To ring nobody by mistake, "
            "no call is placed until you say so. What has become overdue meanwhile is told as missed."
        )
        # By the clock as it was: what is due by the new one might wait for the other processes to get there.
        now = self._clock.now() - by
        async with self._ledger() as tx:
            asked = []
            for room, admin in await self._admins(tx):
                question = self._question(words, room, admin, now)
                asked.append(question.id)
                await tx.save_question(question)
                await tx.put_reply(room, admin, replies.question_reply(question), now)
            await tx.commit()
        self._asked = asked

    async def may_go_on(self) -> bool:
        """Whether one of them has said so, in whichever process the answer was taken."""
        async with self._ledger() as tx:
            asked = [await tx.question(id) for id in self._asked]
        return any(each is not None and each.outcome == answered_with(each.choices[0]) for each in asked)

    def _question(self, words: str, room: Room, admin: Asker, now: datetime) -> OpenQuestion:
        return OpenQuestion(
            id=QuestionId(self._ids.new()),
            kind=QuestionKind.ASK,
            room=room,
            asker=admin.key,
            text="",
            message=words,
            choices=(Choice(label="Place calls again", deed=Resume()),),
            created_at=now,
            expires_at=now + A_DAY,
        )

    async def _tell(self, tx: Transaction, reply: Reply) -> None:
        for room, admin in await self._admins(tx):
            await tx.put_reply(room, admin, reply, self._clock.now())

    async def _admins(self, tx: Transaction) -> list[tuple[Room, Asker]]:
        heard = await tx.last_heard()
        return [(each.room, each.asker) for each in heard if is_admin(each.asker, self._access)]
