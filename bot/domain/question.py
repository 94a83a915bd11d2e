"""A question Patchline has asked and keeps open for ten minutes, with the command it is about."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from bot.domain.cdr import CallId
from bot.domain.deeds import Deed
from bot.domain.people import Room

QuestionId = NewType("QuestionId", str)
LIFETIME: Final = timedelta(minutes=10)


class QuestionKind(StrEnum):
    """CHOICE: which of several readings. CONFIRM: a held call. ASK: do the kept command at all?"""

    CHOICE = "choice"
    CONFIRM = "confirm"
    ASK = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Choosing does `deed` where there is one; else it runs `text`, the original command with the open point
    settled. Neither: nothing happens.

    `name` is the word itself, where the choice is between names or spellings: typing it chooses too.
    """

    label: str
    text: str = ""
    name: str = ""
    deed: Deed | None = None


def answered_with(choice: Choice) -> str:
    """The outcome of a question that was answered so."""
    return f"It was answered with “{choice.label}”."


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """Belongs to one person in one room. Answered once, however often it is pressed."""

    id: QuestionId
    kind: QuestionKind
    room: Room
    asker: str
    text: str
    span: tuple[int, int] | None = None
    """Where in `text` the doubt is: a phrase typed as the answer is put there and read again."""
    message: str
    choices: tuple[Choice, ...]
    call: CallId | None = None
    created_at: datetime
    expires_at: datetime
    closed: bool = False
    outcome: str | None = None
    """What the first answer did, for the person who presses second."""

    def reworded(self, change: Callable[[str], str]) -> "OpenQuestion":
        """With every word of it changed, and nothing left that could still be done."""
        return replace(
            self,
            text=change(self.text),
            message=change(self.message),
            choices=tuple(Choice(label=change(each.label)) for each in self.choices),
            outcome=None if self.outcome is None else change(self.outcome),
        )
