"""What a call hears, as Plivo XML. A document runs from one step to the next that asks somebody something:
there Plivo comes back, and gets the rest."""

import math
import re
from dataclasses import dataclass, replace
from typing import Final
from xml.etree.ElementTree import Element

from adapters.voice.plivo.place import Place, rung
from adapters.voice.plivo.tables import LIMITS, LONGEST_RECORDING, speech, voice_of
from adapters.wire.xml import encode, node
from bot.domain.flow import (
    CallFlow,
    Conference,
    Dial,
    Gather,
    HangUp,
    Party,
    Pause,
    Play,
    Record,
    Say,
    SendDigits,
    SendText,
    Step,
)
from bot.domain.numbers import PhoneNumber

BEFORE_EXTENSION: Final = "WW"
"""Two seconds for the switchboard to pick up."""
GREETING: Final = 30
TONES: Final = re.compile(r"[0-9*#wW]+")
QUIET: Final = 2000
"""A machine's greeting is over after so many milliseconds of silence, or after GREETING seconds."""
ASKED: Final = 3
"""How often the accept key is asked for when other keys are pressed."""
SEAT: Final = "seat"
"""The kind of address for somebody who comes along into a conference: who that is will be told later."""
EMPTY: Final = encode(node("Response"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a document has to know of its call beside the orders: the number of ours that is shown to others,
    the other end's number where texts go, and how things are said here."""

    ours: str | None = None
    theirs: str | None = None
    inbound: bool = False
    language: str = "en-US"
    caller_name: str | None = None
    sip_headers: str | None = None
    announce_early: bool = False


def document(flow: CallFlow, place: Place, line: Line, *, opening: bool = False) -> bytes:
    """The orders from `place` on. `opening`: this is what the leg is answered with."""
    root = node("Response")
    if opening and flow.record:
        root.append(_whole_call(place))
    steps = branch(flow, machine=place.machine)
    if opening and place.machine and steps:
        root.append(node("Wait", length=GREETING, silence=True, minSilence=QUIET))
    first = place.at
    if opening and line.inbound and line.announce_early:
        first = _early(root, steps, line)
    elif opening and not line.inbound and not place.machine and opening_digits(steps) is not None:
        first = 1
    for n, step in enumerate(steps[first:], first):
        root.extend(_elements(step, place.step(n), line))
        if isinstance(step, Gather | Dial | HangUp):
            break
    return encode(root)


def branch(flow: CallFlow, *, machine: bool) -> tuple[Step, ...]:
    """What is run: for a person, or for a machine."""
    return flow.on_machine or () if machine else flow.steps


def opening_digits(steps: tuple[Step, ...]) -> SendDigits | None:
    """The digits that Plivo dials by itself as soon as somebody answers: an extension, for example."""
    return steps[0] if steps and isinstance(steps[0], SendDigits) else None


def confirmation(step: Dial, line: Line) -> bytes:
    """What whoever was rung hears before they are connected."""
    root = node("Response")
    for text in (step.announce, step.accept.prompt if step.accept else None):
        if text:
            root.append(speak(Say(text=text), line))
    return encode(root)


def music(url: str) -> bytes:
    """What somebody hears who waits."""
    root = node("Response")
    root.append(node("Play", url, loop=0))
    return encode(root)


def said(text: str, line: Line) -> bytes:
    """One sentence, and the end."""
    root = node("Response")
    root.extend((speak(Say(text=text), line), node("Hangup")))
    return encode(root)


def hangup() -> bytes:
    """The end."""
    root = node("Response")
    root.append(node("Hangup"))
    return encode(root)


def _whole_call(place: Place) -> Element:
    return node(
        "Record",
        recordSession=True,
        redirect=False,
        maxLength=LONGEST_RECORDING,
        fileFormat="mp3",
        callbackUrl=place.url("recording"),
        callbackMethod="POST",
    )


def _early(root: Element, steps: tuple[Step, ...], line: Line) -> int:
    """Speak what comes before a Dial as early media; returns how many steps that were."""
    count = next((n for n, step in enumerate(steps) if not isinstance(step, Say)), 0)
    if count and isinstance(steps[count], Dial):
        early = node("PreAnswer")
        early.extend(speak(step, line) for step in steps[:count] if isinstance(step, Say))
        root.append(early)
        return count
    return 0


# --- one step ------------------------------------------------------------------------------------


def speak(step: Say, line: Line) -> Element:
    """The text in the voice asked for. Languages and voices were checked when it was ordered."""
    return node("Speak", step.text, voice=voice_of(step.voice), language=_tag(step.language, line))


def _tag(language: str | None, line: Line) -> str | None:
    return speech(language or line.language) or language


def _elements(step: Step, place: Place, line: Line) -> list[Element]:
    match step:
        case Gather():
            return [_asking(step, place, line), node("Hangup")]
        case Dial():
            return [_dial(step, place, line)]
        case Record():
            return [_record(step, place)]
        case Conference():
            return [_conference(step, place)]
        case _:
            return _plainly(step, line)


def _plainly(step: Step, line: Line) -> list[Element]:
    """Steps that ask nobody anything."""
    match step:
        case Say():
            return [speak(step, line)]
        case Play():
            return [node("Play", step.url, loop=step.times if step.times > 1 else None)]
        case Pause():
            return [node("Wait", length=max(1, math.ceil(step.seconds)))]
        case SendDigits():
            return [node("DTMF", step.digits, **{"async": False})]
        case SendText():
            return _text(step, line)
        case _:
            return [node("Hangup")]


def _text(step: SendText, line: Line) -> list[Element]:
    sender = step.sender.e164 if step.sender else line.ours
    if not sender or not line.theirs:
        return []
    return [node("Message", step.text, src=sender, dst=line.theirs, type="sms")]


def _asking(step: Gather, place: Place, line: Line) -> Element:
    asking = node(
        "GetDigits",
        action=place.url("keys"),
        method="POST",
        timeout=step.seconds,
        numDigits=1,
        finishOnKey="none",
        retries=1,
        redirect=True,
    )
    asking.append(speak(Say(text=step.prompt), line))
    return asking


def asked_again(step: Gather, place: Place, line: Line) -> bytes:
    """Another key was pressed: ask once more, but not for ever."""
    if place.tries + 1 >= ASKED:
        return hangup()
    root = node("Response")
    root.extend(_elements(step, replace(place, tries=place.tries + 1), line))
    return encode(root)


def _dial(step: Dial, place: Place, line: Line) -> Element:
    here = replace(place, rung=rung(step.parties), key=step.accept is not None)
    dial = node(
        "Dial",
        action=here.url("dialled"),
        method="POST",
        redirect=True,
        timeout=step.ring_seconds,
        callerId=line.ours,
        callerName=line.caller_name,
        callbackUrl=here.url("leg"),
        callbackMethod="POST",
        dialMusic=place.url("music") if step.music else None,
        confirmSound=place.url("confirm") if step.accept or step.announce else None,
        confirmKey=step.accept.key if step.accept else None,
        confirmTimeout=step.accept.seconds if step.accept else None,
        sipHeaders=line.sip_headers,
    )
    dial.extend(_party(party) for party in step.parties)
    return dial


def _party(party: Party) -> Element:
    if not isinstance(party.address, PhoneNumber):
        return node("User", party.address.uri)
    extension = party.address.ext
    return node("Number", party.address.e164, sendDigits=BEFORE_EXTENSION + extension if extension else None)


def _record(step: Record, place: Place) -> Element:
    here = replace(place, voicemail=True)
    return node(
        "Record",
        action=here.url("recorded"),
        method="POST",
        redirect=True,
        maxLength=step.max_seconds,
        timeout=step.silence_seconds,
        finishOnKey=step.finish_key,
        playBeep=True,
        fileFormat="mp3",
        callbackUrl=here.url("recording"),
        callbackMethod="POST",
    )


def _conference(step: Conference, place: Place) -> Element:
    return node(
        "Conference",
        step.room,
        muted=True if step.muted else None,
        enterSound="beep:1",
        waitSound=place.url("music") if step.music else None,
        maxMembers=LIMITS.conference_size,
        callbackUrl=None if place.kind == SEAT else place.url("conference"),
        callbackMethod=None if place.kind == SEAT else "POST",
    )
