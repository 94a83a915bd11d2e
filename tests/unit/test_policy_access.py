"""Who may use Patchline, and act on whose calls."""

import pytest

from bot.domain.limits import Access
from bot.domain.people import Asker, Person, Standing
from bot.domain.policy import (
    Allowed,
    Extent,
    Refused,
    Rule,
    is_admin,
    may_act_on,
    may_say,
    may_still_use,
    may_use,
    whose,
)

NOBODY = Access()


def slack(standing: Standing, user: str = "U1") -> Asker:
    return Asker(platform="slack", workspace="T1", user=user, name="amy", standing=standing)


def telegram(user: str = "12345", standing: Standing = Standing.STRANGER) -> Asker:
    return Asker(platform="telegram", workspace="", user=user, name="amy", standing=standing)


CONSOLE = Asker(platform="console", workspace="", user="me", standing=Standing.OWNER)


@pytest.mark.parametrize(
    ("asker", "rule", "allowed"),
    [
        (CONSOLE, Rule.ADMIN, True),
        (slack(Standing.MEMBER), Rule.MEMBER, True),
        (slack(Standing.GUEST), Rule.GUEST, False),
        (slack(Standing.STRANGER), Rule.NOT_ADMITTED, False),
        (slack(Standing.BOT), Rule.BOT, False),
        (telegram(), Rule.NOT_ADMITTED, False),
    ],
)
def test_out_of_the_box(asker: Asker, rule: Rule, allowed: bool) -> None:
    verdict = may_use(asker, None, NOBODY)
    assert verdict.rule == rule
    assert isinstance(verdict, Allowed) is allowed
    assert is_admin(asker, NOBODY) is (asker is CONSOLE)


@pytest.mark.parametrize(
    ("asker", "line"),
    [
        (telegram(), "PATCHLINE_ADMINS=telegram:12345"),
        (slack(Standing.STRANGER), "PATCHLINE_ADMINS=slack:T1/U1"),
    ],
)
def test_a_stranger_is_shown_the_line_to_paste(asker: Asker, line: str) -> None:
    verdict = may_use(asker, None, NOBODY)
    assert isinstance(verdict, Refused)
    assert verdict.reason.endswith(line)


def test_the_pasted_line_works() -> None:
    access = Access(admins=frozenset({"telegram:12345"}))
    assert may_use(telegram(), None, access) == Allowed(rule=Rule.ADMIN)
    assert is_admin(telegram(), access)
    assert isinstance(may_use(telegram("12346"), None, access), Refused)
    assert isinstance(may_use(telegram("1234"), None, access), Refused)


@pytest.mark.parametrize("standing", [Standing.STRANGER, Standing.GUEST])
def test_others_are_let_in_by_setting_or_by_chat(standing: Standing) -> None:
    asker = slack(standing)
    by_setting = Access(allow=frozenset({"slack:T1/U1"}))
    assert may_use(asker, None, by_setting) == Allowed(rule=Rule.ADMITTED)
    assert may_use(asker, Person(key=asker.key, admitted=True), NOBODY) == Allowed(rule=Rule.ADMITTED)
    assert not is_admin(asker, by_setting)


def test_revoke_beats_setting_and_membership_but_not_an_admin() -> None:
    asker = slack(Standing.MEMBER)
    revoked = Person(key=asker.key, admitted=False)
    assert may_use(asker, revoked, Access(allow=frozenset({asker.key}))).rule == Rule.REVOKED
    assert may_use(asker, revoked, NOBODY).rule == Rule.REVOKED
    assert may_use(asker, revoked, Access(admins=frozenset({asker.key}))).rule == Rule.ADMIN
    assert may_use(CONSOLE, Person(key=CONSOLE.key, admitted=False), NOBODY).rule == Rule.ADMIN


def test_a_bot_stays_a_bot_whatever_the_lists_say() -> None:
    bot = slack(Standing.BOT)
    everything = Access(admins=frozenset({bot.key}), allow=frozenset({bot.key}))
    assert isinstance(may_use(bot, Person(key=bot.key, admitted=True), everything), Refused)


def test_an_access_revoked_since_stops_the_call_when_it_is_placed() -> None:
    key = "slack:T1/U1"
    assert isinstance(may_still_use(key, None, NOBODY), Allowed)
    assert isinstance(may_still_use(key, Person(key=key), NOBODY), Allowed)
    assert isinstance(may_still_use(key, Person(key=key, admitted=False), NOBODY), Refused)
    admin = Access(admins=frozenset({key}))
    assert isinstance(may_still_use(key, Person(key=key, admitted=False), admin), Allowed)


@pytest.mark.parametrize("verb", ["allow", "revoke", "access"])
def test_some_verbs_are_for_admins(verb: str) -> None:
    assert may_say(slack(Standing.MEMBER), verb, NOBODY).rule == Rule.ADMIN_ONLY
    assert may_say(CONSOLE, verb, NOBODY) == Allowed(rule=Rule.ADMIN)


def test_the_other_verbs_are_for_everybody() -> None:
    assert may_say(slack(Standing.MEMBER), "call", NOBODY) == Allowed(rule=Rule.ADMITTED)


def test_one_acts_on_ones_own_calls_and_admins_on_everybodys() -> None:
    amy, bob = slack(Standing.MEMBER, "U1"), slack(Standing.MEMBER, "U2")
    assert may_act_on(amy, amy.key, NOBODY).rule == Rule.OWN_CALL
    assert may_act_on(bob, amy.key, NOBODY).rule == Rule.NOT_YOURS
    assert may_act_on(bob, amy.key, Access(admins=frozenset({bob.key}))).rule == Rule.ADMIN
    assert may_act_on(CONSOLE, amy.key, NOBODY).rule == Rule.ADMIN


@pytest.mark.parametrize("extent", list(Extent))
def test_without_a_number_a_command_is_about_ones_own_calls(extent: Extent) -> None:
    amy = slack(Standing.MEMBER)
    assert whose(extent, amy, NOBODY) == amy.key


def test_admins_see_everybodys_calls_but_cancel_all_is_never_about_others() -> None:
    assert whose(Extent.LIST, CONSOLE, NOBODY) is None
    assert whose(Extent.HISTORY, CONSOLE, NOBODY) is None
    assert whose(Extent.CANCEL_ALL, CONSOLE, NOBODY) == CONSOLE.key
