"""What the customer of the simulated provider owns there: money, numbers, text messages, recordings."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.voice.simulator import audio
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.tariff import for_rent, per_minute
from bot.domain.cdr import Money
from bot.domain.leg import RecordingRef
from bot.domain.numbers import Address, PhoneNumber
from bot.ports.clock import Clock
from bot.ports.voice import DidOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text message that was sent."""

    id: str
    to: PhoneNumber
    text: str
    sender: PhoneNumber | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    ref: RecordingRef
    number: str
    words: str | None
    voice: bytes | None
    made_at: datetime


class Account:
    """One customer's. Nothing in here rings a phone."""

    def __init__(self, clock: Clock, config: NetworkConfig) -> None:
        self._clock = clock
        self._prices = config.prices
        self._balance = config.balance
        self._dids = dict.fromkeys(config.our_numbers())
        self._texts: list[Text] = []
        self._recordings: dict[str, _Kept] = {}

    # --- money --------------------------------------------------------------------------------

    def rate(self, address: Address | None) -> Money:
        """The price of a started minute; None is somebody whose number is withheld."""
        return per_minute(address, self._prices)

    def charge(self, cost: Money) -> None:
        """Take it off the balance, which may go below nothing."""
        self._balance -= cost.amount

    @property
    def balance(self) -> Money:
        """What is left."""
        return Money(amount=self._balance)

    def talk_seconds(self, address: Address) -> int:
        """How long the balance lasts for talking to that address."""
        return max(0, int(self._balance / self.rate(address).amount * Decimal(60)))

    # --- texts --------------------------------------------------------------------------------

    def send_text(self, to: PhoneNumber, text: str, sender: PhoneNumber | None) -> str:
        """Send a text message; returns its id."""
        sent = Text(id=secrets.token_hex(6), to=to, text=text, sender=sender, at=self._clock.now())
        self._texts.append(sent)
        return sent.id

    @property
    def texts(self) -> Sequence[Text]:
        """Every text message sent, in order."""
        return tuple(self._texts)

    # --- numbers ------------------------------------------------------------------------------

    @property
    def dids(self) -> Sequence[PhoneNumber]:
        """The numbers that are ours."""
        return tuple(self._dids)

    def offers(self, country: str, region: str | None) -> Sequence[DidOffer]:
        """Numbers that could be rented there."""
        return for_rent(country, region, frozenset(self._dids))

    def rent(self, number: PhoneNumber) -> None:
        """Make it ours. Raises Refusal when it is taken."""
        if number in self._dids:
            raise Refusal(409, "taken", "this number is rented already")
        self._dids[number] = None

    def give_back(self, number: PhoneNumber) -> None:
        """Not ours any more. Harmless twice."""
        self._dids.pop(number, None)

    # --- recordings ---------------------------------------------------------------------------

    def keep(
        self, *, number: str, seconds: float, voicemail: bool, words: str | None, voice: bytes | None = None
    ) -> RecordingRef:
        """Keep a recording of so many seconds: the WAV file `voice`, or `words` where speech can be made."""
        name = secrets.token_hex(8)
        ref = RecordingRef(ref=name, url=f"/v1/recordings/{name}.wav", seconds=seconds, voicemail=voicemail)
        self._recordings[name] = _Kept(
            ref=ref, number=number, words=words, voice=voice, made_at=self._clock.now()
        )
        return ref

    async def recording(self, name: str, *, lag: float = 0.0) -> bytes:
        """The WAV file. Raises Refusal when there is none, or for the first `lag` seconds."""
        kept = self._recordings.get(name)
        if kept is None:
            raise Refusal(404, "no recording", "there is no such recording")
        if (self._clock.now() - kept.made_at).total_seconds() < lag:
            raise Refusal(425, "too early", "the recording is still being written", retry_after=1.0)
        if kept.voice is not None:
            return kept.voice
        return await audio.recording(kept.number, kept.ref.seconds or 0.0, kept.words)

    def forget(self, name: str) -> None:
        """Delete a recording. Harmless twice."""
        self._recordings.pop(name, None)
