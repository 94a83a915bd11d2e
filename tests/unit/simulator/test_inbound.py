"""Strangers call our numbers, and the driver brings them to the core and its orders back."""

import asyncio

import pytest

from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.refusal import Refusal
from bot.domain.errors import StorageUnavailable
from bot.domain.flow import CallFlow, Pause, Record, Say
from bot.domain.leg import LegEvent, Token
from bot.ports.voice import Incoming
from tests.unit.simulator.world import AMY, BOB, DESK, World, dial, number, phone

VOICEMAIL = CallFlow(steps=(dial(BOB, ring=10), Say(text="x" * 14), Record()))


class Inbox:
    """Writes down what it is told. `fails` first attempts of each kind are not taken."""

    def __init__(self, flow: CallFlow = VOICEMAIL, *, fails: int = 0) -> None:
        self.flow = flow
        self.fails = {"happened": fails, "incoming": fails}
        self.events: list[LegEvent] = []
        self.callers: list[Incoming] = []

    async def happened(self, provider: str, event: LegEvent) -> None:
        assert provider == "simulator"
        self._maybe_fail("happened")
        self.events.append(event)

    async def incoming(self, call: Incoming) -> tuple[Token, CallFlow]:
        self._maybe_fail("incoming")
        self.callers.append(call)
        return Token(f"in-{call.ref}"), self.flow

    async def flow_of(self, token: Token) -> CallFlow | None:
        return self.flow if token else None

    def _maybe_fail(self, what: str) -> None:
        if self.fails[what]:
            self.fails[what] -= 1
            raise StorageUnavailable("not now")

    @property
    def kinds(self) -> list[str]:
        return [f"{each.role} {each.kind}" for each in self.events]


class Listening:
    """A driver that listens into an inbox while the block lasts."""

    def __init__(self, world: World, inbox: Inbox) -> None:
        self.driver = Simulator.beside(world.network)
        self._inbox = inbox

    async def __aenter__(self) -> Simulator:
        self._task = asyncio.ensure_future(self.driver.run(self._inbox))
        return self.driver

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.driver.close()


async def test_a_caller_who_reaches_nobody_leaves_a_message() -> None:
    async with World(phone(BOB).never_answers()) as world:
        inbox = Inbox()
        async with Listening(world, inbox):
            ref = world.network.call(number(AMY), DESK, phone(AMY).leaves_message(9))
            await world.clock.advance(60)
            assert [(each.ref, each.caller, each.did) for each in inbox.callers] == [(ref, number(AMY), DESK)]
            assert inbox.kinds == [
                "A dialed",
                "A answered",
                "B dialed",
                "B rang",
                "B hung_up",
                "A recorded",
                "A hung_up",
            ]
            recording = inbox.events[5].recording
            assert recording is not None
            assert (recording.seconds, recording.voicemail) == (9, True)
            assert {each.token for each in inbox.events} == {f"in-{ref}"}
            assert str(inbox.events[-1].cost) == "0.0055 USD"


async def test_a_forwarded_caller_talks() -> None:
    async with World(phone(BOB).hangs_up_after(20)) as world:
        inbox = Inbox()
        async with Listening(world, inbox):
            world.network.call(number(AMY), DESK)
            await world.clock.advance(60)
            assert inbox.kinds.count("A bridged") == inbox.kinds.count("B bridged") == 1
            assert "A recorded" not in inbox.kinds


async def test_a_withheld_caller() -> None:
    async with World() as world:
        inbox = Inbox(CallFlow())
        async with Listening(world, inbox):
            world.network.call(None, DESK)
            await world.clock.advance(5)
            assert inbox.callers[0].caller is None
            assert inbox.kinds == ["A dialed", "A answered", "A hung_up"]


async def test_a_number_that_is_not_ours_takes_no_calls() -> None:
    async with World() as world:
        with pytest.raises(Refusal):
            world.network.call(number(AMY), number(BOB))


async def test_a_caller_who_hung_up_before_the_orders_came_is_reported_when_they_do() -> None:
    async with World() as world:
        inbox = Inbox()
        ref = world.network.call(number(AMY), DESK, phone(AMY).gives_up_after(7))
        await world.clock.advance(20)
        async with Listening(world, inbox):
            await world.clock.advance(5)
            assert inbox.kinds == ["A dialed", "A hung_up"]
            assert (inbox.events[1].at - inbox.events[0].at).total_seconds() == 7
            assert inbox.events[1].ref == ref
        assert world.network.dialled(BOB) == 0


async def test_a_caller_who_was_taken_needs_no_more_patience() -> None:
    async with World() as world:
        inbox = Inbox(CallFlow(steps=(Pause(seconds=90),)))
        async with Listening(world, inbox):
            world.network.call(number(AMY), DESK, phone(AMY).gives_up_after(10))
            await world.clock.advance(100)
        assert (inbox.events[-1].at - inbox.events[0].at).total_seconds() == 90


async def test_orders_given_twice_are_carried_out_once() -> None:
    async with World() as world:
        ref = world.network.call(number(AMY), DESK)
        for token in ("first", "first", "second"):
            world.network.take(ref, Token(token), CallFlow(steps=(Pause(seconds=5),)))
        await world.clock.advance(60)
        assert [str(each.kind) for each in await world.told()] == ["dialed", "answered", "hung_up"]
        assert {each.token for each in await world.told()} == {"first"}


async def test_several_listeners_hear_everything_and_the_caller_meets_one_flow() -> None:
    async with World(phone(BOB).never_answers()) as world:
        one, two = Inbox(), Inbox()
        async with Listening(world, one), Listening(world, two):
            world.network.call(number(AMY), DESK)
            await world.clock.advance(60)
        assert one.kinds == two.kinds
        assert one.kinds.count("A dialed") == 1


async def test_a_listener_who_was_away_misses_nothing() -> None:
    async with World() as world:
        await world.dial(AMY)
        await world.clock.advance(60)
        late = Inbox()
        async with Listening(world, late):
            await world.clock.advance(1)
        assert late.kinds == ["A dialed", "A rang", "A answered", "A hung_up"]


async def test_what_is_older_than_an_hour_is_forgotten() -> None:
    async with World() as world:
        await world.dial(AMY)
        await world.clock.advance(minutes=61)
        assert await world.told() == []


async def test_what_could_not_be_written_down_is_brought_again_in_order() -> None:
    async with World(phone(BOB).is_busy()) as world:
        inbox = Inbox(fails=3)
        async with Listening(world, inbox):
            await world.dial(AMY)
            world.network.call(number(BOB), DESK)
            await world.clock.advance(60)
        dialled = [str(each.kind) for each in inbox.events if each.token == "t1"]
        assert dialled == ["dialed", "rang", "answered", "hung_up"]
        assert len({each.source_id for each in inbox.events}) == len(inbox.events)
        assert len(inbox.callers) == 1


async def test_an_event_that_breaks_something_does_not_silence_the_rest() -> None:
    class Fragile(Inbox):
        async def happened(self, provider: str, event: LegEvent) -> None:
            if event.kind == "rang":
                raise KeyError("a defect of ours")
            await super().happened(provider, event)

        async def incoming(self, call: Incoming) -> tuple[Token, CallFlow]:
            raise KeyError("another one")

    async with World() as world:
        inbox = Fragile()
        async with Listening(world, inbox):
            world.network.call(number(BOB), DESK)
            await world.dial(AMY)
            await world.clock.advance(60)
        assert inbox.kinds == ["A dialed", "A answered", "A hung_up"]
