"""One unit of work in memory: what it sees, when it holds the rest out, how it ends."""

import asyncio
from typing import Final, Self

from bot.domain.errors import StorageUnavailable
from storage.memory.store import Shelves

PATIENCE: Final = 10.0
"""Seconds a writer waits for another: the same as on a database."""


class Work:
    """Sees what was committed, and its own changes. One writer at a time."""

    def __init__(self, kept: Shelves, writer: asyncio.Lock) -> None:
        self._on = kept.on_top()
        self._writer = writer
        self._writes = False
        self._over = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._end()

    async def commit(self) -> None:
        """Nothing may be asked of the transaction afterwards."""
        self._check()
        self._on.settle()
        self._end()

    def _end(self) -> None:
        self._over = True
        if self._writes:
            self._writes = False
            self._writer.release()

    def _check(self) -> None:
        if self._over:
            raise RuntimeError("this unit of work is over")

    async def _hold(self) -> None:
        """From now on this is the only writer, to the end of the unit of work."""
        self._check()
        if self._writes:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._writer.acquire()
        except TimeoutError as late:
            raise StorageUnavailable("another unit of work keeps the ledger to itself") from late
        self._writes = True

    def _see(self) -> Shelves:
        """For reading only: nobody is kept waiting."""
        self._check()
        return self._on

    async def _change(self) -> Shelves:
        """For writing."""
        await self._hold()
        return self._on
