"""Changes to calls on their way into the ledger: together where several wait, each by itself in trouble."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.call import Call, CallKind, CallState
from bot.domain.cdr import CallId
from bot.domain.errors import StorageUnavailable
from bot.domain.people import Room
from bot.ports.ledger import Transaction
from bot.services.changes import CREW, Change, Changed, Changes
from storage.memory import MemoryLedger
from tests.fakes import FakeClock

ROOM = Room(platform="console", workspace="local", channel="main", private=True)


@dataclass
class Counting:
    """The memory ledger, which counts what is committed and can be out of reach for some time."""

    inner: MemoryLedger = field(default_factory=MemoryLedger)
    commits: int = 0
    is_gone: bool = False

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Any]:
        async with self.inner() as tx:
            yield Counted(tx, self)

    @contextmanager
    def out_of_reach(self) -> Iterator[None]:
        self.is_gone = True
        yield
        self.is_gone = False


class Counted:
    """The unit of work, but for its commit."""

    def __init__(self, tx: Transaction, ledger: Counting) -> None:
        self._tx = tx
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def commit(self) -> None:
        if self._ledger.is_gone:
            raise StorageUnavailable("the disk is full")
        self._ledger.commits += 1
        await asyncio.sleep(0)
        await self._tx.commit()


class Stage:
    def __init__(self) -> None:
        self.clock, self.ledger = FakeClock(), Counting()
        self.shown: list[int] = []
        cards: Any = SimpleNamespace(put=self._put, wake=lambda: None)
        ledger: Any = self.ledger
        self.changes = Changes(ledger=ledger, clock=self.clock, providers={}, cards=cards, texts={})

    async def _put(self, _: Transaction, *calls: Call) -> None:
        self.shown += [call.number for call in calls]

    async def calls(self, count: int) -> list[CallId]:
        added = [
            Call(
                id=CallId(f"call-{n}"),
                number=n,
                kind=CallKind.CALL,
                room=ROOM,
                asker="console:local/me",
                due=self.clock.now(),
                provider="simulator",
                plan=(),
                state=CallState.STARTED,
                created_at=self.clock.now(),
            )
            for n in range(count)
        ]
        async with self.ledger.inner() as tx:
            for call in added:
                await tx.add_call(call)
            await tx.commit()
        return [call.id for call in added]

    async def notes(self, id: CallId) -> tuple[str, ...]:
        async with self.ledger.inner() as tx:
            call = await tx.call(id)
        assert call is not None
        return call.notes


def noting(word: str) -> Change:
    async def note(_: Transaction, call: Call, __: datetime) -> Changed:
        return replace(call, notes=(*call.notes, word)), ()

    return note


async def breaking(_: Transaction, __: Call, ___: datetime) -> Changed:
    raise ValueError("a mistake of ours")


async def test_one_change_is_one_commit_and_returns_the_call_as_it_is_then() -> None:
    stage = Stage()
    (only,) = await stage.calls(1)
    after = await stage.changes.apply(only, noting("rang"))
    assert after is not None
    assert (after.notes, await stage.notes(only)) == (("rang",), ("rang",))
    assert (stage.ledger.commits, stage.shown) == (1, [0])


async def test_what_comes_together_is_written_together() -> None:
    stage = Stage()
    calls = await stage.calls(CREW)
    await asyncio.gather(*(stage.changes.apply(each, noting("rang")) for each in calls))
    assert stage.ledger.commits == 1
    assert {await stage.notes(each) for each in calls} == {("rang",)}


async def test_no_more_than_a_crew_is_in_one_commit() -> None:
    stage = Stage()
    calls = await stage.calls(3 * CREW + 1)
    await asyncio.gather(*(stage.changes.apply(each, noting("rang")) for each in calls))
    assert stage.ledger.commits == 4
    assert {await stage.notes(each) for each in calls} == {("rang",)}


async def test_two_changes_of_one_call_see_each_other_and_its_card_is_written_once() -> None:
    stage = Stage()
    (only,) = await stage.calls(1)
    both = await asyncio.gather(*(stage.changes.apply(only, noting(word)) for word in ("rang", "answered")))
    assert await stage.notes(only) == ("rang", "answered")
    assert [call and call.notes for call in both] == [("rang", "answered")] * 2
    assert stage.shown == [0]


async def test_a_change_that_changes_nothing_is_not_shown_and_a_call_that_is_not_there_is_no_trouble() -> (
    None
):
    stage = Stage()
    (only,) = await stage.calls(1)

    async def nothing(_: Transaction, __: Call, ___: datetime) -> Changed | None:
        return None

    assert await stage.changes.apply(only, nothing) is None
    assert await stage.changes.apply(CallId("nobody"), noting("rang")) is None
    assert stage.shown == []


async def test_a_change_that_breaks_harms_no_other_and_is_heard_of() -> None:
    stage = Stage()
    first, broken, last = await stage.calls(3)
    results = await asyncio.gather(
        stage.changes.apply(first, noting("rang")),
        stage.changes.apply(broken, breaking),
        stage.changes.apply(last, noting("rang")),
        return_exceptions=True,
    )
    assert isinstance(results[1], ValueError)
    assert [await stage.notes(each) for each in (first, broken, last)] == [("rang",), (), ("rang",)]


async def test_without_the_database_everybody_hears_of_it_and_nothing_is_lost_afterwards() -> None:
    stage = Stage()
    calls = await stage.calls(3)
    with stage.ledger.out_of_reach():
        results = await asyncio.gather(
            *(stage.changes.apply(each, noting("rang")) for each in calls), return_exceptions=True
        )
    assert [type(each) for each in results] == [StorageUnavailable] * 3
    await asyncio.gather(*(stage.changes.apply(each, noting("answered")) for each in calls))
    assert {await stage.notes(each) for each in calls} == {("answered",)}


@pytest.mark.parametrize("lanes", [1, 2])
async def test_nobody_is_forgotten_who_comes_as_the_others_leave(
    lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.changes.LANES", lanes)
    stage = Stage()
    calls = await stage.calls(5)

    async def again_and_again(id: CallId) -> None:
        for n in range(20):
            await stage.changes.apply(id, noting(str(n)))

    async with asyncio.timeout(10):
        await asyncio.gather(*map(again_and_again, calls))
    for each in calls:
        assert await stage.notes(each) == tuple(map(str, range(20)))


async def test_whoever_gives_up_waiting_does_not_keep_the_others_from_being_written() -> None:
    stage = Stage()
    first, given_up, last = await stage.calls(3)
    waiting = [
        asyncio.ensure_future(stage.changes.apply(each, noting("rang"))) for each in (first, given_up, last)
    ]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(waiting[0], waiting[2])
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]
    assert {await stage.notes(each) for each in (first, last)} == {("rang",)}
