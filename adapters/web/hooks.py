"""What providers and chats call back. Checking, reading and answering are theirs; the order of it is here.

Addresses of callbacks hold placement tokens and are never logged.
"""

from collections.abc import Mapping

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from adapters.web.plain import plain_reply, plain_request
from bot.domain.errors import BadSignature, Malformed, WebhookError
from bot.domain.flow import CallFlow
from bot.domain.leg import Token
from bot.ports.chat import ReceivesChatHooks
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import ReceivesWebhooks, VoiceInbox

log = structlog.get_logger(__name__)


class ProviderHooks:
    """`/hooks/{provider}/{token}/{kind}` for our placements, `/hooks/{provider}/{kind}` for calls to us."""

    def __init__(
        self, *, receivers: Mapping[str, ReceivesWebhooks], inbox: VoiceInbox, public_url: str | None
    ) -> None:
        self._receivers = receivers
        self._inbox = inbox
        self._public_url = public_url

    async def receive(self, request: Request) -> Response:
        """403 for a bad signature, 400 for what this vendor never sends, 404 for a vendor not in use."""
        name: str = request.path_params["provider"]
        token: str | None = request.path_params.get("token")
        receiver = self._receivers.get(name)
        if receiver is None:
            return PlainTextResponse("No such provider here.\n", status_code=404)
        heard = await plain_request(request, self._public_url)
        try:
            receiver.verify(heard)
            return plain_reply(await self._take(name, receiver, heard, token))
        except BadSignature:
            log.warning("callback with a bad signature", provider=name)
            return PlainTextResponse("The signature does not fit.\n", status_code=403)
        except Malformed:
            log.warning("callback that cannot be read", provider=name)
            return PlainTextResponse("This cannot be read.\n", status_code=400)

    async def _take(
        self, name: str, receiver: ReceivesWebhooks, heard: HttpRequest, token: str | None
    ) -> HttpReply:
        try:
            return receiver.answer(heard, await self._hear(name, receiver, heard, token))
        except WebhookError:
            raise
        except Exception:
            log.exception("callback broke", provider=name)
        empty = receiver.answer(heard, None)
        # Where a document is due somebody is on the line: a valid one, now. The rest shall be sent again.
        return empty if empty.body else HttpReply(status=503)

    async def _hear(
        self, name: str, receiver: ReceivesWebhooks, heard: HttpRequest, token: str | None
    ) -> CallFlow | None:
        """Pass on what happened; returns the orders to answer with."""
        incoming = receiver.incoming(heard)
        flow = None if incoming is None else (await self._inbox.incoming(incoming))[1]
        for event in receiver.events(heard):
            await self._inbox.happened(name, event)
        if incoming is not None or token is None:
            return flow
        flow = await self._inbox.flow_of(Token(token))
        if flow is None:
            log.warning("callback for a token nobody knows", provider=name)
        return flow


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
