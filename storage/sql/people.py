"""Askers, address books, and what belongs to a workspace."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from bot.domain.codec import decode, encode
from bot.domain.forwarding import Forward
from bot.domain.numbers import Did, PhoneNumber, parse_address
from bot.domain.people import Contact, Person, Room
from storage.mapping import tenant_of, value_of, values_of
from storage.sql.work import Work
from storage.tables import BINDING, CONTACT, DID, FORWARD, PERSON, PREFIX

EVERY_NUMBER = ""


class SqlPeople(Work):
    """`PeopleTable`."""

    async def person(self, key: str) -> Person | None:
        row = await self._row(select(PERSON).where(PERSON.c.key == key))
        return value_of(Person, row, PERSON) if row else None

    async def people(self, tenant: str) -> Sequence[Person]:
        rows = await self._rows(select(PERSON).where(PERSON.c.tenant == tenant).order_by(PERSON.c.key))
        return [value_of(Person, row, PERSON) for row in rows]

    async def save_person(self, person: Person) -> None:
        await self._upsert(PERSON, {**values_of(person, PERSON), "tenant": tenant_of(person.key)})

    async def contacts(self, owner: str) -> Sequence[Contact]:
        rows = await self._rows(select(CONTACT).where(CONTACT.c.owner == owner))
        return [value_of(Contact, row, CONTACT) for row in sorted(rows, key=lambda row: row["name_key"])]

    async def save_contact(self, contact: Contact) -> None:
        await self._upsert(CONTACT, {**values_of(contact, CONTACT), "name_key": contact.name.casefold()})

    async def remove_contact(self, owner: str, name: str) -> bool:
        gone = delete(CONTACT).where(CONTACT.c.owner == owner, CONTACT.c.name_key == name.casefold())
        return (await self._write(gone)).rowcount > 0

    async def allowed_prefixes(self, tenant: str) -> Sequence[str]:
        wanted = select(PREFIX.c.prefix).where(PREFIX.c.tenant == tenant)
        return sorted(row["prefix"] for row in await self._rows(wanted))

    async def save_prefix(self, tenant: str, prefix: str, *, allowed: bool) -> None:
        if allowed:
            row = {"tenant": tenant, "prefix": prefix}
            await self._write(self._insert(PREFIX).values(row).on_conflict_do_nothing())
        else:
            await self._write(delete(PREFIX).where(PREFIX.c.tenant == tenant, PREFIX.c.prefix == prefix))

    async def dids(self, tenant: str) -> Sequence[Did]:
        rows = await self._rows(select(DID).where(DID.c.tenant == tenant))
        return [value_of(Did, row, DID) for row in sorted(rows, key=lambda row: row["key"])]

    async def save_did(self, tenant: str, did: Did) -> None:
        await self._upsert(DID, {**values_of(did, DID), "tenant": tenant, "key": str(did.number)})

    async def remove_did(self, tenant: str, number: PhoneNumber) -> bool:
        gone = delete(DID).where(DID.c.tenant == tenant, DID.c.key == str(number))
        return (await self._write(gone)).rowcount > 0

    async def forwards(self, tenant: str) -> Sequence[Forward]:
        rows = await self._rows(select(FORWARD).where(FORWARD.c.tenant == tenant))
        return [value_of(Forward, row, FORWARD) for row in sorted(rows, key=lambda row: row["key"])]

    async def forward_of(self, did: PhoneNumber) -> Forward | None:
        row = await self._row(select(FORWARD).where(FORWARD.c.key == str(did)))
        return value_of(Forward, row, FORWARD) if row else None

    async def save_forward(self, forward: Forward) -> None:
        searched_by = {"key": str(forward.did), "tenant": forward.room.tenant}
        await self._upsert(FORWARD, {**values_of(forward, FORWARD), **searched_by})

    async def remove_forward(self, did: PhoneNumber) -> bool:
        return (await self._write(delete(FORWARD).where(FORWARD.c.key == str(did)))).rowcount > 0

    async def save_binding(self, tenant: str, room: Room, about: str, did: PhoneNumber | None) -> None:
        number = EVERY_NUMBER if did is None else str(did)
        row = {"tenant": tenant, "room_key": room.key, "about": about, "did": number, "room": encode(room)}
        await self._upsert(BINDING, row)

    async def remove_bindings(self, room: Room, did: PhoneNumber | None) -> int:
        gone = delete(BINDING).where(BINDING.c.room_key == room.key)
        if did is not None:
            gone = gone.where(BINDING.c.did == str(did))
        return (await self._write(gone)).rowcount

    async def bindings(self, tenant: str) -> Sequence[tuple[Room, str, PhoneNumber | None]]:
        wanted = select(BINDING).where(BINDING.c.tenant == tenant)
        rows = await self._rows(wanted.order_by(BINDING.c.room_key, BINDING.c.about, BINDING.c.did))
        return [(decode(Room, row["room"]), row["about"], number_of(row["did"])) for row in rows]


def number_of(text: str) -> PhoneNumber | None:
    """The number a binding is about; None for every number."""
    if text == EVERY_NUMBER:
        return None
    address = parse_address(text)
    assert isinstance(address, PhoneNumber)
    return address
