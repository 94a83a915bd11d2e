"""A flow as Hoiio's blocks: which requests it takes, in which order, and what follows when one has ended.

The same flow always gives the same blocks, so a number in a callback address is enough to go on from.
"""

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from bot.domain.flow import (
    CallFlow,
    Conference,
    Dial,
    Gather,
    HangUp,
    LegRole,
    Party,
    Pause,
    Play,
    Record,
    Say,
    Step,
)
from bot.domain.numbers import CallerId, PhoneNumber, SipUri

LONGEST_SPEECH: Final = 500
"""Characters of one message, mark-up included; newer accounts take 1000."""
LONGEST_LINK: Final = 1000
GENDERS: Final = ("female", "male")
_ROOM: Final = re.compile(r"[A-Za-z0-9._]{1,32}")


@dataclass(frozen=True, slots=True)
class Monitor:
    """Record everything from here on."""


Block = Say | Play | Pause | Gather | Dial | Record | Conference | HangUp | Monitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one block asks for, but for session and addresses. `rings`: the legs that it dials."""

    method: str
    params: dict[str, str]
    rings: tuple[LegRole, ...] = ()


def blocks_of(flow: CallFlow) -> tuple[Block, ...]:
    """Long texts are cut and repeats written out; at the end it hangs up."""
    recording = (Monitor(),) if flow.record else ()
    return (*recording, *(block for step in flow.steps for block in _blocks(step)), HangUp())


def _blocks(step: Step) -> Iterator[Block]:
    match step:
        case Say():
            yield from (replace(step, text=part) for part in _cut(step))
        case Play():
            yield from [replace(step, times=1)] * step.times
        case Pause() | Gather() | Dial() | Record() | Conference() | HangUp():
            yield step
        case _:
            # `refusal` in driver.py keeps these from being ordered.
            return


def _cut(step: Say) -> Iterator[str]:
    """At spaces where there are some."""
    part = ""
    for word in re.findall(r"\S+|\s+", step.text):
        if part and len(speech(replace(step, text=part + word))) > LONGEST_SPEECH:
            yield part.strip()
            part = ""
        part += word
        while len(speech(replace(step, text=part))) > LONGEST_SPEECH:
            fits = _fitting(step, part)
            yield part[:fits]
            part = part[fits:]
    if part.strip():
        yield part.strip()


def _fitting(step: Say, part: str) -> int:
    lengths = range(min(len(part), LONGEST_SPEECH), 1, -1)
    return next((n for n in lengths if len(speech(replace(step, text=part[:n]))) <= LONGEST_SPEECH), 1)


def speech(step: Say) -> str:
    """A message that is spoken: bare where the voice that bare text gets will do, else marked up."""
    language = step.language or "en"
    english = language.split("-")[0].lower() == "en"
    if english and step.voice in (None, "female") and not set(step.text) & set("<>&"):
        return step.text
    attributes = f"language={quoteattr('en' if english else language)} gender={quoteattr(_gender(step))}"
    return f"<speech {attributes}>{escape(step.text)}</speech>"


def _gender(step: Say) -> str:
    return step.voice if step.voice in GENDERS else GENDERS[0]


def link(step: Play) -> str:
    """A message that is an audio file."""
    return f"<url>{escape(step.url)}</url>"


def request(block: Block, shown: CallerId | None) -> Request:
    """What to ask for. `shown` is the caller id for whoever is dialled."""
    match block:
        case Say():
            return Request(method="ivr/middle/play", params={"msg": speech(block)})
        case Play():
            return Request(method="ivr/middle/play", params={"msg": link(block)})
        case Pause():
            return Request(method="ivr/middle/gather", params=_listen(block.seconds))
        case Gather():
            asked = {"msg": speech(Say(text=block.prompt)), "max_digits": str(len(block.key))}
            return Request(method="ivr/middle/gather", params={**_listen(block.seconds), **asked})
        case Record():
            return Request(method="ivr/middle/record", params={"max_duration": str(block.max_seconds)})
        case Monitor():
            return Request(method="ivr/middle/monitor", params={})
        case Dial():
            return _transfer(block, shown)
        case Conference():
            return Request(method="ivr/end/transfer", params={"dest": f"room:{room(block.room)}"})
        case HangUp():
            return Request(method="ivr/end/hangup", params={})


def _listen(seconds: float) -> dict[str, str]:
    """Waiting for keys is the only silence there is."""
    return {"timeout": str(max(1, math.ceil(seconds))), "attempts": "1"}


def _transfer(block: Dial, shown: CallerId | None) -> Request:
    dest = ",".join(str(party.address) for party in block.parties)
    params = {"dest": dest, "on_failure": "continue"}
    if shown is not None:
        params["caller_id"] = str(shown)
    return Request(
        method="ivr/end/transfer", params=params, rings=tuple(party.role for party in block.parties)
    )


def room(name: str) -> str:
    """Hoiio's name for a room: ours where it takes it, else one made of it."""
    return name if _ROOM.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:32]


# --- calls that need no leading --------------------------------------------------------------------


def bridged(flow: CallFlow) -> Party | None:
    """The other party, where all there is to do is to connect this leg with one phone."""
    match flow.steps:
        case [Dial(parties=(party,), accept=None, announce=None), *_] if not flow.record:
            return party
        case _:
            return None


def conference(flow: CallFlow) -> Conference | None:
    """The room, where all there is to do is to join it."""
    match flow.steps:
        case [Conference() as joined] if not flow.record:
            return joined
        case _:
            return None


def sip(flow: CallFlow) -> bool:
    """Whether it rings anything but telephone numbers."""
    return any(isinstance(party.address, SipUri) for party in flow.parties())


def dialled(party: Party) -> str:
    """The number as Hoiio takes it. An extension takes a step of its own, which Hoiio does not have."""
    return party.address.e164 if isinstance(party.address, PhoneNumber) else str(party.address)
