"""The Bot API as we use it: what is said within its pace, its refusals as our errors, groups that move.

No error of this file carries the token: the library's own words may, so they go no further than here.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx
import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    User,
    WebhookInfo,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from adapters.chat.telegram import PLATFORM
from adapters.chat.telegram.pace import Pace
from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable
from bot.ports.clock import Clock
from bot.ports.voice import Audio

log = structlog.get_logger(__name__)

T = TypeVar("T")
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None

UPDATES: Final = ("message", "callback_query", "my_chat_member")
"""What Telegram is to tell us. An edited message is not among it: an edit never dials again."""
A_MOMENT: Final = 1.0
"""Seconds that a card waits here for its turn; for longer it is put off."""
POLL_FOR: Final = 25
QUIET_FOR: Final = 5.0
"""Seconds, where a 429 does not say."""
LARGEST_VOICE: Final = 1024 * 1024
NOT_FOR_A_TOKEN: Final = 60.0
"""Seconds between tries while Telegram does not know our token."""
_PREVIEWS: Final = LinkPreviewOptions(is_disabled=True)
_THREAD_GONE: Final = re.compile(r"thread not found|topic_(closed|deleted)|topic (is )?closed", re.IGNORECASE)
_UNREADABLE: Final = re.compile(r"can't parse entities", re.IGNORECASE)
_UNCHANGED: Final = re.compile(r"message is not modified", re.IGNORECASE)
_MARKUP: Final = re.compile(r"<[^>]*>")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


class Flooded(TelegramError):
    """429, with the seconds to be quiet. The library's own RetryAfter warns whenever one is made."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too many requests: quiet for {seconds:g} s")
        self.seconds = seconds


class _Request(HTTPXRequest):
    """The library's requests; a 429 is ours to read."""

    async def do_request(self, *arguments: Any, **more: Any) -> tuple[int, bytes]:
        """Status and body. Raises Flooded."""
        status, body = await super().do_request(*arguments, **more)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Flooded(_quiet_for(body))
        return status, body


def _quiet_for(body: bytes) -> float:
    try:
        return float(json.loads(body)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return QUIET_FOR


class _Bot(Bot):
    """The library's bot, with updates as they come."""

    async def updates(self, offset: int | None) -> Sequence[Any]:
        """Unread: one update that the library cannot read must not keep back the others."""
        asked = {"timeout": POLL_FOR, "offset": offset, "allowed_updates": list(UPDATES)}
        found: Sequence[Any] = await self._post("getUpdates", asked, read_timeout=POLL_FOR + 10.0)
        return found


class Client:
    """One bot. Raises Rejected for what will never work (a blocked bot, a chat or message that is gone),
    Unavailable for what may work later, and OutcomeUnknown where a message may have been sent all the same.
    """

    def __init__(self, *, token: str, api_url: str, clock: Clock) -> None:
        for name in ("httpx", "httpcore"):  # they log addresses, and the token is part of every one
            logging.getLogger(name).setLevel(logging.WARNING)
        self._requests = (
            _Request(connection_pool_size=32, read_timeout=8.0, connect_timeout=3.0, pool_timeout=3.0),
            _Request(connection_pool_size=2, read_timeout=8.0, connect_timeout=3.0),
        )
        self._bot = _Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )
        self._token = token
        self._clock = clock
        self._pace = Pace()
        self._moved: dict[str, str] = {}
        self.on_moved: Callable[[str, str], None] = lambda _old, _new: None

    @property
    def id(self) -> int:
        """The bot's own user id, which its token begins with."""
        return int(self._token.partition(":")[0])

    @property
    def bot(self) -> Bot:
        """For reading updates."""
        return self._bot

    async def close(self) -> None:
        """Let go of every connection. Harmless twice."""
        for request in self._requests:
            await request.shutdown()

    # --- about the bot ------------------------------------------------------------------------

    async def me(self) -> User:
        """Who we are."""
        return await self._ask(self._bot.get_me())

    async def webhook(self) -> WebhookInfo:
        """Where Telegram calls, and how that went lately."""
        return await self._ask(self._bot.get_webhook_info())

    async def set_webhook(self, url: str, secret: str) -> None:
        """What waits on Telegram's side is kept."""
        await self._ask(self._bot.set_webhook(url=url, secret_token=secret, allowed_updates=list(UPDATES)))

    async def remove_webhook(self) -> None:
        """What waits on Telegram's side is kept."""
        await self._ask(self._bot.delete_webhook(drop_pending_updates=False))

    async def updates(self, offset: int | None) -> Sequence[Any]:
        """Unread updates from `offset` on; waits some seconds for the first one."""
        return await self._ask(self._bot.updates(offset))

    async def commands(self, scope: BotCommandScope, language: str) -> Sequence[BotCommand]:
        """What is offered behind the slash there."""
        return await self._ask(self._bot.get_my_commands(scope=scope, language_code=language or None))

    async def set_commands(
        self, commands: Sequence[BotCommand], scope: BotCommandScope, language: str
    ) -> None:
        await self._ask(self._bot.set_my_commands(commands, scope=scope, language_code=language or None))

    # --- speaking -----------------------------------------------------------------------------

    async def send(
        self,
        chat: str,
        thread: str | None,
        html: str,
        markup: Markup = None,
        *,
        patience: float = A_MOMENT,
        more: int = 0,
    ) -> tuple[str, str]:
        """Where it stands now: (chat, message). Without its topic when that is gone.

        `more` messages will follow into the same chat: there shall be room for all of them.
        """

        async def request(to: str, topic: int | None, text: str, mode: str | None) -> tuple[str, str]:
            message = await self._bot.send_message(
                chat_id=int(to),
                text=text,
                parse_mode=mode,
                message_thread_id=topic,
                reply_markup=markup,
                link_preview_options=_PREVIEWS,
            )
            return str(message.chat.id), str(message.message_id)

        await self._turn(self._moved.get(chat, chat), patience=patience, messages=1 + more)
        return await self._readable(chat, thread, html, request)

    async def edit(
        self, chat: str, message: str, html: str, markup: InlineKeyboardMarkup | None, *, urgent: bool
    ) -> None:
        """Nothing happens where nothing has changed. Raises Rejected when the message is gone."""
        if chat in self._moved:
            raise Rejected(PLATFORM, "the message stayed behind when its group moved")

        async def request(to: str, _: int | None, text: str, mode: str | None) -> None:
            await self._bot.edit_message_text(
                chat_id=int(to),
                message_id=int(message),
                text=text,
                parse_mode=mode,
                reply_markup=markup,
                link_preview_options=_PREVIEWS,
            )

        await self._turn(chat, patience=A_MOMENT, urgent=urgent)
        try:
            await self._readable(chat, None, html, request)
        except Rejected as refused:
            if not _UNCHANGED.search(refused.detail):
                raise
        except OutcomeUnknown as lost:
            raise Unavailable(PLATFORM, lost.detail) from None  # an edit can be repeated

    async def answer(self, query: str, text: str = "") -> None:
        """Close a press, with words for the presser alone. Raises Rejected when it is too old for that."""
        await self._ask(
            self._bot.answer_callback_query(query, text=text or None, show_alert=bool(text) or None)
        )

    async def send_audio(self, chat: str, thread: str | None, name: str, audio: Audio) -> None:
        """As a voice message where the format is one, else as audio, else as a file."""
        await self._turn(self._moved.get(chat, chat), patience=60.0)
        *better, last = _kinds(audio)
        for kind in better:
            try:
                await self._in_topic(chat, thread, _audio(self._bot, kind, name, audio))
            except Rejected as refused:
                log.info("audio refused", kind=kind, detail=refused.detail)
            else:
                return
        await self._in_topic(chat, thread, _audio(self._bot, last, name, audio))

    # --- how ----------------------------------------------------------------------------------

    async def _turn(self, chat: str, *, patience: float, urgent: bool = True, messages: int = 1) -> None:
        """Returns when it is our turn. Raises Unavailable when that takes longer than `patience` seconds."""
        while True:
            wait = self._pace.wait(chat, urgent=urgent, now=self._clock.boot(), messages=messages)
            if wait > patience:
                raise Unavailable(PLATFORM, "the chat has been told enough for now", retry_after=wait)
            if wait <= 0:
                self._pace.said(chat, self._clock.boot())
                return
            await self._clock.sleep(wait)

    async def _readable(
        self,
        chat: str,
        thread: str | None,
        html: str,
        request: Callable[[str, int | None, str, str | None], Awaitable[T]],
    ) -> T:
        """Mark-up that Telegram cannot read costs the looks, never the message."""
        try:
            return await self._in_topic(
                chat, thread, lambda to, topic: request(to, topic, html, ParseMode.HTML)
            )
        except Rejected as refused:
            if not _UNREADABLE.search(refused.detail):
                raise
        log.error("mark-up that Telegram cannot read")
        return await self._in_topic(chat, thread, lambda to, topic: request(to, topic, _plain(html), None))

    async def _in_topic(
        self, chat: str, thread: str | None, request: Callable[[str, int | None], Awaitable[T]]
    ) -> T:
        topic = int(thread) if thread else None
        try:
            return await self._say(chat, lambda to: request(to, topic))
        except Rejected as refused:
            if topic is None or not _THREAD_GONE.search(refused.detail):
                raise
        return await self._say(chat, lambda to: request(to, None))

    async def _say(self, chat: str, request: Callable[[str], Awaitable[T]]) -> T:
        """Where the group has moved to, if it has."""
        to = self._moved.get(chat, chat)
        try:
            return await request(to)
        except ChatMigrated as moved:
            new = self._moved[to] = self._moved[chat] = str(moved.new_chat_id)
            self.on_moved(to, new)
        except TelegramError as error:
            raise self._translated(error, to, says=True) from None
        return await self._ask(request(new), new)

    async def _ask(self, asked: Awaitable[T], chat: str = "") -> T:
        try:
            return await asked
        except TelegramError as error:
            raise self._translated(error, chat) from None

    def _translated(self, error: TelegramError, chat: str, *, says: bool = False) -> ProviderError:
        """Order matters: the library derives refusals and time-outs from network errors."""
        words = error.message.replace(self._token, "…")
        match error:
            case Flooded():
                self._pace.be_quiet(chat, self._clock.boot() + error.seconds)
                return Unavailable(PLATFORM, "too much at once", retry_after=error.seconds)
            case InvalidToken():
                return Unavailable(
                    PLATFORM, "the bot's token is not valid", code="401", retry_after=NOT_FOR_A_TOKEN
                )
            case Forbidden() | BadRequest():
                return Rejected(PLATFORM, words)
            case _ if says and _may_have_arrived(error):
                return OutcomeUnknown(PLATFORM, words)
            case _:
                return Unavailable(PLATFORM, words, code=type(error).__name__)


def _may_have_arrived(error: TelegramError) -> bool:
    """It left, and no answer came. An answer that says "broken" means that nothing was sent."""
    never_left = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    cause = error.__cause__
    return isinstance(cause or error, httpx.HTTPError | TimedOut) and not isinstance(cause, never_left)


def _plain(html: str) -> str:
    text = _MARKUP.sub("", html)
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    return text


def _audio(bot: Bot, kind: str, name: str, audio: Audio) -> Callable[[str, int | None], Awaitable[None]]:
    async def request(to: str, topic: int | None) -> None:
        file = InputFile(audio.data, filename=_file_name(name, audio))
        common: dict[str, Any] = {"chat_id": int(to), "message_thread_id": topic, "protect_content": True}
        match kind:
            case "voice":
                await bot.send_voice(voice=file, caption=name, **common)
            case "audio":
                await bot.send_audio(audio=file, caption=name, title=name, **common)
            case _:
                await bot.send_document(document=file, caption=name, **common)

    return request


def _kinds(audio: Audio) -> Sequence[str]:
    is_voice = audio.content_type.partition(";")[0] in ("audio/ogg", "audio/opus")
    return (*(("voice",) if is_voice and len(audio.data) <= LARGEST_VOICE else ()), "audio", "document")


_ENDINGS: Final = {
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/wave": ".wav",
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "audio/opus": ".ogg",
}


def _file_name(name: str, audio: Audio) -> str:
    """Telegram judges a file by its ending."""
    ending = _ENDINGS.get(audio.content_type.partition(";")[0], "")
    return name if not ending or name.lower().endswith(ending) else f"{name}{ending}"
