"""Slack as a chat (docs/slack.md). This file holds the settings alone, so that reading them loads none of the
rest.

`incoming` reads what Slack sends, `rendering` and `forms` write what it shows, `door` takes both transports
to one set of listeners, `api` asks Slack, `chat` is the platform, `manifest` the app as Slack installs it.
"""

import re
from typing import Annotated, Any, ClassVar, Final

from pydantic import PlainValidator, SecretStr

from bot.config import BaseUrl, Settings, VendorSettings, env
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock

PLATFORM: Final = "slack"
OFFICIAL: Final = "https://slack.com/api"
COMMAND: Final = "/phone"
_SHAPE: Final = re.compile(r"/[a-z0-9_-]{1,31}")
RESERVED: Final = frozenset(
    [
        "archive",
        "call",
        "collapse",
        "dnd",
        "expand",
        "feed",
        "help",
        "huddle",
        "invite",
        "invite_people",
        "join",
        "kick",
        "leave",
        "me",
        "msg",
        "mute",
        "open",
        "people",
        "prefs",
        "remind",
        "remove",
        "rename",
        "search",
        "shortcuts",
        "shrug",
        "star",
        "status",
        "todo",
        "topic",
        "trans",
        "unarchive",
        "who",
    ]
)
"""Slack's own commands: one of them in a manifest, and Slack refuses the whole of it."""


def _command(text: Any) -> str:
    name = f"/{str(text).strip().lower().removeprefix('/')}"
    if not _SHAPE.fullmatch(name):
        raise ValueError(f"is {text!r}; write a slash and up to 31 letters, digits, - or _, e.g. {COMMAND}")
    if name[1:] in RESERVED:
        raise ValueError(f"is {name}, which is Slack's own; take another word, e.g. {COMMAND}")
    return name


class SlackSettings(VendorSettings):
    """Offered when the bot token is there, with one of the two ways in which Slack reaches us."""

    required: ClassVar[tuple[str, ...]] = ("SLACK_BOT_TOKEN",)

    bot_token: SecretStr | None = env(
        "SLACK_BOT_TOKEN", "Bot token of the Slack app (`xoxb-…`), from OAuth & Permissions."
    )
    app_token: SecretStr | None = env(
        "SLACK_APP_TOKEN",
        "App-level token (`xapp-…`) with `connections:write`: we go to Slack (Socket Mode), and nothing has "
        "to be reachable from outside.",
    )
    signing_secret: SecretStr | None = env(
        "SLACK_SIGNING_SECRET",
        "Signing secret of the Slack app: without `SLACK_APP_TOKEN`, Slack calls us at `PUBLIC_URL`.",
    )
    command: Annotated[str, PlainValidator(_command)] = env(
        "PATCHLINE_SLACK_COMMAND",
        "Slash command, as in the manifest of the Slack app (`patchline slack manifest`).",
        COMMAND,
    )
    api_url: BaseUrl | None = env(
        "SLACK_API_URL", "Where the Slack Web API is, if it is not Slack's own.", shown=OFFICIAL
    )

    def problems(self, core: Settings) -> list[str]:
        """There has to be a way in."""
        if self.app_token is not None or (self.signing_secret is not None and core.public_url is not None):
            return []
        if self.signing_secret is not None:
            return [
                "PUBLIC_URL is missing: with SLACK_SIGNING_SECRET Slack calls us there. Set it, or set "
                "SLACK_APP_TOKEN to be reached without it."
            ]
        return [
            "SLACK_APP_TOKEN is missing: SLACK_BOT_TOKEN is set, and Slack needs a way to reach us. Set it "
            "(Socket Mode), or SLACK_SIGNING_SECRET and PUBLIC_URL (HTTP)."
        ]


class ManifestSettings(SlackSettings):
    """What the manifest is made from, before there is an app and a token: read by `load_alone`."""

    public_url: BaseUrl | None = env("PUBLIC_URL", "As the core has it.")


def make_slack(settings: Settings, clock: Clock) -> ChatPlatform:
    """By Socket Mode where there is an app-level token, else over HTTP."""
    from adapters.chat.slack.api import Api
    from adapters.chat.slack.chat import Slack

    own = settings.of(SlackSettings)
    assert own is not None, "offered only with its settings"
    assert own.bot_token is not None, "required"
    api = Api(token=own.bot_token.get_secret_value(), url=own.api_url or OFFICIAL, clock=clock)
    return Slack(
        api=api,
        clock=clock,
        command=own.command,
        app_token=_plain(own.app_token),
        signing_secret=None if own.app_token else _plain(own.signing_secret),
        public_url=settings.public_url,
    )


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
