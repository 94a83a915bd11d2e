"""One list of settings: the code's. The documentation, `.env.example` and `app.json` name the same."""

import json
import re

import pytest

from tests.house.repository import read
from tests.house.settings import core_settings, vendor_settings

# Heroku sets the first two; the others mean nothing there.
NOT_FOR_HEROKU = {"PORT", "DATABASE_URL", "HOST", "SIMULATOR_URL"}
ADDRESS = re.compile(r"_(BASE|API)_URL$")


@pytest.fixture(scope="module")
def in_code() -> list[str]:
    return [name for kind in (*core_settings(), *vendor_settings()) for name in kind.names()]


def test_a_setting_belongs_to_one_class(in_code: list[str]) -> None:
    assert len(in_code) == len(set(in_code)) > 30


def test_a_vendor_needs_only_settings_it_has() -> None:
    assert [kind for kind in vendor_settings() if not set(kind.required) <= set(kind.names())] == []


def test_every_setting_says_what_it_is() -> None:
    fields = [
        field for kind in (*core_settings(), *vendor_settings()) for field in kind.model_fields.values()
    ]
    assert [field.validation_alias for field in fields if len(field.description or "") < 15] == []


def test_the_documentation_lists_every_setting(in_code: list[str]) -> None:
    rows = re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", read("docs/settings.md"), re.MULTILINE)
    assert sorted(rows) == sorted(in_code)


def test_the_example_lists_every_setting(in_code: list[str]) -> None:
    lines = re.findall(r"^# ([A-Z][A-Z0-9_]+)=", read(".env.example"), re.MULTILINE)
    assert sorted(lines) == sorted(in_code)


def test_heroku_is_told_of_every_setting_that_means_something_there(in_code: list[str]) -> None:
    listed = set(json.loads(read("app.json"))["env"])
    assert listed == {name for name in in_code if name not in NOT_FOR_HEROKU and not ADDRESS.search(name)}
