"""The simulated phone network: a product of its own, and the driver that stands on it (docs/simulator.md).

`script` says what a phone does, `network` is the world, `driver` the voice provider, `server` the network as
a process of its own. This file holds the settings alone, so that reading them loads none of that.
"""

from bot.config import BaseUrl, VendorSettings, env


class SimulatorSettings(VendorSettings):
    """Always offered: without an address the network runs in this process."""

    simulator_url: BaseUrl | None = env(
        "SIMULATOR_URL",
        "Where a simulated network runs (`patchline network`), e.g. `http://127.0.0.1:8300`.",
        shown="a network inside Patchline",
    )
