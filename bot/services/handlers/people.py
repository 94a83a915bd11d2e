"""The asker's address book, and what is remembered about the asker."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Final, get_args

from whenever import TimeZoneNotFoundError

from bot.domain import answers, replies
from bot.domain.countries import COUNTRIES
from bot.domain.deeds import ForgetInHistory
from bot.domain.errors import NoSuchThing, NotPossible
from bot.domain.numbers import WITHHELD, PhoneNumber
from bot.domain.people import ClockChoice, Contact, DateOrder, Person
from bot.domain.phrases import address_words, joined
from bot.domain.verification import Proof, proof_for
from bot.parse import command as said
from bot.services.asking import Ask, Desk, Outcome, say
from bot.services.handlers.ours import did_of
from bot.services.handlers.yes_or_no import ask_first
from bot.services.proving import send_code

NOT_A_NAME: Final = frozenset({"me", "myself", "all", "everyone", "everybody", "everything"})
"""These mean somebody else in every sentence."""


# --- the address book -------------------------------------------------------------------------------


async def add_contact(_: Desk, ask: Ask, command: said.AddContact) -> Outcome:
    """A new name, or a new number for a known one."""
    if command.name.casefold() in NOT_A_NAME:
        raise NotPossible(
            reason=f"“{command.name}” cannot be a contact's name. For yourself, say: my number is +…"
        )
    known = {each.name.casefold(): each for each in await ask.tx.contacts(ask.person.key)}
    before = known.get(command.name.casefold())
    contact = Contact(owner=ask.person.key, name=command.name, address=command.address)
    await ask.tx.save_contact(contact)
    words = f"Saved {replies.contact_words(contact, private=ask.room.private)}."
    if before is not None and before.address != contact.address:
        words += f" It was {address_words(before.address, private=ask.room.private)}."
    return say(words)


async def remove_contact(desk: Desk, ask: Ask, command: said.RemoveContact) -> Outcome:
    """Out of the address book at once; out of the history when asked once more."""
    contact = await _contact(ask, command.name)
    await ask.tx.remove_contact(ask.person.key, contact.name)
    message = (
        f"{contact.name} is no contact of yours any more. Shall I take the name and the number out of your "
        "past calls as well? That cannot be undone."
    )
    deed = ForgetInHistory(owner=contact.owner, name=contact.name, address=contact.address)
    return await ask_first(desk, ask, message, deed, yes="Yes, take them out", no="No, keep the history")


async def rename_contact(_: Desk, ask: Ask, command: said.RenameContact) -> Outcome:
    """Same number, new name; a name that is taken stays whose it is."""
    contact = await _contact(ask, command.name)
    others = [each for each in await ask.tx.contacts(ask.person.key) if each.name != contact.name]
    if command.to.casefold() in NOT_A_NAME | {each.name.casefold() for each in others}:
        raise NotPossible(reason=f"“{command.to}” means somebody else already; choose another name.")
    await ask.tx.remove_contact(ask.person.key, contact.name)
    await ask.tx.save_contact(replace(contact, name=command.to))
    return say(f"{contact.name} is {command.to} now.")


async def list_contacts(_: Desk, ask: Ask, __: said.ListContacts) -> Outcome:
    """The whole book, by name."""
    contacts = await ask.tx.contacts(ask.person.key)
    return say(replies.contacts_words(contacts, private=ask.room.private))


async def show_contact(_: Desk, ask: Ask, command: said.ShowContact) -> Outcome:
    """One entry."""
    return say(replies.contact_words(await _contact(ask, command.name), private=ask.room.private))


async def _contact(ask: Ask, name: str) -> Contact:
    """By the name as saved. Raises NoSuchThing, with names that are near."""
    contacts = {each.name.casefold(): each for each in await ask.tx.contacts(ask.person.key)}
    found = contacts.get(name.casefold())
    if found is None:
        near = get_close_matches(name.casefold(), contacts, n=3, cutoff=0.6)
        raise NoSuchThing(what="contact", name=name, suggestions=[contacts[each].name for each in near])
    return found


# --- settings ---------------------------------------------------------------------------------------

Setter = Callable[[Desk, Ask, Person, str], Awaitable[tuple[Person, str]]]


async def set_one(desk: Desk, ask: Ask, command: said.Set) -> Outcome:
    """One of the asker's own settings; the answer says what it means from now on."""
    if command.key == "me" and proof_for(ask.asker) is Proof.SHARED_CONTACT:
        return Outcome(reply=replies.share_your_number())
    if command.key == "me" and proof_for(ask.asker) is Proof.CODE:
        return await send_code(desk, ask, PhoneNumber(e164=command.value))
    # As it is kept: what the chat said of the asker just now is not to be frozen with it.
    kept = await ask.tx.person(ask.person.key) or Person(key=ask.person.key, name=ask.asker.name)
    person, words = await _SETTERS[command.key](desk, ask, kept, command.value)
    await ask.tx.save_person(person)
    return say(words)


async def _set_me(_: Desk, ask: Ask, person: Person, value: str) -> tuple[Person, str]:
    match proof_for(ask.asker):
        case Proof.TRUST:
            number = PhoneNumber(e164=value)
            words = address_words(number, private=ask.room.private)
            return replace(person, number=number, verified=True), f"Your number is {words}. “me” rings it."
        case Proof.SHARED_CONTACT:
            raise NotPossible(reason=replies.share_your_number().text)
        case Proof.CODE | Proof.NONE:
            raise NotPossible(reason="I have no way to make sure in this chat that a number is yours.")


async def _set_timezone(_: Desk, ask: Ask, person: Person, value: str) -> tuple[Person, str]:
    try:
        words = answers.zone_set(value, ask.now)
    except TimeZoneNotFoundError as unknown:
        reason = f"I don't know the time zone {value}. Write it like Asia/Singapore."
        raise NotPossible(reason=reason) from unknown
    return replace(person, timezone=value), words


async def _set_provider(desk: Desk, _: Ask, person: Person, value: str) -> tuple[Person, str]:
    if value not in desk.providers:
        raise NotPossible(
            reason=f"There is no provider {value} here. There is {joined([*desk.providers], 'and')}."
        )
    return replace(person, provider=value), f"Your calls go through {value} unless you say otherwise."


async def _set_caller_id(desk: Desk, ask: Ask, person: Person, value: str) -> tuple[Person, str]:
    if value == WITHHELD:
        return replace(
            person, caller_id=value
        ), "People you call see no number, where the provider can do that."
    number = PhoneNumber(e164=value)
    if number != desk.settings.caller_id and await did_of(desk, ask, number) is None:
        raise NotPossible(
            reason="Only a number of ours can be shown: rented, verified with the provider, or set as "
            "PATCHLINE_CALLER_ID; or `private`. “numbers” lists them."
        )
    words = address_words(number, private=ask.room.private)
    return replace(person, caller_id=value), f"People you call see {words}."


async def _set_region(_: Desk, __: Ask, person: Person, value: str) -> tuple[Person, str]:
    if value not in COUNTRIES:
        raise NotPossible(reason=f"I don't know the country {value}. Write its two letters, like SG.")
    return replace(
        person, region=value
    ), f"Numbers without a country code are read as {COUNTRIES[value]} numbers."


async def _set_date_order(_: Desk, __: Ask, person: Person, value: str) -> tuple[Person, str]:
    order = _one_of(value, DateOrder)
    return replace(
        person, date_order=order
    ), f"3/4 is {'3 April' if order == 'DMY' else '4 March'} from now on."


async def _set_clock(_: Desk, __: Ask, person: Person, value: str) -> tuple[Person, str]:
    clock = _one_of(value, ClockChoice)
    return replace(person, clock=clock), answers.CLOCK_WORDS[clock]


def _one_of(value: str, choices: Any) -> Any:
    """Raises NotPossible, with what there is."""
    if value not in get_args(choices):
        raise NotPossible(reason=f"{value} is no choice there; say {joined([*get_args(choices)], 'or')}.")
    return value


_SETTERS: Final[Mapping[said.SettingKey, Setter]] = {
    "me": _set_me,
    "timezone": _set_timezone,
    "provider": _set_provider,
    "caller_id": _set_caller_id,
    "region": _set_region,
    "date_order": _set_date_order,
    "clock": _set_clock,
}


async def show_settings(desk: Desk, ask: Ask, _: said.ShowSettings) -> Outcome:
    """All of them, with the house's default where the asker has not said anything."""
    provider = desk.provider(None, ask.person).name if desk.providers else "none set up"
    words = answers.settings_words(
        ask.person,
        zone=ask.zone,
        region=ask.context.region,
        provider=provider,
        caller_id=desk.settings.caller_id,
        now=ask.now,
        private=ask.room.private,
    )
    return say(words)


HANDLERS: Final[Mapping[type, Any]] = {
    said.AddContact: add_contact,
    said.RemoveContact: remove_contact,
    said.RenameContact: rename_contact,
    said.ListContacts: list_contacts,
    said.ShowContact: show_contact,
    said.Set: set_one,
    said.ShowSettings: show_settings,
}
