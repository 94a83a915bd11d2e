"""What follows from what happened to a call, told second by second."""

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

from bot.domain.call import Call, CallState, PlacementState
from bot.domain.causes import AmdVerdict, Disposition, HangupCause
from bot.domain.cdr import Money
from bot.domain.decisions import (
    Close,
    Effect,
    Fetch,
    HangUpLeg,
    Speak,
    Tick,
    cancel,
    decide,
    end,
)
from bot.domain.leg import LegEvent, LegEventKind, LegState, RecordingRef
from bot.domain.texts import Moment
from tests.unit.calls import NOON, A, B, conference, event, patched_call, seconds

DIALED, RANG, ANSWERED, BRIDGED, DTMF, MACHINE, HUNG_UP, RECORDED = LegEventKind


def lived(call: Call, *events: LegEvent) -> Call:
    for each in events:
        call, _ = decide(call, each, each.at)
    return call


def at(call: Call, second: float) -> tuple[Call, tuple[Effect, ...]]:
    return decide(call, Tick(), NOON + seconds(second))


def hung_up(effects: tuple[Effect, ...]) -> set[str]:
    return {str(effect.role) for effect in effects if isinstance(effect, HangUpLeg)}


def test_a_callback_proves_a_placement_whatever_the_request_came_to() -> None:
    for state in (PlacementState.PLACING, PlacementState.UNKNOWN):
        call = lived(patched_call(state), event(RANG, 1, ref="vendor-1"))
        (known,) = call.placements
        assert known.state is PlacementState.PLACED
        assert known.refs == ((A, "vendor-1"),)
        assert known.reconciled is (state is PlacementState.UNKNOWN)


def test_the_leg_that_the_provider_dials_itself_belongs_to_the_same_placement() -> None:
    call = lived(patched_call(), event(ANSWERED, 2), event(RANG, 5, role=B))
    me = call.leg(B)
    assert me is not None
    assert (me.party.name, me.state) == ("me", LegState.RINGING)


def test_the_account_is_closed_when_the_last_leg_has_ended() -> None:
    call = lived(
        patched_call(),
        event(ANSWERED, 5),
        event(BRIDGED, 12, role=B),
        event(HUNG_UP, 70, role=B, cost=Money(amount=Decimal("0.01"))),
    )
    assert call.state is CallState.STARTED
    call, effects = decide(call, event(HUNG_UP, 70, cost=Money(amount=Decimal("0.02"))), NOON + seconds(70))
    (close,) = [effect for effect in effects if isinstance(effect, Close)]
    assert call.state is CallState.DONE
    assert close.cdr.disposition is Disposition.ANSWERED
    assert close.cdr.talk_seconds == 65
    assert close.cdr.cost == (Money(amount=Decimal("0.03")),)


def test_a_late_price_amends_the_account_and_not_the_state() -> None:
    call = lived(patched_call(), event(ANSWERED, 5), event(HUNG_UP, 70))
    assert call.state is CallState.DONE
    priced = event(HUNG_UP, 70, sequence=9, cost=Money(amount=Decimal("0.05")))
    call, effects = decide(call, priced, NOON + seconds(500))
    (close,) = effects
    assert isinstance(close, Close)
    assert close.cdr.cost == (Money(amount=Decimal("0.05")),)
    assert call.state is CallState.DONE


def test_every_order_of_the_same_events_ends_in_the_same_call() -> None:
    story = [
        event(RANG, 1),
        event(ANSWERED, 5),
        event(BRIDGED, 9, role=B),
        event(HUNG_UP, 30, role=B),
        event(HUNG_UP, 31),
    ]
    ends = set()
    for order in permutations(story):
        call = lived(patched_call(), *order)
        ends.add(
            (
                call.state,
                call.disposition,
                *(sorted((leg.role, leg.state, leg.talk_seconds) for leg in call.legs)),
            )
        )
    assert len(ends) == 1


def test_an_event_of_another_call_changes_nothing() -> None:
    call = patched_call()
    assert decide(call, event(RANG, 1, token="somebody-else"), NOON) == (call, ())


def test_a_recording_is_fetched_once_however_often_it_is_told() -> None:
    told = event(RECORDED, 40, recording=RecordingRef(ref="rec-1", url="https://example.com/1"))
    call, effects = decide(lived(patched_call(), event(ANSWERED, 2)), told, told.at)
    assert [effect.recording.ref for effect in effects if isinstance(effect, Fetch)] == ["rec-1"]
    assert decide(call, told, told.at) == (call, ())


def test_a_minute_is_announced_once_and_then_everybody_is_hung_up() -> None:
    call = lived(patched_call(max_seconds=600), event(ANSWERED, 0), event(BRIDGED, 0, role=B))
    assert call.wake_at == NOON + seconds(540)
    call, effects = at(call, 540)
    assert [effect.moment for effect in effects if isinstance(effect, Speak)] == [Moment.ONE_MINUTE_LEFT]
    call, effects = at(call, 541)
    assert effects == ()
    call, effects = at(call, 600)
    assert hung_up(effects) == {"A", "B"}
    assert call.ending == "the time limit"


def test_a_hang_up_is_asked_for_again_until_the_legs_are_seen_to_end() -> None:
    call, effects = end(lived(patched_call(), event(ANSWERED, 0)), "Punit", NOON + seconds(5))
    assert hung_up(effects) == {"A"}
    assert call.wake_at == NOON + seconds(20)
    call, effects = at(call, 20)
    assert hung_up(effects) == {"A"}
    call = lived(call, event(HUNG_UP, 21))
    assert (call.state, call.wake_at) == (CallState.DONE, None)


def test_whoever_picks_up_after_the_hang_up_was_ordered_is_hung_up_as_well() -> None:
    call, _ = end(lived(patched_call(), event(ANSWERED, 0)), "Punit", NOON + seconds(5))
    call, effects = decide(call, event(RANG, 6, role=B), NOON + seconds(6))
    assert "B" in hung_up(effects)


def test_a_placement_nobody_has_heard_of_is_hung_up_too() -> None:
    _, effects = end(patched_call(), "Punit", NOON)
    assert hung_up(effects) == {"A"}


def test_legs_not_yet_rung_are_dropped_when_a_conference_is_ended() -> None:
    call = conference(3)
    call = replace(call, placements=call.placements[:1])
    call = lived(call, event(ANSWERED, 1))
    call, effects = end(call, "Punit", NOON + seconds(2))
    assert call.unplaced == ()
    assert hung_up(effects) == {"A"}


def test_one_alone_in_a_conference_is_hung_up_after_a_minute() -> None:
    call = conference(2)
    call = lived(call, event(BRIDGED, 1), event(RANG, 2, role=B, token="token-B"))
    assert call.alone_since is None  # somebody is still on the way
    call = lived(call, event(HUNG_UP, 30, role=B, token="token-B", cause=HangupCause.NO_ANSWER))
    assert call.alone_since == NOON + seconds(30)
    assert at(call, 89)[1] == ()
    call, effects = at(call, 90)
    assert hung_up(effects) == {"A"}


def test_company_ends_loneliness() -> None:
    call = lived(conference(2), event(BRIDGED, 1), event(HUNG_UP, 5, role=B, token="token-B"))
    assert call.alone_since == NOON + seconds(5)
    call = lived(replace(call, legs=call.legs[:1]), event(BRIDGED, 20, role=B, token="token-B"))
    assert call.alone_since is None


def test_a_phone_that_asks_who_is_calling_is_told_and_given_twenty_seconds() -> None:
    asks = event(MACHINE, 3, verdict=AmdVerdict.SCREENING)
    call, effects = decide(lived(patched_call(), event(ANSWERED, 2)), asks, asks.at)
    (told,) = effects
    assert isinstance(told, Speak)
    assert (told.moment, told.name) == (Moment.SCREENING, "Punit")
    assert at(call, 22)[1] == ()
    ended, effects = at(call, 23)
    assert hung_up(effects) == {"A"}
    done = lived(ended, event(HUNG_UP, 24))
    assert done.disposition is Disposition.MACHINE


def test_a_person_behind_the_screening_is_not_cut_off() -> None:
    call = lived(
        patched_call(),
        event(ANSWERED, 2),
        event(MACHINE, 3, verdict=AmdVerdict.SCREENING),
        event(MACHINE, 10, verdict=AmdVerdict.HUMAN),
    )
    assert hung_up(at(call, 30)[1]) == set()


def test_an_end_that_nobody_reports_is_settled_at_the_deadline() -> None:
    call = patched_call()
    (known,) = call.placements
    call = replace(call, placements=(replace(known, deadline=NOON + seconds(100)),))
    call = lived(call, event(ANSWERED, 1))
    call, effects = at(call, 100)
    assert call.state is CallState.DONE
    assert any(isinstance(effect, Close) for effect in effects)


def test_a_straggling_second_leg_holds_the_call_open_for_a_minute_at_most() -> None:
    call = lived(patched_call(), event(ANSWERED, 1), event(BRIDGED, 5, role=B), event(HUNG_UP, 30))
    assert call.state is CallState.STARTED
    call, _ = at(call, 90)
    assert call.state is CallState.DONE


def test_an_unknown_placement_keeps_its_call_open() -> None:
    call, _ = at(patched_call(PlacementState.UNKNOWN), 9999)
    assert call.state is CallState.STARTED


def test_a_call_of_which_every_placement_was_refused_is_over() -> None:
    call, effects = at(patched_call(PlacementState.REJECTED), 1)
    assert (call.state, call.disposition) == (CallState.DONE, Disposition.FAILED)
    assert any(isinstance(effect, Close) for effect in effects)


def test_only_what_has_not_started_can_be_cancelled() -> None:
    waiting = replace(patched_call(), state=CallState.SCHEDULED, placements=())
    assert cancel(waiting, "Punit").state is CallState.CANCELLED
    assert cancel(patched_call(), "Punit").state is CallState.STARTED
