"""A stand-in for Hoiio: takes what Hoiio takes, refuses what it refuses, signs its notifications.

A phone does at once what its script says; a talk lasts until the test ends it.
"""

import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from typing import Any
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.ports.clock import Clock
from tests.unit.recordings import wav
from tests.vendors.loopback import News, Service, form_of

APP, SECRET = "made-up-app-id", "made-up-access-token"
REGISTERED = "+6590000000"
OWN = "+6531580000"
SINGAPORE = timezone(timedelta(hours=8))
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
ROOM = re.compile(r"[a-zA-Z0-9._]{1,32}")
PRICE = Decimal("0.018")
MOST = 8

COMMON = {"app_id", "access_token"}
METHODS: dict[str, tuple[set[str], set[str]]] = {
    "voice/call": ({"dest2"}, {"dest1", "caller_id", "max_duration", "tag", "notify_url"}),
    "voice/conference": ({"dest"}, {"room", "caller_id", "tag", "notify_url"}),
    "conference/call": ({"dest"}, {"room", "caller_id", "tag", "notify_url"}),
    "conference/moderate": ({"txn_ref", "action"}, set()),
    "voice/hangup": ({"txn_ref"}, set()),
    "voice/query_status": ({"txn_ref"}, set()),
    "voice/get_history": (set(), {"from", "to", "page"}),
    "voice/get_rate": ({"dest1", "dest2"}, set()),
    "ivr/start/dial": ({"dest"}, {"msg", "caller_id", "max_duration", "tag", "notify_url"}),
    "ivr/middle/play": ({"session"}, {"msg", "tag", "notify_url"}),
    "ivr/middle/gather": (
        {"session", "notify_url"},
        {"msg", "max_digits", "timeout", "attempts", "tag"},
    ),
    "ivr/middle/record": ({"session", "notify_url"}, {"msg", "max_duration", "tag"}),
    "ivr/middle/monitor": ({"session", "notify_url"}, {"monitor_notify_url", "msg", "tag"}),
    "ivr/end/transfer": ({"session", "dest"}, {"msg", "caller_id", "on_failure", "tag", "notify_url"}),
    "ivr/end/hangup": ({"session"}, {"msg", "tag", "notify_url", "force"}),
    "sms/send": ({"dest", "msg"}, {"sender_name", "tag", "notify_url"}),
    "number/get_countries": (set(), set()),
    "number/get_choices": ({"country"}, {"state", "page"}),
    "number/get_rates": ({"country"}, set()),
    "number/subscribe": ({"number", "duration"}, set()),
    "number/update_forwarding": ({"number"}, {"forward_to", "forward_sms_to", "mode"}),
    "number/get_active": (set(), set()),
    "user/get_balance": (set(), set()),
    "user/get_info": (set(), set()),
}


class Refused(Exception):
    """The status that Hoiio answers with."""


@dataclass
class Phone:
    """`does` is the status its call comes to; `digits` what is pressed when keys are asked for; `message`: it
    leaves one when it may."""

    does: str = "answered"
    digits: str = ""
    message: bool = True


@dataclass
class Call:
    """A transaction; with a session when somebody leads it."""

    ref: str
    dests: list[str]
    statuses: list[str]
    started: datetime
    tag: str | None = None
    notify_url: str | None = None
    room: str | None = None
    muted: bool = False
    minutes: int | None = None
    session: str | None = None
    state: str = "ongoing"
    phone: Phone = field(default_factory=Phone)
    caller: str | None = None
    did: str | None = None
    heard: list[str] = field(default_factory=list)
    tape: str | None = None
    recording: bool = False
    max_duration: int | None = None
    shown: str | None = None


class HoiioService(Service):
    """One application of one account."""

    def __init__(self, clock: Clock, news: News | None = None) -> None:
        super().__init__(clock, news)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.refused: list[tuple[str, str]] = []
        self.phones: dict[str, Phone] = {}
        self.calls: dict[str, Call] = {}
        self.texts: list[dict[str, str]] = []
        self.numbers: dict[str, str] = {OWN: ""}
        self.refusals: dict[str, str] = {}
        self.balance = Decimal("42.5")
        self.files: dict[str, bytes] = {}
        self._count = count(1)

    # --- the door -----------------------------------------------------------------------------------

    async def take(self, method: str, request: Request) -> Response:
        if method in self.files:
            return Response(self.files[method], media_type="audio/wav")
        params = await form_of(request)
        try:
            self._check(method, request, params)
            given = {name: value for name, value in params.items() if name not in COMMON}
            self.asked.append((method, given))
            handler = getattr(self, "_" + method.replace("/", "_"))
            answer = {"status": "success_ok", **handler(given)}
        except Refused as refused:
            self.refused.append((method, str(refused)))
            answer = {"status": str(refused)}
        return JSONResponse({name: _written(value) for name, value in answer.items()})

    def _check(self, method: str, request: Request, params: Mapping[str, str]) -> None:
        if request.method not in ("GET", "POST"):
            raise Refused("error_invalid_http_method")
        for name, right, code in (
            ("app_id", APP, "error_invalid_app_id"),
            ("access_token", SECRET, "error_invalid_access_token"),
        ):
            if name not in params:
                raise Refused(f"error_{name}_param_missing")
            if params[name] != right:
                raise Refused(code)
        if method not in METHODS:
            raise Refused("error_malformed_params")
        required, optional = METHODS[method]
        for name in sorted(required - params.keys()):
            raise Refused(f"error_{name}_param_missing")
        if params.keys() - required - optional - COMMON:
            raise Refused("error_malformed_params")
        if method in self.refusals:
            raise Refused(self.refusals[method])
        _check_values(params, {REGISTERED, "private", *self.numbers})

    def headers(self, body: bytes) -> Mapping[str, str]:
        return {"X-Hoiio-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}

    def of(self, method: str) -> list[dict[str, str]]:
        """What was asked of that method, in order."""
        return [params for name, params in self.asked if name == method]

    # --- calls between phones -------------------------------------------------------------------------

    def _voice_call(self, asked: dict[str, str]) -> dict[str, Any]:
        dest1 = asked.get("dest1", REGISTERED)
        if dest1 == asked["dest2"]:
            raise Refused("error_same_dest1_dest2")
        return {"txn_ref": self._new("AA-S", [dest1, asked["dest2"]], asked).ref}

    def _voice_conference(self, asked: dict[str, str]) -> dict[str, Any]:
        dests = asked["dest"].split(",")
        name = asked.get("room", f"R{next(self._count)}")
        if not ROOM.fullmatch(name):
            raise Refused("error_invalid_room")
        there = [call for call in self.calls.values() if call.room == name and call.minutes is None]
        if len(dests) + len(there) > MOST:
            raise Refused("error_dest_too_many")
        calls = [self._new("TX", [dest], asked) for dest in dests]
        for call in calls:
            call.room = name
        return {"room": name, "txn_refs": ",".join(call.ref for call in calls)}

    _conference_call = _voice_conference

    def _conference_moderate(self, asked: dict[str, str]) -> dict[str, Any]:
        call = self._running(asked["txn_ref"])
        if call.room is None or asked["action"] not in ("kick", "mute", "unmute"):
            raise Refused("error_malformed_params")
        call.muted = asked["action"] == "mute"
        return {}

    def _voice_hangup(self, asked: dict[str, str]) -> dict[str, Any]:
        call = self._running(asked["txn_ref"])
        self.soon(self.ends(call.ref, *["answered"] * len(call.dests)))
        return {}

    async def ends(self, ref: str, *statuses: str, minutes: int = 1) -> None:
        """The transaction is over; Hoiio tells."""
        call = self.calls[ref]
        call.statuses = list(statuses)
        call.minutes = minutes if statuses[-1] == "answered" else 0
        call.state = "ended"
        if call.notify_url:
            await self.post(call.notify_url, {name: _written(v) for name, v in _record(call).items()})
        self.news.tell()

    def _new(self, prefix: str, dests: list[str], asked: Mapping[str, str]) -> Call:
        call = Call(
            ref=f"{prefix}-{next(self._count)}",
            dests=dests,
            statuses=["ongoing"] * len(dests),
            started=self.clock.now(),
            tag=asked.get("tag"),
            notify_url=asked.get("notify_url"),
            max_duration=int(asked["max_duration"]) if "max_duration" in asked else None,
            shown=asked.get("caller_id"),
        )
        self.calls[call.ref] = call
        return call

    def _running(self, ref: str) -> Call:
        call = self.calls.get(ref)
        if call is None or call.state == "ended":
            raise Refused("error_invalid_txn_ref")
        return call

    # --- calls that are led ---------------------------------------------------------------------------

    def _ivr_start_dial(self, asked: dict[str, str]) -> dict[str, Any]:
        call = self._new("AA-I", [asked["dest"]], asked)
        call.session, call.state = f"S-{next(self._count)}", "dialling"
        call.phone = self.phones.get(asked["dest"], Phone())
        self.soon(self._dialled(call))
        return {"session": call.session, "txn_ref": call.ref}

    async def _dialled(self, call: Call) -> None:
        told = {"ivr_block": "dial", "dest": call.dests[0], "dial_status": call.phone.does}
        if call.phone.does == "answered":
            call.state = "ready"
            await self._tell(call, told)
        else:
            await self._over(call, call.phone.does, told)

    async def calls_us(self, caller: str | None, phone: Phone | None = None, did: str = OWN) -> Call:
        """Somebody dials a number of the account."""
        call = self._new("AA-N", [did], {"notify_url": self.numbers[did]})
        call.session, call.state, call.caller, call.did = f"S-{next(self._count)}", "ringing", caller, did
        call.phone = phone or Phone()
        await self._tell(call, {"ivr_block": "answer"})
        return call

    def _session(self, asked: Mapping[str, str], block: str) -> Call:
        call = next((each for each in self.calls.values() if each.session == asked["session"]), None)
        if call is None:
            raise Refused("error_invalid_session")
        if call.state == "ended":
            raise Refused("error_session_ended")
        if call.state not in ("ready", "ringing") and asked.get("force") != "enabled":
            raise Refused("error_session_not_ready")
        if "msg" in asked:
            call.heard.append(spoken(asked["msg"]))
        if asked.get("force") != "enabled":
            call.notify_url = asked.get("notify_url")
        call.state = block
        return call

    def _ivr_middle_play(self, asked: dict[str, str]) -> dict[str, Any]:
        if "msg" not in asked:
            raise Refused("error_msg_param_missing")
        return self._then(self._session(asked, "play"), {})

    def _ivr_middle_gather(self, asked: dict[str, str]) -> dict[str, Any]:
        for name in ("timeout", "attempts"):
            if not asked.get(name, "1").isdecimal() or int(asked.get(name, "1")) < 1:
                raise Refused(f"error_invalid_{name}")
        if not 0 <= int(asked.get("max_digits", "0")) <= 255:
            raise Refused("error_invalid_max_digits")
        call = self._session(asked, "gather")
        most = int(asked.get("max_digits", "0"))
        return self._then(call, {"digits": call.phone.digits[:most] if most else ""})

    def _ivr_middle_record(self, asked: dict[str, str]) -> dict[str, Any]:
        call = self._session(asked, "record")
        return self._then(call, {"record_url": self._file()} if call.phone.message else {})

    def _ivr_middle_monitor(self, asked: dict[str, str]) -> dict[str, Any]:
        call = self._session(asked, "monitor")
        if call.recording:
            raise Refused("error_monitor_in_progress")
        call.recording, call.tape = True, asked.get("monitor_notify_url", asked["notify_url"])
        return self._then(call, {})

    def _ivr_end_transfer(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked.get("on_failure", "hangup") not in ("hangup", "continue"):
            raise Refused("error_on_failure_invalid")
        dests = asked["dest"].split(",")
        if not asked["dest"].startswith("room:") and not all(map(NUMBER.fullmatch, dests)):
            raise Refused("error_dest_invalid")
        call = self._session(asked, "transfer")
        call.shown = asked.get("caller_id")
        if asked["dest"].startswith("room:"):
            call.room = asked["dest"][5:] or f"R{next(self._count)}"
            if not ROOM.fullmatch(call.room):
                raise Refused("error_invalid_room")
            self.soon(self._transferred(call, "answered", asked))
            return {"room": call.room}
        does = [self.phones.get(dest, Phone()).does for dest in dests]
        self.soon(self._transferred(call, "answered" if "answered" in does else does[-1], asked))
        return {}

    async def _transferred(self, call: Call, status: str, asked: Mapping[str, str]) -> None:
        told = {"ivr_block": "transfer", "transfer_status": status}
        if status == "answered":
            call.state = "talking"
            await self._tell(call, told)
        elif asked.get("on_failure") == "continue":
            call.state = "ready"
            await self._tell(call, told)
        else:
            await self._over(call, "answered", told)

    def _ivr_end_hangup(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked.get("force") == "enabled" and "msg" in asked:
            raise Refused("error_malformed_params")
        call = self._session(asked, "hangup")
        self.soon(self._over(call, "answered", {"ivr_block": "hangup"}))
        return {}

    def _then(self, call: Call, told: Mapping[str, str]) -> dict[str, Any]:
        """The block is over as soon as it was answered."""
        block = call.state

        async def done() -> None:
            if call.state == block:
                call.state = "ready"
                await self._tell(call, {"ivr_block": block, **told})

        self.soon(done())
        return {}

    async def hangs_up(self, call: Call, minutes: int = 1) -> None:
        """Whoever we led puts the receiver down."""
        told = {"record_url": self._file()} if call.state == "record" else {}
        await self._over(call, "answered", told, minutes=minutes)

    async def _over(self, call: Call, status: str, told: Mapping[str, str], minutes: int = 1) -> None:
        rang = call.state == "ringing"
        call.state, call.statuses = "ended", [status]
        call.minutes = 0 if rang or status != "answered" else minutes
        bill = {name: v for name, v in _record(call).items() if name in _BILL}
        monitored = {"monitor_url": self._file()} if call.recording else {}
        if monitored and call.tape and call.tape != call.notify_url:
            await self._tell(call, monitored, to=call.tape)
            monitored = {}
        await self._tell(call, {**told, **monitored, **{name: _written(v) for name, v in bill.items()}})

    async def _tell(self, call: Call, told: Mapping[str, str], to: str | None = None) -> None:
        states = {"ringing": "ringing", "ended": "ended"}
        fields = {"call_state": states.get(call.state, "ongoing"), "session": call.session or ""}
        fields |= {"txn_ref": call.ref} | ({"tag": call.tag} if call.tag else {})
        if call.did is not None:
            fields |= {"from": call.caller or "anonymous", "to": call.did}
        url = to or call.notify_url
        if url:
            await self.post(url, {**fields, **told})
        self.news.tell()

    def _file(self) -> str:
        name = f"files/{next(self._count)}.wav"
        self.files[name] = wav(5)
        return f"{self.url}/{name}"

    # --- looking --------------------------------------------------------------------------------------

    def _voice_query_status(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked["txn_ref"] not in self.calls:
            raise Refused("error_invalid_txn_ref")
        return _record(self.calls[asked["txn_ref"]])

    def _voice_get_history(self, asked: dict[str, str]) -> dict[str, Any]:
        since, until = _moment(asked.get("from"), "from"), _moment(asked.get("to"), "to")
        if since and until and until < since:
            raise Refused("error_to_before_from")
        page = int(asked.get("page", "1"))
        if page < 1:
            raise Refused("error_page_invalid")
        found = [
            call
            for call in self.calls.values()
            if (since is None or call.started >= since) and (until is None or call.started <= until)
        ]
        shown = found[(page - 1) * 100 : page * 100]
        entries = [{name: _written(value) for name, value in _record(call).items()} for call in shown]
        return {"total_entries_count": len(found), "entries_count": len(shown), "entries": entries}

    def _voice_get_rate(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked["dest1"] == asked["dest2"]:
            raise Refused("error_same_dest1_dest2")
        return {"currency": "SGD", "rate": "0.036", "talktime": "2352"}

    def _user_get_balance(self, asked: dict[str, str]) -> dict[str, Any]:
        return {"currency": "SGD", "balance": self.balance, "points": self.balance, "bonus": "0"}

    def _user_get_info(self, asked: dict[str, str]) -> dict[str, Any]:
        return {"uid": "U-1", "mobile_number": REGISTERED, "user_status": "active", "currency": "SGD"}

    # --- texts and numbers ------------------------------------------------------------------------------

    def _sms_send(self, asked: dict[str, str]) -> dict[str, Any]:
        if not asked["msg"]:
            raise Refused("error_msg_empty")
        if len(asked["msg"]) > (459 if asked["msg"].isascii() else 201):
            raise Refused("error_msg_too_big")
        self.texts.append(asked)
        return {"txn_ref": f"AA-M-{next(self._count)}"}

    def _number_get_countries(self, asked: dict[str, str]) -> dict[str, Any]:
        states = [
            {"code": "CA", "name": "California", "capability": ["VOICE", "SMS"]},
            {"code": "NV", "name": "Nevada", "capability": ["FAX"]},
        ]
        entries = [
            {"code": "SG", "name": "Singapore", "prefix": "65"},
            {"code": "US", "name": "United States", "prefix": "1", "states": states},
        ]
        return {"entries_count": "2", "entries": entries}

    def _number_get_choices(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked["country"] == "US" and "state" not in asked:
            raise Refused("error_state_param_missing")
        choices: dict[str, list[Any]] = {"SG": ["+6531580001"], "US": [{"number": "+14155550123"}]}
        entries = choices.get(asked["country"], [])
        return {"total_entries_count": len(entries), "entries_count": len(entries), "entries": entries}

    def _number_get_rates(self, asked: dict[str, str]) -> dict[str, Any]:
        entries = [{"duration": "1", "rate": "5.50"}, {"duration": "12", "rate": "60"}]
        return {"currency": "SGD", "entries_count": "2", "entries": entries}

    def _number_subscribe(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked["duration"] not in ("1", "3", "12", "auto_extend"):
            raise Refused("error_invalid_duration")
        self.numbers.setdefault(asked["number"], "")
        return {"currency": "SGD", "debit": "5.50", "expiry": "2026-04-10"}

    def _number_update_forwarding(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked["number"] not in self.numbers:
            raise Refused("error_number_not_assigned")
        if not asked.get("forward_to", "").startswith(("http://", "https://")):
            raise Refused("error_forward_to_invalid")
        self.numbers[asked["number"]] = asked["forward_to"]
        return {}

    def _number_get_active(self, asked: dict[str, str]) -> dict[str, Any]:
        entries = [
            {"number": number, "forward_to": to, "capabilities": ["VOICE"], "expiry": "2026-04-10"}
            for number, to in self.numbers.items()
        ]
        entries.append({"number": "+6531589999", "capabilities": ["FAX"]})
        return {"entries": entries}


_BILL = ("date", "duration", "currency", "rate", "debit")


def _record(call: Call) -> dict[str, Any]:
    statuses = {f"call_status_dest{n}": status for n, status in enumerate(call.statuses, 1)}
    dests = {f"dest{n}": dest for n, dest in enumerate(call.dests, 1)}
    bill = {} if call.minutes is None else {"duration": call.minutes, "debit": PRICE * call.minutes}
    at = call.started.astimezone(SINGAPORE).strftime("%Y-%m-%d %H:%M:%S")
    tag = {} if call.tag is None else {"tag": call.tag}
    return {
        "txn_ref": call.ref, "date": at, "currency": "SGD", "rate": PRICE, **tag, **dests, **statuses, **bill
    }  # fmt: skip


def _written(value: Any) -> Any:
    """Numbers travel as strings."""
    return value if isinstance(value, str | list | dict) else str(value)


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text):
        raise Refused(f"error_{name}_invalid")
    return datetime.fromisoformat(text).replace(tzinfo=SINGAPORE).astimezone(UTC)


def _check_values(params: Mapping[str, str], callers: set[str]) -> None:
    for name in ("dest1", "dest2"):
        if name in params and not NUMBER.fullmatch(params[name]):
            raise Refused(f"error_{name}_invalid")
    dest = params.get("dest", "+6591234567")
    if "session" not in params and not all(map(NUMBER.fullmatch, dest.split(","))):
        raise Refused("error_dest_invalid")
    if params.get("caller_id", "private") not in callers:
        raise Refused("error_caller_id_invalid")
    if len(params.get("tag", "")) > 256:
        raise Refused("error_tag_invalid_length")
    for name in ("notify_url", "monitor_notify_url"):
        if (
            not params.get(name, "http://").startswith(("http://", "https://"))
            or len(params.get(name, "")) > 4000
        ):
            raise Refused("error_invalid_notify_url")
    length = params.get("max_duration", "1")
    if not length.isdecimal() or not math.isfinite(int(length)) or int(length) < 1:
        raise Refused("error_max_duration_invalid")


def spoken(msg: str) -> str:
    """What a message lets somebody hear; refused where Hoiio refuses it."""
    if not msg or len(msg) > 1000:
        raise Refused("error_msg_invalid_length")
    if not msg.startswith("<"):
        if set(msg) & set("<>&"):
            raise Refused("error_msg_invalid_xml")
        return msg
    try:
        node = ElementTree.fromstring(msg)  # noqa: S314 - our own driver wrote it
    except ElementTree.ParseError:
        raise Refused("error_msg_invalid_xml") from None
    text = node.text or ""
    match node.tag:
        case "url":
            if not text.startswith(("http://", "https://")):
                raise Refused("error_msg_invalid_url")
            return f"♪ {text}"
        case "speech":
            if node.get("gender") not in ("male", "female"):
                raise Refused("error_msg_invalid_gender")
            if not node.get("language"):
                raise Refused("error_msg_invalid_language")
            return f"[{node.get('language')} {node.get('gender')}] {text}"
        case _:
            raise Refused("error_msg_invalid_xml")
