"""The page that plays one recording, and its audio. Who may open it is what the link says, and nothing else.

Expired, revoked, deleted and made-up links get one and the same page. Whoever holds a link may listen;
buttons are for people who have signed in and whom the core lets act on that recording.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from adapters.web.board import OwnPages
from adapters.web.headers import WITH_SCRIPTS
from adapters.web.player_view import view_of
from adapters.web.presses import form_of
from adapters.web.sessions import is_from_our_page
from bot.domain.actions import Action, Verb
from bot.domain.call import Call
from bot.domain.errors import BadLink
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Asker
from bot.domain.recording import Recording
from bot.services.recordings import Playable, Recordings

LABELS: Final = {"back": "Call back", "done": "Mark done", "renew": "New link", "revoke": "Revoke the link"}


class Player:
    """`/r/{token}`, `/r/{token}/audio` and `/r/{token}/press`."""

    def __init__(
        self,
        *,
        recordings: Recordings,
        templates: Environment,
        own: OwnPages | None = None,
        public_url: str | None = None,
    ) -> None:
        self._recordings = recordings
        self._own = own
        self._presses = own.presses if own is not None else None
        self._public_url = public_url
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
        may_act = await self._actor(request, found) is not None
        html = self._player.render(
            view=view_of(found, call, token),
            actions={name: LABELS[name] for name in actions(found.recording, call)} if may_act else {},
            token=token,
            sent="sent" in request.query_params,
            root="../",
        )
        return HTMLResponse(html, headers=WITH_SCRIPTS)

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

    async def press(self, request: Request) -> Response:
        """A button: from our own page, by somebody whose recording it is; the core decides again."""
        if not is_from_our_page(request, self._public_url):
            return self._say(request, 403, "Nothing was done", "That was sent by another page.")
        token: str = request.path_params["token"]
        try:
            found = await self._recordings.open(token)
        except BadLink:
            return self._gone(request)
        asker = await self._actor(request, found)
        if asker is None or self._presses is None:
            text = "This link lets you listen. To do more, sign in: type “board” to me in the chat."
            return self._say(request, 403, "Nothing was done", text)
        call = await self._recordings.call_of(found.recording)
        action = actions(found.recording, call).get((await form_of(request)).get("do", ""))
        if action is None:
            return self._say(request, 409, "Nothing was done", "That cannot be done with it any more.")
        await self._presses.put(asker, found.recording.room, action)
        return RedirectResponse(f"../{token}?sent=1", status_code=303)

    async def _actor(self, request: Request, found: Playable) -> Asker | None:
        """Whoever has signed in here, if the core lets them act on this recording."""
        asker = self._own.sessions.who(request) if self._own is not None else None
        if self._own is None or asker is None:
            return None
        return asker if await self._own.board.may_act_on(asker, found.recording) else None

    async def unavailable(self, request: Request, _error: Exception) -> Response:
        """The database is out of reach."""
        title, text = "Please try again in a moment", "Patchline cannot reach its database just now."
        return self._say(request, 503, title, text)

    def _gone(self, request: Request) -> Response:
        title = "This link does not play anything"
        text = (
            "Links to recordings work for seven days, or until they are revoked, and recordings are kept for "
            "a limited time. If the recording is still there, its message in the chat has a link that works, "
            "or a button that makes one."
        )
        return self._say(request, 404, title, text)

    def _say(self, request: Request, status: int, title: str, text: str) -> Response:
        root = "../" * (request.url.path.count("/") - 1)
        return HTMLResponse(self._notice.render(title=title, text=text, root=root), status_code=status)


def actions(recording: Recording, call: Call | None) -> Mapping[str, Action]:
    """What can be done about it now, by the name that the form gives it."""
    found = {}
    if call is not None and isinstance(call.caller, PhoneNumber):
        found["back"] = Action(verb=Verb.BACK, target=call.id)
    if recording.voicemail and not recording.done:
        found["done"] = Action(verb=Verb.DONE, target=recording.id)
    found["renew"] = Action(verb=Verb.RENEW, target=recording.id)
    found["revoke"] = Action(verb=Verb.REVOKE, target=recording.id)
    return found
