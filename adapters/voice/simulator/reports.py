"""What the network reports to whoever listens: one numbered stream, subject to trouble on the way.

What really happened stands on the channels; this is only what was told, and it is remembered for an hour so
that a listener who was away misses nothing.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.voice.simulator.switch import Switch
from adapters.voice.simulator.trouble import Delivery, Dice
from bot.domain.leg import LegEvent
from bot.ports.voice import Incoming

REMEMBERED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One entry of the stream: an event, or a caller who waits for orders. `serial` counts up from 1."""

    serial: int
    at: datetime
    event: LegEvent | None = None
    incoming: Incoming | None = None


class Reports:
    """The stream. Listeners ask for what came after the serial they know."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._told: list[Report] = []
        self._serial = 0
        self._overtaken: list[LegEvent] = []
        self._news = asyncio.Event()

    def tell(self, event: LegEvent, dice: Dice, delay: float) -> None:
        """Pass an event on, as prompt and as often as the dice have it. `delay` in seconds."""
        match dice.delivery(event):
            case Delivery.LOST:
                return
            case Delivery.DELAYED:
                self._switch.spawn(self._tell_later(event, delay))
            case Delivery.REORDERED:
                self._overtaken.append(event)
                self._switch.spawn(self._release_later(delay))
            case Delivery.DOUBLED:
                self._append(event=event)
                self._append(event=event)
                self._release()
            case Delivery.PROMPT:
                self._append(event=event)
                self._release()

    def announce(self, incoming: Incoming) -> None:
        """Somebody calls one of our numbers."""
        self._append(incoming=incoming)

    async def after(self, serial: int, *, wait: float = 0.0) -> Sequence[Report]:
        """Everything told since `serial`; if there is nothing yet, wait for it so many real seconds."""
        if self._serial == serial and wait > 0:
            # Real seconds: this is a connection being held open, not the simulated world waiting.
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
        self._forget()
        forgotten = self._serial - len(self._told)
        return tuple(self._told[max(0, serial - forgotten) :])

    async def _tell_later(self, event: LegEvent, delay: float) -> None:
        await self._switch.clock.sleep(delay)
        self._append(event=event)

    async def _release_later(self, delay: float) -> None:
        await self._switch.clock.sleep(delay)
        self._release()

    def _release(self) -> None:
        overtaken, self._overtaken = self._overtaken, []
        for event in overtaken:
            self._append(event=event)

    def _append(self, *, event: LegEvent | None = None, incoming: Incoming | None = None) -> None:
        self._serial += 1
        now = self._switch.clock.now()
        self._told.append(Report(serial=self._serial, at=now, event=event, incoming=incoming))
        self._forget()
        self.wake()

    def wake(self) -> None:
        """Every listener who waits gets an answer now, news or not."""
        self._news.set()
        self._news = asyncio.Event()

    def _forget(self) -> None:
        oldest = self._switch.clock.now() - REMEMBERED
        if self._told and self._told[0].at < oldest:
            self._told = [report for report in self._told if report.at >= oldest]
