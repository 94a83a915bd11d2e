"""What a page is shown of the simulated world: each leg as it stands, what it hears, when that changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from adapters.clock import DemoClock
from adapters.voice.simulator.channel import Channel, Heard
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.views import LegView, Phase, RecorderView, Watched
from bot.domain.control import Hold, Mute, Redirect, StopPlaying
from bot.domain.control import Say as SayNow
from bot.domain.flow import CallFlow, Conference, Dial, LegRole, Pause, Play, Record, Say, SendDigits
from tests.unit.simulator.world import ACCEPT, AMY, BOB, CAT, DESK, World, dial, number, party, phone

LONG = Pause(seconds=500)
SONG = "https://example.com/song.mp3"


class Page:
    """Watches, and keeps the latest view of every leg, as a browser would."""

    def __init__(self, network: Network) -> None:
        self._driver = Simulator.beside(network)
        self.world = self._driver.outside()
        self.serial = 0
        self.legs: dict[str, LegView] = {}

    async def looks(self, wait: float = 0.0) -> Watched:
        seen = await self.world.watch(self.serial, wait)
        self.serial = seen.serial
        self.legs.update({leg.ref: leg for leg in seen.legs})
        return seen

    async def sees(self, role: str = "A") -> LegView:
        await self.looks()
        return next(leg for leg in self.legs.values() if leg.role == role)

    async def __aenter__(self) -> "Page":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._driver.close()


# --- phases ---------------------------------------------------------------------------------------


async def test_a_phone_goes_through_its_phases() -> None:
    async with World(phone(AMY).screens(after=4)) as world, Page(world.network) as page:
        ref = await world.dial(AMY, Say(text="x" * 140))
        phases = []
        for seconds in (0.5, 1, 2, 3, 5):
            await world.clock.advance(seconds)
            phases.append((await page.sees()).phase)
            if len(phases) == 3:
                world.network.control(ref, SayNow(text="Bob."))
        assert phases == [Phase.DIALLING, Phase.RINGING, Phase.SCREENING, Phase.SCREENING, Phase.TALKING]
        assert (await page.sees()).reason == "Bob."
        await world.clock.advance(60)
        seen = await page.sees()
        assert (seen.phase, seen.cause) == (Phase.ENDED, "NORMAL_CLEARING")
        assert seen.ended_at is not None


async def test_a_caller_is_dialling_until_there_are_orders() -> None:
    async with World() as world, Page(world.network) as page:
        script = phone(BOB).is_by_hand()
        ref = await page.world.call_in(DESK, None, script)
        seen = await page.sees()
        assert (seen.ref, seen.phase, seen.by_hand, seen.in_hand) == (ref, Phase.DIALLING, True, True)
        assert (seen.address, seen.caller) == (None, DESK)
        await page.world.hang_up(ref)
        assert (await page.sees()).phase is Phase.ENDED
        assert (await page.sees()).ended_at == world.clock.now()


# --- changes --------------------------------------------------------------------------------------


async def test_every_change_of_a_leg_is_seen_and_nothing_else_is_sent() -> None:
    phones = phone(AMY).is_by_hand(), phone(CAT).never_answers()
    async with World(*phones) as world, Page(world.network) as page:
        await world.dial(CAT)
        ref = await world.dial(AMY, LONG)
        await world.clock.advance(5)
        await page.looks()
        hands, network = world.network.hands, world.network
        changes = [
            lambda: hands.microphone(ref, on=False),
            lambda: network.control(ref, Mute(on=True)),
            lambda: network.control(ref, Hold(on=True)),
            lambda: network.control(ref, SayNow(text="One minute left.")),
            lambda: hands.hang_up(ref),
        ]
        for change in changes:
            before = page.legs[ref]
            change()
            await world.clock.advance(0.1)
            seen = await page.looks()
            assert [leg.ref for leg in seen.legs] == [ref]
            assert seen.serial >= seen.legs[0].serial > before.serial
            assert seen.legs[0] != before
        assert (await page.looks()).legs == ()


SET_ONCE = {"ref", "role", "address", "opened_at", "serial", "heard"}
SHOWN = sorted({each.name for each in fields(LegView)} & {each.name for each in fields(Channel)} - SET_ONCE)


@pytest.mark.parametrize("name", [*SHOWN, "partner"])
def test_whatever_is_shown_of_a_leg_is_a_change(name: str) -> None:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    leg = Channel(ref="1", token=None, role=LegRole("A"), address=None, script=phone(AMY), opened_at=at)
    noticed: list[Channel] = []
    leg.changed = noticed.append
    setattr(leg, name, getattr(leg, name))
    assert noticed == [leg]


async def test_a_watcher_who_waits_hears_of_a_change_at_once() -> None:
    async with World(phone(AMY).never_answers().is_by_hand()) as world, Page(world.network) as page:
        ref = await world.dial(AMY, LONG)
        await world.clock.advance(5)
        await page.looks()
        took = []
        for on in (False, True) * 5:
            watching = asyncio.ensure_future(page.looks(wait=20))
            await asyncio.sleep(0)
            while not _waits(world.network):  # noqa: ASYNC110 - nobody tells of a wait
                await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            began = loop.time()
            world.network.hands.microphone(ref, on=on)
            seen = await watching
            took.append(loop.time() - began)
            assert [leg.microphone for leg in seen.legs] == [on]
        assert sorted(took)[len(took) // 2] < 0.02


def _waits(network: Network) -> bool:
    return bool(network.changes._news._waiters)  # type: ignore[attr-defined]


async def test_without_news_a_watcher_is_answered_after_its_seconds_and_others_are_served() -> None:
    async with World() as world, Page(world.network) as page:
        watching = asyncio.ensure_future(page.looks(wait=0.3))
        assert await page.world.numbers() == (DESK,)
        assert not watching.done()
        async with asyncio.timeout(5):
            assert (await watching).legs == ()


async def test_watchers_are_let_go_when_the_network_stops() -> None:
    async with World() as world, Page(world.network) as page:
        watching = asyncio.ensure_future(page.looks(wait=20))
        while not _waits(world.network):  # noqa: ASYNC110 - nobody tells of a wait
            await asyncio.sleep(0)
        await world.network.stop()
        async with asyncio.timeout(5):
            await watching


async def test_a_move_of_the_clock_is_a_change() -> None:
    clock = DemoClock()
    network = Network(clock, NetworkConfig())
    async with Page(network) as page:
        watching = asyncio.ensure_future(page.looks(wait=20))
        while not _waits(network):  # noqa: ASYNC110 - nobody tells of a wait
            await asyncio.sleep(0)
        clock.run(0)
        async with asyncio.timeout(5):
            seen = await watching
        assert (seen.serial, seen.legs) == (1, ())
        assert seen.clock.pace == clock.pace
        assert seen.clock.now == clock.now()
    await network.stop()


# --- others, recorder -----------------------------------------------------------------------------


async def test_two_who_are_connected_see_each_other_until_one_leaves() -> None:
    async with World() as world, Page(world.network) as page:
        await world.dial(AMY, dial(BOB, accept=None))
        await world.clock.advance(3)
        assert (await page.sees()).others == ()
        await world.clock.advance(5)
        assert (await page.sees("A")).others == (number(BOB),)
        assert (await page.sees("B")).others == (number(AMY),)
        world.network.hang_up(world.leg("B").ref)
        await world.clock.advance(1)
        assert [(await page.sees(role)).others for role in "AB"] == [(), ()]


async def test_whoever_is_left_behind_sees_that_they_are_alone() -> None:
    async with World() as world, Page(world.network) as page:
        await world.dial(AMY, dial(BOB, accept=None))
        await world.clock.advance(8)
        await page.looks()
        meet = Redirect(flow=CallFlow(steps=(Conference(room="r1"),)))
        world.network.control(world.leg("B").ref, meet)
        await world.clock.advance(1)
        seen = await page.looks()
        assert {leg.role: leg.others for leg in seen.legs} == {"A": (), "B": ()}
        assert not world.leg("A").is_over


async def test_everybody_in_a_room_sees_who_is_there() -> None:
    async with World() as world, Page(world.network) as page:
        refs = [await world.dial(each, Conference(room="r1")) for each in (AMY, BOB, CAT)]
        await world.clock.advance(5)
        await page.looks()
        assert page.legs[refs[0]].others == (number(BOB), number(CAT))
        world.network.hang_up(refs[1])
        await world.clock.advance(1)
        seen = await page.looks()
        assert {leg.ref for leg in seen.legs} == set(refs)
        assert page.legs[refs[0]].others == (number(CAT),)
        assert page.legs[refs[1]].others == ()


async def test_a_recorder_is_seen_while_it_runs() -> None:
    async with World(phone(AMY).never_answers().is_by_hand()) as world, Page(world.network) as page:
        ref = await world.dial(AMY, Record(max_seconds=20), LONG)
        await world.clock.advance(2)
        await page.world.answer(ref)
        await world.clock.advance(0.4)
        assert (await page.sees()).recorder is None
        await world.clock.advance(0.1)
        assert (await page.sees()).recorder == RecorderView(
            since=world.clock.now(), max_seconds=20, silence_seconds=5, finish_key="#"
        )
        await page.world.press(ref, "#")
        await world.clock.advance(0.1)
        assert (await page.sees()).recorder is None


# --- what is heard --------------------------------------------------------------------------------


def told(heard: Sequence[Heard]) -> list[str]:
    """`ring tone`, `speech 1`, `silence`: kind and seconds, where known."""
    return [f"{each.kind} {'' if each.seconds is None else f'{each.seconds:g}'}".strip() for each in heard]


async def test_everything_heard_has_its_kind_and_length() -> None:
    async with World(phone(AMY).never_answers().is_by_hand()) as world:
        steps = (Say(text="x" * 14), Play(url=SONG), SendDigits(digits="12"), dial(BOB), Record())
        world.network.install(phone(BOB).is_busy())
        ref = await world.dial(AMY, *steps)
        await world.clock.advance(2)
        world.network.hands.answer(ref)
        await world.clock.advance(60)
        assert told(world.leg().heard) == [
            "speech 1",
            "file 3",
            "digits 0.5",
            "ring tone",
            "silence",
            "beep 0.5",
        ]
        assert world.network.heard(AMY) == ["x" * 14, SONG, "digits 12", "ring tone", "beep"]


async def test_a_bridge_ends_the_ring_tone_and_the_prompt() -> None:
    music = Dial(parties=(party("B", BOB),), accept=ACCEPT, music=SONG)
    async with World(phone(BOB).presses_accept(after=0.5)) as world:
        await world.dial(AMY, music)
        await world.clock.advance(20)
        assert told(world.leg("A").heard) == ["music", "silence"]
        assert told(world.leg("B").heard) == [f"speech {len(ACCEPT.prompt) / 14:g}", "silence"]
        assert world.leg("A").heard[1].at == world.leg("B").heard[1].at


@pytest.mark.parametrize("seconds", [5, 15])
async def test_a_stop_is_heard_only_where_something_sounds(seconds: float) -> None:
    async with World() as world:
        ref = await world.dial(AMY, Say(text="x" * 140), LONG)
        await world.clock.advance(3 + seconds)
        world.network.control(ref, StopPlaying())
        world.network.control(ref, StopPlaying())
        assert told(world.leg().heard) == ["speech 10", *["silence"] * (seconds < 10)]


async def test_hold_and_other_orders_silence_what_was_heard() -> None:
    async with World() as world:
        ref = await world.dial(AMY, Say(text="x" * 140), LONG)
        await world.clock.advance(5)
        for order in (Hold(on=True), Hold(on=False), SayNow(text="x" * 140)):
            world.network.control(ref, order)
            await world.clock.advance(1)
        world.network.control(ref, Redirect(flow=CallFlow(steps=(Pause(seconds=5),))))
        await world.clock.advance(1)
        assert told(world.leg().heard) == [
            "speech 10",
            "silence",
            "music",
            "silence",
            "speech 10",
            "silence",
        ]


async def test_whoever_is_alone_in_a_room_hears_music_until_somebody_comes() -> None:
    async with World() as world:
        for each in (AMY, BOB):
            await world.dial(each, Conference(room="r1", music=SONG))
            await world.clock.advance(5)
        assert told(world.leg().heard) == ["music", "silence", "tone 0.5"]
