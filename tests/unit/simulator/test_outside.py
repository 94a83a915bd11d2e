"""The client for whoever plays the world outside, in the process and behind a socket: both ways alike."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.clock import DemoClock, SystemClock
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.outside import Outside
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.script import phone
from adapters.voice.simulator.server import serve_network
from adapters.voice.simulator.trouble import Creation, Trouble
from adapters.voice.simulator.views import Phase
from adapters.wire.http import Timeouts
from bot.domain.call import LegPlan
from bot.domain.errors import Unavailable
from bot.domain.flow import CallFlow, Record, Step
from bot.domain.leg import Token
from bot.ports.clock import Clock
from tests.unit.simulator.test_server import serving
from tests.unit.simulator.test_voice import tone
from tests.unit.simulator.world import ACCEPT, AMY, BOB, DESK, World, number, party

QUICK = NetworkConfig(dids=(DESK.e164,), setup_seconds=0.0)


@asynccontextmanager
async def reached(network: Network, way: str) -> AsyncIterator[Outside]:
    """The network's client, `beside` it or `remote`."""
    if way == "beside":
        driver = Simulator.beside(network)
        yield driver.outside()
        await driver.close()
        return
    async with serving(network) as url:
        driver = Simulator.at(url, SystemClock(), Timeouts(read=5, total=5))
        yield driver.outside()
        await driver.close()


@pytest.fixture(params=["beside", "remote"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Network, Outside]]:
    """A network on a clock that can be moved, a hundred times as fast as life."""
    clock = DemoClock()
    clock.run(100)
    network = Network(clock, QUICK)
    async with reached(network, request.param) as outside:
        yield network, outside
    await network.stop()


async def rings(network: Network, *steps: Step) -> str:
    plan = LegPlan(party=party("A", AMY), flow=CallFlow(steps=steps), ring_seconds=170)
    return await network.originate(Token("t1"), plan)


async def until(outside: Outside, phase: Phase, *, recording: bool = False, heard: int = 0) -> None:
    """Watch until a leg is in that phase, and has heard so many things."""
    serial = 0
    async with asyncio.timeout(10):
        while True:
            seen = await outside.watch(serial, wait=5)
            serial = seen.serial
            fitting = [leg for leg in seen.legs if leg.phase is phase and len(leg.heard) >= heard]
            if any(bool(leg.recorder) == recording for leg in fitting):
                return


async def test_a_call_from_the_first_ring_to_the_last_word(world: tuple[Network, Outside]) -> None:
    network, outside = world
    await outside.install(phone(AMY).never_answers().is_by_hand())
    assert (await outside.phones())[AMY].by_hand
    ref = await rings(network, ACCEPT, Record())
    await until(outside, Phase.RINGING)
    await outside.answer(ref)
    await until(outside, Phase.TALKING, heard=1)
    await outside.microphone(ref, on=False)
    await outside.press(ref, "21")
    await until(outside, Phase.TALKING, recording=True)
    await outside.move_clock(speed=0)
    await outside.voice(ref, tone(2))
    await outside.speak(ref, "Goodbye.")
    await outside.hang_up(ref)
    await until(outside, Phase.ENDED)
    (leg,) = (await outside.watch()).legs
    assert (leg.phase, leg.cause, leg.microphone) == (Phase.ENDED, "NORMAL_CLEARING", False)
    (recorded,) = [each.recording for each in network.legs[0].events if each.recording]
    wav = await network.account.recording(recorded.ref)
    assert recorded.seconds is not None
    assert recorded.seconds > 2.3
    assert len(wav) == 44 + round(recorded.seconds * 16_000)
    assert tone(2) in wav


async def test_a_long_voice_is_brought_in_pieces(world: tuple[Network, Outside]) -> None:
    network, outside = world
    network.install(phone(AMY).is_by_hand().never_answers())
    ref = await rings(network, Record())
    await until(outside, Phase.RINGING)
    await outside.answer(ref)
    await until(outside, Phase.TALKING, recording=True)
    await outside.move_clock(speed=0)
    voice = tone(70)
    await outside.voice(ref, voice)
    await outside.hang_up(ref)
    await until(outside, Phase.ENDED)
    (recorded,) = [each.recording for each in network.legs[0].events if each.recording]
    assert (await network.account.recording(recorded.ref))[44:] == voice


async def test_a_stranger_calls_declines_and_trouble_is_made(world: tuple[Network, Outside]) -> None:
    network, outside = world
    (did,) = await outside.numbers()
    ref = await outside.call_in(did, number(BOB), phone("").is_by_hand())
    assert network.legs[0].ref == ref
    await outside.make_trouble(Trouble(creations=(Creation.BUSY,)))
    assert await outside.trouble() == Trouble(creations=(Creation.BUSY,))
    with pytest.raises(Refusal):
        await rings(network)
    network.install(phone(AMY).is_by_hand().never_answers())
    ref = await rings(network)
    await until(outside, Phase.RINGING)
    await outside.decline(ref)
    await until(outside, Phase.ENDED)
    (entry,) = await outside.ledger()
    assert [each.met for each in entry.requests] == [Creation.BUSY, Creation.TAKEN]
    assert [each.role for each in entry.dialled] == ["A"]
    assert network.legs[1].cause is not None
    assert network.legs[1].cause.name == "CALL_REJECTED"


async def test_what_is_refused_says_so(world: tuple[Network, Outside]) -> None:
    _, outside = world
    ref = await outside.call_in(DESK, None, phone("").is_by_hand())
    refusals = [
        (outside.answer("nobody"), 404, "no such leg"),
        (outside.answer("../calls"), 404, "no such address"),
        (outside.answer(ref), 409, "not ringing"),
        (outside.decline(ref), 409, "not ringing"),
        (outside.press(ref, "x"), 400, "no keys"),
        (outside.voice(ref, b""), 409, "not answered"),
        (outside.speak(ref, "Hello."), 409, "not answered"),
        (outside.call_in(number(AMY), None), 404, "unallocated"),
    ]
    for asked, status, code in refusals:
        with pytest.raises(Refusal) as no:
            await asked
        assert (no.value.status, no.value.code) == (status, code)
        assert no.value.detail


async def test_a_network_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        driver = Simulator.at(url, SystemClock(), Timeouts(read=0.2, total=0.3))
        with pytest.raises(Unavailable):
            await driver.outside().numbers()
    with pytest.raises(Unavailable):
        await driver.outside().clock()
    await driver.close()


async def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    network = Network(SystemClock(), QUICK)
    async with reached(network, "remote") as outside:
        with pytest.raises(Refusal) as no:
            await outside.speak("x", "y" * 3_000_000)
        assert no.value.status == 413
    await network.stop()


# --- the clock ------------------------------------------------------------------------------------


async def test_the_clock_is_paused_moved_and_hurried(world: tuple[Network, Outside]) -> None:
    network, outside = world
    paused = await outside.move_clock(speed=0)
    assert paused.now == network.clock.now()
    assert (await outside.clock()) == paused
    midnight = paused.now + timedelta(hours=3)
    moved = await outside.move_clock(to=midnight.astimezone(timezone(timedelta(hours=-5))))
    assert (moved.now, moved.movable) == (midnight, True)
    assert network.clock.now() == midnight
    both = await outside.move_clock(speed=10, to=midnight + timedelta(hours=1))
    assert both.pace is not None
    assert both.pace.speed == 10
    assert timedelta(0) <= both.now - midnight - timedelta(hours=1) < timedelta(minutes=1)


async def test_a_second_process_shows_the_same_time(world: tuple[Network, Outside]) -> None:
    network, outside = world
    ours = DemoClock()
    pace = (await outside.move_clock(speed=33, to=network.clock.now() + timedelta(days=1))).pace
    assert pace is not None
    ours.follow(pace)
    assert ours.pace == network.clock.pace  # type: ignore[attr-defined]
    before, between, after = network.clock.now(), ours.now(), network.clock.now()
    assert before <= between <= after


async def test_nonsense_moves_nothing(world: tuple[Network, Outside]) -> None:
    network, outside = world
    await outside.move_clock(speed=0)
    now = network.clock.now()
    nonsense: list[tuple[float | None, datetime | None]] = [
        (-1, None),
        (101, None),
        (float("nan"), None),
        (1, now - timedelta(seconds=1)),
        (-1, now + timedelta(seconds=1)),
        (None, datetime(9999, 12, 31, tzinfo=UTC)),
    ]
    for speed, to in nonsense:
        with pytest.raises((Refusal, ValueError)) as no:
            await outside.move_clock(speed=speed, to=to)
        assert getattr(no.value, "status", 400) == 400
    assert (network.clock.now(), (await outside.clock()).now) == (now, now)


@pytest.mark.parametrize("way", ["beside", "remote"])
@pytest.mark.parametrize("clock", [SystemClock(), None])
async def test_a_clock_that_is_not_ours_cannot_be_moved(way: str, clock: Clock | None) -> None:
    async with World() as world:
        network = Network(clock, QUICK) if clock else world.network
        async with reached(network, way) as outside:
            seen = await outside.clock()
            assert (seen.movable, seen.pace) == (False, None)
            with pytest.raises(Refusal) as no:
                await outside.move_clock(speed=2)
            assert no.value.status == 409
        await network.stop()


# --- the door -------------------------------------------------------------------------------------


async def test_a_door_that_is_open_already_is_used() -> None:
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    task = asyncio.ensure_future(serve_network(Network(DemoClock(), QUICK), door=door))
    driver = Simulator.at(f"http://127.0.0.1:{port}", SystemClock())
    assert await driver.outside().numbers() == (DESK,)
    await driver.close()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert door.fileno() == -1


async def test_a_change_reaches_a_watcher_behind_a_socket_at_once() -> None:
    network = Network(DemoClock(), QUICK)
    async with reached(network, "remote") as outside:
        ref = await outside.call_in(DESK, None, phone("").is_by_hand())
        took, loop = [], asyncio.get_running_loop()
        for on in (False, True) * 5:
            serial = (await outside.watch()).serial
            watching = asyncio.ensure_future(outside.watch(serial, wait=20))
            while not network.changes._news._waiters:  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0)
            began = loop.time()
            await outside.microphone(ref, on=on)
            assert [leg.microphone for leg in (await watching).legs] == [on]
            took.append(loop.time() - began)
        assert sorted(took)[len(took) // 2] < 0.035, took
    await network.stop()


async def test_a_door_to_the_world_is_refused() -> None:
    class WideOpen(socket.socket):
        def getsockname(self) -> tuple[str, int]:
            return ("0.0.0.0", 8300)  # noqa: S104 - refused, that is the point

    with WideOpen() as door, pytest.raises(ValueError, match="this machine only"):
        await serve_network(Network(DemoClock(), QUICK), door=door)
