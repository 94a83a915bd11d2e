"""A voicemail: what a script leaves after the beep, or the voice of whoever holds the phone."""

from typing import Final

from adapters.voice.simulator.channel import Channel, Sound
from adapters.voice.simulator.exchange import Exchange
from adapters.voice.simulator.recorder import Recorder
from adapters.voice.simulator.script import AfterMessage
from adapters.voice.simulator.switch import Switch
from adapters.voice.simulator.waiting import race
from bot.domain.causes import HangupCause
from bot.domain.flow import Record

BEEP: Final = 0.5


async def take_message(step: Record, channel: Channel, switch: Switch, exchange: Exchange) -> None:
    """Beep, and keep what is said until key, silence, hang-up or the limit."""
    channel.forget_keys()
    switch.hears(channel, "beep", Sound.BEEP, BEEP)
    await switch.clock.sleep(BEEP)
    if channel.in_hand:
        await _by_hand(step, channel, switch, exchange)
    else:
        await _by_script(step, channel, switch, exchange)


async def _by_hand(step: Record, channel: Channel, switch: Switch, exchange: Exchange) -> None:
    recorder = channel.recorder = Recorder(switch.clock, step)
    try:
        await race(channel.key(step.finish_key), recorder.ended())
    finally:
        channel.recorder = None
        if recorder.samples:
            exchange.keep_voice(channel, recorder.samples)


async def _by_script(step: Record, channel: Channel, switch: Switch, exchange: Exchange) -> None:
    started = switch.clock.now()
    message = min(channel.script.message, step.max_seconds)
    try:
        await race(channel.key(step.finish_key), _leave_message(step, channel, switch, message))
    finally:
        spoken = min(switch.since(started), message)
        if spoken > 0:
            exchange.keep(channel, since=started, seconds=spoken, voicemail=True)


async def _leave_message(step: Record, channel: Channel, switch: Switch, seconds: float) -> None:
    script = channel.script
    await switch.clock.sleep(seconds)
    if seconds < script.message:
        return
    match script.after_message:
        case AfterMessage.HANGS_UP:
            channel.end(HangupCause.NORMAL_CLEARING)
        case AfterMessage.PRESSES_KEY:
            switch.press(channel, step.finish_key)
        case AfterMessage.WAITS:
            await switch.clock.sleep(min(step.silence_seconds, step.max_seconds - seconds))
