"""A vendor, a chat and the core's inbox, as small as the web door needs them."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs

from bot.domain.call import ProviderRef
from bot.domain.errors import BadSignature, Malformed
from bot.domain.flow import CallFlow, LegRole, Say
from bot.domain.leg import LegEvent, LegEventKind, Token
from bot.domain.numbers import PhoneNumber
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Incoming

SECRET = b"made up for this test"
HELLO = CallFlow(steps=(Say(text="Hello"),))
AT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)


def signature(url: str, body: bytes = b"") -> str:
    return hmac.new(SECRET, url.encode() + b"\n" + body, hashlib.sha256).hexdigest()


@dataclass
class Vendor:
    """Signs address and body; sends forms; wants a document for `answer` and `incoming`, else nothing."""

    name: str = "acme"
    heard: list[HttpRequest] = field(default_factory=list)

    def verify(self, request: HttpRequest) -> None:
        self.heard.append(request)
        if not hmac.compare_digest(signature(request.url, request.body), request.headers.get("x-acme", "")):
            raise BadSignature

    def events(self, request: HttpRequest) -> Sequence[LegEvent]:
        form = parse_qs(request.body.decode("latin-1"))
        if "status" not in form:
            raise Malformed
        if form["status"] == ["nothing"]:
            return ()
        token = Token(request.path.split("/")[3])
        kind = LegEventKind(form["status"][0])
        return [LegEvent(token=token, role=LegRole("A"), kind=kind, at=AT, source_id=form["id"][0])]

    def incoming(self, request: HttpRequest) -> Incoming | None:
        if not request.path.endswith("/incoming"):
            return None
        did = PhoneNumber(e164="+6561234567")
        return Incoming(provider=self.name, ref=ProviderRef("call-1"), caller=None, did=did, at=AT)

    def answer(self, request: HttpRequest, flow: CallFlow | None) -> HttpReply:
        if not request.path.endswith(("/answer", "/incoming")):
            return HttpReply()
        spoken = "".join(f"<Speak>{each.text}</Speak>" for each in flow.steps) if flow else ""
        return HttpReply(body=f"<Response>{spoken}</Response>".encode(), content_type="application/xml")


@dataclass
class Inbox:
    """Knows the token `known`; raises `trouble` when there is some."""

    trouble: Exception | None = None
    events: list[tuple[str, LegEvent]] = field(default_factory=list)
    calls: list[Incoming] = field(default_factory=list)

    async def happened(self, provider: str, event: LegEvent) -> None:
        if self.trouble:
            raise self.trouble
        self.events.append((provider, event))

    async def incoming(self, call: Incoming) -> tuple[Token, CallFlow]:
        if self.trouble:
            raise self.trouble
        self.calls.append(call)
        return Token("known"), HELLO

    async def flow_of(self, token: Token) -> CallFlow | None:
        return HELLO if token == "known" else None


@dataclass
class Chat:
    """A chat platform that is reached over HTTP."""

    trouble: Exception | None = None
    heard: list[HttpRequest] = field(default_factory=list)

    async def handle(self, request: HttpRequest) -> HttpReply:
        if self.trouble:
            raise self.trouble
        self.heard.append(request)
        return HttpReply(
            status=201, body=b'{"ok":true}', content_type="application/json", headers={"x-seen": "yes"}
        )
