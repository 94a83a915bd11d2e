"""The story of a call: everything that is known of it, in the order in which it happened."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.call import Call, CallState, PlacementState, Understood
from bot.domain.causes import AmdVerdict, Disposition, HangupCause
from bot.domain.cdr import CallDetailRecord, Money
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind, RecordingRef, Token
from bot.domain.story import Heard, Judged, Known, story_of
from bot.domain.view import View
from tests.unit.handlers.past import call, over, placement

NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
VIEW = View(now=NOW, asker_zone="Asia/Singapore", private=True)
A = LegRole("A")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def heard(kind: LegEventKind, seconds: float, lag: float | None = None, **more: Any) -> Heard:
    event = LegEvent(
        token=Token("t12"), role=A, kind=kind, at=at(seconds), source_id=f"{kind}{seconds}", **more
    )
    return Heard(event=event, arrived=None if lag is None else at(seconds + lag))


def told(known: Known, view: View = VIEW) -> list[str]:
    return [beat.words for beat in story_of(known, view)]


ORDER = call(12, NOW, understood=(Understood(field="targets", words="amy"),))
ENDED = replace(over(ORDER), started_at=at(0.002))


def test_it_goes_from_the_sentence_to_the_account() -> None:
    record = CallDetailRecord(
        call=ORDER.id, disposition=Disposition.ANSWERED, started_at=NOW, answered_at=at(5), ended_at=at(70),
        talk_seconds=65, billed_seconds=120, cost=(Money(amount=Decimal("0.04")),),
    )  # fmt: skip
    known = Known(
        call=ENDED,
        heard=(heard(LegEventKind.ANSWERED, 5), heard(LegEventKind.HUNG_UP, 70, cause=HangupCause(16))),
        judged=(Judged(at=at(-3600), action="order", verdict="allowed", rule="within_limits", reason=""),),
        cdr=record,
    )
    words = told(known)

    assert words[0].startswith("Sam said: “call Amy on +6591234567")
    assert words[1:3] == ["Allowed.", "Due."]
    assert "Claimed by the dispatcher and begun, 0.002 s after it was due." in words
    assert words[-3:] == [
        "Amy: answered.",
        "Amy: ended, hung up as usual (Q.850 16 NORMAL_CLEARING).",
        "Closed: answered.",
    ]


def test_callbacks_stand_at_their_own_time_and_say_when_they_came() -> None:
    late = (heard(LegEventKind.HUNG_UP, 9, 0.25), heard(LegEventKind.RANG, 1, 12.5))
    beats = [beat for beat in story_of(Known(call=ENDED, heard=late), VIEW) if beat.words.startswith("Amy")]
    assert [beat.words.split(",")[0] for beat in beats] == ["Amy: ringing.", "Amy: ended"]
    assert [beat.details[-1] for beat in beats] == ["reached us 12.500 s later", "reached us 0.250 s later"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (heard(LegEventKind.DTMF, 5, digits="1"), "Amy: pressed 1."),
        (heard(LegEventKind.DTMF, 5, digits="4711"), "Amy: pressed 4 keys."),
        (heard(LegEventKind.MACHINE, 5, verdict=AmdVerdict.MACHINE), "Amy: a machine answered."),
        (
            heard(LegEventKind.RECORDED, 5, recording=RecordingRef(ref="r", url="u", seconds=65)),
            "Amy: a conversation of 1:05 was recorded.",
        ),
        (heard(LegEventKind.HUNG_UP, 5), "Amy: ended, no cause was told."),
    ],
)
def test_every_event_has_words(event: Heard, words: str) -> None:
    assert words in told(Known(call=ENDED, heard=(event,)))


def test_what_policy_held_back_is_told_with_its_reason_and_rule() -> None:
    judged = Judged(
        at=NOW, action="order call #12", verdict="ask", rule="new_country", reason="First call to X."
    )
    [beat] = [each for each in story_of(Known(call=ORDER, judged=(judged,)), VIEW) if each.kind == "ruled"]
    assert beat.words == "Held until somebody confirms: First call to X."
    assert beat.details == ("asked about: order call #12", "rule: new country")


def with_placement(**more: Any) -> Call:
    return replace(ENDED, placements=(replace(placement(ORDER), **more),), legs=())


def test_a_placement_that_came_to_nothing_says_what_the_provider_said() -> None:
    refused = with_placement(state=PlacementState.REJECTED, error="no credit", placed_at=None)
    [beat] = [each for each in story_of(Known(call=refused), VIEW) if "Placement" in each.words]
    assert beat.words == "Placement for Amy written down, then sent to simulator: refused."
    assert "error: no credit" in beat.details


def test_no_token_stands_there_whole() -> None:
    token = Token("a-token-nobody-may-know")
    story = story_of(Known(call=with_placement(token=token)), VIEW)
    assert "token: a-toke…" in {detail for beat in story for detail in beat.details}
    assert token not in str(story)


def test_what_has_no_time_stands_at_the_end() -> None:
    dropped = replace(ORDER, state=CallState.CANCELLED, reason="Cancelled by Sam.", notes=("By hand.",))
    assert told(Known(call=dropped))[-2:] == ["Cancelled: Cancelled by Sam.", "Note: By hand."]


def test_whoever_may_not_see_numbers_sees_their_end() -> None:
    masked = "\n".join(told(Known(call=ENDED), replace(VIEW, private=False)))
    assert "+6591234567" not in masked
    assert "…4567" in masked
