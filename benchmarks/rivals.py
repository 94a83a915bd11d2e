"""The alternatives as their documentation sets them up: APScheduler 3 on SQLAlchemy, and procrastinate."""

import asyncio
import logging
import time
import warnings
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # type: ignore[import-untyped]
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from procrastinate import App, PsycopgConnector

POLL = 0.2
"""Seconds; its default is 5. Below this, polling costs more than it gains."""
AT_ONCE = 20
BATCH = 1000


@dataclass
class Seen:
    """When each job ran, UTC."""

    came: list[tuple[str, datetime]] = field(default_factory=list)

    async def note(self, call: str) -> None:
        self.came.append((call, datetime.now(UTC)))

    async def all(self, calls: int, *, seconds: float) -> None:
        """Until so many have come, or the time is up."""
        end = time.monotonic() + seconds
        while len(self.came) < calls and time.monotonic() < end:  # noqa: ASYNC110 - as for ours
            await asyncio.sleep(0.01)


# --- procrastinate ------------------------------------------------------------------------------


@asynccontextmanager
async def procrastinate(url: str) -> AsyncIterator[tuple[App, Seen]]:
    """With its schema, in an empty database."""
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    app = App(connector=PsycopgConnector(conninfo=url, min_size=4, max_size=AT_ONCE))
    seen = Seen()
    app.task(name="dial")(seen.note)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        yield app, seen


async def defer(app: App, calls: Sequence[str], dues: Sequence[datetime]) -> None:
    """One job a call, in as few statements as it can."""
    by_due: dict[datetime, list[Any]] = {}
    for call, due in zip(calls, dues, strict=True):
        by_due.setdefault(due, []).append({"call": call})
    for due, jobs in by_due.items():
        deferrer = app.configure_task("dial", schedule_at=due)
        for start in range(0, len(jobs), BATCH):
            await deferrer.batch_defer_async(*jobs[start : start + BATCH])


@asynccontextmanager
async def working(app: App) -> AsyncIterator[None]:
    """Its worker at its best: polling often, many jobs at once, listening for news."""
    worker = asyncio.create_task(
        app.run_worker_async(
            concurrency=AT_ONCE,
            fetch_job_polling_interval=POLL,
            install_signal_handlers=False,
            listen_notify=True,
        )
    )
    try:
        yield
    finally:
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


# --- APScheduler --------------------------------------------------------------------------------

_now_seen: Seen | None = None


async def _dial(call: str) -> None:
    """A job of its store is a function that can be imported."""
    assert _now_seen is not None
    await _now_seen.note(call)


@contextmanager
def apscheduler(url: str) -> Iterator[tuple[AsyncIOScheduler, Seen]]:
    """With a SQLAlchemy store, otherwise at its defaults. Not started."""
    global _now_seen  # noqa: PLW0603 - its jobs cannot be told otherwise
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    _now_seen = Seen()
    store = SQLAlchemyJobStore(url=url.replace("postgresql://", "postgresql+psycopg://"))
    yield AsyncIOScheduler(jobstores={"default": store}, timezone=UTC), _now_seen
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store.engine.dispose()


def add_jobs(scheduler: AsyncIOScheduler, calls: Sequence[str], dues: Sequence[datetime]) -> None:
    for call, due in zip(calls, dues, strict=True):
        scheduler.add_job(_dial, "date", run_date=due, args=[call], id=call)
