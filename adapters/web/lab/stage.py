"""What can be done in the lab besides typing: phones, strangers, the clock, trouble. Who does it is asked by
`pages.py`; carrying it out is the simulated network's, through its protocol.
"""

import asyncio
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from adapters.clock import DemoClock
from adapters.voice.simulator.outside import Outside
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.script import Answerer, Phone
from adapters.voice.simulator.trouble import Creation, Delivery, Trouble
from adapters.voice.simulator.views import ClockView, LegView
from adapters.web.lab.feed import Feed
from adapters.web.lab.leap import NextDue, leap, nothing_due
from bot.domain.errors import ProviderError
from bot.domain.numbers import Address, PhoneNumber
from bot.domain.phrases import address_words
from bot.ports.clock import Pace

log = structlog.get_logger(__name__)

LISTENING: Final = 20.0
PAUSE: Final = 0.3
LAST_WORDS: Final = 0.05
SHOWN_AFTER_THE_END: Final = timedelta(seconds=20)
MOST_PHONES: Final = 40
LONGEST_NAME: Final = 40
_HELD: Final = Phone(by_hand=True, answerer=Answerer.NOBODY, accepts_after=None)

KINDS: Final[Mapping[str, Phone]] = {
    "person": _HELD,
    "mailbox": replace(_HELD, answerer=Answerer.MACHINE, ring_seconds=12.0),
    "screening": replace(_HELD, answerer=Answerer.SCREENING, ring_seconds=1.0),
    "busy": replace(_HELD, answerer=Answerer.BUSY),
    "unallocated": replace(_HELD, answerer=Answerer.UNALLOCATED),
}
"""What a phone of the lab does when nobody touches it."""

TROUBLES: Final[Mapping[str, Trouble]] = {
    "slow": Trouble(answers_after=3.0, delivery_odds={Delivery.DELAYED: 1.0}, delay=2.0),
    "lost": Trouble(delivery_odds={Delivery.LOST: 0.5}),
    "doubled": Trouble(delivery_odds={Delivery.DOUBLED: 1.0}),
    "timeout": Trouble(creation_odds={Creation.ANSWER_LOST: 1.0}),
}
"""Switches of the page. `timeout`: the phone rings, but the request for the call is never answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandPhone:
    """A phone of the lab, with what it does by itself (`KINDS`)."""

    name: str
    number: str
    kind: str = "person"


PHONES: Final = (
    HandPhone(name="You", number="+6581234567"),
    HandPhone(name="Amy", number="+6591234567"),
    HandPhone(name="Bob", number="+442079460018", kind="mailbox"),
    HandPhone(name="Cy", number="+14155550142", kind="screening"),
)
STRANGER: Final = HandPhone(name="A stranger", number="+13125550177")


class Stage:
    """`file` remembers phones that were added. `clock` is kept in step with the network's, where that can be
    moved, and stops by at `next_due`; `restart` kills this process where somebody starts it again."""

    def __init__(
        self,
        *,
        outside: Outside,
        feed: Feed,
        file: Path | None,
        zone: str,
        clock: DemoClock | None = None,
        next_due: NextDue = nothing_due,
        restart: Callable[[], None] | None = None,
    ) -> None:
        self._outside = outside
        self._feed = feed
        self._file = file
        self._zone = ZoneInfo(zone)
        self._clock = clock
        self._next_due = next_due
        self._restart = restart
        self._troubles: frozenset[str] = frozenset()

    # --- watching -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Put everything that happens on the network into the feed, until cancelled."""
        await self._set_up()
        network, serial = "", 0
        while True:
            try:
                # At first as it is, even if nothing has happened yet: pages wait for the clock.
                told = await self._outside.watch(serial, wait=LISTENING if network else 0.0)
            except (ProviderError, Refusal) as trouble:
                log.warning("the network cannot be watched", reason=str(trouble))
                await asyncio.sleep(PAUSE)
                continue
            if told.network != network and serial:
                network, serial = told.network, 0
                continue
            network, serial = told.network, told.serial
            self._show_clock(told.clock)
            for leg in told.legs:
                self._feed.put(f"leg:{leg.ref}", _leg_json(leg))
            self._forget(told.clock.now)
            self._feed.put("ready", self._feed.boot)

    async def _set_up(self) -> None:
        speaks = shutil.which("espeak-ng") is not None
        self._feed.put("server", {"restart": self._restart is not None, "speaks": speaks})
        self._show_troubles(await self._outside.trouble())
        for phone in self._remembered():
            await self._outside.install(replace(KINDS[phone.kind], number=phone.number))
            self._show_phone(phone)
        numbers = [str(each) for each in await self._outside.numbers()]
        self._feed.put("ours", [_number_json(each) for each in numbers])

    def _forget(self, now: datetime) -> None:
        for key in self._feed.keys("leg:"):
            ended = self._feed.value(key)["ended"]
            if ended is not None and now - datetime.fromisoformat(ended) > SHOWN_AFTER_THE_END:
                self._feed.put(key, None)

    # --- phones -------------------------------------------------------------------------------

    async def add_phone(self, name: str, number: str, kind: str) -> HandPhone:
        """One more phone, or another name or kind for that number. Raises ValueError, with a sentence."""
        phone = HandPhone(name=" ".join(name.split()), number=re.sub(r"[\s().-]", "", number), kind=kind)
        if not phone.name or len(phone.name) > LONGEST_NAME:
            raise ValueError(f"Give the phone a name of 1 to {LONGEST_NAME} letters.")
        if kind not in KINDS:
            raise ValueError(f"A phone is one of: {', '.join(KINDS)}.")
        try:
            PhoneNumber(e164=phone.number)
        except ValueError:
            raise ValueError("Write the number with its country code, as in +44 20 7946 0018.") from None
        if len(self._feed.keys("phone:")) >= MOST_PHONES:
            raise ValueError(f"There are {MOST_PHONES} phones already; the page has no room for more.")
        await self._outside.install(replace(KINDS[kind], number=phone.number))
        self._show_phone(phone)
        self._remember()
        return phone

    async def call_us(self, number: str, did: str) -> None:
        """That phone calls one of our numbers. Raises Refusal, and ValueError for what is no number."""
        caller = PhoneNumber(e164=number)
        if self._feed.value(f"phone:{number}") is None:
            self._show_phone(replace(STRANGER, number=number))
            self._remember()
        await self._outside.call_in(PhoneNumber(e164=did), caller, replace(_HELD, number=number))

    def _show_phone(self, phone: HandPhone) -> None:
        words = address_words(PhoneNumber(e164=phone.number), private=True)
        self._feed.put(f"phone:{phone.number}", {**asdict(phone), "words": words})

    def _remembered(self) -> Sequence[HandPhone]:
        if self._file is None or not self._file.exists():
            return PHONES
        return [HandPhone(**each) for each in json.loads(self._file.read_text(encoding="utf-8"))]

    def _remember(self) -> None:
        if self._file is None:
            return
        shown = [self._feed.value(key) for key in self._feed.keys("phone:")]
        phones = [{name: each[name] for name in ("name", "number", "kind")} for each in shown]
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(phones), encoding="utf-8")
        new.replace(self._file)

    # --- the clock ----------------------------------------------------------------------------

    async def run_clock(self, speed: float) -> None:
        """0 pauses it. Raises Refusal where it cannot be moved."""
        self._show_clock(await self._outside.move_clock(speed=speed))

    async def jump(self, to: datetime) -> None:
        """Stopping by at whatever is due on the way, so that it fires as it would have. Raises Refusal for a
        moment that has passed, and where the clock cannot be moved."""
        await leap(to, outside=self._outside, next_due=self._next_due, show=self._show_clock)

    async def jump_to_wall(self, hour: int, minute: int, second: int) -> None:
        """To the next time that the wall clock of the lab's zone shows that."""
        now = (await self._outside.clock()).now.astimezone(self._zone)
        there = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
        await self.jump(there if there > now else there + timedelta(days=1))

    def _show_clock(self, clock: ClockView) -> None:
        if self._clock is not None and clock.pace is not None:
            self._clock.follow(clock.pace)
        movable = clock.movable and self._clock is not None
        self._feed.put("clock", _clock_json(clock.pace, movable=movable, zone=str(self._zone)))

    # --- trouble ------------------------------------------------------------------------------

    async def make_trouble(self, names: frozenset[str]) -> None:
        """Exactly these of `TROUBLES` from now on. Raises ValueError for one that we don't have."""
        if unknown := names - TROUBLES.keys():
            raise ValueError(f"There is no trouble called {min(unknown)}.")
        wanted = merged([TROUBLES[name] for name in TROUBLES if name in names])
        await self._outside.make_trouble(wanted)
        self._feed.put("trouble", sorted(names))

    def _show_troubles(self, present: Trouble) -> None:
        on = [name for name, each in TROUBLES.items() if _is_part(each, present)]
        self._feed.put("trouble", sorted(on))

    def restart(self) -> None:
        """Kill this process, once it has said so. Raises ValueError where nobody would start it again."""
        if self._restart is None:
            raise ValueError("Nobody would start this server again.")
        asyncio.get_running_loop().call_later(LAST_WORDS, self._restart)

    # --- hands --------------------------------------------------------------------------------

    @property
    def hands(self) -> Mapping[str, Callable[[str], Any]]:
        """What a press on a phone's own buttons does to the leg of that reference."""
        return {
            "answer": self._outside.answer,
            "decline": self._outside.decline,
            "hang-up": self._outside.hang_up,
        }

    async def press_keys(self, ref: str, digits: str) -> None:
        """Raises Refusal."""
        await self._outside.press(ref, digits)

    async def microphone(self, ref: str, on: bool) -> None:
        """Raises Refusal."""
        await self._outside.microphone(ref, on)

    async def voice(self, ref: str, pcm: bytes) -> None:
        """16 bit, little endian, mono, 8 kHz, into the recorder. Raises Refusal when none runs."""
        await self._outside.voice(ref, pcm)

    async def speak(self, ref: str, text: str) -> None:
        """Have it spoken into the recorder. Raises Refusal when none runs."""
        await self._outside.speak(ref, text)


def merged(troubles: Sequence[Trouble]) -> Trouble:
    """All of it at once; odds are added and never exceed certainty."""
    deliveries: dict[Delivery, float] = {}
    creations: dict[Creation, float] = {}
    for each in troubles:
        for delivery, chance in each.delivery_odds.items():
            deliveries[delivery] = min(chance, 1.0 - sum(deliveries.values()))
        for creation, chance in each.creation_odds.items():
            creations[creation] = min(chance, 1.0 - sum(creations.values()))
    return Trouble(
        delivery_odds=deliveries,
        creation_odds=creations,
        answers_after=max((each.answers_after for each in troubles), default=0.0),
        delay=max((each.delay for each in troubles if Delivery.DELAYED in each.delivery_odds), default=5.0),
    )


def _is_part(one: Trouble, whole: Trouble) -> bool:
    return one.delivery_odds.keys() <= whole.delivery_odds.keys() and (
        one.creation_odds.keys() <= whole.creation_odds.keys()
    )


def _clock_json(pace: Pace | None, *, movable: bool, zone: str) -> dict[str, Any]:
    """The page works out the time it shows: `shown` + (its clock − `real`) × speed, in milliseconds."""
    if pace is None:
        return {"movable": movable, "zone": zone, "real": 0, "shown": 0, "speed": 1.0}
    return {
        "movable": movable,
        "zone": zone,
        "real": round(pace.real.timestamp() * 1000),
        "shown": round(pace.shown.timestamp() * 1000),
        "speed": pace.speed,
    }


def _number_json(number: str) -> dict[str, str]:
    return {"number": number, "words": address_words(PhoneNumber(e164=number), private=True)}


def _party(address: Address | None) -> dict[str, str]:
    words = address_words(address, private=True) if address else "number withheld"
    return {"number": str(address or ""), "words": words}


def _leg_json(leg: LegView) -> dict[str, Any]:
    return {
        "ref": leg.ref,
        "at": _party(leg.address),
        "inbound": leg.inbound,
        "phase": leg.phase,
        "caller": _party(leg.caller),
        "reason": leg.reason,
        "byHand": leg.by_hand,
        "opened": leg.opened_at.isoformat(),
        "answered": leg.answered_at.isoformat() if leg.answered_at else None,
        "ended": leg.ended_at.isoformat() if leg.ended_at else None,
        "cause": leg.cause,
        "muted": leg.muted,
        "held": leg.held,
        "room": leg.room,
        "microphone": leg.microphone,
        "recorder": None
        if leg.recorder is None
        else {"since": leg.recorder.since.isoformat(), "seconds": leg.recorder.max_seconds},
        "others": [_party(each) for each in leg.others],
        "heard": [
            {"at": each.at.isoformat(), "kind": each.kind, "what": each.what, "seconds": each.seconds}
            for each in leg.heard
        ],
    }
