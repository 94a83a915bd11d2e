"""Placements whose outcome nobody told us: ask the provider at growing intervals, then tell the person.

It runs beside dispatch, never before it. A callback bearing the token settles the matter at any time; the
provider's list may; silence never does. Only `on_unknown=redial` dials again, and only past the window.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

import structlog

from bot.domain.call import GRACE, Call, Placement, PlacementState
from bot.domain.decisions import Tick, decide
from bot.domain.errors import ProviderError
from bot.domain.leg import Token
from bot.ports.clock import Clock, Ids
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import QueriesStatus, Sighting, VoiceProvider
from bot.services.changes import Changed, Changes
from bot.services.dialer import PLACING_LEASE, Dialer
from bot.services.progress import Progress

log = structlog.get_logger(__name__)

ASK_AT: Final = tuple(timedelta(seconds=s) for s in (2, 5, 15, 30, 60, 120))
"""Since the outcome became unknown. The last one is the settle window."""
POLL_EVERY: Final = timedelta(seconds=60)
"""How often a placed call that should have ended is asked about, where the provider sets no pace."""
TOGETHER: Final = 16

OnUnknown = Literal["report", "redial"]


class Reconcile:
    """Settles open questions about placements."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        ids: Ids,
        providers: Mapping[str, VoiceProvider],
        dialer: Dialer,
        changes: Changes,
        progress: Progress,
        on_unknown: OnUnknown = "report",
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ids = ids
        self._providers = providers
        self._dialer = dialer
        self._changes = changes
        self._progress = progress
        self._on_unknown = on_unknown
        self._busy: set[Token] = set()

    async def sweep(self) -> None:
        """Take up every placement whose time has come, except those that are being asked about already."""
        async with self._ledger() as tx:
            troubled = await tx.troubled(self._clock.now(), limit=TOGETHER)
        mine = [each for each in troubled if each.token not in self._busy]
        await asyncio.gather(*(self._take_up(each) for each in mine))

    async def _take_up(self, placement: Placement) -> None:
        self._busy.add(placement.token)
        try:
            if placement.state is PlacementState.PLACING:
                await self._write(placement, partial(_doubted, now=self._clock.now()))
            else:
                await self._ask(placement)
        finally:
            self._busy.discard(placement.token)

    async def _ask(self, placement: Placement) -> None:
        sighting = await self._look_up(placement)
        now = self._clock.now()
        again = now + self._pace(placement)
        if placement.state is PlacementState.PLACED:
            await self._write(placement, partial(replace, check_at=again))
        elif sighting is not None:
            await self._write(placement, partial(_found, sighting=sighting, now=now, again=again))
        elif placement.checks + 1 < len(ASK_AT):
            await self._write(placement, partial(_ask_later, now=now))
        elif self._on_unknown == "redial":
            await self._redial(placement)
        else:
            await self._write(placement, partial(replace, check_at=None, checks=len(ASK_AT)))
        for event in sighting.events if sighting else ():
            await self._progress.happened(event)

    def _pace(self, placement: Placement) -> timedelta:
        provider = self._providers.get(placement.provider)
        every = provider.limits.ask_every if provider else None
        return POLL_EVERY if every is None else timedelta(seconds=every)

    async def _look_up(self, placement: Placement) -> Sighting | None:
        provider = self._providers.get(placement.provider)
        if provider is None or not isinstance(provider, QueriesStatus):
            return None
        try:
            return await provider.look_up(placement)
        except ProviderError as error:
            log.warning("cannot ask about a placement", provider=error.provider, detail=error.detail)
            return None

    async def _write(self, seen: Placement, change: Callable[[Placement], Placement]) -> None:
        """Save what `change` makes of it and refresh the card, unless a callback was faster."""

        async def write(_: Transaction, call: Call, now: datetime) -> Changed | None:
            known = call.placement(seen.token)
            if known is None or known.state is not seen.state:
                return None
            return decide(_with(call, change(known)), Tick(), now)

        await self._changes.apply(seen.call, write)

    async def _redial(self, placement: Placement) -> None:
        """Chosen by the operator: the old placement is closed and a new one stands, in one transaction."""
        now = self._clock.now()
        again = Placement(
            token=Token(self._ids.new()),
            call=placement.call,
            plan=placement.plan,
            provider=placement.provider,
            n=placement.n + 1,
            created_at=now,
            lease_until=now + PLACING_LEASE,
        )

        async def close(_: Transaction, call: Call, __: datetime) -> Changed | None:
            known = call.placement(placement.token)
            if known is None or known.state is not PlacementState.UNKNOWN:
                return None
            call = _with(call, replace(known, state=PlacementState.CLOSED, check_at=None))
            return replace(call, placements=(*call.placements, again)), ()

        if await self._changes.apply(placement.call, close) is not None:
            await self._dialer.send(again, until=now + GRACE)


def _with(call: Call, placement: Placement) -> Call:
    return replace(
        call,
        placements=tuple(placement if each.token == placement.token else each for each in call.placements),
    )


def _doubted(placement: Placement, now: datetime) -> Placement:
    """Its owner died between writing it down and writing what came of it."""
    return replace(
        placement,
        state=PlacementState.UNKNOWN,
        lease_until=None,
        check_at=now,
        checks=0,
        error="Patchline was interrupted while placing this call",
    )


def _found(placement: Placement, sighting: Sighting, now: datetime, again: datetime) -> Placement:
    return replace(
        placement,
        state=PlacementState.PLACED,
        refs=sighting.refs,
        placed_at=now,
        reconciled=True,
        check_at=again,
        checks=0,
    )


def _ask_later(placement: Placement, now: datetime) -> Placement:
    gap = ASK_AT[placement.checks + 1] - ASK_AT[placement.checks]
    return replace(placement, check_at=now + gap, checks=placement.checks + 1)
