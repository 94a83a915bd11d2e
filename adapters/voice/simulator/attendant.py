"""Carries out one flow on one leg, step by step: the simulated provider's side of `domain/flow.py`."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from adapters.voice.simulator.audio import speaking_time
from adapters.voice.simulator.channel import Channel, Sound
from adapters.voice.simulator.exchange import Exchange
from adapters.voice.simulator.script import Answerer
from adapters.voice.simulator.switch import Switch
from adapters.voice.simulator.voicemail import BEEP, take_message
from adapters.voice.simulator.waiting import forever, race
from bot.domain.causes import AmdVerdict, HangupCause
from bot.domain.flow import (
    CallFlow,
    Conference,
    Dial,
    Gather,
    HangUp,
    Party,
    Pause,
    Play,
    Record,
    Say,
    SendDigits,
    SendText,
    Step,
)
from bot.domain.leg import LegEventKind

SECONDS_PER_DIGIT: Final[Mapping[str, float]] = {"w": 0.5, "W": 1.0}
DIGIT: Final = 0.25
TONE: Final = 0.5
TELLING: Final[Mapping[AmdVerdict, float]] = {AmdVerdict.MACHINE: 2.0}
"""Seconds that detection takes; telling a person takes 1."""
LEFT_BEHIND: Final = 5.0
"""Seconds that the other side of a broken-up conversation is kept for orders of its own."""
CONFERENCE_SIZE: Final = 50


class Attendant:
    """One per leg and flow."""

    def __init__(self, channel: Channel, switch: Switch, exchange: Exchange) -> None:
        self._channel = channel
        self._switch = switch
        self._clock = switch.clock
        self._exchange = exchange

    async def carry_out(self, flow: CallFlow, *, detect: bool) -> None:
        """All steps of the branch that applies. `detect`: find out first who has answered."""
        if flow.record and self._channel.recording_since is None:
            self._channel.recording_since = self._clock.now()
        steps = flow.steps
        if detect and await self._who_answered(flow) is AmdVerdict.MACHINE:
            steps = flow.on_machine or ()
        for step in steps:
            if not self._channel.is_over:
                await self.step(step)

    async def step(self, step: Step) -> None:
        """One step. Raises KeyError for one that this network does not know."""
        await _STEPS[type(step)](self, step)

    async def _who_answered(self, flow: CallFlow) -> AmdVerdict:
        channel = self._channel
        script = channel.script
        if channel.answerer is Answerer.SCREENING:
            await channel.person.wait()
            return AmdVerdict.HUMAN
        if flow.on_machine is None:
            return AmdVerdict.UNSURE
        is_machine = channel.answerer is Answerer.MACHINE
        verdict = script.verdict or (AmdVerdict.MACHINE if is_machine else AmdVerdict.HUMAN)
        telling = TELLING.get(verdict, 1.0)
        await self._clock.sleep(telling)
        self._switch.report(channel, LegEventKind.MACHINE, verdict=verdict)
        if verdict is AmdVerdict.MACHINE and is_machine:
            await self._clock.sleep(max(0.0, script.greeting - telling) + BEEP)
        return verdict

    # --- what is heard ------------------------------------------------------------------------

    async def play(self, step: Play) -> None:
        """The file at its address, as often as asked."""
        for _ in range(step.times):
            await self._sound(step.url, Sound.FILE, self._exchange.sound_seconds(step.url))

    async def say(self, step: Say) -> None:
        """The text, at the pace of a calm voice."""
        await self._sound(step.text, Sound.SPEECH, speaking_time(step.text))

    async def pause(self, step: Pause) -> None:
        """Silence."""
        await self._clock.sleep(step.seconds)

    async def digits(self, step: SendDigits) -> None:
        """Tones and waits."""
        seconds = sum(SECONDS_PER_DIGIT.get(each, DIGIT) for each in step.digits)
        self._switch.hears(self._channel, f"digits {step.digits}", Sound.DIGITS, seconds)
        await self._clock.sleep(seconds)

    async def _sound(self, what: str, kind: Sound, seconds: float) -> None:
        self._switch.hears(self._channel, what, kind, seconds)
        await race(self._clock.sleep(seconds), self._channel.hush.wait())

    async def text(self, step: SendText) -> None:
        """A text message; takes no time on the line."""
        self._exchange.text(self._channel, step)

    async def hang_up(self, _: HangUp) -> None:
        """The end."""
        self._channel.end(HangupCause.NORMAL_CLEARING)

    # --- the accept key -----------------------------------------------------------------------

    async def gather(self, step: Gather) -> None:
        """Goes on when the key is pressed; ends the leg when not."""
        if not await self.accepted(step):
            self._channel.end(HangupCause.NORMAL_CLEARING)

    async def accepted(self, step: Gather) -> bool:
        """Whether whoever is at the phone presses the key in time."""
        channel = self._channel
        channel.forget_keys()
        prompt = speaking_time(step.prompt)
        self._switch.hears(channel, step.prompt, Sound.SPEECH, prompt)
        pressed, waiting = channel.key(step.key), self._clock.sleep(prompt + step.seconds)
        if await race(pressed, waiting, self._press_when_asked(step.key)) != 0:
            return False
        channel.hears_no_more(self._clock.now())
        return True

    async def _press_when_asked(self, key: str) -> None:
        channel = self._channel
        await channel.person.wait()
        if channel.script.accepts_after is not None and not channel.in_hand:
            await self._clock.sleep(channel.script.accepts_after)
            self._switch.press(channel, key)
        await forever()

    # --- other parties ------------------------------------------------------------------------

    async def dial(self, step: Dial) -> None:
        """Ring everybody; the first to accept is connected, and when that ends so does the leg."""
        accepted: asyncio.Queue[Channel] = asyncio.Queue()
        rung = [self._ring(party, step, accepted) for party in step.parties]
        self._rings_back(step)
        try:
            nobody_left = asyncio.gather(*(each.gone.wait() for each in rung))
            await race(_first_of(accepted), nobody_left, self._clock.sleep(step.ring_seconds))
            winner = None if accepted.empty() else accepted.get_nowait()
            _drop_others(rung, winner)
            self._channel.hears_no_more(self._clock.now())
            if winner is not None:
                await self._bridge(winner)
        finally:
            for each in rung:
                self._leave(each)

    def _rings_back(self, step: Dial) -> None:
        if step.music:
            self._switch.hears(self._channel, step.music, Sound.MUSIC)
        else:
            self._switch.hears(self._channel, "ring tone", Sound.RING_TONE)

    def _ring(self, party: Party, step: Dial, accepted: "asyncio.Queue[Channel]") -> Channel:
        child = self._exchange.open(self._channel, party)
        their = Attendant(child, self._switch, self._exchange)

        async def activity() -> None:
            if step.accept is None or await their.accepted(step.accept):
                accepted.put_nowait(child)
                await forever()

        self._switch.spawn(self._switch.outbound(child, activity, ring_seconds=0, max_seconds=0))
        return child

    async def _bridge(self, other: Channel) -> None:
        for each, partner in ((self._channel, other), (other, self._channel)):
            each.joined_at, each.partner = self._clock.now(), partner
            self._switch.report(each, LegEventKind.BRIDGED)
        try:
            await race(other.gone.wait(), other.diverted.wait())
        finally:
            self._channel.partner = other.partner = None
        if not other.is_over:
            await self._clock.sleep(LEFT_BEHIND)
        self._channel.end(HangupCause.NORMAL_CLEARING)

    def _leave(self, other: Channel) -> None:
        """This leg has hung up, or has been given other orders: the one it talked to may get some as well."""
        if self._channel.is_over or other.joined_at is None:
            if not other.diverted.is_set():
                other.end(HangupCause.NORMAL_CLEARING)
        else:
            self._switch.spawn(self._wait_for_orders(other))

    async def _wait_for_orders(self, other: Channel) -> None:
        if not await self._switch.first(other.diverted.wait(), within=LEFT_BEHIND):
            other.end(HangupCause.NORMAL_CLEARING)

    async def conference(self, step: Conference) -> None:
        """Stay in the room until somebody ends it."""
        channel = self._channel
        members = self._switch.rooms.setdefault(step.room, [])
        if len(members) >= CONFERENCE_SIZE:
            channel.end(HangupCause.SWITCH_CONGESTION)
            return
        if len(members) == 1:
            members[0].hears_no_more(self._clock.now())  # the music for whoever is alone
        for each in members:
            self._switch.hears(each, "tone", Sound.TONE, TONE)
        if not members and step.music:
            self._switch.hears(channel, step.music, Sound.MUSIC)
        members.append(channel)
        channel.room, channel.muted, channel.joined_at = step.room, step.muted, self._clock.now()
        self._switch.report(channel, LegEventKind.BRIDGED)
        try:
            await forever()
        finally:
            members.remove(channel)
            channel.room = None
            for each in members:  # whoever joins is heard by all; leaving makes no sound
                each.changed(each)
            if not members:
                self._switch.rooms.pop(step.room, None)

    async def record(self, step: Record) -> None:
        """A voicemail."""
        await take_message(step, self._channel, self._switch, self._exchange)


async def _first_of(accepted: "asyncio.Queue[Channel]") -> None:
    """Wait until somebody is in the queue, and leave them there."""
    accepted.put_nowait(await accepted.get())


def _drop_others(rung: list[Channel], winner: Channel | None) -> None:
    for each in rung:
        if winner is not None and each is not winner:
            each.end(HangupCause.NON_SELECTED_USER_CLEARING)
        elif winner is None:
            each.end(HangupCause.NO_ANSWER if each.answered_at is None else HangupCause.NORMAL_CLEARING)


_STEPS: Final[Mapping[type, Callable[[Attendant, Any], Coroutine[Any, Any, None]]]] = {
    Play: Attendant.play,
    Say: Attendant.say,
    Pause: Attendant.pause,
    SendDigits: Attendant.digits,
    SendText: Attendant.text,
    Gather: Attendant.gather,
    Dial: Attendant.dial,
    Record: Attendant.record,
    Conference: Attendant.conference,
    HangUp: Attendant.hang_up,
}
