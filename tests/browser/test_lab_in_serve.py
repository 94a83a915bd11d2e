"""The lab's page in a `serve`, on its own database and the real clock."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.browser.conftest import NewContext, Watched
from tests.browser.lab import AMY, STARTING, LabPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def address(tmp_path: Path) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    serving = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve", "--lab"),
        stderr=asyncio.subprocess.DEVNULL,
        env={
            "PATH": os.environ["PATH"],
            "PATCHLINE_DATA_DIR": str(tmp_path / "data"),
            "PATCHLINE_DEFAULT_REGION": "SG",
            "PATCHLINE_DEFAULT_TIMEZONE": "Asia/Singapore",  # as Amy's: no doubt about the night
            "PORT": str(port),
        },
        cwd=Path(__file__).parents[2],
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        await answers(url)
        yield url
    finally:
        serving.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STARTING):
            await serving.wait()
    assert serving.returncode == 0


async def answers(url: str) -> None:
    async with asyncio.timeout(STARTING), httpx.AsyncClient() as client:
        while True:
            try:
                assert (await client.get(url)).status_code == 200
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


async def test_a_call_is_tried_on_ones_own_set_up(
    new_context: NewContext, address: str, watched: Watched
) -> None:
    watched.expects("ERR_CONNECTION_REFUSED")  # at the end the server goes before the page does
    lab = await LabPage(await (await new_context()).new_page(), address).open()
    for words in ("Pause", "1×", "10×", "To 23:58:50"):
        assert await lab.page.get_by_role("button", name=words, exact=True).is_disabled()
    card = await lab.order("call amy, wait 20 seconds, say hello")
    await lab.until(AMY, "ringing")
    await lab.answers(AMY)
    await lab.press(AMY, "Hang up")
    assert "on the line" in await card.shows("ended")
    await lab.page.locator("#trouble summary").click()
    assert await lab.page.get_by_role("button", name="Kill the server now").is_disabled()
