"""The living card of a call: one title, one state, blocks of lines, and what to press next.

Everything is read off the `Call`, so a card cannot contradict it. The blocks are `sections.py`, the buttons
`buttons.py`; replies to one person are `replies.py`; mark-up belongs to the chat adapters.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.domain import outcome, phrases
from bot.domain.buttons import buttons_for
from bot.domain.call import Call, CallKind, CallState, PlacementState
from bot.domain.card import Card, Section
from bot.domain.causes import AmdVerdict, Disposition
from bot.domain.flow import Feature, Party
from bot.domain.leg import LegState
from bot.domain.sections import caller, naming, sections_of
from bot.domain.view import RecordingView, View

__all__ = ["RecordingView", "View", "card_for", "state_of"]


def card_for(
    call: Call,
    *,
    now: datetime,
    asker_zone: str | None = None,
    private: bool = False,
    features: frozenset[Feature] = frozenset(Feature),
    recordings: Sequence[RecordingView] = (),
    their_zones: Mapping[str, str] | None = None,
    question: str | None = None,
    upcoming: Sequence[datetime] = (),
) -> Card:
    """The one card of `call` as it stands at `now` (aware). The parameters are explained at `View`."""
    view = View(
        now=now,
        asker_zone=asker_zone or call.zone,
        private=private,
        features=features,
        recordings=tuple(recordings),
        their_zones=their_zones or {},
        question=question,
        upcoming=tuple(upcoming),
    )
    state = state_of(call)
    return Card(
        call=call.id,
        number=call.number,
        state=state,
        title=_title(call, view, state),
        sections=tuple(Section(name=n, lines=tuple(lines)) for n, lines in sections_of(call, view) if lines),
        buttons=buttons_for(call, view, state),
        final=call.state.is_final,
    )


# --- the state, in one word ---------------------------------------------------------------------


def state_of(call: Call) -> str:
    """One word for people and machines, derived; the words are the keys of `_STATE_WORDS`."""
    match call.state:
        case CallState.STARTED:
            return _live_state(call)
        case CallState.DONE:
            return _end_state(call)
        case CallState.HELD:
            return "confirm" if call.follows is None else "scheduled"
        case CallState.CLAIMED:
            return "placing"
        case _:
            return str(call.state)


def _live_state(call: Call) -> str:
    states = {leg.state for leg in call.live_legs}
    if states & {LegState.BRIDGED, LegState.ANSWERED}:
        if any(outcome.in_conference(call, leg.role) for leg in call.live_legs):
            return "conference"
        return "talking" if LegState.BRIDGED in states else "answered"
    if LegState.RINGING in states:
        return "ringing"
    if call.kind is CallKind.INBOUND:
        return "ringing"
    placements = {placement.state for placement in call.placements}
    if LegState.DIALED in states or PlacementState.PLACING in placements or call.unplaced:
        return "placing"
    if PlacementState.UNKNOWN in placements:
        return "unknown"
    return "placed"


def _end_state(call: Call) -> str:
    if call.kind is CallKind.INBOUND and not any(leg.bridged_at for leg in call.legs[1:]):
        return "missed" if outcome.message_seconds(call) is None else "voicemail"
    if outcome.is_unconfirmed(call) and not call.legs:
        return "unknown"
    return "failed" if outcome.never_dialled(call) else "ended"


# --- the title ----------------------------------------------------------------------------------

_STATE_WORDS: Final = {
    "confirm": "waits for you to confirm",
    "placing": "placing",
    "placed": "placed, waiting for the result",
    "ringing": "ringing",
    "answered": "answered",
    "talking": "talking",
    "missed": "missed",
    "cancelled": "cancelled",
    "refused": "not allowed",
    "unknown": "not confirmed",
    "failed": "not placed",
    "voicemail": "new message",
    "ended": "ended",
}

_END_WORDS: Final = {
    Disposition.ANSWERED: "ended",
    Disposition.NO_ANSWER: "no answer",
    Disposition.BUSY: "busy",
    Disposition.FAILED: "could not be reached",
    Disposition.CANCELLED: "stopped before anybody answered",
    Disposition.MACHINE: "a machine answered",
}


def _title(call: Call, view: View, state: str) -> str:
    return f"{_subject(call, view)}: {_state_words(call, view, state)}"


def _subject(call: Call, view: View) -> str:
    number = f"#{call.number}"
    match call.kind:
        case CallKind.CONFERENCE:
            return f"Conference {number}, {phrases.count(len(call.plan), 'person', 'people')}"
        case CallKind.REMIND:
            return f"Reminder {number}"
        case CallKind.INBOUND:
            return f"Call {number} from {caller(call, view)}"
        case CallKind.CALLBACK:
            return f"Call {number} to {_names([p for plan in call.plan for p in plan.flow.parties()], view)}"
        case CallKind.CALL:
            return f"Call {number} to {_names([plan.party for plan in call.plan], view)}"


def _names(parties: Sequence[Party], view: View) -> str:
    return phrases.joined([naming(view)(party) for party in parties])


def _state_words(call: Call, view: View, state: str) -> str:
    if call.follows is not None and call.state is CallState.HELD:
        return "waits for the one before it"
    if state == "scheduled" and (call.due - view.now).total_seconds() < 1:
        return "about to be placed"
    if state == "scheduled":
        return f"scheduled for {phrases.short_moment(call.due, view.asker_zone)}"
    if state == "conference":
        inside = sum(leg.state is LegState.BRIDGED for leg in call.live_legs)
        return f"{inside} in the room" if inside else "waiting for the others"
    if state == "answered" and call.kind is CallKind.INBOUND:
        return "being connected"
    if state == "ended" and call.kind is not CallKind.INBOUND:
        screened = any(leg.verdict is AmdVerdict.SCREENING and not leg.bridged_at for leg in call.legs)
        return "screened" if screened else _END_WORDS[call.disposition]
    return _STATE_WORDS[state]
