"""Recordings and voicemails."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.sql.expression import Select

from bot.domain.cdr import CallId
from bot.domain.recording import Recording, RecordingId, RecordingState
from storage.mapping import value_of, values_of
from storage.sql.literals import literal
from storage.sql.work import Work, reads, writes
from storage.tables import RECORDING

KEPT = RECORDING.c.state != literal(RecordingState.DELETED)


class SqlRecordings(Work):
    """`RecordingTable`."""

    @writes
    def save_recording(self, recording: Recording) -> None:
        self._upsert(RECORDING, {**values_of(recording, RECORDING), "tenant": recording.room.tenant})

    @reads
    def recording(self, id: RecordingId) -> Recording | None:
        return self._one(select(RECORDING).where(RECORDING.c.id == id))

    @reads
    def recording_of(self, provider: str, ref: str) -> Recording | None:
        return self._one(select(RECORDING).where(RECORDING.c.provider == provider, RECORDING.c.ref == ref))

    @reads
    def recording_numbered(self, tenant: str, number: int) -> Recording | None:
        wanted = select(RECORDING).where(RECORDING.c.tenant == tenant, RECORDING.c.number == number)
        return self._one(wanted.order_by(RECORDING.c.created_at.desc()))

    @reads
    def recordings(self, tenant: str, *, call: CallId | None = None, limit: int = 50) -> Sequence[Recording]:
        wanted = select(RECORDING).where(RECORDING.c.tenant == tenant, KEPT)
        if call is not None:
            wanted = wanted.where(RECORDING.c.call == call)
        return self._some(wanted.order_by(RECORDING.c.created_at.desc(), RECORDING.c.number.desc()), limit)

    @reads
    def recordings_to_fetch(self, now: datetime, limit: int = 20) -> Sequence[Recording]:
        waiting = RECORDING.c.state == literal(RecordingState.WAITING)
        is_time = or_(RECORDING.c.next_try.is_(None), RECORDING.c.next_try <= now)
        wanted = select(RECORDING).where(waiting, is_time)
        in_turn = func.coalesce(RECORDING.c.next_try, RECORDING.c.created_at)
        return self._some(wanted.order_by(in_turn, RECORDING.c.id), limit)

    @reads
    def recordings_expired(self, now: datetime, limit: int = 50) -> Sequence[Recording]:
        wanted = select(RECORDING).where(KEPT, RECORDING.c.expires_at <= now)
        return self._some(wanted.order_by(RECORDING.c.expires_at, RECORDING.c.id), limit)

    def _one(self, wanted: "Select[Any]") -> Recording | None:
        row = self._row(wanted.limit(1))
        return value_of(Recording, row, RECORDING) if row else None

    def _some(self, wanted: "Select[Any]", limit: int) -> Sequence[Recording]:
        return [value_of(Recording, row, RECORDING) for row in self._rows(wanted.limit(limit))]
