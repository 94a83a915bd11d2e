# mypy: disable-error-code="mutable-override"
# SQLModel declares __tablename__ wider than the str that it wants.
"""The audit log, and recordings."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.columns import Instant, Json, Serial, partial_index, table_of


class VerdictRow(SQLModel, table=True):
    """`LoggedVerdict`."""

    __tablename__ = "verdict"
    __table_args__ = (partial_index("ix_verdict_call", "call", where="call IS NOT NULL"),)

    id: int | None = Field(default=None, sa_type=Serial, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    asker: str
    room: str
    action: str
    verdict: str
    rule: str
    reason: str
    call: str | None


class RecordingRow(SQLModel, table=True):
    """`Recording`."""

    __tablename__ = "recording"
    __table_args__ = (
        UniqueConstraint("provider", "ref", name="uq_recording_ref"),
        Index("ix_recording_number", "tenant", "number"),
        Index("ix_recording_call", "call"),
        Index("ix_recording_tenant", "tenant", "created_at"),
        partial_index("ix_recording_waiting", "next_try", where="state = 'waiting'"),
        partial_index("ix_recording_expiry", "expires_at", where="state <> 'deleted'"),
    )

    id: str = Field(primary_key=True)
    tenant: str
    number: int
    call: str
    role: str
    room: Any = Field(sa_type=Json, nullable=False)
    owner: str
    provider: str
    ref: str
    source_url: str
    voicemail: bool
    state: str
    file: str | None
    content_type: str | None
    seconds: float | None
    size: int | None = Field(sa_type=BigInteger)
    caller: str | None
    created_at: datetime = Field(sa_type=Instant)
    tries: int
    next_try: datetime | None = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    link_version: int
    done: bool
    heard_by: Any = Field(sa_type=Json, nullable=False)


VERDICT = table_of(VerdictRow)
RECORDING = table_of(RecordingRow)
