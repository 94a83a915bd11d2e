"""The way in, the same for both transports: bolt finds the listener, the listener has one row written and
acknowledges. Everything that takes time happens after that.

Bolt runs with `process_before_response`: the acknowledgement leaves when the listener is through, and nothing
that goes wrong can take it back. A listener waits for the database and for nothing else.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.chat.slack import incoming
from adapters.chat.slack.forms import CALL_THIS, FORMS, FORWARD, OPENS, SCHEDULE
from adapters.chat.slack.incoming import Payload, Us
from bot.ports.chat import Inbound

log = structlog.get_logger(__name__)

EVENTS: Final[Mapping[str, str | None]] = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "message.im": "im:history",
    "tokens_revoked": None,
    "user_change": "users:read",
}
"""What we want to be told of, and the scope that it needs."""

SHORTCUTS: Final[Mapping[str, tuple[str, str, str]]] = {
    CALL_THIS: ("message", "Call this number", "Rings your phone, then the number in this message."),
    SCHEDULE: ("global", "Schedule a call", "Whom, when, and what happens then."),
    FORWARD: ("global", "Forward a number", "Where calls to a number of ours go."),
}
"""By callback id: where it is offered, its name, and what it does."""

Ack = Callable[..., Awaitable[Any]]
NO_RETRY: Final = {"x-slack-no-retry": "1"}
_ANY: Final = re.compile(".*", re.DOTALL)


class Front(Protocol):
    """What the door needs of the platform behind it."""

    def now(self) -> datetime: ...

    async def us(self) -> Us:
        """Raises when Slack cannot be asked."""
        ...

    async def take(self, inbound: Inbound) -> bool:
        """Written down in time, or not."""
        ...

    @property
    def not_taken(self) -> str: ...

    def errand(self, errand: Awaitable[None]) -> None:
        """To be run after the acknowledgement."""
        ...

    def remember(self, inbound: Inbound, response_url: str | None) -> None: ...

    def changed(self, user: str) -> None: ...

    async def tell_not_taken(self, inbound: Inbound) -> None: ...

    async def say_no_number(self, payload: Payload) -> None: ...

    async def open_form(self, trigger: str, form: str, channel: str | None) -> None: ...


def _known_as(front: Front) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Who may is the core's to say; bolt is only told which bot we are."""

    async def authorize(enterprise_id: str | None) -> AuthorizeResult:
        us = await front.us()
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=us.team,
            bot_user_id=us.user,
            bot_id=us.bot,
            bot_token="unused",  # noqa: S106 - nothing is asked through bolt
        )

    return authorize


class Door:
    """Listeners for everything that Slack sends."""

    def __init__(self, front: Front, url: str) -> None:
        self._front = front
        logger = logging.getLogger("slack_bolt")
        logger.setLevel(logging.ERROR)
        self._app = AsyncApp(
            name="patchline",
            logger=logger,
            # Bolt takes what it is not given from the environment: everything is given.
            signing_secret="unused",  # noqa: S106 - requests are verified before they come here
            client=AsyncWebClient(base_url=url, logger=logger),
            authorize=_known_as(front),
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            request_verification_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        self._app.command(_ANY)(self._command)
        for kind in ("app_mention", "message", "app_home_opened"):
            self._app.event(kind)(self._event)
        self._app.event("user_change")(self._user_change)
        for kind in ("app_uninstalled", "tokens_revoked"):
            self._app.event(kind)(self._gone)
        self._app.action(_ANY)(self._press)
        self._app.shortcut(_ANY)(self._shortcut)
        self._app.view(_ANY)(self._form)
        self._app.error(self._unhandled)

    async def enter(self, request: AsyncBoltRequest) -> BoltResponse:
        """What Slack is to be answered. Anything but 200 means: send it again."""
        return await self._app.async_dispatch(request)

    async def _unhandled(self, error: Exception) -> BoltResponse:
        """What we do not know is taken and forgotten; what broke is asked for again."""
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=200, body="")
        log.error("slack request broke", error=type(error).__name__, exc_info=error)
        return BoltResponse(status=503, body="")

    # --- listeners --------------------------------------------------------------------------

    async def _command(self, ack: Ack, body: Payload, request: AsyncBoltRequest) -> None:
        us = await self._front.us()
        inbound = incoming.of_command(body, us, self._sent_at(request))
        if inbound is None:
            await ack("I am installed in another workspace; this one I do not know.")
            return
        self._front.remember(inbound, body.get("response_url"))
        if await self._front.take(inbound):
            await ack()
        else:
            await ack(text=self._front.not_taken, response_type="ephemeral")

    async def _event(self, ack: Ack, body: Payload) -> BoltResponse | None:
        inbound = incoming.of_event(body, await self._front.us())
        if inbound is None or await self._front.take(inbound):
            await ack()
            return None
        # The person hears that it was not taken, so Slack must not send it again.
        self._front.errand(self._front.tell_not_taken(inbound))
        return BoltResponse(status=200, body="", headers=dict(NO_RETRY))

    async def _press(self, ack: Ack, body: Payload, request: AsyncBoltRequest) -> None:
        us = await self._front.us()
        pressed: Payload = next(iter(body.get("actions", ())), {})
        form = str(pressed.get("action_id", ""))
        inbound = incoming.of_press(body, us, self._sent_at(request))
        if form.startswith(OPENS):
            self._open(body, form.removeprefix(OPENS))
        elif inbound is not None:
            self._front.remember(inbound, body.get("response_url"))
            await self._pressed(inbound, at_home=(body.get("view") or {}).get("type") == "home")
        await ack()

    async def _pressed(self, inbound: Inbound, *, at_home: bool) -> None:
        if not await self._front.take(inbound):
            self._front.errand(self._front.tell_not_taken(inbound))
        elif at_home:
            self._front.errand(self._taken_late(incoming.home_after(inbound)))

    async def _taken_late(self, inbound: Inbound) -> None:
        await self._front.take(inbound)

    async def _shortcut(self, ack: Ack, body: Payload, request: AsyncBoltRequest) -> None:
        if body.get("callback_id") in FORMS:
            self._open(body, body["callback_id"])
            await ack()
            return
        inbound = incoming.of_shortcut(body, await self._front.us(), self._sent_at(request))
        if inbound is None:
            self._front.errand(self._front.say_no_number(body))
        else:
            self._front.remember(inbound, body.get("response_url"))
            if not await self._front.take(inbound):
                self._front.errand(self._front.tell_not_taken(inbound))
        await ack()

    async def _form(self, ack: Ack, body: Payload, request: AsyncBoltRequest) -> None:
        inbound = incoming.of_form(body, await self._front.us(), self._sent_at(request))
        if inbound is None or await self._front.take(inbound):
            await ack()
        else:
            first = next(iter(body["view"]["state"]["values"]))
            await ack(response_action="errors", errors={first: self._front.not_taken})

    async def _user_change(self, ack: Ack, body: Payload) -> None:
        self._front.changed(str((body["event"].get("user") or {}).get("id", "")))
        await ack()

    async def _gone(self, ack: Ack, body: Payload) -> None:
        log.error(
            "slack: the app was removed from the workspace, or its tokens were", event=body["event"]["type"]
        )
        await ack()

    # --- small things -----------------------------------------------------------------------

    def _open(self, body: Payload, form: str) -> None:
        """Its trigger lives for three seconds: at once, but not before the acknowledgement."""
        channel = (body.get("channel") or {}).get("id") or incoming.origin_of(body)
        self._front.errand(self._front.open_form(str(body.get("trigger_id", "")), form, channel))

    def _sent_at(self, request: AsyncBoltRequest) -> datetime:
        """Slack signs the time of sending; over a socket there is none, and nothing waits there."""
        stamp = next(iter(request.headers.get("x-slack-request-timestamp", ())), None)
        return incoming.moment(stamp) if stamp else self._front.now()
