"""One list of settings: the code's. The documentation, `.env.example` and `app.json` name the same."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator

import pytest
from pydantic import AliasChoices, AliasPath
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

import adapters.chat
import adapters.voice
import bot.config
from tests.house.repository import read

# Heroku sets the first two; the others make no sense there, or are for tests against another server.
NOT_FOR_HEROKU = {"PORT", "DATABASE_URL", "HOST", "SIMULATOR_URL"}
ADDRESS = re.compile(r"_(BASE|API)_URL$")


def environment_name(model: type[BaseSettings], name: str, field: FieldInfo) -> str:
    """What pydantic-settings looks for in the environment; of several aliases, the first."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        alias = alias.choices[0]
    assert not isinstance(alias, AliasPath), f"{name}: an environment variable has no path"
    return (alias or f"{model.model_config.get('env_prefix', '')}{name}").upper()


def settings_models() -> Iterator[type[BaseSettings]]:
    """The core's settings, and those each vendor keeps in its own module."""
    vendors = [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for package in (adapters.chat, adapters.voice)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    for module in (bot.config, *vendors):
        for thing in vars(module).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, BaseSettings)
                and thing.__module__ == module.__name__
            ):
                yield thing


@pytest.fixture(scope="module")
def in_code() -> set[str]:
    return {
        environment_name(model, name, field)
        for model in settings_models()
        for name, field in model.model_fields.items()
    }


def test_the_code_has_settings(in_code: set[str]) -> None:
    assert {"DATABASE_URL", "PUBLIC_URL", "PATCHLINE_SECRET_KEY", "PATCHLINE_TEXT_GREETING"} <= in_code


def test_the_documentation_lists_every_setting(in_code: set[str]) -> None:
    rows = re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", read("docs/settings.md"), re.MULTILINE)
    assert sorted(rows) == sorted(in_code)


def test_the_example_lists_every_setting(in_code: set[str]) -> None:
    lines = re.findall(r"^# ([A-Z][A-Z0-9_]+)=", read(".env.example"), re.MULTILINE)
    assert sorted(lines) == sorted(in_code)


def test_heroku_is_told_of_every_setting_that_means_something_there(in_code: set[str]) -> None:
    listed = set(json.loads(read("app.json"))["env"])
    assert listed == {name for name in in_code - NOT_FOR_HEROKU if not ADDRESS.search(name)}
