"""Phones that a person holds: what they do is done, and the script holds for what they leave undone."""

import pytest

from adapters.voice.simulator.channel import Channel
from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.script import Phone
from bot.domain.call import LegPlan, ProviderRef
from bot.domain.control import Say as SayNow
from bot.domain.flow import CallFlow, Pause, Say
from bot.domain.leg import Token
from tests.unit.simulator.world import ACCEPT, AMY, BOB, DESK, World, dial, number, party, phone

LONG = Pause(seconds=500)
HELD = phone(AMY).never_answers().is_by_hand()


def refused(call: object, *arguments: object) -> tuple[int, str]:
    with pytest.raises(Refusal) as no:
        call(*arguments)  # type: ignore[operator]
    return no.value.status, no.value.code


async def rings(world: World, *steps: object, ring: int = 30, **flow: object) -> ProviderRef:
    """Dial AMY and let her phone ring for four seconds."""
    ref = await world.dial(AMY, *(steps or (LONG,)), ring=ring, **flow)  # type: ignore[arg-type]
    await world.clock.advance(5)
    return ref


# --- ringing --------------------------------------------------------------------------------------


async def test_a_phone_is_answered_when_a_hand_does() -> None:
    async with World(HELD) as world:
        ref = await rings(world)
        world.network.hands.answer(ref)
        await world.clock.advance(7)
        world.network.hands.hang_up(ref)
        await world.clock.advance(1)
        assert await world.story() == [
            "0 dialed",
            "1 rang",
            "5 answered",
            "12 hung_up NORMAL_CLEARING",
        ]


async def test_a_phone_is_declined() -> None:
    async with World(HELD) as world:
        world.network.hands.decline(await rings(world))
        await world.clock.advance(1)
        assert await world.story() == ["0 dialed", "1 rang", "5 hung_up CALL_REJECTED"]


async def test_a_phone_that_is_left_alone_rings_as_long_as_it_is_let_ring() -> None:
    async with World(HELD) as world:
        await rings(world, ring=12)
        await world.clock.advance(60)
        assert await world.story() == ["0 dialed", "1 rang", "13 hung_up NO_ANSWER"]


LEFT_ALONE: list[tuple[Phone, str]] = [
    (phone(AMY).rings(9).answers(), "10 answered"),
    (phone(AMY).rings(9).is_machine(), "10 answered"),
    (phone(AMY).rings(9).rejects(), "10 hung_up CALL_REJECTED"),
    (phone(AMY).is_busy(), "1 hung_up USER_BUSY"),
]


@pytest.mark.parametrize(("script", "happens"), LEFT_ALONE)
async def test_whoever_does_nothing_leaves_it_to_the_script(script: Phone, happens: str) -> None:
    async with World(script.is_by_hand()) as world:
        await rings(world)
        await world.clock.advance(6)
        assert happens in await world.story()
        assert not world.leg().in_hand


async def test_a_mailbox_that_was_left_alone_is_a_mailbox_and_presses_nothing() -> None:
    async with World(phone(AMY).rings(3).is_machine(greeting=6).is_by_hand()) as world:
        ref = await world.dial(AMY, ACCEPT, on_machine=[Say(text="Call me back.")])
        await world.clock.advance(6)
        assert refused(world.network.hands.press, ref, "1") == (409, "a machine")
        await world.clock.advance(60)
        assert "6 machine machine" in await world.story()
        assert world.network.heard(AMY) == ["Call me back."]


# --- a person, and no script ----------------------------------------------------------------------


@pytest.mark.parametrize("script", [HELD, phone(AMY).rings(20).is_machine().is_by_hand()])
async def test_whoever_answers_by_hand_is_a_person_without_a_script(script: Phone) -> None:
    script = script.hangs_up_after(3).drops_after(4).presses("7", after=1).presses_accept(after=1)
    async with World(script) as world:
        ref = await rings(world, ACCEPT, LONG, on_machine=())
        world.network.hands.answer(ref)
        await world.clock.advance(8)
        assert (await world.story())[2:] == ["5 answered", "6 machine human"]
        world.network.hands.press(ref, "1")
        await world.clock.advance(60)
        assert (await world.story())[4:] == ["13 dtmf 1"]
        assert not world.leg().is_over


async def test_without_the_accept_key_the_leg_ends_though_a_hand_answered() -> None:
    async with World(HELD) as world:
        ref = await rings(world, ACCEPT)
        world.network.hands.answer(ref)
        await world.clock.advance(60)
        assert (await world.story())[-1].endswith("hung_up NORMAL_CLEARING")
        assert "dtmf" not in " ".join(await world.story())


async def test_the_longest_duration_holds_for_hands_too() -> None:
    async with World(HELD) as world:
        ref = await rings(world, longest=60)
        world.network.hands.answer(ref)
        await world.clock.advance(80)
        assert (await world.story())[-1] == "65 hung_up RECOVERY_ON_TIMER_EXPIRE"


async def test_several_keys_are_one_report_and_each_counts() -> None:
    async with World(HELD) as world:
        ref = await rings(world, ACCEPT, LONG)
        world.network.hands.answer(ref)
        await world.clock.advance(1)
        world.network.hands.press(ref, "*91#")
        await world.clock.advance(1)
        assert "6 dtmf *91#" in await world.story()
        assert world.leg().pressed.qsize() == 1, "the key that was asked for let the flow go on"


async def test_a_caller_who_is_held_by_hand_stays_until_they_hang_up() -> None:
    async with World() as world:
        caller = phone(BOB).is_by_hand().gives_up_after(5).hangs_up_after(5)
        ref = world.network.call(number(BOB), DESK, caller)
        await world.clock.advance(100)
        assert not world.leg(token=None).is_over  # type: ignore[arg-type]
        world.network.take(ref, Token("in"), CallFlow(steps=(LONG,)))
        await world.clock.advance(100)
        world.network.hands.hang_up(ref)
        await world.clock.advance(1)
        assert (await world.story(token="in"))[-1] == "200 hung_up NORMAL_CLEARING"


async def test_a_caller_can_hang_up_before_anybody_has_orders_for_them() -> None:
    async with World() as world:
        ref = world.network.call(number(BOB), DESK, phone(BOB).is_by_hand())
        await world.clock.advance(3)
        world.network.hands.hang_up(ref)
        await world.clock.advance(3)
        world.network.take(ref, Token("in"), CallFlow(steps=(LONG,)))
        assert await world.story(token="in") == ["0 dialed", "3 hung_up NORMAL_CLEARING"]


# --- a phone that screens -------------------------------------------------------------------------


def screening() -> Phone:
    return phone(AMY).rings(2).screens(lets_through=True, after=1).is_by_hand()


async def is_told(world: World) -> ProviderRef:
    """AMY's phone has answered by itself at 3 and hears at 6 who calls."""
    ref = await world.dial(AMY, Say(text="Hello."), LONG)
    await world.clock.advance(6)
    world.network.control(ref, SayNow(text="Bob, about dinner."))
    return ref


async def test_the_owner_of_a_screening_phone_takes_the_call_by_hand() -> None:
    async with World(screening().hangs_up_after(4).presses("5", after=9)) as world:
        ref = await is_told(world)
        await world.clock.advance(15)
        assert world.leg().reason == "Bob, about dinner."
        assert world.leg().is_screening
        world.network.hands.answer(ref)
        await world.clock.advance(50)
        assert (await world.story())[2:] == ["3 answered", "4 machine screening", "21 machine human"]
        assert world.network.heard(AMY) == ["Bob, about dinner.", "Hello."]


async def test_the_owner_of_a_screening_phone_declines() -> None:
    async with World(screening()) as world:
        ref = await is_told(world)
        world.network.hands.decline(ref)
        await world.clock.advance(50)
        assert (await world.story())[-1] == "6 hung_up CALL_REJECTED"


async def test_an_owner_who_does_nothing_has_not_taken_the_call() -> None:
    async with World(screening()) as world:
        await is_told(world)
        await world.clock.advance(50)
        assert (await world.story())[-1] == "26 hung_up NORMAL_CLEARING"


async def test_nobody_takes_a_call_before_it_is_known_who_calls() -> None:
    async with World(screening()) as world:
        ref = await world.dial(AMY, LONG)
        await world.clock.advance(6)
        assert refused(world.network.hands.answer, ref) == (409, "not ringing")
        assert refused(world.network.hands.press, ref, "1") == (409, "a machine")
        await world.clock.advance(50)
        assert (await world.story())[-1] == "34 hung_up NORMAL_CLEARING"


async def test_a_screening_phone_that_is_answered_while_it_rings_screens_nothing() -> None:
    async with World(screening().rings(10)) as world:
        ref = await rings(world, Say(text="Hello."), LONG)
        world.network.hands.answer(ref)
        await world.clock.advance(60)
        assert (await world.story())[2:] == ["5 answered"]
        assert world.network.heard(AMY) == ["Hello."]
        assert not world.leg().reason


async def test_a_hand_is_quicker_than_a_script_that_screens() -> None:
    async with World(phone(AMY).screens(lets_through=False, after=9)) as world:
        ref = await is_told(world)
        await world.clock.advance(2)
        world.network.hands.answer(ref)
        await world.clock.advance(20)
        assert (await world.story())[4] == "8 machine human"


# --- what cannot be done --------------------------------------------------------------------------


async def test_what_cannot_be_done_is_refused_in_words() -> None:
    async with World(HELD) as world:
        hands = world.network.hands
        assert refused(hands.answer, "nobody") == (404, "no such leg")
        ref = await world.dial(AMY, LONG)
        assert refused(hands.answer, ref) == (409, "not ringing")
        assert refused(hands.decline, ref) == (409, "not ringing")
        await world.clock.advance(5)
        assert refused(hands.hang_up, ref) == (409, "not answered")
        assert refused(hands.press, ref, "1") == (409, "not answered")
        hands.answer(ref)
        assert refused(hands.answer, ref) == (409, "not ringing")
        await world.clock.advance(1)
        assert refused(hands.answer, ref) == (409, "not ringing")
        assert refused(hands.decline, ref) == (409, "not ringing")
        for nonsense in ("", "x", "1" * 33, "1\n"):
            assert refused(hands.press, ref, nonsense) == (400, "no keys")
        hands.hang_up(ref)
        for late in (hands.answer, hands.decline, hands.hang_up):
            assert refused(late, ref) == (410, "over")
        assert refused(hands.press, ref, "1") == (410, "over")
        assert refused(hands.microphone, ref, False) == (410, "over")


async def test_a_microphone_is_remembered() -> None:
    async with World(HELD) as world:
        ref = await rings(world)
        assert world.leg().microphone
        world.network.hands.microphone(ref, on=False)
        assert not world.leg().microphone


# --- what the display shows -----------------------------------------------------------------------


async def displays(world: World, caller_id: object = None) -> list[str]:
    plan = LegPlan(party=party("A", AMY), flow=CallFlow(steps=(dial(BOB, accept=None),)), caller_id=caller_id)  # type: ignore[arg-type]
    await world.network.originate(Token("t1"), plan)
    await world.clock.advance(20)
    return [str(world.leg(role).caller) for role in "AB"]


async def test_a_display_shows_the_caller_id_or_who_it_is() -> None:
    async with World() as world:
        assert await displays(world) == [DESK.e164, AMY]
    async with World() as world:
        assert await displays(world, number(BOB)) == [BOB, BOB]
    async with World() as world:
        assert await displays(world, "private") == ["None", "None"]


async def test_a_forwarded_call_shows_the_caller_and_the_caller_sees_our_number() -> None:
    async with World() as world:
        ref = world.network.call(number(AMY), DESK)
        world.network.take(ref, Token("in"), CallFlow(steps=(dial(BOB, accept=None),)))
        await world.clock.advance(20)
        legs: list[Channel] = [world.leg(role, "in") for role in "AB"]
        assert [str(leg.caller) for leg in legs] == [DESK.e164, AMY]
