"""What a sentence is read against: the asker's own settings, contacts and numbers, from the ledger."""

from typing import get_args

from bot.domain.number_ranges import region_of
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Person
from bot.parse.context import ParseContext, Platform
from bot.ports.chat import Inbound
from bot.ports.ledger import Transaction
from bot.services.asking import Desk

ANYWHERE = "US"


async def context_for(tx: Transaction, desk: Desk, inbound: Inbound, person: Person) -> ParseContext:
    """The asker's context at this moment."""
    contacts = await tx.contacts(person.key)
    settings = desk.settings
    own_region = region_of(person.number) if person.number else None
    return ParseContext(
        now=desk.clock.now(),
        tz=person.timezone or settings.default_timezone,
        region=person.region or own_region or settings.default_region or ANYWHERE,
        date_order=person.date_order,
        clock=person.clock,
        me=person.number if person.verified else None,
        contacts={contact.name: contact.address for contact in contacts},
        contact_zones={contact.name: contact.timezone for contact in contacts if contact.timezone},
        providers=tuple(desk.providers),
        own_numbers=await _own_numbers(tx, desk, inbound.room.tenant),
        allowed_prefixes=tuple(await tx.allowed_prefixes(inbound.room.tenant)),
        platform=_platform(inbound.room.platform),
    )


async def _own_numbers(tx: Transaction, desk: Desk, tenant: str) -> tuple[PhoneNumber, ...]:
    """Those written down first, then those that only stand in a provider's account."""
    known = (
        *await tx.dids(tenant),
        *await desk.accounts.dids(desk.providers.values(), desk.clock.now()),
    )
    return tuple(dict.fromkeys(did.number for did in known))


def _platform(name: str) -> Platform:
    """How the text is escaped; a chat that escapes nothing is read like the console."""
    return next((known for known in get_args(Platform) if known == name), "console")
