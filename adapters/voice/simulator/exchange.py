"""What whoever works on one leg wants of the provider that it works for."""

from datetime import datetime
from typing import Protocol

from adapters.voice.simulator.audio import Samples
from adapters.voice.simulator.channel import Channel
from bot.domain.flow import Party, SendText


class Exchange(Protocol):
    """The provider, as far as its legs are concerned."""

    def open(self, parent: Channel, party: Party) -> Channel:
        """A further leg of the same placement, not yet dialled."""
        ...

    def sound_seconds(self, url: str) -> float: ...

    def text(self, channel: Channel, step: SendText) -> None: ...

    def keep(self, channel: Channel, *, since: datetime, seconds: float, voicemail: bool) -> None:
        """Keep a recording of this leg and report it."""
        ...

    def keep_voice(self, channel: Channel, samples: Samples) -> None:
        """Keep a voicemail that holds exactly these samples, and report it."""
        ...
