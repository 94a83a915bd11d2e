"""What `patchline check` finds out about the Slack app: tokens, scopes, the way in, and the clock."""

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from adapters.chat.slack import PLATFORM, signing
from adapters.chat.slack.api import SCOPES, Api
from adapters.chat.slack.door import EVENTS
from adapters.wire import http
from bot.config import is_private_url
from bot.domain.errors import ProviderError, Rejected

LARGEST_SKEW: Final = 60.0
"""Seconds our clock may differ from Slack's; at 300 every request of Slack's is refused."""
BOT_SCOPES: Final = tuple(
    sorted({"commands", *(scope for scope in (*SCOPES.values(), *EVENTS.values()) if scope)})
)
_AGAIN: Final = "make the app anew from `patchline slack manifest`, or add them and reinstall it"
_DEAD: Final = [
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "token_expired",
    "account_inactive",
    "not_allowed_token_type",
]


async def look_over(
    api: Api, *, app_token: str | None, signing_secret: str | None, public_url: str | None, now: datetime
) -> str | None:
    """The first thing to mend: what comes after it may be its consequence."""
    try:
        _, headers = await api.asked("auth.test")
    except ProviderError as error:
        return _unanswered(error)
    trouble = _scopes(headers) or _clock(headers, now)
    if trouble or app_token:
        return trouble or await _socket(api, str(app_token))
    assert signing_secret is not None, "one way in is there, or the settings are refused"
    return await _door(signing_secret, public_url, now)


def _unanswered(error: ProviderError) -> str:
    if error.code in _DEAD:
        return (
            f"SLACK_BOT_TOKEN is refused by Slack ({error.code}): copy the Bot User OAuth Token (xoxb-…) "
            "from OAuth & Permissions of the app, after installing it into the workspace."
        )
    return f"Slack does not answer: {error}. Is it reachable from here, and is SLACK_API_URL right?"


def _scopes(headers: Mapping[str, str]) -> str | None:
    given = headers.get("x-oauth-scopes")
    missing = sorted(set(BOT_SCOPES) - set((given or "").replace(" ", "").split(",")))
    if given is None or not missing:
        return None
    return f"SLACK_BOT_TOKEN lacks {', '.join(missing)}: {_AGAIN}."


def _clock(headers: Mapping[str, str], now: datetime) -> str | None:
    try:
        skew = (now - parsedate_to_datetime(headers["date"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None
    if abs(skew) <= LARGEST_SKEW:
        return None
    return (
        f"This machine's clock is {skew:+.0f} s off Slack's: set it by NTP, or Slack's requests are refused."
    )


async def _socket(api: Api, app_token: str) -> str | None:
    try:
        await api.open_socket(app_token)
    except Rejected as error:
        return _app_token_words(error.code)
    except ProviderError as error:
        return _app_token_words(error.code) if error.code in _DEAD else f"Slack opens no socket: {error}."
    return None


def _app_token_words(code: str | None) -> str:
    return (
        f"SLACK_APP_TOKEN is refused by Slack ({code}): make an app-level token (xapp-…) with "
        "connections:write under Basic Information, and see that Socket Mode is on."
    )


async def _door(secret: str, public_url: str | None, now: datetime) -> str | None:
    """Knock as Slack does when the app's request URL is saved."""
    assert public_url is not None, "HTTP needs it, or the settings are refused"
    url = f"{public_url}/chat/{PLATFORM}"
    body = json.dumps({"type": "url_verification", "challenge": "patchline"}).encode()
    stamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signing.signature(secret, stamp, body),
    }
    try:
        async with http.client("", use_proxy_settings=not is_private_url(public_url)) as client:
            answer = await client.post(url, content=body, headers=headers)
    except httpx.HTTPError as error:
        why = type(error).__name__
        return f"PUBLIC_URL is not reached ({why}): start `patchline serve`, and lead {url} to it."
    if answer.is_success and "patchline" in answer.text:
        return None
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return "SLACK_SIGNING_SECRET is another one at PUBLIC_URL: restart `patchline serve` with this one."
    return f"PUBLIC_URL does not lead here: {url} answers {answer.status_code}. Start `patchline serve`."
