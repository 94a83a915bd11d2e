"""The ledgers under the suite: in memory, on a SQLite file, on PostgreSQL. Each test gets an empty one."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, delete

from bot.ports.ledger import Ledger
from storage.engine import connect_postgres, postgres_dsn, postgres_engine, sqlite_engine, upgrade
from storage.ledger import SqlLedger
from storage.memory import MemoryLedger
from storage.tables import METADATA
from tests.postgres import PostgresServer

BACKWARDS = tuple(reversed(METADATA.sorted_tables))
SQL = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
KINDS = ("memory", *SQL)


@dataclass
class Store:
    """A ledger's database. `another` opens it as a second process would; memory has only the one."""

    kind: str
    open: Callable[[], Ledger]
    url: str | None = None
    opened: list[Ledger] = field(default_factory=list)

    def another(self) -> Ledger:
        ledger = self.open()
        self.opened.append(ledger)
        return ledger


def sql_ledger(url: str) -> SqlLedger:
    return SqlLedger(url, now=lambda: datetime.now(UTC))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database that is up to date, to be copied."""
    file = tmp_path_factory.mktemp("template") / "patchline.db"
    asyncio.run(upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """One database that is up to date; `store` empties it for each test."""
    postgres_server.create("ledger")
    url = postgres_server.url("ledger")
    asyncio.run(upgrade(url))
    yield url
    postgres_server.drop("ledger")


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str | None]:
    """The kind of ledger, and the DATABASE_URL of the two that have one."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "patchline.db")
        return "sqlite", f"sqlite:///{file}"
    if request.param == "postgres":
        return "postgres", request.getfixturevalue("shared_postgres")
    return "memory", None


@pytest.fixture
async def store(address: tuple[str, str | None]) -> AsyncIterator[Store]:
    kind, url = address
    if url is None:
        only = MemoryLedger()
        store = Store(kind, lambda: only)
    else:
        store = Store(kind, partial(sql_ledger, url), url)
    if kind == "postgres":
        await empty(str(url))
    yield store
    for ledger in store.opened:
        await ledger.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return store.another()


async def empty(url: str) -> None:
    """Deleting the few rows of one test is far quicker than truncating every table."""
    connection = await connect_postgres(postgres_dsn(url))
    try:
        await connection.execute(";".join(str(delete(table)) for table in BACKWARDS))
    finally:
        await connection.close()


async def on_the_database(
    store: Store, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
) -> None:
    """Past the ledger, for what it would never do itself. Raises SQLAlchemy's own errors."""
    assert store.url is not None
    if store.kind == "sqlite":
        engine = sqlite_engine(store.url)
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN")  # the driver does not: see `sqlite_engine`
            connection.execute(statement, rows)
        engine.dispose()
        return
    pool = postgres_engine(store.url)
    try:
        async with pool.begin() as connection:
            await connection.execute(statement, rows)
    finally:
        await pool.dispose()
