"""The simulated network's HTTP protocol (docs/simulator.md), without a server: a request in, a reply out.

The same function answers in the process and behind `server.py`, so both ways behave alike.
"""

import re
from dataclasses import dataclass
from typing import Final

from adapters.voice.simulator import world
from adapters.voice.simulator.door import DONE, LONGEST_WAIT, Asked, Handler, error, reply
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.reports import Report
from adapters.voice.simulator.views import leg_view
from bot.domain.call import LegPlan, ProviderRef
from bot.domain.control import Control
from bot.domain.flow import CallFlow
from bot.domain.leg import Token
from bot.domain.numbers import PhoneNumber, parse_address
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Placed, Quote, Sighting

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


# --- the door ---------------------------------------------------------------------------------------


async def answer(network: Network, request: HttpRequest) -> HttpReply:
    """Carry out one request. Raises NoAnswer where trouble has it that the reply is lost."""
    allowed = set()
    for method, pattern, handler in _ROUTES:
        if found := pattern.fullmatch(request.path):
            allowed.add(method)
            if method == request.method:
                return await _handled(handler, network, Asked(request, found.groupdict()))
    if allowed:
        return error(405, "wrong method", f"try {' or '.join(sorted(allowed))}")
    return error(404, "no such address", "see docs/simulator.md")


async def _handled(handler: Handler, network: Network, asked: Asked) -> HttpReply:
    try:
        return await handler(network, asked)
    except Refusal as refusal:
        return error(refusal.status, refusal.code, refusal.detail, refusal.retry_after)
    except (ValueError, OverflowError) as problem:
        return error(400, "not understood", str(problem))


# --- calls ------------------------------------------------------------------------------------------


async def _place(network: Network, asked: Asked) -> HttpReply:
    order: CallRequest = asked.body(CallRequest)
    ref = await network.originate(order.token, order.plan)
    return reply(Placed(refs=((order.plan.role, ref),)), 201)


async def _look_up(network: Network, asked: Asked) -> HttpReply:
    legs = network.look_up(Token(asked.query("token") or ""))
    if not legs:
        return error(404, "not seen", "no call with this token, as far as the lists go")
    events = sorted((event for leg in legs for event in leg.events), key=lambda event: event.sequence)
    return reply(Sighting(refs=tuple((leg.role, ProviderRef(leg.ref)) for leg in legs), events=tuple(events)))


async def _hang_up(network: Network, asked: Asked) -> HttpReply:
    network.hang_up(asked.names["ref"])
    return DONE


async def _control(network: Network, asked: Asked) -> HttpReply:
    network.control(asked.names["ref"], asked.body(Control))
    return DONE


async def _events(network: Network, asked: Asked) -> HttpReply:
    wait = min(asked.number("wait"), LONGEST_WAIT)
    reports = await network.reports.after(int(asked.number("after")), wait=wait)
    return reply(Told(network=network.name, reports=tuple(reports)))


async def _waiting(network: Network, _: Asked) -> HttpReply:
    return reply(
        [
            leg_view(leg, network.switch.rooms)
            for leg in network.legs
            if leg.inbound and not leg.token and not leg.is_over
        ]
    )


async def _take(network: Network, asked: Asked) -> HttpReply:
    orders: Orders = asked.body(Orders)
    network.take(asked.names["ref"], orders.token, orders.flow)
    return DONE


async def _history(network: Network, asked: Asked) -> HttpReply:
    return reply(network.history(asked.moment("since"), asked.moment("until")))


# --- money, texts, numbers, recordings --------------------------------------------------------------


async def _rate(network: Network, asked: Asked) -> HttpReply:
    address, account = parse_address(asked.names["address"]), network.account
    return reply(Quote(per_minute=account.rate(address), talk_seconds=account.talk_seconds(address)))


async def _balance(network: Network, _: Asked) -> HttpReply:
    return reply(network.account.balance)


async def _send_text(network: Network, asked: Asked) -> HttpReply:
    text: TextRequest = asked.body(TextRequest)
    return reply({"id": network.account.send_text(text.to, text.text, text.sender)}, 201)


async def _texts(network: Network, _: Asked) -> HttpReply:
    return reply(network.account.texts)


async def _numbers(network: Network, _: Asked) -> HttpReply:
    return reply(network.account.dids)


async def _offers(network: Network, asked: Asked) -> HttpReply:
    return reply(network.account.offers(asked.query("country") or "", asked.query("region")))


async def _rent(network: Network, asked: Asked) -> HttpReply:
    network.account.rent(PhoneNumber(e164=asked.names["number"]))
    return DONE


async def _give_back(network: Network, asked: Asked) -> HttpReply:
    network.account.give_back(PhoneNumber(e164=asked.names["number"]))
    return DONE


async def _recording(network: Network, asked: Asked) -> HttpReply:
    lag = network.trouble.recording_lag
    wav = await network.account.recording(asked.names["ref"], lag=lag)
    return HttpReply(body=wav, content_type="audio/wav")


async def _forget_recording(network: Network, asked: Asked) -> HttpReply:
    network.account.forget(asked.names["ref"])
    return DONE


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
        ("POST", "/v1/incoming-call", world.call_in),
        ("GET", "/v1/history", _history),
        ("GET", "/v1/legs", world.legs),
        ("GET", "/v1/watch", world.watch),
        ("POST", "/v1/legs/{ref}/answer", world.pick_up),
        ("POST", "/v1/legs/{ref}/decline", world.decline),
        ("POST", "/v1/legs/{ref}/hang-up", world.hang_up),
        ("POST", "/v1/legs/{ref}/keys", world.press),
        ("PUT", "/v1/legs/{ref}/microphone", world.microphone),
        ("POST", "/v1/legs/{ref}/voice", world.voice),
        ("POST", "/v1/legs/{ref}/speech", world.speech),
        ("GET", "/v1/ledger", world.ledger),
        ("GET", "/v1/phones", world.phones),
        ("GET", "/v1/phones/{number}", world.phone),
        ("PUT", "/v1/phones/{number}", world.install),
        ("GET", "/v1/trouble", world.trouble),
        ("PUT", "/v1/trouble", world.make_trouble),
        ("GET", "/v1/clock", world.clock),
        ("PUT", "/v1/clock", world.move_clock),
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
