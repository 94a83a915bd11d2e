"""How a unit of work reaches PostgreSQL, and how processes there hear of each other."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar
from uuid import uuid4

from sqlalchemy import Connection, String, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.engine import connect_postgres
from storage.errors import translated

R = TypeVar("R")
CHANNEL: Final = "patchline"
"""What NOTIFY is sent on; the payload names the ledger that wrote."""
STILL_THERE: Final = 30.0
"""Seconds between two looks at whether the listening connection still answers."""


_NEWS: Final = select(func.pg_notify(CHANNEL, bindparam("writer", type_=String)))


class PostgresDoor:
    """What the units of work of one ledger share. `name` tells its own notifications from others'."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        """The same connections; beginning and ending a transaction would be two trips more."""
        self.name = uuid4().hex

    def link(self) -> "PostgresLink":
        return PostgresLink(self)

    async def close(self) -> None:
        await self.engine.dispose()


class PostgresLink:
    """`Link` for PostgreSQL: one connection and one transaction, READ COMMITTED.

    The transaction begins with the first step that writes or holds. READ COMMITTED looks afresh with every
    statement, so what was read before is no older for it.
    """

    def __init__(self, door: PostgresDoor) -> None:
        self._door = door
        self._connection: AsyncConnection | None = None
        self._writes = False

    async def run(self, step: Callable[[Connection], R], *, writes: bool, long: bool) -> R:
        if self._connection is None:
            self._connection = await (self._door.engine if writes else self._door.reading).connect()
        elif writes and not self._writes:
            await self._connection.rollback()  # nothing of the server's: SQLAlchemy counts reading as begun
            await self._connection.execution_options(isolation_level="READ COMMITTED")
        self._writes = self._writes or writes
        return await self._connection.run_sync(step)

    async def commit(self, *, news: bool) -> None:
        if self._connection is not None and self._writes:
            if news:
                await self._connection.execute(_NEWS, {"writer": self._door.name})
            await self._connection.commit()
        await self.close()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.shield(connection.close())


async def listen(dsn: str, own_name: str, changed: Callable[[], None]) -> None:
    """Call `changed` for what others commit, until the connection is lost: StorageUnavailable.

    What may have been missed before counts as news.
    """

    def heard(_connection: Any, _pid: int, _channel: str, writer: str) -> None:
        if writer != own_name:
            changed()

    lost = asyncio.Event()
    with translated():
        connection = await connect_postgres(dsn)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, heard)
            changed()
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), STILL_THERE)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()
