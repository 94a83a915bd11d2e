"""What goes wrong on purpose: requests for calls, and the reports of events."""

import pytest

from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.trouble import Creation, Delivery, Dice, Fault, Trouble
from bot.domain.call import LegPlan, Placement
from bot.domain.cdr import CallId
from bot.domain.errors import OutcomeUnknown, Rejected, Unavailable
from bot.domain.flow import CallFlow, Pause
from bot.domain.leg import Leg, LegEvent, LegEventKind, LegState, Token
from bot.ports.voice import Hooks
from tests.fakes import FakeClock
from tests.unit.simulator.world import AMY, World, party, phone

SHORT = phone(AMY).rings(1).hangs_up_after(5)


def placement(world: World) -> Placement:
    return Placement(
        token=Token("t1"),
        call=CallId("c1"),
        plan=LegPlan(party=party("A", AMY), flow=CallFlow(steps=(Pause(seconds=60),))),
        provider="simulator",
        created_at=world.clock.now(),
    )


@pytest.mark.parametrize(
    ("met", "error", "rings"),
    [
        (Creation.LOST, OutcomeUnknown, 0),
        (Creation.ANSWER_LOST, OutcomeUnknown, 1),
        (Creation.BROKEN, OutcomeUnknown, 0),
        (Creation.BROKEN_AFTER, OutcomeUnknown, 1),
        (Creation.BUSY, Unavailable, 0),
        (Creation.REFUSED, Rejected, 0),
        (Creation.NO_CREDIT, Rejected, 0),
    ],
)
async def test_a_request_for_a_call_fails(met: Creation, error: type[Exception], rings: int) -> None:
    async with World(SHORT, trouble=Trouble(creations=(met,), retry_after=7)) as world:
        driver = Simulator.beside(world.network)
        asking = world.network.switch.spawn(_expect(driver, placement(world), error))
        await world.clock.advance(30)
        assert asking.done()
        assert asking.exception() is None
        assert world.network.dialled(AMY) == rings
        assert [each.met for each in world.network.requests] == [met]
        await driver.originate(placement(world), Hooks(base=None))  # the schedule is used up
        await driver.close()


async def _expect(driver: Simulator, order: Placement, error: type[Exception]) -> None:
    with pytest.raises(error) as failure:
        await driver.originate(order, Hooks(base=None))
    assert getattr(failure.value, "token", None) == "t1"
    if error is Unavailable:
        assert failure.value.retry_after == 7  # type: ignore[attr-defined]


async def test_a_slow_answer_within_the_time_out_is_an_answer() -> None:
    async with World(SHORT, trouble=Trouble(answers_after=5)) as world:
        driver = Simulator.beside(world.network)
        asking = world.network.switch.spawn(_place(driver, placement(world)))
        await world.clock.advance(4.9)
        assert not asking.done()
        await world.clock.advance(0.2)
        assert asking.done()
        await driver.close()


async def _place(driver: Simulator, order: Placement) -> None:
    await driver.originate(order, Hooks(base=None))


async def test_too_slow_an_answer_is_an_open_question_and_the_phone_rings() -> None:
    async with World(SHORT, trouble=Trouble(answers_after=9)) as world:
        driver = Simulator.beside(world.network)
        asking = world.network.switch.spawn(_expect(driver, placement(world), OutcomeUnknown))
        await world.clock.advance(8.1)
        assert asking.done()
        assert asking.exception() is None
        assert world.network.dialled(AMY) == 1
        await driver.close()


# --- reports --------------------------------------------------------------------------------------


async def told_with(trouble: Trouble) -> tuple[list[str], list[LegEvent], list[LegEvent]]:
    """The kinds in order of telling, what was told, and what really happened."""
    async with World(SHORT, trouble=trouble) as world:
        await world.dial(AMY, Pause(seconds=60))
        await world.clock.advance(60)
        told = await world.told()
        return [str(each.kind) for each in told], told, world.leg().events


async def test_a_lost_event_is_not_told_but_stands_in_the_books() -> None:
    kinds, _, truth = await told_with(
        Trouble(faults=(Fault(delivery=Delivery.LOST, kind=LegEventKind.RANG),))
    )
    assert kinds == ["dialed", "answered", "hung_up"]
    assert [str(each.kind) for each in truth] == ["dialed", "rang", "answered", "hung_up"]


async def test_a_doubled_event_is_the_same_twice() -> None:
    kinds, told, _ = await told_with(Trouble(faults=(Fault(delivery=Delivery.DOUBLED, times=2),)))
    assert kinds == ["dialed", "dialed", "rang", "rang", "answered", "hung_up"]
    assert told[0] == told[1]


async def test_a_reordered_event_comes_after_the_next() -> None:
    fault = Fault(delivery=Delivery.REORDERED, kind=LegEventKind.ANSWERED)
    kinds, told, _ = await told_with(Trouble(faults=(fault,), delay=50))
    assert kinds == ["dialed", "rang", "hung_up", "answered"]
    assert told[3].at < told[2].at


async def test_a_reordered_event_does_not_wait_longer_than_for_the_next() -> None:
    fault = Fault(delivery=Delivery.REORDERED, kind=LegEventKind.RANG)
    async with World(SHORT, trouble=Trouble(faults=(fault,), delay=50)) as world:
        await world.dial(AMY, Pause(seconds=60))
        await world.clock.advance(3)
        assert await world.story() == ["0 dialed", "2 answered", "1 rang"]


async def test_a_reordered_last_event_comes_in_the_end() -> None:
    fault = Fault(delivery=Delivery.REORDERED, kind=LegEventKind.HUNG_UP)
    assert (await told_with(Trouble(faults=(fault,))))[0][-1] == "hung_up"


async def test_a_delayed_event_keeps_its_time() -> None:
    fault = Fault(delivery=Delivery.DELAYED, kind=LegEventKind.RANG)
    async with World(SHORT, trouble=Trouble(faults=(fault,), delay=8)) as world:
        await world.dial(AMY, Pause(seconds=60))
        await world.clock.advance(8.9)
        assert "rang" not in " ".join(await world.story())
        await world.clock.advance(0.2)
        assert (await world.story())[-1] == "1 rang"


async def test_any_mixture_folds_to_the_leg_that_really_was() -> None:
    odds = {Delivery.DELAYED: 0.25, Delivery.DOUBLED: 0.25, Delivery.REORDERED: 0.25}
    seen = set()
    for seed in range(30):
        kinds, told, truth = await told_with(Trouble(seed=seed, delivery_odds=odds, delay=3))
        seen.add(tuple(kinds))
        assert _folded(told) == _folded(truth)
        assert _folded(told).state is LegState.ENDED
    assert len(seen) > 5


def _folded(events: list[LegEvent]) -> Leg:
    leg = Leg(token=Token("t1"), party=party("A", AMY))
    for event in events:
        leg = leg.on(event)
    return leg


async def test_dice_fall_the_same_for_the_same_seed_and_at_the_odds_asked_for() -> None:
    trouble = Trouble(seed=4, creation_odds={Creation.LOST: 0.2, Creation.BUSY: 0.3})
    draws = [Dice(trouble).creation() for _ in range(2)]
    assert draws[0] == draws[1]
    dice = Dice(trouble)
    drawn = [dice.creation() for _ in range(2000)]
    shares = [drawn.count(each) / 2000 for each in (Creation.LOST, Creation.BUSY, Creation.TAKEN)]
    assert shares == pytest.approx([0.2, 0.3, 0.5], abs=0.04)


# --- lags -----------------------------------------------------------------------------------------


async def test_a_call_cannot_be_looked_up_before_the_lists_have_it() -> None:
    async with World(SHORT, trouble=Trouble(listing_lag=10)) as world:
        driver = Simulator.beside(world.network)
        order = placement(world)
        await driver.originate(order, Hooks(base=None))
        await world.clock.advance(9)
        assert await driver.look_up(order) is None
        await world.clock.advance(1)
        sighting = await driver.look_up(order)
        assert sighting is not None
        assert [str(each.kind) for each in sighting.events] == ["dialed", "rang", "answered", "hung_up"]
        await driver.close()


async def test_trouble_can_be_switched_while_the_network_runs() -> None:
    async with World(SHORT) as world:
        world.network.trouble = Trouble(faults=(Fault(delivery=Delivery.LOST, times=2),))
        await world.dial(AMY)
        await world.clock.advance(60)
        world.network.trouble = Trouble()
        await world.dial(AMY)
        await world.clock.advance(60)
        assert (len(await world.story(token="t1")), len(await world.story(token="t2"))) == (2, 4)


def test_the_fake_clock_and_the_network_agree_on_the_start() -> None:
    assert World().clock.now() == FakeClock().now()
