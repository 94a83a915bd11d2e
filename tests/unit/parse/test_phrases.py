"""The language by example: every sentence of `phrases.txt` means what stands under it.

A blank line ends a section. Two lines an example: `ASKER sentence`, then what it was taken for
(`readings.py`). `\\n` is a line break.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from bot.domain.schedule import Recurrence, firings
from bot.parse.command import Problems, Question, Understood
from bot.parse.context import ParseContext
from bot.parse.parser import parse
from bot.parse.wording import format_command
from tests.unit.parse.people import asker
from tests.unit.parse.readings import reading

SECTIONS = {
    section.partition("\n")[0].strip("# "): section.splitlines()[1:]
    for section in Path(__file__).with_name("phrases.txt").read_text(encoding="utf-8").split("\n\n")
}


def examples(lines: list[str]) -> Iterator[tuple[ParseContext, str, str]]:
    for said, meant in zip(lines[::2], lines[1::2], strict=True):
        who, _, text = said.partition(" ")
        yield asker(who), text.replace("\\n", "\n"), meant.strip()


EXAMPLES = [(context, text) for lines in SECTIONS.values() for context, text, _ in examples(lines)]


@pytest.mark.parametrize("section", SECTIONS)
def test_sentences_mean_what_stands_under_them(section: str) -> None:
    meant = {(context.tz, text): meant for context, text, meant in examples(SECTIONS[section])}
    read = {
        (context.tz, text): reading(parse(text, context)).replace("\n", "\\n")
        for context, text, _ in examples(SECTIONS[section])
    }

    assert {text: taken for text, taken in read.items() if taken != meant[text]} == {}


def test_there_are_examples_of_everything() -> None:
    assert len(SECTIONS) == 8
    assert len(EXAMPLES) > 1500


def test_every_choice_that_is_offered_can_be_chosen() -> None:
    for context, text in EXAMPLES:
        parsed = parse(text, context)
        for choice in parsed.choices if isinstance(parsed, Question) else ():
            chosen = parse(choice.text, context)
            assert not isinstance(chosen, Problems), choice
            if choice.at and isinstance(chosen, Understood):
                assert choice.at in _first_instants(chosen), choice


def _first_instants(understood: Understood) -> list[datetime]:
    when, every = getattr(understood.command, "when", None), getattr(understood.command, "every", None)
    if isinstance(every, Recurrence):
        return list(islice(firings(every), 2))
    return [when.at] if when else []


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
