"""What providers and chats call back. Checking, reading and answering are theirs; the order of it is here.

Addresses of callbacks hold placement tokens and are never logged.
"""

from collections.abc import Mapping
from dataclasses import replace

import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from adapters.web.plain import plain_reply, plain_request
from bot.domain.errors import BadSignature, Malformed, StorageUnavailable, WebhookError
from bot.domain.flow import CallFlow
from bot.domain.leg import Token
from bot.ports.chat import ReceivesChatHooks
from bot.ports.clock import Clock
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import CarriesOn, ReceivesWebhooks, VoiceInbox

log = structlog.get_logger(__name__)


class ProviderHooks:
    """`/hooks/{provider}/{token}/{kind}` for our placements, `/hooks/{provider}/{kind}` for calls to us."""

    def __init__(
        self,
        *,
        receivers: Mapping[str, ReceivesWebhooks],
        inbox: VoiceInbox,
        public_url: str | None,
        clock: Clock,
    ) -> None:
        self._receivers = receivers
        self._inbox = inbox
        self._public_url = public_url
        self._clock = clock

    async def receive(self, request: Request) -> Response:
        """403 for a bad signature, 400 for what this vendor never sends, 404 for a vendor not in use."""
        name: str = request.path_params["provider"]
        token: str | None = request.path_params.get("token")
        receiver = self._receivers.get(name)
        if receiver is None:
            return PlainTextResponse("No such provider here.\n", status_code=404)
        heard = await plain_request(request, self._public_url, at=self._clock.now())
        try:
            receiver.verify(heard)
            return await self._take(name, receiver, heard, token)
        except BadSignature:
            log.warning("callback with a bad signature", provider=name)
            return PlainTextResponse("The signature does not fit.\n", status_code=403)
        except Malformed:
            log.warning("callback that cannot be read", provider=name)
            return PlainTextResponse("This cannot be read.\n", status_code=400)

    async def _take(
        self, name: str, receiver: ReceivesWebhooks, heard: HttpRequest, token: str | None
    ) -> Response:
        flow = None
        try:
            incoming = receiver.incoming(heard)
            if incoming is not None:
                # What comes of a caller of ours has no token yet: it goes on under its call's own.
                given, flow = await self._inbox.incoming(incoming)
                heard = _addressed_to(given, heard)
            for event in receiver.events(heard):
                await self._inbox.happened(name, event)
            if incoming is None and token is not None:
                flow = await self._flow_of(name, Token(token))
            reply = receiver.answer(heard, flow)
        except WebhookError:
            raise
        except StorageUnavailable as gone:
            log.warning("callback not taken", provider=name, reason=str(gone))
            flow, reply = None, _without_us(receiver, heard)
        except Exception:
            log.exception("callback broke", provider=name)
            flow, reply = None, _without_us(receiver, heard)
        response = plain_reply(reply)
        if isinstance(receiver, CarriesOn):
            response.background = BackgroundTask(_carry_on, name, receiver, heard, flow)
        return response

    async def _flow_of(self, name: str, token: Token) -> CallFlow | None:
        flow = await self._inbox.flow_of(token)
        if flow is None:
            log.warning("callback for a token nobody knows", provider=name)
        return flow


def _without_us(receiver: ReceivesWebhooks, heard: HttpRequest) -> HttpReply:
    """Where a document is due somebody is on the line: a valid one, now. The rest shall be sent again."""
    reply = receiver.answer(heard, None)
    return reply if reply.body else HttpReply(status=503)


async def _carry_on(name: str, receiver: CarriesOn, heard: HttpRequest, flow: CallFlow | None) -> None:
    try:
        await receiver.carry_on(heard, flow)
    except Exception:
        log.exception("the call could not go on", provider=name)


def _addressed_to(token: Token, heard: HttpRequest) -> HttpRequest:
    """The request as if it had come to `/hooks/{provider}/{token}/{kind}`; with a token it is left alone."""
    before, _, kind = heard.path.rpartition("/")
    if before.count("/") > 2:
        return heard
    address, mark, query = heard.url.partition("?")
    return replace(
        heard,
        path=f"{before}/{token}/{kind}",
        url=f"{address.rpartition('/')[0]}/{token}/{kind}{mark}{query}",
    )


class ChatHooks:
    """`/chat/{platform}`: the platform's own adapter checks, reads and answers."""

    def __init__(self, *, chats: Mapping[str, ReceivesChatHooks], public_url: str | None) -> None:
        self._chats = chats
        self._public_url = public_url

    async def receive(self, request: Request) -> Response:
        """404 for a platform not in use, 503 (so that it is sent again) when something of ours broke."""
        name: str = request.path_params["platform"]
        chat = self._chats.get(name)
        if chat is None:
            return PlainTextResponse("No such chat here.\n", status_code=404)
        heard = await plain_request(request, self._public_url)
        try:
            return plain_reply(await chat.handle(heard))
        except Exception:
            log.exception("chat request broke", platform=name)
            return PlainTextResponse("Please try again.\n", status_code=503)
