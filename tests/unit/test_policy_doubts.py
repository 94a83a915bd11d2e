"""What is asked before a phone rings, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.limits import Limits, Usage
from bot.domain.numbers import SipUri
from bot.domain.policy import Allowed, Ask, Circle, Dialled, Rule, Rules, may_call
from tests.unit.policy_cases import SINGAPORE, number, request

AMY = number("+6591234567")
LONDON = number("+442079460018")
NEW_YORK = number("+12125550123")
LATVIA = number("+37167000123")
EVERYWHERE = Circle(
    zone="Asia/Singapore",
    own_regions=frozenset({"SG"}),
    contact_regions=frozenset({"GB", "US", "LV", "AU", "RU"}),
)


def asked(*dialled: Dialled, circle: Circle = EVERYWHERE, **changes: object) -> list[tuple[Rule, str]]:
    verdict = may_call(request(dialled=dialled, circle=circle, **changes), Rules())
    assert isinstance(verdict, Ask | Allowed), verdict
    return [(each.rule, each.sentence) for each in verdict.reasons] if isinstance(verdict, Ask) else []


def test_a_plain_call_by_day_is_not_asked_about() -> None:
    assert asked(Dialled(address=AMY, name="amy")) == []


def test_a_number_that_looks_invalid() -> None:
    assert asked(Dialled(address=number("+6511111111"))) == [(Rule.INVALID_NUMBER, "+65…1111 looks invalid.")]
    assert asked(Dialled(address=number("+447700900123"), name="bob", zone="Asia/Singapore")) == [
        (Rule.INVALID_NUMBER, "The number of bob looks invalid.")
    ]


# --- night ---------------------------------------------------------------------------------------


def at(hour: int, minute: int = 0) -> dict[str, object]:
    moment = datetime(2026, 1, 20, hour, minute, tzinfo=UTC)
    return {"at": moment, "now": moment}


@pytest.mark.parametrize(
    ("london", "night"),
    [((21, 59), False), ((22, 0), True), ((23, 59), True), ((0, 0), True), ((6, 59), True), ((7, 0), False)],
)
def test_night_is_from_ten_to_seven_at_the_other_end(london: tuple[int, int], night: bool) -> None:
    rules = [rule for rule, _ in asked(Dialled(address=LONDON), **at(*london))]
    assert rules == ([Rule.NIGHT] if night else [])


def test_the_night_is_named_as_a_guess_unless_the_contact_has_a_zone() -> None:
    guessed, known = (
        Dialled(address=LONDON, name="bob"),
        Dialled(address=LONDON, name="bob", zone="Europe/London"),
    )
    assert asked(guessed, **at(3, 10)) == [
        (Rule.NIGHT, "It will be 03:10 at night for bob (a guess from the number).")
    ]
    assert asked(known, **at(3, 10)) == [(Rule.NIGHT, "It will be 03:10 at night for bob.")]


def test_a_contact_who_moved_is_asked_about_where_they_are() -> None:
    assert asked(Dialled(address=LONDON, zone="Asia/Tokyo"), **at(3, 10)) == []
    assert [rule for rule, _ in asked(Dialled(address=LONDON, zone="Asia/Tokyo"), **at(15))] == [Rule.NIGHT]


def test_my_own_night_is_my_own_business() -> None:
    at_night_in_singapore = at(16, 30)
    assert asked(Dialled(address=AMY), **at_night_in_singapore) == []
    # Kuala Lumpur's clock is Singapore's, whatever its zone is called.
    assert asked(Dialled(address=AMY, zone="Asia/Kuala_Lumpur"), **at_night_in_singapore) == []


def test_a_number_that_may_be_anywhere_is_asked_about_only_when_it_is_night_everywhere() -> None:
    australian_mobile = Dialled(address=number("+61491570123"))
    londoner = replace(EVERYWHERE, zone="Europe/London")
    night_in_sydney_only, night_from_perth_to_lord_howe = at(12, 30), at(15, 30)
    assert asked(australian_mobile, circle=londoner, **night_in_sydney_only) == []
    rules = [rule for rule, _ in asked(australian_mobile, circle=londoner, **night_from_perth_to_lord_howe)]
    assert rules == [Rule.NIGHT]
    # In one of its zones the clock is Singapore's: no stranger's night for somebody there.
    assert asked(australian_mobile, **night_from_perth_to_lord_howe) == []


def test_the_night_is_judged_when_the_phone_rings_not_when_it_is_ordered() -> None:
    by_day, at_night = datetime(2026, 1, 20, 9, tzinfo=UTC), datetime(2026, 1, 21, 2, tzinfo=UTC)
    assert [rule for rule, _ in asked(Dialled(address=LONDON), now=by_day, at=at_night)] == [Rule.NIGHT]


# --- countries -----------------------------------------------------------------------------------


def test_a_first_country_is_named_once() -> None:
    two = [
        Dialled(address=LATVIA, zone="Asia/Singapore"),
        Dialled(address=number("+37167000124"), zone="Asia/Singapore"),
    ]
    assert asked(*two, circle=SINGAPORE) == [(Rule.NEW_COUNTRY, "First call to Latvia, +371.")]


@pytest.mark.parametrize(
    "circle",
    [
        Circle(zone="Asia/Singapore", own_regions=frozenset({"SG", "LV"})),
        Circle(zone="Asia/Singapore", own_regions=frozenset({"SG"}), contact_regions=frozenset({"LV"})),
    ],
)
def test_own_default_and_contacts_countries_are_known(circle: Circle) -> None:
    assert asked(Dialled(address=LATVIA, zone="Asia/Singapore"), circle=circle) == []


def test_canada_is_not_the_united_states_but_shares_its_toll_free_numbers() -> None:
    canadian = Circle(zone="America/Toronto", own_regions=frozenset({"CA"}))
    noon = {"at": datetime(2026, 1, 20, 17, tzinfo=UTC)}
    assert [rule for rule, _ in asked(Dialled(address=NEW_YORK), circle=canadian, **noon)] == [
        Rule.NEW_COUNTRY
    ]
    assert asked(Dialled(address=number("+18002345678")), circle=canadian, **noon) == []


def test_a_code_of_no_country() -> None:
    freephone = Dialled(address=number("+80012345678"))
    assert asked(freephone) == [(Rule.NEW_COUNTRY, "First call to +800, which is no single country.")]


# --- the rest ------------------------------------------------------------------------------------


def test_a_link_that_reads_differently() -> None:
    assert asked(Dialled(address=AMY, label="+65 6123 9999")) == [
        (Rule.LINK_LABEL, "The link reads differently from the number it dials, +65…4567.")
    ]


def test_a_number_that_only_a_profile_gave() -> None:
    assert [rule for rule, _ in asked(Dialled(address=AMY, name="amy", from_profile=True))] == [
        Rule.PROFILE_NUMBER
    ]


def test_i_am_never_asked_about_myself() -> None:
    me = Dialled(address=LATVIA, is_me=True, from_profile=True)
    assert asked(me, circle=SINGAPORE, **at(2)) == []


def test_a_repeat_without_an_end() -> None:
    assert asked(Dialled(address=AMY), endless=True) == [(Rule.ENDLESS, "It repeats without an end.")]


def test_every_reason_is_told_at_once_in_the_order_of_the_people() -> None:
    verdict = may_call(
        request(
            dialled=(Dialled(address=LATVIA), Dialled(address=number("+6511111111"))), endless=True, **at(2)
        ),
        Rules(),
    )
    assert isinstance(verdict, Ask)
    assert verdict.rule == "new_country,night,invalid_number,endless"
    assert verdict.reason.startswith("First call to Latvia, +371. It will be 04:00 at night")
    assert [each.party for each in verdict.reasons] == ["+37…0123", "+37…0123", "+65…1111", None]


def test_what_was_confirmed_is_not_asked_again() -> None:
    facts = request(dialled=(Dialled(address=LATVIA, label="x"),), endless=True, confirmed=True, **at(2))
    assert may_call(facts, Rules()) == Allowed(rule=Rule.WITHIN_LIMITS)


def test_a_sip_address_has_neither_country_nor_clock() -> None:
    rules = Rules(limits=Limits(sip_hosts=("pbx.example.com",)))
    facts = request(SipUri(uri="sip:amy@pbx.example.com"), **at(2))
    assert may_call(facts, rules) == Allowed(rule=Rule.WITHIN_LIMITS)


def test_no_sentence_repeats_a_whole_number() -> None:
    everything = Dialled(address=LATVIA, label="other", from_profile=True)
    assert all("+37167000123" not in sentence for _, sentence in asked(everything, circle=SINGAPORE, **at(2)))


# --- many at once --------------------------------------------------------------------------------


def test_more_than_eight_at_once_is_asked_and_confirm_lifts_it() -> None:
    assert asked(Dialled(address=AMY), at_once=8) == []
    verdict = may_call(request(AMY, at_once=9), Rules())
    assert isinstance(verdict, Ask)
    assert verdict.rule == Rule.MANY_AT_ONCE
    assert verdict.lifts_live_limit
    lifted = request(AMY, at_once=9, confirmed=True, lifts_live_limit=True)
    assert may_call(lifted, Rules()) == Allowed(rule=Rule.WITHIN_LIMITS)


def test_those_already_on_the_line_count_for_a_call_now_and_not_for_one_tomorrow() -> None:
    busy = Usage(live_legs=7)
    assert [rule for rule, _ in asked(Dialled(address=AMY), at_once=2, usage=busy)] == [Rule.MANY_AT_ONCE]
    tomorrow = datetime(2026, 3, 11, 4, tzinfo=UTC)
    assert asked(Dialled(address=AMY), at_once=8, usage=busy, at=tomorrow) == []


def test_the_sentence_tells_whether_it_is_the_call_or_the_room() -> None:
    ((_, many),) = asked(Dialled(address=AMY), at_once=9)
    ((_, busy),) = asked(Dialled(address=AMY), at_once=8, usage=Usage(live_legs=1))
    assert many == "It rings 9 phones at once; more than 8 want a yes."
    assert busy == "Counting the phones that are live already (1), this room would have more than 8 at once."


def test_other_reasons_do_not_lift_the_limit() -> None:
    verdict = may_call(request(AMY, endless=True), Rules())
    assert isinstance(verdict, Ask)
    assert not verdict.lifts_live_limit
