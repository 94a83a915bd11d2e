"""Cards to deliver: the latest wins, the final one always arrives."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import case, delete, func, or_, select, update

from bot.domain.card import Card, Reply
from bot.domain.codec import encode
from bot.domain.people import Asker, Room
from bot.ports.chat import MessageRef
from bot.ports.ledger import Notice
from storage.mapping import Row, read
from storage.sql.work import Work, insert, reads, writes
from storage.tables import NOTICE


class SqlOutbox(Work):
    """`OutboxTable`."""

    @writes
    def put_cards(self, cards: Sequence[tuple[Room, Card]], now: datetime) -> None:
        rows = [
            {**_new(room, now), "call": card.call, "card": _text(card), "final": card.final}
            for room, card in cards
        ]
        self._execute_all(_put_card(self._dialect), rows)
        self._tell_others()

    @writes
    def put_reply(self, room: Room, asker: Asker, reply: Reply, now: datetime) -> None:
        row = {**_new(room, now), "reply": encode(reply), "asker": encode(asker), "final": False}
        self._execute(self._insert(NOTICE), row)
        self._tell_others()

    @reads
    def notices_due(
        self, platform: str, now: datetime, limit: int = 50, *, resting: Collection[str] = ()
    ) -> Sequence[Notice]:
        wanted = select(NOTICE).where(
            NOTICE.c.pending, NOTICE.c.platform == platform, NOTICE.c.next_at <= now
        )
        if resting:
            wanted = wanted.where(NOTICE.c.room_key.not_in(list(resting)))
        in_order = wanted.order_by(NOTICE.c.final.desc(), NOTICE.c.since, NOTICE.c.id)
        return [_notice(row) for row in self._rows(in_order.limit(limit))]

    @writes
    def shown(self, id: int, revision: int, ref: MessageRef | None, not_before: datetime) -> None:
        it = NOTICE.c.id == id
        # A reply is said once; a card stays, to be edited.
        self._execute(delete(NOTICE).where(it, NOTICE.c.call.is_(None)))
        place = None if ref is None else encode(ref)
        seen = {"pending": NOTICE.c.revision > revision, "ref": place, "next_at": not_before, "tries": 0}
        self._execute(update(NOTICE).where(it).values(seen))

    @writes
    def put_off(self, id: int, until: datetime) -> None:
        later = update(NOTICE).where(NOTICE.c.id == id)
        self._execute(later.values(next_at=until, tries=NOTICE.c.tries + 1))

    @reads
    def next_notice(self, platform: str) -> datetime | None:
        wanted = select(func.min(NOTICE.c.next_at)).where(NOTICE.c.pending, NOTICE.c.platform == platform)
        found: datetime | None = (self._execute(wanted)).scalar_one()
        return found


@cache
def _put_card(dialect: str) -> Any:
    """One statement decides: a new row, a newer card, or nothing to do."""
    new = insert(NOTICE, dialect)
    another = {name: new.excluded[name] for name in ("room", "card", "final", "pending")}
    since = case((NOTICE.c.pending, NOTICE.c.since), else_=new.excluded.since)
    return new.on_conflict_do_update(
        index_elements=["room_key", "call"],
        index_where=NOTICE.c.call.is_not(None),
        set_={**another, "revision": NOTICE.c.revision + 1, "since": since},
        where=(NOTICE.c.card != new.excluded.card) & or_(~NOTICE.c.final, new.excluded.final),
    )


def _new(room: Room, now: datetime) -> dict[str, Any]:
    return {
        "platform": room.platform,
        "room_key": room.key,
        "room": encode(room),
        "revision": 1,
        "pending": True,
        "since": now,
        "next_at": now,
        "tries": 0,
    }


def _text(card: Card) -> str:
    return json.dumps(card.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _notice(row: Row) -> Notice:
    return Notice(
        id=row["id"],
        room=read(Room, row["room"]),
        revision=row["revision"],
        card=None if row["card"] is None else Card.from_json(json.loads(row["card"])),
        reply=read(Reply | None, row["reply"]),
        asker=read(Asker | None, row["asker"]),
        ref=read(MessageRef | None, row["ref"]),
        tries=row["tries"],
    )
