"""Where on the time line the life of a leg lies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flow import LegRole, Party
from bot.domain.leg import Leg, LegState, Token
from bot.domain.numbers import PhoneNumber
from bot.domain.timeline import SPANS, Phase, extent, stretches, ticks, window
from tests.unit.handlers.past import call

NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
AMY = Party(role=LegRole("A"), address=PhoneNumber(e164="+6591234567"), name="Amy")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


LEG = Leg(
    token=Token("t1"),
    party=AMY,
    state=LegState.ENDED,
    dialed_at=NOW,
    rang_at=at(1),
    answered_at=at(5),
    bridged_at=at(15),
    ended_at=at(80),
)


def told(leg: Leg, now: datetime) -> list[str]:
    return [each.words for each in stretches(leg, now)]


def test_a_leg_goes_through_its_phases() -> None:
    assert told(LEG, at(100)) == ["dialling 1 s", "ringing 4 s", "on the line 0:10", "talking 1:05"]


def test_what_goes_on_lasts_until_now() -> None:
    live = replace(LEG, state=LegState.BRIDGED, ended_at=None)
    assert told(live, at(20))[-1] == "talking 0:05"
    assert stretches(replace(live, held=True), at(20))[-1].phase is Phase.ON_HOLD


def test_phases_that_nobody_told_of_are_left_out() -> None:
    silent = replace(LEG, dialed_at=None, rang_at=None, bridged_at=None)
    assert told(silent, at(100)) == ["on the line 1:15"]
    assert told(replace(silent, answered_at=None), at(100)) == []


def test_a_hang_up_that_overtook_the_answer_draws_nothing_backwards() -> None:
    odd = replace(LEG, ended_at=at(3))
    assert all(each.end > each.start for each in stretches(odd, at(100)))
    assert told(odd, at(100)) == ["dialling 1 s", "ringing 2 s"]


@pytest.mark.parametrize("minutes", SPANS)
def test_now_is_in_the_window_and_the_picture_rests_between_its_grains(minutes: int) -> None:
    shown = window(NOW, minutes)
    assert shown.share(shown.start) == 0
    assert shown.share(shown.end) == 100
    assert 60 < shown.share(shown.now) < 70
    assert window(NOW + timedelta(milliseconds=900), minutes) == shown


@given(
    offset=st.integers(0, 86_400),
    zone=st.sampled_from(["Asia/Kathmandu", "Europe/London", "UTC", "America/St_Johns"]),
)
@pytest.mark.parametrize("minutes", SPANS)
def test_labels_are_round_times_in_order(minutes: int, offset: int, zone: str) -> None:
    found = list(ticks(window(NOW + timedelta(seconds=offset), minutes), minutes, zone))
    shares = [share for share, _ in found]
    assert shares == sorted(shares)
    assert 2 <= len(found) <= 7
    assert all(int(label[3:]) % min(SPANS[minutes], 60) == 0 for _, label in found)


def test_what_is_to_come_shows_when_it_is_due() -> None:
    waiting = call(12, NOW)
    assert extent(waiting, at(-60))[0] == NOW
