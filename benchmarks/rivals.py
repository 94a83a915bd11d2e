"""The alternatives as their documentation sets them up: APScheduler 3 on SQLAlchemy, and procrastinate."""

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from procrastinate import App, PsycopgConnector

from benchmarks.bed import Seen

POLL = 0.2
"""Seconds; its default is 5. Below this, polling costs more than it gains."""
AT_ONCE = 20
BATCH = 1000


# --- procrastinate ------------------------------------------------------------------------------


@asynccontextmanager
async def procrastinate(url: str) -> AsyncIterator[tuple[App, Seen]]:
    """With its schema, in an empty database."""
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    app = App(connector=PsycopgConnector(conninfo=url, min_size=4, max_size=AT_ONCE))
    seen = Seen()

    @app.task(name="dial")
    async def dial(call: str) -> None:
        seen.note(call)

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

_RUNS: Final[dict[str, Seen]] = {}


async def _dial(run: str, call: str) -> None:
    """A job of its store is a function that can be imported, so it finds its list by name."""
    _RUNS[run].note(call)


@contextmanager
def apscheduler(url: str) -> Iterator[tuple[AsyncIOScheduler, Seen]]:
    """With a SQLAlchemy store, otherwise at its defaults. Not started."""
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    seen = Seen()
    _RUNS[seen.run] = seen
    store = SQLAlchemyJobStore(url=url.replace("postgresql://", "postgresql+psycopg://"))
    yield AsyncIOScheduler(jobstores={"default": store}, timezone=UTC), seen
    del _RUNS[seen.run]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store.engine.dispose()


def add_jobs(scheduler: AsyncIOScheduler, seen: Seen, calls: Sequence[str], dues: Sequence[datetime]) -> None:
    """One job a call."""
    for call, due in zip(calls, dues, strict=True):
        scheduler.add_job(_dial, "date", run_date=due, args=[seen.run, call], id=call)


async def run(scheduler: AsyncIOScheduler, calls: int, *, seconds: float) -> None:
    """At work until each of so many jobs has run or was missed, or the time is up."""
    done, left = asyncio.Event(), calls

    def count(_event: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    scheduler.add_listener(count, EVENT_JOB_EXECUTED | EVENT_JOB_MISSED | EVENT_JOB_ERROR)
    scheduler.start()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await done.wait()
    finally:
        scheduler.shutdown(wait=False)
