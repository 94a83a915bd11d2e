"""Askers, address books, and what belongs to a workspace."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select

from bot.domain.codec import encode
from bot.domain.forwarding import Forward
from bot.domain.numbers import Did, PhoneNumber, parse_address
from bot.domain.people import Contact, Person, Room
from bot.ports.ledger import Background
from storage.mapping import Row, read, tenant_of, value_of, values_of
from storage.sql.side_by_side import part, side_by_side
from storage.sql.work import Values, Work, reads, writes
from storage.tables import BINDING, CONTACT, DID, FORWARD, PERSON, PREFIX

EVERY_NUMBER = ""
# What every placement asks, put together once: that takes far longer than running it.
_PERSON = select(PERSON).where(PERSON.c.key == bindparam("this"))
_CONTACTS = select(CONTACT).where(CONTACT.c.owner == bindparam("this"))
_PREFIXES = select(PREFIX.c.prefix).where(PREFIX.c.tenant == bindparam("this"))
_DIDS = select(DID).where(DID.c.tenant == bindparam("this"))
_ASKERS: Any = bindparam("askers", expanding=True)
_TENANTS: Any = bindparam("tenants", expanding=True)
_BACKGROUNDS = side_by_side(
    (PERSON, PERSON.c.key, PERSON.c.key.in_(_ASKERS)),
    (CONTACT, CONTACT.c.owner, CONTACT.c.owner.in_(_ASKERS)),
    (DID, DID.c.tenant, DID.c.tenant.in_(_TENANTS)),
    (PREFIX, PREFIX.c.tenant, PREFIX.c.tenant.in_(_TENANTS)),
)
_TABLES = {table.name: table for table in (PERSON, CONTACT, DID, PREFIX)}


class SqlPeople(Work):
    """`PeopleTable`."""

    @reads
    def backgrounds(self, wanted: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Background]:
        askers, tenants = {asker for asker, _ in wanted}, {tenant for _, tenant in wanted}
        found: dict[tuple[str, str], list[Values]] = defaultdict(list)
        for row in self._rows(_BACKGROUNDS, {"askers": sorted(askers), "tenants": sorted(tenants)}):
            found[row["kind"], row["of"]].append(part(row, _TABLES[row["kind"]]))
        return {
            (asker, tenant): Background(
                person=next((value_of(Person, row, PERSON) for row in found["person", asker]), None),
                contacts=_contacts(found["contact", asker]),
                dids=_dids(found["did", tenant]),
                allowed_prefixes=_prefixes(found["allowed_prefix", tenant]),
            )
            for asker, tenant in wanted
        }

    @reads
    def person(self, key: str) -> Person | None:
        row = self._row(_PERSON, {"this": key})
        return value_of(Person, row, PERSON) if row else None

    @reads
    def people(self, tenant: str) -> Sequence[Person]:
        rows = self._rows(select(PERSON).where(PERSON.c.tenant == tenant).order_by(PERSON.c.key))
        return [value_of(Person, row, PERSON) for row in rows]

    @writes
    def save_person(self, person: Person) -> None:
        self._upsert(PERSON, {**values_of(person, PERSON), "tenant": tenant_of(person.key)})

    @reads
    def contacts(self, owner: str) -> Sequence[Contact]:
        return _contacts(self._rows(_CONTACTS, {"this": owner}))

    @writes
    def save_contact(self, contact: Contact) -> None:
        self._upsert(CONTACT, {**values_of(contact, CONTACT), "name_key": contact.name.casefold()})

    @writes
    def remove_contact(self, owner: str, name: str) -> bool:
        gone = delete(CONTACT).where(CONTACT.c.owner == owner, CONTACT.c.name_key == name.casefold())
        return (self._execute(gone)).rowcount > 0

    @reads
    def allowed_prefixes(self, tenant: str) -> Sequence[str]:
        return _prefixes(self._rows(_PREFIXES, {"this": tenant}))

    @writes
    def save_prefix(self, tenant: str, prefix: str, *, allowed: bool) -> None:
        if allowed:
            row = {"tenant": tenant, "prefix": prefix}
            self._execute(self._insert(PREFIX).values(row).on_conflict_do_nothing())
        else:
            self._execute(delete(PREFIX).where(PREFIX.c.tenant == tenant, PREFIX.c.prefix == prefix))

    @reads
    def dids(self, tenant: str) -> Sequence[Did]:
        return _dids(self._rows(_DIDS, {"this": tenant}))

    @writes
    def save_did(self, tenant: str, did: Did) -> None:
        self._upsert(DID, {**values_of(did, DID), "tenant": tenant, "key": str(did.number)})

    @writes
    def remove_did(self, tenant: str, number: PhoneNumber) -> bool:
        gone = delete(DID).where(DID.c.tenant == tenant, DID.c.key == str(number))
        return (self._execute(gone)).rowcount > 0

    @reads
    def forwards(self, tenant: str) -> Sequence[Forward]:
        rows = self._rows(select(FORWARD).where(FORWARD.c.tenant == tenant))
        return [value_of(Forward, row, FORWARD) for row in sorted(rows, key=lambda row: row["key"])]

    @reads
    def forward_of(self, did: PhoneNumber) -> Forward | None:
        row = self._row(select(FORWARD).where(FORWARD.c.key == str(did)))
        return value_of(Forward, row, FORWARD) if row else None

    @writes
    def save_forward(self, forward: Forward) -> None:
        searched_by = {"key": str(forward.did), "tenant": forward.room.tenant}
        self._upsert(FORWARD, {**values_of(forward, FORWARD), **searched_by})

    @writes
    def remove_forward(self, did: PhoneNumber) -> bool:
        return (self._execute(delete(FORWARD).where(FORWARD.c.key == str(did)))).rowcount > 0

    @writes
    def save_binding(self, tenant: str, room: Room, about: str, did: PhoneNumber | None) -> None:
        number = EVERY_NUMBER if did is None else str(did)
        row = {"tenant": tenant, "room_key": room.key, "about": about, "did": number, "room": encode(room)}
        self._upsert(BINDING, row)

    @writes
    def remove_bindings(self, room: Room, did: PhoneNumber | None) -> int:
        gone = delete(BINDING).where(BINDING.c.room_key == room.key)
        if did is not None:
            gone = gone.where(BINDING.c.did == str(did))
        return (self._execute(gone)).rowcount

    @reads
    def bindings(self, tenant: str) -> Sequence[tuple[Room, str, PhoneNumber | None]]:
        wanted = select(BINDING).where(BINDING.c.tenant == tenant)
        rows = self._rows(wanted.order_by(BINDING.c.room_key, BINDING.c.about, BINDING.c.did))
        return [(read(Room, row["room"]), row["about"], number_of(row["did"])) for row in rows]


def _contacts(rows: Iterable[Row | Values]) -> Sequence[Contact]:
    return [value_of(Contact, row, CONTACT) for row in sorted(rows, key=lambda row: row["name_key"])]


def _dids(rows: Iterable[Row | Values]) -> Sequence[Did]:
    return [value_of(Did, row, DID) for row in sorted(rows, key=lambda row: row["key"])]


def _prefixes(rows: Iterable[Row | Values]) -> Sequence[str]:
    return sorted(row["prefix"] for row in rows)


def number_of(text: str) -> PhoneNumber | None:
    """The number a binding is about; None for every number."""
    if text == EVERY_NUMBER:
        return None
    address = parse_address(text)
    assert isinstance(address, PhoneNumber)
    return address
