"""Which numbers the providers' accounts hold. The ledger says whose they are; this only what there is."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.errors import ProviderError
from bot.domain.numbers import Did
from bot.ports.voice import RentsDids, VoiceProvider

REMEMBERED: Final = timedelta(minutes=5)
PATIENCE: Final = 3.0
"""Seconds: somebody is waiting for an answer to something else."""


class Accounts:
    """Asks, and remembers the answer for a while. A provider that is silent is taken at its last word."""

    def __init__(self) -> None:
        self._known: dict[str, Sequence[Did]] = {}
        self._asked: datetime | None = None

    async def dids(self, providers: Iterable[VoiceProvider], now: datetime) -> Sequence[Did]:
        """As they were five minutes ago at most."""
        if self._asked is None or now - self._asked > REMEMBERED:
            return await self.fresh(providers, now)
        return self._all()

    async def fresh(self, providers: Iterable[VoiceProvider], now: datetime) -> Sequence[Did]:
        """As they are now. Asks over the network, so nothing may have been written yet."""
        self._asked = now
        await asyncio.gather(
            *(self._ask(each.name, each) for each in providers if isinstance(each, RentsDids))
        )
        return self._all()

    async def _ask(self, name: str, provider: RentsDids) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                self._known[name] = await provider.dids()
        except (ProviderError, TimeoutError):
            return

    def _all(self) -> Sequence[Did]:
        return [did for dids in self._known.values() for did in dids]
