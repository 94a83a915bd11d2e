"""What a sentence is read against: the asker's own settings, contacts and numbers, from the ledger."""

from collections.abc import Sequence
from typing import get_args

from bot.domain.number_ranges import region_of
from bot.domain.numbers import Did, PhoneNumber
from bot.domain.people import Person
from bot.parse.context import ParseContext, Platform
from bot.ports.chat import Inbound
from bot.ports.ledger import Background
from bot.services.asking import Desk

ANYWHERE = "US"


async def context_for(desk: Desk, inbound: Inbound, person: Person, background: Background) -> ParseContext:
    """The asker's context at this moment. `person` is what `background` has, and what the chat adds."""
    contacts = background.contacts
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
        own_numbers=await _own_numbers(desk, background.dids),
        allowed_prefixes=tuple(background.allowed_prefixes),
        platform=_platform(inbound.room.platform),
    )


async def _own_numbers(desk: Desk, written_down: Sequence[Did]) -> tuple[PhoneNumber, ...]:
    """Those written down first, then those that only stand in a provider's account."""
    known = (
        *written_down,
        *await desk.accounts.dids(desk.providers.values(), desk.clock.now()),
    )
    return tuple(dict.fromkeys(did.number for did in known))


def _platform(name: str) -> Platform:
    """How the text is escaped; a chat that escapes nothing is read like the console."""
    return next((known for known in get_args(Platform) if known == name), "console")
