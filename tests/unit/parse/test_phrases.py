"""The language by example: every sentence of `phrases.txt` means what stands under it.

Two lines an example: `ASKER sentence`, then what it was taken for (`readings.py`). `\\n` is a line break.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.schedule import Recurrence, next_fire
from bot.parse.command import Problems, Question, Understood
from bot.parse.parser import parse
from bot.parse.wording import format_command
from tests.unit.parse.people import asker
from tests.unit.parse.readings import reading

LINES = [
    line
    for line in Path(__file__).with_name("phrases.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PHRASES = [
    (*said.partition(" ")[::2], meant.strip()) for said, meant in zip(LINES[::2], LINES[1::2], strict=True)
]


EXAMPLES = [(asker(who), said.replace("\\n", "\n")) for who, said, _ in PHRASES]


@pytest.mark.parametrize(
    ("who", "sentence", "meant"), PHRASES, ids=[f"{who} {said}"[:70] for who, said, _ in PHRASES]
)
def test_a_sentence_means_what_stands_under_it(who: str, sentence: str, meant: str) -> None:
    parsed = parse(sentence.replace("\\n", "\n"), asker(who))

    assert reading(parsed).replace("\n", "\\n") == meant


def test_every_choice_that_is_offered_can_be_chosen() -> None:
    for context, text in EXAMPLES:
        parsed = parse(text, context)
        for choice in parsed.choices if isinstance(parsed, Question) else ():
            chosen = parse(choice.text, context)
            assert not isinstance(chosen, Problems), choice
            if choice.at and isinstance(chosen, Understood):
                assert _first_instant(chosen) == choice.at


def _first_instant(understood: Understood) -> datetime | None:
    when, every = getattr(understood.command, "when", None), getattr(understood.command, "every", None)
    if isinstance(every, Recurrence):
        return next_fire(every, every.since)
    return when.at if when else None


def test_words_pointed_at_are_words_of_the_sentence() -> None:
    for context, text in EXAMPLES:
        match parse(text, context):
            case Problems(found=found):
                assert all(text[slice(*problem.span)] == problem.word for problem in found), text
                assert [problem.span for problem in found] == sorted(problem.span for problem in found), text
            case Question(word=word, span=span):
                assert text[slice(*span)] == word, text
            case Understood(used=used):
                assert all(text[slice(*span)].strip() for _, span in used), text


def test_what_was_understood_can_be_said_again() -> None:
    for context, text in EXAMPLES:
        parsed = parse(text, context)
        if isinstance(parsed, Understood) and not _has_odd_link(parsed):
            again = parse(format_command(parsed.command), replace(context, platform="console"))
            assert isinstance(again, Understood), text
            assert again.command == parsed.command


def _has_odd_link(understood: Understood) -> bool:
    """What a link's label shows is for the preview; it is no part of what can be said."""
    return any(target.label_differs for target in getattr(understood.command, "targets", ()))
