"""A recording link opens for whoever got it, until its second has come, and for nobody who made one up."""

import random
import string
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.errors import BadLink
from bot.domain.links import Link, sign, verify
from bot.domain.recording import RecordingId

KEY = bytes(range(32))
OLD_KEY = bytes(range(100, 132))
NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
AMYS = RecordingId("q3Kf-0_xZ9a7Lm2Vb81TyQ")

ids = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=64).map(RecordingId)
versions = st.integers(min_value=1, max_value=999_999_999)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(ids, versions, moments)
def test_a_token_says_back_what_was_signed(recording: RecordingId, version: int, expires: datetime) -> None:
    token = sign(recording, version, expires, KEY)
    whole = expires.replace(microsecond=0)

    link = verify(token, [KEY], whole - timedelta(seconds=1))

    assert link == Link(recording=recording, version=version, expires_at=whole)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")
    assert token[-1] in "0123456789abcdef"


def test_it_opens_until_the_last_microsecond_and_not_at_the_second() -> None:
    token = sign(AMYS, 1, NOW + WEEK, KEY)

    assert verify(token, [KEY], NOW + WEEK - timedelta(microseconds=1)).recording == AMYS
    for late in (timedelta(0), timedelta(microseconds=1), timedelta(days=365)):
        with pytest.raises(BadLink):
            verify(token, [KEY], NOW + WEEK + late)


def test_fractions_of_a_second_never_lengthen_a_link() -> None:
    token = sign(AMYS, 1, NOW + timedelta(seconds=1.9), KEY)

    with pytest.raises(BadLink):
        verify(token, [KEY], NOW + timedelta(seconds=1))


def test_the_clock_may_be_read_in_any_zone() -> None:
    token = sign(AMYS, 1, (NOW + WEEK).astimezone(timezone(timedelta(hours=8))), KEY)

    assert verify(token, [KEY], NOW.astimezone(timezone(timedelta(hours=-5)))).expires_at == NOW + WEEK


@given(st.data())
def test_no_single_change_of_a_token_is_accepted(data: st.DataObject) -> None:
    token = sign(data.draw(ids), data.draw(versions), NOW + WEEK, KEY)
    at = data.draw(st.integers(0, len(token)))
    change = data.draw(st.sampled_from(["replace", "insert", "drop", "double", "cut", "swap"]))
    letter = data.draw(st.characters())
    changed = {
        "replace": token[:at] + letter + token[at + 1 :],
        "insert": token[:at] + letter + token[at:],
        "drop": token[:at] + token[at + 1 :],
        "double": token + token[at:],
        "cut": token[:at],
        "swap": token[:at] + token[at : at + 2][::-1] + token[at + 2 :],
    }[change]
    assume(changed != token)

    with pytest.raises(BadLink):
        verify(changed, [KEY], NOW)


def test_of_many_thousand_changed_tokens_none_is_accepted() -> None:
    # One bit, or one character for another that a careless decoder takes for the same.
    dice = random.Random(20260310)
    token = sign(AMYS, 3, NOW + WEEK, KEY)
    accepted = 0
    for _ in range(20_000):
        changed = list(token)
        for at in dice.sample(range(len(token)), dice.choice((1, 1, 1, 2, 5))):
            changed[at] = dice.choice(
                (changed[at].swapcase(), chr(ord(changed[at]) ^ 1 << dice.randrange(7)))
            )
        if "".join(changed) != token:
            accepted += _opens("".join(changed))
    assert accepted == 0


def test_no_other_second_version_or_recording_comes_with_the_same_tag() -> None:
    head, tag = sign(AMYS, 3, NOW + WEEK, KEY).rsplit(".", 1)
    form, recording, version, expiry = head.split(".")
    others = [
        (form, recording, version, str(int(expiry) + 1)),
        (form, recording, version, "0" + expiry),
        (form, recording, "4", expiry),
        (form, recording, "03", expiry),
        (form, recording[:-1], version, expiry),
        ("2", recording, version, expiry),
        (form, f"{recording}.{version}", version, expiry),
        (form, recording, "٣", expiry),
    ]
    assert not any(_opens(".".join((*other, tag))) for other in others)
    assert not any(
        _opens(head + end) for end in ("", ".", ".." + tag, "." + tag.upper(), f".{tag}\n", f".{tag} ")
    )


def test_only_the_whole_tag_will_do() -> None:
    token = sign(AMYS, 1, NOW + WEEK, KEY)

    assert len(token.rsplit(".", 1)[1]) * 4 >= 128
    assert not any(_opens(token[:-missing]) for missing in range(1, 41))


def test_a_new_key_signs_while_the_old_one_still_opens() -> None:
    old = sign(AMYS, 1, NOW + WEEK, OLD_KEY)
    new = sign(AMYS, 1, NOW + WEEK, KEY)

    assert verify(old, [KEY, OLD_KEY], NOW) == verify(new, [KEY, OLD_KEY], NOW)
    with pytest.raises(BadLink):
        verify(old, [KEY], NOW)


def test_without_a_proper_key_nothing_is_signed_and_nothing_opens() -> None:
    token = sign(AMYS, 1, NOW + WEEK, KEY)

    with pytest.raises(ValueError, match="no key"):
        verify(token, [], NOW)
    for short in (b"", b"secret"):
        with pytest.raises(ValueError, match="too short"):
            sign(AMYS, 1, NOW + WEEK, short)
        with pytest.raises(ValueError, match="too short"):
            verify(token, [short], NOW)


@pytest.mark.parametrize("odd", ["", "a/b", "a.b", "../etc", "naïve", "a" * 65, "a\n"])
def test_an_id_that_no_link_can_carry_is_not_signed(odd: str) -> None:
    with pytest.raises(ValueError, match="link can name"):
        sign(RecordingId(odd), 1, NOW + WEEK, KEY)


def test_what_a_bad_link_raises_does_not_repeat_it() -> None:
    token = sign(AMYS, 1, NOW, KEY)

    with pytest.raises(BadLink) as refused:
        verify(token, [KEY], NOW)
    assert str(refused.value) == ""


def _opens(token: str) -> bool:
    try:
        verify(token, [KEY], NOW)
    except BadLink:
        return False
    return True
