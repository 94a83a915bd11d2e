"""The clocks that run outside tests."""

import asyncio
from datetime import UTC, datetime, timedelta

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


def test_names_are_long_safe_in_a_url_and_never_the_same() -> None:
    ids = RandomIds()
    names = {ids.new() for _ in range(1000)}
    assert len(names) == 1000
    assert all(len(name) == 24 and name.replace("-", "").replace("_", "").isalnum() for name in names)
