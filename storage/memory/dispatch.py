"""The state machine of dialling in memory. The same rules in SQL: `storage/sql/dispatch.py`."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.call import Call, CallState, Placement, PlacementState
from bot.domain.cdr import CallId
from bot.domain.errors import Conflict
from bot.domain.leg import Token
from bot.ports.ledger import BREAK, Slot
from storage.mapping import watch_at
from storage.memory.calls import MemoryCalls
from storage.memory.store import Claim, Rate


class MemoryDispatch(MemoryCalls):
    """`DispatchTable`."""

    async def next_moment(self) -> datetime | None:
        moments = [moment for call in self._see().calls.values() for moment in self._moments(call)]
        return min(moments, default=None)

    def _moments(self, call: Call) -> Iterator[datetime]:
        claim = self._on.claims.get(call.id)
        if call.state is CallState.SCHEDULED:
            yield call.due
        elif call.state is CallState.CLAIMED and claim is not None:
            yield claim.until
        elif call.state is CallState.STARTED and call.unplaced:
            yield claim.until if claim is not None else call.due
        if call.wake_at is not None and not call.state.is_final:
            yield call.wake_at
        yield from (moment for _, moment in _watched(call))

    # --- claims -------------------------------------------------------------------------------

    async def claim(
        self, *, owner: str, now: datetime, lease_until: datetime, limit: int, provider: str | None = None
    ) -> Sequence[Call]:
        shelves = await self._change()
        taken = self._line(now, provider)[:limit]
        for call in taken:
            shelves.claims.put(call.id, Claim(owner, lease_until))
            if call.state is CallState.SCHEDULED:
                shelves.calls.put(call.id, replace(call, state=CallState.CLAIMED))
        if len(taken) == limit:
            self._served({call.room.key for call in taken})
        return [call for call in map(shelves.calls.get, [call.id for call in taken]) if call is not None]

    def _line(self, now: datetime, provider: str | None) -> list[Call]:
        """Rooms in turn (last served, last again), oldest first within a room."""
        rooms: dict[str, list[Call]] = defaultdict(list)
        for call in self._on.calls.values():
            if self._is_claimable(call, now) and provider in (None, call.provider):
                rooms[call.room.key].append(call)
        line = []
        for room_key, calls in rooms.items():
            served = self._on.turns.get(room_key) or 0
            in_room = sorted(calls, key=lambda call: (call.due, call.id))
            line += [((turn, served, call.due, call.id), call) for turn, call in enumerate(in_room)]
        return [call for _, call in sorted(line, key=lambda each: each[0])]

    def _is_claimable(self, call: Call, now: datetime) -> bool:
        if call.state is CallState.SCHEDULED:
            return call.due <= now
        claim = self._on.claims.get(call.id)
        is_free = claim is None or claim.until <= now
        return call.state is CallState.STARTED and bool(call.unplaced) and is_free

    def _served(self, rooms: Collection[str]) -> None:
        last = 1 + max(self._on.turns.values(), default=0)
        for room_key in rooms:
            self._on.turns.put(room_key, last)

    async def renew(self, *, owner: str, until: datetime) -> None:
        shelves = await self._change()
        for id, claim in list(shelves.claims.items()):
            if claim.owner == owner:
                shelves.claims.put(id, Claim(owner, max(claim.until, until)))
        for token, placer in list(shelves.placers.items()):
            if placer == owner:
                self._lengthen(token, until)

    def _lengthen(self, token: Token, until: datetime) -> None:
        call = self._of_token(token)
        placement = call.placement(token) if call is not None else None
        if call is None or placement is None or placement.state is not PlacementState.PLACING:
            return
        if placement.lease_until is not None and placement.lease_until < until:
            self._on.calls.put(call.id, _with(call, replace(placement, lease_until=until)))

    async def release(self, *, owner: str, calls: Collection[CallId]) -> None:
        claims = (await self._change()).claims
        held = [(id, claims.get(id)) for id in calls]
        for id in [id for id, claim in held if claim is not None and claim.owner == owner]:
            self._give_back(id)

    async def lapse(self, now: datetime) -> int:
        shelves = await self._change()
        ended = [id for id, claim in shelves.claims.items() if claim.until <= now]
        return sum(self._give_back(id) for id in ended if self._state(id) is CallState.CLAIMED)

    def _give_back(self, id: CallId) -> bool:
        call = self._on.calls.get(id)
        self._on.claims.take(id)
        if call is None or call.state is not CallState.CLAIMED:
            return False
        self._on.calls.put(id, replace(call, state=CallState.SCHEDULED))
        return True

    def _state(self, id: CallId) -> CallState | None:
        call = self._on.calls.get(id)
        return call.state if call is not None else None

    async def done_placing(self, call: CallId, *, owner: str) -> None:
        claims = (await self._change()).claims
        claim = claims.get(call)
        if claim is not None and claim.owner == owner and self._state(call) is CallState.STARTED:
            claims.take(call)

    # --- placements ---------------------------------------------------------------------------

    async def begin_placement(
        self, placement: Placement, *, owner: str, now: datetime, last: bool = False
    ) -> bool:
        shelves = await self._change()
        call, claim = shelves.calls.get(placement.call), shelves.claims.get(placement.call)
        if call is None or claim is None or claim.owner != owner or claim.until <= now:
            return False
        if shelves.tokens.get(placement.token) is not None:
            return False
        started = replace(
            call,
            state=CallState.STARTED,
            started_at=call.started_at or now,
            placements=(*call.placements, placement),
        )
        if not self._write_if_free(started):
            return False
        if last:
            shelves.claims.take(call.id)
        shelves.placers.put(placement.token, owner)
        return True

    async def begin_placements(
        self, placements: Sequence[Placement], *, owner: str, now: datetime, last: Collection[Token] = ()
    ) -> Collection[Token]:
        shelves = await self._change()
        held = (shelves.claims.get(each.call) for each in placements)
        ours = [
            each
            for each, claim in zip(placements, held, strict=True)
            if claim is not None and claim.owner == owner and claim.until > now
        ]
        for each in ours:
            if not await self.begin_placement(each, owner=owner, now=now, last=each.token in last):
                raise Conflict(f"call {each.call}: a second placement for a leg")
        return {each.token for each in ours}

    async def settle(self, token: Token, *, expected: Collection[PlacementState], becomes: Placement) -> bool:
        await self._hold()
        call = self._of_token(token)
        known = call.placement(token) if call is not None else None
        if call is None or known is None or known.state not in expected:
            return False
        return self._write_if_free(_with(call, becomes))

    def _write_if_free(self, call: Call) -> bool:
        try:
            self._write_call(call)
        except Conflict:
            return False
        return True

    def _of_token(self, token: Token) -> Call | None:
        id = self._on.tokens.get(token)
        return self._on.calls.get(id) if id is not None else None

    # --- what needs looking after -------------------------------------------------------------

    async def troubled(self, now: datetime, limit: int = 100) -> Sequence[Placement]:
        due = [each for call in self._see().calls.values() for each in _watched(call) if each[1] <= now]
        return [placement for placement, _ in sorted(due, key=lambda each: each[1])[:limit]]

    async def wakes(self, now: datetime, limit: int = 100) -> Sequence[CallId]:
        awake = [
            (call.wake_at, call.id)
            for call in self._see().calls.values()
            if call.wake_at is not None and call.wake_at <= now and not call.state.is_final
        ]
        return [id for _, id in sorted(awake)[:limit]]

    # --- the provider's rate ------------------------------------------------------------------

    async def reserve(self, account: str, *, per_second: float, now: datetime) -> Slot:
        if per_second <= 0:
            return Slot(at=now)
        rates = (await self._change()).rates
        known = rates.get(account)
        at = now if known is None else max(known.next_free, now)
        busy_since = now if known is None or known.next_free < now - BREAK else known.busy_since
        rates.put(account, Rate(at + timedelta(seconds=1 / per_second), busy_since))
        return Slot(at=at)

    async def next_free(self, account: str) -> datetime | None:
        known = self._see().rates.get(account)
        return known.next_free if known is not None else None

    async def busy_since(self, account: str, *, now: datetime) -> datetime | None:
        known = self._see().rates.get(account)
        return known.busy_since if known is not None and known.next_free >= now - BREAK else None

    async def queued(self, provider: str, *, since: datetime, until: datetime) -> int:
        return sum(
            call.provider == provider
            and since <= call.due <= until
            and call.state in (CallState.SCHEDULED, CallState.CLAIMED)
            for call in self._see().calls.values()
        )


def _watched(call: Call) -> Iterator[tuple[Placement, datetime]]:
    for placement in call.placements:
        moment = watch_at(placement, call.legs)
        if moment is not None:
            yield placement, moment


def _with(call: Call, placement: Placement) -> Call:
    placements = tuple(placement if each.token == placement.token else each for each in call.placements)
    return replace(call, placements=placements)
