"""The way in, by webhook or by polling. An update is checked, read, written down and acknowledged, and
nothing more: the work comes afterwards, in the core.
"""

import asyncio
import hmac
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from telegram import Message, Update
from telegram.constants import ChatType

from adapters.chat.telegram import PLATFORM, commands
from adapters.chat.telegram.beside import Beside
from adapters.chat.telegram.client import NOT_FOR_A_TOKEN, UPDATES, Client
from adapters.chat.telegram.incoming import Me, asker_of, heard, is_forwarded, moved, room_of
from adapters.chat.telegram.presses import OpenPresses
from bot.domain.card import Reply
from bot.domain.errors import ProviderError, Rejected, StorageUnavailable, Unavailable
from bot.domain.people import Asker, Room
from bot.domain.replies import FORWARDED, error_reply
from bot.ports.chat import ChatInbox, Inbound
from bot.ports.clock import Clock
from bot.ports.http import HttpReply, HttpRequest

log = structlog.get_logger(__name__)

T = TypeVar("T")
Say = Callable[[Room, Asker, Reply], Awaitable[None]]

PATIENCE: Final = 2.2
"""Seconds a message may take to be written down; then its sender is told to repeat it, within 2.5 s."""
PRESS_OPEN: Final = 5.0
"""Seconds a press in a group waits for words; then the presser's client stops waiting, without any."""
SURELY_FRESH: Final = 45.0
"""Seconds within which we have looked for updates, so that a press cannot have waited for us."""
FULL_BATCH: Final = 100
SECRET: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
MOST_NAMES: Final = 10_000
TRIES: Final = 4


class Listener:
    """`webhook` is where Telegram is to call us (None: we poll); any of `secrets` is believed there, the
    first is told. `say` is for the few words that cannot wait for the core.
    """

    def __init__(
        self,
        *,
        client: Client,
        clock: Clock,
        webhook: str | None,
        secrets: Sequence[str],
        presses: OpenPresses,
        say: Say,
    ) -> None:
        self.me: Me | None = None
        self._client = client
        self._clock = clock
        self._webhook = webhook
        self._secrets = secrets
        self._presses = presses
        self._say = say
        self._inbox: ChatInbox | None = None
        self._names: dict[str, int] = {}
        self._may_be_old = 0
        self._beside = Beside()
        client.on_moved = self._has_moved

    async def run(self, inbox: ChatInbox) -> None:
        """Until cancelled. Telegram being out of reach stops nobody else: it is tried again."""
        try:
            self.me = await self._introduced()
            self._inbox = inbox
            self._beside.begin(self._tell_commands())
            if self._webhook is not None:
                await self._patiently(partial(self._announce, self._webhook))
                await asyncio.Event().wait()
            await self._patiently(self._without_webhook)
            await self._poll()
        finally:
            self._inbox = None
            await self._beside.end()

    async def handle(self, request: HttpRequest) -> HttpReply:
        """One update. 403 without our secret, 503 (it is sent again) until we listen; else 200."""
        given = request.headers.get(SECRET, "").encode()
        ours = any(hmac.compare_digest(given, each.encode()) for each in self._secrets)
        if self._webhook is None or not ours:
            log.warning("webhook without our secret", chat=PLATFORM)
            return HttpReply(status=403)
        if self._inbox is None:
            return HttpReply(status=503)
        try:
            raw = json.loads(request.body)
        except ValueError:
            log.warning("update that is no JSON", chat=PLATFORM)
            return HttpReply()
        await self._take(raw)
        self._may_be_old = max(0, self._may_be_old - 1)
        return HttpReply()

    # --- beginning ----------------------------------------------------------------------------

    async def _introduced(self) -> Me:
        """Without our own name we could not tell what is meant for us."""
        me = await self._patiently(self._client.me)
        return Me(id=me.id, username=me.username or "", commands=commands.IN_GROUPS)

    async def _announce(self, url: str) -> None:
        """Only when it has changed: setting it again and again is asking for 429."""
        info = await self._client.webhook()
        self._may_be_old = info.pending_update_count
        if info.url != url or set(info.allowed_updates) != set(UPDATES):
            await self._client.set_webhook(url, self._secrets[0])

    async def _without_webhook(self) -> None:
        if (await self._client.webhook()).url:
            await self._client.remove_webhook()

    async def _tell_commands(self) -> None:
        try:
            await commands.tell(self._client)
        except ProviderError as refused:
            log.warning("command list not set", chat=PLATFORM, detail=refused.detail)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer, ever more slowly."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await ask()
            except ProviderError as error:
                wait = getattr(error, "retry_after", None) or pause
                alarm = log.error if wait >= NOT_FOR_A_TOKEN else log.warning
                alarm("Telegram cannot be asked", detail=error.detail, code=error.code)
            await self._clock.sleep(wait)
            pause = min(LONGEST_PAUSE, pause * 2)

    # --- polling ------------------------------------------------------------------------------

    async def _poll(self) -> None:
        """Asking for the next updates acknowledges those before, which have been written down by then."""
        offset: int | None = None
        caught_up: float | None = None
        while True:
            updates = await self._patiently(partial(self._client.updates, offset))
            now = self._clock.boot()
            fresh = caught_up is not None and now - caught_up < SURELY_FRESH
            self._may_be_old = 0 if fresh else len(updates)
            caught_up = now if len(updates) < FULL_BATCH else caught_up
            await self._take_side_by_side(updates)
            offset = max((_number(each) + 1 for each in updates), default=offset)

    async def _take_side_by_side(self, updates: Sequence[Any]) -> None:
        """Those of one chat in their order; no chat waits for another."""
        chats: dict[Any, list[Any]] = defaultdict(list)
        for update in updates:
            chats[_chat(update)].append(update)

        async def in_order(those: Sequence[Any]) -> None:
            for update in those:
                await self._take(update)

        await asyncio.gather(*map(in_order, chats.values()))

    # --- one update ---------------------------------------------------------------------------

    async def _take(self, raw: Any) -> None:
        """Write it down, or tell whoever sent it that it was not taken. Does not raise, whatever it is: what
        we refuse, Telegram sends again for hours."""
        assert self.me is not None
        try:
            update = Update.de_json(raw, self._client.bot)
            self._remember(update)
            inbound = heard(update, self.me, self._names, self._pressed_at(update))
        except Exception:
            log.exception("update that cannot be read", chat=PLATFORM, kinds=_kinds(raw))
            return
        query = update.callback_query.id if update.callback_query else None
        if inbound is None:
            self._nothing_to_us(update, query)
            return
        if query is not None and not inbound.room.private:
            self._presses.add(inbound.room.key, inbound.asker.key, query)
        if not await self._written_down(inbound):
            self._beside.begin(self._not_taken(inbound, query))
        elif query is not None:
            self._beside.begin(self._close_press(query, inbound.room))

    async def _written_down(self, inbound: Inbound) -> bool:
        """In time: a database that stalls may not keep the acknowledgement back."""
        assert self._inbox is not None
        writing = self._beside.begin(_put(self._inbox, inbound))
        done, _ = await asyncio.wait([writing], timeout=PATIENCE)
        if not done:
            writing.cancel()
            log.warning("database too slow: not taken", chat=PLATFORM)
        return bool(done) and writing.result()

    def _pressed_at(self, update: Update) -> datetime:
        """Telegram tells no time of a press. Of one that may have waited we only know what it stood under."""
        query = update.callback_query
        if self._may_be_old and query is not None and isinstance(query.message, Message):
            return query.message.edit_date or query.message.date
        return self._clock.now()

    def _remember(self, update: Update) -> None:
        """Who is behind a user name just now. It may be another person next year: never written down."""
        user = update.effective_user
        if user is not None and user.username:
            self._names.pop(user.username.lower(), None)
            self._names[user.username.lower()] = user.id
            while len(self._names) > MOST_NAMES:
                del self._names[next(iter(self._names))]

    def _has_moved(self, old: str, new: str) -> None:
        """Found out while speaking: written down like the message that tells it, and under the same key."""
        if self._inbox is not None and self.me is not None:
            self._beside.begin(_put(self._inbox, moved(self.me, old, new, self._clock.now())))

    # --- words that cannot wait for the core --------------------------------------------------

    def _nothing_to_us(self, update: Update, query: str | None) -> None:
        if query is not None:
            self._beside.begin(self._answer(query))
        message = update.message
        if message is None or message.from_user is None or message.chat.type != ChatType.PRIVATE:
            return
        if is_forwarded(message):
            self._beside.begin(self._insist(room_of(message), asker_of(message.from_user), FORWARDED))

    async def _close_press(self, query: str, room: Room) -> None:
        """In a group it stays open for a while: what is said to it then is for the presser alone."""
        if not room.private:
            await self._clock.sleep(PRESS_OPEN)
            if not self._presses.close(query):
                return
        await self._answer(query)

    async def _not_taken(self, inbound: Inbound, query: str | None) -> None:
        words = error_reply(StorageUnavailable()).text
        if inbound.moved_to is not None:
            return
        if query is None:
            await self._insist(inbound.room, inbound.asker, words)
        else:
            self._presses.close(query)
            await self._answer(query, words)

    async def _answer(self, query: str, words: str = "") -> None:
        """A press that is too old for it needs no closing."""
        with suppress(ProviderError):
            await self._client.answer(query, words)

    async def _insist(self, room: Room, asker: Asker, words: str) -> None:
        """They stand in no outbox: after a few tries they are lost."""
        for _ in range(TRIES):
            try:
                await self._say(room, asker, Reply(text=words))
            except Unavailable as later:
                await self._clock.sleep(later.retry_after or FIRST_PAUSE)
            except Rejected:
                return
            else:
                return


async def _put(inbox: ChatInbox, inbound: Inbound) -> bool:
    """Whether it is written down, now or before."""
    try:
        await inbox.put(inbound)
    except StorageUnavailable as gone:
        log.warning("not taken", chat=PLATFORM, reason=str(gone))
        return False
    except Exception:
        log.exception("not taken", chat=PLATFORM)
        return False
    return True


# --- updates that the library has not read ------------------------------------------------------------


def _chat(update: Any) -> Any:
    if not isinstance(update, dict):
        return None
    message = update.get("message") or (update.get("callback_query") or {}).get("message") or {}
    return (message.get("chat") or {}).get("id")


def _number(update: Any) -> int:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else -1


def _kinds(raw: Any) -> list[str]:
    return sorted(map(str, raw)) if isinstance(raw, dict) else [type(raw).__name__]
