"""Hoiio: requests with a status in every answer, notifications signed over their body."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

from adapters.clock import SystemClock
from adapters.voice.hoiio.driver import Hoiio
from adapters.voice.hoiio.places import Addresses, Place, What
from adapters.wire.http import Timeouts
from bot.domain.causes import HangupCause
from bot.domain.cdr import Money
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind, RecordingRef
from bot.ports.http import HttpRequest
from tests.contract.voice.case import HOOKS, TOKEN, Case, Payload
from tests.contract.voice.faults import Canned

SECRET = "made-up-access-token"
PUBLIC = "https://phone.example.com"
ADDRESSES = Addresses(SECRET)
A, B, C = LegRole("A"), LegRole("B"), LegRole("C")
NOW = datetime(2012, 1, 31, 4, 30, tzinfo=UTC)
BEGUN = datetime(2012, 1, 31, 4, 6, 15, tzinfo=UTC)  # 12:06:15 in Singapore
NOTHING = Money(amount=Decimal(0), currency="SGD")
COST = Money(amount=Decimal("0.036"), currency="SGD")


def make(url: str, timeouts: Timeouts) -> Hoiio:
    return Hoiio(
        app_id="made-up-app-id",
        access_token=SECRET,
        clock=SystemClock(),
        base_url=url,
        public_url=PUBLIC,
        timeouts=timeouts,
    )


def post(place: Place, **fields: str) -> HttpRequest:
    """A notification as it comes to the address of that place."""
    assert HOOKS.base is not None
    return at(ADDRESSES.url(HOOKS.base, place), **fields)


def at(url: str, **fields: str) -> HttpRequest:
    path = "/" + url.split("/", 3)[3]
    body = urlencode(fields).encode()
    return HttpRequest(method="POST", url=url, path=path, body=body, received_at=NOW)


def sign(request: HttpRequest) -> HttpRequest:
    return sign_with(SECRET, request)


def sign_with(secret: str, request: HttpRequest) -> HttpRequest:
    seal = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    return replace(request, headers={"x-hoiio-signature": seal})


def event(role: LegRole, kind: LegEventKind, id: str, moment: datetime = NOW, **facts: object) -> LegEvent:
    order = list(LegEventKind).index(kind)
    return LegEvent(
        token=TOKEN, role=role, kind=kind, at=moment, source_id=id, sequence=order,
        **{"ref": id.rsplit(f"/{role}/", 1)[0], **facts},  # type: ignore[arg-type]
    )  # fmt: skip


K = LegEventKind
RECORD = {
    "txn_ref": "TX-1234", "tag": TOKEN, "date": "2012-01-31 12:06:15", "dest1": "+6591234567",
    "dest2": "+6598765432", "currency": "SGD", "rate": "0.018",
}  # fmt: skip
BRIDGE = Place(what=What.CALL, role=A, rung=(B,))
ENDED = datetime(2012, 1, 31, 4, 8, 15, tzinfo=UTC)


def record(first: str, second: str = "", **more: str) -> dict[str, str]:
    statuses = {"call_status_dest1": first} | ({"call_status_dest2": second} if second else {})
    return {**RECORD, **statuses, **more}


BOTH_TALKED = Payload(
    name="a call back that both took",
    request=post(BRIDGE, **record("answered", "answered", duration="2", debit="0.036")),
    events=(
        event(A, K.DIALED, "TX-1234/A/dialed", BEGUN),
        event(A, K.ANSWERED, "TX-1234/A/answered", BEGUN),
        event(A, K.BRIDGED, "TX-1234/A/bridged", BEGUN),
        event(
            A, K.HUNG_UP, "TX-1234/A/ended/answered/2/0.036", ENDED,
            cause=HangupCause.NORMAL_CLEARING, cost=COST, billed_seconds=120,
        ),
        event(B, K.DIALED, "TX-1234/B/dialed", BEGUN),
        event(B, K.ANSWERED, "TX-1234/B/answered", BEGUN),
        event(B, K.BRIDGED, "TX-1234/B/bridged", BEGUN),
        event(
            B, K.HUNG_UP, "TX-1234/B/ended/answered/2/0.036", ENDED,
            cause=HangupCause.NORMAL_CLEARING, cost=NOTHING, billed_seconds=0,
        ),
    ),
)  # fmt: skip

FIRST_DID_NOT = Payload(
    name="a call back whose first phone nobody took",
    request=post(BRIDGE, **record("unanswered", "unanswered", duration="0", debit="0.000")),
    events=(
        event(A, K.DIALED, "TX-1234/A/dialed", BEGUN),
        event(
            A, K.HUNG_UP, "TX-1234/A/ended/unanswered/0/0.000", BEGUN, cause=HangupCause.NO_ANSWER,
            cost=Money(amount=Decimal("0.000"), currency="SGD"), billed_seconds=0,
        ),
    ),
)  # fmt: skip

SECOND_WAS_BUSY = Payload(
    name="a call back whose second phone was busy, without a price yet",
    request=post(BRIDGE, **record("answered", "busy")),
    events=(
        event(A, K.DIALED, "TX-1234/A/dialed", BEGUN),
        event(A, K.ANSWERED, "TX-1234/A/answered", BEGUN),
        event(
            A, K.HUNG_UP, "TX-1234/A/ended/answered/0/", BEGUN,
            cause=HangupCause.NORMAL_CLEARING, billed_seconds=0,
        ),
        event(B, K.DIALED, "TX-1234/B/dialed", BEGUN),
        event(
            B, K.HUNG_UP, "TX-1234/B/ended/busy/0/", BEGUN, cause=HangupCause.USER_BUSY, billed_seconds=0
        ),
    ),
)  # fmt: skip

MEMBER_LEFT = Payload(
    name="a member of a conference, with a fraction in the date",
    request=post(
        Place(what=What.ROOM, role=C),
        **{**record("answered", duration="1", debit="0.018"), "date": "2012-01-31 12:06:15.0"},
    ),
    events=(
        event(C, K.DIALED, "TX-1234/C/dialed", BEGUN),
        event(C, K.ANSWERED, "TX-1234/C/answered", BEGUN),
        event(C, K.BRIDGED, "TX-1234/C/bridged", BEGUN),
        event(
            C, K.HUNG_UP, "TX-1234/C/ended/answered/1/0.018", BEGUN.replace(minute=7),
            cause=HangupCause.NORMAL_CLEARING, cost=Money(amount=Decimal("0.018"), currency="SGD"),
            billed_seconds=60,
        ),
    ),
)  # fmt: skip

SESSION = {"txn_ref": "AA-I-7", "session": "S-7"}

PICKED_UP = Payload(
    name="a phone that we lead was picked up",
    request=post(
        Place(what=What.FLOW), ivr_block="dial", call_state="ongoing", dial_status="answered", **SESSION
    ),
    events=(event(A, K.ANSWERED, "AA-I-7/S-7/A/answered"),),
)

NOT_PICKED_UP = Payload(
    name="a phone that we lead was busy",
    request=post(
        Place(what=What.FLOW), call_state="ended", dial_status="busy", duration="0", currency="SGD",
        debit="0.00", date="2012-01-31 12:29:30", **SESSION,
    ),
    events=(
        event(
            A, K.HUNG_UP, "AA-I-7/S-7/A/hung_up/busy/0/0.00", cause=HangupCause.USER_BUSY,
            cost=Money(amount=Decimal("0.00"), currency="SGD"), billed_seconds=0,
        ),
    ),
)  # fmt: skip

PRESSED = Payload(
    name="keys",
    request=post(Place(what=What.FLOW, done=1), call_state="ongoing", digits="1", **SESSION),
    events=(
        event(A, K.ANSWERED, "AA-I-7/S-7/A/answered"),
        event(A, K.DTMF, "AA-I-7/S-7/A/1/dtmf/1", digits="1"),
    ),
)

NOT_REACHED = Payload(
    name="a transfer that nobody took",
    request=post(
        Place(what=What.FLOW, done=2, rung=(B,)),
        call_state="ongoing",
        transfer_status="unanswered",
        **SESSION,
    ),
    events=(
        event(A, K.ANSWERED, "AA-I-7/S-7/A/answered"),
        event(B, K.HUNG_UP, "AA-I-7/S-7/B/hung_up", cause=HangupCause.NO_ANSWER, ref=None),
    ),
)

ONE_OF_TWO = Payload(
    name="a transfer to two phones that one of them took",
    request=post(
        Place(what=What.FLOW, done=2, rung=(B, C)), call_state="ongoing",
        transfer_status="answered", **SESSION,
    ),
    events=(
        event(A, K.ANSWERED, "AA-I-7/S-7/A/answered"),
        event(A, K.BRIDGED, "AA-I-7/S-7/A/bridged"),
        event(B, K.ANSWERED, "AA-I-7/S-7/B/answered", ref=None),
        event(B, K.BRIDGED, "AA-I-7/S-7/B/bridged", ref=None),
        event(
            C, K.HUNG_UP, "AA-I-7/S-7/C/hung_up", cause=HangupCause.NON_SELECTED_USER_CLEARING, ref=None
        ),
    ),
)  # fmt: skip

MESSAGE = Payload(
    name="a caller hung up while leaving a message",
    request=post(
        Place(what=What.FLOW, done=4), call_state="ended", record_url="https://media.example.com/1.mp3",
        duration="1", currency="SGD", debit="0.01", date="2012-01-31 12:29:30", **SESSION,
    ),
    events=(
        event(
            A, K.RECORDED, "AA-I-7/S-7/A/recorded/https://media.example.com/1.mp3",
            recording=RecordingRef(
                ref="https://media.example.com/1.mp3", url="https://media.example.com/1.mp3", voicemail=True
            ),
        ),
        event(
            A, K.HUNG_UP, "AA-I-7/S-7/A/hung_up/answered/1/0.01", cause=HangupCause.NORMAL_CLEARING,
            cost=Money(amount=Decimal("0.01"), currency="SGD"), billed_seconds=60,
        ),
    ),
)  # fmt: skip

TAPE = Payload(
    name="the recording of a whole call",
    request=post(
        Place(what=What.TAPE), call_state="ended", monitor_url="https://media.example.com/2.mp3", **SESSION
    ),
    events=(
        event(
            A, K.RECORDED, "AA-I-7/S-7/A/recorded/https://media.example.com/2.mp3",
            recording=RecordingRef(ref="https://media.example.com/2.mp3", url="https://media.example.com/2.mp3"),
        ),
    ),
)  # fmt: skip

CASES = (
    Case(
        name="hoiio",
        make=make,
        accepted=Canned(body=b'{"status": "success_ok", "txn_ref": "AA-I-7", "session": "S-7"}'),
        refs=(("A", "AA-I-7/S-7"),),
        gone=Canned(body=b'{"status": "error_invalid_txn_ref"}'),
        payloads=(
            BOTH_TALKED, FIRST_DID_NOT, SECOND_WAS_BUSY, MEMBER_LEFT, PICKED_UP, NOT_PICKED_UP, PRESSED,
            NOT_REACHED, ONE_OF_TWO, MESSAGE, TAPE,
        ),
        unknown=Payload(
            name="a status that nobody knows",
            request=post(BRIDGE, **record("teleported")),
            events=(
                event(A, K.DIALED, "TX-1234/A/dialed", BEGUN),
                event(
                    A, K.HUNG_UP, "TX-1234/A/ended/teleported/0/", BEGUN,
                    cause=HangupCause.INTERWORKING, billed_seconds=0,
                ),
            ),
        ),
        sign=sign,
    ),
)  # fmt: skip
