"""The simulator: beside us, and behind a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.clock import SystemClock
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.server import serve_network
from tests.contract.voice.case import Case, World
from tests.contract.voice.faults import Canned
from tests.fakes import FakeClock

CONFIG = NetworkConfig(dids=("+12125550100",))


@asynccontextmanager
async def beside() -> AsyncIterator[World]:
    clock = FakeClock()
    network = Network(clock, CONFIG)
    driver = Simulator.beside(network)
    try:
        yield World(driver, network, clock)
    finally:
        await network.stop()
        await driver.close()


@asynccontextmanager
async def over_http() -> AsyncIterator[World]:
    clock = FakeClock()
    network = Network(clock, CONFIG)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(serve_network(network, "127.0.0.1", 0, on_listening=port.set_result))
    driver = Simulator.at(f"http://127.0.0.1:{await port}", clock)
    try:
        yield World(driver, network, clock)
    finally:
        await driver.close()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


CASES = (
    Case(
        name="simulator",
        make=lambda url, timeouts: Simulator.at(url, SystemClock(), timeouts),
        accepted=Canned(status=201, body=b'{"refs": [["A", "ref-1"]]}'),
        refs=(("A", "ref-1"),),
        world=beside,
    ),
    Case(name="simulator over HTTP", world=over_http),
)
