"""A voicemail that is spoken by hand: what is kept is exactly that voice, at its place in time."""

import array
import io
import math
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.clock import DemoClock
from adapters.voice.simulator import audio
from adapters.voice.simulator.recorder import Recorder
from adapters.voice.simulator.script import phone
from bot.domain.call import ProviderRef
from bot.domain.flow import Pause, Record, Say
from tests.unit.simulator.test_hands import refused
from tests.unit.simulator.world import AMY, World

THANKS = Say(text="x" * 14)
HELD = phone(AMY).never_answers().is_by_hand()


def tone(seconds: float, *, peak: int = 8000) -> bytes:
    """A voice, near enough."""
    wave_ = (int(peak * math.sin(n / 5)) for n in range(round(seconds * audio.RATE)))
    return array.array("h", wave_).tobytes()


def quiet(seconds: float) -> bytes:
    """A room in which nobody speaks."""
    return tone(seconds, peak=90)


class Mailbox:
    """AMY answered by hand at 2, and has heard the beep at 2.5: offset 0 of the recording."""

    def __init__(self, world: World, ref: ProviderRef) -> None:
        self.world = world
        self.ref = ref

    def says(self, pcm: bytes) -> None:
        self.world.network.hands.voice(self.ref, pcm)

    async def types(self, text: str) -> None:
        await self.world.network.hands.speak(self.ref, text)

    async def passes(self, seconds: float) -> None:
        await self.world.clock.advance(seconds)

    async def story(self) -> list[str]:
        """From the end of the beep on."""
        return (await self.world.story())[3:]

    async def kept(self) -> "audio.Samples | None":
        """The samples of the WAV file; its length must be the one that was reported."""
        reported = [each.recording for each in await self.world.told() if each.recording]
        if not reported:
            return None
        (ref,) = reported
        assert ref.voicemail
        wav = await self.world.network.account.recording(ref.ref)
        with wave.open(io.BytesIO(wav)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
            assert file.getnframes() / 8000 == ref.seconds
            return array.array("h", file.readframes(file.getnframes()))


async def mailbox(world: World, *, longest: int = 180, silence: int = 5) -> Mailbox:
    record = Record(max_seconds=longest, silence_seconds=silence)
    ref = await world.dial(AMY, record, THANKS, Pause(seconds=50))
    await world.clock.advance(2)
    world.network.hands.answer(ref)
    await world.clock.advance(0.5)
    return Mailbox(world, ref)


def samples(*pieces: bytes) -> audio.Samples:
    return array.array("h", b"".join(pieces))


SILENT_SECOND = bytes(16_000)


# --- what is kept ---------------------------------------------------------------------------------


async def test_what_is_kept_is_the_voice_with_silence_where_nobody_spoke() -> None:
    async with World(HELD) as world:
        box = await mailbox(world)
        await box.passes(3)
        box.says(tone(1))  # just spoken: from 2 to 3
        await box.passes(4)
        box.says(tone(2, peak=5000))  # from 5 to 7
        world.network.hands.press(box.ref, "#")
        await box.passes(1)
        assert await box.kept() == samples(SILENT_SECOND * 2, tone(1), SILENT_SECOND * 2, tone(2, peak=5000))
        assert await box.story() == ["9.5 dtmf #", "9.5 recorded 7"]
        assert world.network.heard(AMY) == ["beep", THANKS.text]


async def test_pieces_of_one_voice_are_joined_without_a_seam() -> None:
    whole = tone(2)
    pieces = [whole[n : n + 4000] for n in range(0, len(whole), 4000)]  # a quarter of a second each
    async with World(HELD) as world:
        box = await mailbox(world)
        for n, piece in enumerate(pieces):
            await box.passes(0.25 + 0.1 * (n % 2 * 2 - 1))  # 0.15 s, 0.35 s, …: the line is uneven
            box.says(piece)
        world.network.hands.hang_up(box.ref)
        await box.passes(1)
        assert await box.kept() == samples(whole)
        assert await box.story() == ["4.5 recorded 2", "4.5 hung_up NORMAL_CLEARING"]


async def test_a_voice_that_comes_faster_than_time_is_kept_whole() -> None:
    async with World(HELD) as world:
        box = await mailbox(world)
        box.says(tone(3))
        box.says(tone(2, peak=5000))
        world.network.hands.hang_up(box.ref)
        await box.passes(1)
        assert await box.kept() == samples(tone(3), tone(2, peak=5000))


async def test_whoever_says_nothing_leaves_nothing() -> None:
    async with World(HELD) as world:
        box = await mailbox(world)
        await box.passes(20)
        world.network.hands.hang_up(box.ref)
        await box.passes(1)
        assert await box.kept() is None


async def test_two_messages_are_two_recordings_of_their_own() -> None:
    async with World(HELD) as world:
        for seconds in (1, 2):
            box = await mailbox(world)
            box.says(tone(seconds))
            world.network.hands.hang_up(box.ref)
            await box.passes(1)
        told = [each.recording for each in await world.told() if each.recording]
        assert [each.seconds for each in told] == [1, 2]
        wavs = [await world.network.account.recording(each.ref) for each in told]
        assert [len(wav) for wav in wavs] == [44 + 16_000, 44 + 32_000]


# --- how it ends ----------------------------------------------------------------------------------


async def ends_at(box: Mailbox) -> str:
    """When the thanks were said, seconds from the beep's end."""
    heard = [each for each in box.world.leg().heard if each.what == THANKS.text]
    return " ".join(f"{box.world._seconds(each.at) - 2.5:g}" for each in heard)


async def test_silence_counts_only_after_something_was_said() -> None:
    async with World(HELD) as world:
        box = await mailbox(world)
        await box.passes(30)
        box.says(quiet(1))
        await box.passes(30)
        assert await ends_at(box) == ""
        box.says(tone(1) + quiet(1))  # loud from 58 to 59
        await box.passes(3.9)
        assert await ends_at(box) == ""
        await box.passes(1)
        assert await ends_at(box) == "64"


async def test_a_voice_that_goes_on_puts_the_end_off() -> None:
    async with World(HELD) as world:
        box = await mailbox(world, silence=3)
        for _ in range(5):
            await box.passes(2)
            box.says(tone(1))
        await box.passes(2)
        for _ in range(4):
            box.says(quiet(0.25))
            await box.passes(0.25)
        assert await ends_at(box) == "13"


async def test_a_microphone_that_stays_open_in_a_quiet_room_ends_it_too() -> None:
    async with World(HELD) as world:
        box = await mailbox(world)
        await box.passes(1)
        box.says(tone(1))
        for _ in range(19):
            await box.passes(0.25)
            box.says(quiet(0.25))
        assert await ends_at(box) == ""
        await box.passes(0.25)
        assert await ends_at(box) == "6"
        assert await box.kept() == samples(tone(1), quiet(0.25) * 19)


async def test_the_longest_message_is_cut_exactly() -> None:
    async with World(HELD) as world:
        box = await mailbox(world, longest=10)
        await box.passes(9.5)
        box.says(tone(1))
        await box.passes(2)
        assert await ends_at(box) == "10"
        assert await box.kept() == samples(SILENT_SECOND * 8, bytes(8000), tone(1))
        assert refused(box.says, tone(1)) == (409, "not recording")


async def test_more_voice_than_fits_ends_it_at_once() -> None:
    async with World(HELD) as world:
        box = await mailbox(world, longest=4)
        box.says(tone(3))
        box.says(tone(3))
        await box.passes(0.1)
        assert await ends_at(box) == "0"
        assert await box.kept() == samples(tone(3), tone(1))


# --- words ----------------------------------------------------------------------------------------


@pytest.fixture
def no_speech(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without espeak-ng."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_speech")
async def test_words_are_spoken_into_the_recording_in_their_turn() -> None:
    async with World(HELD) as world:
        box = await mailbox(world)
        await box.passes(2)
        await box.types("x" * 28)  # two seconds
        await box.passes(1)
        await box.types("y" * 14)  # waits for its turn: from 4 to 5
        await box.passes(8.9)
        assert await ends_at(box) == "10"
        kept = await box.kept()
        assert kept is not None
        assert len(kept) == 5 * 8000
        assert set(kept[: 2 * 8000]) == {0}
        assert max(kept[2 * 8000 :]) > 5000


async def test_words_are_really_spoken_where_that_is_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.simulator.test_audio import speaking_program

    speaking_program(tmp_path, rate=8000)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    async with World(HELD) as world:
        box = await mailbox(world)
        await box.types("Call me back.")
        await box.passes(7)
        assert (tmp_path / "said").read_text() == repr(["--stdout", "--", "Call me back."])
        assert await box.kept() == array.array("h", range(8000))
        assert await ends_at(box) == "6"


async def test_what_makes_no_sense_is_refused() -> None:
    async with World(HELD) as world:
        box = await mailbox(world)
        assert refused(box.says, b"") == (400, "no voice")
        assert refused(box.says, b"odd") == (400, "no voice")
        assert refused(box.says, bytes(60 * 16_000 + 2)) == (413, "too much")
        for text in ("", "  ", "x" * 1001):
            with pytest.raises(Exception, match="1000 characters"):
                await box.types(text)
        await box.passes(1)
        world.network.hands.press(box.ref, "#")
        await box.passes(0)
        assert await box.kept() is None
        assert refused(box.says, tone(1)) == (409, "not recording")
        world.network.hands.hang_up(box.ref)
        assert refused(box.says, tone(1)) == (410, "over")


async def test_nobody_speaks_by_hand_into_a_message_that_a_script_leaves() -> None:
    async with World(phone(AMY).leaves_message(7)) as world:
        ref = await world.dial(AMY, Record())
        await world.clock.advance(5)
        assert refused(world.network.hands.voice, ref, tone(1)) == (409, "not recording")


# --- a clock that is hurried or stands still ------------------------------------------------------


async def spoken_at(speed: float, pieces: Sequence[bytes]) -> audio.Samples:
    """What a recorder makes of pieces that come one after the other, each after a few milliseconds."""
    clock = DemoClock()
    clock.run(speed)
    recorder = Recorder(clock, Record())
    for piece in pieces:
        await DemoClock().sleep(0.005)
        recorder.hear(piece)
    return recorder.samples


@pytest.mark.parametrize("speed", [0, 100])
async def test_a_voice_is_not_stretched_by_the_clock(speed: float) -> None:
    pieces = [tone(0.005, peak=9000 - n) for n in range(10)]
    kept = await spoken_at(speed, pieces)
    assert kept[-10 * 40 :] == samples(*pieces)
