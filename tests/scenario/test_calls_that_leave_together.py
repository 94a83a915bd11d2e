"""Calls due at one moment on an account without a limit are written down together; nobody may notice."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.voice.simulator.script import Phone
from bot.domain.call import CallState
from bot.ports.ledger import Tally
from tests.scenario.house import House

PHONES = [f"+659{n:07}" for n in range(1_000_000, 1_000_040)]
UNLIMITED = {
    "PATCHLINE_CALLS_PER_SECOND": "0",
    "PATCHLINE_PLACEMENTS_PER_HOUR": "0",
    "PATCHLINE_ROOM_LIVE_LEGS": "0",
    "PATCHLINE_ROOM_CALLS_PER_DAY": "0",
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = await House(tmp_path, **UNLIMITED).is_set_up()
    yield made
    await made.close()


async def order(house: House, phones: Sequence[str]) -> None:
    house.phones(*(Phone(number=phone) for phone in phones))
    for phone in phones:
        await house.says(f"call {phone} in 1 minute and say hello")


async def tally(house: House) -> Tally:
    async with house.ledger() as tx:
        return await tx.tally(house.clock.now())


async def test_forty_at_one_moment_each_ring_once(house: House) -> None:
    await order(house, PHONES)
    await house.advance(59)
    assert [house.rung(phone) for phone in PHONES] == [0] * 40
    await house.advance(1)
    assert [house.rung(phone) for phone in PHONES] == [1] * 40
    await house.advance(120)
    assert [house.rung(phone) for phone in PHONES] == [1] * 40
    assert (await tally(house)).calls[CallState.DONE] == 40


async def test_a_call_that_cannot_be_written_down_keeps_nobody_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await order(house, PHONES[:5])
    guard: Any = house.house.placing._guard
    asked = guard.refusals_when_placed

    async def breaks(calls: Sequence[Any], *others: Any) -> Any:
        if any(call.number == 3 for call in calls):
            raise ValueError("a mistake of ours")
        return await asked(calls, *others)

    monkeypatch.setattr(guard, "refusals_when_placed", breaks)
    await house.advance(70)
    assert [house.rung(phone) for phone in PHONES[:5]] == [1, 1, 0, 1, 1]
    monkeypatch.setattr(guard, "refusals_when_placed", asked)
    await house.advance(20)
    assert [house.rung(phone) for phone in PHONES[:5]] == [1, 1, 1, 1, 1], "its claim lapsed, and it went out"


async def test_each_is_judged_as_if_those_before_it_rang_already(tmp_path: Path) -> None:
    house = await House(tmp_path, **{**UNLIMITED, "PATCHLINE_PLACEMENTS_PER_HOUR": "2"}).is_set_up()
    await order(house, PHONES[:3])
    await house.advance(70)
    assert sorted(house.rung(phone) for phone in PHONES[:3]) == [0, 1, 1]
    assert sorted(house.card(n).state for n in (1, 2, 3)).count("refused") == 1
    await house.close()
