"""Stand-ins that tests own: a clock that moves only when told, and names that count up."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


class FakeClock:
    """Sleepers wait on a monotonic count; `now()` adds a wall-clock offset that `step` can shift.

    `advance` wakes sleepers in order, letting everything that became ready run before time moves on.
    """

    def __init__(self, start: datetime = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._suspended = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=round(self._elapsed, 6))

    def boot(self) -> float:
        return self._elapsed + self._suspended

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._count), woken))
        await woken

    def step(self, **delta: float) -> None:
        """The wall clock jumps; nobody's sleep gets shorter or longer."""
        self._start += timedelta(**delta)

    async def sleeps(self, seconds: float) -> None:
        """The machine is suspended: both clocks go on, and nobody in it notices until it wakes."""
        await settle()
        self._start += timedelta(seconds=seconds)
        self._suspended += seconds

    async def advance(self, seconds: float = 0, **delta: float) -> None:
        """Let that much time pass: `advance(5)`, `advance(minutes=5)`."""
        until = self._elapsed + seconds + timedelta(**delta).total_seconds()
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until + 1e-9:
            when, _, woken = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, when)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._elapsed = max(self._elapsed, until)
        await settle()

    async def advance_to(self, moment: datetime) -> None:
        """Let time pass until the wall clock shows `moment`."""
        await self.advance((moment - self.now()).total_seconds())


async def settle() -> None:
    """Return when nothing else in this loop is ready to run. I/O that is under way does not count."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    while ready:  # noqa: ASYNC110 - the loop's own queue has no event to wait for
        await asyncio.sleep(0)


class AtOnce(ThreadPoolExecutor):
    """A pool that does the work where it is handed in: what goes to a thread is done before time moves on."""

    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        done: Future[T] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the result
            done.set_exception(error)
        return done


class CountingIds:
    """`t1`, `t2`, …: readable in a failing test."""

    def __init__(self, prefix: str = "t") -> None:
        self._prefix = prefix
        self._count = itertools.count(1)

    def new(self) -> str:
        return f"{self._prefix}{next(self._count)}"
