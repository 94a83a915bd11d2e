"""How a unit of work reaches SQLite: on threads, with one writer at a time.

Until its first write, or its first held call, a unit of work reads without a transaction; then it takes the
one write lock there is and keeps it to the end. That is READ COMMITTED, as on PostgreSQL, and it never has to
turn an old snapshot into a writer, which SQLite refuses. Writers of this process queue on an asyncio lock, in
order and without polling; SQLite's own busy wait is left for other processes.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine

from bot.domain.errors import StorageUnavailable
from storage.engine import BUSY_SECONDS, POOL_SIZE

R = TypeVar("R")


class SqliteDoor:
    """What the units of work of one ledger share."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = asyncio.Lock()
        # One connection more than threads: the writer keeps his between two steps.
        self.threads = ThreadPoolExecutor(POOL_SIZE - 1, thread_name_prefix="ledger")

    def link(self) -> "SqliteLink":
        return SqliteLink(self)

    async def close(self) -> None:
        """Steps under way end first: closing a connection below one is not a thing to try."""
        await asyncio.to_thread(self.threads.shutdown, cancel_futures=True)
        self.engine.dispose()


class SqliteLink:
    """`Link` for SQLite. `_connection` is there from the first write to the end."""

    def __init__(self, door: SqliteDoor) -> None:
        self._door = door
        self._is_writer = False
        self._connection: Connection | None = None
        self._running: asyncio.Future[object] | None = None

    async def run(self, step: Callable[[Connection], R], *, writes: bool) -> R:
        if writes and not self._is_writer:
            await self._take_turn()
        return await self._in_thread(partial(self._step, step))

    async def commit(self, *, news: bool) -> None:
        """Nobody else listens: another process looks once a second anyway."""
        if self._connection is not None:
            await self._in_thread(partial(_commit, self._connection))
            self._connection = None
        await self.close()

    async def close(self) -> None:
        if self._is_writer:
            await asyncio.shield(asyncio.ensure_future(self._let_go()))

    async def _let_go(self) -> None:
        """Never while a step is still running: a cancelled one goes on in its thread."""
        try:
            if self._running is not None:
                await asyncio.wait([self._running])
                self._running.exception()  # whoever asked has heard of it, or has gone
            if self._connection is not None:
                await self._in_thread(self._connection.close)
        finally:
            if self._is_writer:
                self._is_writer = False
                self._door.writer.release()

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._door.writer.acquire()
        except TimeoutError as late:
            raise StorageUnavailable("another unit of work keeps the database to itself") from late
        self._is_writer = True

    async def _in_thread(self, work: Callable[[], R]) -> R:
        try:
            running = asyncio.get_running_loop().run_in_executor(self._door.threads, work)
        except RuntimeError as shut:
            raise StorageUnavailable("the ledger is closed") from shut
        self._running = running  # type: ignore[assignment]
        return await asyncio.shield(running)

    def _step(self, step: Callable[[Connection], R]) -> R:
        if not self._is_writer:
            with self._door.engine.connect() as connection:
                return step(connection)
        if self._connection is None:
            self._connection = self._door.engine.connect()
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        return step(self._connection)


def _commit(connection: Connection) -> None:
    """And give it back: both in one way to the thread. What fails is rolled back by `close`."""
    connection.commit()
    connection.close()
