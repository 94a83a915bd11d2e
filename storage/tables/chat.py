# mypy: disable-error-code="mutable-override"
# SQLModel declares __tablename__ wider than the str that it wants.
"""What was said to us (inbox), what is still to be shown (outbox), and what we have asked."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.columns import Instant, Json, Serial, partial_index, table_of


class InboxRow(SQLModel, table=True):
    """`Inbound` and the reply to it; `asker` is that person's key. `state`: waiting, answered, delivered."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("platform", "workspace", "event", name="uq_inbox_source"),
        Index("ix_inbox_asker", "asker"),
        partial_index("ix_inbox_todo", "platform", "state", "id", where="state <> 'delivered'"),
    )

    id: int | None = Field(default=None, sa_type=Serial, primary_key=True)
    platform: str
    workspace: str
    event: str
    asker: str
    inbound: Any = Field(sa_type=Json, nullable=False)
    received_at: datetime = Field(sa_type=Instant)
    state: str
    reply: Any = Field(sa_type=Json, nullable=True)


class NoticeRow(SQLModel, table=True):
    """A card or a reply. `call` is empty for a reply; `pending` while a newer revision waits to be shown.

    The card is kept as text, so that the database itself can tell whether it is a new one.
    """

    __tablename__ = "notice"
    __table_args__ = (
        partial_index("uq_notice_card", "room_key", "call", where="call IS NOT NULL", unique=True),
        partial_index("ix_notice_pending", "platform", "next_at", where="pending = true"),
    )

    id: int | None = Field(default=None, sa_type=Serial, primary_key=True)
    platform: str
    room_key: str
    room: Any = Field(sa_type=Json, nullable=False)
    call: str | None
    card: str | None
    reply: Any = Field(sa_type=Json, nullable=True)
    asker: Any = Field(sa_type=Json, nullable=True)
    final: bool
    revision: int
    pending: bool
    since: datetime = Field(sa_type=Instant)
    next_at: datetime = Field(sa_type=Instant)
    ref: Any = Field(sa_type=Json, nullable=True)
    tries: int


class QuestionRow(SQLModel, table=True):
    """`OpenQuestion`."""

    __tablename__ = "question"
    __table_args__ = (
        partial_index("ix_question_open", "room_key", "asker", "created_at", where="closed = false"),
        partial_index("ix_question_expiry", "expires_at", where="closed = false AND call IS NOT NULL"),
    )

    id: str = Field(primary_key=True)
    room_key: str
    kind: str
    room: Any = Field(sa_type=Json, nullable=False)
    asker: str
    text: str
    span: Any = Field(sa_type=Json, nullable=True)
    message: str
    choices: Any = Field(sa_type=Json, nullable=False)
    call: str | None
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    closed: bool
    outcome: str | None


INBOX = table_of(InboxRow)
NOTICE = table_of(NoticeRow)
QUESTION = table_of(QuestionRow)
