"""What goes wrong between us and Plivo: nobody is rung twice, and nobody is told what is not so."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.domain.call import PlacementState
from tests.scenario.house import ME
from tests.scenario.plivo_house import AMY, PlivoHouse, plivo_house
from tests.vendors.plivo import TOKEN, Phone


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PlivoHouse]:
    async with plivo_house(tmp_path) as house:
        yield house


@pytest.mark.parametrize("fate", ["queued", "bulk"])
async def test_other_ways_of_saying_yes(house: PlivoHouse, fate: str) -> None:
    house.vendor.fates = [fate]
    await house.says('call amy and say "hello"')
    await house.shows(1, "ended")
    assert house.vendor.heard(AMY) == ["hello"]


@pytest.mark.parametrize("fate", ["500 after", "cut after"])
async def test_a_lost_answer_is_settled_by_callbacks_and_rings_once(house: PlivoHouse, fate: str) -> None:
    house.vendor.fates = [fate]
    await house.says('call amy and say "hello"')
    await house.shows(1, "ended")
    assert len(house.vendor.legs(AMY)) == 1
    assert len(house.vendor.calls) == 1


async def test_a_lost_answer_and_lost_callbacks_are_settled_by_the_list(house: PlivoHouse) -> None:
    house.vendor.fates = ["500 after"]
    house.vendor.phones[AMY] = Phone(does="rings on")
    house.vendor.exchange.faults = {"Ring": "lost"}
    await house.says("call amy and patch me in")
    await house.until(lambda: house.vendor.legs(AMY))
    await house.until(lambda: ("GET", "Call/") in {each[:2] for each in house.vendor.requests})
    await house.shows(1, "ringing")
    (placement,) = (await house.call(1)).placements
    assert placement.state is PlacementState.PLACED
    assert placement.reconciled
    assert placement.refs == (("A", house.vendor.leg(AMY).uuid),)
    assert len(house.vendor.calls) == 1


async def test_somebody_elses_call_is_not_taken_for_the_lost_one(house: PlivoHouse) -> None:
    """Amy is rung, but by another call of ours: that says nothing about the one without an answer."""
    house.vendor.fates = ["500"]
    await house.says("call amy and patch me in")
    await house.until(lambda: house.vendor.calls)
    await house.says("call amy")
    await house.shows(2, "talking")
    await house.until(lambda: ("GET", "Call/") in {each[:2] for each in house.vendor.requests})
    house.vendor.hang_up(AMY)
    await house.shows(2, "ended")
    (placement,) = (await house.call(1)).placements
    assert placement.state is PlacementState.UNKNOWN
    assert house.card(1).state == "unknown"


async def test_busy_for_a_moment_is_asked_again(house: PlivoHouse) -> None:
    house.vendor.fates = ["429"]
    await house.says('call amy and say "hello"')
    await house.shows(1, "ended")
    assert len(house.vendor.calls) == 2
    assert len(house.vendor.legs(AMY)) == 1


@pytest.mark.parametrize(("fate", "words"), [("402", "insufficient credit"), ("403", "no")])
async def test_a_refusal_is_told_in_plivos_words(house: PlivoHouse, fate: str, words: str) -> None:
    house.vendor.fates = [fate]
    await house.says('call amy and say "hello"')
    await house.until(lambda: house.chat.cards and house.card(1).final)
    assert words in house.card(1).text
    assert house.vendor.legs(AMY) == []


@pytest.mark.parametrize("name", ["Ring", "StartApp", "DialAnswer", "DialConnected", "DialHangup", "Hangup"])
async def test_callbacks_come_twice(house: PlivoHouse, name: str) -> None:
    house.vendor.exchange.faults = {name: "twice"}
    await house.says("call amy and patch me in")
    await house.shows(1, "talking")
    house.vendor.hang_up(ME)
    card = await house.shows(1, "ended")
    assert "Amy and you talked for" in card.text
    assert len(house.vendor.legs(ME)) == 1


@pytest.mark.parametrize("name", ["Ring", "DialAnswer", "DialConnected", "DialHangup"])
async def test_callbacks_come_after_the_end(house: PlivoHouse, name: str) -> None:
    house.vendor.exchange.faults = {name: "late"}
    await house.says("call amy and patch me in")
    await house.until(lambda: house.vendor.legs(ME) and house.vendor.leg(ME).other)
    house.vendor.hang_up(ME)
    await house.shows(1, "ended")
    await house.vendor.exchange.deliver_late()
    assert "Amy and you talked for" in house.card(1).text
    assert house.card(1).state == "ended"


async def test_a_forged_callback_changes_nothing(house: PlivoHouse) -> None:
    house.vendor.phones[AMY] = Phone(does="rings on")
    await house.says("call amy and patch me in")
    await house.shows(1, "ringing")
    address, form = next(each for each in house.vendor.exchange.told if "/ring" in each[0])
    forged = address.replace("/ring", "/hangup")
    async with httpx.AsyncClient() as stranger:
        answers = [
            await stranger.post(forged, data={**form, "HangupCauseCode": "3010"}, headers=headers)
            for headers in (
                {},
                {"X-Plivo-Signature-V3": "x", "X-Plivo-Signature-V3-Nonce": "1"},
                {"X-Plivo-Signature-V2": "x", "X-Plivo-Signature-V2-Nonce": "1"},
            )
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert house.card(1).state == "ringing"
    sent = await house.vendor.exchange.post(forged, {**form, "HangupCauseCode": "3010"}, version="v2")
    assert sent.status_code == 403


async def test_a_replayed_callback_changes_nothing(house: PlivoHouse) -> None:
    await house.says("call amy and patch me in")
    await house.shows(1, "talking")
    for address, form in [*house.vendor.exchange.told]:
        answer = await house.vendor.exchange.post(address, form)
        assert answer.status_code == 200
    assert house.card(1).state in ("talking", "ended")
    assert len(house.vendor.legs(ME)) == 1


async def test_nothing_secret_is_logged(
    house: PlivoHouse, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house.vendor.fates = ["500", "402"]
    for n, sentence in enumerate(("call amy and patch me in", "call bob and patch me in", "call amy"), 1):
        await house.says(sentence)
        if n > 1:
            await house.until(lambda n=n: len(house.chat.cards) >= n)
    await house.shows(3, "talking")
    await house.asks("add cy to 3")
    await house.until(lambda: len(house.vendor.exchange.rooms) == 1)
    captured = capsys.readouterr()
    ours = [
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    ]
    logged = "\n".join([captured.out, captured.err, *ours])
    call = await house.call(3)
    for secret in (TOKEN, call.placements[0].token, AMY, AMY[1:], ME[1:], "6591112222"):
        assert secret not in logged
