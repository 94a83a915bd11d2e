"""Recordings are real WAV files of exactly the length that was reported."""

import asyncio
import io
import os
import time
import wave
from pathlib import Path

import pytest

from adapters.voice.simulator import audio
from bot.domain.audio import recognise


def opened(data: bytes) -> wave.Wave_read:
    return wave.open(io.BytesIO(data))


@pytest.mark.parametrize("seconds", [0.05, 0.7, 1, 4.5, 180])
async def test_the_length_is_exact(seconds: float) -> None:
    data = await audio.recording("+12125550101", seconds)
    file = opened(data)
    assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
    assert file.getnframes() == round(seconds * 8000)
    sound = recognise(data)
    assert sound is not None
    assert sound.seconds == pytest.approx(seconds, abs=1 / 8000)


async def test_it_can_be_heard_and_does_not_click() -> None:
    frames = opened(await audio.recording("+12125550101", 2)).readframes(16000)
    samples = memoryview(frames).cast("h")
    assert 5000 < max(samples) < 32767
    assert max(abs(samples[n + 1] - samples[n]) for n in range(len(samples) - 1)) < 6000
    assert max(samples[:80]) < max(samples) / 2
    assert max(samples[3920:4080]) < max(samples) / 2


async def test_numbers_sound_different_and_the_same_number_the_same() -> None:
    first, again, other = [
        await audio.recording(number, 2) for number in ("+12125550101", "+12125550101", "+12125550187")
    ]
    assert first == again != other


async def test_a_withheld_number_has_a_sound_too() -> None:
    assert opened(await audio.recording("None", 1)).getnframes() == 8000


def speaking_program(folder: Path, *, rate: int, fails: bool = False) -> None:
    """An `espeak-ng` that says 1 s of a ramp at that rate, and notes what it was asked to say."""
    program = folder / "espeak-ng"
    program.write_text(
        "#!/usr/bin/env python3\n"
        "import sys, wave\n"
        f"open({str(folder / 'said')!r}, 'w').write(repr(sys.argv[1:]))\n"
        f"if {fails}: sys.exit(1)\n"
        "out = wave.open(sys.stdout.buffer, 'wb')\n"
        f"out.setnchannels(1); out.setsampwidth(2); out.setframerate({rate})\n"
        f"out.writeframes(b''.join((n % 30000).to_bytes(2, 'little') for n in range({rate})))\n"
        "out.close()\n"
    )
    program.chmod(0o755)


async def test_a_text_is_spoken_where_that_is_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaking_program(tmp_path, rate=22050)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    data = await audio.recording("+12125550101", 3, "--Hello $(rm) 'there'")
    assert (tmp_path / "said").read_text() == repr(["--stdout", "--", "--Hello $(rm) 'there'"])
    samples = memoryview(opened(data).readframes(24000)).cast("h")
    assert len(samples) == 24000
    assert samples[4000] == pytest.approx(11025, abs=3)
    assert set(samples[8001:]) == {0}


async def test_a_program_that_fails_leaves_tones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speaking_program(tmp_path, rate=22050, fails=True)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert await audio.recording("+12125550101", 1, "Hello") == await audio.recording("+12125550101", 1)


async def test_making_one_does_not_hold_up_the_others() -> None:
    await audio.recording("+12125550101", 180)
    loop = asyncio.get_running_loop()
    started = loop.time()
    await audio.recording("+12125550101", 180)
    assert loop.time() - started < 0.25


def test_whoever_stops_listening_leaves_no_child_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, started = tmp_path / "espeak-ng", tmp_path / "pid"
    program.write_text(f"#!/bin/sh\necho $$ > {started}.new; mv {started}.new {started}\nsleep 0.5\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    async def interrupted() -> None:
        listening = asyncio.create_task(audio.recording("+12125550101", 1, "Hello"))
        await asyncio.to_thread(appears, started)
        listening.cancel()
        await asyncio.wait({listening})

    asyncio.run(interrupted())
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def appears(file: Path) -> None:
    for _ in range(500):
        if file.exists():
            return
        time.sleep(0.01)
    raise AssertionError(f"{file} never came")
