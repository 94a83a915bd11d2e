"""SqlLedger: the ledger on SQLite or PostgreSQL. Its tables are in `sql/`, a file per protocol."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageUnavailable
from storage.engine import connect_postgres, make_engine, postgres_dsn
from storage.sql.audit import SqlAudit
from storage.sql.dispatch import SqlDispatch
from storage.sql.errors import translated
from storage.sql.forgetting import SqlForgetting
from storage.sql.inbox import SqlInbox
from storage.sql.outbox import SqlOutbox
from storage.sql.people import SqlPeople
from storage.sql.questions import SqlQuestions
from storage.sql.recordings import SqlRecordings
from storage.sql.work import CHANNEL, Database

HEAR_AGAIN: Final = 1.0
"""Seconds before listening again after the connection was lost."""
STILL_THERE: Final = 30.0
"""Seconds between two looks at whether the listening connection still answers."""


class SqlTransaction(
    SqlInbox,
    SqlPeople,
    SqlQuestions,
    SqlDispatch,
    SqlOutbox,
    SqlAudit,
    SqlRecordings,
    SqlForgetting,
):
    """One unit of work: `Transaction`. SqlDispatch brings SqlCalls with it."""


class SqlLedger:
    """`url` as in DATABASE_URL; `now` is our wall clock, which `skew` compares with the database's.

    The schema must be up to date: see `engine.upgrade`. Raises ConfigError for an address of another kind.
    """

    def __init__(self, url: str, *, now: Callable[[], datetime]) -> None:
        self._url = url
        self._now = now
        self._db = Database(make_engine(url))

    def __call__(self) -> AbstractAsyncContextManager[SqlTransaction]:
        return SqlTransaction(self._db)

    async def close(self) -> None:
        """Let go of every connection. Harmless twice."""
        await self._db.engine.dispose()

    async def skew(self) -> float:
        """Our clock minus PostgreSQL's, in seconds, read in the middle of the question; SQLite has ours."""
        if self._db.is_sqlite:
            return 0.0
        with translated():
            async with self._db.engine.connect() as connection:
                await connection.execute(select(1))  # so that connecting is not counted
                return await self._compared(connection)

    async def _compared(self, connection: AsyncConnection) -> float:
        before = self._now()
        theirs: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        ours = before + (self._now() - before) / 2
        return (ours - theirs).total_seconds()

    async def watch(self, changed: Callable[[], None]) -> None:
        """Listens on PostgreSQL, and again after a lost connection; on SQLite it just waits."""
        if self._db.is_sqlite:
            await asyncio.Event().wait()
        while True:
            try:
                await self._listen(changed)
            except StorageUnavailable:
                await asyncio.sleep(HEAR_AGAIN)

    async def _listen(self, changed: Callable[[], None]) -> None:
        """Until the connection is lost: StorageUnavailable. What we may have missed before counts as news."""

        def heard(_connection: Any, _pid: int, _channel: str, writer: str) -> None:
            if writer != self._db.name:
                changed()

        lost = asyncio.Event()
        with translated():
            connection = await connect_postgres(postgres_dsn(self._url))
            connection.add_termination_listener(lambda _: lost.set())
            try:
                await connection.add_listener(CHANNEL, heard)
                changed()
                while not lost.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(lost.wait(), STILL_THERE)
                    await connection.execute("SELECT 1")
            finally:
                connection.terminate()
