"""Slack as a `ChatPlatform`: what is said to one person, what is posted, and what is edited.

The way in is `door.py`. Nothing here is kept but what may be lost: the addresses that Slack gives for half an
hour, and whom to write to where we are not let in.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.chat.slack import OFFICIAL, PLATFORM, incoming, signing
from adapters.chat.slack.api import UNREACHABLE, Api
from adapters.chat.slack.checking import look_over
from adapters.chat.slack.door import Door
from adapters.chat.slack.forms import FORMS
from adapters.chat.slack.incoming import Payload, Us
from adapters.chat.slack.people import People
from adapters.chat.slack.rendering import (
    MESSAGE,
    ROW,
    Message,
    card_details,
    card_message,
    home_view,
    reply_messages,
)
from adapters.chat.slack.socket import Socket
from bot.domain import replies
from bot.domain.card import Card, Home, Reply, ReplyKind
from bot.domain.errors import OutcomeUnknown, Rejected, StorageUnavailable
from bot.domain.people import Asker, Room
from bot.ports.chat import ChatInbox, ChatLimits, Inbound, MessageRef
from bot.ports.clock import Clock
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Audio

log = structlog.get_logger(__name__)

TAKEN_WITHIN: Final = 2.3
"""Seconds until a person is told that nothing was taken: Slack gives up after three."""
LAST_WORDS: Final = 1.0
POST_EVERY: Final = 1.1
"""Seconds; Slack wants one between the posts of a channel, and requests do not all travel equally fast."""
EDIT_EVERY: Final = 2.1
QUIET_ROOM: Final = 1.5
"""Seconds without a post in a channel, after which details may follow: cards come first."""
MOST: Final = 2000
"""Of everything that is remembered for a while."""
RESPONSES: Final = 5
RESPONSE_LIFE: Final = 1740.0
"""Seconds; Slack takes answers for thirty minutes."""
_KINDS: Final = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
}


@dataclass(slots=True)
class _Response:
    """An address that answers reach their asker by, wherever it was typed. As good as a secret."""

    url: str
    until: float
    left: int = RESPONSES


class Slack:
    """One app in one workspace."""

    name = PLATFORM
    limits = ChatLimits(
        text=MESSAGE, buttons=ROW, can_edit=True, edit_every=EDIT_EVERY, post_every=POST_EVERY
    )

    def __init__(
        self,
        *,
        api: Api,
        clock: Clock,
        command: str,
        app_token: str | None = None,
        signing_secret: str | None = None,
        public_url: str | None = None,
    ) -> None:
        self._api = api
        self._clock = clock
        self._command = command
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._public_url = public_url
        self._people = People(api, clock)
        self._door = Door(self, OFFICIAL)
        self._inbox: ChatInbox | None = None
        self._us: Us | None = None
        self._asking = asyncio.Lock()
        self._errands: set[asyncio.Future[None]] = set()
        self._responses: OrderedDict[tuple[str, str], _Response] = OrderedDict()
        self._typed_by: OrderedDict[str, str] = OrderedDict()  # channel → who typed there last
        self._posted: OrderedDict[str, float] = OrderedDict()  # channel → when something was posted last
        self._details: OrderedDict[str, str] = OrderedDict()  # card's ts → what stands in its thread

    # --- the way in -------------------------------------------------------------------------

    async def run(self, inbox: ChatInbox) -> None:
        """Listen until cancelled. Without Slack it starts all the same, and asks again."""
        self._inbox = inbox
        async with self._api.session() as session:
            self.errand(self._introduce_ourselves())
            if self._app_token is not None:
                self.errand(self._socket(self._app_token).run(session))
            try:
                await asyncio.Event().wait()
            finally:
                await self._drop_errands()

    def _socket(self, token: str) -> Socket:
        enter, errand = self._door.enter, self.errand
        return Socket(api=self._api, token=token, enter=enter, errand=errand, clock=self._clock)

    async def _drop_errands(self) -> None:
        for errand in self._errands:
            errand.cancel()
        if self._errands:
            await asyncio.wait(self._errands, timeout=LAST_WORDS)

    async def handle(self, request: HttpRequest) -> HttpReply:
        """401 for what Slack has not signed. 503 until `run` has begun, so that it is sent again."""
        secret, now = self._signing_secret, self._clock.now()
        if secret is None or not signing.signed(secret, request.headers, request.body, now):
            return HttpReply(status=401, body=b"The signature does not fit.\n")
        if self._inbox is None:
            return HttpReply(status=503, body=b"Please try again.\n")
        body = request.body.decode("utf-8", "replace")
        headers: dict[str, str | Sequence[str]] = dict(request.headers)
        response = await self._door.enter(AsyncBoltRequest(body=body, headers=headers))
        others = {name: value for name, value in response.first_headers().items() if name != "content-type"}
        return HttpReply(
            status=response.status,
            body=response.body.encode(),
            content_type=response.first_headers()["content-type"],
            headers=others,
        )

    async def introduce(self, inbound: Inbound) -> Inbound:
        """With the person's name, standing and time zone from their profile."""
        return await self._people.introduce(inbound, (await self.us()).team)

    async def check(self) -> Sequence[str]:
        """The first thing to mend, if anything."""
        mend = await look_over(
            self._api,
            app_token=self._app_token,
            signing_secret=self._signing_secret,
            public_url=self._public_url,
            now=self._clock.now(),
        )
        return (mend,) if mend else ()

    # --- for the door -----------------------------------------------------------------------

    def now(self) -> datetime:
        """The wall clock."""
        return self._clock.now()

    async def us(self) -> Us:
        """Which workspace and which bot we are; asked of Slack until it has answered once."""
        if self._us is None:
            async with self._asking:
                if self._us is None:
                    who = await self._api.call("auth.test")
                    self._us = Us(team=who["team_id"], user=who["user_id"], bot=who.get("bot_id", ""))
        return self._us

    async def _introduce_ourselves(self) -> None:
        while self._us is None:
            try:
                await self.us()
            except Exception as error:  # noqa: BLE001 - Slack may be down in any way; it is asked again
                log.warning("slack does not say who we are", error=type(error).__name__, detail=str(error))
                await self._clock.sleep(5.0)

    async def take(self, inbound: Inbound) -> bool:
        """One row. False when it could not be written in time; then it is not acted on."""
        assert self._inbox is not None, "the door opens with run"
        writing = asyncio.ensure_future(self._inbox.put(inbound))
        done, _ = await asyncio.wait({writing}, timeout=TAKEN_WITHIN)
        if not done:
            # Not waited for: letting go may take as long as the database does.
            writing.cancel()
            self.errand(writing)
            return False
        try:
            await writing
        except StorageUnavailable:
            return False
        return True

    @property
    def not_taken(self) -> str:
        """The core's words."""
        return replies.error_words(StorageUnavailable())

    def errand(self, errand: Awaitable[Any]) -> None:
        """Run beside everything else; what becomes of it concerns nobody but the log."""
        task = asyncio.ensure_future(_quietly(errand))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def remember(self, inbound: Inbound, response_url: str | None) -> None:
        """How this person can be answered where we may not speak."""
        channel, user = inbound.room.channel, inbound.asker.user
        _keep(self._typed_by, channel, user)
        if response_url:
            response = _Response(response_url, self._clock.boot() + RESPONSE_LIFE)
            _keep(self._responses, (channel, user), response)

    def changed(self, user: str) -> None:
        """Their profile is to be asked for again."""
        self._people.forget(user)

    async def tell_not_taken(self, inbound: Inbound) -> None:
        await self.reply(inbound.room, inbound.asker, Reply(text=self.not_taken, kind=ReplyKind.ERROR))

    async def say_no_number(self, payload: Payload) -> None:
        us = await self.us()
        asker = incoming.asker_of(us, payload["user"]["id"], incoming.team_of(payload))
        channel = (payload.get("channel") or {}).get("id") or asker.user
        await self.reply(
            incoming.room_of(us, channel), asker, Reply(text=replies.NO_NUMBER, kind=ReplyKind.ERROR)
        )

    async def open_form(self, trigger: str, form: str, channel: str | None) -> None:
        """Harmless where that form is unknown."""
        if form in FORMS:
            await self._api.call("views.open", trigger_id=trigger, view=FORMS[form](channel))

    # --- the way out ------------------------------------------------------------------------

    async def post(self, room: Room, card: Card) -> MessageRef:
        """Where we are not let in, it goes to whoever typed there last, in a direct message."""
        message = card_message(card)
        try:
            posted = await self._say(room.channel, message, room.thread)
        except Rejected as closed:
            user = self._typed_by.get(room.channel)
            if closed.code not in UNREACHABLE or user is None:
                raise
            posted = await self._say(user, message)
        ref = MessageRef(channel=str(posted.get("channel", room.channel)), message=str(posted["ts"]))
        self._follow_up(ref, room, card)
        return ref

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        """Raises Rejected when the message is gone."""
        message = card_message(card)
        await self._turn(ref.channel)
        await self._api.call("chat.update", channel=ref.channel, ts=ref.message, **_unlinked(message))
        if card.final:
            self._follow_up(ref, room, card)

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        """Ephemeral in a channel; where we may not speak, by the way the question came, or directly."""
        for message in reply_messages(reply):
            try:
                await self._answer(room, asker, message, private=reply.private)
            except Rejected as closed:
                if closed.code not in UNREACHABLE:
                    raise
                await self._answer_elsewhere(room, asker, message)

    async def show_home(self, asker: Asker, home: Home) -> None:
        """Their page, as it is from now on."""
        channel = await self._people.direct(asker.user)
        await self._api.call("views.publish", user_id=asker.user, view=home_view(home, channel))

    async def send_audio(self, room: Room, name: str, audio: Audio) -> None:
        """Raises Rejected where the scope or the channel does not allow it."""
        kind = _KINDS.get(audio.content_type.partition(";")[0].strip(), "wav")
        file = name if "." in name else f"{name}.{kind}"
        await self._api.upload(channel=room.channel, thread=room.thread, name=file, data=audio.data)

    async def _answer(self, room: Room, asker: Asker, message: Message, *, private: bool) -> None:
        if private and not room.private:
            await self._api.call(
                "chat.postEphemeral",
                creates=True,
                channel=room.channel,
                user=asker.user,
                thread_ts=room.thread,
                **_unlinked(message),
            )
        else:
            await self._say(room.channel, message, room.thread)

    async def _answer_elsewhere(self, room: Room, asker: Asker, message: Message) -> None:
        response = self._responses.get((room.channel, asker.user))
        if response is not None and response.left and response.until > self._clock.boot():
            response.left -= 1
            try:
                await self._api.respond(response.url, response_type="ephemeral", **_unlinked(message))
                return
            except Rejected:
                response.left = 0
        await self._say(asker.user, message)

    async def _say(self, channel: str, message: Message, thread: str | None = None) -> Any:
        await self._turn(channel)
        return await self._api.call(
            "chat.postMessage", creates=True, channel=channel, thread_ts=thread, **message.fields()
        )

    async def _turn(self, channel: str) -> None:
        """Wait for one's place in the pace of a channel: cards, answers and details share it."""
        now = self._clock.boot()
        turn = max(now, self._posted.get(channel, now - POST_EVERY) + POST_EVERY)
        _keep(self._posted, channel, turn)
        if turn > now:
            await self._clock.sleep(turn - now)

    # --- details ----------------------------------------------------------------------------

    def _follow_up(self, ref: MessageRef, room: Room, card: Card) -> None:
        details = card_details(card)
        if details is not None and self._details.get(ref.message) != details.text:
            _keep(self._details, ref.message, details.text)
            self.errand(self._put_into_thread(ref, room.thread or ref.message, details))

    async def _put_into_thread(self, ref: MessageRef, thread: str, details: Message) -> None:
        """When the room is quiet: no card has to wait for it."""
        while self._clock.boot() - self._posted.get(ref.channel, 0.0) < QUIET_ROOM:
            await self._clock.sleep(QUIET_ROOM / 3)
        await self._say(ref.channel, details, thread)


def _unlinked(message: Message) -> dict[str, Any]:
    """For methods that fetch no links anyway, and take no word about it."""
    return {"text": message.text, "blocks": list(message.blocks)}


def _keep(memory: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    """The latest, and not more of them than we can do with."""
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > MOST:
        memory.popitem(last=False)


async def _quietly(errand: Awaitable[Any]) -> None:
    try:
        await errand
    except (Rejected, OutcomeUnknown) as error:
        log.warning("slack errand", detail=error.detail, code=error.code)
    except Exception as error:  # noqa: BLE001 - nobody waits for it
        log.warning("slack errand", error=type(error).__name__)
