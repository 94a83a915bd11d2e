"""Rings phones, connects them, and lets each behave as its script says. What runs on an answered leg is
`attendant.py`; what the provider makes of it all is `network.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from adapters.voice.simulator.channel import Channel, Heard, Sound
from adapters.voice.simulator.script import Answerer
from adapters.voice.simulator.waiting import race
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.leg import LegEventKind
from bot.ports.clock import Clock

log = structlog.get_logger(__name__)

NETWORK_PATIENCE: Final = 180.0
"""Seconds after which any telephone network stops ringing by itself."""
MACHINE_RECORDS: Final = 120.0
SCREENING_ASKS: Final = 1.0
SCREENING_PATIENCE: Final = 30.0
SCREENING_DECIDES: Final = 20.0
"""Seconds that a person has to take a call they were told about."""

Activity = Callable[[], Coroutine[Any, Any, None]]
"""What is done on a leg once it is answered; when it returns, the leg is hung up."""


class Report(Protocol):
    """Where the switch says what happened to a leg."""

    def __call__(self, channel: Channel, kind: LegEventKind, **facts: Any) -> None: ...


class Switch:
    """Knows channels and clocks, no tokens, prices or providers."""

    def __init__(
        self, *, clock: Clock, report: Report, close: Callable[[Channel], None], setup_seconds: float
    ) -> None:
        self.clock = clock
        self.report = report
        self.rooms: dict[str, list[Channel]] = {}
        self._close = close
        self._setup_seconds = setup_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run it beside everything else, until `stop`. What it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("the simulated network broke", exc_info=problem)

    async def stop(self) -> None:
        """Drop everything that is going on, without a word. Harmless twice."""
        while self._tasks:  # what is dropped may want to tidy up in a task of its own
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- the life of a leg --------------------------------------------------------------------

    async def outbound(
        self, channel: Channel, activity: Activity, *, ring_seconds: float, max_seconds: float
    ) -> None:
        """Dial, ring, and see the leg to its end. Times in seconds; 0 means no limit."""
        self.report(channel, LegEventKind.DIALED)
        if await self._rings(channel, ring_seconds or NETWORK_PATIENCE):
            await self.talk(channel, activity, max_seconds=max_seconds)
        self._finish(channel)

    async def inbound(self, channel: Channel, activity: Activity) -> None:
        """A caller whose call was taken."""
        self.report(channel, LegEventKind.DIALED)
        await self.talk(channel, activity, max_seconds=0)
        self._finish(channel)

    async def _rings(self, channel: Channel, ring_seconds: float) -> bool:
        """True when somebody, or something, picks up."""
        script = channel.script
        if not await self.lasts(channel, self._setup_seconds):
            return False
        if script.answerer in _NEVER_RINGS:
            channel.end(_NEVER_RINGS[script.answerer])
            return False
        channel.rang_at = self.clock.now()
        self.report(channel, LegEventKind.RANG)
        too_long = script.answerer is Answerer.NOBODY or script.ring_seconds >= ring_seconds
        rings = self.clock.sleep(ring_seconds if too_long else script.ring_seconds)
        await race(channel.gone.wait(), channel.lifted.wait(), rings)
        if channel.is_over or channel.lifted.is_set():
            return not channel.is_over
        if too_long:
            channel.end(HangupCause.NO_ANSWER)
        elif script.answerer is Answerer.REJECTS:
            channel.end(HangupCause.CALL_REJECTED)
        return not channel.is_over

    async def talk(self, channel: Channel, activity: Activity, *, max_seconds: float) -> None:
        """From the answer to the hang-up, whoever brings that about."""
        by_hand = channel.inbound or channel.in_hand
        channel.answerer = Answerer.PERSON if by_hand else channel.script.answerer
        if channel.answerer not in (Answerer.MACHINE, Answerer.SCREENING):
            channel.meets_person()
        channel.answered_at = self.clock.now()
        self.report(channel, LegEventKind.ANSWERED)
        self.follow(channel, activity)
        behaviour = [self.spawn(each) for each in self._behaviour(channel, max_seconds)]
        try:
            await channel.gone.wait()
        finally:
            ending = [*behaviour, *([channel.orders] if channel.orders else [])]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)

    def _finish(self, channel: Channel) -> None:
        channel.ended_at = self.clock.now()
        self._close(channel)

    def follow(self, channel: Channel, activity: Activity) -> None:
        """From now on this is what happens on the leg; what happened before is broken off."""
        before = channel.orders
        channel.orders = self.spawn(self._orders(channel, activity))
        if before is not None:
            channel.diverted.set()
            before.cancel()
            channel.hears_no_more(self.clock.now())

    async def _orders(self, channel: Channel, activity: Activity) -> None:
        try:
            await activity()
        except Exception:
            channel.end(HangupCause.TEMPORARY_FAILURE)
            raise
        channel.end(HangupCause.NORMAL_CLEARING)

    def hang_up(self, channel: Channel, cause: HangupCause = HangupCause.NORMAL_CLEARING) -> None:
        """Somebody ends it. Harmless for a leg that has ended."""
        if channel.token is None and not channel.is_over:
            channel.ended_at = self.clock.now()  # a caller without orders: nobody sees this leg to its end
        channel.end(cause)

    # --- what scripts do ----------------------------------------------------------------------

    def _behaviour(self, channel: Channel, max_seconds: float) -> list[Coroutine[Any, Any, None]]:
        screens = channel.answerer is Answerer.SCREENING
        script = channel.script
        todo = [self._screen(channel)] if screens else []
        if max_seconds:
            todo.append(self._end_after(channel, max_seconds, HangupCause.RECOVERY_ON_TIMER_EXPIRE))
        # Whoever takes a screened call by hand is a person too, and without them the screening ends it.
        if not channel.in_hand and not (screens and script.by_hand):
            todo += [self._end_after(channel, *each) for each in _ends(channel)]
            todo += [self._press_after(channel, each.after, each.digits) for each in script.keys]
        return todo

    async def _end_after(self, channel: Channel, seconds: float, cause: HangupCause) -> None:
        await self.clock.sleep(seconds)
        channel.end(cause)

    async def _press_after(self, channel: Channel, seconds: float, digits: str) -> None:
        await self.clock.sleep(seconds)
        self.press(channel, digits)

    def press(self, channel: Channel, digits: str) -> None:
        """Whoever is at this phone presses these keys."""
        self.report(channel, LegEventKind.DTMF, digits=digits)
        for digit in digits:
            channel.pressed.put_nowait(digit)

    async def _screen(self, channel: Channel) -> None:
        """The phone asks who is calling. Silence rings nobody: it is hung up on."""
        await self.clock.sleep(SCREENING_ASKS)
        self.report(channel, LegEventKind.MACHINE, verdict=AmdVerdict.SCREENING)
        spoken_to = await self.first(channel.spoken_to.wait(), within=SCREENING_PATIENCE)
        if spoken_to and await self._owner_takes(channel):
            self.report(channel, LegEventKind.MACHINE, verdict=AmdVerdict.HUMAN)
            channel.meets_person()
            return
        channel.end(HangupCause.NORMAL_CLEARING)

    async def _owner_takes(self, channel: Channel) -> bool:
        """Whether the owner of a screening phone, who hears who is calling, wants to talk."""
        script = channel.script
        decides = SCREENING_DECIDES if script.by_hand else script.screens_for
        taken = await self.first(channel.lifted.wait(), within=decides)
        return taken or (script.lets_through and not script.by_hand)

    # --- ears and time ------------------------------------------------------------------------

    def hears(self, channel: Channel, what: str, kind: Sound, seconds: float | None = None) -> None:
        """Note what reached the ear, and how long it sounds (None: until something stops it). A voice is what
        a screening phone waits for, and shows to its owner."""
        channel.hears(Heard(at=self.clock.now(), what=what, kind=kind, seconds=seconds))
        if kind is Sound.SPEECH:
            if channel.is_screening:
                channel.reason = f"{channel.reason} {what}".strip()
            channel.spoken_to.set()

    async def lasts(self, channel: Channel, seconds: float) -> bool:
        """Let time pass; False, and at once, when the leg is hung up meanwhile."""
        return await self.first(channel.gone.wait(), within=seconds) is False

    async def first(self, happens: Awaitable[object], *, within: float) -> bool:
        """True when it happens within so many seconds."""
        return await race(happens, self.clock.sleep(within)) == 0

    def since(self, moment: datetime) -> float:
        """Seconds from then to now."""
        return (self.clock.now() - moment).total_seconds()


def _ends(channel: Channel) -> Iterator[tuple[float, HangupCause]]:
    """What the script has end an answered leg: seconds from the answer on, and the cause."""
    script = channel.script
    if script.hangs_up is not None:
        yield script.hangs_up, HangupCause.NORMAL_CLEARING
    if script.line_drops is not None:
        yield script.line_drops, HangupCause.NETWORK_OUT_OF_ORDER
    if channel.answerer is Answerer.MACHINE:
        yield script.greeting + MACHINE_RECORDS, HangupCause.NORMAL_CLEARING


_NEVER_RINGS: Final = {
    Answerer.BUSY: HangupCause.USER_BUSY,
    Answerer.UNALLOCATED: HangupCause.UNALLOCATED_NUMBER,
}
