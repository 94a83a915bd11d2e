"""Recordings and voicemails in memory."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.domain.cdr import CallId
from bot.domain.errors import Conflict
from bot.domain.recording import Recording, RecordingId, RecordingState
from storage.memory.work import Work


class MemoryRecordings(Work):
    """`RecordingTable`."""

    async def save_recording(self, recording: Recording) -> None:
        await self._hold()
        namesake = await self.recording_of(recording.provider, recording.ref)
        if namesake is not None and namesake.id != recording.id:
            raise Conflict("that provider's recording is kept already")
        self._on.recordings.put(recording.id, recording)

    async def recording(self, id: RecordingId) -> Recording | None:
        return self._see().recordings.get(id)

    async def recording_of(self, provider: str, ref: str) -> Recording | None:
        found = self._see().recordings.values()
        return next((each for each in found if (each.provider, each.ref) == (provider, ref)), None)

    async def recording_numbered(self, tenant: str, number: int) -> Recording | None:
        found = self._see().recordings.values()
        mine = (each for each in found if (each.room.tenant, each.number) == (tenant, number))
        return max(mine, key=lambda each: each.created_at, default=None)

    async def recordings(
        self, tenant: str, *, call: CallId | None = None, limit: int = 50
    ) -> Sequence[Recording]:
        mine = [each for each in self._kept() if each.room.tenant == tenant and call in (None, each.call)]
        return sorted(mine, key=lambda each: (each.created_at, each.number), reverse=True)[:limit]

    async def recordings_to_fetch(self, now: datetime, limit: int = 20) -> Sequence[Recording]:
        waiting = [
            each
            for each in self._kept()
            if each.state is RecordingState.WAITING and (each.next_try is None or each.next_try <= now)
        ]
        return sorted(waiting, key=lambda each: (each.next_try or each.created_at, each.id))[:limit]

    async def recordings_expired(self, now: datetime, limit: int = 50) -> Sequence[Recording]:
        expired = (each for each in self._kept() if each.expires_at <= now)
        return sorted(expired, key=lambda each: (each.expires_at, each.id))[:limit]

    def _kept(self) -> Iterator[Recording]:
        found = self._see().recordings.values()
        return (each for each in found if each.state is not RecordingState.DELETED)
