"""Which numbers are ours: written down here, or in the account of a provider that can tell."""

from collections.abc import Sequence

from bot.domain.numbers import Did, PhoneNumber
from bot.services.asking import Ask, Desk


async def did_of(desk: Desk, ask: Ask, number: PhoneNumber) -> Did | None:
    """That number of ours, or None. One that only its provider knows is written down here from now on.

    Asks providers, so call it before anything is written.
    """
    known = await ask.tx.dids(ask.tenant)
    found = next((did for did in known if did.number == number), None)
    if found is not None or await _is_elsewhere(ask, number):
        return found
    found = next((did for did in await in_accounts(desk) if did.number == number), None)
    if found is not None:
        await ask.tx.save_did(ask.tenant, found)
    return found


async def _is_elsewhere(ask: Ask, number: PhoneNumber) -> bool:
    """Another workspace of this house does something about its calls."""
    forward = await ask.tx.forward_of(number)
    return forward is not None and forward.room.tenant != ask.tenant


async def in_accounts(desk: Desk) -> Sequence[Did]:
    """What the providers' accounts hold now."""
    return await desk.accounts.fresh(desk.providers.values(), desk.clock.now())
