"""SqlLedger: the ledger on SQLite or PostgreSQL. Its tables are in `sql/`, a file per protocol."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageUnavailable
from storage.engine import is_sqlite, postgres_dsn, postgres_engine, sqlite_engine
from storage.errors import translated
from storage.sql.audit import SqlAudit
from storage.sql.dispatch import SqlDispatch
from storage.sql.forgetting import SqlForgetting
from storage.sql.inbox import SqlInbox
from storage.sql.outbox import SqlOutbox
from storage.sql.people import SqlPeople
from storage.sql.postgres import PostgresDoor, listen
from storage.sql.questions import SqlQuestions
from storage.sql.recordings import SqlRecordings
from storage.sql.rooms import SqlRooms
from storage.sql.sqlite import SqliteDoor

HEAR_AGAIN: Final = 1.0
"""Seconds before listening again after the connection was lost."""


class SqlTransaction(
    SqlInbox,
    SqlPeople,
    SqlQuestions,
    SqlDispatch,
    SqlOutbox,
    SqlAudit,
    SqlRecordings,
    SqlForgetting,
    SqlRooms,
):
    """One unit of work: `Transaction`. SqlDispatch brings SqlCalls with it."""


class SqlLedger:
    """`url` as in DATABASE_URL; `now` is our wall clock, which `skew` compares with the database's.

    The schema must be up to date: see `engine.upgrade`. Raises ConfigError for an address of another kind.
    """

    def __init__(self, url: str, *, now: Callable[[], datetime]) -> None:
        self._url = url
        self._now = now
        self._door = SqliteDoor(sqlite_engine(url)) if is_sqlite(url) else PostgresDoor(postgres_engine(url))

    def __call__(self) -> AbstractAsyncContextManager[SqlTransaction]:
        return SqlTransaction(self._door.link())

    async def close(self) -> None:
        """Let go of every connection. Harmless twice."""
        await self._door.close()

    async def skew(self) -> float:
        """Our clock minus PostgreSQL's, in seconds, read in the middle of the question; SQLite has ours."""
        if isinstance(self._door, SqliteDoor):
            return 0.0
        with translated():
            async with self._door.engine.connect() as connection:
                await connection.execute(select(1))  # so that connecting is not counted
                return await self._compared(connection)

    async def _compared(self, connection: AsyncConnection) -> float:
        before = self._now()
        theirs: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        ours = before + (self._now() - before) / 2
        return (ours - theirs).total_seconds()

    async def watch(self, changed: Callable[[], None]) -> None:
        """Listens on PostgreSQL, and again after a lost connection; on SQLite it just waits."""
        if isinstance(self._door, SqliteDoor):
            await asyncio.Event().wait()
            return
        while True:
            try:
                await listen(postgres_dsn(self._url), self._door.name, changed)
            except StorageUnavailable:
                await asyncio.sleep(HEAR_AGAIN)
