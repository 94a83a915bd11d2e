"""How soon Telegram is acknowledged: a hundred commands a second from another process, the real inbox on
SQLite, and behind it a core that is slow, or busy on the same loop, or a database that stalls."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.web.server import serving
from benchmarks.load import Answer, Sent, crowd, milliseconds
from bot.parse.parser import warm
from bot.ports.chat import Inbound
from storage.engine import sqlite_file
from tests.scenario.telegram_house import TelegramHouse, telegram_house
from tests.scenario.test_telegram_figures import NO_LIMITS

COMMANDS, A_SECOND = 1000, 100
HEADER = "X-Telegram-Bot-Api-Secret-Token"
SLOW = 10.0


def _requests(house: TelegramHouse, commands: int) -> list[Sent]:
    world = house.world
    return [
        Sent(
            url=f"{world.door}/chat/telegram",
            body=json.dumps(world.message(house.sam, house.sam, f"list {n}")),
            headers={"content-type": "application/json", HEADER: world.secret},
        )
        for n in range(commands)
    ]


def _slow_down(house: TelegramHouse) -> None:
    """The core takes ten seconds over each command, and keeps nobody else from working meanwhile."""
    work = house.house.intake._handle

    async def slowly(inbound: Inbound) -> None:
        await asyncio.sleep(SLOW)
        await work(inbound)

    house.house.intake._handle = slowly


def _count_refusals(house: TelegramHouse) -> list[Inbound]:
    """Grows by each message whose sender is told that it was not taken."""
    refused: list[Inbound] = []
    listener: Any = house.house.chats["telegram"]._listener
    tell = listener._not_taken

    async def counted(inbound: Inbound, query: str | None) -> None:
        refused.append(inbound)
        await tell(inbound, query)

    listener._not_taken = counted
    return refused


async def floor(commands: int) -> Sequence[Answer]:
    """A server that only says yes: what this machine and its other guests cost just now."""

    async def yes(request: Request) -> Response:
        await request.body()
        return Response()

    app = Starlette(routes=[Route("/", yes, methods=["POST"])])
    async with serving(app, host="127.0.0.1", port=0) as port:
        return await crowd([Sent(url=f"http://127.0.0.1:{port}/", body="{}")] * commands, A_SECOND)


def _stall(file: Path, after: float, seconds: float) -> None:
    """Somebody else keeps the write lock of the file."""
    time.sleep(after)
    with closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.execute("ROLLBACK")


def _rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM inbox").fetchone()[0])


async def run(
    folder: Path, *, commands: int, slow: bool, stall: float = 0.0
) -> tuple[Sequence[Answer], int, int]:
    """What Telegram heard, how many rows there are, and how many people were told to repeat."""
    limits: Any = NO_LIMITS
    async with telegram_house(folder, speed=1, **limits) as house:
        warm()
        await house.says("list")
        if slow:
            _slow_down(house)
        file = sqlite_file(house.house.settings.database_url)
        stalling = asyncio.create_task(asyncio.to_thread(_stall, file, 3.0, stall)) if stall else None
        refused = _count_refusals(house)
        answers = await crowd(_requests(house, commands), A_SECOND)
        if stalling is not None:
            await stalling
        return answers, _rows(file) - 1, len(refused)


@pytest.mark.bench
@pytest.mark.parametrize(
    ("core", "stall"), [("slow", 0.0), ("busy", 0.0), ("slow", 2.0)], ids=["slow", "busy", "stalled"]
)
async def test_acknowledgements(core: str, stall: float, tmp_path: Path) -> None:
    bare = await floor(COMMANDS)
    answers, rows, refused = await run(tmp_path, commands=COMMANDS, slow=core == "slow", stall=stall)
    assert {each.status for each in answers} == {200}
    assert rows >= COMMANDS - refused, "acknowledged, and lost"
    print(
        f"\nTelegram, {A_SECOND} commands a second, a {core} core, database stalled for {stall:.0f} s: "
        f"{_times(answers)}; {refused} of {COMMANDS} told to repeat.\n"
        f"A server that only says yes, just before: {_times(bare)}"
    )


def _times(answers: Sequence[Answer]) -> str:
    half, nearly_all, longest = (milliseconds(answers, share) for share in (0.5, 0.99, 1))
    return f"p50 {half:.0f} ms, p99 {nearly_all:.0f} ms, longest {longest:.0f} ms"
