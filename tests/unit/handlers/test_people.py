from dataclasses import replace

import pytest

from bot.domain.numbers import SipUri
from bot.domain.people import Asker, Person, Room, Standing
from bot.parse import command as said
from tests.unit.handlers.counter import ADA, AMY, BEN, BOB, MINE, OURS, SAM, TEAM, Counter, number

TELEGRAM = Room(platform="telegram", workspace="", channel="42")
EVE = Asker(platform="telegram", workspace="", user="42", name="Eve")


async def contacts(counter: Counter, asker: Asker = SAM) -> dict[str, str]:
    async with counter.ledger() as tx:
        return {each.name: str(each.address) for each in await tx.contacts(asker.key)}


# --- the address book -------------------------------------------------------------------------------


async def test_a_contact_is_saved_and_said_with_its_country(counter: Counter) -> None:
    reply = await counter.does(said.AddContact(name="Amy", address=number(AMY)))
    assert reply.text == "Saved Amy: +65 9123 4567, Singapore."
    assert await contacts(counter) == {"Amy": AMY}


async def test_a_new_number_for_a_known_name_says_what_it_was(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    reply = await counter.does(said.AddContact(name="amy", address=number(BOB)))
    assert reply.text.endswith("It was +65 9123 4567.")
    assert await contacts(counter) == {"amy": BOB}


async def test_a_sip_address_can_be_a_contact(counter: Counter) -> None:
    await counter.does(said.AddContact(name="Desk", address=SipUri(uri="sip:desk@pbx.example")))
    assert await contacts(counter) == {"Desk": "sip:desk@pbx.example"}


@pytest.mark.parametrize("name", ["me", "Everyone", "all"])
async def test_words_that_mean_somebody_already_are_no_names(counter: Counter, name: str) -> None:
    reply = await counter.does(said.AddContact(name=name, address=number(AMY)))
    assert reply.kind == "error"
    assert await contacts(counter) == {}


async def test_address_books_are_ones_own(counter: Counter) -> None:
    await counter.knows(("Amy", AMY), asker=ADA)
    assert "No contacts yet" in (await counter.does(said.ListContacts(), asker=BEN, room=TEAM)).text


async def test_a_public_room_is_shown_four_digits(counter: Counter) -> None:
    reply = await counter.does(said.AddContact(name="Amy", address=number(AMY)), asker=BEN, room=TEAM)
    assert reply.text == "Saved Amy: …4567, Singapore."


async def test_renaming_keeps_the_number(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    reply = await counter.does(said.RenameContact(name="amy", to="Amy Tan"))
    assert reply.text == "Amy is Amy Tan now."
    assert await contacts(counter) == {"Amy Tan": AMY}


async def test_only_the_spelling_may_change_as_well(counter: Counter) -> None:
    await counter.knows(("amy", AMY))
    await counter.does(said.RenameContact(name="amy", to="Amy"))
    assert await contacts(counter) == {"Amy": AMY}


async def test_renaming_takes_nobodys_name(counter: Counter) -> None:
    await counter.knows(("Amy", AMY), ("Bob", BOB))
    reply = await counter.does(said.RenameContact(name="Amy", to="bob"))
    assert reply.kind == "error"
    assert await contacts(counter) == {"Amy": AMY, "Bob": BOB}


async def test_a_name_nearly_right_is_offered(counter: Counter) -> None:
    await counter.knows(("Carol", AMY))
    for command in (said.ShowContact(name="carrol"), said.RemoveContact(name="carrol")):
        reply = await counter.does(command)
        assert (reply.kind, reply.text) == ("error", "There is no contact carrol.")
    assert await contacts(counter) == {"Carol": AMY}


async def test_one_contact_is_shown(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    assert (await counter.does(said.ShowContact(name="amy"))).text == "Amy: +65 9123 4567, Singapore"


async def test_the_whole_book_is_by_name(counter: Counter) -> None:
    await counter.knows(("Zoe", BOB), ("Amy", AMY))
    names = [line.split(":")[0] for line in (await counter.does(said.ListContacts())).text.splitlines()]
    assert names == ["Amy", "Zoe"]


# --- settings ---------------------------------------------------------------------------------------


async def test_the_consoles_user_is_believed(counter: Counter) -> None:
    reply = await counter.does(said.Set(key="me", value=MINE))
    assert "+65 8123 4567" in reply.text
    person = await counter.person()
    assert person is not None
    assert (person.number, person.verified) == (number(MINE), True)


ELSEWHERE = (replace(BEN, platform="elsewhere"), replace(TEAM, platform="elsewhere"))


@pytest.mark.parametrize(
    ("asker", "room", "word"), [(EVE, TELEGRAM, "share-contact"), (*ELSEWHERE, "no way")]
)
async def test_other_chats_do_not_just_believe(counter: Counter, asker: Asker, room: Room, word: str) -> None:
    reply = await counter.does(said.Set(key="me", value=MINE), asker=asker, room=room)
    assert reply.kind == "error"
    assert word in reply.text
    assert await counter.person(asker) is None


async def test_a_stranger_at_the_console_is_not_its_user(counter: Counter) -> None:
    stranger = replace(SAM, user="x", standing=Standing.STRANGER)
    assert (await counter.does(said.Set(key="me", value=MINE), asker=stranger)).kind == "error"


async def test_the_time_zone_comes_with_its_time(counter: Counter) -> None:
    reply = await counter.does(said.Set(key="timezone", value="Europe/London"))
    assert reply.text == "Your time zone is Europe/London, UTC. It is Tue 06:30 there now."
    reply = await counter.does(said.Set(key="timezone", value="Europe/Atlantis"))
    assert reply.kind == "error"
    person = await counter.person()
    assert person is not None
    assert person.timezone == "Europe/London"


async def test_a_provider_must_be_there(counter: Counter) -> None:
    assert (await counter.does(said.Set(key="provider", value="plain"))).kind == "reply"
    reply = await counter.does(said.Set(key="provider", value="acme"))
    assert reply.text == "There is no provider acme here. There is simulator and plain."
    person = await counter.person()
    assert person is not None
    assert person.provider == "plain"


@pytest.mark.parametrize("value", ["private", OURS.e164])
async def test_a_caller_id_of_ours_can_be_shown(counter: Counter, value: str) -> None:
    assert (await counter.does(said.Set(key="caller_id", value=value))).kind == "reply"
    person = await counter.person()
    assert person is not None
    assert person.caller_id == value


async def test_anybody_elses_number_cannot_be_shown(counter: Counter) -> None:
    await counter.does(said.Set(key="me", value=MINE))
    for value in (AMY, MINE):
        assert (await counter.does(said.Set(key="caller_id", value=value))).kind == "error"
    person = await counter.person()
    assert person is not None
    assert person.caller_id is None


async def test_the_houses_caller_id_can_be_shown(tmp_path: object) -> None:
    counter = Counter(tmp_path, PATCHLINE_CALLER_ID=AMY)  # type: ignore[arg-type]
    assert (await counter.does(said.Set(key="caller_id", value=AMY))).kind == "reply"
    await counter.close()


async def test_region_date_order_and_clock(counter: Counter) -> None:
    assert "United Kingdom" in (await counter.does(said.Set(key="region", value="GB"))).text
    assert "3 April" in (await counter.does(said.Set(key="date_order", value="DMY"))).text
    assert "21:30" in (await counter.does(said.Set(key="clock", value="24"))).text
    person = await counter.person()
    assert person is not None
    assert (person.region, person.date_order, person.clock) == ("GB", "DMY", "24")


@pytest.mark.parametrize(("key", "value"), [("region", "XX"), ("date_order", "YMD"), ("clock", "13")])
async def test_values_that_mean_nothing_are_refused(counter: Counter, key: str, value: str) -> None:
    reply = await counter.does(said.Set(key=key, value=value))  # type: ignore[arg-type]
    assert reply.kind == "error"
    assert await counter.person() is None


async def test_setting_one_thing_freezes_nothing_else(counter: Counter) -> None:
    """The zone that the chat tells of its people may change tomorrow."""
    counter.chat_zone = "Asia/Tokyo"
    await counter.remembers(Person(key=SAM.key, region="GB"))
    await counter.does(said.Set(key="clock", value="24"))
    person = await counter.person()
    assert person is not None
    assert (person.region, person.timezone) == ("GB", None)


async def test_settings_are_shown_with_the_defaults_marked(counter: Counter) -> None:
    await counter.does(said.Set(key="me", value=MINE))
    await counter.does(said.Set(key="timezone", value="Europe/London"))
    await counter.does(said.Set(key="caller_id", value="private"))
    lines = (await counter.does(said.ShowSettings())).text.splitlines()
    assert lines[0] == "Your number: +65 8123 4567"
    assert lines[1] == "Time zone: Europe/London, UTC, now Tue 06:30"
    assert "Calls go through: simulator (default)" in lines
    assert "People you call see: no number" in lines
