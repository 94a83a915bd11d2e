"""A pass opens our pages for one person, of one kind, for a while; nothing else does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import BadPass
from bot.domain.passes import Pass, PassKind, read_pass, sign_pass
from bot.domain.people import Asker, Standing

KEY, OLDER = b"k" * 32, b"o" * 32
NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
WHO = Asker(platform="slack", workspace="T1", user="U2", name="Ámy “A.” <b>", standing=Standing.MEMBER)
GIVEN = Pass(id="n1", kind=PassKind.SESSION, asker=WHO, until=NOW + timedelta(hours=1))


def test_it_says_who() -> None:
    assert read_pass(sign_pass(GIVEN, KEY), PassKind.SESSION, [KEY], NOW) == GIVEN


def test_an_older_key_is_still_believed_and_a_strange_one_never() -> None:
    signed = sign_pass(GIVEN, OLDER)
    assert read_pass(signed, PassKind.SESSION, [KEY, OLDER], NOW) == GIVEN
    with pytest.raises(BadPass):
        read_pass(signed, PassKind.SESSION, [KEY], NOW)


def test_its_time_is_over_on_the_second() -> None:
    signed = sign_pass(GIVEN, KEY)
    assert read_pass(signed, PassKind.SESSION, [KEY], GIVEN.until - timedelta(microseconds=1))
    with pytest.raises(BadPass):
        read_pass(signed, PassKind.SESSION, [KEY], GIVEN.until)


def test_a_link_is_no_session() -> None:
    link = sign_pass(replace(GIVEN, kind=PassKind.LINK), KEY)
    with pytest.raises(BadPass):
        read_pass(link, PassKind.SESSION, [KEY], NOW)


@given(st.integers(0, 400), st.characters(codec="utf-8"))
def test_one_changed_character_is_too_many(place: int, other: str) -> None:
    signed = sign_pass(GIVEN, KEY)
    place %= len(signed)
    changed = signed[:place] + other + signed[place + 1 :]
    if changed != signed:
        with pytest.raises(BadPass):
            read_pass(changed, PassKind.SESSION, [KEY], NOW)


@given(st.text())
def test_anything_else_is_no_pass(text: str) -> None:
    with pytest.raises(BadPass):
        read_pass(text, PassKind.SESSION, [KEY], NOW)
