"""Taking somebody out of what is otherwise never changed."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select, update

from bot.domain.card import Reply
from bot.domain.cdr import CallId
from bot.domain.codec import encode
from bot.domain.leg import LegEvent
from bot.domain.question import OpenQuestion
from bot.ports.chat import Inbound
from storage.mapping import Row, Values, event_of, event_values, read, value_of, values_of
from storage.sql.inbox import DELIVERED
from storage.sql.work import Work, rewrites, writes
from storage.tables import INBOX, LEG_EVENT, QUESTION


class SqlForgetting(Work):
    """`ForgettingTable`."""

    @writes
    def rewrite_events(self, call: CallId, change: Callable[[LegEvent], LegEvent]) -> None:
        for row in self._rows(select(LEG_EVENT).where(LEG_EVENT.c.call == call)):
            it = update(LEG_EVENT).where(LEG_EVENT.c.id == row["id"])
            self._execute(it.values(event_values(change(event_of(row)))))

    @rewrites
    def rewrite_words(self, asker: str, change: Callable[[str], str]) -> None:
        for row in self._rows(select(INBOX).where(INBOX.c.asker == asker, INBOX.c.state == DELIVERED)):
            self._execute(update(INBOX).where(INBOX.c.id == row["id"]).values(_reworded(row, change)))
        for row in self._rows(select(QUESTION).where(QUESTION.c.asker == asker, QUESTION.c.closed)):
            question = value_of(OpenQuestion, row, QUESTION).reworded(change)
            it = update(QUESTION).where(QUESTION.c.id == question.id)
            self._execute(it.values(values_of(question, QUESTION)))


def _reworded(row: Row, change: Callable[[str], str]) -> Values:
    inbound, reply = read(Inbound, row["inbound"]), read(Reply | None, row["reply"])
    said = None if inbound.text is None else change(inbound.text)
    answered = None if reply is None else encode(replace(reply, text=change(reply.text), buttons=()))
    return {"inbound": encode(replace(inbound, text=said)), "reply": answered}
