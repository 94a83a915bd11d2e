"""A phone number that the chat itself hands over: the proof that it is the asker's own."""

import re
from dataclasses import replace
from typing import Final

from bot.domain import replies
from bot.domain.number_ranges import is_possible, zones_of
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Person
from bot.domain.phrases import address_words
from bot.ports.chat import SharedNumber
from bot.services.asking import Ask, Desk, Outcome, complain
from bot.services.zone import ask_zone

ANONYMOUS: Final = "+888"
"""Numbers that exist in a chat alone: no phone rings behind them."""


async def shared(desk: Desk, ask: Ask, given: SharedNumber) -> Outcome:
    """Keep it as `me`; then ask for the time zone, once, if nobody knows it."""
    number = _number(given.number)
    if not given.is_own:
        return complain(replies.somebody_elses(given.name, number))
    if number is None:
        return complain(replies.NOT_DIALABLE)
    kept = await ask.tx.person(ask.person.key) or Person(key=ask.person.key, name=ask.asker.name)
    await ask.tx.save_person(replace(kept, number=number, verified=True))
    own = replace(ask, person=replace(ask.person, number=number, verified=True))
    if own.person.timezone is None and own.zone not in zones_of(number):
        asked = replies.question_reply(await ask_zone(desk, own))
        await ask.tx.put_reply(ask.room, ask.asker, asked, ask.now)
        desk.cards.wake()
    return Outcome(reply=replies.number_is_yours(address_words(number, private=ask.room.private)))


def _number(text: str) -> PhoneNumber | None:
    """E.164, with or without its plus sign. None for what no phone can be rung by."""
    e164 = f"+{re.sub(r'[^0-9]', '', text).lstrip('0')}"
    if e164.startswith(ANONYMOUS):
        return None
    try:
        number = PhoneNumber(e164=e164)
    except ValueError:
        return None
    return number if is_possible(number) else None
