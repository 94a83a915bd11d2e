"""What the suite needs to know of a chat: how a person types and presses there, and what is to be seen."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

from bot.domain.card import Button, Card, Section
from bot.domain.errors import StorageUnavailable
from bot.domain.people import Asker, Room
from bot.ports.chat import ChatPlatform, Inbound

WAIT = 5.0
"""Seconds until a test that waits for something gives up; nothing waits that long when all is well."""


class ChatCase(Protocol):
    """One chat, with a person at the other end. `sees_buttons`: labels stand in what is to be seen."""

    platform: ChatPlatform
    room: Room
    asker: Asker

    async def type(self, text: str) -> None:
        """The person writes this."""
        ...

    async def press(self, button: Button) -> None:
        """The person presses this button of the latest card or reply."""
        ...

    async def leave(self) -> None:
        """The person goes, where that ends the chat; else nothing."""
        ...

    def seen(self) -> str:
        """The words of everything shown so far."""
        ...

    def raw(self) -> str:
        """What went over the wire or to the terminal, mark-up and all."""
        ...

    async def close(self) -> None: ...


class Inbox:
    """Keeps what was brought. While `is_down`, it cannot write."""

    def __init__(self) -> None:
        self.brought: list[Inbound] = []
        self.is_down = False
        self._news = asyncio.Event()

    async def put(self, inbound: Inbound) -> bool:
        if self.is_down:
            raise StorageUnavailable
        new = inbound.source not in {known.source for known in self.brought}
        if new:
            self.brought.append(inbound)
        self._news.set()
        return new

    async def next(self, n: int = 1) -> list[Inbound]:
        """The first `n`, once they are there."""
        async with asyncio.timeout(WAIT):
            while len(self.brought) < n:
                self._news.clear()
                await self._news.wait()
        return self.brought[:n]


async def until(seen: Callable[[], bool]) -> None:
    """Return once `seen` is true; what it looks at changes without a bell of its own."""
    async with asyncio.timeout(WAIT):
        while not seen():  # noqa: ASYNC110 - a StringIO rings no bell
            await asyncio.sleep(0.005)


class Names:
    """`Ids` that count."""

    def __init__(self) -> None:
        self._count = count(1)

    def new(self) -> str:
        return f"id{next(self._count)}"


class RealTime:
    """A `Clock` whose date stands and whose sleeps are short."""

    def now(self) -> datetime:
        return datetime(2026, 3, 10, 6, 30, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.005))


def card(state: str = "scheduled", *, call: str = "c1", final: bool = False, **sections: str) -> Card:
    """A small card; `sections` maps names to one line each."""
    return Card(
        call=call,
        number=12,
        state=state,
        title=f"Call #12 to Amy: {state}",
        sections=tuple(Section(name=name, lines=(line,)) for name, line in sections.items()),
        buttons=(
            Button(label="Hang up", action=f"hangup:{call}", style="danger"),
            Button(label="Add", action=f"add:{call}"),
        ),
        final=final,
    )
