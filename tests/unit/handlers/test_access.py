from dataclasses import replace

import pytest

from bot.domain.people import Asker, Person, Room, Standing
from bot.domain.policy import Allowed, may_use
from bot.parse import command as said
from tests.unit.handlers.counter import ADA, BEN, SAM, TEAM, Counter

GUEST = Asker(platform="slack", workspace="T1", user="U3", name="Gus", standing=Standing.GUEST)
TELEGRAM = Room(platform="telegram", workspace="", channel="-100")
ROOT = Asker(platform="telegram", workspace="", user="1", name="Root")


async def may(counter: Counter, asker: Asker) -> bool:
    verdict = may_use(asker, await counter.person(asker), counter.desk.settings.access)
    return isinstance(verdict, Allowed)


@pytest.mark.parametrize(
    "command",
    [said.Allow(user="U3"), said.Revoke(user="U1"), said.Allow(prefix="+1900"), said.ShowAccess()],
)
async def test_only_admins_decide_who_may(counter: Counter, command: object) -> None:
    reply = await counter.does(command, asker=BEN, room=TEAM)
    assert (reply.kind, reply.text) == ("error", "Only an admin can do that.")
    async with counter.ledger() as tx:
        assert not await tx.allowed_prefixes(TEAM.tenant)
    assert not await may(counter, GUEST)


async def test_a_person_is_let_in_and_shut_out_again(counter: Counter) -> None:
    assert not await may(counter, GUEST)
    assert (await counter.does(said.Allow(user="U3"), asker=ADA, room=TEAM)).text == (
        "slack:T1/U3 may call from now on."
    )
    assert await may(counter, GUEST)
    await counter.does(said.Revoke(user="U3"), asker=ADA, room=TEAM)
    assert not await may(counter, GUEST)


async def test_revoke_beats_the_platforms_standing(counter: Counter) -> None:
    assert await may(counter, BEN)
    reply = await counter.does(said.Revoke(user="U2"), asker=ADA, room=TEAM)
    assert "will not be placed" in reply.text
    assert not await may(counter, BEN)


async def test_what_else_is_known_of_a_person_stays(counter: Counter) -> None:
    await counter.remembers(Person(key=BEN.key, name="Ben", timezone="Europe/London"))
    assert (await counter.does(said.Revoke(user="U2"), asker=ADA, room=TEAM)).text.startswith("Ben may not")
    person = await counter.person(BEN)
    assert person is not None
    assert (person.timezone, person.admitted) == ("Europe/London", False)


async def test_admins_end_where_they_began(tmp_path: object) -> None:
    counter = Counter(tmp_path, PATCHLINE_ADMINS="slack:T1/U1,slack:T1/U9")  # type: ignore[arg-type]
    assert "yourself" in (await counter.does(said.Revoke(user="U1"), asker=ADA, room=TEAM)).text
    assert "PATCHLINE_ADMINS" in (await counter.does(said.Revoke(user="U9"), asker=ADA, room=TEAM)).text
    assert await may(counter, ADA)
    await counter.close()


async def test_a_written_name_is_looked_up_among_those_who_were_here(tmp_path: object) -> None:
    counter = Counter(tmp_path, PATCHLINE_ADMINS="telegram:1")  # type: ignore[arg-type]
    eve = Asker(platform="telegram", workspace="", user="42", name="eve")
    await counter.remembers(Person(key=eve.key, name="Eve"))
    await counter.does(said.Allow(user="@eve"), asker=ROOT, room=TELEGRAM)
    assert await may(counter, eve)
    await counter.does(said.Allow(user="43"), asker=ROOT, room=TELEGRAM)
    assert await may(counter, replace(eve, user="43"))
    await counter.remembers(Person(key="telegram:44", name="Eve"))
    reply = await counter.does(said.Revoke(user="@eve"), asker=ROOT, room=TELEGRAM)
    assert (reply.kind, "2 people" in reply.text) == ("error", True)
    await counter.close()


async def test_a_costly_range_is_let_in_and_closed_again(counter: Counter) -> None:
    await counter.does(said.Allow(prefix="+1900"))
    async with counter.ledger() as tx:
        assert await tx.allowed_prefixes("console:local") == ["+1900"]
        assert not await tx.allowed_prefixes(TEAM.tenant)
    await counter.does(said.Revoke(prefix="+1900"))
    async with counter.ledger() as tx:
        assert not await tx.allowed_prefixes("console:local")
    assert (await counter.does(said.Revoke(prefix="+1900"))).kind == "error"


@pytest.mark.parametrize("prefix", ["+", "+1", "1900", "+0900", "+1 900"])
async def test_what_is_no_range_is_not_let_in(counter: Counter, prefix: str) -> None:
    assert (await counter.does(said.Allow(prefix=prefix))).kind == "error"
    async with counter.ledger() as tx:
        assert not await tx.allowed_prefixes("console:local")


async def test_who_may_call_is_told_with_its_rules(counter: Counter) -> None:
    await counter.remembers(
        Person(key="slack:T1/U3", name="Gus", admitted=True),
        Person(key="slack:T1/U4", name="Mal", admitted=False),
        Person(key=BEN.key, name="Ben"),
    )
    await counter.does(said.Allow(prefix="+1900"), asker=ADA, room=TEAM)
    text = (await counter.does(said.ShowAccess(), asker=ADA, room=TEAM)).text
    assert text.splitlines() == [
        "Every full member of this workspace may call; guests and bots may not.",
        "Admins: slack:T1/U1.",
        "Let in: Gus.",
        "Shut out: Mal.",
        "Costly ranges let in: +1900.",
    ]


async def test_the_console_and_a_closed_chat_have_rules_of_their_own(tmp_path: object) -> None:
    counter = Counter(tmp_path, PATCHLINE_ADMINS="telegram:1", PATCHLINE_ALLOW="telegram:7")  # type: ignore[arg-type]
    assert (await counter.does(said.ShowAccess())).text.startswith("Whoever sits at this console")
    text = (await counter.does(said.ShowAccess(), asker=ROOT, room=TELEGRAM)).text
    assert text.startswith("Nobody may call until an admin lets them in.")
    assert "PATCHLINE_ALLOW: telegram:7" in text
    assert SAM.name not in text
    await counter.close()
