"""The list behind the slash: which verbs it offers, and where. What they mean is the grammar's."""

from collections.abc import Sequence
from typing import Final

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from adapters.chat.telegram.client import Client
from bot.parse.grammar import VERBS

EVERYWHERE: Final = (
    "call",
    "conference",
    "list",
    "status",
    "hang_up",
    "cancel",
    "history",
    "voicemail",
    "help",
)
ALONE: Final = (*EVERYWHERE[:-1], "contacts", "forwards", "settings", "help")
SCOPES: Final[Sequence[tuple[BotCommandScope, Sequence[str]]]] = (
    (BotCommandScopeDefault(), EVERYWHERE),
    (BotCommandScopeAllPrivateChats(), ALONE),
    (BotCommandScopeAllGroupChats(), EVERYWHERE),
)
LANGUAGES: Final = ("", "en")
"""Patchline speaks English: without a language, and above a list somebody once set for English alone."""
IN_GROUPS: Final = frozenset((*EVERYWHERE, "start", "phone"))
"""Without `@` and our name, a command in a group may be another bot's; these are taken to be for us."""


def offered(names: Sequence[str]) -> list[BotCommand]:
    """With the grammar's own words for each."""
    return [BotCommand(command=name, description=_summary(name)[:256]) for name in names]


async def tell(client: Client) -> None:
    """Bring Telegram's lists up to date; what is right already is left alone."""
    for scope, names in SCOPES:
        wanted = offered(names)
        for language in LANGUAGES:
            if list(await client.commands(scope, language)) != wanted:
                await client.set_commands(wanted, scope, language)


def _summary(name: str) -> str:
    words = name.replace("_", " ")
    return next(verb.summary for verb in VERBS if words == verb.name or words in verb.words)
