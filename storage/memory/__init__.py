"""MemoryLedger: the verified fake. It passes the suite of SqlLedger and forgets everything at the end."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from storage.memory.audit import MemoryAudit
from storage.memory.chat import MemoryInbox, MemoryOutbox, MemoryQuestions
from storage.memory.dispatch import MemoryDispatch
from storage.memory.forgetting import MemoryForgetting
from storage.memory.people import MemoryPeople
from storage.memory.recordings import MemoryRecordings
from storage.memory.rooms import MemoryRooms
from storage.memory.store import Shelves


class MemoryTransaction(
    MemoryInbox,
    MemoryPeople,
    MemoryQuestions,
    MemoryDispatch,
    MemoryOutbox,
    MemoryAudit,
    MemoryRecordings,
    MemoryForgetting,
    MemoryRooms,
):
    """One unit of work: `Transaction`."""


class MemoryLedger:
    """One process, one writer at a time."""

    def __init__(self) -> None:
        self._kept = Shelves()
        self._writer = asyncio.Lock()

    def __call__(self) -> AbstractAsyncContextManager[MemoryTransaction]:
        return MemoryTransaction(self._kept, self._writer)

    async def watch(self, changed: Callable[[], None]) -> None:
        """There is no other process."""
        await asyncio.Event().wait()

    async def skew(self) -> float:
        return 0.0

    async def close(self) -> None:
        """Nothing to let go of."""
