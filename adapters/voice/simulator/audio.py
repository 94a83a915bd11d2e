"""Recordings as real WAV files: 8 kHz, 16 bit, mono. Tones by default, a spoken text where espeak-ng is."""

import array
import asyncio
import io
import math
import shutil
import subprocess
import sys
import wave
from functools import cache
from typing import Final, TypeAlias

Samples: TypeAlias = "array.array[int]"

RATE: Final = 8000
CHARACTERS_PER_SECOND: Final = 14.0
"""The pace of a calm voice."""
_PEAK: Final = 9000
_FADE: Final = RATE // 20
_SCALE: Final = (262, 294, 330, 392, 440, 523, 587, 659)
"""A pentatonic scale, in hertz: any three of these sound friendly together."""


async def recording(number: str, seconds: float, text: str | None = None) -> bytes:
    """A WAV file of exactly that length: `text` spoken where that is possible, else tones of this number."""
    samples = await _speech(text) if text else None
    if samples is None:
        samples = _tones(number, seconds)
    return wav(_cut(samples, round(seconds * RATE)))


async def spoken(number: str, text: str) -> Samples:
    """A text as samples; as long as it takes in tones of this number where no speech can be made."""
    samples = await _speech(text)
    return (
        _cut(_tones(number, speaking_time(text)), round(speaking_time(text) * RATE))
        if samples is None
        else samples
    )


def speaking_time(text: str) -> float:
    """Seconds that a calm voice takes to say it."""
    return len(text) / CHARACTERS_PER_SECOND


def wav(samples: Samples) -> bytes:
    """A WAV file of exactly these samples."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def _cut(samples: Samples, length: int) -> Samples:
    """Exactly that many samples, silence at the end if need be."""
    return samples[:length] + array.array("h", bytes(2 * max(0, length - len(samples))))


def _tones(number: str, seconds: float) -> Samples:
    digits = [int(each) for each in number if each.isdigit()] or [0]
    tune = array.array("h")
    for digit in digits[-4:]:
        tune += _note(_SCALE[digit % len(_SCALE)])
    return tune * (1 + int(seconds * RATE) // len(tune))


@cache
def _note(hertz: int) -> Samples:
    """Half a second, gently swelling and fading so that nothing clicks."""
    length = RATE // 2
    return array.array(
        "h",
        (
            int(
                _PEAK
                * min(1.0, n / _FADE, (length - 1 - n) / _FADE)
                * math.sin(2 * math.pi * hertz * n / RATE)
            )
            for n in range(length)
        ),
    )


async def _speech(text: str) -> "array.array[int] | None":
    program = shutil.which("espeak-ng")
    if program is None:
        return None
    # In a thread, so that a listener who goes away in the middle leaves no child process behind.
    spoken = await asyncio.to_thread(
        subprocess.run,
        [program, "--stdout", "--", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return _samples(spoken.stdout) if spoken.returncode == 0 else None


def _samples(file: bytes) -> "array.array[int] | None":
    """The samples of a WAV file at our rate; None for anything but 16 bit mono."""
    try:
        with wave.open(io.BytesIO(file)) as source:
            if (source.getnchannels(), source.getsampwidth()) != (1, 2):
                return None
            rate = source.getframerate()
            # A program that writes to a pipe does not know the length: take what is there.
            found = array.array("h", source.readframes(len(file)))
    except (wave.Error, EOFError):
        return None
    if sys.byteorder == "big":
        found.byteswap()
    return array.array("h", (found[n * rate // RATE] for n in range(len(found) * RATE // rate)))
