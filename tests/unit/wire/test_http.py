"""What every driver shares: nothing is sent twice, and nothing secret gets into words. Errors by status and
by broken connection are in the contract suite."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.wire.http import PATIENT, Timeouts, Wire, client, redact, retry_after
from bot.domain.errors import OutcomeUnknown, Rejected, Unavailable
from tests.contract.voice.faults import Canned, Silence, vendor

NUMBERS = [
    "+12125550101",
    "12125550101",
    "+1 212 555 0101",
    "+1 (212) 555-0101",
    "(212) 555-0101",
    "020 7946 0101",
    "+1.212.555.0101",
    "%2B12125550101",
    "to=12125550101&from=",
    "sip:12125550101@example.com",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_cut_to_their_last_four_digits(text: str) -> None:
    said = redact(f"cannot dial {text}, sorry")
    assert "0101" in said
    assert "555" not in said
    assert "7946" not in said
    assert said.startswith("cannot dial ")
    assert said.endswith(", sorry")


@pytest.mark.parametrize("text", ["error 20003", "in 2026-03-10", "HTTP 503", "took 1500 ms", "code 12345"])
def test_what_is_no_number_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Basic aHVudGVyMg",
        "authorization: Bearer hunter2",
        "access_token=hunter2&to=x",
        '{"auth_token": "hunter2"}',
        "api-key = hunter2",
        "password: hunter2",
        "https://me:hunter2@example.com/",
        "X-Api-Key: hunter2",
        "client_secret=hunter2",
    ],
)
def test_credentials_are_left_out(text: str) -> None:
    assert "hunter2" not in redact(text)
    assert "aHVudGVyMg" not in redact(text)


def test_a_known_secret_is_left_out_wherever_it_stands() -> None:
    assert (
        redact("path /v1/MAXYZ/Call failed for MAXYZ-2", ["MAXYZ", "MAXYZ-2", ""])
        == "path /v1/…/Call failed for …"
    )


async def test_an_error_is_told_without_numbers_and_secrets_and_not_at_length() -> None:
    words = "MAXYZ may not call +12125550101: " + "x" * 1000
    async with vendor(Canned(status=403, body=words.encode())) as there:
        wire = Wire(provider="x", client=client(there.url), secrets=["MAXYZ"])
        with pytest.raises(Rejected) as failure:
            await wire.send("POST", "/call", creates=True, token="t1")
        await wire.close()
    assert failure.value.detail.startswith("… may not call …0101: xxx")
    assert len(failure.value.detail) == 300
    assert (failure.value.provider, failure.value.token, failure.value.code) == ("x", "t1", "403")


async def test_a_vendor_words_its_own_errors_and_overrides_rows() -> None:
    async with vendor(Canned(status=404, body=b'{"message": "slow down", "no": 17}')) as there:
        wire = Wire(
            provider="x",
            client=client(there.url),
            overrides={404: Unavailable},
            explain=lambda reply: (reply.json()["message"], str(reply.json()["no"])),
        )
        with pytest.raises(Unavailable) as failure:
            await wire.send("POST", "/call", creates=True)
        await wire.close()
    assert str(failure.value) == "x: slow down (17)"


async def test_a_request_that_creates_nothing_can_simply_be_asked_again() -> None:
    for behaviour in (Silence(), Canned(status=500), Canned(status=408), Canned(cut=9)):
        async with vendor(behaviour) as there:
            hasty = Timeouts(read=0.1, total=0.5)
            wire = Wire(provider="x", client=client(there.url, timeouts=hasty), timeouts=hasty)
            with pytest.raises(Unavailable):
                await wire.send("GET", "/history")
            with pytest.raises(OutcomeUnknown):
                await wire.send("POST", "/call", creates=True)
            await wire.close()
            assert len(there.requests) == 2


async def test_the_whole_request_is_bounded_however_slowly_the_answer_drips() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0)

    class Dripping(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(201, content=drip())

    hasty = Timeouts(read=5, total=0.1)
    wire = Wire(provider="x", client=client("http://localhost", transport=Dripping()), timeouts=hasty)
    with pytest.raises(OutcomeUnknown):
        await wire.send("POST", "/call", creates=True)
    await wire.close()


async def test_an_answer_that_cannot_be_read_is_as_good_as_none() -> None:
    wire = Wire(provider="x", client=client("http://localhost"))
    for reply in (
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={}),
    ):
        with pytest.raises(OutcomeUnknown) as failure:
            wire.read(reply, lambda each: each.json()["id"], creates=True, token="t1")
        assert failure.value.token == "t1"
        with pytest.raises(Unavailable):
            wire.read(reply, lambda each: each.json()["id"])
    assert wire.read(httpx.Response(200, json={"id": 5}), lambda each: each.json()["id"]) == 5
    await wire.close()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Tue, 10 Mar 2026 06:30:30 GMT", "date": "Tue, 10 Mar 2026 06:30:00 GMT"}, 30.0),
        ({"retry-after": "Tue, 10 Mar 2026 06:29:00 GMT", "date": "Tue, 10 Mar 2026 06:30:00 GMT"}, 0.0),
        ({"retry-after": "Tue, 10 Mar 2026 06:30:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


async def test_nothing_is_followed_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with vendor(Canned(status=302, headers={"location": "/call?to=+12125550101"})) as there:
        wire = Wire(provider="x", client=client(there.url))
        with pytest.raises(Rejected):
            await wire.send("POST", "/call", creates=True, params={"to": "+12125550101"}, json={})
        await wire.close()
    assert len(there.requests) == 1
    assert [each for each in caplog.records if each.name.startswith("http")] == []


async def test_a_whole_request_stays_below_the_ten_seconds_a_placement_has() -> None:
    assert PATIENT.connect < PATIENT.read < PATIENT.total < 10
    made = client("http://localhost")
    assert made.timeout == httpx.Timeout(PATIENT.read, connect=PATIENT.connect)
    assert not made.follow_redirects
    await made.aclose()


async def test_json_travels() -> None:
    async with vendor(Canned(status=201)) as there:
        wire = Wire(provider="x", client=client(there.url, auth=("me", "hunter2")))
        await wire.send("POST", "/call", creates=True, json={"token": "t1"})
        await wire.close()
    head, _, body = there.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body) == {"token": "t1"}
    assert b"authorization: basic" in head.lower()
