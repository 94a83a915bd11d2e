"""Plivo's callbacks: whether one is genuine, whom it announces, and what is said in return. Pure: no server,
no clock, no memory. What one tells is `events.py`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from adapters.voice.plivo import documents
from adapters.voice.plivo.documents import EMPTY, Line
from adapters.voice.plivo.events import EVENTS, was_taken
from adapters.voice.plivo.heard import Heard, address
from adapters.voice.plivo.place import Place, Seal
from adapters.voice.plivo.signature import signed_v2, signed_v3
from adapters.voice.plivo.tables import NAME
from bot.domain.call import ProviderRef
from bot.domain.errors import BadSignature, Malformed
from bot.domain.flow import CallFlow, Conference, Dial, Gather
from bot.domain.leg import LegEvent
from bot.domain.numbers import PhoneNumber
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Incoming

XML: Final = "application/xml; charset=utf-8"
OPENING: Final = frozenset({"answer", "fallback", "incoming"})
"""What a leg is answered with."""
DOCUMENTS: Final = OPENING | {"keys", "dialled", "recorded", "confirm", "music", "orders", "seat"}
"""Where Plivo wants XML in return."""


class Webhooks:
    """Plivo's side of `ReceivesWebhooks`."""

    def __init__(self, *, auth_token: str, seal: Seal, line: Line, goodbye: str) -> None:
        self._auth_token = auth_token
        self._seal = seal
        self._line = line
        self._goodbye = goodbye

    def verify(self, request: HttpRequest) -> None:
        """Version 3, or version 2 on news of messages. Raises BadSignature."""
        if signed_v3(request, self._auth_token):
            return
        if request.path.endswith("/message") and signed_v2(request, self._auth_token):
            return
        raise BadSignature("not signed by this account")

    def events(self, request: HttpRequest) -> Sequence[LegEvent]:
        """Raises Malformed."""
        heard = Heard.of(request)
        if heard.place.kind not in EVENTS:
            raise Malformed("no callback of ours")
        told = EVENTS[heard.place.kind]
        return told(heard) if told else ()

    def incoming(self, request: HttpRequest) -> Incoming | None:
        """A call to one of our numbers: that it comes, or, should we have missed that, that it has ended."""
        heard = Heard.of(request)
        if heard.place.token is not None or heard.place.kind not in ("incoming", "hangup"):
            return None
        did = address(heard.need("To"))
        if not isinstance(did, PhoneNumber):
            raise Malformed("not a number of ours")
        ref = ProviderRef(heard.need("CallUUID"))
        return Incoming(provider=NAME, ref=ref, caller=address(heard.get("From")), did=did, at=heard.at)

    def answer(self, request: HttpRequest, flow: CallFlow | None) -> HttpReply:
        """XML where it is due, and nothing elsewhere."""
        heard = Heard.of(request)
        if heard.place.kind not in DOCUMENTS:
            return HttpReply()
        return HttpReply(body=self._document(heard, flow), content_type=XML)

    def _document(self, heard: Heard, flow: CallFlow | None) -> bytes:
        line = self._line_of(heard)
        if heard.place.orders:
            flow = self._seal.open(heard.place.orders)
        if flow is not None:
            return _due(heard, flow, line)
        # Somebody who called us is on the line: a goodbye rather than a dead line.
        caller = heard.is_inbound and heard.place.kind not in ("confirm", "music")
        return documents.said(self._goodbye, line) if caller else EMPTY

    def _line_of(self, heard: Heard) -> Line:
        ends = [address(heard.get(name)) for name in ("From", "To")]
        numbers = [each.e164 if isinstance(each, PhoneNumber) else None for each in ends]
        ours, theirs = reversed(numbers) if heard.is_inbound else numbers
        return replace(self._line, ours=ours or self._line.ours, theirs=theirs, inbound=heard.is_inbound)


def _due(heard: Heard, flow: CallFlow, line: Line) -> bytes:
    """The document for this place in these orders."""
    place, step = heard.place, _step(heard.place, flow)
    rest = place.step(place.at + 1)
    match place.kind, step:
        case "keys", Gather() if heard.get("Digits") != step.key:
            return documents.asked_again(step, place, line)
        case "dialled", _ if was_taken(heard):
            return documents.hangup()
        case (("keys" | "dialled" | "recorded"), _):
            return documents.document(flow, rest, line)
        case "confirm", Dial():
            return documents.confirmation(step, line)
        case "music", (Dial() | Conference()) if step.music:
            return documents.music(step.music)
        case (("confirm" | "music"), _):
            return EMPTY
    opening = place.kind in OPENING
    machine = place.machine or (opening and heard.is_machine)
    return documents.document(flow, replace(place, machine=machine), line, opening=opening)


def _step(place: Place, flow: CallFlow) -> object:
    return dict(enumerate(documents.branch(flow, machine=place.machine))).get(place.at)
