"""A leg to be rung, as Plivo's "make a call" wants it, and what of it Plivo could not do."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.voice.plivo.documents import TONES, branch, opening_digits
from adapters.voice.plivo.place import Place
from adapters.voice.plivo.tables import LACKING, LONGEST_CALL, NAME, POLLY, speech, voice_of
from bot.domain.call import LegPlan
from bot.domain.errors import Unsupported
from bot.domain.flow import CallFlow, Feature, HangUp, Menu, Play, Say, SendDigits, SendText, Step
from bot.domain.numbers import WITHHELD, Address, CallerId, PhoneNumber
from bot.domain.texts import TEXTS, Moment
from bot.ports.voice import Hooks

METHOD: Final = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the settings say about every call. `caller_id` is shown where the orders name none."""

    caller_id: CallerId | None = None
    language: str = "en-US"
    texts: Mapping[Moment, str] = field(default_factory=lambda: TEXTS)
    app_name: str = "Patchline"
    caller_name: str | None = None
    sip_headers: str | None = None
    digits_early: bool = False
    machine_ms: int = 5000
    announce_early: bool = False


def call_request(
    plan: LegPlan, hooks: Hooks, options: Options, *, shown: str, parent: str | None = None
) -> dict[str, Any]:
    """The body. `shown` is the caller id; `parent` the first leg of the conference that this one joins."""
    place = Place.start(replace(hooks, role=plan.role))
    digits = opening_digits(plan.flow.steps)
    answering = replace(place, detects=_branches(plan.flow))
    return {
        "from": shown,
        "to": _destination(plan.party.address),
        "answer_url": answering.url("answer"),
        "answer_method": METHOD,
        "ring_url": place.url("ring"),
        "ring_method": METHOD,
        "hangup_url": place.url("hangup"),
        "hangup_method": METHOD,
        "fallback_url": answering.url("fallback"),
        "fallback_method": METHOD,
        "caller_name": options.caller_name,
        "send_digits": _digits(digits) if digits else None,
        "send_on_preanswer": options.digits_early if digits else None,
        "ring_timeout": plan.ring_seconds,
        "time_limit": min(plan.max_seconds, LONGEST_CALL) if plan.max_seconds else LONGEST_CALL,
        # The same end once more, counted from the ringing: it holds even where an answer goes unnoticed.
        "hangup_on_ring": plan.ring_seconds + plan.max_seconds if plan.max_seconds else None,
        "sip_headers": options.sip_headers,
        "parent_call_uuid": parent,
        "error_if_parent_not_found": False if parent else None,
        **_detection(plan, place, options),
    }


def _destination(address: Address) -> str:
    return address.e164 if isinstance(address, PhoneNumber) else address.uri


def _digits(step: SendDigits) -> str:
    return step.digits if step.tone_ms is None else f"{step.digits}@{step.tone_ms}"


def _branches(flow: CallFlow) -> bool:
    """A machine gets something of its own, other than the end."""
    return any(not isinstance(step, HangUp) for step in flow.on_machine or ())


def _detection(plan: LegPlan, place: Place, options: Options) -> dict[str, Any]:
    """Which branch to run must be known before anything is said, so Plivo listens first. Where a machine is
    only hung up on, it listens meanwhile: a person does not wait."""
    if plan.flow.on_machine is None:
        return {}
    asked: dict[str, Any] = {"machine_detection": "true", "machine_detection_time": options.machine_ms}
    if _branches(plan.flow):
        return asked
    return {
        **asked,
        "machine_detection": "hangup",
        "machine_detection_url": place.url("machine"),
        "machine_detection_method": METHOD,
    }


# --- what Plivo could not do ---------------------------------------------------------------------


def check(plan: LegPlan) -> None:
    """Raises Unsupported, with the reason."""
    if plan.caller_id == WITHHELD:
        raise unsupported(LACKING[Feature.WITHHELD_CALLER_ID])
    if plan.caller_id == plan.party.address:
        raise unsupported("it does not call a number that is shown as the caller at the same time")
    for machine in (False, True):
        steps = branch(plan.flow, machine=machine)
        opening = None if machine else opening_digits(steps)
        for step in steps:
            check_step(step, is_opening=step is opening)
        texts = any(isinstance(step, SendText) for step in steps)
        if texts and not isinstance(plan.party.address, PhoneNumber):
            raise unsupported("it sends texts to telephone numbers only")


def check_step(step: Step, *, is_opening: bool = False) -> None:
    """One step by itself. Raises Unsupported."""
    match step:
        case Menu():
            raise unsupported(LACKING[Feature.MENU])
        case Say():
            _check_speech(step)
        case Play():
            if urlsplit(step.url).scheme not in ("http", "https"):
                raise unsupported("it plays files from http and https addresses only")
        case SendDigits():
            _check_digits(step, is_opening=is_opening)
        case _:
            pass


def _check_speech(step: Say) -> None:
    try:
        voice = voice_of(step.voice)
    except ValueError as unknown:
        raise unsupported(str(unknown)) from unknown
    # What Amazon's voices speak is Amazon's to know.
    if speech(step.language) is None and not (voice or "").startswith(POLLY):
        raise unsupported(f"it does not speak {step.language}, except with one of Amazon's voices")


def _check_digits(step: SendDigits, *, is_opening: bool) -> None:
    if not TONES.fullmatch(step.digits):
        raise unsupported("it has no tones but 0 to 9, * and #")
    if step.tone_ms is not None and not is_opening:
        raise unsupported("it can set the length of tones only for digits that come first")


def unsupported(reason: str) -> Unsupported:
    """The error with that reason."""
    return Unsupported(provider=NAME, detail=reason)
