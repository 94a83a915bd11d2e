"""Answers to one person, in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import errors, replies
from bot.domain.actions import Verb, parse_action
from bot.domain.call import CallKind, CallState
from bot.domain.card import ReplyKind
from bot.domain.causes import Disposition
from bot.domain.cdr import CallDetailRecord, CallId
from bot.domain.flow import Say
from bot.domain.forwarding import Forward, Stage
from bot.domain.numbers import Did, PhoneNumber
from bot.domain.people import Contact, Person
from bot.domain.question import Choice, OpenQuestion, QuestionId, QuestionKind
from tests.unit.shown_calls import AMY, DUE, NOW, ROOM, STRANGER, after, call, cents, done, leg, party, plan

OWN = PhoneNumber(e164="+6561230000")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (errors.NotAllowed(rule="emergency", reason="Dial 911 from a phone."), ["Dial 911 from a phone."]),
        (errors.NotPossible(reason="vcw has no conferences."), ["vcw has no conferences."]),
        (
            errors.NoSuchThing(what="contact", name="carrol", suggestions=["carol", "karl"]),
            ["There is no contact carrol. Did you mean carol or karl?"],
        ),
        (errors.NoSuchThing(what="call", name="#14"), ["There is no call #14."]),
        (
            errors.Rejected(provider="plivo", detail="no credit.", code="402"),
            ["plivo refused: no credit (402).", "Nothing was dialled, nothing was charged."],
        ),
        (
            errors.Unavailable(provider="plivo", detail="too many requests", retry_after=90),
            ["Nothing was dialled; try again in 1 min 30 s."],
        ),
        (errors.Unavailable(provider="plivo", detail="connection refused"), ["try again in a moment."]),
        (errors.OutcomeUnknown(provider="plivo", detail="time-out"), ["it is not dialled again"]),
        (errors.Unsupported(provider="vcw", detail="no music"), ["vcw cannot do that: no music."]),
        (errors.StorageUnavailable(), ["say it again soon"]),
        (errors.ConfigError(problems=["A is wrong.", "B is missing."]), ["- A is wrong.\n- B is missing."]),
        (errors.BadSignature("secret detail"), ["Nothing was dialled."]),
    ],
)
def test_errors_say_what_happened_and_what_next(error: errors.PatchlineError, says: list[str]) -> None:
    reply = replies.error_reply(error)
    assert reply.kind is ReplyKind.ERROR
    assert all(words in reply.text for words in says), reply.text
    assert "secret" not in reply.text


def question(kind: QuestionKind = QuestionKind.CHOICE) -> OpenQuestion:
    return OpenQuestion(
        id=QuestionId("q1"),
        kind=kind,
        room=ROOM,
        asker="slack:T1/U1",
        text="call mom next friday at 10am",
        message="“next friday” can mean two days. Which one?",
        choices=(Choice(label="Fri 13 March", text="a"), Choice(label="Fri 20 March", text="b")),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
    )


def test_a_question_has_a_button_a_choice() -> None:
    reply = replies.question_reply(question())
    assert (reply.kind, reply.text) == (ReplyKind.QUESTION, question().message)
    assert [(each.label, each.action, each.style) for each in reply.buttons] == [
        ("Fri 13 March", "answer:q1:1", ""),
        ("Fri 20 March", "answer:q1:2", ""),
    ]
    assert parse_action(reply.buttons[1].action).verb is Verb.ANSWER
    assert replies.question_reply(question(QuestionKind.CONFIRM)).buttons[0].style == "primary"


def test_a_problem_keeps_its_caret_and_offers_corrections() -> None:
    text = "call carrol at 5pm\n     ^^^^^^ I have no contact “carrol”."
    assert replies.problem_reply(text).buttons == ()
    reply = replies.problem_reply(text, question())
    assert (reply.kind, reply.text, len(reply.buttons)) == (ReplyKind.ERROR, text, 2)


def test_the_list() -> None:
    calls = [
        call(),
        call(plan(STRANGER, Say(text="Hi")), number=13, state=CallState.HELD),
        call(number=14, kind=CallKind.REMIND, recurrence_words=("every day at 23:59",)),
    ]
    words = replies.list_words(calls, now=NOW, zone="Asia/Singapore", private=True)
    assert words.splitlines() == [
        "3 calls, times in Asia/Singapore, UTC+8:",
        "#12  Tue 10 March, 23:59 (in 9 h 29 min)  call to Amy",
        "#13  Tue 10 March, 23:59 (in 9 h 29 min)  call to +44 20 7946 0018 · waits for Confirm",
        "#14  Tue 10 March, 23:59 (in 9 h 29 min)  reminder · every day at 23:59",
    ]
    assert "…0018" in replies.list_words(calls, now=NOW, zone="UTC", private=False)
    assert replies.list_words([], now=NOW, zone="UTC", private=True).startswith("Nothing is scheduled.")


def test_the_history() -> None:
    talked = done(call(), leg(AMY, answered=5, ended=70, cost=cents("0.03")), recorded_by="Sam")
    cdr = CallDetailRecord(
        call=CallId("c1"),
        disposition=Disposition.ANSWERED,
        started_at=DUE,
        answered_at=after(5),
        ended_at=after(70),
        talk_seconds=65,
        billed_seconds=120,
    )
    refused = call(number=11, state=CallState.REFUSED)
    zone = "Asia/Singapore"
    words = replies.history_words(
        [(talked, cdr), (refused, None)], zone=zone, private=True, page=1, more=True
    )
    assert words.splitlines() == [
        "Past calls, page 1:",
        "#12  Tue 10 March, 23:59  call to Amy: answered, on the line 1:05 · cost 0.03 USD"
        " · recorded by order of Sam",
        "#11  Tue 10 March, 23:59  call to Amy: refused",
        "More: history page 2",
    ]
    assert replies.history_words([], zone=zone, private=True, page=3, more=False) == "There is no page 3."


def test_whole_numbers_for_the_asker_alone() -> None:
    assert replies.numbers_words(call()) == "Amy: +65 9123 4567\nyou: +65 8123 4567"
    rung = replace(call(), caller=PhoneNumber(e164="+6598765432"))
    assert replies.numbers_words(rung).startswith("caller: +65 9876 5432\n")


def test_contacts_and_forwards() -> None:
    amy = Contact(owner="o", name="Amy", address=AMY.address, timezone="Asia/Singapore")
    assert replies.contacts_words([amy], private=True) == "Amy: +65 9123 4567, Singapore, Asia/Singapore"
    assert replies.contacts_words([amy], private=False) == "Amy: …4567, Singapore, Asia/Singapore"
    dad = party("B", "+442079460018", "Dad")
    chain = Forward(
        did=OWN,
        provider="simulator",
        room=ROOM,
        owner="o",
        stages=(Stage(parties=(dad, AMY), ring_seconds=20),),
        created_at=NOW,
    )
    assert replies.forward_words(chain, private=True) == (
        "+65 6123 0000: rings Dad and Amy for 20 s, then voicemail"
    )
    assert replies.forward_words(replace(chain, stages=()), private=False) == "…0000: straight to voicemail"
    assert replies.dids_words([Did(number=OWN, provider="plivo")], private=True) == "+65 6123 0000 (plivo)"


def test_who_may_call() -> None:
    people = [Person(key="telegram:1", name="Ann"), Person(key="telegram:2")]
    assert replies.who_may_call_words(["console:me"], people, []) == (
        "Admins: console:me.\nLet in: Ann and telegram:2."
    )


def test_short_answers() -> None:
    assert replies.cancelled_words([12, 13]) == "Cancelled #12 and #13. Nothing was dialled."
    assert replies.moved_words(call(), now=NOW, zone="Asia/Singapore").startswith(
        "#12 is now due Tue 10 March"
    )
    assert replies.rate_words("Amy", cents("0.0125"), 3600, "plivo") == (
        "Amy: 0.0125 USD a minute with plivo; the balance lasts for 1 h."
    )
    turn = replies.waits_for_its_turn(call(), DUE + timedelta(minutes=3), "Asia/Singapore")
    assert "Wed 11 March, 00:02" in turn
    assert replies.status_words([]) == "Nothing is going on."


def test_the_audit_says_whether_it_adds_up() -> None:
    assert replies.audit_lines({"done": 3, "missed": 1}, {"closed": 3}, overdue=0, orphans=[]) == (
        "Calls: 3 done, 1 missed.",
        "Placements: 3 closed.",
        "Overdue and not yet claimed: 0.",
        "Everything adds up.",
    )
    assert replies.audit_lines({}, {}, overdue=0, orphans=["c9"])[-1] == "Not explained: c9."
