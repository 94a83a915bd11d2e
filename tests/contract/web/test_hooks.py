"""Callbacks of providers and chats: checked, passed on, answered with a document that is always valid."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from adapters.web import plain
from bot.domain.errors import StorageUnavailable
from bot.domain.flow import CallFlow
from bot.ports.http import HttpRequest
from tests.contract.web.conftest import Door
from tests.contract.web.stubs import HELLO, Chat, Inbox, Vendor, signature
from tests.fakes import FakeClock

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUBLIC = "https://calls.example.com"
EMPTY = "<Response></Response>"


async def send(
    client: httpx.AsyncClient, path: str, body: bytes = b"status=nothing", *, base: str = PUBLIC
) -> httpx.Response:
    headers = {"X-Acme": signature(base + path, body), "Content-Type": "application/x-www-form-urlencoded"}
    return await client.post(path, content=body, headers=headers)


async def test_an_event_reaches_the_inbox_and_the_orders_go_back(door: Door, inbox: Inbox) -> None:
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        answer = await send(client, "/hooks/acme/known/answer", b"status=answered&id=7")

    assert (answer.status_code, answer.text) == (200, "<Response><Speak>Hello</Speak></Response>")
    assert answer.headers["content-type"].startswith("application/xml")
    [(provider, event)] = inbox.events
    assert (provider, event.token, event.kind, event.source_id) == ("acme", "known", "answered", "7")


async def test_the_vendor_sees_the_address_it_signed_and_the_bytes_it_sent(door: Door) -> None:
    vendor = Vendor()
    path = "/hooks/acme/known/status?b=2&a=1&a=%2B6591234567&empty="
    body = b"status=rang&id=1&x=%E2%82%AC+%00\xff"
    async with door(providers={"acme": vendor}, public_url=PUBLIC) as client:
        answer = await send(client, path, body)

    [heard] = vendor.heard
    assert answer.status_code == 200
    assert heard.method == "POST"
    assert heard.url == PUBLIC + path
    assert heard.path == "/hooks/acme/known/status"
    assert heard.query == {"b": ["2"], "a": ["1", "+6591234567"], "empty": [""]}
    assert heard.body == body
    assert heard.headers["x-acme"] == signature(PUBLIC + path, body)
    assert set(heard.headers) == {name.lower() for name in heard.headers}


async def test_a_percent_in_the_path_stays_as_it_was_sent(door: Door) -> None:
    vendor = Vendor()
    async with door(providers={"acme": vendor}, public_url=PUBLIC) as client:
        assert (await send(client, "/hooks/acme/a%20b%2Bc/status")).status_code == 200

    assert vendor.heard[0].url == f"{PUBLIC}/hooks/acme/a%20b%2Bc/status"


async def test_a_public_address_may_have_a_path_of_its_own(door: Door) -> None:
    vendor = Vendor()
    base = "https://example.com/patchline"
    async with door(providers={"acme": vendor}, public_url=base) as client:
        assert (await send(client, "/hooks/acme/known/status", base=base)).status_code == 200


async def test_no_header_of_the_sender_changes_the_address(door: Door) -> None:
    vendor = Vendor()
    claims = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    async with door(providers={"acme": vendor}, public_url=PUBLIC) as client:
        await client.post("/hooks/acme/known/status", headers=claims)

    assert vendor.heard[0].url == f"{PUBLIC}/hooks/acme/known/status"


async def test_without_a_public_address_the_one_that_was_asked_counts(door: Door) -> None:
    async with door(providers={"acme": Vendor()}) as client:
        base = str(client.base_url).rstrip("/")
        assert (await send(client, "/hooks/acme/known/status", base=base)).status_code == 200


async def test_a_get_callback_is_as_good(door: Door) -> None:
    vendor = Vendor()
    async with door(providers={"acme": vendor}, public_url=PUBLIC) as client:
        path = "/hooks/acme/known/status?status=rang"
        answer = await client.get(path, headers={"X-Acme": signature(PUBLIC + path)})

    assert answer.status_code == 400  # this vendor wants its form in the body
    assert vendor.heard[0].method == "GET"


async def test_a_caller_of_ours_is_announced_and_met(door: Door, inbox: Inbox) -> None:
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        answer = await send(client, "/hooks/acme/incoming")

    assert answer.text == "<Response><Speak>Hello</Speak></Response>"
    assert [call.ref for call in inbox.calls] == ["call-1"]


async def test_what_comes_of_a_caller_goes_on_under_the_token_of_their_call(door: Door, inbox: Inbox) -> None:
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        await send(client, "/hooks/acme/incoming?a=1", b"status=answered&id=7")
        await send(client, "/hooks/acme/known/incoming", b"status=hung_up&id=8")

    assert [(event.token, event.kind) for _, event in inbox.events] == [
        ("known", "answered"),
        ("known", "hung_up"),
    ]


async def test_a_callback_knows_when_it_came(door: Door) -> None:
    vendor, now = Vendor(), datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
    async with door(providers={"acme": vendor}, public_url=PUBLIC, clock=FakeClock(now)) as client:
        await send(client, "/hooks/acme/known/status")

    assert vendor.heard[0].received_at == now


@pytest.mark.parametrize("path", ["/hooks/acme/known/answer", "/hooks/acme/incoming"])
async def test_a_forged_or_missing_signature_is_refused(door: Door, inbox: Inbox, path: str) -> None:
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        forged = await send(client, path, base="https://elsewhere.example")
        missing = await client.post(path, content=b"status=answered&id=7")

    assert (forged.status_code, missing.status_code) == (403, 403)
    assert (inbox.events, inbox.calls) == ([], [])


async def test_what_the_vendor_never_sends_is_malformed(door: Door, inbox: Inbox) -> None:
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        assert (await send(client, "/hooks/acme/known/answer", b"{}")).status_code == 400

    assert inbox.events == []


async def test_a_token_nobody_knows_gets_an_empty_document_and_a_warning(
    door: Door, logged: Callable[[], str]
) -> None:
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        answer = await send(client, "/hooks/acme/not-a-known-token/answer")
        event = await send(client, "/hooks/acme/not-a-known-token/status")

    assert (answer.status_code, answer.text) == (200, EMPTY)
    assert (event.status_code, event.text) == (200, "")
    said = logged()
    assert "nobody knows" in said
    assert "not-a-known-token" not in said


async def test_a_provider_that_is_not_here_or_calls_nobody_back_is_not_found(door: Door) -> None:
    async with door(providers={"acme": Vendor(), "silent": object()}, public_url=PUBLIC) as client:
        for path in ("/hooks/other/known/answer", "/hooks/silent/known/answer", "/hooks/other/incoming"):
            assert (await send(client, path)).status_code == 404


@pytest.mark.parametrize("trouble", [StorageUnavailable(), KeyError("ours")], ids=repr)
async def test_when_we_break_the_caller_still_gets_a_valid_document(
    door: Door, inbox: Inbox, trouble: Exception
) -> None:
    inbox.trouble = trouble
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        for path in ("/hooks/acme/known/answer", "/hooks/acme/incoming"):
            answer = await send(
                client, path, b"status=answered&id=7" if "known" in path else b"status=nothing"
            )
            assert (answer.status_code, answer.text) == (200, EMPTY)
            assert answer.headers["content-type"].startswith("application/xml")


async def test_when_we_break_an_event_is_asked_for_again(door: Door, inbox: Inbox) -> None:
    inbox.trouble = StorageUnavailable()
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        assert (await send(client, "/hooks/acme/known/status", b"status=rang&id=1")).status_code == 503
        inbox.trouble = None
        assert (await send(client, "/hooks/acme/known/status", b"status=rang&id=1")).status_code == 200

    assert len(inbox.events) == 1


async def test_a_body_has_a_limit_whether_it_says_its_length_or_not(door: Door) -> None:
    vendor = Vendor()

    async def chunks():  # type: ignore[no-untyped-def]
        for _ in range(20):
            yield bytes(100_000)

    async with door(providers={"acme": vendor}, chats={"slack": Chat()}, public_url=PUBLIC) as client:
        for path in ("/hooks/acme/known/status", "/chat/slack"):
            assert (await client.post(path, content=bytes(plain.LARGEST_BODY + 1))).status_code == 413
            assert (await client.post(path, content=chunks())).status_code == 413
        assert vendor.heard == []
        assert (await client.post("/chat/slack", content=bytes(plain.LARGEST_BODY))).status_code == 201


async def test_a_body_that_never_ends_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "BODY_WITHIN", 0.05)
    async with door(chats={"slack": Chat()}) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(b"POST /chat/slack HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        begun = time.monotonic()
        assert b" 408 " in await reader.readline()
        assert time.monotonic() - begun < 2
        writer.close()
        await writer.wait_closed()


async def test_a_chat_answers_for_itself(door: Door) -> None:
    chat = Chat()
    async with door(chats={"slack": chat, "console": object()}, public_url=PUBLIC) as client:
        answer = await client.post("/chat/slack", content=b"payload=1", headers={"X-Slack-Signature": "v0=1"})
        assert (await client.post("/chat/console")).status_code == 404
        assert (await client.post("/chat/other")).status_code == 404
        assert (await client.get("/chat/slack")).status_code == 405

    assert (answer.status_code, answer.json()) == (201, {"ok": True})
    assert answer.headers["x-seen"] == "yes"
    [heard] = chat.heard
    assert (heard.url, heard.body) == (f"{PUBLIC}/chat/slack", b"payload=1")
    assert heard.headers["x-slack-signature"] == "v0=1"


async def test_a_chat_request_that_breaks_is_asked_for_again(door: Door) -> None:
    async with door(chats={"slack": Chat(trouble=KeyError("ours"))}) as client:
        assert (await client.post("/chat/slack")).status_code == 503


async def test_placement_tokens_are_in_no_log(door: Door, inbox: Inbox, logged: Callable[[], str]) -> None:
    token = "placement-token-of-this-test"
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        await send(client, f"/hooks/acme/{token}/answer")
        await send(client, f"/hooks/acme/{token}/answer", base="https://elsewhere.example")
        await send(client, f"/hooks/acme/{token}/answer", b"{}")
        inbox.trouble = StorageUnavailable()
        await send(client, f"/hooks/acme/{token}/answer", b"status=answered&id=7")
        inbox.trouble = KeyError("we broke")
        await send(client, f"/hooks/acme/{token}/answer", b"status=answered&id=7")

    said = logged()
    told = ("nobody knows", "bad signature", "cannot be read", "callback not taken", "callback broke")
    assert [each for each in told if each not in said] == []
    assert token not in said


async def test_a_database_that_is_away_takes_one_line_a_callback(
    door: Door, inbox: Inbox, logged: Callable[[], str]
) -> None:
    """They come by the hundred, and a traceback of each would cost more than hearing it."""
    inbox.trouble = StorageUnavailable("out of reach")
    async with door(providers={"acme": Vendor()}, public_url=PUBLIC) as client:
        await send(client, "/hooks/acme/known/status", b"status=rang&id=1")
    assert "out of reach" in logged()
    assert "Traceback" not in logged()


@dataclass
class Stepper(Vendor):
    """A vendor that is asked for every step; keeps what it was to carry on with."""

    taken: list[tuple[str, CallFlow | None]] = field(default_factory=list)
    trouble: Exception | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def carry_on(self, request: HttpRequest, flow: CallFlow | None) -> None:
        self.taken.append((request.path, flow))
        self.news.set()
        if self.trouble:
            raise self.trouble

    async def until(self, steps: int) -> None:
        async with asyncio.timeout(5):
            while len(self.taken) < steps:
                self.news.clear()
                await self.news.wait()


async def test_a_vendor_that_wants_requests_is_asked_for_the_next_step_once_it_was_answered(
    door: Door, inbox: Inbox, logged: Callable[[], str]
) -> None:
    vendor = Stepper(trouble=KeyError("a driver breaks"))
    async with door(providers={"acme": vendor}, public_url=PUBLIC) as client:
        for path in ("/hooks/acme/known/status", "/hooks/acme/incoming", "/hooks/acme/lost/status"):
            assert (await send(client, path)).status_code == 200
        inbox.trouble = StorageUnavailable()
        assert (await send(client, "/hooks/acme/known/status", b"status=rang&id=1")).status_code == 503
        assert (
            await send(client, "/hooks/acme/known/status", base="https://else.example")
        ).status_code == 403
        await vendor.until(4)

    assert vendor.taken == [
        ("/hooks/acme/known/status", HELLO),
        ("/hooks/acme/known/incoming", HELLO),
        ("/hooks/acme/lost/status", None),
        ("/hooks/acme/known/status", None),
    ]
    assert "could not go on" in logged()
