"""What a yes does where no sentence says it. A deed is kept with its question and done once, by
`services/handlers/deeds.py`; sentences that run again are a choice's `text` instead."""

from dataclasses import dataclass

from bot.domain.cdr import Money
from bot.domain.numbers import Address, Did, PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetInHistory:
    """Take a name and its number out of everything that is kept of that person's past calls."""

    owner: str
    name: str
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Rent:
    """Take that very number at that very price."""

    provider: str
    number: PhoneNumber
    monthly: Money | None = None
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """Let a number of ours go, and with it what is done about its calls."""

    did: Did


@dataclass(frozen=True, slots=True, kw_only=True)
class Prove:
    """Send another code to that number, which the asker says is theirs. `tries` are left for the last one."""

    number: PhoneNumber
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SayAgain:
    """Take these sentences, which came too late, as said just now; without any, leave them be.

    `card` is the id of the card in the room that lists them, `by` who said them.
    """

    card: str
    by: str = ""
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIn:
    """Whoever is asked lives in that zone; then take the sentence that hung on it, if there was one."""

    zone: str
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Place calls again, after the clock was set far forward."""


Agreed = ForgetInHistory | Rent | GiveBack | Resume
"""What `services/handlers/deeds.py` does; the others make somebody speak again."""
Deed = Agreed | SayAgain | LiveIn | Prove
