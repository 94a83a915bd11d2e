"""Doing what was asked about first and answered with yes: once, as its question is answered once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import structlog

from bot.domain import replies
from bot.domain.call import Call, CallState
from bot.domain.card import Reply, ReplyKind
from bot.domain.deeds import Agreed, ForgetInHistory, GiveBack, Rent, Resume
from bot.domain.errors import NotPossible, OutcomeUnknown, ProviderError
from bot.domain.forgetting import Forgotten
from bot.domain.numbers import parse_address
from bot.domain.phrases import address_words, count, joined
from bot.ports.clock import Bell
from bot.ports.ledger import Transaction
from bot.ports.voice import DidOffer, RentsDids
from bot.services.asking import Ask, Desk, Outcome, say

log = structlog.get_logger(__name__)

CHUNK: Final = 200
OVER: Final = frozenset(state for state in CallState if state.is_final)


async def do(desk: Desk, ask: Ask, deed: Agreed) -> Outcome:
    """What was agreed to. Raises UserError when it is not possible any more."""
    match deed:
        case ForgetInHistory():
            return await _forget(desk, ask, deed)
        case Rent():
            return _rent(desk, ask, deed)
        case GiveBack():
            return _give_back(desk, ask, deed)
        case Resume():
            return Outcome(reply=say("Calls are placed again.").reply, then=(_ringing(desk.bell),))


def _ringing(bell: Bell) -> Callable[[], Awaitable[None]]:
    """The dispatcher that asked finds the answer when it looks: at once here, within a second elsewhere."""

    async def ring() -> None:
        bell.ring_at(None)

    return ring


# --- forgetting -------------------------------------------------------------------------------------


async def _forget(desk: Desk, ask: Ask, deed: ForgetInHistory) -> Outcome:
    """In every call of theirs that is over, wherever it was ordered; what is still to come stays."""
    who = Forgotten(name=deed.name, address=deed.address)
    past = [call for call in await _calls(ask, deed.owner, OVER) if who.is_in(call)]
    for call in past:
        await _forget_in(desk, ask, call, who)
    await ask.tx.rewrite_words(deed.owner, who.out_of_words)
    ahead = [call for call in await _calls(ask, deed.owner, frozenset(CallState) - OVER) if who.is_in(call)]
    # No name: this answer is kept as well.
    words = f"Done: name and number are taken out of {count(len(past), 'past call')}."
    if ahead:
        numbers = joined(sorted({f"#{call.number}" for call in ahead}))
        words += f" {numbers} still to come stays as it is; cancel it to be rid of that as well."
    return say(words)


async def _calls(ask: Ask, owner: str, states: frozenset[CallState]) -> list[Call]:
    found: list[Call] = []
    while True:
        calls = await ask.tx.calls_in(asker=owner, states=states, limit=CHUNK, offset=len(found))
        found += calls
        if len(calls) < CHUNK:
            return found


async def _forget_in(desk: Desk, ask: Ask, call: Call, who: Forgotten) -> None:
    """The call, its order, its events, the voice's number on its recordings, and its card in the room."""
    fresh = who.out_of(await ask.tx.call(call.id) or call)
    await ask.tx.save_call(fresh)
    order = await ask.tx.order(call.order) if call.order else None
    if order is not None and (order.recurrence is None or order.cancelled):
        await ask.tx.save_order(who.out_of(order))
    await ask.tx.rewrite_events(call.id, who.out_of_event)
    for recording in await ask.tx.recordings(call.room.tenant, call=call.id):
        if recording.caller is not None and who.has(parse_address(recording.caller)):
            await ask.tx.save_recording(replace(recording, caller=None))
    await desk.cards.put(ask.tx, fresh)


# --- our numbers ------------------------------------------------------------------------------------

Told = Callable[[Transaction], Awaitable[str]]
"""Writes down what came of it, and says it."""


def _rent(desk: Desk, ask: Ask, deed: Rent) -> Outcome:
    provider = _renting(desk, deed.provider)
    offer = DidOffer(number=deed.number, monthly=deed.monthly, region=deed.region)
    number = address_words(deed.number, private=True)

    async def rent() -> None:
        did = await provider.rent(offer)

        async def ours(tx: Transaction) -> str:
            await tx.save_did(ask.tenant, did)
            return f"{number} is ours now. To use it, say: forward {deed.number} to me, then voicemail"

        await _tell(desk, ask, ours)

    unclear = f"{number} may or may not be ours: “numbers” tells. It is not ordered again."
    return Outcome(
        reply=Reply(text=f"Renting {number} from {deed.provider}…"), then=(_safely(desk, ask, rent, unclear),)
    )


def _give_back(desk: Desk, ask: Ask, deed: GiveBack) -> Outcome:
    did = deed.did
    provider = _renting(desk, did.provider)
    number = address_words(did.number, private=ask.room.private)

    async def release() -> None:
        await provider.release(did)

        async def gone(tx: Transaction) -> str:
            await tx.remove_forward(did.number)
            for room, _, bound in await tx.bindings(ask.tenant):
                if bound == did.number:
                    await tx.remove_bindings(room, bound)
            await tx.remove_did(ask.tenant, did.number)
            return f"{number} is given back, and nothing is done about its calls any more."

        await _tell(desk, ask, gone)

    unclear = f"{number} may still be ours: “numbers” tells, and giving it back twice does no harm."
    return Outcome(
        reply=Reply(text=f"Giving {number} back to {did.provider}…"),
        then=(_safely(desk, ask, release, unclear),),
    )


def _renting(desk: Desk, name: str) -> RentsDids:
    able = (each for each in desk.providers.values() if isinstance(each, RentsDids) and each.name == name)
    provider = next(able, None)
    if provider is None:
        raise NotPossible(reason=f"{name} is not set up here any more.", provider=name)
    return provider


def _safely(
    desk: Desk, ask: Ask, step: Callable[[], Awaitable[None]], unclear: str
) -> Callable[[], Awaitable[None]]:
    """The step after the commit; whatever the provider answers, the asker hears of it."""

    async def done() -> None:
        try:
            await step()
        except ProviderError as problem:
            log.warning("provider did not do it", provider=problem.provider, error=type(problem).__name__)
            words = unclear if isinstance(problem, OutcomeUnknown) else replies.error_words(problem)
            await _tell(desk, ask, _just(words), kind=ReplyKind.ERROR)

    return done


def _just(words: str) -> Told:
    async def told(_: Transaction) -> str:
        return words

    return told


async def _tell(desk: Desk, ask: Ask, told: Told, kind: ReplyKind = ReplyKind.REPLY) -> None:
    """In a unit of work of its own: the first one was committed before the provider was asked."""
    async with desk.ledger() as tx:
        reply = Reply(text=await told(tx), kind=kind)
        await tx.put_reply(ask.room, ask.asker, reply, desk.clock.now())
        await tx.commit()
    desk.cards.wake()
