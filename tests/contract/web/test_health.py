"""Alive, ready, and what every answer carries."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from adapters.web import app
from bot.domain.errors import StorageUnavailable
from tests.contract.web.conftest import Door

pytestmark = pytest.mark.asyncio(loop_scope="module")


def says(answer: bool) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return answer

    return check


async def breaks() -> bool:
    raise StorageUnavailable


async def hangs() -> bool:
    await asyncio.Event().wait()
    return True


async def test_alive_needs_nothing_behind_it(door: Door) -> None:
    async with door(database_ready=breaks, dispatcher_ready=breaks) as client:
        answer = await client.get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_ready_when_everything_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": True, "dispatcher": True}


@pytest.mark.parametrize("no", [says(False), breaks, hangs], ids=["no", "breaks", "hangs"])
async def test_not_ready_names_what_is_missing(
    door: Door, no: Callable[[], Awaitable[bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "READY_WITHIN", 0.05)
    async with door(database_ready=no) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"database": False, "dispatcher": True}
    async with door(dispatcher_ready=no) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"database": True, "dispatcher": False}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/nowhere"),
        ("POST", "/healthz"),
        ("GET", "/r/made-up"),
        ("GET", "/r/made-up/audio"),
        ("GET", "/static/patchline.css"),
        ("POST", "/hooks/nobody/token/answer"),
        ("POST", "/chat/nobody"),
    ],
)
async def test_every_answer_keeps_the_browser_on_a_short_lead(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    headers = (await client.request(method, path)).headers

    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "noindex" in headers["x-robots-tag"]
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "server" not in headers


async def test_when_our_own_code_breaks_the_answer_is_still_guarded(door: Door) -> None:
    class Broken:
        async def open(self, token: str) -> None:
            raise RuntimeError(token)

    async with door(recordings=Broken()) as client:
        answer = await client.get("/r/a-secret-token")

    assert answer.status_code == 500
    assert "a-secret-token" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_no_address_redirects_to_another_host(client: httpx.AsyncClient) -> None:
    for path in ("/r/made-up/", "/healthz/", "//elsewhere.example/", "/hooks/acme/token/answer/"):
        answer = await client.request("GET", httpx.URL(str(client.base_url).rstrip("/") + path))
        assert answer.status_code == 404, path
        assert "location" not in answer.headers
