"""The Slack Web API: what we ask of it, under which scope, and who must act when it says no.

Nothing is sent twice by itself. After a 429 that method is left alone for as long as Slack said.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.wire.http import redact, retry_after
from bot.config import is_private_url
from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable
from bot.ports.clock import Clock

Answer = Mapping[str, Any]
T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds for a whole request."""

SCOPES: Final[Mapping[str, str | None]] = {
    "auth.test": None,
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.open": "im:write",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "users.info": "users:read",
    "views.open": None,
    "views.publish": None,
}
"""Every method we use with the bot token, and the scope that it needs."""

_READS: Final = frozenset({"auth.test", "users.info", "files.getUploadURLExternal"})
"""Methods that take a form; the others take JSON."""

_LATER: Final = frozenset(
    [
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "team_added_to_org",
        "request_timeout",
        "team_access_not_granted",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
        "account_inactive",
    ]
)
"""May be mended without us, so what was to be said keeps. Any other error is final."""

UNREACHABLE: Final = frozenset(
    [
        "channel_not_found",
        "not_in_channel",
        "user_not_in_channel",
        "is_archived",
        "channel_type_not_supported",
        "restricted_action",
        "messages_tab_disabled",
    ]
)
"""We may not speak there; elsewhere we may."""

_NEVER_LEFT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Api:
    """One workspace's Web API. `session()` keeps connections open; without it every request has its own."""

    def __init__(self, *, token: str, url: str, clock: Clock) -> None:
        # The SDK logs whole requests at DEBUG; phone numbers stand in them.
        logging.getLogger("slack_sdk").setLevel(logging.WARNING)
        self._client = AsyncWebClient(
            token=token, base_url=f"{url.rstrip('/')}/", timeout=math.ceil(PATIENCE), retry_handlers=[]
        )
        if is_private_url(url):
            self._client.proxy = None
        self._clock = clock
        self._secrets = (token,)
        self._resting: dict[str, float] = {}  # method → until when, on the clock nobody can set

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Connections that are shared while the block runs."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
            self._client.session = session
            try:
                yield session
            finally:
                self._client.session = None

    async def call(self, method: str, *, creates: bool = False, **arguments: Any) -> Answer:
        """Raises Rejected, Unavailable, or where the call `creates` something, OutcomeUnknown."""
        answer, _ = await self.asked(method, creates=creates, **arguments)
        return answer

    async def asked(
        self, method: str, *, creates: bool = False, **arguments: Any
    ) -> tuple[Answer, Mapping[str, str]]:
        """`call` with the reply's headers, names in lower case."""
        assert method in SCOPES, "a method without a scope would be missing in the manifest"
        given = {name: value for name, value in arguments.items() if value is not None}

        async def ask() -> Any:
            if method in _READS:
                return await self._client.api_call(method, data=given)
            return await self._client.api_call(method, json=given)

        return await self._guarded(method, creates, ask)

    async def open_socket(self, app_token: str) -> str:
        """The address of a new Socket Mode connection. Raises Rejected, Unavailable."""

        async def ask() -> Any:
            return await self._client.apps_connections_open(app_token=app_token)

        answer, _ = await self._guarded("apps.connections.open", False, ask)
        return str(answer["url"])

    async def upload(self, *, channel: str, thread: str | None, name: str, data: bytes) -> None:
        """A file into a conversation. Raises Rejected, Unavailable, OutcomeUnknown."""

        async def send() -> Any:
            return await self._client.files_upload_v2(
                filename=name, title=name, content=data, channel=channel, thread_ts=thread
            )

        await self._guarded("files.completeUploadExternal", True, send)

    async def respond(self, url: str, **message: Any) -> None:
        """To the address that came with a command or a press; it is as good as a secret.

        Raises Rejected when it is used up, Unavailable, OutcomeUnknown.
        """

        async def send() -> tuple[int, Mapping[str, str], str]:
            hook = AsyncWebhookClient(
                url, timeout=math.ceil(PATIENCE), session=self._client.session, retry_handlers=[]
            )
            hook.proxy = self._client.proxy
            reply = await hook.send_dict(message)
            return reply.status_code, _lower(reply.headers), reply.body

        status, headers, body = await self._sent("response_url", True, send)
        if status != 200:
            raise self._refusal("response_url", status, body[:60], headers)

    # --- who must act -----------------------------------------------------------------------

    async def _guarded(
        self, method: str, creates: bool, ask: Callable[[], Awaitable[Any]]
    ) -> tuple[Answer, Mapping[str, str]]:
        self._must_not_rest(method)
        try:
            reply = await self._sent(method, creates, ask)
        except SlackApiError as refused:
            raise self._of(method, refused) from refused
        return (reply.data if isinstance(reply.data, dict) else {}), _lower(reply.headers)

    async def _sent(self, method: str, creates: bool, ask: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(PATIENCE):
                return await ask()
        except SlackApiError:
            raise
        except _NEVER_LEFT as failure:
            raise self._error(Unavailable, f"{method}: cannot be reached") from failure
        except (aiohttp.ClientError, TimeoutError, SlackClientError, OSError) as failure:
            kind = OutcomeUnknown if creates else Unavailable
            raise self._error(kind, f"{method}: no answer ({type(failure).__name__})") from failure

    def _must_not_rest(self, method: str) -> None:
        left = self._resting.get(method, 0.0) - self._clock.boot()
        if left > 0:
            raise Unavailable(
                provider="slack", detail=f"{method}: resting", code="ratelimited", retry_after=left
            )

    def _of(self, method: str, refused: SlackApiError) -> ProviderError:
        reply: Any = refused.response
        status: int = getattr(reply, "status_code", 0) or getattr(reply, "status", 0)
        data = getattr(reply, "data", None)
        code = str(data.get("error", "")) if isinstance(data, dict) else ""
        return self._refusal(method, status, code, _lower(reply.headers))

    def _refusal(self, method: str, status: int, code: str, headers: Mapping[str, str]) -> ProviderError:
        if status == 429:
            pause = max(1.0, retry_after(headers) or 1.0)
            self._resting[method] = self._clock.boot() + pause
            return Unavailable(provider="slack", detail=method, code="ratelimited", retry_after=pause)
        later = status >= 500 or code in _LATER
        return self._error(Unavailable if later else Rejected, method, code or str(status))

    def _error(self, kind: type[ProviderError], words: str, code: str | None = None) -> ProviderError:
        return kind(provider="slack", detail=redact(words, self._secrets), code=code)


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in dict(headers or {}).items()}
