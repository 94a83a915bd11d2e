"""The simulated world as a watcher sees it: values that travel, made from what the network holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapters.voice.simulator.channel import Channel, Heard
from adapters.voice.simulator.recorder import Recorder
from adapters.voice.simulator.trouble import Creation
from bot.domain.flow import LegRole
from bot.domain.leg import Token
from bot.domain.numbers import Address
from bot.ports.clock import Clock, MovableClock, Pace


class Phase(StrEnum):
    """What a phone looks like; derived. A caller to one of our numbers is dialling until there are orders."""

    DIALLING = "dialling"
    RINGING = "ringing"
    SCREENING = "screening"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderView:
    """A voicemail that is being recorded from whoever holds the phone. `since` is the end of the beep."""

    since: datetime
    max_seconds: int
    silence_seconds: int
    finish_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """A leg as it stands. `address` is the phone's own, `caller` what its display shows; None is withheld.

    `by_hand`: a person holds this phone; `in_hand`: and does as they like with this call, which they took
    themselves. `reason` is what a screening phone was told. `others` are those it is connected with now;
    None among them is withheld. `serial` is that of the last change.
    """

    ref: str
    token: Token | None
    role: LegRole
    address: Address | None
    inbound: bool
    by_hand: bool
    in_hand: bool
    phase: Phase
    caller: Address | None
    reason: str
    opened_at: datetime
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    cause: str | None
    microphone: bool
    muted: bool
    held: bool
    room: str | None
    others: tuple[Address | None, ...]
    recorder: RecorderView | None
    heard: tuple[Heard, ...]
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """The network's clock. `pace` is None where it cannot be moved."""

    now: datetime
    movable: bool
    pace: Pace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What changed since. Another `network` than before means that the serials start afresh."""

    network: str
    serial: int
    legs: tuple[LegView, ...]
    clock: ClockView


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request for a call, and what it met."""

    at: datetime
    met: Creation


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """A leg that was dialled."""

    role: LegRole
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """All that was done under one token. The list of these judges "never dialled twice"."""

    token: Token
    requests: tuple[Attempt, ...]
    dialled: tuple[Dialled, ...]


def leg_view(leg: Channel, rooms: Mapping[str, Sequence[Channel]]) -> LegView:
    """How that leg stands now."""
    return LegView(
        ref=leg.ref,
        token=leg.token,
        role=leg.role,
        address=leg.address,
        inbound=leg.inbound,
        by_hand=leg.script.by_hand,
        in_hand=leg.in_hand,
        phase=phase(leg),
        caller=leg.caller,
        reason=leg.reason,
        opened_at=leg.opened_at,
        rang_at=leg.rang_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        cause=leg.cause.name if leg.cause else None,
        microphone=leg.microphone,
        muted=leg.muted,
        held=leg.held,
        room=leg.room,
        others=tuple(each.address for each in _others(leg, rooms)),
        recorder=_recorder_view(leg.recorder) if leg.recorder else None,
        heard=tuple(leg.heard),
        serial=leg.serial,
    )


def phase(leg: Channel) -> Phase:
    """What that leg's phone looks like now."""
    if leg.is_over:
        return Phase.ENDED
    if leg.is_screening:
        return Phase.SCREENING
    if leg.is_talking:
        return Phase.TALKING
    return Phase.DIALLING if leg.rang_at is None else Phase.RINGING


def clock_view(clock: Clock) -> ClockView:
    """What that clock shows now."""
    pace = clock.pace if isinstance(clock, MovableClock) else None
    return ClockView(now=clock.now(), movable=pace is not None, pace=pace)


def _others(leg: Channel, rooms: Mapping[str, Sequence[Channel]]) -> list[Channel]:
    if leg.partner is not None:
        return [leg.partner]
    return [each for each in rooms.get(leg.room or "", ()) if each is not leg]


def _recorder_view(recorder: Recorder) -> RecorderView:
    step = recorder.step
    return RecorderView(
        since=recorder.since,
        max_seconds=step.max_seconds,
        silence_seconds=step.silence_seconds,
        finish_key=step.finish_key,
    )
