"""People, address books, numbers of ours, and who wants to hear of what."""

from dataclasses import replace

from bot.domain.numbers import Did, SipUri
from bot.domain.people import Contact, Room
from bot.ports.ledger import Ledger
from tests.contract.ledger.samples import AMY, ME, OFFICE, RICH_PERSON, ROOM, SLACK, forward, person


async def test_a_person_comes_back_as_they_went_in(ledger: Ledger) -> None:
    async with ledger() as tx:
        assert await tx.person(RICH_PERSON.key) is None
        await tx.save_person(RICH_PERSON)
        assert await tx.person(RICH_PERSON.key) == RICH_PERSON
        plain = person(RICH_PERSON.key)
        await tx.save_person(plain)
        assert await tx.person(RICH_PERSON.key) == plain


async def test_people_of_a_workspace(ledger: Ledger) -> None:
    keys = ["slack:T1/U2", "slack:T1/U1", "slack:T10/U3", "telegram:12345", "telegram:2", "console:local/me"]
    async with ledger() as tx:
        for key in keys:
            await tx.save_person(person(key))
        assert [each.key for each in await tx.people("slack:T1")] == ["slack:T1/U1", "slack:T1/U2"]
        assert [each.key for each in await tx.people("telegram:")] == ["telegram:12345", "telegram:2"]
        assert [each.key for each in await tx.people("console:local")] == ["console:local/me"]


async def test_contacts_are_kept_by_name_without_case(ledger: Ledger) -> None:
    amy = Contact(owner="me", name="Amy", address=AMY, timezone="Asia/Singapore")
    zoe = Contact(owner="me", name="ZOË", address=SipUri(uri="sip:zoe@example.com"))
    async with ledger() as tx:
        for each in (zoe, replace(amy, name="AMY", address=ME), amy, replace(amy, owner="you")):
            await tx.save_contact(each)
        assert list(await tx.contacts("me")) == [amy, zoe]
        assert await tx.remove_contact("me", "zoë")
        assert not await tx.remove_contact("me", "zoë")
        assert list(await tx.contacts("me")) == [amy]
        assert len(await tx.contacts("you")) == 1


async def test_prefixes_are_let_in_and_shut_out(ledger: Ledger) -> None:
    async with ledger() as tx:
        for prefix in ("+1900", "+44871", "+1900"):
            await tx.save_prefix("slack:T1", prefix, allowed=True)
        await tx.save_prefix("slack:T2", "+881", allowed=True)
        assert list(await tx.allowed_prefixes("slack:T1")) == ["+1900", "+44871"]
        await tx.save_prefix("slack:T1", "+1900", allowed=False)
        await tx.save_prefix("slack:T1", "+1900", allowed=False)
        assert list(await tx.allowed_prefixes("slack:T1")) == ["+44871"]


async def test_numbers_of_ours(ledger: Ledger) -> None:
    office, mine = Did(number=OFFICE, provider="plivo"), Did(number=ME, provider="hoiio")
    async with ledger() as tx:
        await tx.save_did(ROOM.tenant, replace(office, provider="hoiio"))
        await tx.save_did(ROOM.tenant, office)
        await tx.save_did(ROOM.tenant, mine)
        await tx.save_did("slack:T1", office)
        assert list(await tx.dids(ROOM.tenant)) == [mine, office]
        assert await tx.remove_did(ROOM.tenant, OFFICE)
        assert not await tx.remove_did(ROOM.tenant, OFFICE)
        assert list(await tx.dids(ROOM.tenant)) == [mine]
        assert list(await tx.dids("slack:T1")) == [office]


async def test_a_number_has_one_forward(ledger: Ledger) -> None:
    first, second = forward(), replace(forward(), stages=(), voicemail=True, notify=None)
    elsewhere = forward(ME, SLACK)
    async with ledger() as tx:
        assert await tx.forward_of(OFFICE) is None
        for each in (first, elsewhere, second, first):
            await tx.save_forward(each)
            assert await tx.forward_of(each.did) == each
        assert list(await tx.forwards(ROOM.tenant)) == [first]
        assert list(await tx.forwards(SLACK.tenant)) == [elsewhere]
        assert await tx.remove_forward(OFFICE)
        assert not await tx.remove_forward(OFFICE)
        assert await tx.forward_of(OFFICE) is None


async def test_rooms_hear_about_what_they_asked_for(ledger: Ledger) -> None:
    other = Room(platform="console", workspace="local", channel="other")
    async with ledger() as tx:
        await tx.save_binding(ROOM.tenant, ROOM, "voicemail", None)
        await tx.save_binding(ROOM.tenant, replace(ROOM, thread="9"), "voicemail", None)
        await tx.save_binding(ROOM.tenant, ROOM, "missed", OFFICE)
        await tx.save_binding(ROOM.tenant, other, "all", None)
        await tx.save_binding(SLACK.tenant, SLACK, "all", None)
        assert list(await tx.bindings(ROOM.tenant)) == [
            (ROOM, "missed", OFFICE),
            (replace(ROOM, thread="9"), "voicemail", None),
            (other, "all", None),
        ]


async def test_notices_are_stopped_for_one_number_or_altogether(ledger: Ledger) -> None:
    other = Room(platform="console", workspace="local", channel="other")
    async with ledger() as tx:
        for did in (None, OFFICE, ME):
            await tx.save_binding(ROOM.tenant, ROOM, "all", did)
        await tx.save_binding(ROOM.tenant, other, "all", OFFICE)
        assert await tx.remove_bindings(ROOM, OFFICE) == 1
        assert await tx.remove_bindings(ROOM, OFFICE) == 0
        assert await tx.remove_bindings(ROOM, None) == 2
        assert list(await tx.bindings(ROOM.tenant)) == [(other, "all", OFFICE)]
