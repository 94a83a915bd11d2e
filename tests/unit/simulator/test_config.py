"""The small file that says what the network looks like."""

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.voice.simulator.config import NetworkConfig, load_config, parse_config
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.script import Answerer, Keys
from adapters.voice.simulator.trouble import Creation, Delivery
from bot.domain.errors import ConfigError
from bot.domain.numbers import PhoneNumber
from tests.fakes import FakeClock

FILE = """
dids = ["+12125550100"]
setup_seconds = 2
sound_seconds = 1.5
balance = "7.50"

[default]
ring_seconds = 4
hangs_up = 20

[phones."+6591234567"]
answerer = "machine"
greeting = 3

[phones."+12125550102"]
hangs_up = 5
keys = [{ after = 2, digits = "5" }]

[sounds]
"https://example.com/song.mp3" = 12

[prices]
"+65" = "0.5"

[trouble]
seed = 3
creations = ["answer lost", "busy"]
delivery_odds = { doubled = 0.25 }
"""


def test_everything_in_the_file_arrives() -> None:
    config = parse_config(FILE)
    network = Network(FakeClock(), config)
    singapore, other = network.phone("+6591234567"), network.phone("+12125550102")
    assert (singapore.answerer, singapore.greeting, singapore.ring_seconds) == (Answerer.MACHINE, 3, 4)
    assert (other.hangs_up, other.ring_seconds, other.keys) == (5, 4, (Keys(after=2, digits="5"),))
    assert network.phone("+12125550199").hangs_up == 20
    assert network.phone("+12125550199").number == "+12125550199"
    assert network.sound_seconds("https://example.com/song.mp3") == 12
    assert network.sound_seconds("https://example.com/other.mp3") == 1.5
    assert network.account.dids == (PhoneNumber(e164="+12125550100"),)
    assert str(network.account.rate(PhoneNumber(e164="+6591234567"))) == "0.50 USD"
    assert network.account.balance.amount == Decimal("7.50")
    assert config.trouble.creations == (Creation.ANSWER_LOST, Creation.BUSY)
    assert config.trouble.delivery_odds == {Delivery.DOUBLED: 0.25}


def test_an_empty_file_is_the_plain_network() -> None:
    assert parse_config("") == NetworkConfig()


def test_the_network_that_comes_along_has_one_phone_of_each_kind() -> None:
    config = load_config()
    assert {each.answerer for each in config.phones.values()} >= set(Answerer) - {Answerer.PERSON}
    assert config.dids
    assert config.default.hangs_up is not None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dids = [", "network.toml"),
        ('dids = ["0212"]', "E.164"),
        ("rings = 3", "has no rings"),
        ('[phones."+12125550102"]\nanswerer = "parrot"', r"phones\.\+12125550102\.answerer: 'parrot'"),
        ("[default]\nring_seconds = 'long'", "ring_seconds"),
        ("[trouble]\nseed = 1.5", "seed"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "network.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=complaint) as mistake:
        load_config(file)
    assert str(file) in str(mistake.value)


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml"):
        load_config(tmp_path / "gone.toml")
