"""The Slack app: the manifest holds what the code uses, and the settings say how Slack reaches us."""

import json

import pytest
from typer.testing import CliRunner

from adapters.chat.slack import ManifestSettings, SlackSettings
from adapters.chat.slack.api import SCOPES as USED
from adapters.chat.slack.door import EVENTS, SHORTCUTS
from adapters.chat.slack.forms import FORMS, SENTENCES
from adapters.chat.slack.manifest import manifest
from bot.__main__ import app
from bot.config import Settings, load, load_alone
from bot.domain.errors import ConfigError
from tests.vendors.slack import NEEDS, SCOPES

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1", "PATCHLINE_SECRET_KEY": "k" * 40}


def read(**environ: str) -> Settings:
    return load(environ, chats={"slack": SlackSettings})


# --- the manifest -------------------------------------------------------------------------------


def test_its_scopes_are_those_of_the_methods_and_events_in_use() -> None:
    scopes = set(manifest("/phone", None)["oauth_config"]["scopes"]["bot"])
    assert scopes == set(SCOPES)
    assert {method: scope for method, scope in USED.items() if scope} == {
        method: scope for method, scope in NEEDS.items() if scope
    }
    assert {scope for scope in EVENTS.values() if scope} <= scopes
    assert "commands" in scopes


def test_its_events_shortcuts_and_command_are_those_that_are_listened_to() -> None:
    made = manifest("/dial", None)
    assert set(made["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)
    assert {each["callback_id"] for each in made["features"]["shortcuts"]} == set(SHORTCUTS)
    assert set(FORMS) == set(SENTENCES) == {id for id, (kind, *_) in SHORTCUTS.items() if kind == "global"}
    (command,) = made["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/dial", True)


def test_over_http_every_request_url_leads_to_the_one_door() -> None:
    made = manifest("/phone", "https://phone.example.com")
    door = "https://phone.example.com/chat/slack"
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == door
    assert made["settings"]["interactivity"]["request_url"] == door
    assert made["features"]["slash_commands"][0]["url"] == door


def test_by_socket_no_address_is_named() -> None:
    made = manifest("/phone", None)
    assert made["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(made)


def test_it_is_within_slacks_limits() -> None:
    made = manifest("/phone", "https://phone.example.com")
    shown, features = made["display_information"], made["features"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["shortcuts"]) <= 10
    assert all(len(each["name"]) <= 24 and len(each["description"]) <= 150 for each in features["shortcuts"])
    assert len(features["slash_commands"][0]["usage_hint"]) <= 1000


@pytest.mark.parametrize(
    ("arguments", "environ", "socket", "command"),
    [
        ([], {}, True, "/phone"),
        ([], {"PUBLIC_URL": "https://a.example"}, False, "/phone"),
        ([], {"PUBLIC_URL": "https://a.example", "SLACK_APP_TOKEN": "xapp-1"}, True, "/phone"),
        (["--socket"], {"PUBLIC_URL": "https://a.example"}, True, "/phone"),
        (["--url", "https://b.example"], {"SLACK_APP_TOKEN": "xapp-1"}, False, "/phone"),
        (["--command", "dial"], {}, True, "/dial"),
        ([], {"PATCHLINE_SLACK_COMMAND": "/ring"}, True, "/ring"),
    ],
)
def test_the_command_prints_it_before_there_is_any_token(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], environ: dict[str, str], socket: bool, command: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["slack", "manifest", *arguments])
    made = json.loads(done.stdout)
    assert done.exit_code == 0
    assert made["settings"]["socket_mode_enabled"] is socket
    assert made["features"]["slash_commands"][0]["command"] == command


# --- settings -----------------------------------------------------------------------------------


def test_without_a_token_there_is_no_slack() -> None:
    assert read(PATCHLINE_SECRET_KEY="k" * 40).offered == ()


@pytest.mark.parametrize(
    "way",
    [
        {"SLACK_APP_TOKEN": "xapp-1"},
        {"SLACK_SIGNING_SECRET": "s", "PUBLIC_URL": "https://phone.example.com"},
        {"SLACK_SIGNING_SECRET": "s", "SLACK_APP_TOKEN": "xapp-1"},
    ],
)
def test_a_token_and_a_way_in_are_enough(way: dict[str, str]) -> None:
    assert read(**TOKENS, **way).offered == ("slack",)


@pytest.mark.parametrize(
    ("way", "missing"),
    [
        ({}, "SLACK_APP_TOKEN"),
        ({"PUBLIC_URL": "https://phone.example.com"}, "SLACK_APP_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "s"}, "PUBLIC_URL"),
    ],
)
def test_without_a_way_in_it_is_a_mistake(way: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigError) as mistakes:
        read(**TOKENS, **way)
    (problem,) = mistakes.value.problems
    assert problem.startswith(f"{missing} is missing")


@pytest.mark.parametrize("name", ["/call", "/remind", "/a b", "/", "/" + "x" * 32])
def test_a_command_that_slack_would_not_take_is_a_mistake(name: str) -> None:
    with pytest.raises(ConfigError, match="PATCHLINE_SLACK_COMMAND"):
        load_alone(ManifestSettings, {"PATCHLINE_SLACK_COMMAND": name})


def test_no_secret_is_shown() -> None:
    shown = repr(read(**TOKENS, SLACK_APP_TOKEN="xapp-1").of(SlackSettings))
    assert "xoxb-1" not in shown
    assert "xapp-1" not in shown
