"""The pages of the board. What they show and to whom is `bot/services/board.py`'s; here are only addresses.

Without a session, or where the core says no, one and the same kind of page says what to do. The fragments are
the pages without their frame: `static/board.js` puts them in place of the old ones.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.web.headers import IN_OUR_FRAMES, NOTICE_IN_OUR_FRAMES
from adapters.web.presses import Presses, form_of
from adapters.web.sessions import Sessions, is_from_our_page
from adapters.web.signing_in import HOW_TO_GET_ONE, SignIn
from bot.domain.actions import parse_action
from bot.domain.cdr import CallId
from bot.domain.errors import NoSuchThing, NotAllowed
from bot.domain.people import Asker
from bot.domain.recording import RecordingId
from bot.ports.chat import ChatInbox
from bot.ports.clock import Clock, Ids
from bot.services.board import DEFAULT_SPAN, Board, Wish

_BACK: Final = re.compile(r"board(?:/calls/[A-Za-z0-9_-]{1,64})?(?:\?[a-z0-9=&]{0,100})?")

Show = Callable[[Request, Asker], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPages:
    """What the pages of signed-in people need. `ids` are unguessable."""

    sessions: Sessions
    board: Board
    inbox: ChatInbox
    clock: Clock
    ids: Ids

    @property
    def presses(self) -> Presses:
        """A door for buttons; each remembers double clicks by itself."""
        return Presses(inbox=self.inbox, clock=self.clock, ids=self.ids)


def routes(own: OwnPages, templates: Environment, public_url: str | None) -> list[Route]:
    """Everything behind the sign-in link."""
    sign_in = SignIn(sessions=own.sessions, clock=own.clock, templates=templates, public_url=public_url)
    pages = BoardPages(own=own, templates=templates, public_url=public_url)
    return [
        Route("/in/{token}", sign_in.page),
        Route("/in/{token}", sign_in.enter, methods=["POST"]),
        Route("/out", sign_in.leave, methods=["POST"]),
        Route("/board", pages.board),
        Route("/board/fragment", pages.board_fragment),
        Route("/board/press", pages.press, methods=["POST"]),
        Route("/board/listen/{recording}", pages.listen),
        Route("/board/calls/{call}", pages.call),
        Route("/board/calls/{call}/fragment", pages.call_fragment),
    ]


class BoardPages:
    """`/board…`."""

    def __init__(self, *, own: OwnPages, templates: Environment, public_url: str | None) -> None:
        self._sessions = own.sessions
        self._board = own.board
        self._presses = own.presses
        self._public_url = public_url
        self._templates = templates
        self._frame = templates.get_template("board.html")
        self._notice = templates.get_template("notice.html")

    # --- looking --------------------------------------------------------------------------------

    async def board(self, request: Request) -> Response:
        """Upcoming, live and past calls."""
        return await self._page(request, self._overview, title="Your calls")

    async def board_fragment(self, request: Request) -> Response:
        """The same without the frame; 304 when nothing has changed."""
        return await self._fragment(request, self._overview)

    async def call(self, request: Request) -> Response:
        """The story of one call."""
        return await self._page(request, self._story, title="Why")

    async def call_fragment(self, request: Request) -> Response:
        """The same without the frame."""
        return await self._fragment(request, self._story)

    async def listen(self, request: Request) -> Response:
        """On to the player, by a link made now."""
        asker = self._sessions.who(request)
        if asker is None:
            return self._signed_out(request)
        try:
            link = await self._board.link_to(asker, RecordingId(request.path_params["recording"]))
        except NotAllowed as refused:
            return self._refused(request, refused)
        except NoSuchThing:
            return self._nothing(request)
        return RedirectResponse(f"../../r/{link.rpartition('/')[2]}", status_code=303)

    async def _overview(self, request: Request, asker: Asker) -> str:
        view = await self._board.overview(asker, _wish(request))
        address = f"board?{request.url.query}" if request.url.query else "board"
        return self._render("board_fragment.html", view=view, root="", back=address, wish=_wish(request))

    async def _story(self, request: Request, asker: Asker) -> str:
        id = CallId(request.path_params["call"])
        view = await self._board.story(asker, id)
        return self._render("call_fragment.html", view=view, root="../../", back=f"board/calls/{id}")

    def _render(self, name: str, **values: object) -> str:
        template: Template = self._templates.get_template(name)
        return template.render(**values)

    async def _page(self, request: Request, show: Show, *, title: str) -> Response:
        asker = self._sessions.who(request)
        if asker is None:
            return self._signed_out(request)
        try:
            content = await show(request, asker)
        except NotAllowed as refused:
            return self._refused(request, refused)
        except (NoSuchThing, ValueError):
            return self._nothing(request)
        html = self._frame.render(
            title=title,
            name=asker.name or asker.user,
            content=content,
            fragment=_fragment_of(request),
            sent="sent" in request.query_params,
            root=_root(request),
        )
        return HTMLResponse(html, headers=IN_OUR_FRAMES)

    async def _fragment(self, request: Request, show: Show) -> Response:
        asker = self._sessions.who(request)
        if asker is None:
            return Response(status_code=401)
        try:
            content = await show(request, asker)
        except NotAllowed:
            return Response(status_code=403)
        except (NoSuchThing, ValueError):
            return Response(status_code=404)
        tag = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return HTMLResponse(content, headers={"ETag": tag})

    # --- pressing -------------------------------------------------------------------------------

    async def press(self, request: Request) -> Response:
        """A button of a card: believed only from our own page, decided by the core."""
        if not is_from_our_page(request, self._public_url):
            return self._say(request, 403, "Nothing was done", "That was sent by another page.")
        asker = self._sessions.who(request)
        if asker is None:
            return self._signed_out(request)
        form = await form_of(request)
        try:
            action = parse_action(form.get("press", ""))
            room = await self._board.room_of(asker, CallId(form.get("call", "")))
        except NotAllowed as refused:
            return self._refused(request, refused)
        except (NoSuchThing, ValueError):
            return self._nothing(request)
        await self._presses.put(asker, room, action)
        return RedirectResponse(f"../{_back(form.get('back', ''))}", status_code=303)

    # --- pages that say why not -------------------------------------------------------------------

    def _signed_out(self, request: Request) -> Response:
        text = f"Your calls are for you alone. {HOW_TO_GET_ONE}"
        return self._say(request, 401, "You are not signed in", text)

    def _refused(self, request: Request, refused: NotAllowed) -> Response:
        return self._say(request, 403, "This board is closed to you", refused.reason)

    def _nothing(self, request: Request) -> Response:
        return self._say(
            request, 404, "There is nothing here", "No call or recording of yours has this address."
        )

    def _say(self, request: Request, status: int, title: str, text: str) -> Response:
        html = self._notice.render(title=title, text=text, root=_root(request))
        return HTMLResponse(html, status_code=status, headers=NOTICE_IN_OUR_FRAMES)


def _root(request: Request) -> str:
    return "../" * (request.url.path.count("/") - 1)


def _fragment_of(request: Request) -> str:
    """Where the page's own content is to be had anew, relative to the page."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path.rpartition('/')[2]}/fragment{query}"


def _wish(request: Request) -> Wish:
    """What the address says. Raises ValueError for what no link of ours says."""
    said = request.query_params
    return Wish(
        filter=said.get("show", ""),
        everybody=said.get("who") == "all",
        page=int(said.get("page", "1")),
        minutes=int(said.get("span", DEFAULT_SPAN)),
    )


def _back(wanted: str) -> str:
    """The page that the form stood on, if it is one of ours, with a word that the press was taken."""
    page = wanted if _BACK.fullmatch(wanted) else "board"
    if re.search(r"[?&]sent=1", page):
        return page
    return f"{page}{'&' if '?' in page else '?'}sent=1"
