"""Numbers every change of the simulated world, so that a page that watches asks only for what is new."""

import asyncio
from contextlib import suppress

from adapters.voice.simulator.channel import Channel


class Changes:
    """One count over all legs and the clock, from 1. Watchers ask for what came after the one they know."""

    def __init__(self) -> None:
        self._serial = 0
        self._news = asyncio.Event()

    @property
    def serial(self) -> int:
        """That of the last change; 0 before the first."""
        return self._serial

    def note(self, channel: Channel) -> None:
        """This leg is not what it was."""
        channel.serial = self._serial + 1
        self.tick()

    def tick(self) -> None:
        """Something that is no leg has changed: the clock."""
        self._serial += 1
        self.wake()

    def wake(self) -> None:
        """Every watcher who waits gets an answer now, news or not."""
        self._news.set()
        self._news = asyncio.Event()

    async def after(self, serial: int, *, wait: float) -> None:
        """Return when there is something newer than `serial`, or after so many real seconds."""
        if self._serial == serial and wait > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
