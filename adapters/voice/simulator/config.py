"""The small TOML file that says what a simulated network looks like, and the one it looks like without."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from adapters.voice.simulator.script import Phone
from adapters.voice.simulator.tariff import PRICES
from adapters.voice.simulator.trouble import Trouble
from bot.domain.codec import decode
from bot.domain.errors import ConfigError
from bot.domain.numbers import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """A network at its start; phones, trouble and rented numbers can change while it runs.

    `default` is the script of every number that has none. `setup_seconds` lie between dialling and ringing.
    `prices` are US dollars a started minute by number prefix; `sounds` the seconds that an audio address
    plays, `sound_seconds` those of all others. `dids` are the numbers that are ours from the start.
    """

    default: Phone = field(default_factory=Phone)
    phones: Mapping[str, Phone] = field(default_factory=dict)
    dids: tuple[str, ...] = ()
    trouble: Trouble = field(default_factory=Trouble)
    setup_seconds: float = 0.5
    prices: Mapping[str, Decimal] = field(default_factory=lambda: dict(PRICES))
    sounds: Mapping[str, float] = field(default_factory=dict)
    sound_seconds: float = 3.0
    balance: Decimal = Decimal("100.00")

    def our_numbers(self) -> tuple[PhoneNumber, ...]:
        """The numbers of `dids`; raises ValueError for one that is not E.164."""
        return tuple(PhoneNumber(e164=number) for number in self.dids)


def load_config(path: Path | None = None) -> NetworkConfig:
    """Read a file, or the one that comes with Patchline. Raises ConfigError, naming file and mistake."""
    source = files("adapters.voice.simulator") / "network.toml" if path is None else path
    try:
        return parse_config(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ConfigError(problems=(f"{path or 'network.toml'}: {problem}",)) from problem


def parse_config(text: str) -> NetworkConfig:
    """The network that this TOML text describes. Raises ValueError, with the place of the mistake.

    A phone without a line of its own is as `[default]` says in that line.
    """
    table = tomllib.loads(text)
    default = table.get("default", {})
    phones = {number: {**default, **lines} for number, lines in table.get("phones", {}).items()}
    config = decode(NetworkConfig, {**table, "phones": phones})
    config.our_numbers()
    named = {number: replace(script, number=number) for number, script in config.phones.items()}
    return replace(config, phones=named)
