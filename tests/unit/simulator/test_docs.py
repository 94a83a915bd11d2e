"""docs/simulator.md names every address, every line of a phone and every kind of trouble."""

import re
from dataclasses import fields

import pytest

from adapters.voice.simulator.api import _ROUTES
from adapters.voice.simulator.config import NetworkConfig, load_config, parse_config
from adapters.voice.simulator.script import AfterMessage, Answerer, Phone
from adapters.voice.simulator.trouble import Creation, Delivery, Trouble
from tests.house.repository import read

PAGE = read("docs/simulator.md")


def test_every_address_is_described_and_no_other() -> None:
    described = re.findall(r"^\| `([A-Z]+)` \| `(/v1/[^`]+)` \|", PAGE, re.MULTILINE)
    concrete = [(method, re.sub(r"\{\w+\}", "x", path)) for method, path in described]
    served = [(method, pattern) for method, pattern, _ in _ROUTES]
    assert len(concrete) == len(served)
    for (method, path), (served_method, pattern) in zip(
        sorted(concrete), sorted(served, key=_key), strict=True
    ):
        assert method == served_method
        assert pattern.fullmatch(path), path


def _key(route: tuple[str, re.Pattern[str]]) -> tuple[str, str]:
    return route[0], re.sub(r"\(\?P<\w+>\[\^/\]\+\)", "x", route[1].pattern).replace("\\", "")


@pytest.mark.parametrize(("heading", "kind"), [("## Phones", Phone), ("## Trouble", Trouble)])
def test_every_line_is_described(heading: str, kind: type) -> None:
    section = PAGE.partition(heading)[2].partition("\n## ")[0]
    described = re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)
    assert sorted(described) == sorted(field.name for field in fields(kind))


@pytest.mark.parametrize("words", [Answerer, AfterMessage, Creation, Delivery])
def test_every_word_is_described(words: type[Answerer]) -> None:
    assert [word for word in words if f"`{word}`" not in PAGE] == []


def test_the_example_file_works_and_shows_every_part() -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    config = parse_config(example[1])
    assert config.phones["+6591234567"].greeting == 6
    assert [field.name for field in fields(NetworkConfig) if field.name not in example[1]] == []


def test_the_phones_that_come_along_are_listed() -> None:
    listed = re.findall(r"^\| `(\+\d+)` \|", PAGE, re.MULTILINE)
    assert listed == list(load_config().phones)
