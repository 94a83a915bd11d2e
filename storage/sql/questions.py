"""Open questions and confirmations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from bot.domain.people import Room
from bot.domain.question import OpenQuestion, QuestionId
from storage.mapping import value_of, values_of
from storage.sql.work import Work, reads, writes
from storage.tables import QUESTION


class SqlQuestions(Work):
    """`QuestionTable`."""

    @writes
    def save_question(self, question: OpenQuestion) -> None:
        self._upsert(QUESTION, {**values_of(question, QUESTION), "room_key": question.room.key})

    @reads
    def question(self, id: QuestionId) -> OpenQuestion | None:
        row = self._row(select(QUESTION).where(QUESTION.c.id == id))
        return value_of(OpenQuestion, row, QUESTION) if row else None

    @reads
    def open_question(self, room: Room, asker: str, now: datetime) -> OpenQuestion | None:
        mine = (QUESTION.c.room_key == room.key) & (QUESTION.c.asker == asker)
        wanted = select(QUESTION).where(mine, ~QUESTION.c.closed, QUESTION.c.expires_at > now)
        row = self._row(wanted.order_by(QUESTION.c.created_at.desc(), QUESTION.c.id.desc()).limit(1))
        return value_of(OpenQuestion, row, QUESTION) if row else None

    @reads
    def open_questions(self, room: Room, now: datetime) -> Sequence[OpenQuestion]:
        here = (QUESTION.c.room_key == room.key) & ~QUESTION.c.closed & (QUESTION.c.expires_at > now)
        rows = self._rows(select(QUESTION).where(here).order_by(QUESTION.c.created_at, QUESTION.c.id))
        return [value_of(OpenQuestion, row, QUESTION) for row in rows]

    @writes
    def close_question(self, id: QuestionId, outcome: str) -> bool:
        still_open = update(QUESTION).where(QUESTION.c.id == id, ~QUESTION.c.closed)
        return (self._execute(still_open.values(closed=True, outcome=outcome))).rowcount == 1

    @reads
    def expired_confirmations(self, now: datetime) -> Sequence[OpenQuestion]:
        about_a_call = QUESTION.c.call.is_not(None) & (QUESTION.c.expires_at <= now)
        wanted = select(QUESTION).where(~QUESTION.c.closed, about_a_call)
        rows = self._rows(wanted.order_by(QUESTION.c.expires_at, QUESTION.c.id))
        return [value_of(OpenQuestion, row, QUESTION) for row in rows]
