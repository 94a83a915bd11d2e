"""Who looks at our pages: a signed cookie, and whether a form came from our own page.

Nothing is done on a GET. A POST is believed when the browser itself says that one of our pages sent it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from bot.domain.errors import BadPass
from bot.domain.passes import Pass, PassKind, read_pass, sign_pass
from bot.domain.people import Asker
from bot.ports.clock import Clock, Ids

COOKIE: Final = "patchline"
SESSION: Final = timedelta(hours=12)


class Sessions:
    """`keys`: the first signs, all are believed. `secure`: people reach us over HTTPS alone."""

    def __init__(self, *, keys: Sequence[bytes], clock: Clock, ids: Ids, secure: bool) -> None:
        self._keys = keys
        self._clock = clock
        self._ids = ids
        self._secure = secure

    def start(self, response: Response, asker: Asker, life: timedelta = SESSION) -> None:
        """This browser is that person's from now on; a session before is replaced."""
        given = Pass(id=self._ids.new(), kind=PassKind.SESSION, asker=asker, until=self._clock.now() + life)
        response.set_cookie(
            COOKIE,
            sign_pass(given, self._keys[0]),
            max_age=int(life.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )

    def end(self, response: Response) -> None:
        """This browser is nobody's."""
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=self._secure)

    def who(self, request: Request) -> Asker | None:
        """The person whose browser this is, as they were when they signed in."""
        try:
            cookie = request.cookies.get(COOKIE, "")
            return read_pass(cookie, PassKind.SESSION, self._keys, self._clock.now()).asker
        except BadPass:
            return None

    def link(self, text: str) -> Pass:
        """What a sign-in link says. Raises BadPass."""
        return read_pass(text, PassKind.LINK, self._keys, self._clock.now())


def is_from_our_page(request: Request, public_url: str | None = None) -> bool:
    """Whether the browser vouches that this request was sent by a page of ours, not by a foreign one.

    `Sec-Fetch-Site` says so itself; browsers without it send `Origin` with every POST. Behind a proxy the
    host of `public_url` counts as ours.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", "")).netloc
    ours = {request.headers.get("host", "")} | ({urlsplit(public_url).netloc} if public_url else set())
    return bool(origin) and origin in ours
