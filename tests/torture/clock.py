"""One fast clock for several processes: the same wall time everywhere, running `speed` times as fast."""

import asyncio
from datetime import UTC, datetime


class FastClock:
    """`epoch` (aware) is when it showed real time; every process that is told both agrees on `now()`."""

    def __init__(self, epoch: datetime, speed: float) -> None:
        self._epoch = epoch
        self._speed = speed

    def now(self) -> datetime:
        return self._epoch + (datetime.now(UTC) - self._epoch) * self._speed

    def boot(self) -> float:
        return (self.now() - self._epoch).total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self._speed))
