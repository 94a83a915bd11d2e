"""One party's connection inside the simulated network, and what reaches the ear at its end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from adapters.voice.simulator.recorder import Recorder
from adapters.voice.simulator.script import Answerer, Phone
from bot.domain.causes import HangupCause
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, Token
from bot.domain.numbers import Address, CallerId


class Sound(StrEnum):
    """What kind of thing reached an ear; SILENCE is the moment at which what was sounding stopped."""

    SPEECH = "speech"
    FILE = "file"
    MUSIC = "music"
    RING_TONE = "ring tone"
    BEEP = "beep"
    TONE = "tone"
    DIGITS = "digits"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that reached the ear at this end: words, an audio address, `ring tone`, `beep`, `tone`.

    `seconds` is how long it sounds if nothing stops it; None goes on until something does.
    """

    at: datetime
    what: str
    kind: Sound
    seconds: float | None = None

    def sounds(self, now: datetime) -> bool:
        """Whether it can still be heard then, if nothing has stopped it."""
        if self.kind is Sound.SILENCE:
            return False
        return self.seconds is None or (now - self.at).total_seconds() < self.seconds


def _nobody_watches(_: "Channel") -> None:
    pass


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A leg while the network looks after it. `token` is None until an inbound call has been given one.

    `gone` is set once, by `end`; `lifted` when a hand takes the call; `person` when a human being is at the
    phone; `diverted` when the leg got orders of its own instead of the conversation it was in. `answerer` is
    who or what met the call; `in_hand`: a person who does as they like, and no script is followed. `caller`
    is what the display of this phone shows, None where the number is withheld; `caller_id` what legs dialled
    from here show, where that was ordered. `reason` is what a screening phone was told. `changed` is called
    after every change that a watcher can see, and `serial` is that of the last one.
    """

    changed: "Callable[[Channel], None]" = field(default=_nobody_watches, repr=False)
    ref: str
    token: Token | None
    role: LegRole
    address: Address | None
    script: Phone
    opened_at: datetime
    inbound: bool = False
    caller_id: CallerId | None = None
    caller: Address | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    cause: HangupCause | None = None
    recording_since: datetime | None = None
    recorder: Recorder | None = None
    partner: "Channel | None" = None
    in_hand: bool = False
    microphone: bool = True
    reason: str = ""
    muted: bool = False
    held: bool = False
    room: str | None = None
    serial: int = 0
    answerer: Answerer = Answerer.PERSON
    events: list[LegEvent] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    orders: "asyncio.Task[None] | None" = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    lifted: asyncio.Event = field(default_factory=asyncio.Event)
    person: asyncio.Event = field(default_factory=asyncio.Event)
    spoken_to: asyncio.Event = field(default_factory=asyncio.Event)
    diverted: asyncio.Event = field(default_factory=asyncio.Event)
    hush: asyncio.Event = field(default_factory=asyncio.Event)
    pressed: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    def __setattr__(self, name: str, value: object) -> None:
        """The one place through which every change goes, so that none is forgotten by its maker."""
        object.__setattr__(self, name, value)
        if name in _SEEN:
            self.changed(self)

    @property
    def is_over(self) -> bool:
        """Somebody hung up."""
        return self.gone.is_set()

    @property
    def is_ringing(self) -> bool:
        """It rings, and nobody has picked up yet."""
        return self.rang_at is not None and not (self.answered_at or self.lifted.is_set() or self.is_over)

    @property
    def is_talking(self) -> bool:
        """Answered, and still there."""
        return self.answered_at is not None and not self.is_over

    @property
    def is_screening(self) -> bool:
        """A machine asks who is calling, and nobody has taken the call yet."""
        return self.is_talking and self.answerer is Answerer.SCREENING and not self.person.is_set()

    def lift(self) -> None:
        """A hand takes the call: from here on no script is followed."""
        self.in_hand = True
        self.lifted.set()

    def meets_person(self) -> None:
        """A human being is at the phone."""
        self.person.set()
        self.changed(self)

    def end(self, cause: HangupCause) -> None:
        """Hang up. The first cause stands; harmless twice."""
        if not self.is_over:
            self.gone.set()
            self.cause = cause

    def hears(self, sound: Heard) -> None:
        """It reached the ear at this end."""
        self.heard.append(sound)
        self.changed(self)

    def silence(self, now: datetime) -> None:
        """Stop whatever is sounding at this end now, and go on with what comes after it."""
        self.hears_no_more(now)
        self.hush.set()
        self.hush = asyncio.Event()

    def hears_no_more(self, now: datetime) -> None:
        """Whatever is sounding at this end does not reach the ear from now on."""
        stopped = (n for n, each in enumerate(self.heard, 1) if each.kind is Sound.SILENCE)
        since = max(stopped, default=0)
        if any(each.sounds(now) for each in self.heard[since:]):
            self.hears(Heard(at=now, what="", kind=Sound.SILENCE))

    def forget_keys(self) -> None:
        """Keys pressed before a question are no answer to it."""
        while not self.pressed.empty():
            self.pressed.get_nowait()

    async def key(self, wanted: str) -> None:
        """Wait until that key is pressed."""
        while await self.pressed.get() != wanted:
            pass


_SEEN: Final = frozenset(
    {
        "answered_at",
        "caller",
        "cause",
        "ended_at",
        "held",
        "in_hand",
        "inbound",
        "joined_at",
        "microphone",
        "muted",
        "partner",
        "rang_at",
        "reason",
        "recorder",
        "room",
        "token",
    }
)
"""What a watcher is shown of a channel, apart from what is heard."""
