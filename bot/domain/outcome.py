"""What a leg is doing, and what a call came to, in words: read off the legs, never remembered.

Colours, buttons and the order of things on a card are `messages.py`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.domain.call import Call, CallKind, LegPlan, Placement, PlacementState
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.cdr import total
from bot.domain.flow import Conference, Dial, Gather, LegRole, Party
from bot.domain.leg import Leg, LegState
from bot.domain.phrases import capital, joined, span, talk_time

SHORTEST_MESSAGE: Final = 2.0
"""Seconds; anything shorter is a missed call."""

CALLER: Final = LegRole("A")
"""The leg of whoever called one of our numbers."""

Naming = Callable[[Party], str]
"""How a party is called on this card: a name, `you`, or as much of the number as may be shown."""


# --- one leg ------------------------------------------------------------------------------------


def progress(call: Call, leg: Leg, now: datetime) -> str:
    """`ringing 4 s`, `answered after 6 s, pressed 1, talking 1:05`, `no answer after 30 s`."""
    if not leg.was_answered:
        return _unanswered(leg, now)
    called_us = call.kind is CallKind.INBOUND and leg.role == CALLER
    parts = ["" if called_us else _pick_up(leg), _key(call, leg), *_at_present(call, leg, now)]
    return ", ".join(part for part in parts if part)


def _unanswered(leg: Leg, now: datetime) -> str:
    match leg.state:
        case LegState.PLANNED:
            return "about to be dialled"
        case LegState.DIALED:
            return _going_on("dialling", span, _since(leg.dialed_at, now))
        case LegState.RINGING:
            return _going_on("ringing", span, _since(leg.rang_at, now))
        case _:
            return _ending_words(leg)


def _going_on(words: str, length: Callable[[float], str], seconds: float) -> str:
    """The first second is not counted out."""
    return f"{words} {length(seconds)}" if seconds >= 1 else words


def _ending_words(leg: Leg) -> str:
    words = _CAUSE_WORDS.get(leg.cause, "did not go through") if leg.cause else "no answer"
    rung = _rung_seconds(leg, leg.ended_at)
    return f"{words} after {span(rung)}" if words in _WITH_SECONDS and rung else words


_CAUSE_WORDS: Final[dict[HangupCause, str]] = {
    HangupCause.UNALLOCATED_NUMBER: "the number does not exist",
    HangupCause.INVALID_NUMBER_FORMAT: "the network does not take this number",
    HangupCause.USER_BUSY: "busy",
    HangupCause.NO_ANSWER: "no answer",
    HangupCause.NO_USER_RESPONSE: "no answer",
    HangupCause.SUBSCRIBER_ABSENT: "switched off or out of reach",
    HangupCause.CALL_REJECTED: "rejected the call",
    HangupCause.OUTGOING_CALL_BARRED: "barred by the provider",
    HangupCause.NORMAL_CLEARING: "stopped ringing",
    HangupCause.NON_SELECTED_USER_CLEARING: "stopped ringing",
    HangupCause.RECOVERY_ON_TIMER_EXPIRE: "the provider never said how it ended",
    HangupCause.DESTINATION_OUT_OF_ORDER: "the line is out of order",
    HangupCause.NO_CIRCUIT_AVAILABLE: "the network was full",
    HangupCause.SWITCH_CONGESTION: "the network was full",
    HangupCause.NETWORK_OUT_OF_ORDER: "the network failed",
    HangupCause.TEMPORARY_FAILURE: "the network failed",
}
_WITH_SECONDS: Final = ("no answer", "stopped ringing")
_NORMAL: Final = (HangupCause.NORMAL_CLEARING, HangupCause.NORMAL_UNSPECIFIED)


def cause_words(cause: HangupCause | None, *, answered: bool) -> str:
    """Why a leg ended, with the name and number that telephony has for it."""
    if cause is None:
        return "no cause was told"
    words = _CAUSE_WORDS.get(cause, "did not go through")
    if answered and cause in _NORMAL:
        words = "hung up as usual"
    return f"{words} (Q.850 {cause.value} {cause.name})"


def _pick_up(leg: Leg) -> str:
    words = _PICK_UP_WORDS.get(leg.verdict, "answered") if leg.verdict else "answered"
    rung = _rung_seconds(leg, leg.answered_at)
    return f"{words} after {span(rung)}" if rung >= 0.5 else words


_PICK_UP_WORDS: Final = {
    AmdVerdict.MACHINE: "a machine answered",
    AmdVerdict.SCREENING: "the phone asked who is calling",
}


def _key(call: Call, leg: Leg) -> str:
    pressed = "".join(digits for _, digits in leg.digits)
    if pressed:
        # A longer entry may be somebody's PIN.
        return f"pressed {pressed}" if len(pressed) <= 2 else f"pressed {len(pressed)} keys"
    key = accept_key(call, leg.role)
    if key is None or leg.bridged_at is not None:
        return ""
    return f"asked to press {key}" if leg.is_live else f"did not press {key}"


def _at_present(call: Call, leg: Leg, now: datetime) -> list[str]:
    until = leg.ended_at if leg.state is LegState.ENDED else now
    if leg.bridged_at is None:
        held = _going_on("on the line", talk_time, _since(leg.answered_at, until))
        return [held] if leg.ended_at else [*_switches(leg), held]
    talked = _since(leg.bridged_at, until)
    if in_conference(call, leg.role):
        there = _going_on("joined", talk_time, talked)
        return ["joined", f"left after {talk_time(talked)}"] if leg.ended_at else [there, *_switches(leg)]
    if leg.ended_at:
        return [f"talked {talk_time(talked)}"]
    return [*_switches(leg), _going_on("talking", talk_time, talked)]


def _switches(leg: Leg) -> list[str]:
    return ["muted"] * leg.muted + ["on hold"] * leg.held


def _since(start: datetime | None, until: datetime | None) -> float:
    return (until - start).total_seconds() if start is not None and until is not None else 0.0


def _rung_seconds(leg: Leg, until: datetime | None) -> float:
    return max(0.0, _since(leg.rang_at or leg.dialed_at, until))


# --- what the orders say about a leg ------------------------------------------------------------


def accept_key(call: Call, role: LegRole) -> str | None:
    """The key that this leg is asked to press, if any."""
    for plan in call.plan:
        if plan.role == role:
            return next((step.key for step in plan.flow.steps if isinstance(step, Gather)), None)
        for step in plan.flow.every_step():
            if isinstance(step, Dial) and step.accept and role in {party.role for party in step.parties}:
                return step.accept.key
    return None


def in_conference(call: Call, role: LegRole) -> bool:
    """Whether this leg's orders put it into a room."""
    own = (plan.flow.steps for plan in call.plan if plan.role == role)
    return call.kind is CallKind.CONFERENCE or any(isinstance(s, Conference) for steps in own for s in steps)


def placement_of(call: Call, role: LegRole) -> Placement | None:
    """The latest placement of the leg that it originates."""
    return next((each for each in reversed(call.placements) if each.role == role), None)


# --- the whole call -----------------------------------------------------------------------------


def message_seconds(call: Call) -> float | None:
    """Length of the voicemail that was left; None when there is none worth the name."""
    lengths = [ref.seconds for leg in call.legs for ref in leg.recordings if ref.voicemail]
    return next((length or 0.0 for length in lengths if length is None or length >= SHORTEST_MESSAGE), None)


def is_unconfirmed(call: Call) -> bool:
    """Some placement left and nobody can say whether a phone rang."""
    # Where re-dialling was chosen, only the last attempt for a leg counts.
    latest = {each.role: each for each in call.placements}
    return any(_is_doubtful(call, each) for each in latest.values())


def _is_doubtful(call: Call, placement: Placement) -> bool:
    if placement.state is PlacementState.UNKNOWN:
        return True
    silent = placement.token not in {leg.token for leg in call.legs}
    return placement.state is PlacementState.CLOSED and silent and placement.placed_at is None


def never_dialled(call: Call) -> bool:
    """No request was taken by the provider, and no leg was ever heard of."""
    return not call.legs and all(each.state is PlacementState.REJECTED for each in call.placements)


def outcome(call: Call, name: Naming) -> tuple[str, ...]:
    """What it came to, in sentences, for a call that has ended."""
    match call.kind:
        case CallKind.INBOUND:
            return (_inbound(call, name),)
        case CallKind.CONFERENCE:
            return _conference(call, name)
        case _:
            each = tuple(_one(call, plan, name) for plan in call.plan)
            return each or ("It ended before anybody was rung.",)


def _one(call: Call, plan: LegPlan, name: Naming) -> str:
    leg = call.leg(plan.role)
    who = name(plan.party)
    if leg is None or leg.state is LegState.PLANNED:
        return _not_rung(call, plan, who)
    if not leg.was_answered:
        return f"{capital(_was_not_reached(leg, plan.party, who))}{_nobody_else(call, plan, name)}."
    if leg.verdict is AmdVerdict.SCREENING and leg.bridged_at is None:
        return f"{capital(_whose_phone(plan.party, who))} screened the call; nobody took it."
    if leg.verdict is AmdVerdict.MACHINE:
        did = "and was played what you ordered for it" if plan.flow.on_machine else "and I hung up"
        return f"A machine answered for {who}, {did}."
    return _with_partners(call, plan, leg, name)


def _not_rung(call: Call, plan: LegPlan, who: str) -> str:
    placement = placement_of(call, plan.role)
    if placement is None:
        return f"It ended before {_were(plan.party, who)} rung."
    if placement.state is PlacementState.REJECTED:
        why = f": {placement.error.rstrip('.')}" if placement.error else ""
        return f"{placement.provider} refused the call to {who}{why}. Nothing was dialled."
    if _is_doubtful(call, placement):
        return f"I cannot confirm that the call to {who} went out."
    return f"The call to {who} was placed; {placement.provider} does not say how it ended."


def _was_not_reached(leg: Leg, party: Party, who: str) -> str:
    match leg.cause:
        case HangupCause.USER_BUSY:
            return f"{who} {'were' if party.is_me else 'was'} busy"
        case HangupCause.CALL_REJECTED:
            return f"{who} rejected the call"
        case HangupCause.UNALLOCATED_NUMBER | HangupCause.INVALID_NUMBER_FORMAT:
            return f"{who} could not be reached: {_CAUSE_WORDS[leg.cause]}"
        case None | HangupCause.NO_ANSWER | HangupCause.NO_USER_RESPONSE:
            return f"{who} did not answer"
        case HangupCause.NORMAL_CLEARING | HangupCause.NON_SELECTED_USER_CLEARING:
            return f"{who} {'were' if party.is_me else 'was'} rung, but the ringing was stopped"
        case _:
            return f"{who} could not be reached: {_CAUSE_WORDS.get(leg.cause, 'the call did not go through')}"


def _nobody_else(call: Call, plan: LegPlan, name: Naming) -> str:
    partners = plan.flow.parties()
    if call.kind is not CallKind.CALLBACK or not partners:
        return ""
    return f", so {joined([_were(party, name(party)) for party in partners[:1]])} not rung"


def _were(party: Party, who: str) -> str:
    return f"{who} {'were' if party.is_me else 'was'}"


def _whose_phone(party: Party, who: str) -> str:
    return "your phone" if party.is_me else f"{who}'s phone"


def _with_partners(call: Call, plan: LegPlan, leg: Leg, name: Naming) -> str:
    who = capital(name(plan.party))
    partners = plan.flow.parties()
    rung = [each for each in call.legs if each.role in {party.role for party in partners}]
    talked = [each for each in rung if each.bridged_at is not None]
    if talked:
        time = talk_time(sum(_since(each.bridged_at, each.ended_at) for each in talked))
        return f"{who} and {joined([name(each.party) for each in talked])} talked for {time}."
    if not partners:
        return f"{who} answered{' the reminder' * (call.kind is CallKind.REMIND)}."
    if rung:
        return f"{who} answered, {_partner_missed(rung[0], name)}."
    key = accept_key(call, leg.role)
    if key is not None and not leg.digits:
        return f"{who} did not press {key}, so {_were(partners[0], name(partners[0]))} not rung."
    return f"{who} answered and hung up before {_were(partners[0], name(partners[0]))} rung."


def _partner_missed(leg: Leg, name: Naming) -> str:
    who = name(leg.party)
    if leg.verdict in (AmdVerdict.MACHINE, AmdVerdict.SCREENING):
        return f"a machine answered for {who}"
    if leg.cause is HangupCause.RECOVERY_ON_TIMER_EXPIRE and not leg.was_answered:
        return f"and nobody says whether {_were(leg.party, who)} connected"
    if leg.was_answered or leg.cause in (None, HangupCause.NO_ANSWER, HangupCause.NO_USER_RESPONSE):
        return f"{who} did not"
    return _was_not_reached(leg, leg.party, who)


def _conference(call: Call, name: Naming) -> tuple[str, ...]:
    members = [plan.party for plan in call.plan]
    legs = [call.leg(party.role) for party in members]
    joined_in = [name(leg.party) for leg in legs if leg is not None and leg.bridged_at is not None]
    if not joined_in:
        return ("Nobody joined.", *_absent(call, name))
    return (f"{len(joined_in)} of {len(members)} joined: {joined(joined_in)}.", *_absent(call, name))


def _absent(call: Call, name: Naming) -> tuple[str, ...]:
    lines = []
    for plan in call.plan:
        leg = call.leg(plan.role)
        who = name(plan.party)
        if leg is None or leg.state is LegState.PLANNED:
            lines.append(_not_rung(call, plan, who))
        elif not leg.was_answered:
            lines.append(f"{capital(_was_not_reached(leg, plan.party, who))}.")
        elif leg.bridged_at is None:
            lines.append(f"{capital(who)} answered but did not join.")
    return tuple(lines)


def _inbound(call: Call, name: Naming) -> str:
    caller = call.legs[0] if call.legs else None
    talked = [leg for leg in call.legs[1:] if leg.bridged_at is not None]
    who = capital(name(caller.party)) if caller else "Somebody"
    if talked:
        time = talk_time(sum(_since(leg.bridged_at, leg.ended_at) for leg in talked))
        return f"{who} called; {joined([name(leg.party) for leg in talked])} answered and talked for {time}."
    seconds = message_seconds(call)
    if seconds is not None:
        return f"{who} called and left a message{f' of {talk_time(seconds)}' if seconds else ''}."
    return f"{who} called; nobody answered and no message was left."


def charge(call: Call) -> str:
    """Whether it was charged, and how much, as far as anybody has told."""
    costs = total(leg.cost for leg in call.legs)
    charged = [money for money in costs if money.amount]
    if charged:
        return f"cost {joined([str(money) for money in charged])}"
    if never_dialled(call):
        return "not charged: nothing was dialled"
    if costs or not any(leg.was_answered for leg in call.legs):
        return "it may still be charged" if is_unconfirmed(call) else "not charged"
    return f"{call.provider} has not told the price yet"


def time_spent(call: Call) -> tuple[str, ...]:
    """How long people were connected; where nobody was, the longest anybody was on the line."""
    connected = [_since(leg.bridged_at, leg.ended_at) for leg in call.legs if leg.bridged_at]
    if connected:
        return (f"talk time {talk_time(max(connected))}",)
    held = max((_since(leg.answered_at, leg.ended_at) for leg in call.legs), default=0)
    return (f"on the line {talk_time(held)}",) if held else ()
