"""Callbacks one by one: who calls, what is refused, and what is said when our own orders are out of reach."""

from collections.abc import Iterator

import pytest

from adapters.voice.plivo.driver import Plivo
from bot.domain.errors import Malformed
from bot.domain.flow import CallFlow, Dial, Gather, HangUp, LegRole, Party, Say
from bot.domain.numbers import PhoneNumber, SipUri
from bot.ports.http import HttpRequest
from tests.contract.voice.case import IMPATIENT
from tests.contract.voice.cases.plivo import ANSWER, CALL, CAME, COMMON, OTHER, callback, plivo, spoken

GOODBYE = "Sorry, nobody could be reached. Goodbye."
CALLED = {
    "CallStatus": "ringing",
    "CallUUID": CALL,
    "Direction": "inbound",
    "Event": "StartApp",
    "From": "13125550177",
    "To": "14155550123",
}
AMY = Party(role=LegRole("B"), address=PhoneNumber(e164="+6591234567"))
KEY = Gather(prompt="Press 1.")


@pytest.fixture
def driver() -> Iterator[Plivo]:
    return plivo("http://127.0.0.1:9", IMPATIENT)


@pytest.mark.parametrize(
    ("said", "caller"),
    [
        ("13125550177", PhoneNumber(e164="+13125550177")),
        ("+1 312-555-0177", PhoneNumber(e164="+13125550177")),
        ("sip:amy@phone.plivo.com", SipUri(uri="sip:amy@phone.plivo.com")),
        ("anonymous", None),
        ("", None),
    ],
)
def test_who_calls(driver: Plivo, said: str, caller: object) -> None:
    announced = driver.incoming(callback("incoming", {**CALLED, "From": said}, query="", token=""))
    assert announced is not None
    assert (announced.caller, announced.did, announced.ref, announced.at) == (
        caller,
        PhoneNumber(e164="+14155550123"),
        CALL,
        CAME,
    )


def test_a_call_of_ours_is_nobody_who_calls(driver: Plivo) -> None:
    assert driver.incoming(callback("answer", ANSWER)) is None
    assert driver.incoming(callback("hangup", COMMON)) is None
    assert driver.incoming(callback("incoming", CALLED)) is None


@pytest.mark.parametrize(
    "request_",
    [
        callback("answer", {}),
        callback("leg", {**COMMON, "DialAction": "answer", "DialBLegUUID": ""}, query="rung=B-0"),
        callback("leg", {**COMMON, "DialAction": "answer", "DialBLegUUID": OTHER}, query="rung=b-0"),
        callback("teapot", ANSWER),
        callback("ring", COMMON, query="", token=""),
    ],
)
def test_what_plivo_never_sends_is_refused(driver: Plivo, request_: HttpRequest) -> None:
    with pytest.raises(Malformed):
        driver.events(request_)


def test_a_call_to_nothing_of_ours_is_refused(driver: Plivo) -> None:
    with pytest.raises(Malformed):
        driver.incoming(callback("incoming", {**CALLED, "To": "sip:x@y.z"}, query="", token=""))
    with pytest.raises(Malformed):
        driver.incoming(callback("hangup", {"CallUUID": CALL}, query="", token=""))


@pytest.mark.parametrize("kind", ["incoming", "dialled", "recorded", "fallback"])
def test_a_caller_hears_a_goodbye_when_our_orders_are_out_of_reach(driver: Plivo, kind: str) -> None:
    assert spoken(driver.answer(callback(kind, CALLED), None).body) == [GOODBYE]


@pytest.mark.parametrize("kind", ["answer", "keys", "confirm", "music", "orders"])
def test_others_hear_nothing_then(driver: Plivo, kind: str) -> None:
    reply = driver.answer(callback(kind, ANSWER), None)
    assert (reply.status, spoken(reply.body)) == (200, [])


@pytest.mark.parametrize("kind", ["ring", "hangup", "machine", "leg", "recording", "conference", "message"])
def test_news_is_answered_with_nothing(driver: Plivo, kind: str) -> None:
    assert driver.answer(callback(kind, ANSWER), CallFlow(steps=(Say(text="x"),))).body == b""


def test_the_rest_follows_what_was_asked(driver: Plivo) -> None:
    flow = CallFlow(steps=(KEY, Dial(parties=(AMY,)), Say(text="nobody"), HangUp()))
    pressed = {**COMMON, "Digits": "1"}
    assert b"<Dial" in driver.answer(callback("keys", pressed, query="leg=A&at=0"), flow).body
    wrong = driver.answer(callback("keys", {**COMMON, "Digits": "7"}, query="leg=A&at=0"), flow).body
    assert spoken(wrong) == ["Press 1."]
    last = driver.answer(callback("keys", {**COMMON, "Digits": "7"}, query="leg=A&at=0&tries=2"), flow).body
    assert spoken(last) == []
    busy = {**COMMON, "DialStatus": "busy", "DialBLegUUID": ""}
    assert spoken(driver.answer(callback("dialled", busy, query="leg=A&at=1&rung=B-0"), flow).body) == [
        "nobody"
    ]
    talked = {**COMMON, "DialStatus": "completed", "DialBLegUUID": OTHER}
    assert spoken(driver.answer(callback("dialled", talked, query="leg=A&at=1&rung=B-0"), flow).body) == []


def test_a_machine_gets_its_branch(driver: Plivo) -> None:
    flow = CallFlow(steps=(Say(text="hello"),), on_machine=(Say(text="later"),))
    assert spoken(driver.answer(callback("answer", {**ANSWER, "Machine": "true"}), flow).body) == ["later"]
    assert spoken(driver.answer(callback("answer", ANSWER), flow).body) == ["hello"]
    # Later documents stay in the branch by their address, whatever the form says by then.
    later = callback("recorded", {**ANSWER, "Machine": "true"}, query="leg=A&at=0")
    assert spoken(driver.answer(later, CallFlow(steps=(KEY, Say(text="a")), on_machine=())).body) == ["a"]


def test_a_place_beyond_the_orders_is_the_end(driver: Plivo) -> None:
    for kind in ("keys", "dialled", "confirm", "music", "recorded"):
        reply = driver.answer(callback(kind, COMMON, query="leg=A&at=99"), CallFlow(steps=(Say(text="x"),)))
        assert spoken(reply.body) == []


def test_by_get_it_is_the_same(driver: Plivo) -> None:
    asked = callback("ring", {}, query="leg=A&CallUUID=c-1")
    get = HttpRequest(
        method="GET", url=asked.url, path=asked.path, query=asked.query, received_at=asked.received_at
    )
    assert [event.ref for event in driver.events(get)] == ["c-1"]
