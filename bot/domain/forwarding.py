"""What happens to a call to one of our numbers: stages in order, then voicemail or a goodbye."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.flow import Party
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """These parties ring at once, for `ring_seconds`; None leaves the time to the plan."""

    parties: tuple[Party, ...]
    ring_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """One rule per number of ours. `owner` is the asker's key; cards about its calls go to `room`."""

    did: PhoneNumber
    provider: str
    room: Room
    owner: str
    owner_name: str = ""
    stages: tuple[Stage, ...] = ()
    voicemail: bool = True
    notify: PhoneNumber | None = None
    """Where the SMS with the voicemail link goes: the owner's own number, when known."""
    created_at: datetime
