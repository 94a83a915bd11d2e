"""One unit of work on one connection: when a transaction begins, who may write, how it ends.

On SQLite a unit of work reads without a transaction until its first write or its first held call; then it
takes the one write lock there is, and keeps it to the end. That is READ COMMITTED, as on PostgreSQL, and it
never has to turn an old snapshot into a writer, which SQLite refuses. Writers of this process queue on an
asyncio lock, in order and without polling; SQLite's own busy wait is left for other processes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import uuid4

from sqlalchemy import CursorResult, Executable, RowMapping, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.errors import Conflict, StorageUnavailable
from storage.engine import BUSY_SECONDS
from storage.sql.errors import translated

CHANNEL: Final = "patchline"
"""What PostgreSQL's NOTIFY is sent on; the payload names the ledger that wrote."""


@dataclass(slots=True)
class Database:
    """What the units of work of one ledger share."""

    engine: AsyncEngine
    name: str = field(default_factory=lambda: uuid4().hex)
    writer: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"


class Work:
    """A connection from first use to the end of the unit of work."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._connection: AsyncConnection | None = None
        self._writes = False
        self._news = False
        self._over = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    async def commit(self) -> None:
        """Durable when it returns. Nothing may be asked of the transaction afterwards."""
        try:
            with translated():
                if self._connection is not None and self._writes:
                    if self._news and not self._db.is_sqlite:
                        await self._connection.execute(select(func.pg_notify(CHANNEL, self._db.name)))
                    await self._connection.commit()
        finally:
            await self._end()

    async def _end(self) -> None:
        """Let go of the connection, rolling back what was not committed, and of the write lock."""
        self._over = True
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                with translated():
                    await asyncio.shield(connection.close())
        finally:
            if self._writes and self._db.is_sqlite:
                self._db.writer.release()
            self._writes = False

    def _tell_others(self) -> None:
        """This commit is of interest to other processes: something to dispatch, to answer or to show."""
        self._news = True

    # --- statements ---------------------------------------------------------------------------

    async def _read(self, statement: Executable) -> CursorResult[Any]:
        connection = await self._connect()
        with translated():
            return await connection.execute(statement)

    async def _rows(self, statement: Executable) -> Sequence[RowMapping]:
        return (await self._read(statement)).mappings().all()

    async def _row(self, statement: Executable) -> RowMapping | None:
        return (await self._read(statement)).mappings().first()

    async def _write(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        connection = await self._hold()
        with translated():
            return await connection.execute(statement, rows)

    async def _upsert(self, table: Table, *rows: Mapping[str, Any], keep: Sequence[str] = ()) -> None:
        """Insert, or replace the row of the same primary key, except for the columns in `keep`.

        Every row must name the same columns; those that it does not name stay as they are.
        """
        keys = [column.name for column in table.primary_key]
        insert = self._insert(table)
        changed = {name: insert.excluded[name] for name in rows[0] if name not in (*keys, *keep)}
        await self._write(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    async def _attempt(self, write: Callable[[], Awaitable[bool]]) -> bool:
        """Run `write` in a savepoint. False, and nothing of it stays, when it says so or meets a Conflict."""
        connection = await self._hold()
        with translated():
            savepoint = await connection.begin_nested()
        try:
            done = await write()
        except Conflict:
            done = False
        with translated():
            await (savepoint.commit() if done else savepoint.rollback())
        return done

    def _insert(self, table: Table) -> Any:
        """An insert that knows `on_conflict_do_…`: both databases spell it alike, SQLAlchemy has it twice."""
        return sqlite.insert(table) if self._db.is_sqlite else postgresql.insert(table)

    # --- the connection -----------------------------------------------------------------------

    async def _connect(self) -> AsyncConnection:
        if self._over:
            raise RuntimeError("this unit of work is over")
        if self._connection is None:
            with translated():
                self._connection = await self._db.engine.connect()
        return self._connection

    async def _hold(self) -> AsyncConnection:
        """The connection, as the one writer (SQLite) or in a transaction like any other (PostgreSQL)."""
        # The connection comes first: whoever has the lock must never wait for one.
        connection = await self._connect()
        if self._writes:
            return connection
        if self._db.is_sqlite:
            await self._take_turn(connection)
        self._writes = True
        return connection

    async def _take_turn(self, connection: AsyncConnection) -> None:
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._db.writer.acquire()
        except TimeoutError as late:
            raise StorageUnavailable("another unit of work keeps the database to itself") from late
        try:
            with translated():
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            self._db.writer.release()
            raise
