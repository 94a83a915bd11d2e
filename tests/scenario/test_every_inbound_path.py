"""Whoever calls one of our numbers reaches a person, a voicemail or a spoken goodbye, in time: thousands of
random forwards, phones and callers, many at once on a simulated network."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.voice.simulator.channel import Channel
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.script import AfterMessage, Phone, phone
from bot.domain.errors import NotPossible
from bot.domain.flow import CallFlow, Party, nth_role
from bot.domain.forwarding import Forward, Stage
from bot.domain.leg import LegEvent, Token
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Room
from bot.domain.texts import TEXTS, Moment
from bot.ports.voice import Incoming
from bot.services.planner import MOST_STAGES, Defaults, plan_forward
from tests.fakes import FakeClock

PATHS = 250
"""In one world. In a larger one, real time-outs end requests before simulated ones."""
WORLDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.torture) for seed in range(4, 20))]
WITHIN = timedelta(seconds=90)
ROOM = Room(platform="console", workspace="local", channel="main")
ENDINGS = (TEXTS[Moment.GREETING], TEXTS[Moment.NOBODY])


class Exchange:
    """Numbers of ours with a forward each; answers the network as the house does."""

    def __init__(self) -> None:
        self.flows: dict[PhoneNumber, CallFlow] = {}

    async def happened(self, provider: str, event: LegEvent) -> None:
        return

    async def incoming(self, call: Incoming) -> tuple[Token, CallFlow]:
        return Token(f"in-{call.ref}"), self.flows[call.did]

    async def flow_of(self, token: Token) -> CallFlow | None:
        return None


def fiction(n: int) -> str:
    """Numbers kept for stories: +1 NXX 555 01xx."""
    return f"+1{200 + n // 100}5550{100 + n % 100}"


def some_phone(dice: random.Random, number: str) -> Phone:
    made = phone(number).rings(dice.choice([0.5, 2, 5, 19.5, 31, 100]))
    match dice.randrange(9):
        case 0:
            return made.is_busy()
        case 1:
            return made.never_answers()
        case 2:
            return made.rejects()
        case 3:
            return made.is_unallocated()
        case 4:
            return made.is_machine(greeting=dice.choice([1, 8, 40]))
        case 5:
            return made.screens(lets_through=dice.random() < 0.5, after=dice.choice([1, 9, 28]))
        case 6:
            return made.answers().ignores_accept()
        case 7:
            return made.answers().hangs_up_after(dice.choice([0.1, 3, 60]))
        case _:
            return made.answers()


def some_forward(dice: random.Random, did: PhoneNumber, numbers: list[str]) -> Forward:
    roles = (nth_role(n) for n in range(1, 100))
    stages = tuple(
        Stage(
            parties=tuple(
                Party(role=next(roles), address=PhoneNumber(e164=numbers.pop()))
                for _ in range(dice.randint(1, 3))
            ),
            ring_seconds=dice.choice([None, 1, 10, 45, 300]),
        )
        for _ in range(dice.randint(0, MOST_STAGES))
    )
    return Forward(
        did=did,
        provider="simulator",
        room=ROOM,
        owner="console:local/me",
        stages=stages,
        voicemail=dice.random() < 0.6,
        created_at=datetime(2026, 3, 10, tzinfo=UTC),
    )


def some_caller(dice: random.Random) -> Phone:
    return phone("").leaves_message(dice.choice([0, 1, 7, 500]), then=dice.choice(list(AfterMessage)))


def reached(leg: Channel) -> timedelta:
    """How long it took until a person, the voicemail's greeting or the goodbye; for ever, if none came."""
    moments = [each.at for each in leg.heard if each.what in ENDINGS]
    if leg.joined_at is not None:
        moments.append(leg.joined_at)
    return min(moments) - leg.opened_at if moments else timedelta.max


@pytest.mark.parametrize("seed", WORLDS)
async def test_every_path_ends_with_a_person_a_voicemail_or_a_goodbye_in_time(seed: int) -> None:
    dice = random.Random(seed)
    clock, exchange = FakeClock(), Exchange()
    numbers = [fiction(n) for n in range(PATHS * 4, 79_000)]
    dids = [PhoneNumber(e164=fiction(n)) for n in range(PATHS)]
    network = Network(clock, NetworkConfig(dids=tuple(did.e164 for did in dids)))
    for did in dids:
        rung: list[str] = [numbers.pop() for _ in range(3 * MOST_STAGES)]
        network.install(*(some_phone(dice, number) for number in rung))
        forward = some_forward(dice, did, rung)
        exchange.flows[did] = plan_forward(forward, caller="somebody", defaults=Defaults())
    driver = Simulator.beside(network)
    listening = asyncio.ensure_future(driver.run(exchange))
    refs = [network.call(None, did, some_caller(dice)) for did in dids]
    await clock.advance(minutes=12)
    legs = {leg.ref: leg for leg in network.legs}
    late = [ref for ref in refs if reached(legs[ref]) > WITHIN]
    unending = [ref for ref in refs if not legs[ref].is_over and legs[ref].joined_at is None]
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await network.stop()
    await driver.close()
    assert late == []
    assert unending == []


def test_more_stages_than_fit_are_refused() -> None:
    party = Party(role=nth_role(1), address=PhoneNumber(e164=fiction(1)))
    forward = some_forward(random.Random(1), PhoneNumber(e164=fiction(0)), [fiction(n) for n in range(99)])
    too_many = replace(forward, stages=(Stage(parties=(party,)),) * (MOST_STAGES + 1))
    with pytest.raises(NotPossible):
        plan_forward(too_many, caller="somebody", defaults=Defaults())
