"""What the card of a call says when it is over: outcome, time, money, recordings, and what to do next."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.call import Call, CallKind, CallState, PlacementState
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.cdr import CallId, Money
from bot.domain.flow import LegRole, Say
from bot.domain.leg import RecordingRef
from bot.domain.messages import state_of
from bot.domain.recording import Recording, RecordingId, RecordingState
from bot.domain.view import RecordingView
from tests.unit.shown_calls import (
    AMY,
    BOB,
    CALLER,
    CARL,
    DAD,
    DUE,
    FIRST_ME,
    ME,
    ROOM,
    STRANGER,
    after,
    birthday,
    call,
    call_back,
    cents,
    conference,
    done,
    inbound,
    labels,
    leg,
    lines,
    message,
    patch_in,
    placement,
    plan,
    private,
    started,
)


def voicemail(**more: Any) -> Recording:
    known: dict[str, Any] = {
        "id": RecordingId("r1"), "number": 14, "call": CallId("c1"), "role": LegRole("A"), "room": ROOM,
        "owner": "slack:T1/U1", "provider": "simulator", "ref": "x", "source_url": "", "voicemail": True,
        "state": RecordingState.STORED, "seconds": 14.2, "created_at": DUE,
        "expires_at": DUE + timedelta(days=90),
    }  # fmt: skip
    return Recording(**{**known, **more})


# --- afterwards ---------------------------------------------------------------------------------

AMY_TALKED = {"rang": 1, "answered": 7, "bridged": 30, "ended": 160}
UNREACHED = {"rang": 1, "ended": 31}


def receipt(of: Call) -> list[str]:
    card = private(of, 999)
    assert card.final
    return lines(card, "receipt")


def test_a_talk_is_accounted_for() -> None:
    me = leg(ME, rang=21, answered=25, bridged=30, ended=160)
    over = done(call(birthday()), leg(AMY, **AMY_TALKED, cost=cents("0.04")), me)
    assert receipt(over) == ["Amy and you talked for 2:10.", "Talk time 2:10 · cost 0.04 USD."]
    assert state_of(over) == "ended"
    assert labels(private(over)) == ["Call again"]


@pytest.mark.parametrize(
    ("me", "said"),
    [
        ({"rang": 21, "ended": 51, "cause": HangupCause.NO_ANSWER}, "Amy answered, you did not."),
        ({"rang": 21, "answered": 25, "ended": 55}, "Amy answered, you did not."),
        ({"rang": 21, "ended": 22, "cause": HangupCause.USER_BUSY}, "Amy answered, you were busy."),
        (
            {"answered": 25, "ended": 55, "verdict": AmdVerdict.MACHINE},
            "Amy answered, a machine answered for you.",
        ),
    ],
)
def test_when_only_the_other_side_answered(me: dict[str, Any], said: str) -> None:
    assert receipt(done(call(birthday()), leg(AMY, answered=7, ended=60), leg(ME, **me)))[0] == said


def test_when_the_song_was_too_long() -> None:
    over = done(call(birthday()), leg(AMY, answered=7, ended=12))
    assert receipt(over)[0] == "Amy answered and hung up before you were rung."


@pytest.mark.parametrize(
    ("cause", "title", "said"),
    [
        (HangupCause.NO_ANSWER, "no answer", "Amy did not answer."),
        (None, "no answer", "Amy did not answer."),
        (HangupCause.USER_BUSY, "busy", "Amy was busy."),
        (HangupCause.CALL_REJECTED, "could not be reached", "Amy rejected the call."),
        (
            HangupCause.UNALLOCATED_NUMBER,
            "could not be reached",
            "Amy could not be reached: the number does not exist.",
        ),
        (
            HangupCause.NORMAL_CLEARING,
            "stopped before anybody answered",
            "Amy was rung, but the ringing was stopped.",
        ),
        (
            HangupCause.INTERWORKING,
            "could not be reached",
            "Amy could not be reached: the call did not go through.",
        ),
    ],
)
def test_when_nobody_answered(cause: HangupCause | None, title: str, said: str) -> None:
    over = done(call(birthday()), leg(AMY, **UNREACHED, cause=cause))
    assert receipt(over) == [said, "Not charged."]
    assert private(over).title == f"Call #12 to Amy: {title}"


def test_a_machine_and_a_screen() -> None:
    with_branch = call(patch_in(on_machine=(Say(text="Call me"),)))
    machine = leg(AMY, answered=7, ended=20, verdict=AmdVerdict.MACHINE)
    assert receipt(done(with_branch, machine))[0] == (
        "A machine answered for Amy, and was played what you ordered for it."
    )
    assert (
        receipt(done(call(patch_in(on_machine=())), machine))[0]
        == "A machine answered for Amy, and I hung up."
    )
    screened = done(call(patch_in()), replace(machine, verdict=AmdVerdict.SCREENING), ending="call screening")
    assert receipt(screened)[0] == "Amy's phone screened the call; nobody took it."
    assert private(screened).title.endswith(": screened")


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ({"ended": 31, "cause": HangupCause.NO_ANSWER}, None, "You did not answer, so Bob was not rung."),
        ({"answered": 3, "ended": 33}, None, "You did not press 1, so Bob was not rung."),
        (
            {"answered": 3, "ended": 33, "digits": ((after(4), "1"),)},
            {"rang": 5, "ended": 33, "cause": HangupCause.NO_ANSWER},
            "You answered, Bob did not.",
        ),
        (
            {"answered": 3, "bridged": 10, "ended": 75},
            {"answered": 10, "bridged": 10, "ended": 75},
            "You and Bob talked for 1:05.",
        ),
    ],
)
def test_a_call_back(mine: dict[str, Any], theirs: dict[str, Any] | None, said: str) -> None:
    legs = [leg(FIRST_ME, dialed=0, **mine)] + ([leg(BOB, **theirs)] if theirs else [])
    assert receipt(done(call_back(), *legs))[0] == said


def test_a_reminder() -> None:
    order = call(plan(FIRST_ME, Say(text="Tea")), kind=CallKind.REMIND)
    assert receipt(done(order, leg(FIRST_ME, answered=3, ended=9)))[0] == "You answered the reminder."
    assert receipt(done(order, leg(FIRST_ME, **UNREACHED)))[0] == "You did not answer."


def test_a_conference_names_who_was_there() -> None:
    over = done(
        conference(),
        leg(AMY, answered=4, bridged=6, ended=66),
        leg(BOB, "tB", **UNREACHED, cause=HangupCause.NO_ANSWER),
        leg(CARL, "tC", answered=2, ended=31),
        ending="nobody else being there",
    )
    assert receipt(over) == [
        "1 of 3 joined: Amy.",
        "Bob did not answer.",
        "Carl answered but did not join.",
        "Talk time 1:00 · simulator has not told the price yet.",
        "Ended by nobody else being there.",
    ]
    assert "joined, left after 1:00" in lines(private(over), "legs")[0]


def test_a_refusal_by_the_provider_cost_nothing() -> None:
    order = call(birthday())
    refused = placement(order.plan[0], PlacementState.REJECTED, error="no credit left")
    over = done(order, placements=(refused,))
    assert receipt(over) == [
        "simulator refused the call to Amy: no credit left. Nothing was dialled.",
        "Not charged: nothing was dialled.",
    ]
    assert state_of(over) == "failed"
    assert labels(private(over)) == ["Call again"]


def test_left_alone_after_an_unknown_outcome() -> None:
    order = call(birthday())
    doubtful = placement(order.plan[0], PlacementState.CLOSED, placed_at=None)
    over = done(order, placements=(doubtful,))
    assert state_of(over) == "unknown"
    assert receipt(over) == ["I cannot confirm that the call to Amy went out.", "It may still be charged."]
    assert labels(private(over)) == ["Call again"]


def test_a_provider_that_never_said_how_it_ended() -> None:
    over = done(call(birthday()))
    assert receipt(over)[0] == "The call to Amy was placed; simulator does not say how it ended."


def test_several_people_one_call_each() -> None:
    both = call(plan(AMY, Say(text="Hi")), plan(BOB, Say(text="Hi")))
    assert lines(private(both), "steps")[0] == "1. Ring Amy and Bob, one call each"
    over = done(both, leg(AMY, answered=3, ended=9), leg(BOB, "tB", **UNREACHED))
    assert receipt(over)[:2] == ["Amy answered.", "Bob did not answer."]


@pytest.mark.parametrize(
    ("state", "title", "expected"),
    [
        (CallState.MISSED, "missed", ["Call now", "Leave it"]),
        (CallState.CANCELLED, "cancelled", ["Call again"]),
        (CallState.REFUSED, "not allowed", ["Edit"]),
    ],
)
def test_what_never_went_out(state: CallState, title: str, expected: list[str]) -> None:
    card = private(call(state=state, reason="Because."))
    assert card.title.endswith(f": {title}")
    assert lines(card, "note") == ["Because."]
    assert (labels(card), card.final) == (expected, True)


def test_a_strangers_number_can_be_saved() -> None:
    order = call(plan(STRANGER, Say(text="Hi")))
    assert labels(private(done(order, leg(STRANGER, answered=3, ended=9)))) == ["Call again", "Add contact"]


# --- calls to us --------------------------------------------------------------------------------


def test_an_incoming_call_under_way() -> None:
    card = private(started(inbound(), leg(CALLER, answered=0), leg(DAD, dialed=1, rang=2)), 10)
    assert card.title == "Call #12 from +65 9876 5432: being connected"
    assert lines(card, "legs") == [
        "+65 9876 5432 · Singapore: on the line 0:10",
        "Dad · +44 20 7946 0018 · United Kingdom: ringing 8 s",
    ]
    assert lines(card, "steps") == [
        "1. Connect Dad, ringing at most 20 s",
        "2. If nobody answers, say “Please leave your message.”",
        "3. Take a message of at most 3 min",
    ]
    assert labels(card) == ["Hang up"]


def test_a_voicemail_comes_with_its_link() -> None:
    over = done(
        inbound(),
        leg(CALLER, answered=0, ended=60, recordings=message(14.2)),
        leg(DAD, rang=2, ended=22, cause=HangupCause.NO_ANSWER),
    )
    card = private(over, 99, recordings=[RecordingView(recording=voicemail(), url="https://p.example/r/abc")])
    assert card.state == "voicemail"
    assert receipt(over)[0] == "+65 9876 5432 called and left a message of 0:14."
    assert lines(card, "recordings") == ["Message 14 (0:14): https://p.example/r/abc"]
    assert labels(card) == ["Post audio here", "Done", "Call back", "Revoke link"]
    assert [button.action for button in card.buttons] == ["post:r1", "done:r1", "back:c1", "revoke:r1"]


@pytest.mark.parametrize(
    ("recording", "url", "said", "expected"),
    [
        (
            {"state": RecordingState.WAITING},
            None,
            "Message 14 (0:14): being fetched; the link comes here.",
            [],
        ),
        ({}, None, "Message 14 (0:14): the link has run out, renew it below.", ["Renew link"]),
        ({"done": True}, "https://p.example/r", "Message 14 (0:14): https://p.example/r", []),
        ({"state": RecordingState.DELETED}, None, "Message 14 (0:14): deleted.", []),
        (
            {"state": RecordingState.FAILED, "seconds": None},
            None,
            "Message 14: simulator did not hand it over",
            [],
        ),
        ({"voicemail": False}, "https://p.example/r", "Recording (0:14): https://p.example/r", []),
    ],
)
def test_recordings(recording: dict[str, Any], url: str | None, said: str, expected: list[str]) -> None:
    over = done(inbound(), leg(CALLER, answered=0, ended=60, recordings=message(14.2)))
    card = private(over, 99, recordings=[RecordingView(recording=voicemail(**recording), url=url)])
    assert lines(card, "recordings")[0].startswith(said)
    assert labels(card) == [*expected, "Call back", *(["Revoke link"] if url else [])]


@pytest.mark.parametrize("recorded", [(), message(1.4)])
def test_a_missed_call_offers_to_call_back(recorded: tuple[RecordingRef, ...]) -> None:
    over = done(inbound(), leg(CALLER, answered=0, ended=40, recordings=recorded))
    assert private(over).state == "missed"
    assert receipt(over)[0] == "+65 9876 5432 called; nobody answered and no message was left."
    assert labels(private(over)) == ["Call back"]


def test_a_withheld_number_cannot_be_called_back() -> None:
    over = done(inbound(caller=None), leg(CALLER, answered=0, ended=40))
    card = private(over)
    assert card.title == "Call #12 from a withheld number: missed"
    assert "9876" not in card.text
    assert labels(card) == ["Leave it"]
    assert "A withheld number cannot be called back." in card.text


def test_a_forwarded_call_that_was_taken() -> None:
    over = done(
        inbound(),
        leg(CALLER, answered=0, bridged=8, ended=68),
        leg(DAD, rang=2, answered=7, bridged=8, ended=68),
    )
    assert receipt(over)[0] == "+65 9876 5432 called; Dad answered and talked for 1:00."
    assert private(over).state == "ended"


def test_money_of_several_currencies_is_not_added_up() -> None:
    from decimal import Decimal

    euro = Money(amount=Decimal("0.05"), currency="EUR")
    over = done(
        conference(),
        leg(AMY, answered=1, ended=9, cost=cents("0.02")),
        leg(BOB, "tB", answered=1, ended=9, cost=euro),
    )
    assert "cost 0.02 USD and 0.05 EUR" in receipt(over)[-1].lower().replace("usd", "USD").replace(
        "eur", "EUR"
    )
