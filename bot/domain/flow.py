"""What a call does once somebody answers: frozen verbs that every driver can render or refuse.

A flow runs on one leg, top to bottom. Running out of steps hangs up. Which legs exist is `call.py`;
how a vendor says these verbs is that vendor's file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from bot.domain.numbers import Address, PhoneNumber

LegRole = NewType("LegRole", str)
"""`A` is the first leg rung, `B` the second, `C`… further ones; after `Z` comes `AA`."""


def nth_role(n: int) -> LegRole:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return LegRole(letters)


class Feature(StrEnum):
    """What a driver can do. A flow needs features; a driver declares them; the planner compares."""

    BRIDGE = "bridge"
    HANG_UP = "hang up"
    PROGRESS = "progress"
    AMD = "machine detection"
    SCREENING = "call screening"
    ACCEPT_KEY = "accept key"
    DTMF = "digits"
    PLAY = "play"
    SAY = "say"
    RECORD = "record"
    VOICEMAIL = "voicemail"
    CONFERENCE = "conference"
    MUTE = "mute"
    HOLD = "hold"
    LIVE_PLAY = "live play"
    TRANSFER = "transfer"
    RING_MUSIC = "ring music"
    RING_TIME = "ring time"
    TIME_LIMIT = "time limit"
    MENU = "menu"
    SIP = "sip"
    WITHHELD_CALLER_ID = "withheld caller id"
    INBOUND = "inbound"
    STATUS_QUERY = "status query"
    HISTORY = "history"
    RATE = "rate"
    BALANCE = "balance"
    SMS = "sms"
    RENT_DID = "rent a number"
    FETCH_RECORDINGS = "fetch recordings"
    SIGNED_WEBHOOKS = "signed webhooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Play the audio file at `url`, `times` times."""

    url: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speak `text`; `language` is a BCP 47 tag (`en-US` by default), `voice` a vendor's voice name.

    `secret`: for whoever listens, and for nobody who reads.
    """

    text: str
    language: str | None = None
    voice: str | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Silence, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDigits:
    """DTMF: `0-9 * # A-D`, `w` waits 0.5 s, `W` 1 s. `tone_ms` is the length of one tone."""

    digits: str
    tone_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendText:
    """An SMS to the called number, from `sender` or the provider's default."""

    text: str
    sender: PhoneNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A phone menu kept at the provider, named by its code."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Speak `prompt`, wait `seconds` for `key`. Pressed: the flow goes on. Not pressed: this leg ends.

    This is the accept key that keeps somebody's own mailbox from swallowing a call.
    """

    prompt: str
    key: str = "1"
    seconds: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Whom a leg rings. `role` names the leg that this party becomes."""

    role: LegRole
    address: Address
    name: str | None = None
    is_me: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Ring `parties` at once; the first to answer (and press the accept key) is bridged to this leg.

    When the bridge ends the flow ends. When nobody accepts within `ring_seconds`, the next step runs.
    Meanwhile this leg hears ring tone, or `music`. Whoever answers hears `announce` before anything else.
    """

    parties: tuple[Party, ...]
    ring_seconds: int = 30
    announce: str | None = None
    accept: Gather | None = None
    music: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Take a voicemail: beep, then record until `finish_key`, `silence_seconds` of it or `max_seconds`."""

    max_seconds: int = 180
    silence_seconds: int = 5
    finish_key: str = "#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference:
    """Join the room named by an opaque token. The first in hears `music`; a join gives a short tone."""

    room: str
    music: str | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """End this leg."""


Step = Play | Say | Pause | SendDigits | SendText | Menu | Gather | Dial | Record | Conference | HangUp

_NEEDS: Final[dict[type, Feature]] = {
    Play: Feature.PLAY,
    Say: Feature.SAY,
    SendDigits: Feature.DTMF,
    SendText: Feature.SMS,
    Menu: Feature.MENU,
    Dial: Feature.BRIDGE,
    Record: Feature.VOICEMAIL,
    Conference: Feature.CONFERENCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFlow:
    """The orders for one leg. `on_machine` runs instead of `steps` when a machine answers.

    `on_machine is None` means that nobody asked to tell people and machines apart, so the provider is
    not asked to detect. `()` means: detect, and hang up on a machine. `record` records the whole leg from
    the answer on; the spoken notice is an ordinary `Say` in front.
    """

    steps: tuple[Step, ...] = ()
    on_machine: tuple[Step, ...] | None = None
    record: bool = False

    def every_step(self) -> Iterator[Step]:
        """The steps of both branches, in order."""
        yield from self.steps
        yield from self.on_machine or ()

    def needs(self) -> frozenset[Feature]:
        """What was *written* and a driver must be able to do. Accept keys and music may be left out."""
        needed = {_NEEDS[type(step)] for step in self.every_step() if type(step) in _NEEDS}
        if self.on_machine is not None:
            needed.add(Feature.AMD)
        if self.record:
            needed.add(Feature.RECORD)
        return frozenset(needed)

    def parties(self) -> tuple[Party, ...]:
        """Whom the provider rings by itself while it carries out these orders."""
        return dialled_in(self.every_step())


def dialled_in(steps: Iterable[Step]) -> tuple[Party, ...]:
    """The parties of every Dial among `steps`."""
    return tuple(party for step in steps if isinstance(step, Dial) for party in step.parties)
