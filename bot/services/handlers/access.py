"""Who may call here, and which costly ranges may be called: for admins to say. The rules are
`domain/access.py` and `domain/policy.py`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.domain import answers
from bot.domain.errors import NotAllowed, NotPossible
from bot.domain.people import Asker, Person
from bot.domain.policy import Refused, may_say
from bot.parse import command as said
from bot.services.asking import Ask, Desk, Outcome, say

PLATFORM_ID: Final = re.compile(r"[A-Z0-9]+")
"""How every platform spells its ids. What does not look like one is only a name."""
LATELY: Final = 500
PREFIX: Final = re.compile(r"\+[1-9]\d{1,13}")


async def allow(desk: Desk, ask: Ask, command: said.Allow) -> Outcome:
    """Let a person in, or a costly range."""
    _admins_only(desk, ask, "allow")
    if command.prefix is not None:
        return await _allow_prefix(ask, command.prefix)
    person = await _person(ask, command.user)
    await ask.tx.save_person(replace(person, admitted=True))
    return say(f"{_called(person)} may call from now on.")


async def revoke(desk: Desk, ask: Ask, command: said.Revoke) -> Outcome:
    """Shut a person out, whatever let them in before, or close a range again."""
    _admins_only(desk, ask, "revoke")
    if command.prefix is not None:
        return await _revoke_prefix(ask, command.prefix)
    person = await _person(ask, command.user)
    if person.key == ask.asker.key:
        raise NotPossible(reason="That would be yourself; another admin would have to.")
    if person.key in desk.settings.access.admins:
        raise NotPossible(reason=f"{_called(person)} is an admin by PATCHLINE_ADMINS; that is where it ends.")
    await ask.tx.save_person(replace(person, admitted=False))
    return say(f"{_called(person)} may not call any more. What they have scheduled will not be placed.")


async def show_access(desk: Desk, ask: Ask, _: said.ShowAccess) -> Outcome:
    """Who may call, by which rule, and the ranges let in."""
    _admins_only(desk, ask, "access")
    people = await ask.tx.people(ask.tenant)
    words = answers.access_words(
        ask.asker.standing,
        admins=sorted(desk.settings.access.admins),
        allowed=sorted(desk.settings.access.allow),
        admitted=[each for each in people if each.admitted is True],
        shut_out=[each for each in people if each.admitted is False],
        prefixes=await ask.tx.allowed_prefixes(ask.tenant),
    )
    return say(words)


async def _allow_prefix(ask: Ask, prefix: str) -> Outcome:
    _must_be_a_range(prefix)
    await ask.tx.save_prefix(ask.tenant, prefix, allowed=True)
    return say(f"Numbers from {prefix} on may be called, whatever they cost. Emergency numbers never are.")


async def _revoke_prefix(ask: Ask, prefix: str) -> Outcome:
    if prefix not in await ask.tx.allowed_prefixes(ask.tenant):
        raise NotPossible(reason=f"{prefix} was not let in. “who may call” lists the ranges that are.")
    await ask.tx.save_prefix(ask.tenant, prefix, allowed=False)
    return say(f"Costly numbers from {prefix} on are refused again.")


def _must_be_a_range(prefix: str) -> None:
    """A country code of one digit, or less, would let every costly range in at a slip."""
    if not PREFIX.fullmatch(prefix):
        raise NotPossible(
            reason=f"{prefix} is no range of numbers. Write it with its country code, like +1900."
        )


def _admins_only(desk: Desk, ask: Ask, verb: str) -> None:
    verdict = may_say(ask.asker, verb, desk.settings.access)
    if isinstance(verdict, Refused):
        raise NotAllowed(rule=verdict.rule, reason=verdict.reason)


async def _person(ask: Ask, user: str | None) -> Person:
    """By the platform's id; by name among those who have been here, where somebody just wrote a name."""
    if not user:
        raise NotPossible(reason="Say whom, by mentioning them.")
    key = Asker(platform=ask.asker.platform, workspace=ask.asker.workspace, user=user.lstrip("@")).key
    known = await ask.tx.person(key)
    if known is not None:
        return known
    name = user.lstrip("@").casefold()
    namesakes = [each for each in await ask.tx.people(ask.tenant) if each.name.casefold() == name]
    if len(namesakes) > 1:
        raise NotPossible(
            reason=f"There are {len(namesakes)} people called {user} here; mention the one you mean."
        )
    if not namesakes and not PLATFORM_ID.fullmatch(user.lstrip("@")) and not await _has_knocked(ask, key):
        raise NotPossible(
            reason=f"I don't know who {user} is. Let them write to me first; or say their id instead."
        )
    return namesakes[0] if namesakes else Person(key=key)


async def _has_knocked(ask: Ask, key: str) -> bool:
    """Whether somebody of that key was refused lately: then it is an id, whatever it looks like."""
    return any(each.asker == key for each in await ask.tx.verdicts(LATELY))


def _called(person: Person) -> str:
    return person.name or person.key


HANDLERS: Final[Mapping[type, Any]] = {
    said.Allow: allow,
    said.Revoke: revoke,
    said.ShowAccess: show_access,
}
