"""Signing in by the link that the bot sent, and out again.

Chats look at links before people do, so opening one changes nothing; the button on its page uses it up.
"""

from datetime import datetime, timedelta
from typing import Final

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from adapters.web.headers import WITH_FORMS
from adapters.web.sessions import Sessions, is_from_our_page
from bot.domain.errors import BadPass
from bot.domain.passes import LINK_LIFE, Pass
from bot.ports.clock import Clock

ROUNDED: Final = timedelta(seconds=1)
"""A pass ends on a whole second, so it may seem made a little earlier than it was."""

HOW_TO_GET_ONE: Final = "Type “board” to me in the chat, and I send you a link."


class UsedOnce:
    """The links of this process that were used, for as long as they would still be good.

    A link that was made before the process started may have been used in the one before it: it is not taken.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.now()
        self._used: dict[str, datetime] = {}

    def take(self, link: Pass) -> None:
        """Raises BadPass for one that was, or may have been, used before."""
        now = self._clock.now()
        self._used = {id: until for id, until in self._used.items() if until > now}
        if link.id in self._used or link.until - LINK_LIFE + ROUNDED < self._started:
            raise BadPass
        self._used[link.id] = link.until

    def is_used(self, link: Pass) -> bool:
        """Whether its button was pressed already."""
        return link.id in self._used


class SignIn:
    """`/in/{token}` and `/out`."""

    def __init__(
        self, *, sessions: Sessions, clock: Clock, templates: Environment, public_url: str | None
    ) -> None:
        self._sessions = sessions
        self._used = UsedOnce(clock)
        self._public_url = public_url
        self._page = templates.get_template("signing_in.html")
        self._notice = templates.get_template("notice.html")

    async def page(self, request: Request) -> Response:
        """Who would be signed in, and the button."""
        try:
            link = self._sessions.link(request.path_params["token"])
        except BadPass:
            return self._dead()
        if self._used.is_used(link):
            return self._dead()
        name = link.asker.name or link.asker.user
        html = self._page.render(name=name, platform=link.asker.platform, root="../")
        return HTMLResponse(html, headers=WITH_FORMS)

    async def enter(self, request: Request) -> Response:
        """The button: once."""
        if not is_from_our_page(request, self._public_url):
            return self._foreign("../")
        try:
            link = self._sessions.link(request.path_params["token"])
            self._used.take(link)
        except BadPass:
            return self._dead()
        response = RedirectResponse("../board", status_code=303)
        self._sessions.start(response, link.asker)
        return response

    async def leave(self, request: Request) -> Response:
        """Sign out."""
        if not is_from_our_page(request, self._public_url):
            return self._foreign("")
        response = RedirectResponse("board", status_code=303)
        self._sessions.end(response)
        return response

    def _dead(self) -> Response:
        text = f"A sign-in link works once, within ten minutes. {HOW_TO_GET_ONE}"
        html = self._notice.render(title="This link does not sign you in", text=text, root="../")
        return HTMLResponse(html, status_code=404)

    def _foreign(self, root: str) -> Response:
        text = "That was sent by another page. Open the link yourself, and press the button there."
        html = self._notice.render(title="Nothing was done", text=text, root=root)
        return HTMLResponse(html, status_code=403)
