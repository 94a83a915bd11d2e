"""What is written comes back the same; what was never written is refused, with the place of the mistake."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.cdr import Money
from bot.domain.codec import decode, encode
from bot.domain.control import Control, Hold, Redirect, StopPlaying
from bot.domain.flow import (
    CallFlow,
    Conference,
    Dial,
    Gather,
    HangUp,
    LegRole,
    Party,
    Pause,
    Play,
    Record,
    Say,
    SendDigits,
    SendText,
    Step,
)
from bot.domain.leg import LegEvent, LegEventKind, RecordingRef, Token
from bot.domain.numbers import Address, CallerId, PhoneNumber, SipUri

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AMY = PhoneNumber(e164="+12125550101", ext="42")
DESK = SipUri(uri="sip:desk@example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """One field of every kind of type the domain uses."""

    role: LegRole
    cause: HangupCause | None = None
    day: date = date(2026, 3, 1)
    at: time = time(7, 30)
    gap: timedelta = timedelta(hours=1, microseconds=5)
    price: Decimal = Decimal("0.0100")
    numbers: frozenset[int] = frozenset()
    pair: tuple[str, float] = ("", 0.0)
    names: Mapping[AmdVerdict, tuple[Address, ...]] = field(default_factory=dict)
    caller: CallerId | None = None
    choice: Literal["12", 24] = "12"
    anything: Any = None
    many: list[bool] = field(default_factory=list)


def there_and_back(hint: Any, value: Any) -> Any:
    return decode(hint, json.loads(json.dumps(encode(value))))


EVERY_STEP: tuple[Step, ...] = (
    Play(url="https://example.com/a.mp3", times=2),
    Say(text='"quoted" & <odd> ☎', language="de-DE"),
    Pause(seconds=1.5),
    SendDigits(digits="12w#", tone_ms=80),
    SendText(text="hi", sender=AMY),
    Gather(prompt="Press 1."),
    Dial(
        parties=(Party(role=LegRole("B"), address=DESK, is_me=True),), accept=Gather(prompt="1?"), music="x"
    ),
    Record(),
    Conference(room="r", muted=True),
    HangUp(),
)


@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: type(step).__name__)
def test_every_step_of_a_flow_comes_back(step: Step) -> None:
    assert there_and_back(Step, step) == step


def test_a_whole_flow_comes_back_with_both_branches() -> None:
    for branch in (None, (), EVERY_STEP):
        flow = CallFlow(steps=EVERY_STEP, on_machine=branch, record=True)
        assert there_and_back(CallFlow, flow) == flow


def test_orders_without_fields_are_told_apart() -> None:
    for order in (StopPlaying(), Hold(on=True), Redirect(flow=CallFlow(steps=EVERY_STEP))):
        assert there_and_back(Control, order) == order


def test_an_event_comes_back_with_money_recording_and_raw_payload() -> None:
    event = LegEvent(
        token=Token("t"),
        role=LegRole("A"),
        kind=LegEventKind.HUNG_UP,
        at=NOON,
        source_id="x",
        cause=HangupCause.USER_BUSY,
        recording=RecordingRef(ref="r", url="u", seconds=1.5),
        cost=Money(amount=Decimal("0.0130")),
        address=AMY,
        raw="{…}",
    )
    back = there_and_back(LegEvent, event)
    assert back == event
    assert back.raw == event.raw
    assert str(back.cost.amount) == "0.0130"


everything = st.builds(
    Everything,
    role=st.text().map(LegRole),
    cause=st.none() | st.sampled_from(HangupCause),
    day=st.dates(),
    at=st.times(),
    gap=st.timedeltas(min_value=timedelta(days=-900), max_value=timedelta(days=900)),
    price=st.decimals(allow_nan=False, allow_infinity=False),
    numbers=st.frozensets(st.integers()),
    pair=st.tuples(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
    names=st.dictionaries(st.sampled_from(AmdVerdict), st.lists(st.sampled_from([AMY, DESK])).map(tuple)),
    caller=st.sampled_from([None, AMY, "private"]),
    choice=st.sampled_from(["12", 24]),
    anything=st.none() | st.integers() | st.lists(st.text()),
    many=st.lists(st.booleans()),
)


@given(value=everything)
def test_whatever_goes_in_comes_out(value: Everything) -> None:
    assert there_and_back(Everything, value) == value


def test_the_instant_survives_any_offset() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert there_and_back(datetime, there) == NOON


def test_left_out_fields_take_their_defaults() -> None:
    assert decode(Record, {}) == Record()
    assert decode(Say, {"text": "hello"}) == Say(text="hello")


@pytest.mark.parametrize(
    ("hint", "data", "complaint"),
    [
        (Say, {}, "value: text is missing"),
        (Say, {"text": "x", "volume": 3}, "Say has no volume"),
        (Say, {"type": "Play", "text": "x"}, "a Say expected"),
        (Say, {"text": 5}, r"value\.text: 5 is not of type str"),
        (Step, {"type": "Explode"}, "'Explode' is none of Play, Say"),
        (CallFlow, {"steps": [{"type": "Pause", "seconds": "long"}]}, r"value\.steps\[0\]\.seconds"),
        (PhoneNumber, {"e164": "12125550101"}, "not an E.164 number"),
        (HangupCause, 3, "3 is no HangupCause"),
        (datetime, "2026-03-01T12:00:00", "naive"),
        (Decimal, "a lot", "no Decimal"),
        (bool, 1, "not of type bool"),
        (int, True, "not of type int"),
        (int, 1.5, "not of type int"),
        (tuple[int, str], [1], "2 items expected"),
        (Literal["12"], "13", "none of"),
        (CallerId, "anonymous", "none of"),
        (str | None, 5, "not of type str"),
    ],
)
def test_what_was_never_written_is_refused(hint: Any, data: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        decode(hint, data)


def test_a_naive_time_is_not_written() -> None:
    with pytest.raises(ValueError, match="naive"):
        encode(NOON.replace(tzinfo=None))


def test_a_type_without_a_form_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="complex"):
        encode({"n": 1j})
    with pytest.raises(TypeError, match="complex"):
        decode(complex, "1j")
    with pytest.raises(TypeError, match="text keys"):
        encode({1: "one"})
