"""Sentences that took more than a minute to reach us and would ring somebody: one card a room asks about them
all. Pure; keeping them is `services/late.py`.
"""

from collections.abc import Sequence
from typing import Final

from bot.domain import phrases
from bot.domain.card import Button, Card, Section
from bot.domain.deeds import SayAgain
from bot.domain.question import Choice, OpenQuestion
from bot.domain.replies import choice_buttons

LISTED: Final = 25
MOST_PEOPLE: Final = 8
"""People who get a button of their own; whoever comes later says it again."""
STALE_ANSWER: Final = (
    "Your answer took more than a minute to reach me, so nothing was done. Answer again if you still mean it."
)
STALE_PRESS: Final = (
    "That press took more than a minute to reach me, so nothing was done. Press again if you still mean it."
)


def deed_of(question: OpenQuestion) -> SayAgain | None:
    """What yes to it means, if it is about sentences that came too late."""
    deed = question.choices[0].deed if question.choices else None
    return deed if isinstance(deed, SayAgain) else None


def choices_about(deed: SayAgain) -> tuple[Choice, Choice]:
    """Do, or leave."""
    several = len(deed.sentences) > 1
    return (
        Choice(label=f"Do all {len(deed.sentences)} now" if several else "Do it now", deed=deed),
        Choice(label="Leave them" if several else "Leave it", deed=SayAgain(card=deed.card, by=deed.by)),
    )


def message_about(deed: SayAgain) -> str:
    """The question to one person."""
    return "\n".join((_title(len(deed.sentences)), *_listed([deed], whole=True)))


def late_card(waiting: Sequence[OpenQuestion], *, private: bool) -> Card:
    """What waits in a room for somebody's word. `waiting` has at least one, all of one card."""
    deeds = [deed for question in waiting if (deed := deed_of(question)) is not None]
    return Card(
        call=deeds[0].card,
        number=0,
        state="confirm",
        title=_title(sum(len(deed.sentences) for deed in deeds)),
        sections=(
            Section(name="steps", lines=tuple(_listed(deeds, whole=private))),
            Section(name="note", lines=(_whose(deeds),)),
        ),
        buttons=tuple(_buttons(waiting)),
    )


def settled_card(deed: SayAgain, *, done: bool, private: bool) -> Card:
    """Nothing waits any more. `deed` is the last that did."""
    return Card(
        call=deed.card,
        number=0,
        state="done",
        title=f"{_title(len(deed.sentences))}: {'done now' if done else 'left alone'}",
        sections=(Section(name="steps", lines=tuple(_listed([deed], whole=private))),),
        final=True,
    )


def _title(n: int) -> str:
    what = phrases.count(n, "message") if n > 1 else "A message"
    return f"{what} took more than a minute to reach me"


def _listed(deeds: Sequence[SayAgain], *, whole: bool) -> list[str]:
    several = len(deeds) > 1
    lines = [
        (f"{deed.by}: " if several else "") + phrases.quoted(text if whole else phrases.hide_numbers(text))
        for deed in deeds
        for text in deed.sentences
    ]
    more = len(lines) - LISTED
    return [*lines[:LISTED], *([f"… and {more} more"] if more > 0 else [])]


def _whose(deeds: Sequence[SayAgain]) -> str:
    if len(deeds) == 1:
        return "Nothing was dialled. Shall it be done now?"
    return "Nothing was dialled. Each of you decides about your own; whatever nobody presses is left alone."


def _buttons(waiting: Sequence[OpenQuestion]) -> list[Button]:
    if len(waiting) == 1:
        return list(choice_buttons(waiting[0]))
    found = []
    for question in waiting[:MOST_PEOPLE]:
        deed, button = deed_of(question), choice_buttons(question)[0]
        by = deed.by if deed is not None and deed.by else question.asker
        found.append(Button(label=f"{by}: {button.label.lower()}", action=button.action))
    return found
