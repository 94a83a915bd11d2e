"""The VCW driver: one request a call, and one callback when all of it is over."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import structlog

from adapters.voice.vcw.orders import order
from adapters.voice.vcw.tables import ANSWERED_BY, FEATURES, LACKING, LIMITS, NAME, VOICES
from adapters.wire import http
from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.errors import BadSignature, Malformed, OutcomeUnknown, ProviderError, Rejected, Unavailable
from bot.domain.flow import CallFlow, LegRole
from bot.domain.leg import LegEvent, LegEventKind, RecordingRef, Token
from bot.domain.numbers import PhoneNumber
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Audio, Hooks, Incoming, Placed

log = structlog.get_logger(__name__)

OK: Final = 200
DOWNLOAD: Final = 60.0
"""Seconds that a recording may take."""
DONE: Final = "done"


class Vcw:
    """`language` (BCP 47) is spoken where an order says nothing."""

    name = NAME
    features = FEATURES
    lacking = LACKING
    limits = LIMITS

    def __init__(
        self,
        *,
        api_key: str,
        api_password: str,
        base_url: str,
        language: str = "en-US",
        timeouts: http.Timeouts = http.PATIENT,
    ) -> None:
        self._language = language
        self._base_url = httpx.URL(base_url)
        self._wire = http.Wire(
            provider=NAME,
            client=http.client(base_url, timeouts=timeouts, auth=(api_key, api_password)),
            timeouts=timeouts,
            explain=_explain,
            secrets=(api_key, api_password),
        )
        self._files = http.Wire(
            provider=NAME,
            client=http.client(base_url, timeouts=timeouts),
            timeouts=timeouts,
            overrides={404: Unavailable},
        )

    # --- calls --------------------------------------------------------------------------------

    def check(self, plan: LegPlan) -> None:
        """Raises Unsupported: what can be written as an order can be done."""
        order(plan, self._language, None)

    async def originate(self, placement: Placement, hooks: Hooks) -> Placed:
        """Once; never with a date, because the clock is ours."""
        plan = placement.plan
        partners = [party.role for party in plan.flow.parties()]
        kind = ".".join([DONE, plan.role, *partners])
        form = order(plan, self._language, None if hooks.base is None else hooks.url(kind))
        for voice in {form.get("answer_tts_voice"), form.get("answermachine_tts_voice")} - {None}:
            if voice not in VOICES:
                log.warning("a voice that vcw did not have when this was written", voice=voice)
        data = await self._ask("pcall/call", form, token=placement.token)
        call_id = self._named(data.get("data", data), "callid", placement.token)
        return Placed(refs=((plan.role, ProviderRef(call_id)),))

    async def send_text(self, to: PhoneNumber, text: str, sender: PhoneNumber | None) -> str:
        """Without a sender it goes out in bulk, and cannot be answered."""
        form = {"from": sender.e164[1:] if sender else "", "to": to.e164[1:], "msg": text}
        data = await self._ask("sms/send", form)
        sent = data.get("send_log")
        return self._named(sent[0] if isinstance(sent, list) and sent else {}, "smsid", None)

    async def _ask(self, method: str, form: Mapping[str, str], token: str | None = None) -> Mapping[str, Any]:
        """The answer, if it says that all is well. Everything that is asked here creates something."""
        reply = await self._wire.send("POST", method, creates=True, token=token, data=form)
        data = self._wire.read(reply, _object, creates=True, token=token)
        failure = _failure(data, token)
        if failure is not None:
            raise failure
        return data

    def _named(self, entry: Any, name: str, token: str | None) -> str:
        """The id that an answer gives; without one nobody knows what came of it."""
        value = entry.get(name) if isinstance(entry, dict) else None
        if not value:
            raise OutcomeUnknown(provider=NAME, detail="an answer without an id", token=token)
        return str(value)

    # --- recordings -----------------------------------------------------------------------------

    async def fetch(self, recording: RecordingRef) -> Audio:
        """Only from VCW's own host, without any key; raises Rejected for others."""
        address = httpx.URL(recording.url)
        here = (self._base_url.host, self._base_url.port)
        if address.scheme not in ("http", "https") or (address.host, address.port) != here:
            raise Rejected(provider=NAME, detail="a recording that is not at VCW")
        reply = await self._files.send("GET", recording.url, patience=DOWNLOAD)
        kind = reply.headers.get("content-type", "application/octet-stream")
        return Audio(content_type=kind, data=reply.content)

    async def forget(self, recording: RecordingRef) -> None:
        """VCW cannot be asked to delete a recording."""

    # --- the callback ---------------------------------------------------------------------------

    def verify(self, request: HttpRequest) -> None:
        """Nothing is signed: who knows the token is believed, and an address without one is not ours."""
        if _where(request) is None:
            raise BadSignature("not one of our addresses")

    def events(self, request: HttpRequest) -> Sequence[LegEvent]:
        """Raises Malformed."""
        where = _where(request)
        if where is None or request.received_at is None:
            raise Malformed("not one of our addresses")
        told = _told(request)
        return list(_events(told, Token(where[0]), where[1], request.received_at))

    def incoming(self, request: HttpRequest) -> Incoming | None:
        """Nobody can call us through VCW."""
        return None

    def answer(self, request: HttpRequest, flow: CallFlow | None) -> HttpReply:
        """Nothing: VCW reads no answer."""
        return HttpReply()

    async def close(self) -> None:
        """Let go of connections. Harmless twice."""
        await self._wire.close()
        await self._files.close()


# --- answers ----------------------------------------------------------------------------------------


def _object(reply: httpx.Response) -> Mapping[str, Any]:
    data = reply.json()
    if not isinstance(data, dict):
        raise ValueError("not an object")  # noqa: TRY004 - read() takes it for an unreadable answer
    return data


def _explain(reply: httpx.Response) -> tuple[str, str | None]:
    try:
        return _words(_object(reply)) or http.plainly(reply)[0], None
    except ValueError:
        return http.plainly(reply)


def _words(data: Mapping[str, Any]) -> str:
    inner = data.get("data")
    told = inner if isinstance(inner, dict) else data
    return str(told.get("code_desc") or data.get("error_message") or "")


def _failure(data: Mapping[str, Any], token: str | None) -> ProviderError | None:
    """An HTTP 200 may still hold a failure: a code that is not 200, or `error`."""
    inner = data.get("data")
    told = inner if isinstance(inner, dict) else data
    sent = data.get("send_log")
    if isinstance(sent, list) and sent and isinstance(sent[0], dict):
        told = sent[0]
    code = str(told.get("code", OK))
    if code == str(OK) and not data.get("error"):
        return None
    detail = http.redact(str(told.get("code_desc") or data.get("error_message") or "refused"))
    return _class_of(code)(provider=NAME, detail=detail, token=token, code=code)


def _class_of(code: str) -> type[ProviderError]:
    """As if it were the HTTP status: a 5xx leaves the question open."""
    if not code.isdecimal():
        return Rejected
    return http.STATUS.get(int(code)) or (OutcomeUnknown if int(code) >= 500 else Rejected)


# --- the callback -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The callback, under the first of the names that its fields go by."""

    call_id: str
    answered_by: str
    seconds: int
    recording: str
    raw: str


def _where(request: HttpRequest) -> tuple[str, list[LegRole]] | None:
    """Token and legs of `…/hooks/{provider}/{token}/done.A.B`."""
    parts = urlsplit(request.url).path.rpartition("/hooks/")[2].split("/")
    if len(parts) != 3 or not parts[1]:
        return None
    what, *roles = parts[2].split(".")
    return (parts[1], [LegRole(role) for role in roles]) if what == DONE and all(roles) and roles else None


def _told(request: HttpRequest) -> Told:
    """A form or JSON; raises Malformed."""
    fields = {name: values[-1] for name, values in request.query.items() if values} | _body(request)

    def first(*names: str) -> str:
        return next((str(fields[name]).strip() for name in names if fields.get(name) not in (None, "")), "")

    call_id = first("callid")
    if not call_id:
        raise Malformed("no callid")
    return Told(
        call_id=call_id,
        answered_by=first("answer_status", "status", "answered_by", "answer"),
        seconds=_whole(first("billed_seconds", "seconds", "billsec", "duration")),
        recording=first("record_url", "recording"),
        raw=json.dumps(fields, sort_keys=True, default=str),
    )


def _body(request: HttpRequest) -> dict[str, Any]:
    text = request.body.decode("utf-8", "replace").strip()
    if not text.startswith("{"):
        return {name: values[-1] for name, values in parse_qs(text).items()}
    try:
        fields = json.loads(text)
    except ValueError as problem:
        raise Malformed("not JSON") from problem
    inner = fields.get("data")
    return inner if isinstance(inner, dict) else fields


def _whole(text: str) -> int:
    try:
        return max(0, round(float(text))) if text else 0
    except (ValueError, OverflowError):
        raise Malformed("seconds that are no number") from None


def _events(told: Told, token: Token, roles: list[LegRole], now: datetime) -> Iterator[LegEvent]:
    """The whole call, at once and in hindsight: it ended now, and lasted as long as was billed."""
    verdict = ANSWERED_BY.get(told.answered_by.lower())
    first, *partners = roles
    if verdict is None and told.seconds:
        verdict = AmdVerdict.UNSURE
    if verdict is None:
        yield _event(told, token, first, LegEventKind.HUNG_UP, now, cause=HangupCause.NO_ANSWER)
        return
    begun = now - timedelta(seconds=told.seconds)
    yield _event(told, token, first, LegEventKind.ANSWERED, begun)
    yield _event(told, token, first, LegEventKind.MACHINE, begun, verdict=verdict)
    if told.recording:
        tape = RecordingRef(ref=told.recording, url=told.recording)
        yield _event(told, token, first, LegEventKind.RECORDED, now, recording=tape)
    if verdict is not AmdVerdict.MACHINE:
        for role in partners:
            # Whether they were reached, VCW does not say.
            lost = HangupCause.RECOVERY_ON_TIMER_EXPIRE
            yield _event(told, token, role, LegEventKind.HUNG_UP, now, cause=lost)
    ended = _event(told, token, first, LegEventKind.HUNG_UP, now, cause=HangupCause.NORMAL_CLEARING)
    yield replace(ended, billed_seconds=told.seconds)


def _event(
    told: Told,
    token: Token,
    role: LegRole,
    kind: LegEventKind,
    at: datetime,
    *,
    cause: HangupCause | None = None,
    verdict: AmdVerdict | None = None,
    recording: RecordingRef | None = None,
) -> LegEvent:
    said = f"{told.answered_by}/{told.seconds}/{told.recording}"
    return LegEvent(
        token=token,
        role=role,
        kind=kind,
        at=at,
        source_id=f"{told.call_id}/{role}/{kind}/{hashlib.sha256(said.encode()).hexdigest()[:12]}",
        sequence=list(LegEventKind).index(kind),
        cause=cause,
        verdict=verdict,
        recording=recording,
        ref=told.call_id,
        raw=told.raw,
    )
