"""The simulated provider: takes requests for calls, carries them out on the switch, and reports.

What a request meets on its way here, and how it is spelt over HTTP, is `api.py`.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.voice.simulator import audio
from adapters.voice.simulator.account import Account
from adapters.voice.simulator.attendant import Attendant
from adapters.voice.simulator.changes import Changes
from adapters.voice.simulator.channel import Channel, Sound
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.hands import Hands
from adapters.voice.simulator.orders import obey
from adapters.voice.simulator.refusal import NoAnswer, Refusal
from adapters.voice.simulator.reports import Reports
from adapters.voice.simulator.script import Phone
from adapters.voice.simulator.switch import Switch
from adapters.voice.simulator.tariff import INBOUND_PRICE, bill
from adapters.voice.simulator.trouble import Creation, Dice, Trouble
from bot.domain.call import LegPlan, ProviderRef
from bot.domain.cdr import Money
from bot.domain.control import Control
from bot.domain.flow import CallFlow, LegRole, Menu, Party, SendText
from bot.domain.leg import LegEvent, LegEventKind, Token
from bot.domain.numbers import Address, CallerId, PhoneNumber
from bot.ports.clock import Clock, MovableClock
from bot.ports.voice import HistoryEntry, Incoming

NAME: Final = "simulator"
FIRST: Final = LegRole("A")
KEPT: Final = timedelta(days=1)
"""How long an ended leg can be looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request for a call as it arrived, and what it met. The list of these judges "never dialled twice"."""

    token: Token
    at: datetime
    met: Creation


class Network:
    """One simulated world. Runs on any clock; everything in it happens in the event loop that uses it."""

    def __init__(self, clock: Clock, config: NetworkConfig | None = None) -> None:
        self._config = config or NetworkConfig()
        self._clock = clock
        self.name = secrets.token_hex(8)
        self.switch = Switch(
            clock=clock, report=self._report, close=self._close, setup_seconds=self._config.setup_seconds
        )
        self.reports = Reports(self.switch)
        self.hands = Hands(self.switch, self._channel)
        self.changes = Changes()
        if isinstance(clock, MovableClock):
            clock.on_move(self.changes.tick)
        self.account = Account(clock, self._config)
        self._phones: dict[str, Phone] = dict(self._config.phones)
        self._channels: dict[str, Channel] = {}
        self._requests: list[Request] = []
        self._sequence = 0
        self.trouble = self._config.trouble

    @property
    def clock(self) -> Clock:
        """Whose time it is here."""
        return self._clock

    async def stop(self) -> None:
        """Drop everything that is going on, and let listeners go. Harmless twice."""
        self.let_go()
        await self.switch.stop()

    def let_go(self) -> None:
        """Whoever listens or watches gets an answer now."""
        self.reports.wake()
        self.changes.wake()

    # --- the world outside --------------------------------------------------------------------

    def phone(self, number: str) -> Phone:
        """The script of that number; the default one under its name if it has none."""
        return self._phones.get(number) or replace(self._config.default, number=number)

    @property
    def phones(self) -> Mapping[str, Phone]:
        """The numbers with a script of their own."""
        return dict(self._phones)

    def install(self, *scripts: Phone) -> None:
        """From the next call on, phones behave like this. Raises ValueError for a script without number."""
        for script in scripts:
            if not script.number:
                raise ValueError("a script needs its number: phone('+…')")
            self._phones[script.number] = script

    @property
    def trouble(self) -> Trouble:
        """What goes wrong at present."""
        return self._trouble

    @trouble.setter
    def trouble(self, trouble: Trouble) -> None:
        """Schedules and dice start afresh."""
        self._trouble = trouble
        self._dice = Dice(trouble)

    def call(self, caller: Address | None, did: PhoneNumber, script: Phone | None = None) -> str:
        """A stranger calls one of our numbers; None withholds the caller's. Returns the leg's reference.

        Raises Refusal for a number that is not ours.
        """
        if did not in self.account.dids:
            raise Refusal(404, "unallocated", "not one of our numbers")
        channel = self._open(None, FIRST, caller, script or self.phone(str(caller or "")))
        channel.inbound, channel.caller = True, did
        channel.in_hand = channel.script.by_hand
        at = self._clock.now()
        self.reports.announce(
            Incoming(provider=NAME, ref=ProviderRef(channel.ref), caller=caller, did=did, at=at)
        )
        if not channel.in_hand:
            self.switch.spawn(self._lose_patience(channel))
        return channel.ref

    async def _lose_patience(self, channel: Channel) -> None:
        if await self.switch.lasts(channel, channel.script.patience) and channel.token is None:
            self.switch.hang_up(channel)

    # --- calls --------------------------------------------------------------------------------

    async def originate(self, token: Token, plan: LegPlan) -> ProviderRef:
        """Dial. The same token twice rings twice: whoever asks is answerable for that.

        Raises Refusal, or NoAnswer where trouble has it so.
        """
        met = self._dice.creation()
        self._requests.append(Request(token=token, at=self._clock.now(), met=met))
        if any(isinstance(step, Menu) for step in plan.flow.every_step()):
            raise Refusal(400, "unknown step", "this network keeps no menus")
        ref = self._dial(token, plan) if met.rings else ""
        if self._trouble.answers_after:
            await self._clock.sleep(self._trouble.answers_after)
        if met in (Creation.LOST, Creation.ANSWER_LOST):
            raise NoAnswer
        if met in _REFUSALS:
            raise Refusal(*_REFUSALS[met], self._trouble.retry_after if met is Creation.BUSY else None)
        return ProviderRef(ref)

    def _dial(self, token: Token, plan: LegPlan) -> str:
        channel = self._open(token, plan.role, plan.party.address)
        channel.caller_id = plan.caller_id
        channel.caller = _shown(plan.caller_id, next(iter(self.account.dids), None))
        self.switch.spawn(
            self.switch.outbound(
                channel,
                lambda: Attendant(channel, self.switch, self).carry_out(plan.flow, detect=True),
                ring_seconds=plan.ring_seconds,
                max_seconds=plan.max_seconds,
            )
        )
        return channel.ref

    def take(self, ref: str, token: Token, flow: CallFlow) -> None:
        """Orders for a caller who waits. The second time, and for one who has hung up, nothing happens but
        that the end is reported. Raises Refusal for an unknown reference."""
        channel = self._channel(ref)
        if channel.token is not None:
            return
        channel.token = token
        if channel.is_over:
            at = channel.ended_at
            self._report(channel, LegEventKind.DIALED, at=channel.opened_at)
            self._report(channel, LegEventKind.HUNG_UP, at=at, cause=channel.cause, **self._bill(channel))
            return
        attendant = Attendant(channel, self.switch, self)
        self.switch.spawn(self.switch.inbound(channel, lambda: attendant.carry_out(flow, detect=False)))

    def hang_up(self, ref: str) -> None:
        """End a leg. Harmless for one that has ended. Raises Refusal for an unknown reference."""
        self.switch.hang_up(self._channel(ref))

    def control(self, ref: str, order: Control) -> None:
        """Carry out an order on a leg that talks. Raises Refusal when it does not, or not yet."""
        channel = self._channel(ref)
        if not channel.is_talking:
            raise Refusal(410 if channel.is_over else 409, "not talking", "nobody is on this leg")
        lag = self._trouble.conference_lag
        if channel.room and channel.joined_at and self.switch.since(channel.joined_at) < lag:
            raise Refusal(425, "too early", "this conference cannot be seen yet", retry_after=1.0)
        obey(order, channel, self.switch, self)

    def look_up(self, token: Token) -> Sequence[Channel]:
        """Every leg of that token which the lists show by now, in order of dialling."""
        lag = timedelta(seconds=self._trouble.listing_lag)
        return [
            each
            for each in self._channels.values()
            if each.token == token and each.opened_at + lag <= self._clock.now()
        ]

    @property
    def legs(self) -> Sequence[Channel]:
        """Every leg of the last day, in order of dialling."""
        return tuple(self._channels.values())

    @property
    def requests(self) -> Sequence[Request]:
        """Every request for a call that arrived, in order."""
        return tuple(self._requests)

    def heard(self, number: str) -> list[str]:
        """What reached the ear at that number, over all its calls, in order."""
        return [
            each.what
            for leg in self.legs
            if str(leg.address) == number
            for each in leg.heard
            if each.kind is not Sound.SILENCE
        ]

    def dialled(self, number: str) -> int:
        """How often that number was dialled."""
        return sum(1 for leg in self.legs if str(leg.address) == number and not leg.inbound)

    def history(self, since: datetime, until: datetime) -> Sequence[HistoryEntry]:
        """Legs dialled in that span, as an account lists them."""
        return [self._entry(leg) for leg in self.legs if since <= leg.opened_at < until and leg.token]

    def _entry(self, leg: Channel) -> HistoryEntry:
        bill = self._bill(leg)
        return HistoryEntry(
            ref=ProviderRef(leg.ref),
            to=str(leg.address or "private"),
            started_at=leg.opened_at,
            seconds=bill["billed_seconds"],
            cost=bill["cost"] if leg.ended_at else None,
            outcome=leg.cause.name if leg.cause else "in progress",
        )

    # --- what the attendant asks for ----------------------------------------------------------

    def open(self, parent: Channel, party: Party) -> Channel:
        """A further leg of the same placement."""
        child = self._open(parent.token, party.role, party.address)
        child.caller_id = parent.caller_id
        child.caller = _shown(parent.caller_id, parent.address)
        return child

    def sound_seconds(self, url: str) -> float:
        """How long the audio at that address plays."""
        return self._config.sounds.get(url, self._config.sound_seconds)

    def text(self, channel: Channel, step: SendText) -> None:
        """A text message to whoever is on this leg; a SIP address gets none."""
        if isinstance(channel.address, PhoneNumber):
            self.account.send_text(channel.address, step.text, step.sender)

    def keep(self, channel: Channel, *, since: datetime, seconds: float, voicemail: bool) -> None:
        """Keep a recording of this leg and report it."""
        words = channel.script.message_text if voicemail else None
        ref = self.account.keep(
            number=str(channel.address), seconds=seconds, voicemail=voicemail, words=words
        )
        self._report(channel, LegEventKind.RECORDED, recording=ref)

    def keep_voice(self, channel: Channel, samples: audio.Samples) -> None:
        """Keep a voicemail that holds exactly these samples, and report it."""
        ref = self.account.keep(
            number=str(channel.address),
            seconds=len(samples) / audio.RATE,
            voicemail=True,
            words=None,
            voice=audio.wav(samples),
        )
        self._report(channel, LegEventKind.RECORDED, recording=ref)

    # --- books --------------------------------------------------------------------------------

    def _open(
        self, token: Token | None, role: LegRole, address: Address | None, script: Phone | None = None
    ) -> Channel:
        now = self._clock.now()
        self._forget(now)
        plain = address.e164 if isinstance(address, PhoneNumber) else str(address)
        ref = secrets.token_hex(8)
        script = script or self.phone(plain)
        channel = Channel(ref=ref, token=token, role=role, address=address, script=script, opened_at=now)
        self._channels[ref] = channel
        channel.changed = self.changes.note
        self.changes.note(channel)
        return channel

    def _forget(self, now: datetime) -> None:
        while self._channels:
            ref, oldest = next(iter(self._channels.items()))
            if oldest.ended_at is None or oldest.ended_at + KEPT >= now:
                return
            del self._channels[ref]

    def _channel(self, ref: str) -> Channel:
        if ref not in self._channels:
            raise Refusal(404, "no such leg", "this leg is not known")
        return self._channels[ref]

    def _close(self, channel: Channel) -> None:
        since = channel.recording_since
        if since is not None:
            channel.recording_since = None
            self.keep(channel, since=since, seconds=self.switch.since(since), voicemail=False)
        bill = self._bill(channel)
        self.account.charge(bill["cost"])
        self._report(channel, LegEventKind.HUNG_UP, cause=channel.cause, **bill)

    def _bill(self, channel: Channel) -> dict[str, Any]:
        until = channel.ended_at or self._clock.now()
        talked = (until - channel.answered_at).total_seconds() if channel.answered_at else 0.0
        minute = Money(amount=INBOUND_PRICE) if channel.inbound else self.account.rate(channel.address)
        cost, seconds = bill(minute, talked)
        return {"cost": cost, "billed_seconds": seconds}

    def _report(
        self, channel: Channel, kind: LegEventKind, *, at: datetime | None = None, **facts: Any
    ) -> None:
        assert channel.token is not None, "a leg without orders has nobody to report to"
        self._sequence += 1
        event = LegEvent(
            token=channel.token,
            role=channel.role,
            kind=kind,
            at=at or self._clock.now(),
            source_id=f"{channel.ref}-{len(channel.events) + 1}",
            sequence=self._sequence,
            address=channel.address,
            ref=channel.ref,
            **facts,
        )
        channel.events.append(event)
        self.reports.tell(event, self._dice, self._trouble.delay)


def _shown(caller_id: CallerId | None, otherwise: Address | None) -> Address | None:
    """What a display shows of a caller ID; None where it is withheld."""
    if caller_id is None:
        return otherwise
    return caller_id if isinstance(caller_id, PhoneNumber) else None


_REFUSALS: Final[Mapping[Creation, tuple[int, str, str]]] = {
    Creation.BROKEN: (500, "broken", "something broke inside the network"),
    Creation.BROKEN_AFTER: (500, "broken", "something broke inside the network"),
    Creation.BUSY: (429, "too many calls", "more calls than this account may place"),
    Creation.REFUSED: (403, "refused", "this account may not call that number"),
    Creation.NO_CREDIT: (402, "no credit", "the account is empty"),
}
