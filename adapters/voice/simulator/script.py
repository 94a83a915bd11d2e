"""What a simulated phone does when it rings, as a value: `phone("+6591234567").rings(3).answers()`.

A script says what the person or machine at that number does; carrying it out is `line.py`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.causes import AmdVerdict


class Answerer(StrEnum):
    """Who or what meets a call to this number."""

    PERSON = "person"
    MACHINE = "machine"
    SCREENING = "screening"
    NOBODY = "nobody"
    BUSY = "busy"
    REJECTS = "rejects"
    UNALLOCATED = "unallocated"


class AfterMessage(StrEnum):
    """What a caller does when the message is spoken."""

    HANGS_UP = "hangs up"
    WAITS = "waits"
    PRESSES_KEY = "presses key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Digits pressed that many seconds after the answer."""

    after: float
    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """The script of one number. Times are in seconds; from the answer on unless said otherwise.

    `accepts_after` counts from the start of the prompt; None never presses the accept key, and a machine
    never does. `verdict` is what detection says where it errs. A screening phone puts its owner on
    `screens_for` seconds after it first hears a voice, if `lets_through`. `message` is what a caller leaves
    at a voicemail, of `message_text` where speech can be made; 0 hangs up at the beep. `patience` is how long
    a caller listens to ring tone. `by_hand`: a person holds this phone and answers, declines, hangs up,
    presses keys and speaks as they like (`hands.py`); the script holds for what they leave undone.
    """

    number: str = ""
    answerer: Answerer = Answerer.PERSON
    ring_seconds: float = 2.0
    greeting: float = 4.0
    verdict: AmdVerdict | None = None
    accepts_after: float | None = 1.5
    keys: tuple[Keys, ...] = ()
    hangs_up: float | None = None
    line_drops: float | None = None
    screens_for: float = 4.0
    lets_through: bool = True
    message: float = 6.0
    message_text: str | None = None
    after_message: AfterMessage = AfterMessage.HANGS_UP
    patience: float = 60.0
    by_hand: bool = False

    def rings(self, seconds: float) -> "Phone":
        """Ring that long before anything else happens."""
        return replace(self, ring_seconds=seconds)

    def answers(self) -> "Phone":
        """A person picks up and stays until the other end hangs up."""
        return replace(self, answerer=Answerer.PERSON)

    def is_machine(self, greeting: float = 4.0) -> "Phone":
        """An answering machine: a greeting of that many seconds, a beep, then it records."""
        return replace(self, answerer=Answerer.MACHINE, greeting=greeting)

    def screens(self, *, lets_through: bool = True, after: float = 4.0) -> "Phone":
        """The phone asks who is calling; its owner takes the call (or not) `after` seconds of hearing why."""
        return replace(self, answerer=Answerer.SCREENING, lets_through=lets_through, screens_for=after)

    def never_answers(self) -> "Phone":
        """Rings for as long as it is let ring."""
        return replace(self, answerer=Answerer.NOBODY)

    def is_busy(self) -> "Phone":
        """Busy tone at once."""
        return replace(self, answerer=Answerer.BUSY)

    def rejects(self) -> "Phone":
        """Rings, then the red button."""
        return replace(self, answerer=Answerer.REJECTS)

    def is_unallocated(self) -> "Phone":
        """There is no such number."""
        return replace(self, answerer=Answerer.UNALLOCATED)

    def is_taken_for(self, verdict: AmdVerdict) -> "Phone":
        """Detection errs, and says this."""
        return replace(self, verdict=verdict)

    def presses_accept(self, *, after: float) -> "Phone":
        """Take a call that asks for the accept key, so long after the prompt began."""
        return replace(self, accepts_after=after)

    def ignores_accept(self) -> "Phone":
        """Listen, and press nothing."""
        return replace(self, accepts_after=None)

    def presses(self, digits: str, *, after: float) -> "Phone":
        """Press keys so long after the answer; may be said several times."""
        return replace(self, keys=(*self.keys, Keys(after=after, digits=digits)))

    def hangs_up_after(self, seconds: float) -> "Phone":
        """Hang up so long after the answer, whatever is going on."""
        return replace(self, hangs_up=seconds)

    def drops_after(self, seconds: float) -> "Phone":
        """Lose the connection so long after the answer: a tunnel, an empty battery."""
        return replace(self, line_drops=seconds)

    def leaves_message(
        self, seconds: float, text: str | None = None, *, then: AfterMessage = AfterMessage.HANGS_UP
    ) -> "Phone":
        """Speak that long after a voicemail's beep."""
        return replace(self, message=seconds, message_text=text, after_message=then)

    def gives_up_after(self, seconds: float) -> "Phone":
        """As a caller: hang up after so much ring tone."""
        return replace(self, patience=seconds)

    def is_by_hand(self) -> "Phone":
        """A person holds it; what the script says happens only where they do nothing."""
        return replace(self, by_hand=True)


def phone(number: str) -> Phone:
    """The script of that number, to be said on: rings 2 s, a person answers and stays on the line."""
    return Phone(number=number)
