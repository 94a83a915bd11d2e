"""One party's connection inside the simulated network, and the small waits everything here is made of."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime

from adapters.voice.simulator.script import Phone
from bot.domain.causes import HangupCause
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, Token
from bot.domain.numbers import Address


async def race(*runners: Awaitable[object]) -> int:
    """Wait for the first to finish and cancel the others; returns its place, or raises what it raises."""
    tasks = [asyncio.ensure_future(each) for each in runners]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        first = next(place for place, task in enumerate(tasks) if task.done())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    tasks[first].result()
    return first


async def forever() -> None:
    """Until cancelled."""
    await asyncio.Event().wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that reached the ear at this end: words, an audio address, `ring tone`, `beep`, `tone`."""

    at: datetime
    what: str


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A leg while the network looks after it. `token` is None until an inbound call has been given one.

    `gone` is set once, by `end`; `person` when a human being is at the phone; `diverted` when the leg got
    orders of its own instead of the conversation it was in.
    """

    ref: str
    token: Token | None
    role: LegRole
    address: Address | None
    script: Phone
    opened_at: datetime
    inbound: bool = False
    answered_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    cause: HangupCause | None = None
    recording_since: datetime | None = None
    muted: bool = False
    held: bool = False
    room: str | None = None
    events: list[LegEvent] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    orders: "asyncio.Task[None] | None" = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    person: asyncio.Event = field(default_factory=asyncio.Event)
    spoken_to: asyncio.Event = field(default_factory=asyncio.Event)
    diverted: asyncio.Event = field(default_factory=asyncio.Event)
    hush: asyncio.Event = field(default_factory=asyncio.Event)
    pressed: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    @property
    def is_over(self) -> bool:
        """Somebody hung up."""
        return self.gone.is_set()

    @property
    def is_talking(self) -> bool:
        """Answered, and still there."""
        return self.answered_at is not None and not self.is_over

    def end(self, cause: HangupCause) -> None:
        """Hang up. The first cause stands; harmless twice."""
        if not self.is_over:
            self.cause = cause
            self.gone.set()

    def silence(self) -> None:
        """Stop whatever is sounding at this end now."""
        self.hush.set()
        self.hush = asyncio.Event()

    def forget_keys(self) -> None:
        """Keys pressed before a question are no answer to it."""
        while not self.pressed.empty():
            self.pressed.get_nowait()

    async def key(self, wanted: str) -> None:
        """Wait until that key is pressed."""
        while await self.pressed.get() != wanted:
            pass
