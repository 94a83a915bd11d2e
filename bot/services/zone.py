"""Asks for a time zone once, before a sentence is taken at a wrong hour."""

from collections.abc import Hashable
from dataclasses import replace
from typing import Final

from bot.domain.own_zone import choices_of, guesses, which_zone
from bot.domain.question import LIFETIME, OpenQuestion, QuestionId, QuestionKind
from bot.parse import command as said
from bot.parse.context import ParseContext
from bot.parse.parser import parse
from bot.services.asking import Ask, Desk

NOBODY_SAID: Final = "default"
FAR_APART: Final = ("Etc/GMT+5", "Etc/GMT-4")
"""Not by a day: there every clock shows the same."""
ANYWHERE: Final = "UTC"


def is_unknown(desk: Desk, ask: Ask) -> bool:
    """Neither the asker, nor their chat, nor the settings have said a zone."""
    return ask.person.timezone is None and desk.settings.source("PATCHLINE_DEFAULT_TIMEZONE") == NOBODY_SAID


def hangs_on_zone(text: str, context: ParseContext) -> bool:
    """Whether the sentence means another moment elsewhere: `at 5pm` does, `in 20 minutes` does not."""
    here, there = (_moments(text, replace(context, tz=zone)) for zone in FAR_APART)
    return here != there


async def ask_zone(desk: Desk, ask: Ask, sentence: str = "") -> OpenQuestion:
    """The question, kept. `sentence` waits for the answer."""
    default = None if desk.settings.source("PATCHLINE_DEFAULT_TIMEZONE") == NOBODY_SAID else ask.zone
    found = guesses(ask.person.number, default)
    question = OpenQuestion(
        id=QuestionId(desk.ids.new()),
        kind=QuestionKind.CHOICE,
        room=ask.room,
        asker=ask.asker.key,
        text=sentence,
        message=which_zone(found, sentence),
        choices=choices_of(found or (ANYWHERE,), sentence, ask.now),
        created_at=ask.now,
        expires_at=ask.now + LIFETIME,
    )
    await ask.tx.save_question(question)
    return question


def zone_named(text: str, context: ParseContext) -> str | None:
    """The zone that somebody writes as an answer: a place, or a whole sentence about it."""
    if text.strip(" #.").isdigit():
        return None  # one of the choices
    for sentence in (text, f"my time zone is {text}"):
        match parse(sentence, context):
            case said.Understood(command=said.Set(key="timezone", value=zone)):
                return zone
    return None


def _moments(text: str, context: ParseContext) -> Hashable:
    match parse(text, context):
        case said.Understood(command=command):
            when = getattr(command, "when", None)
            return when.at if when else getattr(command, "every", None)
        case said.Question(choices=choices):
            return tuple(each.at or _moments(each.text, context) for each in choices)
        case _:
            return None
