"""The blocks of a card, in words: when, who, what, how far each leg is, and what it came to."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain import outcome, phrases, steps
from bot.domain.call import Call, CallKind, CallState, Placement, PlacementState
from bot.domain.cdr import Money
from bot.domain.countries import country
from bot.domain.flow import Feature, Party
from bot.domain.leg import Leg, LegState
from bot.domain.number_ranges import NumberKind, is_valid, kind_of, region_of, zones_of
from bot.domain.numbers import Address, PhoneNumber
from bot.domain.recording import RecordingState
from bot.domain.schedule import local_time
from bot.domain.view import RecordingView, View

ON_TIME: Final = timedelta(seconds=2)
"""Later than this is said on the card."""


def sections_of(call: Call, view: View) -> Iterator[tuple[str, list[str]]]:
    """Names and lines in the order of the card; a block with nothing to say has no lines."""
    yield "receipt", _receipt(call, view)
    yield "recordings", [_recording_line(each) for each in view.recordings]
    yield "when", _when(call, view)
    yield "parties", _parties(call, view)
    yield "steps", _steps(call, view)
    yield "legs", _legs(call, view)
    yield "terms", _terms(call, view)
    yield "note", _notes(call, view)
    yield "understood", _understood(call, view)


# --- how people are called ----------------------------------------------------------------------


def naming(view: View) -> outcome.Naming:
    """Parties by name, the asker as `you`, strangers by as much of their number as may be shown."""
    return lambda party: "you" if party.is_me else party.name or _number(party, view)


def _number(party: Party, view: View) -> str:
    return phrases.address_words(party.address, private=view.private)


def caller(call: Call, view: View) -> str:
    """Who called one of our numbers."""
    leg = call.leg(outcome.CALLER)
    if call.caller is None:
        return "a withheld number"
    if leg is not None and leg.party.name:
        return leg.party.name
    return phrases.address_words(call.caller, private=view.private)


def _is_ahead(call: Call) -> bool:
    return call.state in (CallState.HELD, CallState.SCHEDULED, CallState.CLAIMED)


def _shown(text: str, view: View) -> str:
    return text if view.private else phrases.hide_numbers(text)


def _understood(call: Call, view: View) -> list[str]:
    """Which words each field came from; once the call is under way it has served its purpose."""
    if not _is_ahead(call) or not call.understood:
        return []
    read = [f"{each.field} {phrases.quoted(_shown(each.words, view))}" for each in call.understood]
    return [f"Understood: {' · '.join(read)}. No word left over."]


def _receipt(call: Call, view: View) -> list[str]:
    if call.state is not CallState.DONE:
        return []
    words = [*(_shown(line, view) for line in outcome.outcome(call, _inbound_naming(call, view)))]
    account = (*outcome.time_spent(call), outcome.charge(call))
    words.append(phrases.capital(" · ".join(account)) + ".")
    if call.ending:
        words.append(f"Ended by {call.ending}.")
    return words


def _inbound_naming(call: Call, view: View) -> outcome.Naming:
    def name(party: Party) -> str:
        return caller(call, view) if party.role == outcome.CALLER else naming(view)(party)

    return name if call.kind is CallKind.INBOUND else naming(view)


def _when(call: Call, view: View) -> list[str]:
    if call.kind is CallKind.INBOUND:
        return [f"Came in {phrases.moment(call.due, view.asker_zone)}."]
    if not _is_ahead(call):
        return _placed_when(call, view) or [f"Was due {phrases.moment(call.due, view.asker_zone)}."]
    lines = [f"When: {phrases.moment(call.due, call.zone)}, {phrases.from_now(call.due, view.now)}."]
    if local_time(call.due, call.zone) != local_time(call.due, view.asker_zone):
        lines.append(f"On your clock: {phrases.moment(call.due, view.asker_zone)}.")
    lines.extend(phrases.capital(words) for words in call.recurrence_words)
    if view.upcoming:
        lines.append(f"Next: {'; '.join(phrases.short_moment(at, call.zone) for at in view.upcoming)}.")
    return lines


def _placed_when(call: Call, view: View) -> list[str]:
    first = min((placement.created_at for placement in call.placements), default=None)
    if first is None:
        return []
    local = local_time(first, view.asker_zone)
    late = first - max(call.due, call.created_at)
    words = f"{phrases.span(late.total_seconds())} late" if late > ON_TIME else "on time"
    went_out = call.legs or any(placement.placed_at for placement in call.placements)
    at = f"{phrases.day_words(local)}, {local:%H:%M:%S} {phrases.zone_words(first, view.asker_zone)}"
    return [f"{'Placed' if went_out else 'Tried'} {at}, {words}."]


def _parties(call: Call, view: View) -> list[str]:
    if call.kind is CallKind.INBOUND:
        return [f"Called number: {_did(call, view)}."] if call.did else []
    if call.legs or call.placements:
        return []  # the legs say who they are
    return [
        f"{_who(party, view)}{_remark(party.address)}{_clock_there(party, call, view)}"
        for party in call.parties
    ]


def _remark(address: Address) -> str:
    """What the numbering plan says that is worth a second look."""
    if not isinstance(address, PhoneNumber):
        return ""
    if not is_valid(address):
        return " · looks invalid"
    return " · toll-free" if kind_of(address) is NumberKind.TOLL_FREE else ""


def _who(party: Party, view: View) -> str:
    """`Amy · +65 9123 4567 · Singapore`."""
    known = ["you" if party.is_me else party.name, _number(party, view), _country(party)]
    return " · ".join(words for words in known if words)


def _country(party: Party) -> str:
    if not isinstance(party.address, PhoneNumber):
        return ""
    region = region_of(party.address)
    return country(region) if region else ""


def _clock_there(party: Party, call: Call, view: View) -> str:
    """` · their time Tue 18:00 (guess)` when the call rings, where it differs from the asker's own."""
    if party.is_me or not isinstance(party.address, PhoneNumber):
        return ""
    saved = view.their_zones.get(str(party.address))
    zones = (saved,) if saved else zones_of(party.address)
    at = max(call.due, view.now)
    if len(zones) != 1 or local_time(at, zones[0]) == local_time(at, view.asker_zone):
        return ""
    there = local_time(at, zones[0])
    night = ", night" if there.hour >= 22 or there.hour < 7 else ""
    return f" · their time {phrases.day_and_clock(at, zones[0])}{night}{'' if saved else ' (guess)'}"


def _did(call: Call, view: View) -> str:
    assert call.did is not None
    return phrases.address_words(PhoneNumber(e164=call.did), private=view.private)


def _steps(call: Call, view: View) -> list[str]:
    if call.state is CallState.DONE:
        return []
    return [_shown(line, view) for line in steps.steps_of(call, naming(view), whole=view.private)]


def _terms(call: Call, view: View) -> list[str]:
    """Provider, what the other side sees, recording, limit, expected cost."""
    if call.kind is CallKind.INBOUND or call.state.is_final or not call.plan:
        return []
    plan = call.plan[0]
    recorded = any(each.flow.record for each in call.plan)
    by = f" by order of {call.recorded_by}" if call.recorded_by else ""
    limit = f"at most {phrases.span(plan.max_seconds)}" if plan.max_seconds else "no time limit"
    terms = [
        f"Via {call.provider}",
        phrases.caller_id_words(plan.caller_id, private=view.private),
        f"recorded{by}, each party is told first" if recorded else "not recorded",
        limit,
        _price(call, plan.max_seconds),
    ]
    return [" · ".join(term for term in terms if term) + "."]


def _price(call: Call, max_seconds: int) -> str:
    """Per minute for all legs together, and what the limit makes of it."""
    rate = call.expected_cost
    if rate is None:
        return ""
    most = Money(amount=rate.amount * -(-max_seconds // 60), currency=rate.currency)
    return f"about {rate} a minute{f', at most {most}' if max_seconds else ''}"


def _legs(call: Call, view: View) -> list[str]:
    """A line for everybody who was, is or will be rung, in the order of the plan."""
    if not (call.legs or call.placements):
        return []
    planned = [line for plan in call.plan if (line := _plan_line(call, plan.party, view))]
    roles = {plan.role for plan in call.plan}
    dialled = [leg for leg in call.legs if leg.role not in roles]
    return planned + [_line_of(call, leg, view) for leg in dialled]


def _plan_line(call: Call, party: Party, view: View) -> str:
    leg = call.leg(party.role)
    if leg is not None and (leg.state is not LegState.PLANNED or call.state.is_final):
        return _line_of(call, leg, view)
    placement = outcome.placement_of(call, party.role)
    if placement is None:
        return f"{_who(party, view)}: next" if not call.state.is_final else ""
    return f"{_who(party, view)}: {_placement_words(placement, view)}"


def _line_of(call: Call, leg: Leg, view: View) -> str:
    withheld = call.kind is CallKind.INBOUND and leg.role == outcome.CALLER and call.caller is None
    who = "The caller" if withheld else _who(leg.party, view)
    return f"{who}: {outcome.progress(call, leg, view.now)}"


def _placement_words(placement: Placement, view: View) -> str:
    match placement.state:
        case PlacementState.PLACING:
            return f"being placed with {placement.provider}"
        case PlacementState.PLACED if Feature.PROGRESS in view.features:
            return "placed, waiting for the network"
        case PlacementState.PLACED:
            return f"placed, waiting for the result ({placement.provider} does not report progress)"
        case PlacementState.UNKNOWN if placement.check_at is not None:
            return f"no clear answer from {placement.provider}; being checked, not dialled again"
        case PlacementState.UNKNOWN:
            return "I cannot confirm this call went out"
        case PlacementState.REJECTED:
            return f"refused by {placement.provider}"
        case PlacementState.CLOSED:
            return "placed" if placement.placed_at else "I cannot confirm this call went out"


def _recording_line(view: RecordingView) -> str:
    recording = view.recording
    what = f"Message {recording.number}" if recording.voicemail else "Recording"
    if recording.seconds:
        what += f" ({phrases.talk_time(recording.seconds)})"
    match recording.state:
        case RecordingState.WAITING:
            return f"{what}: being fetched; the link comes here."
        case RecordingState.FAILED:
            return f"{what}: {recording.provider} did not hand it over; look for it in the account there."
        case RecordingState.DELETED:
            return f"{what}: deleted."
        case RecordingState.STORED:
            return f"{what}: {view.url or 'the link has run out, renew it below.'}"


def _notes(call: Call, view: View) -> list[str]:
    lines = [call.reason] if call.reason else _own_reason(call)
    if call.state is CallState.HELD and call.reason and call.follows is None:
        lines = [f"Please confirm: {call.reason}"]
    if call.state is CallState.STARTED:
        lines += _hanging_up(call, view)
    if outcome.is_unconfirmed(call):
        lines.append(_unconfirmed_words(call))
    if call.left_out and not call.state.is_final:
        lines.append(f"With {call.provider}: {'; '.join(call.left_out)}.")
    if call.kind is CallKind.INBOUND and call.caller is None and call.state.is_final:
        lines.append("A withheld number cannot be called back.")
    return [_shown(line, view) for line in (*lines, *call.notes)]


def _hanging_up(call: Call, view: View) -> list[str]:
    if call.ending:
        return [f"Being hung up, by order of {call.ending}."]
    if Feature.HANG_UP in view.features:
        return []
    return [f"{call.provider} cannot be told to hang up: the call ends when the phones do, or at its limit."]


def _own_reason(call: Call) -> list[str]:
    match call.state:
        case CallState.MISSED:
            return ["It could not be placed in time, and it is not placed late without your word."]
        case CallState.CANCELLED:
            return ["Nothing was dialled."]
        case _:
            return []


def _unconfirmed_words(call: Call) -> str:
    if any(each.state is PlacementState.UNKNOWN and each.check_at is not None for each in call.placements):
        return f"The call is being checked with {call.provider}. It is not dialled again meanwhile."
    return (
        f"I cannot confirm this call went out: {call.provider} gave no clear answer. A phone may have rung. "
        "Nothing was dialled again; you decide."
    )
