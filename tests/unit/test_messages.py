"""What the card of a call says, state by state, and what it never says."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actions import LONGEST, parse_action
from bot.domain.call import Call, CallState, PlacementState, Understood
from bot.domain.card import Card
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.cdr import CallId
from bot.domain.flow import Feature, Pause, Play, Say, SendDigits
from bot.domain.leg import Leg, LegEvent, LegEventKind, Token
from bot.domain.messages import card_for
from bot.domain.numbers import PhoneNumber
from tests.unit.shown_calls import (
    AMY,
    BOB,
    CALLER,
    DUE,
    ME,
    NOW,
    STRANGER,
    after,
    birthday,
    call,
    call_back,
    cents,
    conference,
    inbound,
    labels,
    leg,
    lines,
    message,
    party,
    patch_in,
    placement,
    plan,
    private,
    public,
    started,
)

# --- before -------------------------------------------------------------------------------------


def test_a_scheduled_call_says_what_was_understood() -> None:
    words = (Understood(field="target", words="amy"), Understood(field="when", words="at 23:59"))
    card = card_for(call(birthday(), understood=words), now=NOW, private=True)
    assert (card.state, card.final, card.number) == ("scheduled", False, 12)
    assert card.title == "Call #12 to Amy: scheduled for Tue 10 March, 23:59"
    assert lines(card, "when") == [
        "When: Tue 10 March 2026, 23:59 (11:59 pm) Asia/Singapore, UTC+8, in 9 h 29 min."
    ]
    assert lines(card, "parties") == ["Amy · +65 9123 4567 · Singapore", "you · +65 8123 4567 · Singapore"]
    assert lines(card, "steps") == [
        "1. Ring Amy",
        "2. Play happy.mp3",
        "3. Say “Connecting this call to Sam”",
        "4. Patch you in (takes it with 1), ringing at most 30 s",
    ]
    assert lines(card, "understood") == ["Understood: target “amy” · when “at 23:59”. No word left over."]
    assert labels(card) == ["Cancel"]


def test_both_clocks_are_shown_where_they_differ() -> None:
    card = card_for(call(patch_in(STRANGER)), now=NOW, asker_zone="Europe/London")
    assert lines(card, "when")[1] == ("On your clock: Tue 10 March 2026, 15:59 (3:59 pm) Europe/London, UTC.")


@pytest.mark.parametrize(
    ("zones", "said"),
    [
        ({}, "their time Tue 15:59 (guess)"),
        ({"+442079460018": "Asia/Tokyo"}, "their time Wed 00:59, night"),
        ({"+442079460018": "Asia/Singapore"}, None),
    ],
)
def test_their_clock(zones: dict[str, str], said: str | None) -> None:
    card = card_for(call(patch_in(STRANGER)), now=NOW, their_zones=zones)
    (there, *_) = lines(card, "parties")
    assert there.endswith(said) if said else "their time" not in there


def test_a_number_of_a_country_with_several_zones_gets_no_guess() -> None:
    toll_free = party("A", "+18005550199")
    (line, _) = lines(card_for(call(patch_in(toll_free)), now=NOW), "parties")
    assert line == "…0199 · United States · toll-free"


def test_a_number_that_looks_invalid_is_marked() -> None:
    (line, _) = lines(card_for(call(patch_in(party("A", "+6511111111"))), now=NOW), "parties")
    assert line == "…1111 · Singapore · looks invalid"


def test_terms() -> None:
    shown = PhoneNumber(e164="+6561239999")
    order = call(
        plan(AMY, Say(text="Hello"), record=True, caller_id=shown, max_seconds=600),
        recorded_by="Sam",
        expected_cost=cents("0.0125"),
        left_out=("no accept key",),
    )
    assert lines(card_for(order, now=NOW, private=True), "terms") == [
        "Via simulator · shows +65 6123 9999 · recorded by order of Sam, each party is told first · "
        "at most 10 min · about 0.0125 USD a minute, at most 0.1250 USD."
    ]
    assert lines(card_for(order, now=NOW), "note") == ["With simulator: no accept key."]


def test_steps_in_words() -> None:
    flow = (
        Say(text="Hi\nthere"), Pause(seconds=2), Say(text="Hi\nthere"), Say(text="Hi\nthere"),
        Play(url="https://user:pw@files.example.com/a%20song.mp3?sig=1", times=3), SendDigits(digits="12#"),
    )  # fmt: skip
    order = call(plan(AMY, *flow, on_machine=()))
    assert lines(card_for(order, now=NOW), "steps")[1:] == [
        "2. Say “Hi there”",
        "3. Wait 2 s",
        "4. Say “Hi there” twice",
        "5. Play a song.mp3 3 times",
        "6. Press 3 keys",
        "If a machine answers: hang up",
    ]
    assert "6. Press 12#" in lines(card_for(order, now=NOW, private=True), "steps")


def test_a_held_call_asks_for_its_reason() -> None:
    held = call(state=CallState.HELD, reason="First call to Latvia, +371.")
    card = card_for(held, now=NOW, question="q1")
    assert card.state == "confirm"
    assert lines(card, "note") == ["Please confirm: First call to Latvia, +371."]
    assert labels(card)[:3] == ["Confirm", "Edit", "Cancel"]
    assert card.buttons[0].action == "confirm:q1"


def test_a_call_that_waits_for_another_has_nothing_to_confirm() -> None:
    card = card_for(
        call(state=CallState.HELD, follows=CallId("c0"), reason="It waits."), now=NOW, private=True
    )
    assert (card.state, labels(card)) == ("scheduled", ["Cancel"])
    assert card.title.endswith("waits for the one before it")


def test_a_series_says_its_rule_and_the_next_runs() -> None:
    runs = [DUE + timedelta(days=n) for n in (1, 2)]
    series = call(recurrence_words=("every day at 23:59", "until you cancel it"))
    assert lines(card_for(series, now=NOW, upcoming=runs), "when")[1:] == [
        "Every day at 23:59",
        "Until you cancel it",
        "Next: Wed 11 March, 23:59; Thu 12 March, 23:59.",
    ]


# --- meanwhile ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reached", "seconds", "state", "words"),
    [
        ({"dialed": 0}, 0.4, "placing", "dialling"),
        ({"dialed": 0}, 1, "placing", "dialling 1 s"),
        ({"dialed": 0, "rang": 1}, 5, "ringing", "ringing 4 s"),
        ({"rang": 1, "answered": 7}, 12, "answered", "answered after 6 s, on the line 0:05"),
        ({"rang": 1, "answered": 7, "bridged": 30}, 95, "talking", "answered after 6 s, talking 1:05"),
        ({"answered": 7, "muted": True}, 9, "answered", "answered, muted, on the line 0:02"),
        ({"answered": 7, "bridged": 8, "held": True}, 9, "talking", "answered, on hold, talking 0:01"),
    ],
)
def test_progress_with_seconds(reached: dict[str, Any], seconds: float, state: str, words: str) -> None:
    card = private(started(call(birthday()), leg(AMY, **reached)), seconds)
    assert card.state == state
    assert lines(card, "legs") == [f"Amy · +65 9123 4567 · Singapore: {words}"]
    assert labels(card) == ["Hang up", "Add"]


def test_the_accept_key_is_waited_for_and_seen() -> None:
    rung = leg(ME, dialed=20, rang=21, answered=25)
    order, amy = call(birthday()), leg(AMY, dialed=0, answered=7)
    assert lines(private(started(order, amy, rung), 27), "legs")[1].endswith(
        "asked to press 1, on the line 0:02"
    )
    pressed = replace(rung, digits=((after(26), "1"),))
    assert ", pressed 1, " in lines(private(started(order, amy, pressed), 27), "legs")[1]
    entered = replace(rung, digits=((after(26), "4711"),))
    assert ", pressed 4 keys, " in lines(private(started(order, amy, entered), 27), "legs")[1]


def test_a_late_start_is_said() -> None:
    order = call(birthday())
    late = replace(placement(order.plan[0]), created_at=after(45))
    assert lines(private(started(order, placements=(late,)), 46), "when") == [
        "Placed Tue 10 March 2026, 23:59:45 Asia/Singapore, UTC+8, 45 s late."
    ]
    assert lines(private(started(order), 1), "when")[0].endswith("23:59:00 Asia/Singapore, UTC+8, on time.")


def test_without_progress_nobody_claims_that_it_rings() -> None:
    card = private(started(call(birthday())), 3, features=frozenset({Feature.HANG_UP}))
    assert (card.state, labels(card)) == ("placed", ["Hang up"])
    assert "placed, waiting for the result" in card.title
    assert "ringing" not in card.title


def test_a_provider_that_cannot_hang_up_says_so() -> None:
    card = private(started(call(birthday())), 3, features=frozenset())
    assert card.buttons == ()
    assert "cannot be told to hang up" in card.text


def test_a_conference_counts_heads_and_lets_me_join() -> None:
    inside = leg(AMY, dialed=0, rang=1, answered=4, bridged=6, digits=((after(5), "1"),))
    card = private(started(conference(), inside, leg(BOB, "tB", dialed=0, rang=1)), 20)
    assert (card.state, card.title) == ("conference", "Conference #12, 3 people: 1 in the room")
    assert lines(card, "legs") == [
        "Amy · +65 9123 4567 · Singapore: answered after 3 s, pressed 1, joined 0:14",
        "Bob · +1 415-555-0101 · United States: ringing 19 s",
        "Carl · +44 20 7946 0018 · United Kingdom: placed, waiting for the network",
    ]
    assert labels(card) == ["Hang up", "Add", "Join me"]
    with_me = conference(AMY, replace(BOB, is_me=True))
    assert labels(private(started(with_me, inside), 20)) == ["Hang up", "Add"]


def test_a_hang_up_under_way_is_said() -> None:
    card = private(started(call(birthday()), leg(AMY, answered=7), ending="Sam"), 9)
    assert lines(card, "note") == ["Being hung up, by order of Sam."]
    assert labels(card) == ["Hang up"]


def test_an_unknown_outcome_is_checked_then_put_to_the_person() -> None:
    order = call(birthday())
    checked = placement(order.plan[0], PlacementState.UNKNOWN, check_at=after(5))
    card = private(started(order, placements=(checked,)), 3)
    assert card.state == "unknown"
    assert "being checked with simulator" in card.text
    assert labels(card) == ["Hang up"]
    given_up = private(started(order, placements=(replace(checked, check_at=None),)), 130)
    assert "I cannot confirm this call went out" in given_up.text
    assert labels(given_up) == ["Call now", "Leave it"]
    assert not given_up.final


def test_after_a_chosen_redial_the_old_doubt_is_gone() -> None:
    order = call(birthday())
    old = replace(placement(order.plan[0], PlacementState.CLOSED, placed_at=None), token=Token("t0"))
    card = private(started(order, leg(AMY, rang=1), placements=(old, placement(order.plan[0]))), 3)
    assert (card.state, "confirm" in card.text) == ("ringing", False)


# --- what no card ever does ---------------------------------------------------------------------


def test_public_cards_show_the_last_four_digits_only() -> None:
    words = (
        Understood(field="target", words="+65 9123-4567"),
        Understood(field="when", words="2026-03-10 23:59"),
    )
    order = call(plan(replace(AMY, name=None), Say(text="Ring 91234567 now")), understood=words)
    card = card_for(order, now=NOW)
    assert lines(card, "parties") == ["…4567 · Singapore"]
    assert "91234567" not in card.text.replace(" ", "").replace("-", "")
    assert "2026-03-10 23:59" in card.text
    assert labels(card) == ["Cancel", "Show number"]


def _orders() -> list[Call]:
    return [
        call(birthday()),
        call(plan(STRANGER, Say(text="Hi"), on_machine=())),
        conference(),
        call_back(),
        inbound(),
    ]


@st.composite
def _events(draw: st.DrawFn, legs: list[Leg]) -> list[LegEvent]:
    def event(n: int) -> LegEvent:
        of = draw(st.sampled_from(legs))
        return LegEvent(
            token=of.token,
            role=of.role,
            kind=draw(st.sampled_from(LegEventKind)),
            at=after(draw(st.floats(0, 4000))),
            source_id=str(n),
            cause=draw(st.sampled_from([None, *HangupCause])),
            verdict=draw(st.sampled_from([None, *AmdVerdict])),
            digits=draw(st.sampled_from(["1", "2", "4711"])),
            recording=draw(st.sampled_from([None, *message(0.5), *message(9), *message(None)])),
            cost=draw(st.sampled_from([None, cents("0"), cents("0.02")])),
        )

    return [event(n) for n in range(draw(st.integers(0, 12)))]


@given(data=st.data())
def test_whatever_happens_there_is_a_card_with_a_next_step(data: st.DataObject) -> None:
    order = data.draw(st.sampled_from(_orders()))
    legs = [Leg(token=Token(f"t{each.role}"), party=each.party) for each in order.plan]
    legs += [Leg(token=Token("tA"), party=each) for plan in order.plan for each in plan.flow.parties()]
    for event in data.draw(_events(legs)):
        legs = [each.on(event) if each.role == event.role else each for each in legs]
    heard = data.draw(st.lists(st.sampled_from(legs), unique=True))
    states = data.draw(st.tuples(*(st.sampled_from(PlacementState) for _ in order.plan)))
    placements = tuple(placement(each, state) for each, state in zip(order.plan, states, strict=True))
    now = replace(
        started(order, *heard, placements=placements),
        state=data.draw(st.sampled_from([CallState.STARTED, CallState.DONE])),
    )
    card = public(now, 5000)
    assert card.title
    assert card.buttons
    assert all(len(parse.action) <= LONGEST and parse_action(parse.action) for parse in card.buttons)
    assert not [each for each in (AMY, ME, STRANGER, BOB, CALLER) if str(each.address)[-8:] in _digits(card)]
    assert Card.from_json(json.loads(json.dumps(card.to_json()))) == card


def _digits(card: Card) -> str:
    return "".join(character for character in json.dumps(card.to_json()) if character.isdigit())
