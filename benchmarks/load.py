"""Whoever calls us over HTTP, in a process of its own: requests at a steady rate, whether the one before has
been answered or not.

`python -m benchmarks.load <requests a second>` reads them as JSON, a line each, and prints the answers.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One POST."""

    url: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """`took` in seconds. `status` 0: there was none, the connection broke or took minutes."""

    took: float
    status: int


def milliseconds(answers: Sequence[Answer], share: float) -> float:
    """How long the slowest of that share took: 0.99 is p99."""
    ordered = sorted(each.took for each in answers)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


async def crowd(requests: Sequence[Sent], per_second: float) -> list[Answer]:
    """Send them from another process. In the order they are given."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load", str(per_second)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=dict(os.environ),
    )
    lines = "".join(json.dumps(asdict(each)) + "\n" for each in requests)
    out, _ = await process.communicate(lines.encode())
    return [Answer(*each) for each in json.loads(out)]


async def _send(requests: Sequence[Sent], per_second: float) -> list[tuple[float, int]]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        started = time.perf_counter() + 0.2
        async with asyncio.TaskGroup() as tasks:
            sent = []
            for n, each in enumerate(requests):
                await asyncio.sleep(max(0.0, started + n / per_second - time.perf_counter()))
                sent.append(tasks.create_task(_one(session, each)))
    return [task.result() for task in sent]


async def _one(session: aiohttp.ClientSession, request: Sent) -> tuple[float, int]:
    began = time.perf_counter()
    try:
        async with session.post(request.url, data=request.body, headers=dict(request.headers)) as reply:
            await reply.read()
            status = reply.status
    except (aiohttp.ClientError, TimeoutError):
        status = 0
    return time.perf_counter() - began, status


if __name__ == "__main__":
    told = [Sent(**json.loads(line)) for line in sys.stdin]
    print(json.dumps(asyncio.run(_send(told, float(sys.argv[1])))))
