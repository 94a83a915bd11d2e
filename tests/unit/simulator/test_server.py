"""The network behind a real socket: the protocol that docs/simulator.md describes, and who may knock."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.server import serve_network
from adapters.voice.simulator.trouble import Creation, Trouble
from adapters.wire.http import Timeouts
from bot.domain.codec import encode
from bot.domain.errors import OutcomeUnknown
from bot.domain.flow import Say
from bot.domain.leg import LegEvent, Token
from bot.ports.voice import Hooks
from tests.contract.voice.case import placement
from tests.house.repository import ROOT
from tests.unit.simulator.world import AMY, BOB, DESK, World


@asynccontextmanager
async def serving(network: Network, port: int = 0) -> AsyncIterator[str]:
    """The address while the block lasts."""
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.ensure_future(serve_network(network, "127.0.0.1", port, on_listening=ready.set_result))
    try:
        yield f"http://127.0.0.1:{await ready}"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Browser:
    """Asks, and returns status and JSON."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, trust_env=False)

    async def __call__(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        reply = await self._client.request(method, path, **request)
        return reply.status_code, reply.json() if reply.content else None

    async def close(self) -> None:
        await self._client.aclose()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as world:
        yield world


@pytest.fixture
async def ask(world: World) -> AsyncIterator[Browser]:
    async with serving(world.network) as url:
        browser = Browser(url)
        yield browser
        await browser.close()


def call(token: str) -> dict[str, Any]:
    return {"token": token, "plan": encode(placement(Say(text="Hello.")).plan)}


async def test_the_ledger_counts_how_often_a_token_dialled(world: World, ask: Browser) -> None:
    world.network.trouble = Trouble(creations=(Creation.TAKEN, Creation.BUSY))
    assert (await ask("POST", "/v1/calls", json=call("t1")))[0] == 201
    assert (await ask("POST", "/v1/calls", json=call("t1")))[0] == 429
    assert (await ask("POST", "/v1/calls", json=call("t1")))[0] == 201
    _, ledger = await ask("GET", "/v1/ledger")
    assert [each["token"] for each in ledger] == ["t1"]
    assert [each["met"] for each in ledger[0]["requests"]] == ["taken", "busy", "taken"]
    assert [each["role"] for each in ledger[0]["dialled"]] == ["A", "A"]


async def test_scripts_and_trouble_can_be_read_and_changed(world: World, ask: Browser) -> None:
    assert (await ask("PUT", f"/v1/phones/{AMY}", json={"answerer": "busy"}))[0] == 204
    assert (await ask("GET", f"/v1/phones/{AMY}"))[1]["answerer"] == "busy"
    assert list((await ask("GET", "/v1/phones"))[1]) == [AMY]
    assert (await ask("PUT", "/v1/trouble", json={"listing_lag": 3, "creations": ["lost"]}))[0] == 204
    assert world.network.trouble == Trouble(listing_lag=3, creations=(Creation.LOST,))
    assert (await ask("GET", "/v1/trouble"))[1]["creations"] == ["lost"]


async def test_a_stranger_calls_and_is_given_orders_by_hand(world: World, ask: Browser) -> None:
    stranger = {"did": {"e164": DESK.e164}, "caller": {"type": "PhoneNumber", "e164": BOB}}
    status, made = await ask("POST", "/v1/incoming-call", json=stranger)
    assert status == 201
    assert [each["ref"] for each in (await ask("GET", "/v1/incoming"))[1]] == [made["ref"]]
    orders = {"token": "in1", "flow": {"steps": [{"type": "Say", "text": "Hi."}]}}
    assert (await ask("POST", f"/v1/incoming/{made['ref']}", json=orders))[0] == 204
    await world.clock.advance(5)
    assert (await ask("GET", "/v1/incoming"))[1] == []
    legs = (await ask("GET", "/v1/legs"))[1]
    assert [(each["token"], each["cause"], each["heard"][0]["what"]) for each in legs] == [
        ("in1", "NORMAL_CLEARING", "Hi.")
    ]


async def test_a_listener_waits_for_news_and_gets_them_at_once(world: World, ask: Browser) -> None:
    waiting = asyncio.ensure_future(ask("GET", "/v1/events", params={"after": 0, "wait": 20}))
    await ask("GET", "/v1/balance")
    assert not waiting.done()
    await ask("POST", "/v1/calls", json=call("t1"))
    async with asyncio.timeout(5):
        _, told = await waiting
    assert [each["event"]["kind"] for each in told["reports"]] == ["dialed"]
    assert told["network"] == world.network.name
    _, rest = await ask("GET", "/v1/events", params={"after": told["reports"][-1]["serial"]})
    assert rest["reports"] == []


NONSENSE: list[tuple[str, str, bytes | None, int]] = [
    ("GET", "/", None, 404),
    ("GET", "/v1/nothing", None, 404),
    ("PUT", "/v1/calls", None, 405),
    ("POST", "/v1/calls", b"{", 400),
    ("POST", "/v1/calls", b"{}", 400),
    ("POST", "/v1/calls/nobody/control", b'{"type": "StopPlaying"}', 404),
    ("POST", "/v1/calls/nobody/control", b'{"type": "Explode"}', 400),
    ("DELETE", "/v1/calls/nobody", None, 404),
    ("GET", "/v1/history?since=yesterday&until=now", None, 400),
    ("GET", "/v1/rates/nowhere", None, 400),
    ("GET", "/v1/recordings/none.wav", None, 404),
    ("POST", "/v1/incoming-call", b'{"did": {"e164": "+12125550177"}}', 404),
    ("PUT", "/v1/phones/+12125550101", b'{"ring_seconds": "long"}', 400),
]


async def test_nonsense_is_answered_in_words(ask: Browser) -> None:
    for method, path, body, status in NONSENSE:
        got, said = await ask(method, path, content=body)
        assert (got, set(said)) == (status, {"code", "detail"}), f"{method} {path}"


async def test_a_web_page_cannot_reach_it_by_another_name(ask: Browser) -> None:
    reply = await ask._client.get("/v1/ledger", headers={"host": "evil.example"})
    assert reply.status_code == 400
    assert (await ask("GET", "/v1/ledger", headers={"host": "localhost"}))[0] == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 - refused, that is the point
async def test_it_serves_this_machine_alone(world: World, host: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        await serve_network(world.network, host, 0)


async def test_a_port_that_is_taken_is_an_os_error(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match=r"in use"):
        await serve_network(world.network, "127.0.0.1", taken.getsockname()[1])


async def test_it_stops_at_once_though_somebody_listens(world: World) -> None:
    async with asyncio.timeout(3), serving(world.network) as url:
        browser = Browser(url)
        listening = asyncio.ensure_future(browser("GET", "/v1/events", params={"wait": 20}))
        await browser("GET", "/v1/balance")
    await asyncio.gather(listening, return_exceptions=True)
    await browser.close()


async def test_a_signal_stops_it_though_somebody_listens() -> None:
    program = """
import asyncio
from adapters.clock import SystemClock
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.server import serve_network
say = lambda port: print(port, flush=True)
asyncio.run(serve_network(Network(SystemClock()), "127.0.0.1", 0, on_listening=say))
"""
    pipe = asyncio.subprocess.PIPE
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=ROOT, stdout=pipe, stderr=pipe
    )
    assert serving.stdout is not None
    browser = Browser(f"http://127.0.0.1:{int(await serving.stdout.readline())}")
    listening = asyncio.ensure_future(browser("GET", "/v1/events", params={"wait": 20}))
    await browser("GET", "/v1/balance")
    serving.terminate()
    async with asyncio.timeout(5):
        assert (await listening)[0] == 200
        _, complaints = await serving.communicate()
    assert complaints == b""
    assert serving.returncode == -signal.SIGTERM
    await browser.close()


async def test_an_answer_that_never_comes_is_an_open_question_behind_a_socket_too(world: World) -> None:
    world.network.trouble = Trouble(creations=(Creation.ANSWER_LOST, Creation.LOST))
    async with serving(world.network) as url:
        driver = Simulator.at(url, world.clock, Timeouts(read=0.2, total=1))
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                await driver.originate(placement(), Hooks(base=None))
        assert world.network.dialled(AMY) == 1
        await driver.close()


class Inbox:
    def __init__(self) -> None:
        self.events: list[LegEvent] = []
        self.news = asyncio.Event()

    async def happened(self, _: str, event: LegEvent) -> None:
        self.events.append(event)
        self.news.set()

    async def heard(self, count: int, world: World) -> list[LegEvent]:
        """Wait on the wire until so many events came; the driver's pauses pass on the simulated clock."""
        async with asyncio.timeout(10):
            while len(self.events) < count:
                await world.clock.advance(0.25)
                await asyncio.sleep(0)
        return self.events


async def test_a_network_that_starts_afresh_is_heard_from_its_first_word() -> None:
    async with World() as old, World() as new:
        inbox = Inbox()
        async with serving(old.network) as url:
            driver = Simulator.at(url, old.clock)
            listening = asyncio.ensure_future(driver.run(inbox))  # type: ignore[arg-type]
            await driver.originate(placement(token=Token("before")), Hooks(base=None))
            await old.clock.advance(30)
            await inbox.heard(4, old)
        async with serving(new.network, int(url.rpartition(":")[2])):
            for n in range(3):
                await new.dial(f"+1212555012{n}")
            await new.clock.advance(30)
            events = await inbox.heard(16, old)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await driver.close()
    assert [each.token for each in events[:4]] == ["before"] * 4
    assert {each.token for each in events[4:]} == {"t1", "t2", "t3"}
    assert len({each.source_id for each in events}) == len(events)
