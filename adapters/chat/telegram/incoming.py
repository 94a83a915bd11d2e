"""From Telegram's updates to what the core hears. Pure; who may do what, and what words mean, is the core's.

Edited messages, other bots' commands and talk in groups that is not for us come to nothing here.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from telegram import CallbackQuery, Chat, Contact, Message, MessageEntity, Update, User

from adapters.chat.telegram import PLATFORM
from bot.domain.people import Asker, Room, Standing
from bot.ports.chat import Inbound, SharedNumber, SourceKey

START: Final = re.compile(r"/start\s+\S+\s*")
"""What a link to the bot may bring along; it says nothing to us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot itself. `commands` are those it answers in a group without being named."""

    id: int
    username: str
    commands: frozenset[str] = frozenset()


def heard(update: Update, me: Me, names: Mapping[str, int], now: datetime) -> Inbound | None:
    """What somebody did, None when it is nothing to us. `names` are user names seen lately, in lower case.

    `now` is the time of a press: Telegram does not tell it.
    """
    if update.callback_query is not None:
        return _pressed(update.callback_query, update, me, now)
    message = update.message
    if message is None:
        return None
    if message.migrate_to_chat_id or message.migrate_from_chat_id:
        return _moved(message, me)
    if message.from_user is None or is_forwarded(message):
        return None
    if message.contact is not None and message.chat.type == Chat.PRIVATE:
        return _inbound(message, update, me, shared=_shared(message.contact, message.from_user))
    text = said_to_us(message, me, names)
    return None if text is None else _inbound(message, update, me, text=text)


def is_forwarded(message: Message) -> bool:
    """Somebody else's words: they order nothing, and their contact is nobody's own."""
    return message.forward_origin is not None or bool(message.is_automatic_forward)


def room_of(message: Message) -> Room:
    """Where it was said. The General topic of a forum is the chat itself."""
    in_topic = message.is_topic_message and message.message_thread_id
    return _room(message.chat, str(message.message_thread_id) if in_topic else None)


def asker_of(user: User, sender_chat: Chat | None = None) -> Asker:
    """Whoever speaks for a whole chat (a hidden admin, a channel) is no person who could order a call."""
    is_nobody = user.is_bot or sender_chat is not None
    return Asker(
        platform=PLATFORM,
        workspace="",
        user=str(user.id),
        name=user.full_name,
        standing=Standing.BOT if is_nobody else Standing.STRANGER,
    )


def _room(chat: Chat, thread: str | None = None) -> Room:
    return Room(
        platform=PLATFORM,
        workspace="",
        channel=str(chat.id),
        thread=thread,
        private=chat.type == Chat.PRIVATE,
    )


def _source(me: Me, event: str) -> SourceKey:
    return SourceKey(platform=PLATFORM, workspace=str(me.id), event=event)


def _inbound(
    message: Message, update: Update, me: Me, *, text: str | None = None, shared: SharedNumber | None = None
) -> Inbound:
    assert message.from_user is not None
    return Inbound(
        source=_source(me, f"{update.update_id}/{message.chat.id}"),
        room=room_of(message),
        asker=asker_of(message.from_user, message.sender_chat),
        sent_at=message.date,
        text=text,
        shared=shared,
    )


def _pressed(query: CallbackQuery, update: Update, me: Me, now: datetime) -> Inbound | None:
    if query.data is None or query.message is None:
        return None
    message, chat = query.message, query.message.chat
    return Inbound(
        source=_source(me, f"{update.update_id}/{chat.id}"),
        room=room_of(message) if isinstance(message, Message) else _room(chat),
        asker=asker_of(query.from_user),
        sent_at=now,
        action=query.data,
    )


def _moved(message: Message, me: Me) -> Inbound:
    """Told twice, once in the old group and once in the new one: both have the same key."""
    old, new = message.migrate_from_chat_id or message.chat.id, message.migrate_to_chat_id or message.chat.id
    return moved(me, str(old), str(new), message.date)


def moved(me: Me, old: str, new: str, at: datetime) -> Inbound:
    """A group has become a supergroup, and with that another chat id."""
    before = Room(platform=PLATFORM, workspace="", channel=old)
    return Inbound(
        source=_source(me, f"moved/{old}"),
        room=before,
        asker=Asker(platform=PLATFORM, workspace="", user="", standing=Standing.BOT),
        sent_at=at,
        moved_to=Room(platform=PLATFORM, workspace="", channel=new),
    )


def _shared(contact: Contact, sender: User) -> SharedNumber:
    name = " ".join(filter(None, (contact.first_name, contact.last_name)))
    return SharedNumber(
        number=contact.phone_number, name=name, is_own=contact.user_id == sender.id and not sender.is_bot
    )


# --- words --------------------------------------------------------------------------------------


def said_to_us(message: Message, me: Me, names: Mapping[str, int]) -> str | None:
    """The sentence without our own name; people mentioned in it stand there by their ids (`<@123>`).

    None for what is not meant for us: in a group that is everything but a command, a mention of us and an
    answer to one of our messages.
    """
    if message.text is None:
        return None
    marks = _Marks(me, names)
    text = _edited(message.text, message.entities, marks.replacement)
    is_for_us = message.chat.type == Chat.PRIVATE or marks.is_for_us or _answers(message, me)
    if marks.is_for_another or not is_for_us:
        return None
    text = text.strip() if text != message.text else text
    return "/start" if START.fullmatch(text) else text


def _answers(message: Message, me: Me) -> bool:
    before = message.reply_to_message
    return before is not None and before.from_user is not None and before.from_user.id == me.id


class _Marks:
    """Reads the marks of one message: what stands instead of each, and whom the message is for."""

    def __init__(self, me: Me, names: Mapping[str, int]) -> None:
        self._me = me
        self._names = names
        self.is_for_us = False
        self.is_for_another = False

    def replacement(self, entity: MessageEntity, words: str) -> str:
        match entity.type:
            case MessageEntity.BOT_COMMAND if entity.offset == 0:
                return self._command(words)
            case MessageEntity.MENTION:
                return self._mention(words)
            case MessageEntity.TEXT_MENTION if entity.user is not None:
                return self._person(entity.user.id)
            case _:
                return words

    def _command(self, words: str) -> str:
        command, _, bot = words.partition("@")
        if bot and bot.lower() != self._me.username.lower():
            self.is_for_another = True
        elif bot or command[1:].lower() in self._me.commands:
            self.is_for_us = True
        return command

    def _mention(self, words: str) -> str:
        name = words[1:].lower()
        if name == self._me.username.lower():
            self.is_for_us = True
            return ""
        return f"<@{self._names[name]}>" if name in self._names else words

    def _person(self, user: int) -> str:
        if user == self._me.id:
            self.is_for_us = True
            return ""
        return f"<@{user}>"


def _edited(
    text: str, entities: Collection[MessageEntity], replacement: Callable[[MessageEntity, str], str]
) -> str:
    """Places are given in UTF-16 code units, which is not what Python counts."""
    raw = text.encode("utf-16-le", "surrogatepass")
    parts, done = [], 0
    for entity in sorted(entities, key=lambda each: each.offset):
        start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
        if not done <= start < end <= len(raw):
            continue
        words = raw[start:end].decode("utf-16-le", "replace")
        better = replacement(entity, words)
        if better != words:
            parts += [raw[done:start], better.encode("utf-16-le", "surrogatepass")]
            done = end
    return b"".join([*parts, raw[done:]]).decode("utf-16-le", "replace")
