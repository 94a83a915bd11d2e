"""Inbox, questions and outbox in memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.card import Card, Reply
from bot.domain.people import Asker, Room
from bot.domain.question import OpenQuestion, QuestionId
from bot.ports.chat import Inbound, MessageRef, SourceKey
from bot.ports.ledger import Notice
from storage.memory.store import Entry, Pending
from storage.memory.work import Work


class MemoryInbox(Work):
    """`InboxTable`."""

    async def put_inbound(self, inbound: Inbound, now: datetime) -> bool:
        inbox = (await self._change()).inbox
        if inbox.get(inbound.source) is not None:
            return False
        inbox.put(inbound.source, Entry(inbound))
        return True

    async def waiting_inbound(self, platform: str, limit: int = 50) -> Sequence[Inbound]:
        return [entry.inbound for entry in self._entries(platform) if entry.reply is None][:limit]

    async def answer(self, source: SourceKey, reply: Reply) -> None:
        inbox = (await self._change()).inbox
        entry = inbox.get(source)
        if entry is not None and not entry.delivered:
            inbox.put(source, replace(entry, reply=reply))

    async def undelivered(self, platform: str, limit: int = 50) -> Sequence[tuple[Inbound, Reply]]:
        return [(entry.inbound, entry.reply) for entry in self._entries(platform) if entry.reply][:limit]

    async def delivered(self, source: SourceKey) -> None:
        inbox = (await self._change()).inbox
        entry = inbox.get(source)
        if entry is not None:
            inbox.put(source, replace(entry, delivered=True))

    async def last_heard(self, limit: int = 500) -> Sequence[Inbound]:
        latest: dict[str, Inbound] = {}
        for entry in self._see().inbox.values():
            latest.pop(entry.inbound.asker.key, None)
            latest[entry.inbound.asker.key] = entry.inbound
        return list(reversed(latest.values()))[:limit]

    def _entries(self, platform: str) -> Iterator[Entry]:
        found = self._see().inbox.values()
        return (each for each in found if each.inbound.source.platform == platform and not each.delivered)


class MemoryQuestions(Work):
    """`QuestionTable`."""

    async def save_question(self, question: OpenQuestion) -> None:
        (await self._change()).questions.put(question.id, question)

    async def question(self, id: QuestionId) -> OpenQuestion | None:
        return self._see().questions.get(id)

    async def open_question(self, room: Room, asker: str, now: datetime) -> OpenQuestion | None:
        mine = [
            each
            for each in self._see().questions.values()
            if (each.room.key, each.asker, each.closed) == (room.key, asker, False) and each.expires_at > now
        ]
        return max(mine, key=lambda each: (each.created_at, each.id), default=None)

    async def open_questions(self, room: Room, now: datetime) -> Sequence[OpenQuestion]:
        here = (each for each in self._see().questions.values() if each.room.key == room.key)
        waiting = (each for each in here if not each.closed and each.expires_at > now)
        return sorted(waiting, key=lambda each: (each.created_at, each.id))

    async def close_question(self, id: QuestionId, outcome: str) -> bool:
        questions = (await self._change()).questions
        question = questions.get(id)
        if question is None or question.closed:
            return False
        questions.put(id, replace(question, closed=True, outcome=outcome))
        return True

    async def expired_confirmations(self, now: datetime) -> Sequence[OpenQuestion]:
        expired = (
            each
            for each in self._see().questions.values()
            if each.call is not None and not each.closed and each.expires_at <= now
        )
        return sorted(expired, key=lambda each: (each.expires_at, each.id))


class MemoryOutbox(Work):
    """`OutboxTable`."""

    async def put_cards(self, cards: Sequence[tuple[Room, Card]], now: datetime) -> None:
        await self._hold()
        for room, card in cards:
            self._put_card(room, card, now)

    def _put_card(self, room: Room, card: Card, now: datetime) -> None:
        notices = self._on.notices
        row = next((each for each in notices.values() if _is_about(each, room, card)), None)
        if row is None:
            id = self._next_id()
            notices.put(id, Pending(Notice(id=id, room=room, revision=1, card=card), now, now))
            return
        shown = row.notice.card
        if shown is None or shown == card or (shown.final and not card.final):
            return
        notice = replace(row.notice, room=room, card=card, revision=row.notice.revision + 1)
        since = row.since if row.pending else now
        notices.put(notice.id, replace(row, notice=notice, since=since, pending=True))

    async def put_reply(self, room: Room, asker: Asker, reply: Reply, now: datetime) -> None:
        notices = (await self._change()).notices
        id = self._next_id()
        notices.put(id, Pending(Notice(id=id, room=room, revision=1, reply=reply, asker=asker), now, now))

    def _next_id(self) -> int:
        return 1 + max((id for id, _ in self._on.notices.items()), default=0)

    async def notices_due(
        self, platform: str, now: datetime, limit: int = 50, *, resting: Collection[str] = ()
    ) -> Sequence[Notice]:
        due = [each for each in self._waiting(platform) if each.next_at <= now]
        wanted = [each for each in due if each.notice.room.key not in resting]
        return [each.notice for each in sorted(wanted, key=_urgency)[:limit]]

    async def shown(self, id: int, revision: int, ref: MessageRef | None, not_before: datetime) -> None:
        notices = (await self._change()).notices
        row = notices.get(id)
        if row is None:
            return
        if row.notice.card is None:
            notices.take(id)
            return
        notice = replace(row.notice, ref=ref, tries=0)
        pending = notice.revision > revision
        notices.put(id, replace(row, notice=notice, next_at=not_before, pending=pending))

    async def put_off(self, id: int, until: datetime) -> None:
        notices = (await self._change()).notices
        row = notices.get(id)
        if row is not None:
            tries = row.notice.tries + 1
            notices.put(id, replace(row, notice=replace(row.notice, tries=tries), next_at=until))

    async def next_notice(self, platform: str) -> datetime | None:
        return min((each.next_at for each in self._waiting(platform)), default=None)

    def _waiting(self, platform: str) -> Iterator[Pending]:
        found = self._see().notices.values()
        return (each for each in found if each.pending and each.notice.room.platform == platform)


def _is_about(row: Pending, room: Room, card: Card) -> bool:
    known = row.notice.card
    return known is not None and known.call == card.call and row.notice.room.key == room.key


def _urgency(row: Pending) -> tuple[bool, datetime, int]:
    is_final = row.notice.card is not None and row.notice.card.final
    return not is_final, row.since, row.notice.id
