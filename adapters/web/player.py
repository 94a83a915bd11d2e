"""The page that plays one recording, and its audio. Who may open it is what the link says, and nothing else.

Expired, revoked, deleted and made-up links get one and the same page.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from bot.domain.call import Call
from bot.domain.errors import BadLink
from bot.domain.numbers import parse_address
from bot.domain.recording import Recording
from bot.services.recordings import Playable, Recordings


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerView:
    """What the page shows, in words. `audio` is its address, relative to the page."""

    title: str
    who: str
    at: datetime
    when: str
    length: str | None
    audio: str
    until: str
    kept: str


class Player:
    """`/r/{token}` and `/r/{token}/audio`."""

    def __init__(self, *, recordings: Recordings, templates: Environment) -> None:
        self._recordings = recordings
        self._player = templates.get_template("player.html")
        self._notice = templates.get_template("notice.html")

    async def page(self, request: Request) -> Response:
        """The player."""
        token: str = request.path_params["token"]
        try:
            found = await self._recordings.open(token)
        except BadLink:
            return self._gone(request)
        call = await self._recordings.call_of(found.recording)
        return HTMLResponse(self._player.render(view=view_of(found, call, token), root="../"))

    async def audio(self, request: Request) -> Response:
        """The sound itself, whole or in ranges; `?download=1` makes the browser keep it."""
        try:
            found = await self._recordings.open(request.path_params["token"])
            size = await asyncio.to_thread(found.path.stat)
        except (BadLink, FileNotFoundError):
            return self._gone(request)
        download = request.query_params.get("download") == "1"
        return FileResponse(
            found.path,
            media_type=found.recording.content_type,
            filename=found.recording.file_name,
            content_disposition_type="attachment" if download else "inline",
            stat_result=size,
        )

    async def unavailable(self, request: Request, _error: Exception) -> Response:
        """The database is out of reach."""
        title, text = "Please try again in a moment", "Patchline cannot reach its database just now."
        return self._say(request, 503, title, text)

    def _gone(self, request: Request) -> Response:
        title = "This link does not play anything"
        text = (
            "Links to recordings work for seven days, and recordings are kept for a limited time. "
            "If the recording is still there, the button under its message in the chat makes a new link."
        )
        return self._say(request, 404, title, text)

    def _say(self, request: Request, status: int, title: str, text: str) -> Response:
        root = "../" * (request.url.path.count("/") - 1)
        return HTMLResponse(self._notice.render(title=title, text=text, root=root), status_code=status)


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
        until=_moment(found.until, zone),
        kept=_moment(recording.expires_at, zone),
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
