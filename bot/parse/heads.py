"""What a verb hands back once its own words are read: how to finish, and which clauses may follow."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.parse.command import Command
from bot.parse.parts import Parts
from bot.parse.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`finish` builds the command from the clauses; None after a problem or a doubt was noted.

    `clauses`: which may stand beside the verb. `more` reads words that only this verb knows (`with alice`),
    wherever they stand. `expects_time`: what follows is a place for a time, so that a bare `5` is a clock.
    """

    finish: Callable[[Parts], Command | None]
    clauses: Literal["all", "time", "none"] = "none"
    expects_time: bool = False
    more: Callable[[Reader], bool] = lambda _: False


ReadHead = Callable[[Reader, re.Match[str], Parts], Head | None]
"""Reads on behind the words that began a verb (the match); None when it is not this verb after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A row of the grammar. `says`: patterns with their readers. `forms` and `examples` are for people.

    `words` are what the verb is looked up by in `help …`, and completed to. In examples `{a}`, `{b}`, `{c}`
    are contacts, `{number}` a number, `{own}` one of ours, `{provider}` a provider.
    """

    name: str
    group: str
    summary: str
    forms: tuple[str, ...]
    examples: tuple[str, ...]
    says: tuple[tuple[str, ReadHead], ...]
    words: tuple[str, ...]


def just(command: Command) -> Head:
    """A command that is complete already."""
    return Head(finish=lambda _: command)


def always(command: Command) -> ReadHead:
    """A verb that takes no words of its own."""
    return lambda _reader, _match, _parts: just(command)


def nothing() -> Head:
    """A verb whose problem has been noted."""
    return Head(finish=lambda _: None)
