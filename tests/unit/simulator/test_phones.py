"""Each script of a phone, seen from the provider's events. Dialling to ringing takes a second here."""

from adapters.voice.simulator.script import Phone
from bot.domain.causes import AmdVerdict
from bot.domain.control import Say as SayNow
from bot.domain.flow import Pause, Play, Say
from tests.unit.simulator.world import AMY, World, dial, phone

HELLO = Say(text="Hello, this is a test.")  # 22 characters: 1.57 s
LONG = Pause(seconds=100)


async def story_of(script: Phone, *, ring: int = 30, longest: int = 0, **flow: object) -> list[str]:
    async with World(script) as world:
        await world.dial(AMY, LONG, ring=ring, longest=longest, **flow)  # type: ignore[arg-type]
        await world.clock.advance(300)
        return await world.story()


async def test_a_person_answers_and_stays_until_the_flow_is_over() -> None:
    assert await story_of(phone(AMY).rings(3).answers()) == [
        "0 dialed",
        "1 rang",
        "4 answered",
        "104 hung_up NORMAL_CLEARING",
    ]


async def test_busy_does_not_ring() -> None:
    assert await story_of(phone(AMY).is_busy()) == ["0 dialed", "1 hung_up USER_BUSY"]


async def test_a_number_that_does_not_exist_does_not_ring() -> None:
    assert await story_of(phone(AMY).is_unallocated()) == ["0 dialed", "1 hung_up UNALLOCATED_NUMBER"]


async def test_nobody_answers_within_the_ring_time() -> None:
    story = await story_of(phone(AMY).never_answers(), ring=12)
    assert story == ["0 dialed", "1 rang", "13 hung_up NO_ANSWER"]


async def test_somebody_too_slow_for_the_ring_time_is_no_answer() -> None:
    story = await story_of(phone(AMY).rings(40).answers(), ring=12)
    assert story == ["0 dialed", "1 rang", "13 hung_up NO_ANSWER"]


async def test_without_a_ring_time_the_network_itself_gives_up() -> None:
    story = await story_of(phone(AMY).never_answers(), ring=0)
    assert story == ["0 dialed", "1 rang", "181 hung_up NO_ANSWER"]


async def test_rejected_after_ringing() -> None:
    story = await story_of(phone(AMY).rings(4).rejects())
    assert story == ["0 dialed", "1 rang", "5 hung_up CALL_REJECTED"]


async def test_hangs_up_at_its_second() -> None:
    assert (await story_of(phone(AMY).hangs_up_after(7)))[-1] == "10 hung_up NORMAL_CLEARING"


async def test_the_line_drops() -> None:
    assert (await story_of(phone(AMY).drops_after(7)))[-1] == "10 hung_up NETWORK_OUT_OF_ORDER"


async def test_the_longest_duration_cuts_the_call() -> None:
    assert (await story_of(phone(AMY), longest=60))[-1] == "63 hung_up RECOVERY_ON_TIMER_EXPIRE"


async def test_keys_are_pressed_at_their_seconds() -> None:
    story = await story_of(phone(AMY).presses("12", after=2).presses("#", after=5))
    assert story[3:5] == ["5 dtmf 12", "8 dtmf #"]


async def test_a_phone_without_a_script_is_a_person_who_answers() -> None:
    async with World() as world:
        await world.dial(AMY, HELLO)
        await world.clock.advance(60)
        assert [each.split()[1] for each in await world.story()] == ["dialed", "rang", "answered", "hung_up"]


async def test_scripts_can_be_changed_while_the_network_runs() -> None:
    async with World(phone(AMY).is_busy()) as world:
        await world.dial(AMY)
        await world.clock.advance(5)
        world.network.install(phone(AMY).answers())
        await world.dial(AMY)
        await world.clock.advance(60)
        assert (await world.story(token="t1"))[-1].endswith("USER_BUSY")
        assert "answered" in " ".join(await world.story(token="t2"))


# --- who answered ---------------------------------------------------------------------------------


async def test_nobody_asks_who_answered_unless_there_is_a_branch() -> None:
    async with World(phone(AMY).is_machine()) as world:
        await world.dial(AMY, HELLO)
        await world.clock.advance(60)
        assert "machine" not in " ".join(await world.story())
        assert world.leg().heard[0].at == world.leg().answered_at


async def test_a_machine_hears_its_branch_after_the_beep() -> None:
    async with World(phone(AMY).is_machine(greeting=6)) as world:
        await world.dial(AMY, HELLO, on_machine=[Say(text="Call me back.")])
        await world.clock.advance(60)
        assert (await world.story())[2:4] == ["3 answered", "5 machine machine"]
        assert [(world._seconds(each.at), each.what) for each in world.leg().heard] == [
            (9.5, "Call me back.")
        ]


async def test_an_empty_branch_hangs_up_on_a_machine() -> None:
    async with World(phone(AMY).is_machine(greeting=6)) as world:
        await world.dial(AMY, HELLO, on_machine=[])
        await world.clock.advance(60)
        assert world.leg().heard == []
        assert (await world.story())[-1] == "9.5 hung_up NORMAL_CLEARING"


async def test_a_person_is_told_from_a_machine() -> None:
    async with World(phone(AMY)) as world:
        await world.dial(AMY, HELLO, on_machine=[])
        await world.clock.advance(60)
        assert "4 machine human" in await world.story()
        assert world.network.heard(AMY) == [HELLO.text]


async def test_detection_can_err() -> None:
    for verdict, heard in [(AmdVerdict.UNSURE, [HELLO.text]), (AmdVerdict.MACHINE, ["Beep?"])]:
        async with World(phone(AMY).is_taken_for(verdict)) as world:
            await world.dial(AMY, HELLO, on_machine=[Say(text="Beep?")])
            await world.clock.advance(60)
            assert f"machine {verdict}" in " ".join(await world.story())
            assert world.network.heard(AMY) == heard


async def test_a_machine_stops_recording_some_time() -> None:
    story = await story_of(phone(AMY).is_machine(greeting=5), longest=0)
    assert story[-1] == "103 hung_up NORMAL_CLEARING"
    async with World(phone(AMY).is_machine(greeting=5)) as world:
        await world.dial(AMY, Pause(seconds=1000))
        await world.clock.advance(300)
        assert (await world.story())[-1] == "128 hung_up NORMAL_CLEARING"


# --- call screening -------------------------------------------------------------------------------


async def test_screening_is_noticed_and_a_person_comes_after_hearing_why() -> None:
    async with World(phone(AMY).screens(after=4)) as world:
        ref = await world.dial(AMY, HELLO)
        await world.clock.advance(10)
        assert (await world.story())[2:] == ["3 answered", "4 machine screening"]
        assert world.network.heard(AMY) == []
        world.network.control(ref, SayNow(text="Bob, about dinner."))
        await world.clock.advance(20)
        assert (await world.story())[4] == "14 machine human"
        assert world.network.heard(AMY) == ["Bob, about dinner.", HELLO.text]


async def test_a_screening_phone_rings_nobody_for_a_silent_caller() -> None:
    async with World(phone(AMY).screens()) as world:
        await world.dial(AMY, HELLO)
        await world.clock.advance(60)
        assert (await world.story())[-1] == "34 hung_up NORMAL_CLEARING"
        assert world.network.heard(AMY) == []


async def test_screened_out() -> None:
    async with World(phone(AMY).screens(lets_through=False, after=4)) as world:
        ref = await world.dial(AMY, HELLO)
        await world.clock.advance(6)
        world.network.control(ref, SayNow(text="Bob, about dinner."))
        await world.clock.advance(60)
        assert (await world.story())[-1] == "10 hung_up NORMAL_CLEARING"


async def test_the_prompt_for_the_accept_key_tells_a_screening_phone_who_calls() -> None:
    bob = "+12125550102"
    async with World(phone(bob).screens(after=2).presses_accept(after=1)) as world:
        await world.dial(AMY, dial(bob))
        await world.clock.advance(30)
        assert [each.split(" ", 1)[1] for each in await world.story("B")] == [
            "dialed",
            "rang",
            "answered",
            "machine screening",
            "machine human",
            "dtmf 1",
            "bridged",
        ]


async def test_music_is_no_voice_to_a_screening_phone() -> None:
    async with World(phone(AMY).screens(after=1)) as world:
        ref = await world.dial(AMY, HELLO)
        await world.clock.advance(5)
        world.network.control(ref, Play(url="https://example.com/song.mp3"))
        await world.clock.advance(20)
        assert "machine human" not in " ".join(await world.story())
