"""A dispatching process that kills itself without warning, at the points where a crash could do harm.

Run as `python -m tests.torture.worker '<json>'`; see `Job`.
"""

import asyncio
import json
import os
import random
import signal
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from math import inf
from types import TracebackType
from typing import Any

from adapters.voice.simulator.driver import Simulator
from adapters.wire import http
from bot import compose
from bot.domain.call import Placement
from bot.ports.ledger import Ledger
from bot.ports.voice import Hooks, Placed
from tests.torture.clock import FastClock

POINTS = ("claimed", "placing", "before the request", "request taken", "placed", "event")
"""The steps of `dialling.md` 4b after which the process may die."""
SHORT = 8
"""Steps in a short life."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """`odds` of dying at each point it passes; `points` are those at which it may. The first `life` of a
    `worker` is a short one, so that somebody dies in every run; from the one after `mortal_lives` on it does
    not die any more."""

    database: str
    network: str
    folder: str
    epoch: str
    speed: float
    odds: float
    seed: int
    points: tuple[str, ...] = POINTS
    worker: int = 0
    life: int = 0
    mortal_lives: int | None = None
    per_second: float = 0.0

    def to_text(self) -> str:
        return json.dumps(asdict(self))


class Reaper:
    """Kills this process, dice permitting."""

    def __init__(self, job: Job) -> None:
        dice = random.Random(f"{job.seed}/{job.worker}/{job.life}")
        chosen = dice.expovariate(job.odds)
        self._steps_left = min(chosen, dice.randint(0, SHORT)) if job.life == 0 else chosen
        if job.mortal_lives is not None and job.life >= job.mortal_lives:
            self._steps_left = inf
        self._job = job

    def pass_by(self, point: str) -> None:
        if point not in self._job.points:
            return
        self._steps_left -= 1
        if self._steps_left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalProvider(Simulator):
    """The driver, with two places to die: before the request leaves, and once it was taken."""

    reaper: Reaper

    async def originate(self, placement: Placement, hooks: Hooks) -> Placed:
        self.reaper.pass_by("before the request")
        placed = await super().originate(placement, hooks)
        self.reaper.pass_by("request taken")
        return placed


class MortalTransaction:
    """Everything the real one does; after a commit it may be the last thing this process did."""

    def __init__(self, inner: AbstractAsyncContextManager[Any], reaper: Reaper) -> None:
        self._inner = inner
        self._reaper = reaper
        self._did = ""

    async def __aenter__(self) -> "MortalTransaction":
        self._tx = await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._inner.__aexit__(kind, error, trace)

    async def claim(self, **how: Any) -> Any:
        claimed = await self._tx.claim(**how)
        self._did = "claimed" if claimed else self._did
        return claimed

    async def begin_placement(self, *what: Any, **how: Any) -> bool:
        self._did = "placing"
        return bool(await self._tx.begin_placement(*what, **how))

    async def begin_placements(self, *what: Any, **how: Any) -> Any:
        self._did = "placing"
        return await self._tx.begin_placements(*what, **how)

    async def add_events(self, *what: Any) -> Any:
        self._did = "event"
        return await self._tx.add_events(*what)

    async def save_call(self, *calls: Any) -> None:
        self._did = self._did or "placed"
        await self._tx.save_call(*calls)

    async def commit(self) -> None:
        await self._tx.commit()
        self._reaper.pass_by(self._did)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


class MortalLedger:
    """Hands out units of work that may not live to see the next step."""

    def __init__(self, inner: Ledger, reaper: Reaper) -> None:
        self._inner = inner
        self._reaper = reaper

    def __call__(self) -> MortalTransaction:
        return MortalTransaction(self._inner(), self._reaper)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def settings_of(job: Job) -> dict[str, str]:
    """No limits: what is judged here is how often a phone rings."""
    unlimited = ("PLACEMENTS_PER_HOUR", "ROOM_LIVE_LEGS", "ROOM_CALLS_PER_DAY")
    return {
        "DATABASE_URL": job.database,
        "SIMULATOR_URL": job.network,
        "PATCHLINE_DATA_DIR": job.folder,
        "PATCHLINE_SECRET_KEY": "torture " * 6,
        "PATCHLINE_DEFAULT_REGION": "US",
        "PATCHLINE_CALLS_PER_SECOND": str(job.per_second),
        **{f"PATCHLINE_{name}": "0" for name in unlimited},
    }


async def work(job: Job) -> None:
    clock = FastClock(datetime.fromisoformat(job.epoch), job.speed)
    settings = compose.settings_from(settings_of(job))
    reaper = Reaper(job)
    provider = MortalProvider.at(job.network, clock, http.PATIENT)
    assert isinstance(provider, MortalProvider)
    provider.reaper = reaper
    ledger: Any = MortalLedger(compose.make_ledger(settings, clock), reaper)
    house = compose.build(settings, clock=clock, chats={}, providers={"simulator": provider}, ledger=ledger)
    async with house.running(dispatch=True):
        await asyncio.Event().wait()


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    asyncio.run(work(Job(**{**told, "points": tuple(told["points"])})))
