"""VCW: one order a call, one unsigned callback when it is over."""

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from adapters.voice.vcw.driver import Vcw
from adapters.wire.http import Timeouts
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind, RecordingRef
from bot.ports.http import HttpRequest
from tests.contract.voice.case import HOOKS, TOKEN, Case, Payload
from tests.contract.voice.faults import Canned

CALL = "4812659e8ee99a8167613597768"
NOW = datetime(2026, 3, 10, 6, 31, tzinfo=UTC)
A, B = LegRole("A"), LegRole("B")
K = LegEventKind


def make(url: str, timeouts: Timeouts) -> Vcw:
    return Vcw(api_key="made-up-key", api_password="made-up-password", base_url=url, timeouts=timeouts)


def post(kind: str, body: bytes) -> HttpRequest:
    url = HOOKS.url(kind)
    return HttpRequest(method="POST", url=url, path="/" + url.split("/", 3)[3], body=body, received_at=NOW)


def form(kind: str, **fields: str) -> HttpRequest:
    return post(
        kind, urlencode({"callid": CALL, "from": "12125550100", "to": "6591234567", **fields}).encode()
    )


def event(
    role: LegRole, kind: LegEventKind, said: str, at: datetime = NOW, cause: HangupCause | None = None,
    seconds: int | None = None, verdict: AmdVerdict | None = None, recording: RecordingRef | None = None,
) -> LegEvent:  # fmt: skip
    told = hashlib.sha256(said.encode()).hexdigest()[:12]
    return LegEvent(
        token=TOKEN, role=role, kind=kind, at=at, source_id=f"{CALL}/{role}/{kind}/{told}",
        sequence=list(LegEventKind).index(kind), cause=cause, verdict=verdict, recording=recording,
        billed_seconds=seconds, ref=CALL,
    )  # fmt: skip


def begun(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


TAPE = RecordingRef(ref="https://vcw.example/1.mp3", url="https://vcw.example/1.mp3")

CASES = (
    Case(
        name="vcw",
        make=make,
        accepted=Canned(
            body=b'{"data": {"to": "x", "code": 200, "code_desc": "", "callid": "%s"}}' % CALL.encode()
        ),
        refs=(("A", CALL),),
        payloads=(
            Payload(
                name="a person, with somebody to connect",
                request=form("done.A.B", answer_status="Person", billed_seconds="47"),
                events=(
                    event(A, K.ANSWERED, "Person/47/", begun(47)),
                    event(A, K.MACHINE, "Person/47/", begun(47), verdict=AmdVerdict.HUMAN),
                    event(B, K.HUNG_UP, "Person/47/", NOW, HangupCause.RECOVERY_ON_TIMER_EXPIRE),
                    event(A, K.HUNG_UP, "Person/47/", NOW, HangupCause.NORMAL_CLEARING, 47),
                ),
            ),
            Payload(
                name="a machine, as JSON under other names",
                request=post(
                    "done.A.B", b'{"callid": "%s", "status": "MACHINE", "billsec": 9}' % CALL.encode()
                ),
                events=(
                    event(A, K.ANSWERED, "MACHINE/9/", begun(9)),
                    event(A, K.MACHINE, "MACHINE/9/", begun(9), verdict=AmdVerdict.MACHINE),
                    event(A, K.HUNG_UP, "MACHINE/9/", NOW, HangupCause.NORMAL_CLEARING, 9),
                ),
            ),
            Payload(
                name="nobody",
                request=form("done.A", answer_status="", billed_seconds="0"),
                events=(event(A, K.HUNG_UP, "/0/", NOW, HangupCause.NO_ANSWER),),
            ),
            Payload(
                name="a recording",
                request=form("done.A", answer_status="person", duration="3", record_url=TAPE.url),
                events=(
                    event(A, K.ANSWERED, f"person/3/{TAPE.url}", begun(3)),
                    event(A, K.MACHINE, f"person/3/{TAPE.url}", begun(3), verdict=AmdVerdict.HUMAN),
                    event(A, K.RECORDED, f"person/3/{TAPE.url}", recording=TAPE),
                    event(A, K.HUNG_UP, f"person/3/{TAPE.url}", NOW, HangupCause.NORMAL_CLEARING, 3),
                ),
            ),
        ),
        unknown=Payload(
            name="an unknown word, and seconds that were billed",
            request=form("done.A", answer_status="Robot", billed_seconds="5"),
            events=(
                event(A, K.ANSWERED, "Robot/5/", begun(5)),
                event(A, K.MACHINE, "Robot/5/", begun(5), verdict=AmdVerdict.UNSURE),
                event(A, K.HUNG_UP, "Robot/5/", NOW, HangupCause.NORMAL_CLEARING, 5),
            ),
        ),
    ),
)
