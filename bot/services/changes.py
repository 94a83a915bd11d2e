"""What changes a call: its row and its card in one transaction, and after the commit what that asks of the
provider.

Deciding is `domain/decisions.py`; this is the one path on which a decision becomes true. Changes that come
while others are being written wait, and are then written together: one transaction for a crew of them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog

from bot.domain.call import Call, CallState, Placement, ProviderRef
from bot.domain.cdr import CallDetailRecord, CallId
from bot.domain.control import Control
from bot.domain.decisions import Close, Effect, Fetch, HangUpLeg, Instruct, Speak
from bot.domain.errors import ProviderError, StorageUnavailable, Unsupported
from bot.domain.flow import LegRole, Say
from bot.domain.leg import LegEvent, Token
from bot.domain.question import QuestionId
from bot.domain.texts import Moment, spoken
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import Controls, HangsUp, Hooks, VoiceProvider
from bot.services.cards import Cards

log = structlog.get_logger(__name__)

CREW: Final = 16
"""Calls in one transaction at the most: what a crash may leave in doubt together."""
LANES: Final = 2
"""Transactions under way at one moment: while one waits for the disk, the next one is being filled."""

Changed = tuple[Call, Sequence[Effect]]
Change = Callable[[Transaction, Call, datetime], Awaitable[Changed | None]]
"""From a held call to what becomes of it; None: there is nothing to save. May be asked again, with a fresh
call in a fresh transaction, when those that came with it failed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """A change on its way. Whoever wanted it may have given up waiting."""

    id: CallId
    change: Change
    event: LegEvent | None
    done: "asyncio.Future[Changed | None]"

    def came_to(self, changed: Changed | None) -> None:
        if not self.done.done():
            self.done.set_result(changed)

    def failed(self, problem: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(problem)


@dataclass(slots=True)
class _Draft:
    """A call while its crew is at work."""

    call: Call
    effects: list[Effect] = field(default_factory=list)
    has_changed: bool = False


class Changes:
    """One per process."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        providers: Mapping[str, VoiceProvider],
        cards: Cards,
        texts: Mapping[Moment, str],
        public_url: str | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._providers = providers
        self._cards = cards
        self._texts = texts
        self._public_url = public_url
        self._waiting: list[_Wanted] = []
        self._lanes = 0
        self.under_way: set[asyncio.Task[None]] = set()

    # --- deciding and writing -----------------------------------------------------------------

    async def apply(self, id: CallId, change: Change, *, event: LegEvent | None = None) -> Call | None:
        """Hold the call, let `change` decide, save and commit, and carry out what it asks for. An `event` is
        appended to what was heard of the call; one that is known already asks for no change.

        Returns the call as it is then; None when there was nothing to save, or no such call. Raises what
        `change` raised, and StorageUnavailable: then nothing of it was written.
        """
        wanted = _Wanted(id, change, event, asyncio.get_running_loop().create_future())
        self._waiting.append(wanted)
        if self._lanes < LANES:
            self._lanes += 1
            self._start(self._work_off())
        changed = await wanted.done
        if changed is None:
            return None
        call, effects = changed
        await self.run(call, effects)
        return call

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                crew, self._waiting = self._waiting[:CREW], self._waiting[CREW:]
                await self._together(crew)
        finally:
            # In the same step as the last look, so that nobody can come in between and find no lane.
            self._lanes -= 1

    async def _together(self, crew: Sequence[_Wanted]) -> None:
        """A crew waits for nobody: whose call is in other hands goes on alone, beside the lanes, and so do
        all of them when one breaks."""
        try:
            async with self._ledger() as tx:
                held = await tx.calls(list({wanted.id for wanted in crew}))
                written = await self._write(tx, crew, held)
                await tx.commit()
        except StorageUnavailable as gone:
            for wanted in crew:
                wanted.failed(gone)
        except Exception:  # noqa: BLE001 - each is tried alone, where `apply` raises its own
            for wanted in crew:
                self._start(self._alone(wanted))
        else:
            for wanted in crew:
                if wanted in written:
                    wanted.came_to(written[wanted])
                else:
                    self._start(self._alone(wanted))

    async def _alone(self, wanted: _Wanted) -> None:
        try:
            async with self._ledger() as tx:
                call = await tx.call(wanted.id)
                written = await self._write(tx, [wanted], [call] if call is not None else [])
                await tx.commit()
        except Exception as problem:  # noqa: BLE001 - not swallowed: `apply` raises it
            wanted.failed(problem)
        else:
            wanted.came_to(written.get(wanted))

    async def _write(
        self, tx: Transaction, crew: Sequence[_Wanted], held: Sequence[Call]
    ) -> Mapping[_Wanted, Changed | None]:
        """What became of those whose call is `held`: None where there was nothing to save."""
        now = self._clock.now()
        drafts = {call.id: _Draft(call) for call in held}
        asked: dict[_Wanted, Sequence[Effect] | None] = {}
        ours = [wanted for wanted in crew if wanted.id in drafts]
        news = await self._news(tx, ours, now)
        for wanted in ours:
            draft = drafts[wanted.id]
            is_old = wanted.event is not None and wanted not in news
            changed = None if is_old else await wanted.change(tx, draft.call, now)
            asked[wanted] = changed[1] if changed is not None else None
            if changed is not None:
                draft.call = changed[0]
                draft.effects += changed[1]
                draft.has_changed = True
        await self._save(tx, [(each.call, each.effects) for each in drafts.values() if each.has_changed])
        return {
            wanted: None if effects is None else (drafts[wanted.id].call, effects)
            for wanted, effects in asked.items()
        }

    async def _news(self, tx: Transaction, crew: Sequence[_Wanted], now: datetime) -> Collection[_Wanted]:
        """Append their events; returns whose event was not known before."""
        heard = [(wanted, wanted.event) for wanted in crew if wanted.event is not None]
        if not heard:
            return ()
        new = await tx.add_events([(event, wanted.id) for wanted, event in heard], now)
        return {wanted for (wanted, _), is_new in zip(heard, new, strict=True) if is_new}

    async def save(self, tx: Transaction, call: Call, effects: Sequence[Effect]) -> None:
        """Write the call, its card, and those effects that are rows, in the caller's transaction."""
        await self._save(tx, [(call, effects)])

    async def _save(self, tx: Transaction, changed: Sequence[Changed]) -> None:
        if not changed:
            return
        calls = [call for call, _ in changed]
        await tx.save_call(*calls)
        closed: dict[CallId, CallDetailRecord] = {}
        for call, effects in changed:
            for effect in effects:
                match effect:
                    case Close():
                        closed[call.id] = effect.cdr  # the last one amends those before it
                    case Fetch():
                        await self._cards.recordings.wanted(tx, call, effect.role, effect.recording)
                    case _:
                        pass
        await tx.save_cdr(*closed.values())
        await self._cards.put(tx, *calls)
        for call in calls:
            if call.state.is_final and call.followed_by is not None:
                await self._release(tx, call.followed_by)

    async def _release(self, tx: Transaction, follower: CallId) -> None:
        """The next of several calls in turn; one that still waits for Confirm goes on waiting."""
        call = await tx.call(follower)
        question = await tx.question(QuestionId(follower))
        if call is None or call.state is not CallState.HELD or (question is not None and not question.closed):
            return
        call = replace(call, state=CallState.SCHEDULED, reason=None, due=max(call.due, self._clock.now()))
        await tx.save_call(call)
        await self._cards.put(tx, call)

    # --- what the provider has to do ------------------------------------------------------------

    async def run(self, call: Call, effects: Sequence[Effect]) -> Sequence[tuple[Effect, ProviderError]]:
        """What has to be done at the provider, after the commit. What it refused is logged and returned."""
        self._cards.wake()
        refused: list[tuple[Effect, ProviderError]] = []
        for effect in effects:
            try:
                await self._do(call, effect)
            except ProviderError as error:
                refused.append((effect, error))
                log.warning(
                    "order not carried out", provider=error.provider, detail=error.detail, call=call.number
                )
        return refused

    async def _do(self, call: Call, effect: Effect) -> None:
        match effect:
            case HangUpLeg():
                await self._act(call, effect.token, effect.role, None)
            case Instruct():
                await self._act(call, effect.token, effect.role, effect.order)
            case Speak():
                words = spoken(effect.moment, self._texts, name=effect.name, reason=effect.reason)
                await self._act(call, effect.token, effect.role, Say(text=words))
            case _:
                pass

    async def _act(self, call: Call, token: Token, role: LegRole, order: Control | None) -> None:
        placement = call.placement(token)
        ref = self._ref(call, token, role)
        if placement is not None and ref is not None:
            await act(self._providers[placement.provider], ref, order, self.hooks(placement, role))

    def _ref(self, call: Call, token: Token, role: LegRole) -> ProviderRef | None:
        leg = next((each for each in call.legs if each.token == token and each.role == role), None)
        placement = call.placement(token)
        if leg is not None and leg.ref is not None:
            return ProviderRef(leg.ref)
        return placement.ref(role) if placement is not None else None

    def hooks(self, placement: Placement, role: LegRole | None = None) -> Hooks:
        """Our callback addresses for a leg of this placement, the first unless said otherwise; without a
        public URL there are none."""
        base = self._public_url and f"{self._public_url}/hooks/{placement.provider}/{placement.token}"
        return Hooks(base=base or None, role=role or placement.role)


async def act(provider: VoiceProvider, ref: ProviderRef, order: Control | None, hooks: Hooks) -> None:
    """Carry out one order on one leg; None hangs up. Raises Unsupported where there is no such thing."""
    if order is None:
        if isinstance(provider, HangsUp):
            await provider.hang_up(ref)
            return
    elif isinstance(provider, Controls):
        await provider.control(ref, order, hooks)
        return
    raise Unsupported(provider=provider.name, detail="this provider cannot do that in mid-call")
