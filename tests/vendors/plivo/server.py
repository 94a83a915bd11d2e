"""Plivo's REST API over HTTP: it wants credentials, slashes and the right parameters.

`fates` is what the next requests for a call meet: queued, bulk, 429, 402, 403, 500, 500 after, cut,
cut after, silence, silence after. The words with “after” ring the phone all the same.
"""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.web.server import serving
from tests.unit.recordings import wav
from tests.vendors.plivo.exchange import CODES, CONSOLE, RATE, Exchange, Leg

ACCOUNT = "MA" + "X9" * 9
TOKEN = "token-of-a-made-up-account-0123456789"

_URL = re.compile(r"https?://\S+")
_METHOD = re.compile("GET|POST")
_WHOLE = re.compile(r"\d+")
_BOOL = re.compile("(?i)true|false")
CALL_PARAMETERS: dict[str, re.Pattern[str]] = {
    "from": re.compile(r"\+?\d{5,15}"),
    "to": re.compile(r"(\+?\d{5,15}|sips?:\S+@\S+)(<(\+?\d{5,15}|sips?:\S+@\S+))*"),
    **dict.fromkeys(("answer_url", "ring_url", "hangup_url", "fallback_url", "machine_detection_url"), _URL),
    **dict.fromkeys(
        ("answer_method", "ring_method", "hangup_method", "fallback_method", "machine_detection_method"),
        _METHOD,
    ),
    "caller_name": re.compile(".{1,50}"),
    "send_digits": re.compile(r"[0-9*#wW]+(@\d+)?"),
    "send_on_preanswer": _BOOL,
    "time_limit": re.compile(r"[1-9]\d*"),
    "hangup_on_ring": re.compile(r"[1-9]\d*"),
    "ring_timeout": _WHOLE,
    "machine_detection": re.compile("true|hangup"),
    "machine_detection_time": re.compile(r"[2-9]\d{3}|10000"),
    "sip_headers": re.compile(r"[A-Za-z0-9]+=[A-Za-z0-9]+(,[A-Za-z0-9]+=[A-Za-z0-9]+)*"),
    "parent_call_uuid": re.compile(r"[0-9a-f-]{36}"),
    "error_if_parent_not_found": _BOOL,
}

FILTERS = {
    *("limit", "offset", "cursor", "to_number", "from_number", "call_direction", "parent_call_uuid"),
    *("end_time__gte", "end_time__lt", "end_time__lte", "end_time__gt"),
}


class Cut(Exception):
    """The connection goes without an answer."""


@dataclass
class Vendor:
    """What a test sees and moves."""

    exchange: Exchange
    url: str = ""
    fates: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    apps: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    offered: list[dict[str, Any]] = field(default_factory=list)
    cursors: bool = False
    with_offsets: bool = False
    credit: str = "12.50"
    pending: bool = False

    @property
    def phones(self) -> Any:
        return self.exchange.phones

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The requests for calls that came, whatever became of them."""
        return [body for method, path, body in self.requests if (method, path) == ("POST", "Call/")]

    def legs(self, number: str) -> list[Leg]:
        return [leg for leg in self.exchange.legs if leg.number == number]

    def leg(self, number: str) -> Leg:
        return self.legs(number)[-1]

    def heard(self, number: str) -> list[str]:
        return [words for leg in self.legs(number) for words in leg.heard]

    def hang_up(self, number: str) -> None:
        """Whoever is at that phone hangs up."""
        leg = self.leg(number)
        self.exchange.end(leg, 4000, "Caller" if leg.direction == "inbound" else "Callee")

    def pick_up(self, number: str) -> None:
        self.leg(number).picked_up.set()

    def call_in(self, caller: str, did: str) -> Leg:
        """Somebody calls a number of the account."""
        return self.exchange.receive(caller, did, self.apps[self.numbers[did]])

    async def until(self, fulfilled: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not fulfilled():
                self.exchange.news.clear()
                await self.exchange.news.wait()


@asynccontextmanager
async def plivo() -> AsyncIterator[Vendor]:
    """Listens on a free loopback port while the block lasts."""
    vendor = Vendor(Exchange(ACCOUNT, TOKEN))
    door = _Door(vendor)
    root = f"/v1/Account/{ACCOUNT}/{{path:path}}"
    app = Starlette(routes=[Route(root, door.receive, methods=["GET", "POST", "DELETE"])])

    async def cutting(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except Cut:
            # Closing without an answer is what a server does whose connection breaks.
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"999")]}
            )
            await send({"type": "http.response.body", "body": b'{"mess', "more_body": False})

    async with serving(cutting, host="127.0.0.1", port=0) as port:
        vendor.url = f"http://127.0.0.1:{port}"
        vendor.exchange.media = f"{vendor.url}/v1/Account/{ACCOUNT}/Media"
        try:
            yield vendor
        finally:
            door.leaving.set()
            await vendor.exchange.close()


class _Door:
    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._exchange = vendor.exchange
        self.leaving = asyncio.Event()

    async def receive(self, request: Request) -> Response:
        path = request.path_params["path"]
        credentials = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {credentials}":
            return _error(401, "Could not verify your access level for that URL.")
        if path and not path.endswith("/") and not path.startswith("Media/"):
            return Response(status_code=301, headers={"location": f"{request.url.path}/"})
        raw = await request.body()
        if raw and request.headers.get("content-type") != "application/json":
            return _error(400, "not JSON")
        body = json.loads(raw) if raw else dict(request.query_params)
        self._vendor.requests.append((request.method, path, body))
        for method, pattern, handle in _ROUTES:
            if method == request.method and (found := re.fullmatch(pattern, path)):
                answer = await handle(self, body, *found.groups())
                self._exchange.happened()
                return answer
        return _error(404, "not found")

    # --- calls --------------------------------------------------------------------------------

    async def make_call(self, body: dict[str, Any]) -> Response:
        fate = self._vendor.fates.pop(0) if self._vendor.fates else ""
        if fate.isdigit():
            retry = {"retry-after": "1"} if fate == "429" else {}
            return _error(int(fate), {"402": "insufficient credit"}.get(fate, "no"), retry)
        wrong = _wrong(body)
        if wrong:
            return _error(400, wrong)
        legs = []
        if fate in ("", "queued", "bulk") or fate.endswith("after"):
            legs = [self._exchange.place({**body, "to": to}) for to in str(body["to"]).split("<")]
        return await self._meets(fate, legs)

    async def _meets(self, fate: str, legs: list[Leg]) -> Response:
        match fate.removesuffix(" after"):
            case "500":
                return _error(500, "internal")
            case "cut":
                raise Cut
            case "silence":
                await self.leaving.wait()
        refs: Any = [leg.uuid for leg in legs]
        single = len(refs) == 1 and fate != "bulk"
        words = "call queued" if fate == "queued" else "call fired" if single else "calls fired"
        said = {"api_id": "x", "message": words, "request_uuid": refs[0] if single else refs}
        return JSONResponse(said, status_code=200 if fate == "queued" else 201)

    async def list_calls(self, query: dict[str, str]) -> Response:
        if "status" in query:
            return self._going_on(query)
        if set(query) - FILTERS or ("cursor" in query and "offset" in query):
            return _error(400, f"unknown filter {set(query) - FILTERS}")
        found = [leg for leg in self._exchange.legs if leg.ended and _listed(leg, query)]
        return self._page([self._record(leg) for leg in found], query, "Call")

    def _going_on(self, query: dict[str, str]) -> Response:
        live = [leg for leg in self._exchange.legs if not leg.ended]
        if query["status"] == "queued":
            live = []
        wanted = query.get("to_number", "").removeprefix("+")
        fitting = [leg.uuid for leg in live if not wanted or leg.number.removeprefix("+").endswith(wanted)]
        start = int(query.get("offset", "0"))
        return JSONResponse({"api_id": "x", "calls": fitting[start : start + int(query.get("limit", "20"))]})

    def _page(self, rows: list[dict[str, Any]], query: dict[str, str], kind: str) -> Response:
        size = int(query.get("limit", "20"))
        if not 1 <= size <= 20:
            return _error(400, "limit must be between 1 and 20")
        start = int(query.get("offset") or query.get("cursor") or 0)
        more = start + size < len(rows)
        name = "cursor" if self._vendor.cursors else "offset"
        following = f"/v1/Account/{ACCOUNT}/{kind}/?limit={size}&{name}={start + size}" if more else None
        for key, value in query.items():
            if following and key not in ("limit", "offset", "cursor"):
                following += f"&{key}={value.replace(' ', '%20').replace('+', '%2B')}"
        meta = {"limit": size, "offset": start, "next": following, "previous": None, "total_count": len(rows)}
        return JSONResponse({"api_id": "x", "meta": meta, "objects": rows[start : start + size]})

    def _record(self, leg: Leg) -> dict[str, Any]:
        minutes = -(-leg.seconds // 60) or (1 if leg.answered else 0)
        return {
            "call_uuid": leg.uuid,
            "parent_call_uuid": leg.parent.uuid if leg.parent else None,
            "call_direction": leg.direction,
            "from_number": leg.ours.removeprefix("+"),
            "to_number": leg.number.removeprefix("+"),
            "initiation_time": self._time(leg.began),
            "answer_time": self._time(leg.answered),
            "end_time": self._time(leg.ended),
            "call_duration": leg.seconds,
            "bill_duration": leg.seconds,
            "billed_duration": minutes * 60,
            "total_amount": f"{minutes * RATE:.5f}",
            "total_rate": f"{RATE:.5f}",
            "hangup_cause_name": CODES[leg.code][0],
            "hangup_cause_code": leg.code,
            "hangup_source": leg.source,
        }

    def _time(self, at: datetime | None) -> str | None:
        if at is None:
            return None
        local = at.astimezone(CONSOLE)
        return local.isoformat(sep=" ") if self._vendor.with_offsets else local.strftime("%Y-%m-%d %H:%M:%S")

    async def get_call(self, query: dict[str, str], ref: str) -> Response:
        leg = self._leg(ref)
        status = query.get("status")
        if leg is None or (status == "live" and leg.ended) or (status is None and not leg.ended):
            return _error(404, "not found")
        if status == "queued":
            return _error(404, "not found")
        if status is None:
            return JSONResponse({"api_id": "x", **self._record(leg)})
        return JSONResponse(
            {
                "api_id": "x",
                "call_status": "in-progress" if leg.answered else "ringing",
                "call_uuid": leg.uuid,
                "request_uuid": "" if leg.parent else leg.uuid,
                "direction": leg.direction,
                "from": leg.ours,
                "to": leg.number,
                "session_start": leg.began.strftime("%Y-%m-%d %H:%M:%S.%f"),
            }
        )

    def _leg(self, ref: str) -> Leg | None:
        return next((leg for leg in self._exchange.legs if leg.uuid == ref), None)

    async def hang_up(self, _: dict[str, str], ref: str) -> Response:
        leg = self._leg(ref)
        if leg is None or leg.ended:
            return _error(404, "call not found")
        self._exchange.end(leg, 4000 if leg.answered else 1000, "API Request")
        return Response(status_code=204)

    async def transfer(self, body: dict[str, Any], ref: str) -> Response:
        return self._on(ref, lambda leg: self._exchange.transfer(leg, body), "call transfered")

    def _on(self, ref: str, act: Callable[[Leg], object], words: str) -> Response:
        leg = self._leg(ref)
        if leg is None or leg.ended or leg.answered is None:
            return _error(404, "call not found")
        act(leg)
        return JSONResponse({"api_id": "x", "message": words}, status_code=202)

    async def speak(self, body: dict[str, Any], ref: str) -> Response:
        return self._on(ref, lambda leg: self._outside(leg, body["text"]), "speak started")

    async def play(self, body: dict[str, Any], ref: str) -> Response:
        return self._on(ref, lambda leg: self._outside(leg, body["urls"]), "play started")

    def _outside(self, leg: Leg, what: str) -> None:
        if leg.room is not None:
            self._exchange.complaints.append("an order for a member was sent to the call")
        leg.heard.append(what)

    async def digits(self, body: dict[str, Any], ref: str) -> Response:
        return self._on(ref, lambda leg: leg.heard.append(f"digits {body['digits']}"), "digits sent")

    async def record(self, body: dict[str, Any], ref: str) -> Response:
        if body.get("time_limit", 60) <= 60:
            self._exchange.complaints.append("a recording of a minute")
        leg = self._leg(ref)
        if leg is None or leg.ended:
            return _error(404, "call not found")
        leg.session = None
        leg.urls = {**leg.urls, "captured": body.get("callback_url")}
        return JSONResponse({"api_id": "x", "message": "call recording started"}, status_code=202)

    async def stop(self, _: dict[str, str], ref: str, what: str) -> Response:
        leg = self._leg(ref)
        if leg is None or leg.ended:
            return _error(404, "call not found")
        if what == "Record":
            await self._exchange.keep_by_order(leg, leg.urls.get("captured"))
        return Response(status_code=204)

    async def everything(self, _: dict[str, str], *__: str) -> Response:
        self._exchange.complaints.append("an order to hang up everything")
        return Response(status_code=204)

    # --- conferences --------------------------------------------------------------------------

    async def conferences(self, _: dict[str, str]) -> Response:
        return JSONResponse({"api_id": "x", "conferences": list(self._exchange.rooms)})

    async def conference(self, _: dict[str, str], name: str) -> Response:
        room = self._exchange.rooms.get(name)
        if room is None:
            return _error(404, "conference not found")
        members = [
            {
                "member_id": id,
                "muted": id in room.muted,
                "deaf": False,
                "call_uuid": leg.uuid,
                "to": leg.number,
            }
            for id, leg in room.members.items()
        ]
        return JSONResponse(
            {"conference_name": name, "conference_member_count": str(len(members)), "members": members}
        )

    async def member(self, body: dict[str, Any], name: str, id: str, what: str) -> Response:
        room = self._exchange.rooms.get(name)
        if room is None or id not in room.members:
            return _error(404, "member not found")
        if what == "Mute":
            room.muted.add(id)
        elif what in ("Speak", "Play"):
            room.members[id].heard.append(body.get("text") or body["url"])
        return JSONResponse({"api_id": "x", "message": what.lower(), "member_id": [id]}, status_code=202)

    async def member_stop(self, _: dict[str, str], name: str, id: str, what: str) -> Response:
        room = self._exchange.rooms.get(name)
        if room is None or id not in room.members:
            return _error(404, "member not found")
        if what == "Mute":
            room.muted.discard(id)
        return Response(status_code=204)

    # --- the account --------------------------------------------------------------------------

    async def account(self, _: dict[str, str]) -> Response:
        said = {"cash_credits": self._vendor.credit, "timezone": "Asia/Kolkata", "billing_mode": "prepaid"}
        return JSONResponse({"api_id": "x", "auth_id": ACCOUNT, **said})

    async def pricing(self, query: dict[str, str]) -> Response:
        if not re.fullmatch("[A-Z]{2}", query.get("country_iso", "")):
            return _error(400, "country_iso")
        rates = [{"prefix": ["1", "65"], "rate": "0.01200"}, {"prefix": ["1907", "659"], "rate": "0.09000"}]
        voice = {"outbound": {"ip": {"rate": "0.00300"}, "local": {"rate": "0.01000"}, "rates": rates}}
        return JSONResponse({"api_id": "x", "country_iso": query["country_iso"], "voice": voice})

    async def message(self, body: dict[str, Any]) -> Response:
        if set(body) - {"src", "dst", "text", "type", "url", "method"} or not body.get("src"):
            return _error(400, "src is required")
        self._exchange.texts.append(body)
        return JSONResponse(
            {"api_id": "x", "message": "message(s) queued", "message_uuid": ["m-1"]}, status_code=202
        )

    async def search(self, query: dict[str, str]) -> Response:
        region = query.get("region", "").lower()
        rows = [each for each in self._vendor.offered if region in each["region"].lower()]
        return self._page(rows, {"limit": query.get("limit", "20")}, "PhoneNumber")

    async def buy(self, body: dict[str, Any], number: str) -> Response:
        if body.get("app_id") not in self._vendor.apps:
            return _error(400, "no such application")
        if f"+{number}" in self._vendor.numbers:
            return _error(400, "number is not available")
        status = "pending" if self._vendor.pending else "fulfilled"
        if not self._vendor.pending:
            self._vendor.numbers[f"+{number}"] = body["app_id"]
        return JSONResponse({"api_id": "x", "message": "created", "status": status}, status_code=201)

    async def rented(self, query: dict[str, str]) -> Response:
        rows = [{"number": each.removeprefix("+"), "voice_enabled": True} for each in self._vendor.numbers]
        return self._page(rows, query, "Number")

    async def unrent(self, _: dict[str, str], number: str) -> Response:
        gone = self._vendor.numbers.pop(f"+{number}", None)
        return Response(status_code=204) if gone else _error(404, "number not found")

    async def applications(self, query: dict[str, str]) -> Response:
        wanted = query.get("app_name", "")
        rows = [
            {**app, "app_id": id}
            for id, app in self._vendor.apps.items()
            if app["app_name"].startswith(wanted)
        ]
        return self._page(rows, {"limit": query.get("limit", "20")}, "Application")

    async def make_application(self, body: dict[str, Any]) -> Response:
        if not re.fullmatch(r"[\w-]+", body.get("app_name", "")):
            return _error(400, "app_name")
        id = str(1000 + len(self._vendor.apps))
        self._vendor.apps[id] = body
        return JSONResponse({"api_id": "x", "message": "created", "app_id": id}, status_code=201)

    async def change_application(self, body: dict[str, Any], id: str) -> Response:
        if id not in self._vendor.apps:
            return _error(404, "no such application")
        self._vendor.apps[id] |= body
        return JSONResponse({"api_id": "x", "message": "changed"}, status_code=202)

    async def media(self, _: dict[str, str], id: str) -> Response:
        kept = self._exchange.recordings.get(id)
        if kept is None:
            return _error(404, "not found")
        return Response(wav(kept["seconds"]), media_type="audio/mpeg")

    async def forget(self, _: dict[str, str], id: str) -> Response:
        gone = self._exchange.recordings.pop(id, None)
        return Response(status_code=204) if gone else _error(404, "not found")


def _error(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"api_id": "x", "error": words}, status_code=status, headers=headers)


def _wrong(body: dict[str, Any]) -> str | None:
    if unknown := set(body) - set(CALL_PARAMETERS):
        return f"unknown parameters {sorted(unknown)}"
    if missing := {"from", "to", "answer_url"} - set(body):
        return f"missing {sorted(missing)}"
    for name, value in body.items():
        if not CALL_PARAMETERS[name].fullmatch(str(value)):
            return f"invalid {name}"
    plain = str(body["from"]).removeprefix("+")
    if plain in [each.removeprefix("+") for each in str(body["to"]).split("<")]:
        return "from may not be in to"
    return (
        "send_on_preanswer without send_digits"
        if "send_on_preanswer" in body and "send_digits" not in body
        else None
    )


def _listed(leg: Leg, query: dict[str, str]) -> bool:
    assert leg.ended is not None
    if query.get("parent_call_uuid") and (not leg.parent or leg.parent.uuid != query["parent_call_uuid"]):
        return False
    if query.get("to_number") and not leg.number.removeprefix("+").startswith(
        query["to_number"].removeprefix("+")
    ):
        return False
    after = query.get("end_time__gte")
    return not after or leg.ended >= datetime.fromisoformat(after).replace(tzinfo=UTC)


_UUID = "([0-9a-f-]{36})"
_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", _Door.account),
    ("POST", "Call/", _Door.make_call),
    ("GET", "Call/", _Door.list_calls),
    ("DELETE", "Call/", _Door.everything),
    ("DELETE", "Conference/", _Door.everything),
    ("GET", f"Call/{_UUID}/", _Door.get_call),
    ("POST", f"Call/{_UUID}/", _Door.transfer),
    ("DELETE", f"(?:Call|Request)/{_UUID}/", _Door.hang_up),
    ("POST", f"Call/{_UUID}/Speak/", _Door.speak),
    ("POST", f"Call/{_UUID}/Play/", _Door.play),
    ("POST", f"Call/{_UUID}/DTMF/", _Door.digits),
    ("POST", f"Call/{_UUID}/Record/", _Door.record),
    ("DELETE", f"Call/{_UUID}/(Speak|Play|Record)/", _Door.stop),
    ("GET", "Conference/", _Door.conferences),
    ("GET", "Conference/([^/]+)/", _Door.conference),
    ("POST", r"Conference/([^/]+)/Member/(\d+)/(Mute|Speak|Play)/", _Door.member),
    ("DELETE", r"Conference/([^/]+)/Member/(\d+)/(Mute|Speak|Play)/", _Door.member_stop),
    ("GET", "Pricing/", _Door.pricing),
    ("POST", "Message/", _Door.message),
    ("GET", "PhoneNumber/", _Door.search),
    ("POST", r"PhoneNumber/(\d+)/", _Door.buy),
    ("GET", "Number/", _Door.rented),
    ("DELETE", r"Number/(\d+)/", _Door.unrent),
    ("GET", "Application/", _Door.applications),
    ("POST", "Application/", _Door.make_application),
    ("POST", r"Application/(\d+)/", _Door.change_application),
    ("GET", r"Media/([0-9a-f]+)\.mp3", _Door.media),
    ("DELETE", "Recording/([0-9a-f]+)/", _Door.forget),
]
