"""What goes wrong on the way between Patchline and the simulated provider, by schedule or by dice.

Two things can: a request for a call, and the report of an event. A schedule is used up in order and beats
the dice; the dice are seeded, so a run can be repeated.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind

Fate = TypeVar("Fate", bound=StrEnum)


class Creation(StrEnum):
    """What a request for a call meets. The names say whether a phone rings."""

    TAKEN = "taken"
    LOST = "lost"  # no answer ever comes, no phone rings
    ANSWER_LOST = "answer lost"  # the phone rings, but no answer comes
    BROKEN = "broken"  # 500, no phone rings
    BROKEN_AFTER = "broken after"  # 500, and the phone rings
    BUSY = "busy"  # 429
    REFUSED = "refused"  # 403
    NO_CREDIT = "no credit"  # 402

    @property
    def rings(self) -> bool:
        """Whether the call goes out all the same."""
        return self in (Creation.TAKEN, Creation.ANSWER_LOST, Creation.BROKEN_AFTER)


class Delivery(StrEnum):
    """What the report of an event meets. REORDERED: it comes after the next one."""

    PROMPT = "prompt"
    DELAYED = "delayed"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The next `times` events of this kind and role (None: any) meet this."""

    delivery: Delivery
    kind: LegEventKind | None = None
    role: LegRole | None = None
    times: int = 1

    def concerns(self, event: LegEvent) -> bool:
        """Whether this fault was meant for such an event."""
        return self.kind in (None, event.kind) and self.role in (None, event.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Everything that can be made to go wrong. Odds are between 0 and 1, times in seconds.

    `answers_after` delays the answer to a request for a call, `listing_lag` the moment a call can be looked
    up, `conference_lag` the moment a conference can be acted on, `recording_lag` the moment a recording can
    be fetched. `delay` is how late a delayed event comes.
    """

    seed: int = 0
    creations: tuple[Creation, ...] = ()
    creation_odds: Mapping[Creation, float] = field(default_factory=dict)
    answers_after: float = 0.0
    retry_after: float = 1.0
    faults: tuple[Fault, ...] = ()
    delivery_odds: Mapping[Delivery, float] = field(default_factory=dict)
    delay: float = 5.0
    listing_lag: float = 0.0
    conference_lag: float = 0.0
    recording_lag: float = 0.0


class Dice:
    """Draws what the next request and the next event meet, and uses up the schedules while doing so."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._random = random.Random(trouble.seed)  # noqa: S311 - repeatable on purpose
        self._creations = list(trouble.creations)
        self._faults = [fault for fault in trouble.faults for _ in range(fault.times)]

    def creation(self) -> Creation:
        """What the next request for a call meets."""
        if self._creations:
            return self._creations.pop(0)
        return self._draw(self._trouble.creation_odds) or Creation.TAKEN

    def delivery(self, event: LegEvent) -> Delivery:
        """What the report of this event meets."""
        for place, fault in enumerate(self._faults):
            if fault.concerns(event):
                del self._faults[place]
                return fault.delivery
        return self._draw(self._trouble.delivery_odds) or Delivery.PROMPT

    def _draw(self, odds: Mapping[Fate, float]) -> Fate | None:
        if not odds:
            return None
        mark = self._random.random()
        for fate, chance in odds.items():
            mark -= chance
            if mark < 0:
                return fate
        return None
