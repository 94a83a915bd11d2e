"""Which time zone somebody lives in, where their chat does not say: the question, with guesses from their
number.
"""

from datetime import datetime
from typing import Final

from bot.domain import phrases
from bot.domain.deeds import LiveIn
from bot.domain.number_ranges import zones_of
from bot.domain.numbers import PhoneNumber
from bot.domain.question import Choice, OpenQuestion

MOST_GUESSES: Final = 6


def guesses(number: PhoneNumber | None, default: str | None) -> tuple[str, ...]:
    """Where that number may be at home, then the zone that the house is set to."""
    theirs = zones_of(number)[:MOST_GUESSES] if number is not None else ()
    return tuple(dict.fromkeys((*theirs, *([default] if default else []))))


def choices_of(zones: tuple[str, ...], sentence: str, now: datetime) -> tuple[Choice, ...]:
    """A button a zone, with its clock; its name typed is the same."""
    return tuple(
        Choice(
            label=f"{zone} ({phrases.day_and_clock(now, zone)})",
            name=zone,
            deed=LiveIn(zone=zone, sentence=sentence),
        )
        for zone in zones
    )


def which_zone(zones: tuple[str, ...], sentence: str) -> str:
    """The question. With a sentence it hangs on the answer; without one it is asked in good time."""
    why = "So that times mean your own clock: which" if not sentence else "By which clock is that? Which"
    guess = f" By your number it could be {phrases.joined(list(zones), 'or')}." if zones else ""
    return f"{why} time zone are you in?{guess} You can also write a place, like Asia/Singapore."


def hangs_on(question: OpenQuestion) -> LiveIn | None:
    """What an answer does, if the question is about a time zone."""
    deed = question.choices[0].deed if question.choices else None
    return deed if isinstance(deed, LiveIn) else None
