"""The addresses for whoever plays the world outside: phones and the hands on them, trouble, and the clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from adapters.voice.simulator.door import DONE, LONGEST_WAIT, Asked, reply
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.script import Phone
from adapters.voice.simulator.trouble import Trouble
from adapters.voice.simulator.views import Attempt, Dialled, Entry, Watched, clock_view, leg_view
from bot.domain.leg import Token
from bot.domain.numbers import Address, PhoneNumber
from bot.ports.clock import MovableClock
from bot.ports.http import HttpReply

FASTEST: Final = 100.0
"""So many times its speed a clock may be made to run."""
FARTHEST: Final = timedelta(days=3660)
"""So far a clock may be moved at once."""


# --- what travels ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody who calls one of our numbers; `caller` None withholds theirs."""

    did: PhoneNumber
    caller: Address | None = None
    script: Phone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Keys, in order."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Microphone:
    """Whether the phone's own microphone is on."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A text to be spoken into a voicemail."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where the clock goes, and how fast from there; what is None stays as it is."""

    speed: float | None = None
    to: datetime | None = None


# --- watching -------------------------------------------------------------------------------------


async def watch(network: Network, asked: Asked) -> HttpReply:
    """What changed after a serial, at once or as soon as there is something."""
    after = int(asked.number("after"))
    await network.changes.after(after, wait=min(asked.number("wait"), LONGEST_WAIT))
    rooms = network.switch.rooms
    legs = tuple(leg_view(leg, rooms) for leg in network.legs if leg.serial > after)
    serial, clock = network.changes.serial, clock_view(network.clock)
    return reply(Watched(network=network.name, serial=serial, legs=legs, clock=clock))


async def legs(network: Network, _: Asked) -> HttpReply:
    """Every leg of the last day."""
    return reply([leg_view(leg, network.switch.rooms) for leg in network.legs])


async def ledger(network: Network, _: Asked) -> HttpReply:
    """By token: what was asked for, and what was dialled."""
    tokens = dict.fromkeys(request.token for request in network.requests)
    return reply([_entry(network, token) for token in tokens])


def _entry(network: Network, token: Token) -> Entry:
    met = [Attempt(at=each.at, met=each.met) for each in network.requests if each.token == token]
    dialled = [Dialled(role=leg.role, at=leg.opened_at) for leg in network.legs if leg.token == token]
    return Entry(token=token, requests=tuple(met), dialled=tuple(dialled))


# --- hands ----------------------------------------------------------------------------------------


async def pick_up(network: Network, asked: Asked) -> HttpReply:
    """The green button."""
    network.hands.answer(asked.names["ref"])
    return DONE


async def decline(network: Network, asked: Asked) -> HttpReply:
    """The red button, before the answer."""
    network.hands.decline(asked.names["ref"])
    return DONE


async def hang_up(network: Network, asked: Asked) -> HttpReply:
    """The red button, after it."""
    network.hands.hang_up(asked.names["ref"])
    return DONE


async def press(network: Network, asked: Asked) -> HttpReply:
    """Keys."""
    pressed: Pressed = asked.body(Pressed)
    network.hands.press(asked.names["ref"], pressed.digits)
    return DONE


async def microphone(network: Network, asked: Asked) -> HttpReply:
    """On or off."""
    switched: Microphone = asked.body(Microphone)
    network.hands.microphone(asked.names["ref"], switched.on)
    return DONE


async def voice(network: Network, asked: Asked) -> HttpReply:
    """A piece of voice, as it is."""
    network.hands.voice(asked.names["ref"], asked.request.body)
    return DONE


async def speech(network: Network, asked: Asked) -> HttpReply:
    """A text to be spoken."""
    said: Speech = asked.body(Speech)
    await network.hands.speak(asked.names["ref"], said.text)
    return DONE


async def call_in(network: Network, asked: Asked) -> HttpReply:
    """A stranger calls."""
    stranger: Stranger = asked.body(Stranger)
    ref = network.call(stranger.caller, stranger.did, stranger.script)
    return reply({"ref": ref}, 201)


# --- how the world is -----------------------------------------------------------------------------


async def phones(network: Network, _: Asked) -> HttpReply:
    """The numbers with a script of their own."""
    return reply(network.phones)


async def phone(network: Network, asked: Asked) -> HttpReply:
    """One script."""
    return reply(network.phone(asked.names["number"]))


async def install(network: Network, asked: Asked) -> HttpReply:
    """A new script, from the next call on."""
    script: Phone = asked.body(Phone)
    network.install(replace(script, number=asked.names["number"]))
    return DONE


async def trouble(network: Network, _: Asked) -> HttpReply:
    """What goes wrong at present."""
    return reply(network.trouble)


async def make_trouble(network: Network, asked: Asked) -> HttpReply:
    """Something else goes wrong."""
    network.trouble = asked.body(Trouble)
    return DONE


async def clock(network: Network, _: Asked) -> HttpReply:
    """What time it is, and how it runs."""
    return reply(clock_view(network.clock))


async def move_clock(network: Network, asked: Asked) -> HttpReply:
    """Another time, another speed, or both. What is refused changes nothing."""
    clock = network.clock
    if not isinstance(clock, MovableClock):
        raise Refusal(409, "real time", "this network goes by the real time, which nobody can move")
    move: Move = asked.body(Move)
    if move.speed is not None and not 0 <= move.speed <= FASTEST:
        raise ValueError(f"a clock runs at 0 to {FASTEST:g} times its speed")
    if move.to is not None:
        if move.to - clock.now() > FARTHEST:
            raise ValueError(f"a clock moves at most {FARTHEST.days} days at once")
        clock.jump(move.to)
    if move.speed is not None:
        clock.run(move.speed)
    return reply(clock_view(clock))
