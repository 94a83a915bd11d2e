"""Telegram as a chat (docs/telegram.md). This file holds the settings alone, so that reading them loads none
of the rest.
"""

import hashlib
import re
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import PlainValidator, SecretStr

from bot.config import BaseUrl, Settings, VendorSettings, env
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock

PLATFORM: Final = "telegram"
OFFICIAL: Final = "https://api.telegram.org"
DOORS: Final = (443, 80, 88, 8443)
"""The only ports that Telegram calls back on."""


def _token(text: Any) -> SecretStr:
    if not re.fullmatch(r"\d+:[\w-]+", str(text).strip()):
        raise ValueError("is no bot token; BotFather writes it like 123456:ABC-DEF")
    return SecretStr(str(text).strip())


class TelegramSettings(VendorSettings):
    """Offered when the token is there; everything else has a default."""

    required: ClassVar[tuple[str, ...]] = ("TELEGRAM_BOT_TOKEN",)

    bot_token: Annotated[SecretStr | None, PlainValidator(_token)] = env(
        "TELEGRAM_BOT_TOKEN", "Token of the Telegram bot, as BotFather gave it."
    )
    api_url: BaseUrl | None = env(
        "TELEGRAM_API_URL", "Where the Telegram Bot API is, if it is not Telegram's own.", shown=OFFICIAL
    )


def make_telegram(settings: Settings, clock: Clock) -> ChatPlatform:
    """Reached by webhook where PUBLIC_URL is an https address that Telegram calls; else it polls."""
    from adapters.chat.telegram.chat import Telegram
    from adapters.chat.telegram.client import Client

    own = settings.of(TelegramSettings)
    assert own is not None, "offered only with its settings"
    assert own.bot_token is not None, "required"
    secrets = tuple(key.hex() for key in settings.keys(PLATFORM))
    client = Client(token=own.bot_token.get_secret_value(), api_url=own.api_url or OFFICIAL, clock=clock)
    return Telegram(
        client=client, clock=clock, webhook=_webhook(settings.public_url, secrets[0]), secrets=secrets
    )


def _webhook(public_url: str | None, secret: str) -> str | None:
    """Where Telegram calls us. It changes with the secret, so that a new secret is told to Telegram."""
    if public_url is None:
        return None
    parts = urlsplit(public_url)
    if parts.scheme != "https" or (parts.port or 443) not in DOORS:
        return None
    return f"{public_url}/chat/{PLATFORM}?v={hashlib.sha256(secret.encode()).hexdigest()[:12]}"
