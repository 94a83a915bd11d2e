"""A driver with a network behind it: what really rings, what is told of it, and what can be done about it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.script import phone
from bot.domain.audio import recognise
from bot.domain.call import Placement
from bot.domain.control import Hold, Mute, Redirect
from bot.domain.errors import Rejected, Unavailable
from bot.domain.flow import CallFlow, Pause, Record, Say
from bot.domain.leg import LegEvent, RecordingRef, Token
from bot.domain.numbers import PhoneNumber, SipUri
from bot.ports.voice import DidOffer, Incoming
from tests.contract.voice.case import HOOKS, TOKEN, World, placement

AMY = "+12125550101"
NOTHING = CallFlow()
DESK = PhoneNumber(e164="+12125550100")


class Inbox:
    """Keeps what it is told, and can be waited on."""

    def __init__(self, flow: CallFlow) -> None:
        self._flow = flow
        self.events: list[LegEvent] = []
        self.callers: list[Incoming] = []
        self._news = asyncio.Event()

    async def happened(self, provider: str, event: LegEvent) -> None:
        assert provider == "simulator"
        self.events.append(event)
        self._news.set()

    async def incoming(self, call: Incoming) -> tuple[Token, CallFlow]:
        self.callers.append(call)
        return Token(f"in-{call.ref}"), self._flow

    async def flow_of(self, token: Token) -> CallFlow | None:
        raise NotImplementedError("nobody asks a network that is told everything")

    async def until(self, fulfilled: Callable[[list[LegEvent]], object]) -> None:
        """Wait on the wire until it is so. Simulated time stands still meanwhile."""
        async with asyncio.timeout(10):
            while not fulfilled(self.events):
                self._news.clear()
                await self._news.wait()


class Listening:
    """The driver listens into an inbox while the block lasts."""

    def __init__(self, world: World, flow: CallFlow = NOTHING) -> None:
        self._world = world
        self._inbox = Inbox(flow)

    async def __aenter__(self) -> Inbox:
        assert isinstance(self._world.driver, Simulator)
        self._task = asyncio.ensure_future(self._world.driver.run(self._inbox))
        return self._inbox

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def ended(events: list[LegEvent]) -> bool:
    return any(event.kind == "hung_up" for event in events)


@pytest.fixture
def driver(world: World) -> Simulator:
    assert isinstance(world.driver, Simulator)
    return world.driver


async def talking(world: World, *steps: Any) -> tuple[Placement, Any]:
    """A call that has been answered."""
    order = placement(*steps or (Pause(seconds=600),))
    placed = await world.driver.originate(order, HOOKS)
    await world.clock.advance(5)
    return order, placed.refs[0][1]


async def test_events_bear_our_token_and_come_in_order(world: World) -> None:
    async with Listening(world) as inbox:
        await world.driver.originate(placement(Say(text="Hello.")), HOOKS)
        await world.clock.advance(60)
        await inbox.until(ended)
        assert [str(each.kind) for each in inbox.events] == ["dialed", "rang", "answered", "hung_up"]
        assert {each.token for each in inbox.events} == {TOKEN}
        assert world.network.heard(AMY) == ["Hello."]


async def test_a_second_listener_hears_the_same(world: World) -> None:
    async with Listening(world) as one, Listening(world) as two:
        await world.driver.originate(placement(), HOOKS)
        await world.clock.advance(60)
        await one.until(ended)
        await two.until(ended)
    async with Listening(world) as late:
        await late.until(ended)
    assert one.events == two.events == late.events


async def test_hanging_up_twice_is_harmless(world: World, driver: Simulator) -> None:
    _, ref = await talking(world)
    await driver.hang_up(ref)
    await world.clock.advance(1)
    await driver.hang_up(ref)
    assert world.network.legs[0].cause == 16
    assert len([each for each in world.network.legs[0].events if each.kind == "hung_up"]) == 1


async def test_looking_up_by_token(world: World, driver: Simulator) -> None:
    assert await driver.look_up(placement()) is None
    order, ref = await talking(world)
    sighting = await driver.look_up(order)
    assert sighting is not None
    assert sighting.refs == (("A", ref),)
    assert list(sighting.events) == world.network.legs[0].events


async def test_orders_reach_the_leg(world: World, driver: Simulator) -> None:
    _, ref = await talking(world)
    for order in (Mute(on=True), Hold(on=True), Say(text="One minute left.")):
        await driver.control(ref, order)
    await driver.control(ref, Redirect(flow=CallFlow(steps=(Say(text="Goodbye."),))))
    await world.clock.advance(5)
    leg = world.network.legs[0]
    assert (leg.muted, leg.held, leg.is_over) == (True, True, True)
    assert world.network.heard(AMY) == ["music", "One minute left.", "Goodbye."]
    with pytest.raises(Rejected):
        await driver.control(ref, Mute(on=False))


async def test_a_caller_meets_the_flow_and_the_message_can_be_fetched(
    world: World, driver: Simulator
) -> None:
    voicemail = CallFlow(steps=(Say(text="Please leave your message."), Record()))
    async with Listening(world, voicemail) as inbox:
        world.network.call(PhoneNumber(e164=AMY), DESK, phone(AMY).leaves_message(4.5))
        await inbox.until(len)
        await world.clock.advance(60)
        await inbox.until(ended)
    recording = next(each.recording for each in inbox.events if each.recording)
    assert recording is not None
    assert (recording.voicemail, recording.seconds) == (True, 4.5)
    audio = await driver.fetch(recording)
    sound = recognise(audio.data)
    assert audio.content_type == "audio/wav"
    assert sound is not None
    assert (sound.seconds, sound.whole) == (4.5, True)
    await driver.forget(recording)
    await driver.forget(recording)
    with pytest.raises(Rejected):
        await driver.fetch(recording)


async def test_a_recording_that_is_not_ready_comes_later(world: World, driver: Simulator) -> None:
    world.network.trouble = type(world.network.trouble)(recording_lag=10)
    await talking(world, Record())
    await world.clock.advance(10)
    ref = next(each.recording for each in world.network.legs[0].events if each.recording)
    assert isinstance(ref, RecordingRef)
    with pytest.raises(Unavailable) as early:
        await driver.fetch(ref)
    assert early.value.retry_after == 1
    await world.clock.advance(10)
    assert (await driver.fetch(ref)).data[:4] == b"RIFF"


async def test_money(world: World, driver: Simulator) -> None:
    quote = await driver.rate(PhoneNumber(e164="+6591234567"))
    assert str(quote.per_minute) == "0.0310 USD"
    assert str((await driver.rate(SipUri(uri="sip:desk@example.com"))).per_minute) == "0.0030 USD"
    assert str(await driver.balance()) == "100.00 USD"
    await talking(world, Pause(seconds=70))
    await world.clock.advance(100)
    assert str(await driver.balance()) == "99.9780 USD"


async def test_history_lists_what_was_dialled(world: World, driver: Simulator) -> None:
    since = world.clock.now()
    _, ref = await talking(world, Pause(seconds=5))
    await world.clock.advance(60)
    entries = await driver.history(since, world.clock.now())
    assert [(each.ref, each.to, each.seconds, each.outcome) for each in entries] == [
        (ref, AMY, 60, "NORMAL_CLEARING")
    ]
    assert await driver.history(since.replace(year=2020), since) == ()


async def test_a_text_message(world: World, driver: Simulator) -> None:
    id = await driver.send_text(PhoneNumber(e164=AMY), "You have voicemail & more.", DESK)
    assert [(each.id, each.text, each.sender) for each in world.network.account.texts] == [
        (id, "You have voicemail & more.", DESK)
    ]


async def test_renting_a_number_receiving_on_it_and_giving_it_back(world: World, driver: Simulator) -> None:
    offers = await driver.offers("gb", "manch")
    assert {each.region for each in offers} == {"Manchester"}
    assert await driver.offers("ZZ", None) == ()
    did = await driver.rent(offers[0])
    assert did in await driver.dids()
    with pytest.raises(Rejected):
        await driver.rent(DidOffer(number=did.number))
    assert offers[0] not in await driver.offers("gb", "manch")
    async with Listening(world) as inbox:
        world.network.call(None, did.number)
        await inbox.until(ended)
        assert inbox.callers[0].did == did.number
    await driver.release(did)
    await driver.release(did)
    assert did not in await driver.dids()
