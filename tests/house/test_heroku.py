"""The repository is a Heroku app as it stands: app.json by Heroku's rules, Procfile, Python version."""

import json
import re

import jsonschema
import pytest

from tests.house.repository import read

_TEXT = {"type": "string", "minLength": 1}
_ENVIRONMENT = {
    "type": "object",
    "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"},
    "additionalProperties": {
        "oneOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {
                    "description": _TEXT,
                    "value": {"type": "string"},
                    "required": {"type": "boolean"},
                    "generator": {"const": "secret"},
                },
                "additionalProperties": False,
            },
        ]
    },
}
_FORMATION = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "quantity": {"type": "integer", "minimum": 0},
            "size": {
                "enum": ["eco", "basic", "standard-1x", "standard-2x", "performance-m", "performance-l"]
            },
        },
        "required": ["quantity"],
        "additionalProperties": False,
    },
}
_ADDONS = {
    "type": "array",
    "items": {
        "oneOf": [
            _TEXT,
            {
                "type": "object",
                "properties": {"plan": _TEXT, "as": _TEXT, "options": {"type": "object"}},
                "required": ["plan"],
                "additionalProperties": False,
            },
        ]
    },
}
_SCRIPTS = {
    "type": "object",
    "properties": {"postdeploy": _TEXT, "pr-predestroy": _TEXT},
    "additionalProperties": False,
}
# Heroku answers an unknown key with a refusal of the whole file, comments included.
APP_JSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-zA-Z]", "maxLength": 300},
        "description": _TEXT,
        "keywords": {"type": "array", "items": _TEXT},
        "website": {"type": "string", "format": "uri"},
        "repository": {"type": "string", "format": "uri"},
        "logo": {"type": "string", "format": "uri"},
        "success_url": _TEXT,
        "scripts": _SCRIPTS,
        "env": _ENVIRONMENT,
        "formation": _FORMATION,
        "addons": _ADDONS,
        "buildpacks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"url": _TEXT},
                "required": ["url"],
                "additionalProperties": False,
            },
        },
        "environments": {
            "type": "object",
            "properties": {kind: {"type": "object"} for kind in ("test", "review", "production")},
            "additionalProperties": False,
        },
        "stack": {"enum": ["heroku-22", "heroku-24", "container"]},
        "image": _TEXT,
    },
    "additionalProperties": False,
}
SET_BY_HEROKU = {"PORT", "DATABASE_URL"}
RETIRED_PLANS = ("hobby-dev", "hobby-basic")


@pytest.fixture
def app() -> dict[str, object]:
    return json.loads(read("app.json"))  # type: ignore[no-any-return]


def test_app_json_follows_the_rules(app: dict[str, object]) -> None:
    jsonschema.validate(app, APP_JSON)
    assert {"name", "description", "env", "formation", "addons", "buildpacks"} <= app.keys()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"$comment": "hello"},
        {"env": {"lower": "x"}},
        {"env": {"LIMIT": {"value": 5}}},
        {"env": {"KEY": {"generator": "uuid"}}},
        {"formation": {"web": {"quantity": 1, "size": "free"}}},
        {"buildpacks": ["heroku/python"]},
        {"name": "1st"},
    ],
)
def test_the_rules_would_notice(app: dict[str, object], spoilt: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(app | spoilt, APP_JSON)


def test_nobody_is_asked_for_what_heroku_sets(app: dict[str, dict[str, object]]) -> None:
    assert SET_BY_HEROKU.isdisjoint(app["env"])
    assert not any(plan in json.dumps(app["addons"]) for plan in RETIRED_PLANS)


def test_only_the_secret_key_is_required_and_made_by_heroku(
    app: dict[str, dict[str, dict[str, object]]],
) -> None:
    asked = {name for name, entry in app["env"].items() if entry.get("required", True)}
    assert asked == {"PATCHLINE_SECRET_KEY"}
    assert app["env"]["PATCHLINE_SECRET_KEY"]["generator"] == "secret"


def test_every_setting_is_described(app: dict[str, dict[str, dict[str, str]]]) -> None:
    assert [name for name, entry in app["env"].items() if len(entry.get("description", "")) < 20] == []


def test_one_web_process(app: dict[str, dict[str, dict[str, object]]]) -> None:
    """It alone owns the chats: two would answer everything twice."""
    assert app["formation"]["web"]["quantity"] == 1
    assert set(app["formation"]) <= set(procfile())


def procfile() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in read("Procfile").splitlines())


def test_the_procfile_starts_without_the_installed_command() -> None:
    """Heroku installs requirements.txt alone, and that puts no `patchline` on the path."""
    assert procfile() == {
        "web": "python -m bot serve --host 0.0.0.0",
        "release": "python -m bot db upgrade",
    }


def test_the_python_version_is_a_release_series() -> None:
    assert re.fullmatch(r"3\.\d+\n", read(".python-version"))
