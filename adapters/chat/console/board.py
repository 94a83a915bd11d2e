"""Which buttons are on show, and what a typed line therefore means: a press, or words for the core."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.card import Button

REMEMBERED: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Exactly one of the two, as in `Inbound`."""

    text: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A line that means nothing; `reason` is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Row:
    buttons: tuple[Button, ...]
    is_question: bool


class Board:
    """Button rows by what they belong to (a card's call, a reply), the latest shown last."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}

    def show(self, key: str, buttons: Sequence[Button], *, is_question: bool = False) -> None:
        """This row has just been printed: numbers typed from now on mean it."""
        self._rows.pop(key, None)
        if buttons:
            self._rows[key] = _Row(tuple(buttons), is_question)
        for oldest in list(self._rows)[:-REMEMBERED]:
            del self._rows[oldest]

    def update(self, key: str, buttons: Sequence[Button]) -> None:
        """What the row holds has changed; its place has not. Nothing happens to a row never shown."""
        row = self._rows.get(key)
        if row is not None:
            self._rows[key] = _Row(tuple(buttons), row.is_question)

    def labels(self) -> list[str]:
        """Of the latest row, for completion."""
        return [button.label for button in self._latest()]

    def read(self, line: str) -> Said:
        """A label presses the latest button of that name; a number one of the latest row.

        A number under a question is left to the core, which knows whether the question is still open.
        """
        words = " ".join(line.split())
        if words.isdigit():
            return self._numbered(int(words)) or Said(text=words)
        for row in reversed(self._rows.values()):
            for button in row.buttons:
                if button.label.casefold() == words.casefold():
                    return Said(action=button.action)
        return Said(text=line.strip())

    def _numbered(self, number: int) -> Said | None:
        row = next(reversed(self._rows.values()), None)
        if row is None or row.is_question or not 1 <= number <= len(row.buttons):
            return None
        return Said(action=row.buttons[number - 1].action)

    def _latest(self) -> tuple[Button, ...]:
        row = next(reversed(self._rows.values()), None)
        return row.buttons if row else ()
