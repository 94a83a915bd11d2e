"""What holds for every sentence: dress changes nothing, and what was understood can be said again."""

import random
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.schedule import next_fire
from bot.parse.command import Call, Command, Parsed, Problems, Question, Understood
from bot.parse.parser import parse
from bot.parse.wording import format_command
from tests.unit.parse.people import ASKERS, SINGAPORE
from tests.unit.parse.readings import reading
from tests.unit.parse.sentences import FILLER, Sentence, sentences


def meant(text: str) -> Command:
    parsed = parse(text, SINGAPORE)
    assert isinstance(parsed, Understood), (text, parsed)
    return parsed.command


@given(sentences)
def test_what_was_understood_can_be_said_again(sentence: Sentence) -> None:
    command = meant(sentence.text())

    assert meant(format_command(command)) == command


@given(sentences)
def test_a_call_is_never_in_the_past(sentence: Sentence) -> None:
    command = meant(sentence.text())

    assert isinstance(command, Call)
    assert command.when is None or command.when.at > SINGAPORE.now
    assert command.every is None or (next_fire(command.every, SINGAPORE.now) or SINGAPORE.now) > SINGAPORE.now


@given(sentences, st.sampled_from(FILLER), st.sampled_from(FILLER))
def test_filler_changes_nothing(sentence: Sentence, before: str, behind: str) -> None:
    usual = meant(sentence.text())

    assert meant(f"{before} {sentence.text()} {behind}") == usual
    assert meant(sentence.text(f", {behind} ")) == usual


@given(sentences, st.sampled_from([" and ", ", then ", "\n", " — ", " – ", "… ", " → ", ",   ", "; ", ". "]))
def test_separators_change_nothing(sentence: Sentence, glue: str) -> None:
    assert meant(sentence.text(glue)) == meant(sentence.text())


@given(sentences, st.sampled_from(["🎂", "🙏🏽", ":tada:", "👩‍👩‍👧", "☎️"]))
def test_emoji_changes_nothing(sentence: Sentence, emoji: str) -> None:
    assert meant(f"{emoji} {sentence.text(f' {emoji}, ')} {emoji}") == meant(sentence.text())


@given(sentences)
def test_quotes_dashes_and_spaces_change_nothing(sentence: Sentence) -> None:
    usual, text = meant(sentence.text()), sentence.text()

    assert meant(text.replace(' "', " “").replace('"', "”")) == usual
    assert meant(text.replace(' "', " ‘").replace('"', "’")) == usual
    assert meant(text.replace("555-0101", "555–0101")) == usual
    for space in ("\u00a0", "\u202f", "  ", "\u3000", " \t "):
        assert meant(text.replace(" ", space)) == _without_said(usual, space)


def _without_said(command: Command, space: str) -> Command:
    """Inside quotes the odd spaces stay as they were typed."""
    assert isinstance(command, Call)
    return replace(
        command,
        steps=tuple(
            replace(step, text=step.text.replace(" ", space)) if hasattr(step, "text") else step
            for step in command.steps
        ),
    )


@given(sentences)
def test_case_changes_nothing_outside_links_keys_and_quotes(sentence: Sentence) -> None:
    steps = tuple(
        step if '"' in step or "press" in step or "play" in step else step.upper() for step in sentence.steps
    )
    loud = replace(
        sentence, target=sentence.target.upper(), clauses=tuple(map(str.upper, sentence.clauses)), steps=steps
    )

    usual, shouted = meant(sentence.text()), meant(loud.text().replace("call", "CALL", 1))

    if "sip:" not in sentence.target and "in room standup" not in sentence.clauses:
        assert shouted == usual


@given(sentences, st.randoms(use_true_random=False))
def test_the_order_of_clauses_changes_nothing(sentence: Sentence, dice: random.Random) -> None:
    places = [*sentence.clauses, *sentence.steps]
    dice.shuffle(places)
    steps = iter(sentence.steps)
    mixed = [next(steps) if place in sentence.steps else place for place in places]

    assert meant(", ".join((f"call {sentence.target}", *mixed))) == meant(sentence.text())


@given(sentences)
def test_clauses_may_stand_in_front(sentence: Sentence) -> None:
    call = f"call {sentence.target}"

    assert meant(", ".join((*sentence.clauses, call, *sentence.steps))) == meant(sentence.text())


@given(
    st.text(
        alphabet=st.characters(
            blacklist_characters="\"“”„‟«»″'‘’‚‛`´ʼ′\\", blacklist_categories=("Cs", "Cc")
        ),
        min_size=1,
    )
)
@example("at 5pm tomorrow call +14155550101 via twilio and patch me in")
@example("if voicemail hang up; every day")
def test_quoted_text_is_only_said(words: str) -> None:
    words = words.strip() or "x"
    command = meant(f'call amy, say "{words}"')

    assert isinstance(command, Call)
    assert command.when is None
    assert command.every is None
    assert len(command.targets) == 1
    assert len(command.steps) == 1
    assert command.terms == replace(command.terms, via=None, max_seconds=None, ring_seconds=None, record=None)


@given(sentences, st.sampled_from(sorted(ASKERS)))
def test_reading_is_pure(sentence: Sentence, key: str) -> None:
    context = ASKERS[key]

    assert parse(sentence.text(), context) == parse(sentence.text(), context)


def test_the_zone_of_this_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        'call amy tomorrow at 9am and say "hi"',
        "call amy at 5",
        "call amy every day at 2:30am",
        "call amy on march 5th of 2027 at 9am",
    ]
    usual = [reading(parse(text, SINGAPORE)) for text in texts]
    try:
        for zone in ("America/New_York", "Pacific/Auckland", "Asia/Kolkata"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert [reading(parse(text, SINGAPORE)) for text in texts] == usual
    finally:
        monkeypatch.undo()
        time.tzset()


# --- noise ----------------------------------------------------------------------------------------

WORDS = (
    *(
        "call",
        "conference",
        "forward",
        "remind me",
        "cancel",
        "mute",
        "at",
        "on",
        "in",
        "every",
        "until",
        "max",
        "via",
    ),
    *(
        "5",
        "9am",
        "12/3",
        "tomorrow",
        "friday",
        "march",
        "31",
        "+65 9123 4567",
        "911",
        "amy",
        "kai",
        "me",
        "and",
        "then",
    ),
    *(
        "say",
        "play",
        "https://a.example/b.mp3",
        '"',
        "'",
        "“",
        "—",
        ",",
        ";",
        ".",
        "?",
        "/",
        "<@U1>",
        "<tel:1|2>",
        "&amp;",
    ),
    *(
        "if voicemail",
        "otherwise",
        "patch me in",
        "press 1#",
        "voicemail",
        "save",
        "as",
        "is",
        "to",
        "sip:a@b.c",
        "🎂",
    ),
)
noise = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=30).map("".join),
)


def survives(text: str, key: str) -> None:
    platform = ("console", "slack", "telegram")[len(text) % 3]
    context = replace(ASKERS[key], platform=platform)
    parsed: Parsed = parse(text, context)
    assert isinstance(parsed, Understood | Question | Problems)
    if isinstance(parsed, Problems):
        assert parsed.found
        assert all(text[slice(*problem.span)] == problem.word for problem in parsed.found)
    if isinstance(parsed, Understood) and not any(
        target.label_differs for target in getattr(parsed.command, "targets", ())
    ):
        again = parse(format_command(parsed.command), replace(context, platform="console"))
        assert isinstance(again, Understood), (text, format_command(parsed.command), again)


@given(noise, st.sampled_from(sorted(ASKERS)))
@settings(max_examples=300)
def test_no_text_is_too_odd(text: str, key: str) -> None:
    survives(text, key)


@pytest.mark.torture
@settings(max_examples=100_000)
@given(st.one_of(noise, st.text(max_size=4096)), st.sampled_from(sorted(ASKERS)))
def test_no_text_is_too_odd_however_long_one_tries(text: str, key: str) -> None:
    survives(text, key)


PATIENCE = 0.25
"""Seconds of CPU. The bar is 50 ms (`make bench` holds to it); here a crowded machine may be slower."""
FLOODS = [
    pattern * (4096 // len(pattern))
    for pattern in (
        *(
            '"',
            "'",
            "'a ",
            "<",
            "<@",
            "*_",
            "- ",
            "–",
            ":a",
            "a:",
            "é",
            " ",
            "\n",
            ".",
            ",",
            "(",
            "+",
            "1",
            "1 ",
            "12:",
            "9am ",
        ),
        *(
            "in 1 ",
            "at ",
            "at 5 ",
            "every ",
            "may ",
            "may 1 ",
            "on may the 1 ",
            "call ",
            "call amy ",
            "amy ",
            "and ",
            "say ",
            "say a and ",
        ),
        *(
            "sip:",
            "http://a.b ",
            "+65 9123 4567 ",
            "91234567 ",
            "if voicemail ",
            "tomorow ",
            "kai ",
            "x",
            "zz ",
            "then ",
            "@a ",
            "the ",
        ),
        *(
            "press 1 ",
            "until ",
            "max 5 ",
            "twenty ",
            "half past ",
            "a week from ",
            "next friday ",
            "an hour and ",
            "1/2 ",
            "#1 ",
        ),
    )
]


HEADS = ("", "call amy and say ", "conference ")


@pytest.mark.parametrize("head", HEADS)
def test_a_flood_of_signs_takes_no_time(head: str) -> None:
    parse("call amy at 5pm", SINGAPORE)
    slow = {flood[:8]: took for flood in FLOODS if (took := _seconds((head + flood)[:4096])) > PATIENCE}

    assert {
        flood: took for flood, took in slow.items() if _seconds((head + flood * 600)[:4096]) > PATIENCE
    } == {}


def _seconds(text: str) -> float:
    begun = time.process_time()
    parse(text, SINGAPORE)
    return time.process_time() - begun


def test_too_long_a_text_is_refused_at_once() -> None:
    parsed = parse("call amy " * 10_000, SINGAPORE)

    assert isinstance(parsed, Problems)
    assert parsed.found[0].code == "leftover"


def test_a_message_kept_for_later_counts_from_when_it_was_said() -> None:
    asked = parse("call kai in 20 minutes", SINGAPORE)
    assert isinstance(asked, Question)
    later = replace(SINGAPORE, now=SINGAPORE.now + timedelta(minutes=9))

    chosen = parse(asked.choices[0].text, later)

    assert isinstance(chosen, Understood)
    assert isinstance(chosen.command, Call)
    assert chosen.command.when
    assert chosen.command.when.at == SINGAPORE.now + timedelta(minutes=20)
