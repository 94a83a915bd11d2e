"""Buttons' actions: what is written is read back, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actions import LONGEST, Action, Verb, parse_action

IDS = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)


@given(
    verb=st.sampled_from(Verb),
    target=IDS,
    argument=st.one_of(st.just(""), st.integers(1, 99).map(str)),
)
def test_what_is_written_is_read_back(verb: Verb, target: str, argument: str) -> None:
    action = Action(verb=verb, target=target, argument=argument)
    assert parse_action(str(action)) == action
    assert len(str(action)) <= LONGEST


@pytest.mark.parametrize(
    "text",
    ["", "cancel", "cancel:", "cancel:a b", "dance:x", "cancel:x:y:z", "cancel:+6591234567", "cancel:x\n"],
)
def test_what_no_button_says(text: str) -> None:
    with pytest.raises(ValueError, match=r"button|valid"):
        parse_action(text)


def test_a_name_or_a_number_does_not_fit_into_a_button() -> None:
    for target in ("Amy Lee", "+6591234567", "x" * 64, ""):
        with pytest.raises(ValueError, match="action"):
            Action(verb=Verb.CANCEL, target=target)


def test_an_answer_counts_from_one() -> None:
    assert parse_action("answer:q1:2").choice == 1
    with pytest.raises(ValueError, match="invalid"):
        _ = parse_action("answer:q1").choice
