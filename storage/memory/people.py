"""Askers, address books, and what belongs to a workspace, in memory."""

from collections.abc import Collection, Mapping, Sequence

from bot.domain.forwarding import Forward
from bot.domain.numbers import Did, PhoneNumber
from bot.domain.people import Contact, Person, Room
from bot.ports.ledger import Background
from storage.mapping import tenant_of
from storage.memory.work import Work


class MemoryPeople(Work):
    """`PeopleTable`."""

    async def backgrounds(self, wanted: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Background]:
        return {
            (asker, tenant): Background(
                person=await self.person(asker),
                contacts=await self.contacts(asker),
                dids=await self.dids(tenant),
                allowed_prefixes=await self.allowed_prefixes(tenant),
            )
            for asker, tenant in wanted
        }

    async def person(self, key: str) -> Person | None:
        return self._see().people.get(key)

    async def people(self, tenant: str) -> Sequence[Person]:
        found = (each for each in self._see().people.values() if tenant_of(each.key) == tenant)
        return sorted(found, key=lambda each: each.key)

    async def save_person(self, person: Person) -> None:
        (await self._change()).people.put(person.key, person)

    async def contacts(self, owner: str) -> Sequence[Contact]:
        mine = (each for each in self._see().contacts.values() if each.owner == owner)
        return sorted(mine, key=lambda each: each.name.casefold())

    async def save_contact(self, contact: Contact) -> None:
        (await self._change()).contacts.put((contact.owner, contact.name.casefold()), contact)

    async def remove_contact(self, owner: str, name: str) -> bool:
        return (await self._change()).contacts.take((owner, name.casefold()))

    async def allowed_prefixes(self, tenant: str) -> Sequence[str]:
        return sorted(prefix for (of, prefix), _ in self._see().prefixes.items() if of == tenant)

    async def save_prefix(self, tenant: str, prefix: str, *, allowed: bool) -> None:
        prefixes = (await self._change()).prefixes
        if allowed:
            prefixes.put((tenant, prefix), True)
        else:
            prefixes.take((tenant, prefix))

    async def dids(self, tenant: str) -> Sequence[Did]:
        found = (did for (of, _), did in self._see().dids.items() if of == tenant)
        return sorted(found, key=lambda did: str(did.number))

    async def save_did(self, tenant: str, did: Did) -> None:
        (await self._change()).dids.put((tenant, did.number), did)

    async def remove_did(self, tenant: str, number: PhoneNumber) -> bool:
        return (await self._change()).dids.take((tenant, number))

    async def forwards(self, tenant: str) -> Sequence[Forward]:
        found = (each for each in self._see().forwards.values() if each.room.tenant == tenant)
        return sorted(found, key=lambda each: str(each.did))

    async def forward_of(self, did: PhoneNumber) -> Forward | None:
        return self._see().forwards.get(did)

    async def save_forward(self, forward: Forward) -> None:
        (await self._change()).forwards.put(forward.did, forward)

    async def remove_forward(self, did: PhoneNumber) -> bool:
        return (await self._change()).forwards.take(did)

    async def save_binding(self, tenant: str, room: Room, about: str, did: PhoneNumber | None) -> None:
        key = (tenant, room.key, about, "" if did is None else str(did))
        (await self._change()).bindings.put(key, (room, did))

    async def remove_bindings(self, room: Room, did: PhoneNumber | None) -> int:
        bindings = (await self._change()).bindings
        gone = [key for key, (_, of) in bindings.items() if key[1] == room.key and did in (None, of)]
        return sum(map(bindings.take, gone))

    async def bindings(self, tenant: str) -> Sequence[tuple[Room, str, PhoneNumber | None]]:
        found = sorted(item for item in self._see().bindings.items() if item[0][0] == tenant)
        return [(room, about, did) for (_, _, about, _), (room, did) in found]
