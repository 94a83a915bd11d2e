"""A voicemail taken from somebody who holds the phone: their voice, as it comes in, at its place in time."""

import array
import asyncio
import sys
from datetime import datetime
from typing import Final

from adapters.voice.simulator.audio import RATE, Samples
from adapters.voice.simulator.waiting import race
from bot.domain.flow import Record
from bot.ports.clock import Clock, MovableClock

LOUD: Final = 650
"""A sample (of 32767) above which somebody speaks: over a quiet room, and under a quiet voice."""
FRAME: Final = RATE // 50
WOBBLE: Final = 0.5
"""Seconds by which a piece of one voice may be late and still belong to the piece before it."""


class Recorder:
    """Runs from the beep on. Offsets are seconds since then, on the network's clock.

    A piece of voice that comes as soon after the one before it as it takes to speak continues it without a
    seam: a line is never quite even, and a clock that is hurried or paused does not stretch anybody's voice.
    Any other piece ends now. What comes later than `max_seconds` is not recorded.
    """

    def __init__(self, clock: Clock, step: Record) -> None:
        self._clock = clock
        self.step = step
        self.since: datetime = clock.now()
        self._began = clock.boot()
        self._samples: Samples = array.array("h")
        self._heard_at: float | None = None
        self._said_until: float | None = None
        self._news = asyncio.Event()

    @property
    def samples(self) -> Samples:
        """Everything so far, with silence where nothing was said; it ends with the last piece."""
        return self._samples

    def hear(self, pcm: bytes) -> None:
        """A piece of voice that was just spoken: 16 bit little endian, mono, 8 kHz, whole samples."""
        samples = array.array("h", pcm)
        if sys.byteorder == "big":
            samples.byteswap()
        length, now = len(samples) / RATE, self._offset()
        start = self._end if self._continues(now, length) else max(self._end, now - length)
        self._heard_at = now
        self._place(samples, start)
        quiet = _quiet_tail(samples)
        if quiet < len(samples):
            self._say_until(max(self._end, now) - quiet / RATE)
        self._tell()

    def speak(self, samples: Samples) -> None:
        """Words that begin to be spoken now, after whatever is still being said."""
        self._place(samples, max(self._end, self._offset()))
        self._say_until(max(self._end, self._offset()))
        self._tell()

    async def ended(self) -> None:
        """Wait for the longest that is recorded, or for the silence after something was said."""
        while (left := self._ends_at() - self._offset()) > 0 and self._end < self.step.max_seconds:
            await race(self._news.wait(), self._clock.sleep(left))

    def _ends_at(self) -> float:
        silent = self._said_until
        longest = float(self.step.max_seconds)
        return longest if silent is None else min(longest, silent + self.step.silence_seconds)

    @property
    def _end(self) -> float:
        return len(self._samples) / RATE

    def _offset(self) -> float:
        return self._clock.boot() - self._began

    def _continues(self, now: float, length: float) -> bool:
        if self._heard_at is None:
            return False
        speed = self._clock.pace.speed if isinstance(self._clock, MovableClock) else 1.0
        return now - self._heard_at <= (length + WOBBLE) * max(1.0, speed)

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _place(self, samples: Samples, start: float) -> None:
        gap = round(start * RATE) - len(self._samples)
        self._samples.frombytes(bytes(2 * max(0, gap)))
        self._samples.extend(samples)
        del self._samples[self.step.max_seconds * RATE :]

    def _say_until(self, offset: float) -> None:
        self._said_until = max(self._said_until or 0.0, offset)


def _quiet_tail(samples: Samples) -> int:
    """How many samples at the end are no voice: whole frames of 20 ms, back to the last loud one."""
    for end in range(len(samples), 0, -FRAME):
        frame = samples[max(0, end - FRAME) : end]
        if max(frame) > LOUD or min(frame) < -LOUD:
            return len(samples) - end
    return len(samples)
