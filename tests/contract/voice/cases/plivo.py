"""Plivo: recorded callbacks, anonymised, with the field names as Plivo sends them."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree

from adapters.voice.plivo.driver import Plivo
from adapters.voice.plivo.request import Options
from adapters.wire.http import Timeouts
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.cdr import Money
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind, RecordingRef
from bot.domain.numbers import PhoneNumber
from bot.ports.http import HttpRequest
from tests.contract.voice.case import TOKEN, Case, Payload
from tests.contract.voice.faults import Canned

AUTH_ID = "MAXXXXXXXXXXXXXXXXXX"
AUTH_TOKEN = "made-up-token-of-nobody"
CAME = datetime(2024, 9, 26, 8, 36, 24, 500_000, tzinfo=UTC)
CALL = "5bbf0b2b-6f3a-4f0e-9a53-0a1c2d3e4f50"
OTHER = "9d1f6e0a-77b0-4f55-8f0c-aa0b1c2d3e4f"


def plivo(url: str, timeouts: Timeouts) -> Plivo:
    return Plivo(
        auth_id=AUTH_ID,
        auth_token=AUTH_TOKEN,
        base_url=url,
        key=b"k" * 32,
        public_url="https://phone.example.com",
        options=Options(caller_id=PhoneNumber(e164="+12125550100")),
        timeouts=timeouts,
    )


def callback(kind: str, form: Mapping[str, str], *, query: str = "leg=A", token: str = TOKEN) -> HttpRequest:
    path = f"/hooks/plivo/{token}/{kind}" if token else f"/hooks/plivo/{kind}"
    return HttpRequest(
        method="POST",
        url=f"https://phone.example.com{path}" + (f"?{query}" if query else ""),
        path=path,
        query=parse_qs(query, keep_blank_values=True),
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
        received_at=CAME,
    )


def signed(request: HttpRequest) -> HttpRequest:
    """As Plivo signs: spelt out here once more, apart from the driver."""
    base, _, query = request.url.partition("?")
    pairs = sorted((n, v) for n, vs in parse_qs(query, keep_blank_values=True).items() for v in vs)
    form = sorted(
        (n, v) for n, vs in parse_qs(request.body.decode(), keep_blank_values=True).items() for v in vs
    )
    joined = "&".join(f"{n}={v}" for n, v in pairs)
    glued = "".join(f"{n}{v}" for n, v in form)
    text = base + ("?" if pairs or form else "") + joined + ("." if pairs and form else "") + glued
    digest = hmac.new(AUTH_TOKEN.encode(), f"{text}.12345".encode(), hashlib.sha256).digest()
    headers = {
        "x-plivo-signature-v3": f"c29tZWJvZHkgZWxzZQ==,{base64.b64encode(digest).decode()}",
        "x-plivo-signature-v3-nonce": "12345",
    }
    return replace(request, headers={**request.headers, **headers})


def spoken(document: bytes) -> list[str]:
    root = ElementTree.fromstring(document)  # noqa: S314 - our own document
    assert root.tag == "Response"
    return [each.text or "" for each in root.iter("Speak")]


def event(
    kind: LegEventKind, source: str, *, role: str = "A", at: datetime = CAME, **facts: object
) -> LegEvent:
    ref = facts.pop("ref", CALL)
    return LegEvent(token=TOKEN, role=LegRole(role), kind=kind, at=at, source_id=source, ref=ref, **facts)  # type: ignore[arg-type]


COMMON = {
    "ALegRequestUUID": CALL,
    "ALegUUID": CALL,
    "CallUUID": CALL,
    "Direction": "outbound",
    "From": "12125550100",
    "ParentAuthID": AUTH_ID,
    "RequestUUID": CALL,
    "SessionStart": "2024-09-26 08:35:10.910772",
    "To": "+12125550101",
}
ANSWER = {**COMMON, "CallStatus": "in-progress", "Event": "StartApp"}
HANGUP = {
    **COMMON,
    "AnswerTime": "2024-09-26 14:05:18",
    "BillDuration": "120",
    "BillRate": "0.005",
    "CallStatus": "completed",
    "Duration": "66",
    "EndTime": "2024-09-26 14:06:23",
    "Event": "Hangup",
    "HangupCause": "NORMAL_CLEARING",
    "HangupCauseCode": "4000",
    "HangupCauseName": "Normal Hangup",
    "HangupSource": "Callee",
    "STIRAttestation": "Not Applicable",
    "STIRVerification": "Not Applicable",
    "StartTime": "2024-09-26 14:05:08",
    "TotalCost": "0.01000",
}
ENDED = datetime(2024, 9, 26, 8, 36, 24, tzinfo=UTC)
PICKED_UP = datetime(2024, 9, 26, 8, 35, 19, tzinfo=UTC)
RECORDING = {
    "CallUUID": CALL,
    "RecordUrl": "https://media.plivo.com/v1/Account/MAXXXXXXXXXXXXXXXXXX/Recording/77a1.mp3",
    "RecordingDuration": "7",
    "RecordingDurationMs": "7560",
    "RecordingEndMs": "1727339783560.0",
    "RecordingID": "77a1",
    "RecordingStartMs": "1727339776000.0",
}
KEPT = RecordingRef(ref="77a1", url=RECORDING["RecordUrl"], seconds=7.56, voicemail=True)
LEG = {
    **COMMON,
    "DialALegUUID": CALL,
    "DialBLegFrom": "12125550100",
    "DialBLegTo": "12125550102",
    "DialBLegUUID": OTHER,
}
RUNG = "leg=A&at=1&rung=B-0000&key=1"
OTHERS_ADDRESS = PhoneNumber(e164="+12125550102")
INSIDE = {
    "CallUUID": CALL,
    "ConferenceMemberID": "3921",
    "ConferenceName": "room-7",
    "ConferenceUUID": "0f6f7b0c",
}


def _payload(name: str, request: HttpRequest, *events: LegEvent, document: bool = False) -> Payload:
    return Payload(name=name, request=request, events=events, document=document)


PAYLOADS = (
    _payload(
        "ringing",
        callback("ring", {**COMMON, "CallStatus": "ringing", "Event": "Ring"}),
        event(LegEventKind.RANG, f"{CALL}-ring"),
    ),
    _payload(
        "answered",
        callback("answer", ANSWER),
        event(LegEventKind.ANSWERED, f"{CALL}-answer"),
        document=True,
    ),
    _payload(
        "answered by a person, as far as Plivo could tell",
        callback("answer", ANSWER, query="leg=A&detects=1"),
        event(LegEventKind.ANSWERED, f"{CALL}-answer"),
        event(LegEventKind.MACHINE, f"{CALL}-human", verdict=AmdVerdict.HUMAN),
        document=True,
    ),
    _payload(
        "answered by a machine",
        callback("answer", {**ANSWER, "Machine": "true"}, query="leg=A&detects=1"),
        event(LegEventKind.ANSWERED, f"{CALL}-answer"),
        event(LegEventKind.MACHINE, f"{CALL}-machine", verdict=AmdVerdict.MACHINE),
    ),
    _payload(
        "the fallback address",
        callback("fallback", ANSWER),
        event(LegEventKind.ANSWERED, f"{CALL}-answer"),
        document=True,
    ),
    _payload(
        "hung up by the callee",
        callback("hangup", HANGUP),
        event(LegEventKind.ANSWERED, f"{CALL}-answered", at=PICKED_UP),
        event(
            LegEventKind.HUNG_UP,
            f"{CALL}-hangup",
            at=ENDED,
            cause=HangupCause.NORMAL_CLEARING,
            cost=Money(amount=Decimal("0.01000")),
            billed_seconds=120,
        ),
    ),
    _payload(
        "busy",
        callback(
            "hangup",
            {**COMMON, "CallStatus": "busy", "Duration": "0", "Event": "Hangup", "HangupCauseCode": "3010"},
        ),
        event(LegEventKind.HUNG_UP, f"{CALL}-hangup", cause=HangupCause.USER_BUSY),
    ),
    _payload(
        "a machine, hung up on",
        callback("hangup", {**COMMON, "Event": "Hangup", "HangupCauseCode": "9100", "Machine": "true"}),
        event(LegEventKind.MACHINE, f"{CALL}-machine", verdict=AmdVerdict.MACHINE),
        event(LegEventKind.HUNG_UP, f"{CALL}-hangup", cause=HangupCause.NORMAL_CLEARING),
    ),
    _payload(
        "detected while it talked",
        callback(
            "machine", {**COMMON, "Event": "MachineDetection", "IfMachine": "hangup", "Machine": "true"}
        ),
        event(LegEventKind.MACHINE, f"{CALL}-machine", verdict=AmdVerdict.MACHINE),
    ),
    _payload(
        "the other side answers",
        callback("leg", {**LEG, "DialAction": "answer", "Event": "DialAnswer"}, query=RUNG),
        event(LegEventKind.ANSWERED, f"{OTHER}-answer", role="B", ref=OTHER, address=OTHERS_ADDRESS),
    ),
    _payload(
        "the other side is connected",
        callback("leg", {**LEG, "DialAction": "connected"}, query=RUNG),
        event(LegEventKind.ANSWERED, f"{OTHER}-answer", role="B", ref=OTHER, address=OTHERS_ADDRESS),
        event(LegEventKind.BRIDGED, f"{OTHER}-connected", role="B", ref=OTHER),
        event(LegEventKind.BRIDGED, f"{CALL}-connected-to-{OTHER}"),
    ),
    _payload(
        "the other side did not press the key",
        callback(
            "leg",
            {**LEG, "DialAction": "hangup", "DialBLegDuration": "0", "DialBLegHangupCauseCode": "9110"},
            query=RUNG,
        ),
        event(
            LegEventKind.HUNG_UP,
            f"{OTHER}-hangup",
            role="B",
            ref=OTHER,
            cause=HangupCause.INTERWORKING,
            address=OTHERS_ADDRESS,
        ),
    ),
    _payload(
        "nobody took it",
        callback(
            "dialled",
            {
                **COMMON,
                "DialStatus": "no-answer",
                "DialRingStatus": "true",
                "DialBLegUUID": "",
                "Event": "Redirect",
            },
            query=RUNG,
        ),
        event(LegEventKind.HUNG_UP, f"{CALL}-dialled-1-B", role="B", ref=None, cause=HangupCause.NO_ANSWER),
    ),
    _payload(
        "completed, but the key was not pressed",
        callback(
            "dialled",
            {
                **COMMON,
                "DialBLegHangupCauseCode": "9110",
                "DialBLegUUID": OTHER,
                "DialHangupCause": "NORMAL_CLEARING",
                "DialStatus": "completed",
            },
            query=RUNG,
        ),
        event(
            LegEventKind.HUNG_UP,
            f"{CALL}-dialled-1-B",
            role="B",
            ref=OTHER,
            cause=HangupCause.NORMAL_CLEARING,
        ),
    ),
    _payload(
        "the talk is over, and nothing was told of it before",
        callback(
            "dialled",
            {
                **COMMON,
                "DialBLegUUID": OTHER,
                "DialHangupCause": "NORMAL_CLEARING",
                "DialStatus": "completed",
            },
            query=RUNG,
        ),
        event(LegEventKind.ANSWERED, f"{CALL}-connected-1-answer", role="B", ref=OTHER),
        event(LegEventKind.BRIDGED, f"{CALL}-connected-1-other", role="B", ref=OTHER),
        event(
            LegEventKind.HUNG_UP,
            f"{CALL}-dialled-1-B",
            role="B",
            ref=OTHER,
            cause=HangupCause.NORMAL_CLEARING,
        ),
        event(LegEventKind.BRIDGED, f"{CALL}-connected-1"),
    ),
    _payload(
        "a message was left",
        callback("recording", RECORDING, query="leg=A&at=3&voicemail=1"),
        event(LegEventKind.RECORDED, "recording-77a1", recording=KEPT),
    ),
    _payload(
        "a whole call was recorded",
        callback("recording", {**RECORDING, "RecordingDuration": "-1", "RecordingDurationMs": "-1"}),
        event(
            LegEventKind.RECORDED, "recording-77a1", recording=replace(KEPT, seconds=None, voicemail=False)
        ),
    ),
    _payload(
        "recorded by order, in the other spelling",
        callback(
            "recording",
            {
                "api_id": "x",
                "call_uuid": CALL,
                "record_url": KEPT.url,
                "recording_duration": "7",
                "recording_duration_ms": "7560",
                "recording_id": "77a1",
            },
        ),
        event(LegEventKind.RECORDED, "recording-77a1", recording=replace(KEPT, voicemail=False)),
    ),
    _payload(
        "joined a conference",
        callback(
            "conference",
            {
                **INSIDE,
                "ConferenceAction": "enter",
                "ConferenceFirstMember": "true",
                "Event": "ConferenceEnter",
            },
            query="leg=C",
        ),
        event(LegEventKind.BRIDGED, f"0f6f7b0c-3921-{CALL}-enter", role="C"),
    ),
    _payload(
        "left a conference, without From and To",
        callback("conference", {**INSIDE, "ConferenceAction": "exit"}, query="leg=C"),
        event(
            LegEventKind.HUNG_UP, f"0f6f7b0c-3921-{CALL}-exit", role="C", cause=HangupCause.NORMAL_CLEARING
        ),
    ),
    _payload("spoke up in a conference", callback("conference", {**INSIDE, "ConferenceAction": "floor"})),
    _payload(
        "news of a message",
        callback("message", {"MessageUUID": "m1", "Status": "delivered"}, query="", token=""),
    ),
)

CASES = (
    Case(
        name="plivo",
        make=plivo,
        accepted=Canned(
            status=201, body=b'{"message": "call fired", "request_uuid": "ref-1", "api_id": "x"}'
        ),
        refs=(("A", "ref-1"),),
        payloads=PAYLOADS,
        unknown=_payload(
            "a cause nobody has heard of",
            callback("hangup", {**COMMON, "HangupCauseCode": "4711", "CallStatus": "vanished"}),
            event(LegEventKind.HUNG_UP, f"{CALL}-hangup", cause=HangupCause.INTERWORKING),
        ),
        sign=signed,
        read_document=spoken,
    ),
)
