"""Who rings whom, and what a provider that lacks something is given instead, or refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from bot.domain.call import CallKind, LegPlan
from bot.domain.errors import NotPossible
from bot.domain.flow import (
    CallFlow,
    Conference,
    Dial,
    Feature,
    Gather,
    HangUp,
    Party,
    Play,
    Record,
    Say,
    SendDigits,
    Step,
    dialled_in,
)
from bot.domain.forwarding import Forward, Stage
from bot.domain.numbers import PhoneNumber, SipUri
from bot.parse import command as said
from bot.ports.voice import ProviderLimits
from bot.services.planner import (
    FORWARD_ACCEPT,
    FORWARD_SPOKEN,
    Defaults,
    Plan,
    fit,
    plan_forward,
    plan_order,
    ring_times,
)
from tests.unit.calls import AMY, ME, NOON, ROOM, A, B

X = said.Target(address=AMY, name="Amy")
Y = said.Target(address=PhoneNumber(e164="+442079460018"), name="Bob")
MYSELF = said.Target(address=ME, is_me=True)
PATCH = said.Patch(target=MYSELF)
HELLO = Say(text="Hello.")


def planned(order: said.Call | said.Conference | said.Remind) -> Plan:
    return plan_order(order, me=ME, my_name="Punit", conference="room-1", defaults=Defaults())


def steps(leg: LegPlan) -> list[type[Step]]:
    return [type(step) for step in leg.flow.steps]


@dataclass
class Vendor:
    """As much of a provider as planning asks for."""

    features: frozenset[Feature] = frozenset(Feature)
    limits: ProviderLimits = field(default_factory=lambda: ProviderLimits(conference_size=8))
    lacking: Mapping[Feature, str] = field(default_factory=lambda: {Feature.SIP: "it has no sip phones"})
    name: str = "acme"

    def check(self, plan: LegPlan) -> None:
        return

    def without(self, *features: Feature) -> "Vendor":
        return replace(self, features=self.features - set(features))


def test_a_plain_call_rings_me_first_behind_the_accept_key() -> None:
    (leg,) = planned(said.Call(targets=(X,))).legs
    assert leg.party == Party(role=A, address=ME, name="Punit", is_me=True)
    assert steps(leg) == [Gather, Dial, Say, HangUp]
    assert leg.flow.parties() == (Party(role=B, address=AMY, name="Amy"),)


def test_written_steps_run_on_the_other_phone_in_written_order() -> None:
    song = Play(url="https://example.com/song.mp3")
    (leg,) = planned(said.Call(targets=(X,), steps=(song, HELLO, PATCH))).legs
    assert leg.party.name == "Amy"
    assert steps(leg) == [Play, Say, Dial, Say, HangUp]
    dial = leg.flow.steps[2]
    assert isinstance(dial, Dial)
    assert dial.accept is not None
    assert dial.accept.prompt == "Patchline. Press 1 to talk to Amy."


def test_nothing_is_patched_that_was_not_said() -> None:
    (leg,) = planned(said.Call(targets=(X,), steps=(HELLO,))).legs
    assert steps(leg) == [Say]
    assert dialled_in(leg.flow.steps) == ()


def test_nothing_may_follow_a_patch_but_the_hang_up() -> None:
    with pytest.raises(NotPossible, match="follow the patch"):
        planned(said.Call(targets=(X,), steps=(PATCH, HELLO)))
    planned(said.Call(targets=(X,), steps=(PATCH, HangUp())))


def test_only_a_machine_branch_patches_me_to_a_person() -> None:
    (leg,) = planned(said.Call(targets=(X,), on_machine=(HELLO,))).legs
    assert steps(leg) == [Dial, Say, HangUp]
    assert leg.flow.on_machine == (HELLO,)


def test_only_a_human_branch_hangs_up_on_a_machine() -> None:
    (leg,) = planned(said.Call(targets=(X,), on_human=(HELLO,))).legs
    assert leg.flow.steps == (HELLO,)
    assert leg.flow.on_machine == ()


def test_nobody_is_detected_unless_a_branch_was_said() -> None:
    (leg,) = planned(said.Call(targets=(X,), steps=(HELLO,))).legs
    assert leg.flow.on_machine is None


def test_several_targets_with_steps_are_a_leg_each_with_roles_of_their_own() -> None:
    plan = planned(said.Call(targets=(X, Y), steps=(HELLO, PATCH)))
    roles = [str(party.role) for leg in plan.legs for party in (leg.party, *leg.flow.parties())]
    assert roles == ["A", "B", "C", "D"]


def test_a_conference_rings_exactly_those_named() -> None:
    plan = planned(said.Conference(targets=(X, Y)))
    assert (plan.kind, [leg.party.name for leg in plan.legs]) == (CallKind.CONFERENCE, ["Amy", "Bob"])
    for leg in plan.legs:
        assert steps(leg) == [Gather, Conference]


def test_everybody_in_a_conference_is_told_whom_they_will_meet() -> None:
    nameless = replace(Y, name=None)
    prompts = [
        step.prompt
        for leg in planned(said.Conference(targets=(X, nameless, MYSELF))).legs
        for step in leg.flow.steps
        if isinstance(step, Gather)
    ]
    last_four = " ".join(str(nameless.address)[-4:])
    assert [each.partition("talk to ")[2] for each in prompts] == [
        f"the number ending in {last_four} and Punit.",
        "Amy and Punit.",
        f"Amy and the number ending in {last_four}.",
    ]


def test_a_reminder_says_it_twice() -> None:
    (leg,) = planned(said.Remind(target=MYSELF, message="Pay the rent.")).legs
    assert [step.text for step in leg.flow.steps if isinstance(step, Say)] == ["Pay the rent."] * 2


def test_an_extension_is_dialled_after_the_answer() -> None:
    desk = replace(X, address=replace(AMY, ext="42"))
    (leg,) = planned(said.Call(targets=(desk,), steps=(HELLO,))).legs
    assert leg.flow.steps == (SendDigits(digits="WW42"), HELLO)


def test_everybody_hears_first_that_the_call_is_recorded() -> None:
    recorded = said.Terms(record=True)
    (direct,) = planned(
        said.Call(targets=(X,), steps=(HELLO, PATCH), on_machine=(HELLO,), terms=recorded)
    ).legs
    notice = "This call is recorded."
    assert direct.flow.record
    assert direct.flow.steps[0] == Say(text=notice)
    assert direct.flow.on_machine == (Say(text=notice), HELLO)
    dial = next(step for step in direct.flow.steps if isinstance(step, Dial))
    assert dial.accept is not None
    assert dial.accept.prompt.startswith(notice)
    (back,) = planned(said.Call(targets=(X,), terms=recorded)).legs
    dial = next(step for step in back.flow.steps if isinstance(step, Dial))
    assert isinstance(back.flow.steps[0], Gather)
    assert back.flow.steps[0].prompt.startswith(notice)
    assert dial.announce == notice


def test_the_house_limit_is_never_exceeded() -> None:
    long = said.Terms(max_seconds=90_000, ring_seconds=12)
    (leg,) = planned(said.Call(targets=(X,), terms=long)).legs
    assert (leg.max_seconds, leg.ring_seconds) == (3600, 12)


def test_without_my_number_i_am_asked_for_it() -> None:
    with pytest.raises(NotPossible, match="my number is"):
        plan_order(said.Call(targets=(X,)), me=None, my_name="", conference="r", defaults=Defaults())


def test_nobody_is_connected_with_themselves() -> None:
    with pytest.raises(NotPossible, match="remind me"):
        planned(said.Call(targets=(MYSELF,)))
    planned(said.Call(targets=(MYSELF,), steps=(HELLO,)))


def test_what_was_written_and_cannot_be_done_is_refused() -> None:
    plan = planned(said.Call(targets=(X,), steps=(HELLO,), on_machine=()))
    with pytest.raises(NotPossible, match="machine detection"):
        fit(plan, Vendor().without(Feature.AMD))  # type: ignore[arg-type]


def test_what_we_add_ourselves_is_left_out_and_named() -> None:
    plan = planned(said.Call(targets=(X,)))
    fitted = fit(plan, Vendor().without(Feature.ACCEPT_KEY))  # type: ignore[arg-type]
    assert steps(fitted.legs[0]) == [Dial, Say, HangUp]
    assert any("accept key" in words for words in fitted.left_out)


def test_recording_is_refused_where_somebody_could_not_be_told() -> None:
    plan = planned(said.Call(targets=(X,), terms=said.Terms(record=True)))
    with pytest.raises(NotPossible, match="recorded"):
        fit(plan, Vendor().without(Feature.ACCEPT_KEY))  # type: ignore[arg-type]


def test_a_conference_too_large_for_the_provider_is_refused() -> None:
    plan = planned(said.Conference(targets=(X,) * 9))
    with pytest.raises(NotPossible, match="at most 8"):
        fit(plan, Vendor())  # type: ignore[arg-type]


def test_sip_and_a_withheld_number_are_features_too() -> None:
    sip = said.Target(address=SipUri(uri="sip:amy@example.com"))
    with pytest.raises(NotPossible, match="sip"):
        fit(planned(said.Call(targets=(sip,), steps=(HELLO,))), Vendor().without(Feature.SIP))  # type: ignore[arg-type]
    hidden = said.Call(targets=(X,), steps=(HELLO,), terms=said.Terms(caller_id="private"))
    with pytest.raises(NotPossible, match="withheld"):
        fit(planned(hidden), Vendor().without(Feature.WITHHELD_CALLER_ID))  # type: ignore[arg-type]


# --- forwards -----------------------------------------------------------------------------------


def forward(*rings: int | None, voicemail: bool = True) -> Forward:
    stages = tuple(Stage(parties=(Party(role=B, address=AMY),), ring_seconds=each) for each in rings)
    return Forward(
        did=ME,
        provider="acme",
        room=ROOM,
        owner="console:me",
        stages=stages,
        voicemail=voicemail,
        created_at=NOON,
    )


def flow_of(rule: Forward) -> CallFlow:
    return plan_forward(rule, caller="Cy", defaults=Defaults())


def test_a_forward_is_announced_tried_in_order_and_ends_in_voicemail() -> None:
    flow = flow_of(forward(None, 10))
    assert [type(step) for step in flow.steps] == [Say, Dial, Dial, Say, Say, Record, Say, HangUp]


def test_without_voicemail_it_ends_in_a_goodbye() -> None:
    flow = flow_of(forward(20, voicemail=False))
    assert [type(step) for step in flow.steps] == [Say, Dial, Say, HangUp]


def test_straight_to_voicemail_rings_nobody_and_announces_nothing() -> None:
    assert [type(step) for step in flow_of(forward()).steps] == [Say, Record, Say, HangUp]


@pytest.mark.parametrize("rings", [(None,) * 6, (60, 60), (300,), (10, 20, 30), (1,) * 6])
def test_voicemail_comes_within_ninety_seconds_whatever_was_ordered(rings: tuple[int | None, ...]) -> None:
    times = ring_times(forward(*rings), Defaults())
    # The worst case: every phone is picked up in its last second, and nobody presses the key.
    assert sum(times) + FORWARD_ACCEPT * len(times) + FORWARD_SPOKEN <= 90
    assert all(time >= 1 for time in times)


def test_more_stages_than_a_caller_would_wait_for_are_refused() -> None:
    with pytest.raises(NotPossible, match="At most 6"):
        ring_times(forward(*(None,) * 7), Defaults())
