"""Sounds of our own, so that the lab has something to play without the internet: made, not stored."""

import array
import math
from functools import cache
from typing import Final

from adapters.voice.simulator import audio
from adapters.voice.simulator.audio import RATE

_PEAK: Final = 7000

# (semitones above C4, quarters of a second); the melody of 1893 belongs to everybody.
_BIRTHDAY: Final = (
    (7, 1), (7, 1), (9, 2), (7, 2), (12, 2), (11, 4),
    (7, 1), (7, 1), (9, 2), (7, 2), (14, 2), (12, 4),
    (7, 1), (7, 1), (19, 2), (16, 2), (12, 2), (11, 2), (9, 4),
    (17, 1), (17, 1), (16, 2), (12, 2), (14, 2), (12, 4),
)  # fmt: skip
_WAITING: Final = ((0, 2), (4, 2), (7, 2), (11, 2), (9, 2), (7, 2), (4, 2), (2, 2)) * 2

TUNES: Final = {"happy-birthday": _BIRTHDAY, "waiting": _WAITING}


def seconds(name: str) -> float:
    """How long it plays. Raises KeyError for a tune we don't have."""
    return sum(quarters for _, quarters in TUNES[name]) * 0.25


@cache
def wav(name: str) -> bytes:
    """A WAV file, 8 kHz, 16 bit, mono. Raises KeyError for a tune we don't have."""
    samples = array.array("h")
    for semitones, quarters in TUNES[name]:
        samples.extend(_note(261.63 * 2 ** (semitones / 12), quarters * RATE // 4))
    return audio.wav(samples)


def _note(hertz: float, length: int) -> list[int]:
    """Struck and fading, with a little of the octave above."""
    turn = 2 * math.pi * hertz / RATE
    return [
        int(
            _PEAK
            * min(1.0, n / 80, (length - n) / 400)
            * math.exp(-2.2 * n / RATE)
            * (math.sin(turn * n) + 0.3 * math.sin(2 * turn * n))
        )
        for n in range(length)
    ]
