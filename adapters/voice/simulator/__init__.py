"""The simulated phone network: a product of its own, and the driver that stands on it (docs/simulator.md).

`script` says what a phone does, `network` is the world, `driver` the voice provider, `server` the network as
a process of its own. This file holds the settings alone, so that reading them loads none of that.
"""

from bot.config import BaseUrl, Settings, VendorSettings, env
from bot.ports.clock import Clock
from bot.ports.voice import VoiceProvider


class SimulatorSettings(VendorSettings):
    """Always offered: without an address the network runs in this process."""

    simulator_url: BaseUrl | None = env(
        "SIMULATOR_URL",
        "Where a simulated network runs (`patchline network`), e.g. `http://127.0.0.1:8300`.",
        shown="a network inside Patchline",
    )


def make_simulator(settings: Settings, clock: Clock) -> VoiceProvider:
    """On the network at SIMULATOR_URL, or on one inside this process."""
    from adapters.voice.simulator.config import load_config
    from adapters.voice.simulator.driver import Simulator
    from adapters.voice.simulator.network import Network

    own = settings.of(SimulatorSettings)
    if own is not None and own.simulator_url is not None:
        return Simulator.at(own.simulator_url, clock)
    return Simulator.beside(Network(clock, load_config()))
