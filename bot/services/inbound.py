"""A call to one of our numbers: what the caller meets, and the call it becomes.

Every path ends with a person, a voicemail or a spoken goodbye. This is also the `VoiceInbox` that drivers and
the web door know: what they bring goes on to `progress.py`.
"""

import base64
import hmac
from dataclasses import replace
from typing import Final

import structlog

from bot.domain.call import Call, CallKind, CallState, LegPlan, Placement, PlacementState
from bot.domain.cdr import CallId
from bot.domain.decisions import end_deadline
from bot.domain.flow import CallFlow, HangUp, LegRole, Party, Say
from bot.domain.forwarding import Forward
from bot.domain.leg import LegEvent, Token
from bot.domain.limits import FORWARD_WITHIN
from bot.domain.texts import Moment, spoken
from bot.ports.clock import Clock, Ids
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import Incoming
from bot.services.cards import Cards
from bot.services.guard import Guard
from bot.services.planner import Defaults, name_of, plan_forward
from bot.services.progress import Progress

log = structlog.get_logger(__name__)

CALLER: Final = LegRole("A")


class Inbound:
    """The core's side of the wire. `zone` is that of owners who have not said theirs."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        ids: Ids,
        progress: Progress,
        guard: Guard,
        cards: Cards,
        defaults: Defaults,
        zone: str,
        key: bytes,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ids = ids
        self._progress = progress
        self._guard = guard
        self._cards = cards
        self._defaults = defaults
        self._zone = zone
        self._key = key

    async def happened(self, provider: str, event: LegEvent) -> None:
        """Append, fold, act. Idempotent; an unknown token is logged and dropped."""
        await self._progress.happened(event)

    async def flow_of(self, token: Token) -> CallFlow | None:
        """The orders of a placement; None for a token nobody knows."""
        async with self._ledger() as tx:
            placement = await tx.placement(token)
        return placement.plan.flow if placement else None

    async def incoming(self, call: Incoming) -> tuple[Token, CallFlow]:
        """What this caller meets. The same (provider, ref) always gets the same answer."""
        token = self._token(call)
        async with self._ledger() as tx:
            known = await tx.call_of_token(token)
            if known is None:
                forward = await tx.forward_of(call.did)
                if forward is None:
                    log.warning("a call to a number without a forward", provider=call.provider)
                    return token, self._goodbye()
                await self._write_down(tx, call, forward, token)
                await tx.commit()
                self._cards.wake()
        return token, await self.flow_of(token) or self._goodbye()

    async def _write_down(self, tx: Transaction, incoming: Incoming, forward: Forward, token: Token) -> None:
        now = self._clock.now()
        owner = await tx.person(forward.owner)
        contacts = await tx.contacts(forward.owner)
        name = next((each.name for each in contacts if each.address == incoming.caller), None)
        party = Party(role=CALLER, address=incoming.caller or incoming.did, name=name)
        caller = "a withheld number" if incoming.caller is None else name_of(party)
        plan = LegPlan(
            party=party,
            flow=plan_forward(
                forward,
                caller=caller,
                defaults=self._defaults,
                within=int(FORWARD_WITHIN.total_seconds()),
            ),
            ring_seconds=self._defaults.ring_seconds,
            max_seconds=self._defaults.max_seconds,
        )
        call = Call(
            id=CallId(self._ids.new()),
            number=await tx.next_number(forward.room.tenant),
            kind=CallKind.INBOUND,
            room=forward.room,
            asker=forward.owner,
            asker_name=forward.owner_name,
            due=now,
            zone=(owner.timezone if owner else None) or self._zone,
            provider=incoming.provider,
            plan=(plan,),
            state=CallState.STARTED,
            started_at=now,
            caller=incoming.caller,
            did=incoming.did.e164,
            created_at=now,
        )
        refusal = (await self._guard.refusals_when_placed([call], now, tx)).get(call.id)
        if refusal is not None:
            # Nobody is rung at our cost any more; the caller still meets the voicemail or a goodbye.
            only = plan_forward(replace(forward, stages=()), caller=caller, defaults=self._defaults)
            plan = replace(plan, flow=only)
            call = replace(call, plan=(plan,), notes=(refusal.reason,))
        await tx.add_call(replace(call, placements=(_placement(call, plan, incoming, token),)))
        await self._cards.put(tx, call)

    def _token(self, call: Incoming) -> Token:
        """Derived from the provider's own id, so that a repeated announcement finds the same call."""
        digest = hmac.digest(self._key, f"{call.provider}/{call.ref}".encode(), "sha256")
        return Token(base64.urlsafe_b64encode(digest[:24]).decode())

    def _goodbye(self) -> CallFlow:
        words = spoken(Moment.NOBODY, self._defaults.texts)
        return CallFlow(steps=(Say(text=words, language=self._defaults.language), HangUp()))


def _placement(call: Call, plan: LegPlan, incoming: Incoming, token: Token) -> Placement:
    return Placement(
        token=token,
        call=call.id,
        plan=plan,
        provider=incoming.provider,
        state=PlacementState.PLACED,
        refs=((CALLER, incoming.ref),),
        created_at=call.created_at,
        placed_at=call.created_at,
        deadline=end_deadline(plan, call.created_at),
    )
