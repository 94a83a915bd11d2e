"""The simulated network's HTTP protocol (docs/simulator.md), without a server: a request in, a reply out.

The same function answers in the process and behind `server.py`, so both ways behave alike.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from adapters.voice.simulator.channel import Channel, Heard
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.reports import Report
from adapters.voice.simulator.script import Phone
from adapters.voice.simulator.trouble import Trouble
from bot.domain.call import LegPlan, ProviderRef
from bot.domain.codec import decode, encode
from bot.domain.control import Control
from bot.domain.flow import CallFlow, LegRole
from bot.domain.leg import Token
from bot.domain.numbers import Address, PhoneNumber, parse_address
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Placed, Quote, Sighting

LONGEST_WAIT: Final = 30.0
"""Seconds that a listener may keep a connection open without news."""


# --- what travels ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """Dial this; `token` comes back with every event."""

    token: Token
    plan: LegPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a caller who waits shall meet."""

    token: Token
    flow: CallFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody who calls one of our numbers; `caller` None withholds theirs."""

    did: PhoneNumber
    caller: Address | None = None
    script: Phone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRequest:
    """A text message to be sent."""

    to: PhoneNumber
    text: str
    sender: PhoneNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was reported since. Another `network` than before means that the serials start afresh."""

    network: str
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """A leg as it stands, for whoever watches the network."""

    ref: str
    token: Token | None
    role: LegRole
    address: Address | None
    inbound: bool
    opened_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: str | None
    muted: bool
    held: bool
    room: str | None
    heard: tuple[Heard, ...]


# --- the door ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    request: HttpRequest
    names: Mapping[str, str]

    def body(self, hint: Any) -> Any:
        return decode(hint, json.loads(self.request.body or b"null"))

    def query(self, name: str, default: str | None = None) -> str | None:
        return next(iter(self.request.query.get(name, ())), default)

    def number(self, name: str) -> float:
        return float(self.query(name) or 0)

    def moment(self, name: str) -> datetime:
        return decode(datetime, self.query(name))


Handler = Callable[[Network, _Asked], Awaitable[HttpReply]]


async def answer(network: Network, request: HttpRequest) -> HttpReply:
    """Carry out one request. Raises NoAnswer where trouble has it that the reply is lost."""
    allowed = set()
    for method, pattern, handler in _ROUTES:
        if found := pattern.fullmatch(request.path):
            allowed.add(method)
            if method == request.method:
                return await _handled(handler, network, _Asked(request, found.groupdict()))
    if allowed:
        return _error(405, "wrong method", f"try {' or '.join(sorted(allowed))}")
    return _error(404, "no such address", "see docs/simulator.md")


async def _handled(handler: Handler, network: Network, asked: _Asked) -> HttpReply:
    try:
        return await handler(network, asked)
    except Refusal as refusal:
        return _error(refusal.status, refusal.code, refusal.detail, refusal.retry_after)
    except ValueError as problem:
        return _error(400, "not understood", str(problem))


def _json(value: object, status: int = 200) -> HttpReply:
    body = json.dumps(encode(value)).encode()
    return HttpReply(status=status, body=body, content_type="application/json")


def _error(status: int, code: str, detail: str, retry_after: float | None = None) -> HttpReply:
    reply = _json({"code": code, "detail": detail}, status)
    return reply if retry_after is None else replace(reply, headers={"retry-after": f"{retry_after:g}"})


_DONE: Final = HttpReply(status=204)


# --- calls ------------------------------------------------------------------------------------------


async def _place(network: Network, asked: _Asked) -> HttpReply:
    order: CallRequest = asked.body(CallRequest)
    ref = await network.originate(order.token, order.plan)
    return _json(Placed(refs=((order.plan.role, ref),)), 201)


async def _look_up(network: Network, asked: _Asked) -> HttpReply:
    legs = network.look_up(Token(asked.query("token") or ""))
    if not legs:
        return _error(404, "not seen", "no call with this token, as far as the lists go")
    events = sorted((event for leg in legs for event in leg.events), key=lambda event: event.sequence)
    return _json(Sighting(refs=tuple((leg.role, ProviderRef(leg.ref)) for leg in legs), events=tuple(events)))


async def _hang_up(network: Network, asked: _Asked) -> HttpReply:
    network.hang_up(asked.names["ref"])
    return _DONE


async def _control(network: Network, asked: _Asked) -> HttpReply:
    network.control(asked.names["ref"], asked.body(Control))
    return _DONE


async def _events(network: Network, asked: _Asked) -> HttpReply:
    wait = min(asked.number("wait"), LONGEST_WAIT)
    reports = await network.reports.after(int(asked.number("after")), wait=wait)
    return _json(Told(network=network.name, reports=tuple(reports)))


async def _waiting(network: Network, _: _Asked) -> HttpReply:
    return _json([_view(leg) for leg in network.legs if leg.inbound and not leg.token and not leg.is_over])


async def _take(network: Network, asked: _Asked) -> HttpReply:
    orders: Orders = asked.body(Orders)
    network.take(asked.names["ref"], orders.token, orders.flow)
    return _DONE


async def _history(network: Network, asked: _Asked) -> HttpReply:
    return _json(network.history(asked.moment("since"), asked.moment("until")))


# --- the world outside ------------------------------------------------------------------------------


async def _call_in(network: Network, asked: _Asked) -> HttpReply:
    stranger: Stranger = asked.body(Stranger)
    ref = network.call(stranger.caller, stranger.did, stranger.script)
    return _json({"ref": ref}, 201)


async def _legs(network: Network, _: _Asked) -> HttpReply:
    return _json([_view(leg) for leg in network.legs])


def _view(leg: Channel) -> LegView:
    return LegView(
        ref=leg.ref,
        token=leg.token,
        role=leg.role,
        address=leg.address,
        inbound=leg.inbound,
        opened_at=leg.opened_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        cause=leg.cause.name if leg.cause else None,
        muted=leg.muted,
        held=leg.held,
        room=leg.room,
        heard=tuple(leg.heard),
    )


async def _phones(network: Network, _: _Asked) -> HttpReply:
    return _json(network.phones)


async def _phone(network: Network, asked: _Asked) -> HttpReply:
    return _json(network.phone(asked.names["number"]))


async def _install(network: Network, asked: _Asked) -> HttpReply:
    script: Phone = asked.body(Phone)
    network.install(replace(script, number=asked.names["number"]))
    return _DONE


async def _trouble(network: Network, _: _Asked) -> HttpReply:
    return _json(network.trouble)


async def _make_trouble(network: Network, asked: _Asked) -> HttpReply:
    network.trouble = asked.body(Trouble)
    return _DONE


async def _ledger(network: Network, _: _Asked) -> HttpReply:
    tokens = dict.fromkeys(request.token for request in network.requests)
    return _json(
        [
            {
                "token": token,
                "requests": [
                    {"at": request.at, "met": request.met}
                    for request in network.requests
                    if request.token == token
                ],
                "dialled": [
                    {"role": leg.role, "at": leg.opened_at} for leg in network.legs if leg.token == token
                ],
            }
            for token in tokens
        ]
    )


# --- money, texts, numbers, recordings --------------------------------------------------------------


async def _rate(network: Network, asked: _Asked) -> HttpReply:
    address, account = parse_address(asked.names["address"]), network.account
    return _json(Quote(per_minute=account.rate(address), talk_seconds=account.talk_seconds(address)))


async def _balance(network: Network, _: _Asked) -> HttpReply:
    return _json(network.account.balance)


async def _send_text(network: Network, asked: _Asked) -> HttpReply:
    text: TextRequest = asked.body(TextRequest)
    return _json({"id": network.account.send_text(text.to, text.text, text.sender)}, 201)


async def _texts(network: Network, _: _Asked) -> HttpReply:
    return _json(network.account.texts)


async def _numbers(network: Network, _: _Asked) -> HttpReply:
    return _json(network.account.dids)


async def _offers(network: Network, asked: _Asked) -> HttpReply:
    return _json(network.account.offers(asked.query("country") or "", asked.query("region")))


async def _rent(network: Network, asked: _Asked) -> HttpReply:
    network.account.rent(PhoneNumber(e164=asked.names["number"]))
    return _DONE


async def _give_back(network: Network, asked: _Asked) -> HttpReply:
    network.account.give_back(PhoneNumber(e164=asked.names["number"]))
    return _DONE


async def _recording(network: Network, asked: _Asked) -> HttpReply:
    lag = network.trouble.recording_lag
    wav = await network.account.recording(asked.names["ref"], lag=lag)
    return HttpReply(body=wav, content_type="audio/wav")


async def _forget_recording(network: Network, asked: _Asked) -> HttpReply:
    network.account.forget(asked.names["ref"])
    return _DONE


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


_ROUTES: Final[tuple[tuple[str, re.Pattern[str], Handler], ...]] = tuple(
    (method, _pattern(path), handler)
    for method, path, handler in (
        ("POST", "/v1/calls", _place),
        ("GET", "/v1/calls", _look_up),
        ("DELETE", "/v1/calls/{ref}", _hang_up),
        ("POST", "/v1/calls/{ref}/control", _control),
        ("GET", "/v1/events", _events),
        ("GET", "/v1/incoming", _waiting),
        ("POST", "/v1/incoming/{ref}", _take),
        ("POST", "/v1/incoming-call", _call_in),
        ("GET", "/v1/history", _history),
        ("GET", "/v1/legs", _legs),
        ("GET", "/v1/ledger", _ledger),
        ("GET", "/v1/phones", _phones),
        ("GET", "/v1/phones/{number}", _phone),
        ("PUT", "/v1/phones/{number}", _install),
        ("GET", "/v1/trouble", _trouble),
        ("PUT", "/v1/trouble", _make_trouble),
        ("GET", "/v1/rates/{address}", _rate),
        ("GET", "/v1/balance", _balance),
        ("POST", "/v1/texts", _send_text),
        ("GET", "/v1/texts", _texts),
        ("GET", "/v1/numbers", _numbers),
        ("GET", "/v1/offers", _offers),
        ("PUT", "/v1/numbers/{number}", _rent),
        ("DELETE", "/v1/numbers/{number}", _give_back),
        ("GET", "/v1/recordings/{ref}.wav", _recording),
        ("DELETE", "/v1/recordings/{ref}.wav", _forget_recording),
    )
)
