"""The leg's table, and that no order or repetition of events can change what a leg came to."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.causes import AmdVerdict, Disposition, HangupCause
from bot.domain.cdr import Money
from bot.domain.flow import Party
from bot.domain.leg import TRANSITIONS, Leg, LegEvent, LegEventKind, LegState, RecordingRef, Token
from tests.unit.calls import AMY, NOON, A, event, seconds

FRESH = Leg(token=Token("token-A"), party=Party(role=A, address=AMY))
DIALED, RANG, ANSWERED, BRIDGED, DTMF, MACHINE, HUNG_UP, RECORDED = LegEventKind


def folded(events: list[LegEvent]) -> Leg:
    leg = FRESH
    for each in events:
        leg = leg.on(each)
    return leg


def test_a_leg_moves_forward_only_and_never_leaves_its_end() -> None:
    order = list(LegState)
    for state, row in TRANSITIONS.items():
        assert all(order.index(after) > order.index(state) for after in row.values())
    assert TRANSITIONS[LegState.ENDED] == {}


def test_every_order_of_a_plain_call_comes_to_the_same_leg() -> None:
    story = [
        event(DIALED, 0),
        event(RANG, 1),
        event(ANSWERED, 5),
        event(
            HUNG_UP,
            65,
            cause=HangupCause.NORMAL_CLEARING,
            cost=Money(amount=Decimal("0.02")),
            billed_seconds=60,
        ),
    ]
    legs = {folded(list(order)) for order in permutations(story)}
    assert len(legs) == 1
    (leg,) = legs
    assert (leg.state, leg.disposition, leg.talk_seconds) == (LegState.ENDED, Disposition.ANSWERED, 60)


_KINDS = st.sampled_from(LegEventKind)


@st.composite
def _events(draw: st.DrawFn) -> list[LegEvent]:
    drawn = draw(st.lists(st.tuples(_KINDS, st.integers(0, 9), st.integers(0, 3)), max_size=7))
    return [
        event(
            kind,
            at,
            sequence=pick,
            cause=list(HangupCause)[pick] if kind is HUNG_UP else None,
            verdict=list(AmdVerdict)[pick] if kind is MACHINE else None,
            digits=str(pick) if kind is DTMF else "",
            cost=Money(amount=Decimal(pick)) if kind is HUNG_UP else None,
            recording=RecordingRef(ref=f"r{pick}", url="https://example.com") if kind is RECORDED else None,
        )
        for kind, at, pick in drawn
    ]


@given(_events(), st.randoms())
def test_any_order_with_any_repetition_folds_to_the_same_leg(events: list[LegEvent], dice: object) -> None:
    shuffled = [*events, *events]
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert folded(shuffled) == folded(events)


def test_an_answer_overtaken_by_the_hang_up_still_counts_as_answered() -> None:
    leg = folded([event(HUNG_UP, 30, cause=HangupCause.NORMAL_CLEARING), event(ANSWERED, 10)])
    assert leg.state is LegState.ENDED
    assert leg.disposition is Disposition.ANSWERED
    assert leg.talk_seconds == 20


@pytest.mark.parametrize(
    ("cause", "comes_to"),
    [
        (HangupCause.USER_BUSY, Disposition.BUSY),
        (HangupCause.NO_ANSWER, Disposition.NO_ANSWER),
        (HangupCause.CALL_REJECTED, Disposition.FAILED),
        (HangupCause.UNALLOCATED_NUMBER, Disposition.FAILED),
        (HangupCause.NORMAL_CLEARING, Disposition.CANCELLED),
        (None, Disposition.NO_ANSWER),
    ],
)
def test_what_an_unanswered_leg_comes_to(cause: HangupCause | None, comes_to: Disposition) -> None:
    assert folded([event(RANG, 1), event(HUNG_UP, 30, cause=cause)]).disposition is comes_to


def test_a_person_who_takes_a_screened_call_is_a_person() -> None:
    screened = event(MACHINE, 3, verdict=AmdVerdict.SCREENING)
    taken = event(MACHINE, 9, verdict=AmdVerdict.HUMAN)
    for order in permutations([event(ANSWERED, 2), screened, taken, event(HUNG_UP, 20)]):
        assert folded(list(order)).verdict is AmdVerdict.HUMAN


def test_seconds_on_the_line_are_rounded_up() -> None:
    leg = folded([event(ANSWERED, 0), event(HUNG_UP, 2.1)])
    assert leg.talk_seconds == 3
    assert leg.ended_at == NOON + seconds(2.1)
