"""The clocks that run outside tests."""

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.clock import DemoClock, RandomIds, SystemClock


@pytest.mark.parametrize("clock", [SystemClock(), DemoClock()])
def test_the_time_is_now_and_in_utc(clock: SystemClock | DemoClock) -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC


async def test_sleeping_nothing_only_yields() -> None:
    for clock in (SystemClock(), DemoClock()):
        async with asyncio.timeout(5):
            await clock.sleep(0)
            await clock.sleep(-3)


async def test_a_moment_is_kept_and_never_forestalled() -> None:
    clock = SystemClock()
    for seconds in (0.0, 0.0004, 0.003, 0.02):
        before = time.monotonic()
        await clock.sleep_exactly(seconds)
        assert time.monotonic() - before >= seconds


async def test_a_jump_moves_the_clock_and_ends_the_sleeps_it_covers() -> None:
    clock = DemoClock()
    start = clock.now()
    short = asyncio.ensure_future(clock.sleep(3600))
    long = asyncio.ensure_future(clock.sleep(3 * 3600))
    await asyncio.sleep(0)
    clock.jump(start + timedelta(hours=2))
    async with asyncio.timeout(5):
        await short
    assert not long.done()
    assert timedelta(0) <= clock.now() - start - timedelta(hours=2) < timedelta(seconds=5)
    clock.jump(start + timedelta(hours=3, seconds=1))
    async with asyncio.timeout(5):
        await long


async def test_a_jump_that_is_too_short_leaves_the_sleeper_asleep() -> None:
    clock = DemoClock()
    sleeper = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.jump(clock.now() + timedelta(minutes=59))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not sleeper.done()
    sleeper.cancel()


def test_time_does_not_run_backwards() -> None:
    clock = DemoClock()
    with pytest.raises(ValueError, match="passed"):
        clock.jump(clock.now() - timedelta(seconds=1))
    with pytest.raises(ValueError, match="backwards"):
        DemoClock(speed=0)


async def test_a_fast_clock_is_fast() -> None:
    clock = DemoClock(speed=100_000)
    start = clock.now()
    async with asyncio.timeout(5):
        await clock.sleep(600)
    assert clock.now() - start >= timedelta(seconds=600)


async def test_a_paused_clock_lets_nobody_wake_until_it_runs_again() -> None:
    clock = DemoClock()
    sleeper = asyncio.ensure_future(clock.sleep(0.05))
    await asyncio.sleep(0)
    clock.run(0)
    shown, passed = clock.now(), clock.boot()
    for _ in range(10):
        await asyncio.sleep(0)
    assert (clock.now(), clock.boot()) == (shown, passed)
    assert not sleeper.done()
    clock.run(1000)
    async with asyncio.timeout(5):
        await sleeper
    assert timedelta(0) < clock.now() - shown < timedelta(seconds=50)


async def test_a_paused_clock_can_be_moved_on() -> None:
    clock = DemoClock()
    clock.run(0)
    sleeper = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    midnight = clock.now() + timedelta(hours=1)
    clock.jump(midnight.astimezone(timezone(timedelta(hours=8))))
    async with asyncio.timeout(5):
        await sleeper
    assert clock.now() == midnight
    assert clock.now().tzinfo is UTC


async def test_fractions_that_do_not_add_up_keep_nobody_waiting() -> None:
    clock = DemoClock()
    clock.run(0)
    for _ in range(50):
        sleeper = asyncio.ensure_future(clock.sleep(0.8))
        await asyncio.sleep(0)
        for tenths in (7, 1):
            clock.jump(clock.now() + timedelta(seconds=tenths / 10))
        async with asyncio.timeout(5):
            await sleeper


def test_a_clock_keeps_its_speed_and_its_time_when_either_changes() -> None:
    clock = DemoClock()
    clock.run(10)
    clock.jump(clock.now() + timedelta(hours=1))
    assert clock.pace.speed == 10
    before = clock.now()
    clock.run(1)
    assert timedelta(0) <= clock.now() - before < timedelta(seconds=5)
    for nonsense in (-1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="times the speed"):
            clock.run(nonsense)
    assert clock.pace.speed == 1


async def test_a_clock_that_follows_another_shows_the_same_time_and_wakes_by_it() -> None:
    first, second = DemoClock(), DemoClock()
    sleeper = asyncio.ensure_future(second.sleep(3600))
    await asyncio.sleep(0)
    first.run(0)
    first.jump(first.now() + timedelta(hours=2))
    second.follow(first.pace)
    assert second.now() == first.now()
    async with asyncio.timeout(5):
        await sleeper
    first.run(20)
    second.follow(first.pace)
    before, between, after = first.now(), second.now(), first.now()
    assert before <= between <= after


async def test_a_clock_that_follows_an_earlier_one_has_not_lived_less() -> None:
    ahead, behind = DemoClock(), DemoClock()
    ahead.jump(ahead.now() + timedelta(hours=1))
    sleeper = asyncio.ensure_future(ahead.sleep(0.2))
    await asyncio.sleep(0)
    lived = ahead.boot()
    ahead.follow(behind.pace)
    assert abs(ahead.now() - behind.now()) < timedelta(seconds=5)
    assert lived <= ahead.boot() < lived + 5
    async with asyncio.timeout(5):
        await sleeper


def test_whoever_asked_is_told_of_every_move() -> None:
    clock, told = DemoClock(), list[float]()
    clock.on_move(lambda: told.append(clock.pace.speed))
    clock.run(3)
    clock.jump(clock.now() + timedelta(hours=1))
    clock.follow(clock.pace)
    clock.follow(DemoClock().pace)
    assert told == [3, 3, 1]


def test_names_are_long_safe_in_a_url_and_never_the_same() -> None:
    ids = RandomIds()
    names = {ids.new() for _ in range(1000)}
    assert len(names) == 1000
    assert all(len(name) == 24 and name.replace("-", "").replace("_", "").isalnum() for name in names)
