"""How soon Slack is acknowledged: a hundred commands a second, a slow core beside it, a real database."""

import asyncio
import json
import os
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from bot.ports.chat import Inbound
from bot.ports.ledger import Ledger
from storage.engine import upgrade
from storage.ledger import SqlLedger
from tests.contract.chat.cases.slack import door_of, platform_at
from tests.house.repository import ROOT
from tests.vendors.slack import Slack

COMMANDS, A_SECOND = 1000, 100
Answer = tuple[float, int, bool]


@dataclass
class Taking:
    """Writes rows as the house does, and works on each for ten seconds afterwards."""

    ledger: Ledger
    clock: SystemClock
    stalls_for: float = 0.0
    stalled_until: float = 0.0
    rows: int = 0

    async def put(self, inbound: Inbound) -> bool:
        if self.rows == 1:  # the first one only opens connections
            self.stalled_until = time.monotonic() + self.stalls_for
        self.rows += 1
        await asyncio.sleep(max(0.0, self.stalled_until - time.monotonic()))
        async with self.ledger() as tx:
            new = await tx.put_inbound(inbound, self.clock.now())
            await tx.commit()
        return new


async def run(folder: Path, *, stall: float) -> tuple[list[Answer], int]:
    """What Slack heard, and how many rows there are."""
    url = f"sqlite:///{folder / 'ack.db'}"
    await upgrade(url)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(Slack().serving())
        platform = platform_at(slack, folder, clock)
        inbox = Taking(SqlLedger(url, now=clock.now), clock, stall)
        stack.push_async_callback(inbox.ledger.close)
        listening = asyncio.create_task(platform.run(inbox))
        app = await stack.enter_async_context(door_of(platform))
        crowd = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.slack_load", app, str(COMMANDS), str(A_SECOND)),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=dict(os.environ),
        )
        out, _ = await crowd.communicate()
        async with inbox.ledger() as tx:
            rows = len(await tx.waiting_inbound("slack", limit=COMMANDS * 2))
        listening.cancel()
        await asyncio.wait({listening})
    return [tuple(each) for each in json.loads(out)], rows


@pytest.mark.bench
@pytest.mark.parametrize("stall", [0.0, 2.0, 4.0])
async def test_acknowledgements(tmp_path: Path, stall: float) -> None:
    answers, rows = await run(tmp_path, stall=stall)
    seconds = sorted(each[0] for each in answers)
    told = sum(each[2] for each in answers)
    assert {status for _, status, _ in answers} == {200}
    assert rows >= COMMANDS - told, "acknowledged, and lost"
    half, nearly_all, longest = (seconds[int(len(seconds) * part)] * 1000 for part in (0.5, 0.99, 0.9999))
    print(
        f"\nSlack, {A_SECOND} commands a second, database stalled for {stall:.0f} s: p50 {half:.0f} ms, "
        f"p99 {nearly_all:.0f} ms, longest {longest:.0f} ms; {told} of {COMMANDS} told to repeat"
    )
