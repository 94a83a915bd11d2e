"""A road to the phone network. Optional abilities are protocols of their own: a driver has the method
exactly when it declares the feature (a contract test says so)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.cdr import Money
from bot.domain.control import Control
from bot.domain.flow import CallFlow, Feature, LegRole
from bot.domain.leg import LegEvent, RecordingRef, Token
from bot.domain.numbers import Address, Did, PhoneNumber
from bot.ports.http import HttpReply, HttpRequest

_FIRST: Final = LegRole("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Our callback addresses for one leg. `base` holds the placement's token; None without a public URL."""

    base: str | None
    role: LegRole = _FIRST

    def url(self, kind: str) -> str:
        """The address for one kind of callback. Raises ValueError without a public URL."""
        if self.base is None:
            raise ValueError("no PUBLIC_URL: this provider's callbacks have nowhere to go")
        return f"{self.base}/{kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The provider took the order: its references, by leg."""

    refs: tuple[tuple[LegRole, ProviderRef], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLimits:
    """As the vendor states them. `listing_lag` is how long its lists may trail behind, in seconds.

    `ask_every`: seconds between looks at a placed call, for a vendor that reports no progress by itself but
    can be asked; None where it is asked only about an end that is missing.
    """

    conference_size: int = 0
    calls_per_second: float = 1.0
    listing_lag: float = 2.0
    ask_every: float | None = None


@runtime_checkable
class VoiceProvider(Protocol):
    """A road to the phone network."""

    @property
    def name(self) -> str: ...

    @property
    def features(self) -> frozenset[Feature]: ...

    @property
    def lacking(self) -> Mapping[Feature, str]:
        """Why not, for every feature that it does not have: a clause without a full stop."""
        ...

    @property
    def limits(self) -> ProviderLimits: ...

    def check(self, plan: LegPlan) -> None:
        """Pure. Raises Unsupported, with the reason, for what goes beyond `features` here."""
        ...

    async def originate(self, placement: Placement, hooks: Hooks) -> Placed:
        """Ask for the call once: no retry in here. Raises Rejected, Unavailable or OutcomeUnknown."""
        ...

    async def close(self) -> None:
        """Let go of connections. Harmless twice."""
        ...


@runtime_checkable
class HangsUp(Protocol):
    """Feature.HANG_UP."""

    async def hang_up(self, ref: ProviderRef) -> None:
        """End the leg. A leg that has ended already is no error."""
        ...


@runtime_checkable
class Controls(Protocol):
    """Features MUTE, HOLD, LIVE_PLAY, TRANSFER, and INBOUND answered by order."""

    async def control(self, ref: ProviderRef, order: Control, hooks: Hooks) -> None:
        """Raises Unsupported for an order this vendor does not have, Rejected when the leg is gone. `hooks`:
        where news of what was ordered is to be sent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What the provider knows of a placement: its references, and all that happened so far, as events."""

    refs: tuple[tuple[LegRole, ProviderRef], ...]
    events: tuple[LegEvent, ...] = ()


@runtime_checkable
class QueriesStatus(Protocol):
    """Feature.STATUS_QUERY."""

    async def look_up(self, placement: Placement) -> Sighting | None:
        """By our token, or by number and time. None means *not seen*, which is no proof of *not dialled*."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One call as the provider's account lists it."""

    ref: ProviderRef
    to: str
    started_at: datetime
    seconds: int
    cost: Money | None
    outcome: str


@runtime_checkable
class ListsHistory(Protocol):
    """Feature.HISTORY."""

    async def history(self, since: datetime, until: datetime) -> Sequence[HistoryEntry]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Price per minute for one leg; `talk_seconds`: how long the balance lasts, where it is told."""

    per_minute: Money
    talk_seconds: int | None = None


@runtime_checkable
class QuotesRates(Protocol):
    """Feature.RATE."""

    async def rate(self, address: Address) -> Quote: ...


@runtime_checkable
class QuotesPairs(Protocol):
    """Part of Feature.RATE for a vendor that prices a call between two phones as one."""

    async def rate_between(self, first: Address, second: Address) -> Quote:
        """Both legs together, per minute."""
        ...


@runtime_checkable
class QueriesBalance(Protocol):
    """Feature.BALANCE."""

    async def balance(self) -> Money: ...


@runtime_checkable
class SendsSms(Protocol):
    """Feature.SMS."""

    async def send_text(self, to: PhoneNumber, text: str, sender: PhoneNumber | None) -> str:
        """Returns the vendor's message id."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A recording's bytes as fetched; checked by the caller."""

    content_type: str
    data: bytes


@runtime_checkable
class FetchesRecordings(Protocol):
    """Feature.FETCH_RECORDINGS."""

    async def fetch(self, recording: RecordingRef) -> Audio:
        """Raises Unavailable while it is not ready yet, Rejected when it never will be."""
        ...

    async def forget(self, recording: RecordingRef) -> None:
        """Delete it at the vendor, where that can be asked. Harmless twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DidOffer:
    """A number that could be rented."""

    number: PhoneNumber
    monthly: Money | None = None
    region: str = ""


@runtime_checkable
class RentsDids(Protocol):
    """Feature.RENT_DID."""

    async def offers(self, country: str, region: str | None) -> Sequence[DidOffer]: ...

    async def rent(self, offer: DidOffer) -> Did: ...

    async def dids(self) -> Sequence[Did]: ...

    async def release(self, did: Did) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Somebody calls one of our numbers. `caller` is None when withheld."""

    provider: str
    ref: ProviderRef
    caller: Address | None
    did: PhoneNumber
    at: datetime


class VoiceInbox(Protocol):
    """The core's side of the wire: where drivers and the web door bring what providers say."""

    async def happened(self, provider: str, event: LegEvent) -> None:
        """Append, fold, act. Idempotent; an unknown token is logged and dropped."""
        ...

    async def incoming(self, call: Incoming) -> tuple[Token, CallFlow]:
        """What this caller meets. The same (provider, ref) always gets the same answer."""
        ...

    async def flow_of(self, token: Token) -> CallFlow | None:
        """The orders of a placement; None for a token nobody knows."""
        ...


@runtime_checkable
class ReceivesWebhooks(Protocol):
    """Pure and synchronous: bytes in, data out; tested without a server.

    A request that announces a call to us comes to an address without a token; `events` and `answer` are given
    it as if it had come to the address of that call, token and all.
    """

    def verify(self, request: HttpRequest) -> None:
        """Raises BadSignature."""
        ...

    def events(self, request: HttpRequest) -> Sequence[LegEvent]:
        """Raises Malformed."""
        ...

    def incoming(self, request: HttpRequest) -> Incoming | None:
        """The inbound call this request announces, if it is one."""
        ...

    def answer(self, request: HttpRequest, flow: CallFlow | None) -> HttpReply:
        """The document the vendor expects back; an empty, valid one where there is nothing to say."""
        ...


@runtime_checkable
class CarriesOn(Protocol):
    """A vendor that wants the next step as a request of ours, where others read it in our answer."""

    async def carry_on(self, request: HttpRequest, flow: CallFlow | None) -> None:
        """Ask for what follows in `flow` after what `request` reported; None ends the call.

        Runs once the request has been answered. The same request twice asks once.
        """
        ...


@runtime_checkable
class StreamsEvents(Protocol):
    """A provider that pushes events over a connection we hold open."""

    async def run(self, inbox: VoiceInbox) -> None:
        """Until cancelled; reconnects by itself and loses nothing that the provider still remembers."""
        ...
