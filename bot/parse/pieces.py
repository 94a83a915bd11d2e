"""The pieces that a time is made of, as they were written. Reading them is `when.py`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from bot.parse.clocks import Clock
from bot.parse.days import DatePiece
from bot.parse.durations import Duration
from bot.parse.zones import Zone


@dataclass(frozen=True, slots=True)
class DayPart:
    """`morning`, `afternoon`, `evening`, `night` or `tonight`."""

    name: str


@dataclass(frozen=True, slots=True)
class Now:
    """`now`, `asap`."""


@dataclass(frozen=True, slots=True)
class Past:
    """`yesterday`, `an hour ago`."""


@dataclass(frozen=True, slots=True)
class Vague:
    """`later`, `next week`: too little by itself. `span` finds the first and the last day it holds."""

    span: Callable[[date], tuple[date, date]] | None = None


@dataclass(frozen=True, slots=True)
class Instant:
    """Written with its offset, so nothing is left to resolve. `zone` is the name in brackets, if any."""

    at: datetime
    zone: str
    local: datetime


Value = Clock | DatePiece | DayPart | Zone | Duration | Now | Past | Vague | Instant


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a time and where it was written."""

    value: Value
    start: int
    end: int


V = TypeVar("V")


@dataclass(slots=True)
class TimeDraft:
    """All pieces of time in a sentence, in text order, and the stretches of text they came from."""

    pieces: list[Piece] = field(default_factory=list)
    stretches: list[tuple[int, int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def all(self, kind: type[V]) -> list[tuple[V, Piece]]:
        """The pieces of one kind with their places."""
        return [(piece.value, piece) for piece in self.pieces if isinstance(piece.value, kind)]

    def has(self, kind: type[object]) -> bool:
        """Whether a piece of this kind was said."""
        return any(isinstance(piece.value, kind) for piece in self.pieces)
