"""Readings of a time: every instant that words can mean, until one is chosen or asked about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.schedule import WallTime, local_time, resolve
from bot.parse.command import About, When
from bot.parse.pieces import Piece, TimeDraft
from bot.parse.reader import Edit
from bot.parse.wording import time_text


@dataclass(frozen=True, slots=True)
class Slot:
    """One part of a time with all its readings; `about` names the doubt when there are several."""

    readings: tuple[object, ...]
    about: About | None = None
    piece: Piece | None = None
    only_if_ahead: bool = False
    """The doubt is gone when only one of its readings is still to come."""


class Unclear(Exception):
    """Noted as a problem or a doubt already; nothing more to do here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(When):
    """A `When` that remembers how its wall time met a change of clocks."""

    kind: WallTime = WallTime.PLAIN


def by_instant(when: When) -> datetime:
    return when.at


def resolved(zone: str, local: datetime) -> Iterator[Reading]:
    found = resolve(local, zone)
    for at in dict.fromkeys((found.earlier, found.later)):
        yield Reading(at=at, zone=zone, local=local_time(at, zone), kind=found.kind)


def stretch_around(draft: TimeDraft, piece: Piece) -> tuple[int, int]:
    """The whole stretch of time words around a piece, to point at."""
    return next(
        (span for span in draft.stretches if span[0] <= piece.start < span[1]), (piece.start, piece.end)
    )


def absolute(draft: TimeDraft, when: When) -> Iterator[Edit]:
    """The edits that put an absolute time in place of all the words that said it."""
    for n, (start, end) in enumerate(draft.stretches):
        yield (start, end, time_text(when) if n == 0 else "")
