"""Why a call is as it is: everything that is known of it, in the order in which it happened, in words. Pure.

What nobody wrote the time of stands at the end. Words only; the page puts them beside their clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain import phrases
from bot.domain.call import Call, CallKind, CallState, Placement, PlacementState
from bot.domain.causes import AmdVerdict
from bot.domain.cdr import CallDetailRecord
from bot.domain.leg import LegEvent, LegEventKind
from bot.domain.outcome import cause_words
from bot.domain.recording import Recording, RecordingState
from bot.domain.sections import caller, naming
from bot.domain.view import View

TOKEN_SHOWN: Final = 6
"""Characters: enough to tell tokens apart, too few to call us back with."""


class BeatKind(StrEnum):
    """Who did it: a person, our rules, we, or the provider."""

    SAID = "said"
    RULED = "ruled"
    DONE = "done"
    HEARD = "heard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A line of the audit log: `verdict` is `allowed`, `ask` or `refused`."""

    at: datetime
    action: str
    verdict: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event, and when it reached us."""

    event: LegEvent
    arrived: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One thing that happened. `at` is aware; None where nobody wrote it down."""

    at: datetime | None
    kind: BeatKind
    words: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything the ledger has about one call."""

    call: Call
    heard: tuple[Heard, ...] = ()
    judged: tuple[Judged, ...] = ()
    recordings: tuple[Recording, ...] = ()
    cdr: CallDetailRecord | None = None


def story_of(known: Known, view: View) -> tuple[Beat, ...]:
    """By time; at one and the same time in the order in which things follow from each other."""
    beats = [
        *_said(known.call, view),
        *(_judged(each) for each in known.judged),
        *_due(known.call),
        *_placements(known.call, view),
        *(_heard(known.call, each, view) for each in known.heard),
        *_closed(known),
        *(_recording(each) for each in known.recordings),
    ]
    timed = sorted((beat for beat in beats if beat.at is not None), key=_when)
    return (*timed, *_undated(known.call, view))


def _when(beat: Beat) -> datetime:
    assert beat.at is not None
    return beat.at


def shown(text: str, view: View) -> str:
    """What people typed, as this reader may see it."""
    return text if view.private else phrases.hide_numbers(text)


# --- the order --------------------------------------------------------------------------------------


def _said(call: Call, view: View) -> Iterator[Beat]:
    if call.kind is CallKind.INBOUND:
        yield Beat(
            at=call.created_at, kind=BeatKind.HEARD, words=f"A call came in from {caller(call, view)}."
        )
        return
    who = call.asker_name or "Somebody"
    yield Beat(
        at=call.created_at,
        kind=BeatKind.SAID,
        words=f"{who} said: {phrases.quoted(shown(call.text, view))}" if call.text else f"{who} ordered it.",
    )


_VERDICTS: Final = {
    "allowed": "Allowed",
    "ask": "Held until somebody confirms",
    "refused": "Refused",
}


def _judged(judged: Judged) -> Beat:
    reason = f": {judged.reason}" if judged.reason else "."
    return Beat(
        at=judged.at,
        kind=BeatKind.RULED,
        words=f"{_VERDICTS.get(judged.verdict, judged.verdict)}{reason}",
        details=(f"asked about: {judged.action}", f"rule: {judged.rule.replace('_', ' ')}"),
    )


def _due(call: Call) -> Iterator[Beat]:
    if call.kind is not CallKind.INBOUND and call.due > call.created_at:
        yield Beat(at=call.due, kind=BeatKind.DONE, words="Due.")
    if call.started_at is not None and call.kind is not CallKind.INBOUND:
        late = (call.started_at - max(call.due, call.created_at)).total_seconds()
        yield Beat(
            at=call.started_at,
            kind=BeatKind.DONE,
            words=f"Claimed by the dispatcher and begun, {late:.3f} s after it was due.",
        )


# --- what we asked of the provider ------------------------------------------------------------------

_CAME_TO: Final = {
    PlacementState.PLACING: "no answer yet",
    PlacementState.PLACED: "taken",
    PlacementState.UNKNOWN: "no clear answer",
    PlacementState.REJECTED: "refused",
    PlacementState.CLOSED: "settled",
}


def _placements(call: Call, view: View) -> Iterator[Beat]:
    if call.kind is CallKind.INBOUND:
        return
    for each in call.placements:
        who = naming(view)(each.plan.party)
        yield Beat(
            at=each.created_at,
            kind=BeatKind.DONE,
            words=f"Placement for {who} written down, then sent to {each.provider}: {_CAME_TO[each.state]}.",
            details=tuple(_placement_details(each)),
        )
        if each.placed_at is not None:
            seconds = (each.placed_at - each.created_at).total_seconds()
            words = f"{phrases.capital(each.provider)} took the call to {who}, after {seconds:.3f} s."
            yield Beat(at=each.placed_at, kind=BeatKind.HEARD, words=words)


def _placement_details(placement: Placement) -> Iterator[str]:
    yield f"token: {short(placement.token)}"
    yield f"leg: {placement.role}"
    if placement.n > 1:
        yield f"attempt: {placement.n}"
    for role, ref in placement.refs:
        yield f"{placement.provider}'s id of leg {role}: {short(ref)}"
    if placement.checks:
        yield f"asked about: {phrases.count(placement.checks, 'time')}"
    if placement.error:
        yield f"error: {placement.error}"


def short(name: str) -> str:
    """The beginning of a token or id."""
    return name if len(name) <= TOKEN_SHOWN else f"{name[:TOKEN_SHOWN]}…"


# --- what the provider said -------------------------------------------------------------------------

_EVENTS: Final = {
    LegEventKind.DIALED: "being dialled",
    LegEventKind.RANG: "ringing",
    LegEventKind.ANSWERED: "answered",
    LegEventKind.BRIDGED: "connected",
}
_VERDICT_WORDS: Final = {
    AmdVerdict.HUMAN: "a person answered",
    AmdVerdict.MACHINE: "a machine answered",
    AmdVerdict.SCREENING: "the phone asks who is calling",
    AmdVerdict.UNSURE: "a person or a machine, nobody knows",
}


def _heard(call: Call, heard: Heard, view: View) -> Beat:
    event = heard.event
    leg = next((each for each in call.legs if each.token == event.token and each.role == event.role), None)
    who = naming(view)(leg.party) if leg else f"leg {event.role}"
    if call.kind is CallKind.INBOUND and event.role == "A":
        who = "the caller"
    details = [f"leg: {event.role}", f"token: {short(event.token)}"]
    if heard.arrived is not None:
        details.append(f"reached us {_lag((heard.arrived - event.at).total_seconds())}")
    words = f"{phrases.capital(who)}: {_event_words(event, answered=bool(leg and leg.was_answered))}."
    return Beat(at=event.at, kind=BeatKind.HEARD, words=words, details=tuple(details))


def _lag(seconds: float) -> str:
    return f"{seconds:.3f} s later" if seconds >= 0 else f"{-seconds:.3f} s before its own time"


def _event_words(event: LegEvent, *, answered: bool) -> str:
    match event.kind:
        case LegEventKind.DTMF:
            # A longer entry may be somebody's PIN.
            few = len(event.digits) <= 2
            return f"pressed {event.digits}" if few else f"pressed {len(event.digits)} keys"
        case LegEventKind.MACHINE:
            return _VERDICT_WORDS[event.verdict] if event.verdict else "who answered is not known"
        case LegEventKind.RECORDED:
            seconds = event.recording.seconds if event.recording else None
            length = f" of {phrases.talk_time(seconds)}" if seconds else ""
            return f"a {_what(event)}{length} was recorded"
        case LegEventKind.HUNG_UP:
            price = f"; {event.cost}" if event.cost else ""
            return f"ended, {cause_words(event.cause, answered=answered)}{price}"
        case _:
            return _EVENTS[event.kind]


def _what(event: LegEvent) -> str:
    return "message" if event.recording and event.recording.voicemail else "conversation"


# --- how it ended -----------------------------------------------------------------------------------


def _closed(known: Known) -> Iterator[Beat]:
    cdr = known.cdr
    if cdr is None:
        return
    cost = phrases.joined([str(money) for money in cdr.cost]) or "no price told"
    yield Beat(
        at=cdr.ended_at,
        kind=BeatKind.DONE,
        words=f"Closed: {cdr.disposition}.",
        details=(
            f"talk time: {phrases.talk_time(cdr.talk_seconds)}",
            f"billed: {cdr.billed_seconds} s",
            f"cost: {cost}",
        ),
    )


_RECORDING: Final = {
    RecordingState.WAITING: "is being fetched",
    RecordingState.STORED: "is here",
    RecordingState.FAILED: "was not handed over",
    RecordingState.DELETED: "is deleted",
}


def _recording(recording: Recording) -> Beat:
    what = f"Message {recording.number}" if recording.voicemail else "The recording"
    done = ", and dealt with" if recording.done else ""
    return Beat(
        at=recording.created_at,
        kind=BeatKind.DONE,
        words=f"{what} {_RECORDING[recording.state]}{done}.",
        details=(f"leg: {recording.role}", f"tries: {recording.tries}"),
    )


_STATES: Final = {
    CallState.HELD: "Waits",
    CallState.MISSED: "Missed",
    CallState.CANCELLED: "Cancelled",
    CallState.REFUSED: "Refused",
}


def _undated(call: Call, view: View) -> Iterator[Beat]:
    if call.state in _STATES:
        why = f": {shown(call.reason, view)}" if call.reason else "."
        yield Beat(at=None, kind=BeatKind.RULED, words=f"{_STATES[call.state]}{why}")
    if call.ending:
        yield Beat(at=None, kind=BeatKind.SAID, words=f"Ended by {call.ending}.")
    for note in (*call.left_out, *call.notes):
        yield Beat(at=None, kind=BeatKind.DONE, words=f"Note: {shown(note, view)}")
