"""Callbacks: recorded payloads become the right events, forgeries nothing; an answer is a valid document."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.errors import BadSignature
from bot.domain.flow import CallFlow, Feature, Say
from bot.domain.leg import LegEvent
from bot.ports.http import HttpRequest
from bot.ports.voice import ReceivesWebhooks, VoiceProvider
from tests.contract.voice.case import IMPATIENT, Case

HOSTILE = """Tom & Jerry <say "hi"> 'now' ]]> ☎"""


def receiver(case: Case) -> ReceivesWebhooks:
    """The driver, if it is called back; otherwise there is nothing to test."""
    assert case.make is not None
    driver = case.make("http://127.0.0.1:9", IMPATIENT)
    if not isinstance(driver, ReceivesWebhooks):
        pytest.skip(f"{case}: is not called back")
    return driver


def bare(events: object) -> list[LegEvent]:
    return [replace(event, raw="") for event in events]  # type: ignore[attr-defined]


async def test_every_recorded_payload_gives_its_events(wired: Case) -> None:
    driver = receiver(wired)
    assert wired.payloads, f"{wired}: bring recorded payloads"
    for payload in wired.payloads:
        assert bare(driver.events(payload.request)) == bare(payload.events), payload.name


async def test_a_replay_is_the_same_event(wired: Case) -> None:
    driver = receiver(wired)
    for payload in wired.payloads:
        assert list(driver.events(payload.request)) == list(driver.events(payload.request)), payload.name


async def test_an_unknown_word_is_kept_as_it_came(wired: Case) -> None:
    driver = receiver(wired)
    if wired.unknown is None:
        pytest.skip(f"{wired}: no payload with an unknown word")
    events = driver.events(wired.unknown.request)
    assert bare(events) == bare(wired.unknown.events)
    assert all(event.raw for event in events)


def signer(case: Case, driver: ReceivesWebhooks) -> Callable[[HttpRequest], HttpRequest]:
    assert isinstance(driver, VoiceProvider)
    if Feature.SIGNED_WEBHOOKS not in driver.features or case.sign is None:
        pytest.skip(f"{case}: does not sign its callbacks")
    return case.sign


async def test_a_signed_request_is_believed_and_an_unsigned_one_is_not(wired: Case) -> None:
    driver = receiver(wired)
    sign = signer(wired, driver)
    for payload in wired.payloads:
        driver.verify(sign(payload.request))
        with pytest.raises(BadSignature):
            driver.verify(replace(payload.request, headers={}))


async def test_a_changed_request_is_not_believed(wired: Case) -> None:
    driver = receiver(wired)
    sign = signer(wired, driver)
    for payload in wired.payloads:
        signed = sign(payload.request)
        changed = [replace(signed, body=_flipped(signed.body, n)) for n in range(len(signed.body))]
        changed += [replace(signed, url=signed.url + "x")]
        for request in changed:
            with pytest.raises(BadSignature):
                driver.verify(request)


def _flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


async def test_hostile_text_stays_text_in_the_answer_document(wired: Case) -> None:
    driver = receiver(wired)
    if wired.read_document is None:
        pytest.skip(f"{wired}: answers with no document")
    for payload in (each for each in wired.payloads if each.document):
        reply = driver.answer(payload.request, CallFlow(steps=(Say(text=HOSTILE), Say(text="Bye."))))
        assert wired.read_document(reply.body) == [HOSTILE, "Bye."]
        assert wired.read_document(driver.answer(payload.request, None).body) == []
