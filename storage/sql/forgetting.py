"""Taking somebody out of what is otherwise never changed."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select, update

from bot.domain.card import Reply
from bot.domain.cdr import CallId
from bot.domain.codec import decode, encode
from bot.domain.leg import LegEvent
from bot.domain.question import OpenQuestion
from bot.ports.chat import Inbound
from storage.mapping import event_of, event_values, value_of, values_of
from storage.sql.inbox import DELIVERED
from storage.sql.work import Work
from storage.tables import INBOX, LEG_EVENT, QUESTION


class SqlForgetting(Work):
    """`ForgettingTable`."""

    async def rewrite_events(self, call: CallId, change: Callable[[LegEvent], LegEvent]) -> None:
        for row in await self._rows(select(LEG_EVENT).where(LEG_EVENT.c.call == call)):
            new = event_values(change(event_of(row)))
            await self._write(update(LEG_EVENT).where(LEG_EVENT.c.id == row["id"]).values(new))

    async def rewrite_words(self, asker: str, change: Callable[[str], str]) -> None:
        # Rare, and the asker stands inside the JSON: all that was dealt with is looked through.
        for row in await self._rows(select(INBOX).where(INBOX.c.state == DELIVERED)):
            inbound, reply = decode(Inbound, row["inbound"]), decode(Reply, row["reply"])
            if inbound.asker.key == asker:
                said = None if inbound.text is None else change(inbound.text)
                new = {
                    "inbound": encode(replace(inbound, text=said)),
                    "reply": encode(replace(reply, text=change(reply.text))),
                }
                await self._write(update(INBOX).where(INBOX.c.id == row["id"]).values(new))
        closed = select(QUESTION).where(QUESTION.c.asker == asker, QUESTION.c.closed)
        for row in await self._rows(closed):
            question = value_of(OpenQuestion, row, QUESTION).reworded(change)
            await self._write(
                update(QUESTION).where(QUESTION.c.id == question.id).values(values_of(question, QUESTION))
            )
