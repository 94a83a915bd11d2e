"""What every answer tells the browser: nothing from elsewhere, no frames, no trace, no copies.

A page that runs our scripts, or has a form, says so itself with `WITH_SCRIPTS` or `WITH_FORMS`; everything
else stays as strict as it is.
"""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STRICT: Final = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "media-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def _policy(**more: str) -> str:
    """Directives with `_` for `-`; what is not said stays strict."""
    said = {**_STRICT, **{name.replace("_", "-"): value for name, value in more.items()}}
    return "; ".join(f"{name} {value}" for name, value in said.items())


SECURITY_HEADERS: Final = {
    "Content-Security-Policy": _policy(),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

WITH_FORMS: Final = {"Content-Security-Policy": _policy(form_action="'self'")}
"""For a page whose forms are sent to us."""
WITH_SCRIPTS: Final = {
    "Content-Security-Policy": _policy(script_src="'self'", connect_src="'self'", form_action="'self'")
}
"""For a page that runs scripts of ours, asks us for more, and has forms."""
IN_OUR_FRAMES: Final = {
    "Content-Security-Policy": _policy(
        script_src="'self'", connect_src="'self'", form_action="'self'", frame_ancestors="'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""For such a page that pages of ours, and nobody else's, may show in a frame."""
NOTICE_IN_OUR_FRAMES: Final = {
    "Content-Security-Policy": _policy(frame_ancestors="'self'"),
    "X-Frame-Options": "SAMEORIGIN",
}
"""For a page without scripts or forms that may stand where the former was."""


class SecurityHeaders:
    """ASGI middleware. A page that needs another policy sets that header itself, and it stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
