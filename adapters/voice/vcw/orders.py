"""A plan as one order. VCW carries out each kind of step once, in an order of its own: play, speak, better
speech, menu, dial for a person; play, speak, better speech, text for a machine. What was written in another
order, or twice, is refused rather than done differently.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from adapters.voice.vcw.tables import FEATURES, LACKING, NAME, language_of, voice_of
from bot.domain.call import LegPlan
from bot.domain.errors import Unsupported
from bot.domain.flow import (
    CallFlow,
    Dial,
    Feature,
    HangUp,
    Menu,
    Party,
    Pause,
    Play,
    Say,
    SendText,
    Step,
)
from bot.domain.numbers import PhoneNumber

Form = dict[str, str]

BREATH: Final = 1.0
"""Seconds between two texts that a full stop makes up for. Any other pause cannot be had."""
PLACES: Final = ("play", "speak", "tts", "ivr", "dial_to", "sms")
IN_ORDER: Final = (
    "it does each of these once and in this order: play a file, say something, say something in a voice, "
    "run a menu, connect somebody or send a text"
)


def order(plan: LegPlan, language: str, callback_url: str | None) -> Form:
    """The order for a call now. `language` (BCP 47) is spoken where the plan says nothing. It says whether to
    record, because the account's own setting must not. Raises Unsupported."""
    _refuse(plan.flow.needs())
    form = {"to": digits(plan.party), "record": "YES" if plan.flow.record else "NO"}
    if isinstance(plan.caller_id, PhoneNumber):
        form["from"] = plan.caller_id.e164[1:]
    elif plan.caller_id is not None:
        _refuse({Feature.WITHHELD_CALLER_ID})
    form |= person(plan, language)
    form |= machine(plan.flow, language)
    if callback_url is not None:
        form["callback_url"] = callback_url
    return form


def digits(party: Party) -> str:
    """Country code and number, without a `+`. Raises Unsupported."""
    if not isinstance(party.address, PhoneNumber):
        raise cannot(f"no {Feature.SIP}: {LACKING[Feature.SIP]}")
    return party.address.e164[1:]


def person(plan: LegPlan, language: str) -> Form:
    """What whoever picks up gets."""
    form: Form = {}
    steps = list(_until_the_end(plan.flow.steps))
    if plan.flow.record and any(isinstance(step, Dial) for step in steps):
        raise cannot("it cannot tell everybody first that the call is recorded")
    for step in _joined(steps, language):
        match step:
            case Dial():
                _put(form, "answer_", "dial_to", _bridge(step, plan))
            case Menu():
                _put(form, "answer_", "ivr", {"answer_ivr": step.code})
            case _:
                _say_or_play(form, "answer_", step, language)
    if not form:
        raise cannot("there has to be something that a person gets to hear, or somebody to connect")
    return form


def machine(flow: CallFlow, language: str) -> Form:
    """What an answering machine gets. Without orders for one, VCW hangs up on it."""
    form: Form = {}
    for step in _joined(_until_the_end(flow.on_machine or ()), language):
        match step:
            case SendText():
                sender = {"answermachine_sms_from": step.sender.e164[1:]} if step.sender else {}
                _put(form, "answermachine_", "sms", {"answermachine_sms": step.text, **sender})
            case _:
                _say_or_play(form, "answermachine_", step, language)
    return form


def _until_the_end(steps: Sequence[Step]) -> Iterator[Step]:
    """Up to the hang-up, or to the dialling: VCW says nothing to somebody whom nobody could be found for."""
    for step in steps:
        if isinstance(step, HangUp):
            return
        yield step
        if isinstance(step, Dial):
            return


def _bridge(step: Dial, plan: LegPlan) -> Form:
    if len(step.parties) != 1:
        raise cannot("it connects one phone, it cannot ring several")
    (party,) = step.parties
    form = {"answer_dial_to": digits(party)}
    # Without a word of ours the second phone is shown the first one's number: just right for me.
    if isinstance(plan.caller_id, PhoneNumber) and not party.is_me:
        form["answer_dial_from"] = plan.caller_id.e164[1:]
    if step.music is not None:
        form["answer_dial_tone_url"] = step.music
    return form


def _say_or_play(form: Form, branch: str, step: Step, language: str) -> None:
    match step:
        case Play(times=1):
            _put(form, branch, "play", {f"{branch}play": step.url})
        case Play():
            raise cannot("it plays a file once")
        case Say(voice=None):
            _put(form, branch, "speak", _spoken(branch, step, language))
        case Say(voice=str() as voice):
            _put(form, branch, "tts", {f"{branch}tts": step.text, f"{branch}tts_voice": voice_of(voice)})
        case Pause():
            raise cannot("it cannot wait")
        case _:
            which = "a machine" if branch == "answermachine_" else "a person"
            raise cannot(f"this is nothing it can do for {which}")


def _spoken(branch: str, step: Say, language: str) -> Form:
    tag = step.language or language
    known = language_of(tag)
    if known is None:
        raise cannot(f"it does not speak {tag}; with one of its voices it may")
    return {f"{branch}speak": step.text, f"{branch}speak_lang": known}


def _put(form: Form, branch: str, place: str, values: Form) -> None:
    """Each place once, and in their order."""
    taken = [n for n, each in enumerate(PLACES) if f"{branch}{each}" in form]
    if any(n >= PLACES.index(place) for n in taken):
        raise cannot(IN_ORDER)
    form |= values


def _joined(steps: Iterable[Step], language: str) -> list[Step]:
    """Texts that follow each other in one voice are one text; a breath between them is a full stop."""
    done: list[Step] = []
    for step in steps:
        match done:
            case [*_, Say() as before, Pause(seconds=seconds)] if (
                seconds <= BREATH and isinstance(step, Say) and _alike(before, step, language)
            ):
                done[-2:] = [replace(before, text=f"{before.text.rstrip('.')}. {step.text}")]
            case [*_, Say() as before] if isinstance(step, Say) and _alike(before, step, language):
                done[-1:] = [replace(before, text=f"{before.text} {step.text}")]
            case _:
                done.append(step)
    return done


def _alike(one: Say, other: Say, language: str) -> bool:
    mine, theirs = one.language or language, other.language or language
    return one.voice == other.voice and language_of(mine) == language_of(theirs)


def _refuse(needed: frozenset[Feature] | set[Feature]) -> None:
    for feature in sorted(needed - FEATURES):
        raise cannot(f"no {feature}: {LACKING[feature]}")


def cannot(reason: str) -> Unsupported:
    """Said when it is ordered."""
    return Unsupported(provider=NAME, detail=reason)
