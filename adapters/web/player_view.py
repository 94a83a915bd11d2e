"""What the player's page says of a recording, in words."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from bot.domain.call import Call
from bot.domain.numbers import parse_address
from bot.domain.recording import Recording
from bot.services.recordings import Playable


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerView:
    """What the page shows, in words. `audio` is its address, relative to the page; `size` in bytes."""

    title: str
    who: str
    at: datetime
    when: str
    length: str | None
    audio: str
    size: int
    until: str
    kept: str
    done: bool


def view_of(found: Playable, call: Call | None, token: str) -> PlayerView:
    """What the page may say: names, and numbers whole only for a private room."""
    recording = found.recording
    zone = _zone(call)
    return PlayerView(
        title=_title(recording, call),
        who=_who(recording, call),
        at=recording.created_at,
        when=f"{_moment(recording.created_at, zone)} ({zone})",
        length=_length(recording.seconds),
        audio=f"{token}/audio",
        size=recording.size or 0,
        until=_moment(found.until, zone),
        kept=_moment(recording.expires_at, zone),
        done=recording.done,
    )


def _title(recording: Recording, call: Call | None) -> str:
    if recording.voicemail:
        return f"Voicemail {recording.number}"
    return f"Recording of call #{call.number}" if call else "Recording"


def _who(recording: Recording, call: Call | None) -> str:
    leg = call.leg(recording.role) if call else None
    name = leg.party.name if leg else None
    number = _number(recording)
    return " · ".join(part for part in (name, number) if part) or "Number withheld"


def _number(recording: Recording) -> str | None:
    if recording.caller is None:
        return None
    address = parse_address(recording.caller)
    return str(address) if recording.room.private else address.masked()


def _zone(call: Call | None) -> tzinfo:
    try:
        return ZoneInfo(call.zone) if call else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def _moment(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M}"


def _length(seconds: float | None) -> str | None:
    """`0:07`, `2:05`, `1:02:05`; whatever can be played lasts at least `0:01`."""
    if seconds is None:
        return None
    minutes, rest = divmod(max(1, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
