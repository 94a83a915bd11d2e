"""How a unit of work reaches SQLite: at once, with one writer at a time; on a thread where it has to wait.

A step is microseconds in SQLite and Python around them. On threads it costs twice as much, because they pass
the interpreter to and fro all the time; so a step runs where it is asked for. What waits for the disk or for
another process (to take the write lock, to commit) and what walks through a whole table goes to a thread.

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
from sqlalchemy.exc import OperationalError

from bot.domain.errors import StorageUnavailable
from storage.engine import BUSY_SECONDS, POOL_SIZE, busy_timeout

R = TypeVar("R")


class SqliteDoor:
    """What the units of work of one ledger share."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = asyncio.Lock()
        # Two connections more than threads: the writer keeps his between two steps, and a step that runs here
        # takes one for as long as it lasts.
        self.threads = ThreadPoolExecutor(POOL_SIZE - 2, thread_name_prefix="ledger")
        self.is_open = True

    def link(self) -> "SqliteLink":
        return SqliteLink(self)

    async def close(self) -> None:
        """Steps under way end first: closing a connection below one is not a thing to try."""
        self.is_open = False
        await asyncio.to_thread(self.threads.shutdown, cancel_futures=True)
        self.engine.dispose()


class SqliteLink:
    """`Link` for SQLite. `_connection` is there from the moment it may write to the end."""

    def __init__(self, door: SqliteDoor) -> None:
        self._door = door
        self._is_writer = False
        self._connection: Connection | None = None
        self._running: asyncio.Future[object] | None = None

    async def run(self, step: Callable[[Connection], R], *, writes: bool, long: bool) -> R:
        if writes and self._connection is None:
            if not self._is_writer:
                await self._take_turn()
            if not self._begin(0.0):
                await self._in_thread(partial(self._begin, BUSY_SECONDS))
        if long:
            return await self._in_thread(partial(self._step, step))
        if not self._door.is_open:
            raise StorageUnavailable("the ledger is closed")
        return self._step(step)

    async def commit(self, *, news: bool) -> None:
        """Nobody else listens: another process looks once a second anyway."""
        if self._connection is not None:
            await self._in_thread(partial(_commit, self._connection))
            self._connection = None
        await self.close()

    async def close(self) -> None:
        if self._running is not None and not self._running.done():
            await asyncio.shield(asyncio.ensure_future(self._let_go_later(self._running)))
        else:
            self._let_go()

    async def _let_go_later(self, running: asyncio.Future[object]) -> None:
        """Never while a step is still running: a cancelled one goes on in its thread."""
        await asyncio.wait([running])
        self._let_go()

    def _let_go(self) -> None:
        if self._running is not None and not self._running.cancelled():
            self._running.exception()  # whoever asked has heard of it, or has gone
        try:
            if self._connection is not None:
                self._connection.close()  # rolls back, which waits for nothing
                self._connection = None
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

    def _begin(self, patience: float) -> bool:
        """Take the write lock, waiting `patience` seconds for another process that has it. Without any it is
        False then, and no error: there was nothing to wait for but somebody else's commit."""
        connection = self._door.engine.connect()
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            driver.execute(busy_timeout(patience))
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            driver.execute(busy_timeout(BUSY_SECONDS))
        except OperationalError:
            driver.execute(busy_timeout(BUSY_SECONDS))
            connection.close()
            if patience:
                raise
            return False
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return True

    def _step(self, step: Callable[[Connection], R]) -> R:
        if self._connection is not None:
            return step(self._connection)
        with self._door.engine.connect() as connection:
            return step(connection)


def _commit(connection: Connection) -> None:
    """And give it back: both in one way to the thread. What fails is rolled back by `close`."""
    connection.commit()
    connection.close()
