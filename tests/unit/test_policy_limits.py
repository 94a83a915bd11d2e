"""How much is allowed: each limit at its edge, lifted by 0, and met when the call is placed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.cdr import Money
from bot.domain.limits import Limits, Usage
from bot.domain.policy import Allowed, Refused, Rule, Rules, is_spent, may_call
from tests.unit.policy_cases import NOON_IN_SINGAPORE, request

AMY = "+6591234567"
TOMORROW = NOON_IN_SINGAPORE + timedelta(days=1)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount))


def refused(limits: Limits, usage: Usage, **changes: object) -> str | None:
    verdict = may_call(request(AMY, usage=usage, **changes), Rules(limits=limits))
    return verdict.rule if isinstance(verdict, Refused) else None


@pytest.mark.parametrize(
    ("rung", "placements", "rule"),
    [(29, 1, None), (30, 1, Rule.PLACEMENTS_PER_HOUR), (25, 5, None), (26, 5, Rule.PLACEMENTS_PER_HOUR)],
)
def test_thirty_placements_an_hour(rung: int, placements: int, rule: Rule | None) -> None:
    assert refused(Limits(), Usage(placements_last_hour=rung), placements=placements) == rule


@pytest.mark.parametrize(
    ("calls", "rule"), [(199, None), (200, Rule.CALLS_PER_DAY), (201, Rule.CALLS_PER_DAY)]
)
def test_two_hundred_calls_a_day(calls: int, rule: Rule | None) -> None:
    assert refused(Limits(), Usage(calls_today=calls)) == rule


def test_one_phone_one_call_unless_told_otherwise() -> None:
    edge = Usage(placements_last_hour=29, live_legs=7, calls_today=199)
    assert refused(Limits(), edge, confirmed=True) is None


def test_joining_a_running_call_is_no_new_call() -> None:
    assert refused(Limits(), Usage(calls_today=200), calls=0) is None


@pytest.mark.parametrize(("live", "rule"), [(6, None), (7, Rule.LIVE_LEGS)])
def test_eight_live_legs_when_placed(live: int, rule: Rule | None) -> None:
    assert refused(Limits(), Usage(live_legs=live), at_once=2, confirmed=True) == rule
    assert refused(Limits(), Usage(live_legs=live), at_once=2, confirmed=True, lifts_live_limit=True) is None


def test_the_first_minute_has_to_fit_into_what_is_left_of_the_day() -> None:
    cap = Limits(daily_spend=usd("20"))
    assert refused(cap, Usage(spent_today=(usd("19.90"),)), per_minute=usd("0.10")) is None
    assert refused(cap, Usage(spent_today=(usd("19.90"),)), per_minute=usd("0.11")) == Rule.DAILY_SPEND
    assert refused(cap, Usage(spent_today=(usd("20"),))) == Rule.DAILY_SPEND
    assert refused(cap, Usage(spent_today=(usd("19.99"),))) is None


def test_currencies_are_added_one_to_one() -> None:
    spent = Usage(spent_today=(usd("15"), Money(amount=Decimal(5), currency="SGD")))
    assert refused(Limits(daily_spend=usd("20")), spent) == Rule.DAILY_SPEND
    assert is_spent(spent, Limits(daily_spend=usd("20")))
    assert not is_spent(spent, Limits(daily_spend=usd("20.01")))
    assert not is_spent(spent, Limits())


def test_without_a_cap_any_amount_may_be_spent() -> None:
    assert refused(Limits(), Usage(spent_today=(usd("1000000"),)), per_minute=usd("5")) is None


def test_zero_is_no_limit() -> None:
    none = Limits(placements_per_hour=0, room_live_legs=0, room_calls_per_day=0)
    much = Usage(placements_last_hour=9_999, live_legs=9_999, calls_today=9_999)
    verdict = may_call(request(AMY, usage=much, at_once=50, placements=50), Rules(limits=none))
    assert verdict == Allowed(rule=Rule.WITHIN_LIMITS)
    assert refused(none, much, at_once=50, confirmed=True) is None


def test_a_call_for_tomorrow_meets_the_limits_tomorrow() -> None:
    full = Usage(placements_last_hour=30, live_legs=8, calls_today=200, spent_today=(usd("20"),))
    cap = Limits(daily_spend=usd("20"))
    assert refused(cap, full, at=TOMORROW) is None
    assert refused(cap, full, at=TOMORROW, now=TOMORROW, confirmed=True) is not None


def test_what_can_never_be_placed_is_refused_when_ordered() -> None:
    assert refused(Limits(), Usage(), at=TOMORROW, placements=31) == Rule.PLACEMENTS_PER_HOUR
    dear = Limits(daily_spend=usd("1"))
    assert refused(dear, Usage(), at=TOMORROW, per_minute=usd("1.01")) == Rule.DAILY_SPEND


@pytest.mark.parametrize(
    ("usage", "number"),
    [(Usage(placements_last_hour=30), "30"), (Usage(calls_today=200), "200")],
)
def test_the_sentence_names_the_limit(usage: Usage, number: str) -> None:
    verdict = may_call(request(AMY, usage=usage), Rules())
    assert isinstance(verdict, Refused)
    assert number in verdict.reason


def test_no_limit_still_ends_some_time() -> None:
    assert Limits(max_minutes=0).call_seconds == 86_400
    assert Limits(ring_seconds=0).longest_ring == 600
    assert (Limits().call_seconds, Limits().longest_ring) == (3_600, 30)
