"""What may be ordered of a leg that is on the line."""

from dataclasses import dataclass

from bot.domain.flow import CallFlow, Play, Say, SendDigits


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Stop (or again pass on) what this leg says."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Take the leg out of the conversation to music, or back."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Start or stop recording the leg. The spoken notice comes first, as an order of its own."""

    on: bool


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Silence whatever is being played or spoken to the leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Drop the rest of the leg's flow and run this one. Also how an inbound call is answered."""

    flow: CallFlow


Control = Play | Say | SendDigits | Mute | Hold | Capture | StopPlaying | Redirect
