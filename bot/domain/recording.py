"""A recording we keep: where it came from, how long it may stay, who may hear it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.cdr import CallId
from bot.domain.flow import LegRole
from bot.domain.people import Room

RecordingId = NewType("RecordingId", str)


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
