"""Who sees which calls on the board. What it looks like is for the browser tests."""

from pathlib import Path

import pytest

from bot.domain.errors import NoSuchThing, NotAllowed
from bot.domain.people import Asker, Person, Standing
from bot.parse import command as said
from bot.services.board import Board, Wish
from bot.services.handlers.signing_in import HANDLERS
from tests.unit.handlers.counter import ADA, BEN, TEAM, Counter
from tests.unit.handlers.past import call, over, voicemail


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path)


@pytest.fixture
def board(counter: Counter) -> Board:
    return Board(
        ledger=counter.ledger,
        clock=counter.clock,
        access=counter.desk.settings.access,
        providers=counter.desk.providers,
        recordings=counter.desk.recordings,
        default_zone="Asia/Singapore",
    )


async def two_calls(counter: Counter) -> None:
    await counter.remembers(
        call(12, counter.ahead(hours=1), asker=ADA, room=TEAM),
        call(13, counter.ahead(hours=2), asker=BEN, room=TEAM),
    )


async def upcoming(board: Board, asker: Asker, *, everybody: bool = False) -> list[str]:
    view = await board.overview(asker, Wish(everybody=everybody))
    assert view.upcoming is not None
    return [each.id for each in view.upcoming]


async def test_mine_and_for_admins_everybodys(counter: Counter, board: Board) -> None:
    await two_calls(counter)
    assert await upcoming(board, BEN) == ["c13"]
    assert await upcoming(board, BEN, everybody=True) == ["c13"]
    assert await upcoming(board, ADA) == ["c12"]
    assert await upcoming(board, ADA, everybody=True) == ["c12", "c13"]


async def test_another_workspace_is_another_world_even_to_admins(counter: Counter, board: Board) -> None:
    await two_calls(counter)
    owner = Asker(platform="console", workspace="local", user="sam", standing=Standing.OWNER)
    assert await upcoming(board, owner, everybody=True) == []
    with pytest.raises(NoSuchThing):
        await board.story(owner, call(12, counter.ahead()).id)


async def test_a_story_is_for_its_owner_and_admins(counter: Counter, board: Board) -> None:
    await two_calls(counter)
    mine, theirs = call(13, counter.ahead()).id, call(12, counter.ahead()).id
    assert (await board.story(BEN, mine)).sentence.startswith("call Amy on +6591234567")
    assert (await board.story(ADA, mine)).call.by == "Ben"
    for asked in (board.story(BEN, theirs), board.room_of(BEN, theirs)):
        with pytest.raises(NoSuchThing):
            await asked


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.BOT, Standing.STRANGER])
async def test_who_may_not_use_patchline_sees_nothing(board: Board, standing: Standing) -> None:
    somebody = Asker(platform="slack", workspace="T1", user="U9", standing=standing)
    with pytest.raises(NotAllowed):
        await board.overview(somebody, Wish())


async def test_revoked_is_revoked_at_once(counter: Counter, board: Board) -> None:
    await two_calls(counter)
    await counter.remembers(Person(key=BEN.key, admitted=False))
    for asked in (board.overview(BEN, Wish()), board.story(BEN, call(13, counter.ahead()).id)):
        with pytest.raises(NotAllowed):
            await asked


async def test_recordings_are_opened_and_acted_on_by_their_owner(counter: Counter, board: Board) -> None:
    kept = voicemail(14, counter.ago(hours=1), owner=BEN, room=TEAM)
    await counter.remembers(over(call(13, counter.ago(hours=1), asker=BEN, room=TEAM)), kept)
    eve = Asker(platform="slack", workspace="T1", user="U3", name="Eve", standing=Standing.MEMBER)
    assert "/r/" in await board.link_to(BEN, kept.id)
    assert await board.may_act_on(ADA, kept)
    assert not await board.may_act_on(eve, kept)
    with pytest.raises(NoSuchThing):
        await board.link_to(eve, kept.id)


async def test_what_nobody_offered_is_no_wish() -> None:
    for wrong in ({"filter": "x"}, {"page": 0}, {"minutes": 7}):
        with pytest.raises(ValueError, match="no such view"):
            Wish(**wrong)  # type: ignore[arg-type]


async def test_the_link_is_secret_and_says_where_it_works(counter: Counter) -> None:
    async with counter.ledger() as tx:
        ask = await counter._ask(tx, BEN, TEAM)
        outcome = await HANDLERS[said.OpenBoard](counter.desk, ask, said.OpenBoard())
    assert outcome.reply.secret
    assert "/in/1." in outcome.reply.text
    assert "PUBLIC_URL" in outcome.reply.text


async def test_with_a_public_address_it_opens_anywhere(tmp_path: Path) -> None:
    away = Counter(
        tmp_path, PUBLIC_URL="https://phone.example.com", PATCHLINE_SECRET_KEY="made up for this test " * 2
    )
    async with away.ledger() as tx:
        ask = await away._ask(tx, BEN, TEAM)
        outcome = await HANDLERS[said.OpenBoard](away.desk, ask, said.OpenBoard())
    assert "https://phone.example.com/in/1." in outcome.reply.text
    assert "PUBLIC_URL" not in outcome.reply.text
