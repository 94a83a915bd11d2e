"""Telegram as a `ChatPlatform`: who is shown what, and where. How it looks is `rendering.py`, how fast it may
be said `pace.py`, and what comes in `listener.py`.
"""

from collections.abc import Sequence
from typing import Final

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from adapters.chat.telegram import PLATFORM, rendering
from adapters.chat.telegram.client import Client, Markup
from adapters.chat.telegram.listener import Listener
from adapters.chat.telegram.presses import OpenPresses
from bot.domain.card import Card, Reply
from bot.domain.errors import ProviderError, Rejected, Unavailable
from bot.domain.people import Asker, Room
from bot.domain.phrases import hide_numbers
from bot.domain.replies import PRIVATELY, SECRETLY
from bot.ports.chat import ChatInbox, ChatLimits, MessageRef
from bot.ports.clock import Clock
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.voice import Audio

SHARE: Final = "Share my phone number"
GO_PRIVATE: Final = "Open a private chat"


class Telegram:
    """One bot. `webhook` and `secrets` as in `Listener`."""

    def __init__(self, *, client: Client, clock: Clock, webhook: str | None, secrets: Sequence[str]) -> None:
        self._client = client
        self._webhook = webhook
        self._presses = OpenPresses()
        self._listener = Listener(
            client=client,
            clock=clock,
            webhook=webhook,
            secrets=secrets,
            presses=self._presses,
            say=self.reply,
        )

    @property
    def name(self) -> str:
        """As rooms, askers and `PATCHLINE_ADMINS` spell it."""
        return PLATFORM

    @property
    def limits(self) -> ChatLimits:
        """The pace in a group is slower still, and kept by the client."""
        return ChatLimits(text=rendering.LONGEST, buttons=24, can_edit=True, edit_every=2.0, post_every=1.0)

    async def run(self, inbox: ChatInbox) -> None:
        """Listen until cancelled; then let go of every connection."""
        try:
            await self._listener.run(inbox)
        finally:
            await self._client.close()

    async def handle(self, request: HttpRequest) -> HttpReply:
        """What Telegram brings to our webhook."""
        return await self._listener.handle(request)

    # --- the way out --------------------------------------------------------------------------

    async def post(self, room: Room, card: Card) -> MessageRef:
        """Raises Rejected when nobody can be told there, Unavailable when later."""
        chat, message = await self._client.send(
            room.channel, room.thread, rendering.card_html(card), rendering.keyboard(card.buttons)
        )
        return MessageRef(channel=chat, message=message)

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        """Raises Rejected when the message is gone, Unavailable when it is not its turn."""
        html, keyboard = rendering.card_html(card), rendering.keyboard(card.buttons)
        await self._client.edit(ref.channel, ref.message, html, keyboard, urgent=card.final)

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        """To a press in a group as words for the presser alone, where they are short enough.

        A whole number, or a secret, never goes into a group: it is sent to the asker's own chat with us.
        """
        if room.private:
            await self._pages(room, rendering.reply_pages(reply), _markup(reply))
            return
        query = self._presses.take(room.key, asker.key)
        if query is not None and await self._shown_to_presser(query, reply):
            return
        if reply.secret or (reply.private and hide_numbers(reply.text) != reply.text):
            await self._in_private(room, asker, reply)
        else:
            await self._in_public(room, asker, reply)

    async def send_audio(self, room: Room, name: str, audio: Audio) -> None:
        """It cannot be passed on from there."""
        await self._client.send_audio(room.channel, room.thread, name, audio)

    async def close(self) -> None:
        """For whoever has not run it. Harmless twice."""
        await self._client.close()

    # --- looking it over ----------------------------------------------------------------------

    async def check(self) -> list[str]:
        """What has to be mended before Telegram works, each with what to do. Lets go of its connections."""
        try:
            return await self._problems()
        except Unavailable as error:
            if error.code == "401":
                return ["TELEGRAM_BOT_TOKEN: Telegram does not know it; BotFather shows the right one."]
            return [f"Telegram cannot be reached ({error.detail}). Is this machine online?"]
        except ProviderError as error:
            return [f"Telegram refused: {error.detail}."]
        finally:
            await self._client.close()

    async def _problems(self) -> list[str]:
        await self._client.me()
        info = await self._client.webhook()
        if self._webhook is None or not (info.last_error_message and info.pending_update_count):
            return []
        return [
            f"PUBLIC_URL: Telegram cannot deliver there ({info.last_error_message}), and "
            f"{info.pending_update_count} updates wait. Make it reachable from outside, "
            "with a certificate that browsers trust."
        ]

    # --- how ----------------------------------------------------------------------------------

    async def _pages(self, room: Room, pages: Sequence[str], markup: Markup) -> None:
        """The buttons stand under the last one. Only the first may be put off: nothing is said twice."""
        for n, page in enumerate(pages):
            more = len(pages) - n - 1
            await self._client.send(
                room.channel,
                room.thread,
                page,
                None if more else markup,
                patience=60.0 if n else 0.0,
                more=more,
            )

    async def _shown_to_presser(self, query: str, reply: Reply) -> bool:
        """False when it cannot be: too long, too late, or with buttons of its own."""
        words = rendering.clean(reply.text)
        fits = not reply.buttons and rendering.units(words) <= rendering.LONGEST_ALERT
        try:
            await self._client.answer(query, words if fits else "")
        except Rejected:
            return False
        return fits

    async def _in_private(self, room: Room, asker: Asker, reply: Reply) -> None:
        alone = Room(platform=PLATFORM, workspace=room.workspace, channel=asker.user, private=True)
        try:
            await self._pages(alone, rendering.reply_pages(reply), _markup(reply))
        except Rejected:
            words = SECRETLY if reply.secret else f"{hide_numbers(reply.text)}\n{PRIVATELY}"
            masked = Reply(text=words, kind=reply.kind, wants_number=True)
            await self._in_public(room, asker, masked)

    async def _in_public(self, room: Room, asker: Asker, reply: Reply) -> None:
        markup = rendering.keyboard(reply.buttons) or (self._private_link() if reply.wants_number else None)
        await self._pages(room, rendering.reply_pages(reply, to=(asker.user, asker.name)), markup)

    def _private_link(self) -> InlineKeyboardMarkup | None:
        me = self._listener.me
        if me is None or not me.username:
            return None
        url = f"https://t.me/{me.username}?start=hello"
        return InlineKeyboardMarkup([[InlineKeyboardButton(GO_PRIVATE, url=url)]])


def _markup(reply: Reply) -> Markup:
    """One message can show buttons, or ask for the number, not both."""
    if reply.buttons:
        return rendering.keyboard(reply.buttons)
    if reply.wants_number:
        share = KeyboardButton(SHARE, request_contact=True)
        return ReplyKeyboardMarkup([[share]], one_time_keyboard=True, resize_keyboard=True)
    return ReplyKeyboardRemove() if reply.wants_number is False else None
