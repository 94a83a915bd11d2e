"""Commands, presses and cancels, each once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from bot.domain.card import Reply
from bot.domain.codec import encode
from bot.ports.chat import Inbound, SourceKey
from storage.mapping import Row, read
from storage.sql.literals import literal
from storage.sql.work import Work, reads, writes
from storage.tables import INBOX

WAITING, ANSWERED, DELIVERED = "waiting", "answered", "delivered"


class SqlInbox(Work):
    """`InboxTable`."""

    @writes
    def put_inbound(self, inbound: Inbound, now: datetime) -> bool:
        key = {name: getattr(inbound.source, name) for name in ("platform", "workspace", "event")}
        row = {
            **key,
            "asker": inbound.asker.key,
            "inbound": encode(inbound),
            "received_at": now,
            "state": WAITING,
        }
        result = self._execute(self._insert(INBOX).values(row).on_conflict_do_nothing())
        self._tell_others()
        return result.rowcount == 1

    @reads
    def waiting_inbound(self, platform: str, limit: int = 50) -> Sequence[Inbound]:
        return [read(Inbound, row["inbound"]) for row in self._todo(platform, WAITING, limit)]

    @writes
    def answer(self, source: SourceKey, reply: Reply) -> None:
        change = update(INBOX).where(_is(source), INBOX.c.state != DELIVERED)
        self._execute(change.values(state=ANSWERED, reply=encode(reply)))

    @reads
    def undelivered(self, platform: str, limit: int = 50) -> Sequence[tuple[Inbound, Reply]]:
        rows = self._todo(platform, ANSWERED, limit)
        return [(read(Inbound, row["inbound"]), read(Reply, row["reply"])) for row in rows]

    @writes
    def delivered(self, source: SourceKey) -> None:
        self._execute(update(INBOX).where(_is(source)).values(state=DELIVERED))

    @reads
    def last_heard(self, limit: int = 500) -> Sequence[Inbound]:
        latest = select(func.max(INBOX.c.id)).group_by(INBOX.c.asker)
        wanted = select(INBOX).where(INBOX.c.id.in_(latest)).order_by(INBOX.c.id.desc()).limit(limit)
        return [read(Inbound, row["inbound"]) for row in self._rows(wanted)]

    def _todo(self, platform: str, state: str, limit: int) -> Sequence[Row]:
        wanted = select(INBOX).where(INBOX.c.platform == platform, INBOX.c.state == state)
        # Said as a literal too, so that the partial index is used.
        wanted = wanted.where(INBOX.c.state != literal(DELIVERED))
        return self._rows(wanted.order_by(INBOX.c.id).limit(limit))


def _is(source: SourceKey) -> ColumnElement[bool]:
    key: ColumnElement[bool] = INBOX.c.platform == source.platform
    return key & (INBOX.c.workspace == source.workspace) & (INBOX.c.event == source.event)
