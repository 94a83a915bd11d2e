"""A recording we keep: where it came from, how long it may stay, who may hear it, and what may become of it.

Each step answers None where it does not apply any more: what was deleted on its way stays deleted.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from bot.domain.audio import Sound
from bot.domain.cdr import CallId
from bot.domain.flow import LegRole
from bot.domain.people import Room

RecordingId = NewType("RecordingId", str)

SHORTEST_VOICEMAIL: Final = 2.0
"""Seconds; anything shorter is a missed call."""

_ENDINGS: Final = {"audio/wav": ".wav", "audio/mpeg": ".mp3", "audio/ogg": ".ogg"}


class RecordingState(StrEnum):
    """WAITING is fetched again with growing gaps; FAILED is told in the room."""

    WAITING = "waiting"
    STORED = "stored"
    FAILED = "failed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`number` is the one people type (`delete voicemail 14`), counted per workspace.

    `file` is relative to the recordings directory. `link_version` is raised to revoke every link given out.
    """

    id: RecordingId
    number: int
    call: CallId
    role: LegRole
    room: Room
    owner: str
    provider: str
    ref: str
    source_url: str
    voicemail: bool
    state: RecordingState = RecordingState.WAITING
    file: str | None = None
    content_type: str | None = None
    seconds: float | None = None
    size: int | None = None
    caller: str | None = None
    created_at: datetime
    tries: int = 0
    next_try: datetime | None = None
    expires_at: datetime
    link_version: int = 1
    done: bool = False
    heard_by: tuple[str, ...] = ()

    def playable(self, now: datetime) -> bool:
        """Its audio is here and may still be heard: a recording whose time is over counts as deleted."""
        return self.state is RecordingState.STORED and self.file is not None and now < self.expires_at

    @property
    def file_name(self) -> str:
        """What a download is called; it gives nobody's number away: `voicemail-14.wav`."""
        stem = f"voicemail-{self.number}" if self.voicemail else f"recording-{self.created_at:%Y-%m-%d-%H%M}"
        return stem + _ENDINGS.get(self.content_type or "", "")

    def taken(self, now: datetime, until: datetime) -> "Recording | None":
        """One more try begins; nobody else begins another one before `until`."""
        if not self._awaited(now):
            return None
        return replace(self, tries=self.tries + 1, next_try=until)

    def again_at(self, moment: datetime) -> "Recording | None":
        """The try came to nothing; the next one is due then."""
        return replace(self, next_try=moment) if self.state is RecordingState.WAITING else None

    def stored(self, sound: Sound, size: int, now: datetime) -> "Recording | None":
        """Its audio, `size` bytes of it, is here, filed under the id."""
        if not self._awaited(now):
            return None
        return replace(
            self,
            state=RecordingState.STORED,
            file=self.id,
            content_type=sound.content_type,
            seconds=self.seconds if sound.seconds is None else round(sound.seconds, 3),
            size=size,
            next_try=None,
        )

    def failed(self) -> "Recording | None":
        """It will not come any more."""
        if self.state is not RecordingState.WAITING:
            return None
        return replace(self, state=RecordingState.FAILED, next_try=None)

    def revoked(self) -> "Recording":
        """Every link given out so far is dead."""
        return replace(self, link_version=self.link_version + 1)

    def ended(self, now: datetime, seconds: float | None = None) -> "Recording | None":
        """Its time is over as of now; what is left of it is to be deleted. `seconds`: as it was measured."""
        if self.state is RecordingState.DELETED or now >= self.expires_at:
            return None
        return replace(
            self,
            expires_at=now,
            # What is still awaited is not due again before it would have been gone anyway.
            next_try=self.expires_at,
            seconds=self.seconds if seconds is None else seconds,
        )

    def deleted(self) -> "Recording | None":
        """Gone, and the caller's number with the voice."""
        if self.state is RecordingState.DELETED:
            return None
        return replace(
            self,
            state=RecordingState.DELETED,
            file=None,
            size=None,
            next_try=None,
            caller=None,
            source_url="",
        )

    def _awaited(self, now: datetime) -> bool:
        return self.state is RecordingState.WAITING and now < self.expires_at
