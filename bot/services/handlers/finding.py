"""Which call is meant: by number, or the one that is going on here. Others' calls are for admins."""

from collections.abc import Sequence

from bot.domain.call import Call, CallState
from bot.domain.errors import NoSuchThing, NotAllowed, NotPossible
from bot.domain.leg import Leg
from bot.parse.command import Target
from bot.services.asking import Ask
from bot.services.planner import together

WAITING = (CallState.SCHEDULED, CallState.HELD, CallState.CLAIMED)


async def numbered(ask: Ask, number: int) -> Call:
    """The call of that number that still matters: the live one, else the next one, else the latest.

    Raises NoSuchThing for a number that nobody has, NotAllowed for somebody else's.
    """
    calls = await ask.tx.calls_numbered(ask.tenant, number)
    if not calls:
        raise NoSuchThing(what="call", name=f"#{number}")
    live = [call for call in calls if call.state is CallState.STARTED]
    waiting = sorted((call for call in calls if call.state in WAITING), key=lambda call: call.due)
    call = (live or waiting or list(calls))[0]
    mine_or_admin(ask, call)
    return await held(ask, call)


def mine_or_admin(ask: Ask, call: Call) -> None:
    """Raises NotAllowed."""
    if call.asker != ask.asker.key and not ask.is_admin:
        raise NotAllowed(
            rule="own calls", reason=f"#{call.number} was ordered by somebody else; an admin can change it."
        )


async def held(ask: Ask, call: Call) -> Call:
    """The same call, fresh, and held against other writers for the rest of this transaction."""
    return await ask.tx.call(call.id) or call


async def live_here(ask: Ask) -> Sequence[Call]:
    """Calls that are going on in this room and that this person may touch, latest first."""
    calls = await ask.tx.calls_in(room=ask.room, states={CallState.STARTED}, newest_first=True)
    return [call for call in calls if call.asker == ask.asker.key or ask.is_admin]


async def the_live_one(ask: Ask, number: int | None) -> Call:
    """The running call of that number, or the only one in this room. Raises NotPossible, with what to say."""
    if number is not None:
        call = await numbered(ask, number)
        if call.state is not CallState.STARTED:
            raise NotPossible(reason=f"#{number} is not running: it is {call.state}.")
        return call
    calls = await live_here(ask)
    if not calls:
        raise NotPossible(reason="No call is running in this room.")
    if len(calls) > 1:
        names = together([f"#{call.number}" for call in calls])
        raise NotPossible(
            reason=f"Several calls run here ({names}): say which, as in “{ask.text} on {calls[0].number}”."
        )
    return await held(ask, calls[0])


def legs_of(call: Call, targets: Sequence[Target]) -> list[Leg]:
    """The live legs of those people. Raises NotPossible for somebody who is not on the call."""
    found = []
    for target in targets:
        legs = [
            leg
            for leg in call.live_legs
            if leg.party.address == target.address or (target.is_me and leg.party.is_me)
        ]
        if not legs:
            who = target.name or "That number"
            raise NotPossible(reason=f"{who} is not on #{call.number}.")
        found.extend(legs)
    return found
