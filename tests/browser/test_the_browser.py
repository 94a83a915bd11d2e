"""The bench of the browser tests: what a test must not overlook, it cannot overlook."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Error, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from adapters.web.server import serving
from tests.browser.conftest import NewContext, Watched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _calm(_request: Request) -> Response:
    return HTMLResponse("<!doctype html><title>Calm</title><link rel=icon href=data:,><p>Nothing happens")


async def _throws(_request: Request) -> Response:
    return HTMLResponse("<!doctype html><link rel=icon href=data:,><script>undefined.thing</script>")


async def _calls_out(_request: Request) -> Response:
    return HTMLResponse(
        "<!doctype html><link rel=icon href=data:,><img alt='' src='http://elsewhere.invalid/x.png'>"
    )


@pytest_asyncio.fixture(loop_scope="session")
async def address() -> AsyncIterator[str]:
    app = Starlette(
        routes=[Route("/calm", _calm), Route("/throws", _throws), Route("/calls-out", _calls_out)]
    )
    async with serving(app, host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}"


async def test_a_calm_page_passes(page: Page, address: str) -> None:
    await page.goto(f"{address}/calm")

    assert await page.title() == "Calm"


@pytest.mark.parametrize(
    ("path", "words"), [("throws", "undefined"), ("calls-out", "outside request"), ("missing", "404")]
)
async def test_trouble_in_a_page_is_seen(
    page: Page, address: str, watched: Watched, path: str, words: str
) -> None:
    watched.expects("undefined", "elsewhere.invalid", "404", "favicon")
    await page.goto(f"{address}/{path}", wait_until="networkidle")

    assert any(words in said for said in watched.wrong), watched.wrong


async def test_every_person_has_cookies_of_their_own(new_context: NewContext, address: str) -> None:
    one, other = await new_context(), await new_context()
    await one.add_cookies([{"name": "who", "value": "one", "url": address}])

    assert [cookie["name"] for cookie in await one.cookies()] == ["who"]
    assert await other.cookies() == []


async def test_nobody_waits_for_ever(page: Page, address: str) -> None:
    await page.goto(f"{address}/calm")
    with pytest.raises(Error):
        await page.get_by_role("button", name="Not there").click(timeout=50)
