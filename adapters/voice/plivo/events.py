"""What each kind of callback tells, as events. What is said in return is `webhooks.py`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from adapters.voice.plivo.heard import Heard, address, decimal, money, seconds
from adapters.voice.plivo.place import role_of, roles
from adapters.voice.plivo.tables import KEY_NOT_PRESSED, MACHINE_DETECTED, cause_of
from adapters.voice.plivo.times import console_zone, moment
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind, RecordingRef
from bot.domain.numbers import Address

Events = Sequence[LegEvent]


def _rang(heard: Heard) -> Events:
    call = heard.need("CallUUID")
    return [heard.event(LegEventKind.RANG, f"{call}-ring", ref=call)]


def _answered(heard: Heard) -> Events:
    call = heard.need("CallUUID")
    events = [heard.event(LegEventKind.ANSWERED, f"{call}-answer", ref=call)]
    if heard.place.kind == "incoming":
        events.insert(0, heard.event(LegEventKind.DIALED, f"{call}-call", ref=call))
    if heard.is_machine:
        return [*events, _verdict(heard, call, AmdVerdict.MACHINE)]
    return [*events, _verdict(heard, call, AmdVerdict.HUMAN)] if heard.place.detects else events


def _verdict(heard: Heard, call: str, verdict: AmdVerdict, at: datetime | None = None) -> LegEvent:
    return heard.event(LegEventKind.MACHINE, f"{call}-{verdict}", ref=call, at=at, verdict=verdict)


def _detected(heard: Heard) -> Events:
    verdicts = {"true": AmdVerdict.MACHINE, "false": AmdVerdict.HUMAN}
    verdict = verdicts.get(heard.get("Machine").lower(), AmdVerdict.UNSURE)
    return [_verdict(heard, heard.need("CallUUID"), verdict)]


def _hung_up(heard: Heard) -> Events:
    """The end, and what it proves: a leg with an AnswerTime was answered, whatever was lost before."""
    call = heard.need("CallUUID")
    zone = console_zone(heard.get("StartTime"), heard.get("SessionStart"))
    end = min(_by(heard.get("EndTime"), zone) or heard.at, heard.at)
    talked = seconds(heard.get("Duration")) or 0
    events = []
    if talked or heard.get("AnswerTime"):
        answered = _by(heard.get("AnswerTime"), zone) or end - timedelta(seconds=talked)
        events.append(heard.event(LegEventKind.ANSWERED, f"{call}-answered", ref=call, at=min(answered, end)))
    if heard.is_machine or heard.get("HangupCauseCode") == str(MACHINE_DETECTED):
        events.append(_verdict(heard, call, AmdVerdict.MACHINE, at=end))
    cause = cause_of(
        code=heard.get("HangupCauseCode"), name=heard.get("HangupCause"), status=heard.get("CallStatus")
    )
    return [
        *events,
        heard.event(
            LegEventKind.HUNG_UP,
            f"{call}-hangup",
            ref=call,
            at=end,
            cause=cause,
            cost=money(heard.get("TotalCost")),
            billed_seconds=seconds(heard.get("BillDuration")),
        ),
    ]


def _by(text: str, zone: tzinfo | None) -> datetime | None:
    """Fractions of a second are cut off in these times: it had happened a second later."""
    found = moment(text, zone) if zone else None
    return found + timedelta(seconds=1) if found else None


def _pressed(heard: Heard) -> Events:
    digits, call = heard.get("Digits"), heard.need("CallUUID")
    source = f"{call}-keys-{heard.place.at}-{heard.place.tries}"
    return [heard.event(LegEventKind.DTMF, source, ref=call, digits=digits)] if digits else []


def was_taken(heard: Heard) -> bool:
    """Whether somebody was connected: not when nobody answered, nor when the key was not pressed."""
    codes = [value for name, value in heard.form.items() if name.endswith("HangupCauseCode")]
    if str(KEY_NOT_PRESSED) in codes:
        return False
    return heard.get("DialStatus").lower() == "completed" and bool(heard.get("DialBLegUUID"))


def _dialled(heard: Heard) -> Events:
    """A Dial is over: whoever has not been heard of since is not rung any more."""
    call, other = heard.need("CallUUID"), heard.get("DialBLegUUID")
    rung, taken = roles(heard.place), was_taken(heard)
    cause = cause_of(name=heard.get("DialHangupCause"), status=heard.get("DialStatus"))
    if taken and len(rung) > 1:
        cause = HangupCause.NON_SELECTED_USER_CLEARING
    one = other if len(rung) == 1 else ""
    events = [
        heard.event(
            LegEventKind.HUNG_UP,
            f"{call}-dialled-{heard.place.at}-{role}",
            role=role,
            ref=one,
            cause=cause,
        )
        for role in rung
    ]
    if taken and one:
        source = f"{call}-connected-{heard.place.at}"
        events = [
            heard.event(LegEventKind.ANSWERED, f"{source}-answer", role=rung[0], ref=one),
            heard.event(LegEventKind.BRIDGED, f"{source}-other", role=rung[0], ref=one),
            *events,
        ]
    if taken:
        events.append(heard.event(LegEventKind.BRIDGED, f"{call}-connected-{heard.place.at}", ref=call))
    return events


def _leg(heard: Heard) -> Events:
    """What becomes of a leg that a Dial rings."""
    action = heard.need("DialAction").lower()
    role = role_of(heard.place, heard.get("DialBLegTo"))
    if role is None or action not in _LEG:
        return []
    return _LEG[action](heard, role, heard.need("DialBLegUUID"))


def _leg_answered(heard: Heard, role: LegRole, other: str) -> Events:
    return [
        heard.event(LegEventKind.ANSWERED, f"{other}-answer", role=role, ref=other, address=_other(heard))
    ]


def _leg_connected(heard: Heard, role: LegRole, other: str) -> Events:
    call = heard.get("DialALegUUID", "CallUUID")
    return [
        *_leg_answered(heard, role, other),
        heard.event(LegEventKind.BRIDGED, f"{other}-connected", role=role, ref=other),
        heard.event(LegEventKind.BRIDGED, f"{call}-connected-to-{other}", ref=call),
    ]


def _leg_hung_up(heard: Heard, role: LegRole, other: str) -> Events:
    talked = seconds(heard.get("DialBLegDuration")) or 0
    cause = cause_of(
        code=heard.get("DialBLegHangupCauseCode"),
        name=heard.get("DialBLegHangupCause"),
        status=heard.get("DialBLegStatus"),
    )
    events = []
    if talked:
        since = heard.at - timedelta(seconds=talked)
        events.append(heard.event(LegEventKind.ANSWERED, f"{other}-answered", role=role, ref=other, at=since))
    end = heard.event(
        LegEventKind.HUNG_UP,
        f"{other}-hangup",
        role=role,
        ref=other,
        cause=cause,
        cost=money(heard.get("DialBLegTotalCost")),
        billed_seconds=seconds(heard.get("DialBLegBillDuration")),
        address=_other(heard),
    )
    return [*events, end]


def _leg_pressed(heard: Heard, role: LegRole, other: str) -> Events:
    digits = heard.get("DialDigitsMatch")
    by = None if heard.get("DialDigitsPressedBy").lower() == "aleg" else role
    return [heard.event(LegEventKind.DTMF, f"{other}-digits-{digits}-{by}", role=by, digits=digits)]


_LEG: Final[Mapping[str, Callable[[Heard, LegRole, str], Events]]] = {
    "answer": _leg_answered,
    "connected": _leg_connected,
    "hangup": _leg_hung_up,
    "digits": _leg_pressed,
}


def _other(heard: Heard) -> Address | None:
    return address(heard.get("DialBLegTo"))


def _recorded(heard: Heard) -> Events:
    """In the spelling of XML or of the API; -1 seconds is a recording of the whole call."""
    url = heard.get("RecordUrl", "record_url", "RecordFile")
    if not url:
        return []
    ref = heard.get("RecordingID", "recording_id") or url.rpartition("/")[2].partition(".")[0]
    milliseconds = decimal(heard.get("RecordingDurationMs", "recording_duration_ms"))
    seconds = decimal(heard.get("RecordingDuration", "recording_duration"))
    length = milliseconds / 1000 if milliseconds and milliseconds > 0 else seconds
    recording = RecordingRef(
        ref=ref,
        url=url,
        seconds=float(length) if length is not None and length >= 0 else None,
        voicemail=heard.place.voicemail,
    )
    return [
        heard.event(
            LegEventKind.RECORDED,
            f"recording-{ref}",
            ref=heard.get("CallUUID", "call_uuid"),
            recording=recording,
        )
    ]


def _conference(heard: Heard) -> Events:
    action, call = heard.need("ConferenceAction").lower(), heard.need("CallUUID")
    source = f"{heard.get('ConferenceUUID')}-{heard.get('ConferenceMemberID')}-{call}-{action}"
    match action:
        case "enter":
            return [heard.event(LegEventKind.BRIDGED, source, ref=call)]
        case "exit":
            cause = HangupCause.NORMAL_CLEARING
            return [heard.event(LegEventKind.HUNG_UP, source, ref=call, cause=cause)]
        case "digits":
            digits = heard.get("ConferenceDigitsMatch")
            return [heard.event(LegEventKind.DTMF, f"{source}-{digits}", ref=call, digits=digits)]
        case "record":
            return _recorded(heard)
        case _:
            return []


EVENTS: Final[Mapping[str, Callable[[Heard], Events] | None]] = {
    "answer": _answered,
    "fallback": _answered,
    "incoming": _answered,
    "ring": _rang,
    "hangup": _hung_up,
    "machine": _detected,
    "keys": _pressed,
    "dialled": _dialled,
    "leg": _leg,
    "recorded": _recorded,
    "recording": _recorded,
    "conference": _conference,
    "confirm": None,
    "music": None,
    "orders": None,
    "seat": None,
    "message": None,
}
"""The kinds of callback that we hand out addresses for, each with what it tells."""
