"""What a verb hands back once its own words are read: how to finish the command, and which clauses may follow."""

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


ReadHead = Callable[[Reader, Parts], Head | None]
"""Reads a verb at its first word; None (and nothing moved) when it is not this verb after all."""


def just(command: Command) -> Head:
    """A command that is complete already."""
    return Head(finish=lambda _: command)


def nothing() -> Head:
    """A verb whose problem has been noted."""
    return Head(finish=lambda _: None)
