"""People who were mentioned, as the phones that they have registered."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from bot.domain.errors import NotPossible
from bot.domain.people import Asker
from bot.parse.command import Target
from bot.services.request import Ask

T = TypeVar("T")


async def with_numbers(ask: Ask, command: T) -> T:
    """The command with every mentioned person's own verified number in their place.

    Raises NotPossible for a person who has registered none.
    """
    phones = {user: await _phone(ask, user) for user in _mentioned(command)}
    return _put_in(command, phones) if phones else command


async def _phone(ask: Ask, user: str) -> Target:
    key = Asker(platform=ask.asker.platform, workspace=ask.room.workspace, user=user).key
    person = await ask.tx.person(key)
    if person is None or person.number is None or not person.verified:
        raise NotPossible(
            reason=f"I don't know a phone number of <@{user}>. They can tell me theirs: my number is +…"
        )
    return Target(address=person.number, name=person.name or None, is_me=person.key == ask.asker.key)


def _mentioned(value: Any) -> tuple[str, ...]:
    if isinstance(value, Target):
        return (value.user,) if value.user is not None and value.address is None else ()
    return tuple(user for each in _parts(value) for user in _mentioned(each))


def _parts(value: Any) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(getattr(value, each.name) for each in fields(value))
    return ()


def _put_in(value: Any, phones: dict[str, Target]) -> Any:
    if isinstance(value, Target):
        return phones[value.user] if value.address is None and value.user in phones else value
    if isinstance(value, tuple):
        return tuple(_put_in(each, phones) for each in value)
    if is_dataclass(value) and not isinstance(value, type) and _mentioned(value):
        return replace(
            value, **{each.name: _put_in(getattr(value, each.name), phones) for each in fields(value)}
        )
    return value
