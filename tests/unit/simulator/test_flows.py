"""The network carries out a flow on the leg that was answered: every verb, and how each ends."""

import pytest

from adapters.voice.simulator.refusal import Refusal
from adapters.voice.simulator.script import AfterMessage
from bot.domain.control import Capture, Control, Hold, Mute, Redirect, StopPlaying
from bot.domain.flow import (
    CallFlow,
    Conference,
    Gather,
    HangUp,
    Menu,
    Pause,
    Play,
    Record,
    Say,
    SendDigits,
    SendText,
)
from tests.unit.simulator.world import ACCEPT, AMY, BOB, CAT, World, dial, number, phone

LONG = Pause(seconds=500)


async def test_steps_take_their_time_and_the_last_one_hangs_up() -> None:
    async with World() as world:
        steps = (
            Say(text="x" * 14),
            Pause(seconds=2),
            Play(url="https://example.com/a", times=2),
            SendDigits(digits="1wW"),
        )
        await world.dial(AMY, *steps)
        await world.clock.advance(60)
        # 1 s of speech, 2 of silence, 2 × 3 of music, 0.25 + 0.5 + 1 of digits
        assert (await world.story())[-1] == "13.75 hung_up NORMAL_CLEARING"
        assert world.network.heard(AMY) == ["x" * 14, *["https://example.com/a"] * 2, "digits 1wW"]


async def test_hang_up_ends_at_once() -> None:
    async with World() as world:
        await world.dial(AMY, HangUp(), Say(text="never"))
        await world.clock.advance(60)
        assert (await world.story())[-1] == "3 hung_up NORMAL_CLEARING"
        assert world.network.heard(AMY) == []


async def test_a_text_goes_to_the_called_number() -> None:
    async with World() as world:
        await world.dial(AMY, SendText(text="hi"))
        await world.clock.advance(5)
        assert [(each.to.e164, each.text) for each in world.network.account.texts] == [(AMY, "hi")]


async def test_a_menu_is_refused_before_anything_rings() -> None:
    async with World() as world:
        with pytest.raises(Refusal):
            await world.dial(AMY, Menu(code="x"))
        await world.clock.advance(5)
        assert world.network.dialled(AMY) == 0


# --- the accept key -------------------------------------------------------------------------------


async def test_the_key_lets_the_flow_go_on() -> None:
    async with World(phone(AMY).presses_accept(after=2)) as world:
        await world.dial(AMY, ACCEPT, Say(text="x" * 14))
        await world.clock.advance(60)
        assert (await world.story())[3:] == ["5 dtmf 1", "6 hung_up NORMAL_CLEARING"]


@pytest.mark.parametrize("script", [phone(AMY).ignores_accept(), phone(AMY).is_machine()])
async def test_without_the_key_the_leg_ends(script: object) -> None:
    async with World(script) as world:  # type: ignore[arg-type]
        await world.dial(AMY, Gather(prompt="x" * 14, seconds=10), Say(text="never"))
        await world.clock.advance(60)
        assert (await world.story())[3:] == ["14 hung_up NORMAL_CLEARING"]
        assert world.network.heard(AMY) == ["x" * 14]


async def test_the_wrong_key_and_one_pressed_too_early_do_not_count() -> None:
    eager = phone(AMY).ignores_accept().presses("1", after=0.5).presses("5", after=3)
    async with World(eager) as world:
        await world.dial(AMY, Pause(seconds=1), Gather(prompt="", seconds=10), Say(text="never"))
        await world.clock.advance(60)
        assert (await world.story())[-1] == "14 hung_up NORMAL_CLEARING"
        assert "never" not in world.network.heard(AMY)


# --- dial -----------------------------------------------------------------------------------------


async def test_the_first_to_accept_is_bridged_and_the_others_stop_ringing() -> None:
    async with World(phone(BOB).rings(9), phone(CAT).rings(4).hangs_up_after(30)) as world:
        await world.dial(AMY, dial(BOB, CAT))
        await world.clock.advance(100)
        # A answers at 3; C rings from 4 to 8, accepts at 9.5, and hangs up at 38
        assert (await world.story("A"))[3:] == ["9.5 bridged", "38 hung_up NORMAL_CLEARING"]
        assert (await world.story("B"))[2:] == ["9.5 hung_up NON_SELECTED_USER_CLEARING"]
        assert (await world.story("C"))[3:] == ["9.5 dtmf 1", "9.5 bridged", "38 hung_up NORMAL_CLEARING"]


async def test_when_the_caller_hangs_up_the_other_side_does_too() -> None:
    async with World(phone(AMY).hangs_up_after(20)) as world:
        await world.dial(AMY, dial(BOB, accept=None))
        await world.clock.advance(100)
        assert (await world.story("A"))[-1] == "23 hung_up NORMAL_CLEARING"
        assert (await world.story("B"))[3:] == ["6 bridged", "23 hung_up NORMAL_CLEARING"]


async def test_a_caller_who_gives_up_stops_the_ringing() -> None:
    async with World(phone(AMY).hangs_up_after(4), phone(BOB).rings(15)) as world:
        await world.dial(AMY, dial(BOB))
        await world.clock.advance(100)
        assert await world.story("B") == ["3 dialed", "4 rang", "7 hung_up NORMAL_CLEARING"]


async def test_nobody_accepts_in_time_and_the_next_step_runs() -> None:
    async with World(phone(BOB).never_answers(), phone(CAT).is_machine()) as world:
        await world.dial(AMY, dial(BOB, CAT, ring=8), Say(text="x" * 14))
        await world.clock.advance(100)
        assert (await world.story("A"))[3:] == ["12 hung_up NORMAL_CLEARING"]
        assert (await world.story("B"))[-1] == "11 hung_up NO_ANSWER"
        assert (await world.story("C"))[-1] == "11 hung_up NORMAL_CLEARING"
        assert world.network.heard(AMY) == ["ring tone", "x" * 14]


async def test_when_all_are_busy_the_next_step_runs_at_once() -> None:
    async with World(phone(BOB).is_busy(), phone(CAT).is_unallocated()) as world:
        await world.dial(AMY, dial(BOB, CAT), Say(text="x" * 14))
        await world.clock.advance(100)
        assert (await world.story("A"))[-1] == "5 hung_up NORMAL_CLEARING"


async def test_whoever_does_not_press_the_key_leaves_the_others_ringing() -> None:
    async with World(phone(BOB).ignores_accept(), phone(CAT).rings(16)) as world:
        await world.dial(AMY, dial(BOB, CAT, ring=30))
        await world.clock.advance(100)
        assert (await world.story("B"))[-1] == "17.14 hung_up NORMAL_CLEARING"
        assert "bridged" in " ".join(await world.story("C"))


async def test_one_further_leg_can_be_hung_up_alone() -> None:
    async with World(phone(BOB).rings(15)) as world:
        await world.dial(AMY, dial(BOB), Say(text="x" * 14))
        await world.clock.advance(6)
        world.network.hang_up(world.leg("B").ref)
        await world.clock.advance(100)
        assert (await world.story("B"))[-1] == "6 hung_up NORMAL_CLEARING"
        assert (await world.story("A"))[-1] == "7 hung_up NORMAL_CLEARING"


# --- conference -----------------------------------------------------------------------------------


async def test_three_meet_in_a_room_and_one_leaves() -> None:
    room = Conference(room="r1", music="https://example.com/wait")
    async with World(phone(CAT).hangs_up_after(5)) as world:
        refs = [await world.dial(each, room) for each in (AMY, BOB, CAT)]
        await world.clock.advance(4)
        assert [leg.address for leg in world.network.switch.rooms["r1"]] == list(map(number, (AMY, BOB, CAT)))
        assert world.network.heard(AMY) == ["https://example.com/wait", "tone", "tone"]
        await world.clock.advance(5)
        assert (await world.story(token="t3"))[3:] == ["3 bridged", "8 hung_up NORMAL_CLEARING"]
        for ref in refs:
            world.network.hang_up(ref)
        await world.clock.advance(1)
        assert world.network.switch.rooms == {}


async def test_a_full_room_takes_nobody_else() -> None:
    async with World() as world:
        for n in range(51):
            await world.dial(f"+121255501{n:02}", Conference(room="r1"))
        await world.clock.advance(10)
        assert len(world.network.switch.rooms["r1"]) == 50
        assert (await world.story(token="t51"))[-1] == "3 hung_up SWITCH_CONGESTION"


async def test_a_young_conference_cannot_be_acted_on_yet() -> None:
    async with World() as world:
        world.network.trouble = type(world.network.trouble)(conference_lag=2.0)
        ref = await world.dial(AMY, Conference(room="r1"))
        await world.clock.advance(4)
        with pytest.raises(Refusal) as early:
            world.network.control(ref, Mute(on=True))
        assert (early.value.status, early.value.retry_after) == (425, 1.0)
        await world.clock.advance(1)
        world.network.control(ref, Mute(on=True))
        assert world.leg().muted


# --- recordings -----------------------------------------------------------------------------------


async def test_the_whole_leg_is_recorded_from_the_answer_on() -> None:
    async with World(phone(AMY).hangs_up_after(12.5)) as world:
        await world.dial(AMY, LONG, record=True)
        await world.clock.advance(60)
        assert (await world.story())[3:] == ["15.5 recorded 12.5", "15.5 hung_up NORMAL_CLEARING"]
        assert not next(each.recording for each in await world.told() if each.recording).voicemail


@pytest.mark.parametrize(
    ("then", "ends"),
    [(AfterMessage.HANGS_UP, 10.5), (AfterMessage.PRESSES_KEY, 11.5), (AfterMessage.WAITS, 16.5)],
)
async def test_a_voicemail_ends_by_hanging_up_key_or_silence(then: AfterMessage, ends: float) -> None:
    async with World(phone(AMY).leaves_message(7, then=then)) as world:
        await world.dial(AMY, Record(), Say(text="x" * 14))
        await world.clock.advance(60)
        told = await world.story()
        assert f"{ends:g} hung_up NORMAL_CLEARING" == told[-1]
        assert [each.split()[-1] for each in told if "recorded" in each] == ["7"]
        thanked = ["x" * 14] if then is not AfterMessage.HANGS_UP else []
        assert world.network.heard(AMY) == ["beep", *thanked]


async def test_a_voicemail_is_cut_at_its_longest_and_thanks_are_said() -> None:
    async with World(phone(AMY).leaves_message(90)) as world:
        await world.dial(AMY, Record(max_seconds=20), Say(text="x" * 14))
        await world.clock.advance(200)
        assert (await world.story())[3:] == ["23.5 recorded 20", "24.5 hung_up NORMAL_CLEARING"]


async def test_a_short_message_is_reported_with_its_true_length_and_none_is_not() -> None:
    for seconds, recorded in [(0.7, ["4.2 recorded 0.7"]), (0, [])]:
        async with World(phone(AMY).leaves_message(seconds)) as world:
            await world.dial(AMY, Record())
            await world.clock.advance(60)
            assert [each for each in await world.story() if "recorded" in each] == recorded


async def test_a_caller_whose_line_drops_in_the_middle_still_left_something() -> None:
    async with World(phone(AMY).leaves_message(20).drops_after(5.5)) as world:
        await world.dial(AMY, Record())
        await world.clock.advance(60)
        assert (await world.story())[3:] == ["8.5 recorded 5", "8.5 hung_up NETWORK_OUT_OF_ORDER"]


# --- orders in mid-call ---------------------------------------------------------------------------


async def test_orders_are_carried_out_on_a_leg_that_talks() -> None:
    async with World() as world:
        ref = await world.dial(AMY, LONG)
        await world.clock.advance(5)
        orders: list[Control] = [
            Mute(on=True),
            Hold(on=True),
            Say(text="One minute left."),
            SendDigits(digits="5"),
        ]
        for order in orders:
            world.network.control(ref, order)
        await world.clock.advance(2)
        leg = world.leg()
        assert (leg.muted, leg.held) == (True, True)
        assert world.network.heard(AMY) == ["music", "One minute left.", "digits 5"]
        world.network.control(ref, Mute(on=False))
        world.network.control(ref, Hold(on=False))
        assert (leg.muted, leg.held) == (False, False)


async def test_capture_records_a_part() -> None:
    async with World() as world:
        ref = await world.dial(AMY, LONG)
        await world.clock.advance(10)
        world.network.control(ref, Capture(on=True))
        await world.clock.advance(6)
        world.network.control(ref, Capture(on=True))  # it runs already
        await world.clock.advance(2)
        world.network.control(ref, Capture(on=False))
        world.network.control(ref, Capture(on=False))
        assert (await world.story())[3:] == ["18 recorded 8"]


async def test_silence_ends_what_is_playing_and_the_flow_goes_on() -> None:
    async with World() as world:
        ref = await world.dial(AMY, Say(text="x" * 1400), Say(text="x" * 14))
        await world.clock.advance(10)
        world.network.control(ref, StopPlaying())
        await world.clock.advance(30)
        assert (await world.story())[-1] == "11 hung_up NORMAL_CLEARING"


async def test_a_redirect_drops_the_rest_of_the_flow() -> None:
    async with World() as world:
        ref = await world.dial(AMY, LONG, Say(text="never"))
        await world.clock.advance(5)
        world.network.control(ref, Redirect(flow=CallFlow(steps=(Say(text="x" * 14),))))
        await world.clock.advance(30)
        assert world.network.heard(AMY) == ["x" * 14]
        assert (await world.story())[-1] == "6 hung_up NORMAL_CLEARING"


@pytest.mark.parametrize("order", ["AB", "BA"])
async def test_two_who_talk_move_into_a_conference_one_after_the_other(order: str) -> None:
    meet = Redirect(flow=CallFlow(steps=(Conference(room="r1"),)))
    async with World() as world:
        await world.dial(AMY, dial(BOB, accept=None))
        await world.clock.advance(10)
        for role in order:
            world.network.control(world.leg(role).ref, meet)
            await world.clock.advance(2)
        await world.clock.advance(60)
        assert {leg.role for leg in world.network.switch.rooms["r1"]} == {"A", "B"}
        world.network.hang_up(world.leg("A").ref)
        await world.clock.advance(20)
        assert not world.leg("B").is_over


async def test_whoever_is_left_behind_without_orders_is_hung_up() -> None:
    meet = Redirect(flow=CallFlow(steps=(Conference(room="r1"),)))
    for role, other in ("AB", "BA"):
        async with World() as world:
            await world.dial(AMY, dial(BOB, accept=None))
            await world.clock.advance(10)
            world.network.control(world.leg(role).ref, meet)
            await world.clock.advance(10)
            assert (await world.story(other))[-1] == "15 hung_up NORMAL_CLEARING"
            assert not world.leg(role).is_over


async def test_orders_for_a_leg_that_is_not_there_are_refused() -> None:
    async with World() as world:
        ref = await world.dial(AMY)
        with pytest.raises(Refusal) as ringing:
            world.network.control(ref, Mute(on=True))
        await world.clock.advance(20)
        with pytest.raises(Refusal) as over:
            world.network.control(ref, Mute(on=True))
        with pytest.raises(Refusal) as unknown:
            world.network.control("nobody", Mute(on=True))
        assert [each.value.status for each in (ringing, over, unknown)] == [409, 410, 404]


async def test_orders_that_break_the_network_end_the_leg_and_nothing_else() -> None:
    async with World() as world:
        ref = await world.dial(AMY, LONG)
        await world.dial(BOB, LONG)
        await world.clock.advance(5)
        world.network.control(ref, Redirect(flow=CallFlow(steps=(Menu(code="x"),))))
        await world.clock.advance(1)
        assert (await world.story())[-1] == "5 hung_up TEMPORARY_FAILURE"
        assert not world.leg(token="t2").is_over


async def test_a_leg_is_forgotten_a_day_after_its_end() -> None:
    async with World(phone(BOB).hangs_up_after(10)) as world:
        await world.dial(BOB, LONG)
        await world.clock.advance(hours=23)
        await world.dial(AMY)
        assert [str(leg.address) for leg in world.network.legs] == [BOB, AMY]
        await world.clock.advance(hours=2)
        await world.dial(CAT)
        assert [str(leg.address) for leg in world.network.legs] == [AMY, CAT]


# --- money ----------------------------------------------------------------------------------------


async def test_started_minutes_are_billed_and_an_unanswered_call_costs_nothing() -> None:
    async with World(phone(AMY).hangs_up_after(61), phone(BOB).is_busy()) as world:
        before = world.network.account.balance.amount
        await world.dial(AMY, LONG)
        await world.dial(BOB, LONG)
        await world.clock.advance(100)
        ends = {each.token: each for each in await world.told() if each.kind == "hung_up"}
        assert (str(ends["t1"].cost), ends["t1"].billed_seconds) == ("0.0220 USD", 120)
        assert (str(ends["t2"].cost), ends["t2"].billed_seconds) == ("0.00 USD", 0)
        assert before - world.network.account.balance.amount == ends["t1"].cost.amount  # type: ignore[union-attr]


async def test_every_event_has_an_identity_and_a_growing_sequence() -> None:
    async with World() as world:
        await world.dial(AMY, dial(BOB, CAT), record=True)
        await world.clock.advance(100)
        told = await world.told()
        assert len({each.source_id for each in told}) == len(told) > 12
        assert [each.sequence for each in told] == sorted({each.sequence for each in told})
        assert {each.role for each in told if each.ref == world.leg("B").ref} == {"B"}
