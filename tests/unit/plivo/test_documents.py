"""What calls hear: right by the vendor's own classes, by the stand-in's grammar, and step by step."""

import importlib
import inspect
import pkgutil
import re
from xml.etree.ElementTree import Element, fromstring

import plivo.xml
import pytest

from adapters.voice.plivo import documents
from adapters.voice.plivo.documents import Line, document
from adapters.voice.plivo.place import Place, Seal, role_of
from bot.domain.errors import Malformed
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
from bot.domain.numbers import PhoneNumber, SipUri
from bot.ports.http import HttpRequest
from tests.vendors.plivo import grammar

PLACE = Place(base="https://phone.example.com/hooks/plivo/token", kind="answer")
LINE = Line(
    ours="+12125550100", theirs="+12125550101", caller_name='Tom & "Jerry"', sip_headers="team=sales,site=7"
)
AMY = Party(role=LegRole("B"), address=PhoneNumber(e164="+6591234567", ext="42"))
DESK = Party(role=LegRole("C"), address=SipUri(uri="sip:desk@example.com"))
KEY = Gather(prompt="Press 1 to talk to <Amy> & Bob.", seconds=20)

FLOWS: dict[str, tuple[Step, ...]] = {
    "spoken": (
        Say(text="Hola & <hello>", language="es-MX", voice="man"),
        Say(text="x", voice="polly.Joanna"),
    ),
    "played": (Play(url="https://example.com/a.mp3?a=1&b=2", times=3), Pause(seconds=0.4)),
    "pressed": (Pause(seconds=2), SendDigits(digits="1w2W#")),
    "texted": (SendText(text="call & <me>"), SendText(text="x", sender=PhoneNumber(e164="+6561234567"))),
    "asked": (KEY, Say(text="on")),
    "dialled": (
        Dial(parties=(AMY, DESK), accept=KEY, announce="Recorded.", music="https://example.com/m.mp3"),
    ),
    "dialled plainly": (Dial(parties=(DESK,)), Say(text="nobody"), HangUp()),
    "recorded": (Say(text="beep"), Record(), Say(text="thanks"), HangUp()),
    "in conference": (Conference(room="room-7", music="https://example.com/m.mp3", muted=True),),
    "hung up": (HangUp(),),
}


def parsed(document: bytes) -> list[Element]:
    return grammar.parse(document, "application/xml")


def vendors_rules() -> dict[str, tuple[set[str], set[str]]]:
    """Element → attributes and children, as the vendor's own classes have them."""
    rules = {}
    for module in pkgutil.iter_modules(plivo.xml.__path__):
        for _, kind in inspect.getmembers(
            importlib.import_module(f"plivo.xml.{module.name}"), inspect.isclass
        ):
            name = getattr(kind, "_name", None)
            if name:
                attributes = set(re.findall(r"'(\w+)':", inspect.getsource(kind.to_dict)))
                rules[name] = (attributes, set(kind._nestable))
    return rules


RULES = vendors_rules()


def judged(made: bytes) -> None:
    judge(fromstring(made))  # noqa: S314 - our own document


def judge(element: Element) -> None:
    attributes, children = RULES[element.tag]
    assert set(element.attrib) <= attributes, element.tag
    for child in element:
        assert child.tag in children
        judge(child)


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("record", [False, True])
def test_documents_are_valid(name: str, record: bool) -> None:
    made = document(CallFlow(steps=FLOWS[name], record=record), PLACE, LINE, opening=True)
    assert parsed(made)
    judged(made)


def test_the_other_documents_are_valid() -> None:
    early = Line(ours="+12125550100", inbound=True, announce_early=True)
    flow = CallFlow(steps=(Say(text="Please wait."), Dial(parties=(AMY,)), HangUp()))
    for made in (
        documents.hangup(),
        documents.said("Goodbye.", LINE),
        documents.music("https://example.com/m.mp3"),
        documents.confirmation(Dial(parties=(AMY,), accept=KEY, announce="Recorded."), LINE),
        documents.asked_again(KEY, PLACE, LINE),
        document(flow, PLACE, early, opening=True),
        document(
            CallFlow(on_machine=(Say(text="later"),)),
            Place(base=PLACE.base, kind="answer", machine=True),
            LINE,
            opening=True,
        ),
    ):
        parsed(made)
        judged(made)
    assert parsed(documents.EMPTY) == []


def test_a_dial_says_everything_that_plivo_has_to_know() -> None:
    (dial,) = parsed(document(CallFlow(steps=FLOWS["dialled"]), PLACE, LINE))
    number, user = dial
    assert (number.text, number.get("sendDigits"), user.text) == (
        "+6591234567",
        "WW42",
        "sip:desk@example.com",
    )
    assert (dial.get("timeout"), dial.get("callerId"), dial.get("confirmKey")) == ("30", "+12125550100", "1")
    assert (dial.get("confirmTimeout"), dial.get("redirect")) == ("20", "true")
    assert dial.attrib["dialMusic"].startswith(f"{PLACE.base}/music?")
    assert "6591234567" not in dial.attrib["callbackUrl"]


def test_what_follows_a_question_is_said_when_it_is_answered() -> None:
    made = parsed(document(CallFlow(steps=FLOWS["asked"]), PLACE, LINE))
    assert [element.tag for element in made] == ["GetDigits", "Hangup"]
    made = parsed(document(CallFlow(steps=FLOWS["recorded"]), PLACE, LINE))
    assert [element.tag for element in made] == ["Speak", "Record", "Speak", "Hangup"]


def test_whole_recordings_are_not_cut_after_a_minute() -> None:
    first = parsed(document(CallFlow(steps=FLOWS["spoken"], record=True), PLACE, LINE, opening=True))[0]
    assert (first.tag, first.get("recordSession"), first.get("maxLength")) == ("Record", "true", "14400")
    again = parsed(document(CallFlow(steps=FLOWS["spoken"], record=True), PLACE, LINE))
    assert "Record" not in [element.tag for element in again]


def test_an_extension_is_left_to_the_request_that_makes_the_call() -> None:
    flow = CallFlow(steps=(SendDigits(digits="WW42"), Say(text="hello")))
    assert [each.tag for each in parsed(document(flow, PLACE, LINE, opening=True))] == ["Speak"]
    inbound = Line(inbound=True)
    assert [each.tag for each in parsed(document(flow, PLACE, inbound, opening=True))] == ["DTMF", "Speak"]


def test_whoever_only_comes_along_is_not_told_of_as_somebody_else() -> None:
    flow = CallFlow(steps=(Conference(room="room-7"),))
    (seat,) = parsed(document(flow, Place(base=PLACE.base, kind="seat"), LINE))
    (ordered,) = parsed(document(flow, Place(base=PLACE.base, kind="orders"), LINE))
    assert "callbackUrl" not in seat.attrib
    assert ordered.attrib["callbackUrl"].startswith(f"{PLACE.base}/conference?leg=A")


def test_control_characters_do_not_break_a_document() -> None:
    made = document(CallFlow(steps=(Say(text="a\x00b\x1b\ud800c\n"),)), PLACE, LINE)
    (spoken,) = parsed(made)
    assert spoken.text == "abc\n"


# --- places --------------------------------------------------------------------------------------


def at(url: str) -> Place:
    path, _, query = url.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return Place.of(
        HttpRequest(
            method="POST",
            url=url,
            path=path.removeprefix("https://phone.example.com"),
            query={name: [value] for name, _, value in pairs},
        )
    )


def test_a_place_comes_back_as_it_went() -> None:
    place = Place(
        base=PLACE.base, kind="keys", role=LegRole("C"), at=3, machine=True, tries=2, key=True, voicemail=True
    )
    back = at(place.url("keys"))
    assert back.token == "token"
    assert (back.base, back.kind, back.role, back.at) == (place.base, "keys", "C", 3)
    assert (back.machine, back.tries, back.key, back.voicemail, back.detects) == (True, 2, True, True, False)


@pytest.mark.parametrize("query", ["leg=a", "leg=AAAA", "at=-1", "at=x", "at=99999", "tries=1e3"])
def test_an_address_that_we_did_not_hand_out_is_refused(query: str) -> None:
    with pytest.raises(Malformed):
        at(f"{PLACE.base}/answer?{query}")


def test_legs_are_told_apart_by_their_number_however_it_is_spelt() -> None:
    place = at(documents._dial(FLOWS["dialled"][0], PLACE, LINE).attrib["callbackUrl"])  # type: ignore[arg-type]
    for spelt in ("6591234567", "+65 9123 4567", "+6591234567"):
        assert role_of(place, spelt) == "B"
    for spelt in ("sip:desk@example.com", "desk@EXAMPLE.com", "sip:desk@example.com;transport=udp"):
        assert role_of(place, spelt) == "C"
    assert role_of(place, "+12125550199") is None


def test_sealed_orders_open_with_the_same_key_alone_and_show_nothing() -> None:
    flow = CallFlow(steps=(Dial(parties=(AMY,)), Say(text="Nobody"), HangUp()))
    sealed = Seal(b"a" * 32).close(flow)
    assert Seal(b"a" * 32).open(sealed) == flow
    assert "6591234567" not in sealed
    assert len(sealed) < 1000
    for other in (sealed[:-6] + "AAAA==", "", "x"):
        with pytest.raises(Malformed):
            Seal(b"a" * 32).open(other)
    with pytest.raises(Malformed):
        Seal(b"b" * 32).open(sealed)
