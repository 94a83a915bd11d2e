"""The app as Slack installs it, made from what the code uses, so that neither can lack what the other has."""

from typing import Any

from adapters.chat.slack import PLATFORM
from adapters.chat.slack.checking import BOT_SCOPES
from adapters.chat.slack.door import EVENTS, SHORTCUTS


def manifest(command: str, public_url: str | None) -> dict[str, Any]:
    """For “create an app from a manifest”. With `public_url` Slack calls us there; else by Socket Mode."""
    url = f"{public_url}/chat/{PLATFORM}" if public_url else None
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Patchline",
            "description": "Telephone calls by chat: type a sentence, it is placed at its second.",
            "background_color": "#1d3557",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "patchline", "always_online": True},
            "shortcuts": [_shortcut(id, *words) for id, words in SHORTCUTS.items()],
            "slash_commands": [_command(command, url)],
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": {**_at(url), "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **_at(url)},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def _at(url: str | None) -> dict[str, str]:
    return {"request_url": url} if url else {}


def _shortcut(id: str, kind: str, name: str, description: str) -> dict[str, str]:
    return {"name": name, "type": kind, "callback_id": id, "description": description}


def _command(command: str, url: str | None) -> dict[str, Any]:
    return {
        "command": command,
        "description": "Place, schedule and answer telephone calls",
        "usage_hint": "call amy and patch me in at 23:59",
        # Mentions come as ids, which cannot be mistaken; names as typed could be anybody's.
        "should_escape": True,
        **({"url": url} if url else {}),
    }
