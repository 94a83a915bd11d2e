"""A database that cannot be reached is said so, and used again once it is back."""

import socket
import sqlite3
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bot.domain.errors import StorageUnavailable
from bot.ports.ledger import Ledger
from storage import engine
from storage.engine import postgres_dsn, upgrade
from tests.contract.ledger.conftest import Store, sql_ledger
from tests.contract.ledger.samples import call, person, read, saved


async def knock(ledger: Ledger) -> None:
    async with ledger() as tx:
        await tx.next_moment()


async def change(ledger: Ledger) -> None:
    async with ledger() as tx:
        await tx.save_person(person())
        await tx.commit()


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_nobody_listens() -> None:
    url = f"postgresql://someone@127.0.0.1:{closed_port()}/patchline"
    ledger = sql_ledger(url)
    for use in (knock, change):
        with pytest.raises(StorageUnavailable):
            await use(ledger)
    with pytest.raises(StorageUnavailable):
        await ledger.skew()
    with pytest.raises(StorageUnavailable):
        await upgrade(url)
    await ledger.close()


async def test_a_file_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    ledger = sql_ledger(f"sqlite:///{tmp_path}/none/patchline.db")
    for use in (knock, change):
        with pytest.raises(StorageUnavailable):
            await use(ledger)
    await ledger.close()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "patchline.db"
    file.write_text("These are not the rows you are looking for. " * 100)
    ledger = sql_ledger(f"sqlite:///{file}")
    with pytest.raises(StorageUnavailable):
        await knock(ledger)
    with pytest.raises(StorageUnavailable):
        await upgrade(f"sqlite:///{file}")
    await ledger.close()


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable):
        await upgrade(f"sqlite:///{tmp_path}/file/patchline.db")


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
async def test_a_closed_ledger_is_out_of_reach(store: Store) -> None:
    ledger = store.another()
    await change(ledger)
    await ledger.close()
    for use in (knock, change):
        with pytest.raises(StorageUnavailable):
            await use(ledger)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
async def test_another_process_keeps_the_file_locked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PRAGMAS", ("PRAGMA busy_timeout = 20",))
    ledger = store.another()
    stranger = sqlite3.connect(str(store.url).removeprefix("sqlite:///"), isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable):
        await change(ledger)
    await knock(ledger)
    stranger.execute("ROLLBACK")
    stranger.close()
    await change(ledger)


@pytest.mark.parametrize("address", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_lost_connection_is_replaced(store: Store) -> None:
    """All connections cut in the middle of a unit of work, as when the server restarts."""
    ledger = store.another()
    wanted = call()
    await saved(ledger, wanted)
    async with ledger() as tx:
        assert await tx.call(wanted.id) == wanted
        await cut(str(store.url))
        with pytest.raises(StorageUnavailable):
            await tx.save_call(replace(wanted, reason="lost"))
    assert await read(ledger, wanted.id) == wanted


@pytest.mark.parametrize("address", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_idle_connections_that_were_cut_cost_one_try(store: Store) -> None:
    ledger = store.another()
    await change(ledger)
    await cut(str(store.url))
    with pytest.raises(StorageUnavailable):
        await knock(ledger)
    await knock(ledger)
    await change(ledger)


async def cut(url: str) -> None:
    connection = await asyncpg.connect(postgres_dsn(url))
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
