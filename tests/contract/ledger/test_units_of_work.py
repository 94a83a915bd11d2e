"""What a unit of work promises: all or nothing, and one writer at a time."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.errors import StorageUnavailable
from bot.ports.ledger import Ledger
from storage.memory import work as memory
from storage.sql import sqlite
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import (
    ASKER,
    NOW,
    OWNER,
    ROOM,
    call,
    card,
    claimed,
    event,
    inbound,
    person,
    placement,
    question,
    read,
    recording,
    reply,
    saved,
    seconds,
)


async def test_without_a_commit_nothing_stays(ledger: Ledger) -> None:
    kept, dropped = call(), call()
    await saved(ledger, kept)
    await claimed(ledger)
    asked = question()
    async with ledger() as tx:
        assert await tx.begin_placement(placement(kept), owner=OWNER, now=NOW)
        await tx.add_call(dropped)
        await tx.put_inbound(inbound(), NOW)
        await tx.answer(inbound().source, reply())
        await tx.save_person(person())
        await tx.save_question(asked)
        await tx.put_cards([(ROOM, card())], NOW)
        await tx.save_recording(recording())
        await tx.reserve("plivo", per_second=1, now=NOW)
        assert await tx.next_number("t") == 1
    async with ledger() as tx:
        found = await tx.call(kept.id)
        assert found is not None
        assert found.placements == ()
        assert await tx.call(dropped.id) is None
        assert list(await tx.waiting_inbound("console")) == []
        assert await tx.person(person().key) is None
        assert await tx.question(asked.id) is None
        assert list(await tx.notices_due("console", NOW)) == []
        assert list(await tx.recordings(ROOM.tenant)) == []
        assert await tx.next_free("plivo") is None
        assert await tx.next_number("t") == 1


async def test_an_error_rolls_back(ledger: Ledger) -> None:
    wanted = call()

    async def fail() -> None:
        async with ledger() as tx:
            await tx.add_call(wanted)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with ledger() as tx:
        assert await tx.call(wanted.id) is None


async def test_a_unit_of_work_sees_its_own_changes_and_others_do_not(ledger: Ledger) -> None:
    async with ledger() as mine:
        await mine.save_person(person())
        assert await mine.person(person().key) == person()
        async with ledger() as yours:
            assert await yours.person(person().key) is None
        await mine.commit()
    async with ledger() as yours:
        assert await yours.person(person().key) == person()


async def test_a_list_has_each_thing_once_while_it_is_being_changed(ledger: Ledger) -> None:
    amy, bob, zoe = (person(f"slack:T1/{name}") for name in ("amy", "bob", "zoe"))
    async with ledger() as tx:
        await tx.save_person(amy)
        await tx.save_person(bob)
        await tx.commit()
    async with ledger() as tx:
        changed = replace(amy, name="Amy Tan")
        await tx.save_person(changed)
        await tx.save_person(zoe)
        assert list(await tx.people("slack:T1")) == [changed, bob, zoe]


async def test_nothing_may_be_asked_after_the_commit(ledger: Ledger) -> None:
    async with ledger() as tx:
        await tx.save_person(person())
        await tx.commit()
        with pytest.raises(RuntimeError):
            await tx.person(person().key)
        with pytest.raises(RuntimeError):
            await tx.commit()


async def test_a_commit_of_nothing_is_harmless(ledger: Ledger) -> None:
    async with ledger() as tx:
        await tx.commit()
    async with ledger() as tx:
        await tx.person("nobody")
        await tx.commit()


async def test_a_held_call_keeps_other_writers_out_until_the_end(store: Store) -> None:
    """Twenty tasks read a call, think, and write what they have read plus one: none gets lost."""
    wanted = call()
    await saved(store.another(), wanted)
    ledgers = [store.another() for _ in range(2)]

    async def note(ledger: Ledger, n: int) -> None:
        async with ledger() as tx:
            held = await tx.call(wanted.id)
            assert held is not None
            await asyncio.sleep(0)
            await tx.save_call(replace(held, notes=(*held.notes, str(n))))
            await tx.commit()

    await asyncio.gather(*(note(ledgers[n % 2], n) for n in range(20)))
    notes = (await read(ledgers[0], wanted.id)).notes
    assert sorted(notes, key=int) == [str(n) for n in range(20)]


async def test_readers_do_not_wait_for_a_writer(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    async with ledger() as writer:
        assert await writer.call(wanted.id) == wanted
        await writer.save_call(replace(wanted, reason="changed"))
        async with ledger() as reader:
            assert list(await reader.calls_in()) == [wanted]
            assert await reader.next_moment() == NOW


async def test_what_a_repeated_callback_asks_waits_for_no_writer(ledger: Ledger) -> None:
    """Whether it is known already, and what its placement was told to do."""
    wanted = call()
    await saved(ledger, wanted)
    await claimed(ledger)
    first = placement(wanted)
    known, coming = event(first.token, source_id="1"), event(first.token, source_id="2")
    async with ledger() as tx:
        assert await tx.begin_placement(first, owner=OWNER, now=NOW)
        assert await tx.add_events([(known, wanted.id)], NOW) == [True]
        await tx.commit()
    async with ledger() as writer:
        assert await writer.call(wanted.id) is not None
        assert await writer.add_events([(coming, wanted.id)], NOW) == [True]
        async with asyncio.timeout(5), ledger() as reader:
            assert await reader.whose(known) == (wanted.id, True)
            assert await reader.whose(coming) == (wanted.id, False), "it is not committed"
            assert await reader.placement(first.token) == first


async def test_reading_first_and_writing_later_is_no_trap(store: Store) -> None:
    """On SQLite a snapshot that turns into a writer would be refused once somebody else has written."""
    one, two = store.another(), store.another()
    async with one() as tx:
        assert await tx.person(person().key) is None
        async with two() as other:
            await other.save_person(person(name="Bob"))
            await other.commit()
        await tx.save_person(person())
        await tx.commit()
    async with two() as tx:
        assert await tx.person(person().key) == person()


async def test_a_cancelled_unit_of_work_lets_go(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)
    holding = asyncio.Event()

    async def hold() -> None:
        async with ledger() as tx:
            await tx.call(wanted.id)
            await tx.save_call(replace(wanted, reason="changed"))
            holding.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await holding.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await read(ledger, wanted.id) == wanted


async def test_cancelling_at_any_point_leaves_a_ledger_that_works(ledger: Ledger) -> None:
    wanted = call()
    await saved(ledger, wanted)

    async def work() -> None:
        async with ledger() as tx:
            held = await tx.call(wanted.id)
            assert held is not None
            await tx.save_call(replace(held, notes=(*held.notes, "x")))
            await tx.commit()

    for yields in range(25):
        task = asyncio.create_task(work())
        for _ in range(yields):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    before = (await read(ledger, wanted.id)).notes
    await work()
    assert (await read(ledger, wanted.id)).notes == (*before, "x")


async def test_many_units_of_work_at_once(ledger: Ledger) -> None:
    """More than there are connections, readers among them: nobody waits for ever."""

    async def work(n: int) -> None:
        async with ledger() as tx:
            await tx.person(ASKER.key)
            await tx.add_call(call(number=n, due=NOW + seconds(n)))
            await tx.commit()

    await asyncio.gather(*(work(n) for n in range(60)))
    async with ledger() as tx:
        assert [each.number for each in await tx.calls_in(limit=100)] == list(range(60))


async def test_closing_twice_is_harmless(store: Store) -> None:
    ledger = store.another()
    await ledger.close()
    await ledger.close()


@pytest.mark.parametrize("address", ["memory", "sqlite"], indirect=True)
async def test_a_writer_that_waits_too_long_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL, writers of different rows do not wait for each other."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(memory, "PATIENCE", 0.01)
    ledger = store.another()
    async with ledger() as first:
        await first.save_person(person())
        async with ledger() as second:
            with pytest.raises(StorageUnavailable):
                await second.save_person(person())
        await first.commit()
    async with ledger() as third:
        assert await third.person(person().key) == person()
        await third.save_person(person(name="Bob"))
