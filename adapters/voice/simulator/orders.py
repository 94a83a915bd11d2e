"""Orders for a leg that talks: the simulated provider's side of `domain/control.py`."""

from adapters.voice.simulator.attendant import Attendant
from adapters.voice.simulator.channel import Channel, Sound
from adapters.voice.simulator.exchange import Exchange
from adapters.voice.simulator.switch import Switch
from bot.domain.control import Capture, Control, Hold, Mute, Redirect, StopPlaying


def obey(order: Control, channel: Channel, switch: Switch, exchange: Exchange) -> None:
    """Carry it out, or begin to."""
    attendant = Attendant(channel, switch, exchange)
    match order:
        case Mute():
            channel.muted = order.on
        case Hold():
            _hold(channel, switch, on=order.on)
        case Capture():
            _capture(channel, switch, exchange, on=order.on)
        case StopPlaying():
            channel.silence(switch.clock.now())
        case Redirect():
            switch.follow(channel, lambda: attendant.carry_out(order.flow, detect=False))
        case _:
            switch.spawn(attendant.step(order))


def _hold(channel: Channel, switch: Switch, *, on: bool) -> None:
    channel.held = on
    channel.hears_no_more(switch.clock.now())
    if on:
        switch.hears(channel, "music", Sound.MUSIC)


def _capture(channel: Channel, switch: Switch, exchange: Exchange, *, on: bool) -> None:
    since, channel.recording_since = channel.recording_since, None
    if on:
        channel.recording_since = since or switch.clock.now()
    elif since is not None:
        exchange.keep(channel, since=since, seconds=switch.since(since), voicemail=False)
