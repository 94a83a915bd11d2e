"""The figures for a chat, in short form: counts and ratios."""

import asyncio
from pathlib import Path

from adapters.voice.simulator.script import phone
from bot.parse.parser import warm
from bot.ports.chat import Inbound
from tests.scenario.telegram_house import telegram_house, until

NO_LIMITS = {
    "PATCHLINE_PLACEMENTS_PER_HOUR": "0",
    "PATCHLINE_ROOM_LIVE_LEGS": "0",
    "PATCHLINE_ROOM_CALLS_PER_DAY": "0",
    "PATCHLINE_CALLS_PER_SECOND": "0",
    "PATCHLINE_DEFAULT_TIMEZONE": "Asia/Singapore",
}
FIFTY = 50


async def test_fifty_calls_in_one_group_end_with_fifty_true_cards_and_no_flood(tmp_path: Path) -> None:
    async with telegram_house(tmp_path, speed=60, **NO_LIMITS) as house:
        numbers = [f"+659123{4000 + n}" for n in range(FIFTY)]
        house.network.install(*(phone(each).rings(2).answers().hangs_up_after(20) for each in numbers))
        team = house.world.group(-5001, "Team")
        updates = [
            house.world.message(house.sam, team, f"/call {each} and say hello", age=-3600) for each in numbers
        ]
        await asyncio.gather(*(house.world.push(update) for update in updates))

        def ended() -> list[str]:
            return [s.text for s in house.world.in_chat(team) if ": ended" in s.text.splitlines()[0]]

        await until(
            lambda: len(ended()) == FIFTY,
            lambda: f"{len(ended())} of {len(house.world.in_chat(team))}",
            within=100,
        )
        assert house.world.floods == 0
        assert len(house.world.in_chat(team)) == FIFTY
        assert all("talked for" in each or "answered" in each for each in ended())
        assert [house.network.dialled(each) for each in numbers] == [1] * FIFTY


async def test_a_slow_core_slows_no_acknowledgement(tmp_path: Path) -> None:
    """A hundred commands in a second are all acknowledged before the core has done a tenth of them."""
    async with telegram_house(tmp_path, speed=1, **NO_LIMITS) as house:
        warm()
        work, handled = house.house.intake._handle, 0

        async def slowly(inbound: Inbound) -> None:
            nonlocal handled
            await asyncio.sleep(1.0)
            handled += 1
            await work(inbound)

        house.house.intake._handle = slowly  # type: ignore[method-assign]

        async def one(n: int) -> int:
            await asyncio.sleep(n * 0.01)
            return await house.world.push(house.world.message(house.sam, house.sam, f"list {n}"))

        assert await asyncio.gather(*map(one, range(100))) == [200] * 100
        assert handled < 10
        async with house.house.ledger() as tx:
            waiting = len(await tx.waiting_inbound("telegram", limit=500))
        assert 100 - handled <= waiting <= 100
