"""A small world for the simulator's own tests: a network, a clock that is told, and all that was reported."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from adapters.voice.simulator.channel import Channel
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.script import Phone, phone
from adapters.voice.simulator.trouble import Trouble
from bot.domain.call import LegPlan, ProviderRef
from bot.domain.flow import CallFlow, Dial, Gather, LegRole, Party, Step
from bot.domain.leg import LegEvent, LegEventKind, Token
from bot.domain.numbers import Address, PhoneNumber
from tests.fakes import FakeClock

AMY = "+12125550101"
BOB = "+12125550102"
CAT = "+12125550103"
DESK = PhoneNumber(e164="+12125550100")
ACCEPT = Gather(prompt="Press 1 to talk.", seconds=10)


def number(e164: str) -> PhoneNumber:
    return PhoneNumber(e164=e164)


def party(role: str, address: str | Address) -> Party:
    return Party(role=LegRole(role), address=number(address) if isinstance(address, str) else address)


def dial(*numbers: str, ring: int = 20, accept: Gather | None = ACCEPT) -> Dial:
    """Ring these at once, as B, C, …"""
    parties = tuple(party("BCDEFG"[n], each) for n, each in enumerate(numbers))
    return Dial(parties=parties, ring_seconds=ring, accept=accept)


class World:
    """Dials, waits, and remembers what was told."""

    def __init__(
        self, *scripts: Phone, trouble: Trouble | None = None, config: NetworkConfig | None = None
    ) -> None:
        self.clock = FakeClock()
        self.network = Network(self.clock, config or NetworkConfig(dids=(DESK.e164,), setup_seconds=1.0))
        self.network.install(*scripts)
        if trouble is not None:
            self.network.trouble = trouble
        self._tokens = 0

    async def dial(
        self,
        to: str,
        *steps: Step,
        on_machine: Sequence[Step] | None = None,
        record: bool = False,
        ring: int = 30,
        longest: int = 0,
    ) -> ProviderRef:
        """Request a call under a token of its own: t1, t2, …"""
        self._tokens += 1
        branch = None if on_machine is None else tuple(on_machine)
        flow = CallFlow(steps=steps, on_machine=branch, record=record)
        plan = LegPlan(party=party("A", to), flow=flow, ring_seconds=ring, max_seconds=longest)
        return await self.network.originate(Token(f"t{self._tokens}"), plan)

    async def told(self) -> list[LegEvent]:
        """Every event that was reported so far, as often as it was."""
        return [each.event for each in await self.network.reports.after(0) if each.event is not None]

    async def story(self, role: str = "A", token: str = "t1") -> list[str]:
        """What was told of one leg, with the seconds since it was dialled: `0 dialed`, `1 rang`, …"""
        events = [each for each in await self.told() if (each.role, each.token) == (role, token)]
        return [f"{self._seconds(each.at):g} {_words(each)}" for each in events]

    def leg(self, role: str = "A", token: str = "t1") -> Channel:
        return next(each for each in self.network.legs if (each.role, each.token) == (role, token))

    def _seconds(self, at: datetime) -> float:
        return round((at - FakeClock().now()).total_seconds(), 2)

    async def __aenter__(self) -> "World":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.network.stop()
        leftover = asyncio.all_tasks() - {asyncio.current_task()}
        assert not leftover, f"tasks outlived their network: {leftover}"


def _words(event: LegEvent) -> str:
    extra = {
        LegEventKind.HUNG_UP: event.cause.name if event.cause else "",
        LegEventKind.DTMF: event.digits,
        LegEventKind.MACHINE: event.verdict,
        LegEventKind.RECORDED: f"{event.recording.seconds:g}" if event.recording else "",
    }.get(event.kind, "")
    return f"{event.kind} {extra}".strip()


__all__ = ["ACCEPT", "AMY", "BOB", "CAT", "DESK", "World", "dial", "number", "party", "phone"]
