"""What a chat said was not taken is never acted on; and who somebody is may be asked afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.errors import StorageUnavailable, Unavailable
from bot.domain.people import Standing
from bot.ports.chat import Inbound, SourceKey
from bot.ports.ledger import Transaction
from storage.memory import MemoryLedger
from tests.fakes import settle
from tests.scenario.house import PUNIT, ROOM, House, RememberingChat

GUEST = replace(PUNIT, standing=Standing.STRANGER)


class Hesitant(MemoryLedger):
    """Commits, and then does not say so: for ever, or by losing the connection."""

    def __init__(self) -> None:
        super().__init__()
        self.hesitates = False
        self.breaks = False

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Transaction]:  # type: ignore[override]
        async with super().__call__() as tx:
            yield _Silent(tx, self) if self.hesitates or self.breaks else tx  # type: ignore[misc]


class _Silent:
    def __init__(self, tx: Transaction, ledger: Hesitant) -> None:
        self._tx, self._ledger = tx, ledger

    def __getattr__(self, name: str) -> object:
        return getattr(self._tx, name)

    async def commit(self) -> None:
        await self._tx.commit()
        if self._ledger.breaks:
            raise StorageUnavailable("the connection was lost")
        await asyncio.Event().wait()


@pytest.fixture
async def hesitant(tmp_path: Path) -> AsyncIterator[tuple[House, Hesitant]]:
    ledger = Hesitant()
    house = House(tmp_path, ledger=ledger)
    yield house, ledger
    await house.close()


def saying(text: str, event: str = "m-1", **more: object) -> Inbound:
    now = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
    source = SourceKey(platform="console", workspace="local", event=event)
    return Inbound(source=source, room=ROOM, asker=PUNIT, sent_at=now, text=text, **more)  # type: ignore[arg-type]


async def test_a_row_that_was_given_up_and_written_all_the_same_does_nothing(
    hesitant: tuple[House, Hesitant],
) -> None:
    house, ledger = hesitant
    ledger.hesitates = True
    putting = asyncio.create_task(house.house.intake.put(saying("save amy as +6591234567")))
    await settle()
    ledger.hesitates = False
    putting.cancel()
    with suppress(asyncio.CancelledError):
        await putting
    await house.advance(5)
    async with ledger() as tx:
        assert await tx.contacts(PUNIT.key) == []
        assert await tx.waiting_inbound("console") == []
    assert house.replies == []


async def test_the_same_when_the_connection_is_lost_at_the_end(hesitant: tuple[House, Hesitant]) -> None:
    house, ledger = hesitant
    ledger.breaks = True
    with pytest.raises(StorageUnavailable):
        await house.house.intake.put(saying("save amy as +6591234567"))
    ledger.breaks = False
    await house.advance(5)
    async with ledger() as tx:
        assert await tx.contacts(PUNIT.key) == []


async def test_a_platform_that_sends_it_again_has_it_taken(hesitant: tuple[House, Hesitant]) -> None:
    house, ledger = hesitant
    ledger.breaks = True
    with pytest.raises(StorageUnavailable):
        await house.house.intake.put(saying("save amy as +6591234567"))
    ledger.breaks = False
    await house.house.intake.put(saying("save amy as +6591234567"))
    await house.advance(5)
    async with ledger() as tx:
        assert [each.name for each in await tx.contacts(PUNIT.key)] == ["amy"]


class Introducing(RememberingChat):
    """A chat that has to be asked who somebody is; sometimes it does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False

    async def introduce(self, inbound: Inbound) -> Inbound:
        if self.is_down:
            raise Unavailable(provider="console", detail="down")
        return replace(inbound, asker=replace(inbound.asker, standing=Standing.OWNER), timezone="Asia/Tokyo")


@pytest.fixture
async def introducing(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.dies()
    house.chat = Introducing()
    house.starts()
    yield house
    await house.close()


async def test_who_it_is_and_where_comes_from_the_platform(introducing: House) -> None:
    reply = await introducing.says("settings", asker=GUEST)
    assert reply is not None
    assert "Asia/Tokyo" in reply.text


async def test_nobody_is_refused_or_let_in_while_the_platform_is_silent(introducing: House) -> None:
    assert isinstance(introducing.chat, Introducing)
    introducing.chat.is_down = True
    assert await introducing.says("settings", asker=GUEST) is None
    introducing.chat.is_down = False
    await introducing.advance(1)
    assert "Asia/Tokyo" in introducing.replies[-1].text
