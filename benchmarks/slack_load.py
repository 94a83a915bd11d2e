"""A crowd in Slack, in a process of its own: signed commands at a steady rate; prints what came back as JSON.

`python -m benchmarks.slack_load <url> <commands> <a second>`
"""

import asyncio
import json
import sys
import time
from urllib.parse import urlencode

import aiohttp

from tests.vendors.slack import SECRET, TEAM, sign


def command(n: int) -> bytes:
    return urlencode(
        {
            "team_id": TEAM,
            "channel_id": "C1",
            "user_id": "U1",
            "command": "/phone",
            "text": f"call amy at 5pm, note {n}",
            "trigger_id": f"{n}.bench",
        }
    ).encode()


async def one(session: aiohttp.ClientSession, url: str, n: int, after: float) -> tuple[float, int, bool]:
    await asyncio.sleep(after)
    body, stamp = command(n), str(int(time.time()))
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": sign(SECRET, stamp, body),
    }
    began = time.perf_counter()
    async with session.post(url, data=body, headers=headers) as reply:
        text = await reply.text()
    return time.perf_counter() - began, reply.status, "Not taken" in text


async def main(url: str, commands: int, a_second: int) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await one(session, url, -1, 0)
        every = [one(session, url, n, n / a_second) for n in range(commands)]
        print(json.dumps(await asyncio.gather(*every)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
