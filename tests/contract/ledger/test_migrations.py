"""The revisions lead to the tables of the code, keep every row on the way, and never go back by accident."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.types import JSON, Boolean, Float, Integer

from bot.domain.errors import ConfigError
from storage.engine import is_sqlite, postgres_engine, sqlite_engine, upgrade
from storage.migrations.run import FOLDER, bring_up_to_date, revisions
from storage.tables import METADATA

REVISIONS = revisions()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/patchline.db"
    else:
        yield request.getfixturevalue("postgres_url")


async def on(url: str, work: Any) -> Any:
    """Run `work(connection)` and commit."""
    if is_sqlite(url):
        engine = sqlite_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN")
            found = work(connection)
        engine.dispose()
        return found
    pool = postgres_engine(url)
    try:
        async with pool.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await pool.dispose()


async def test_the_revisions_lead_to_the_tables(url: str) -> None:
    await upgrade(url)

    def differences(connection: Connection) -> list[Any]:
        return compare_metadata(MigrationContext.configure(connection), METADATA)

    assert await on(url, differences) == []


async def test_indexes_with_a_condition_have_it_in_the_database(url: str) -> None:
    """Alembic does not compare conditions, and they are what forbids a second dial."""
    await upgrade(url)
    dialect = "sqlite" if is_sqlite(url) else "postgresql"

    def conditions(connection: Connection) -> dict[str, str]:
        found = (index for table in METADATA.tables for index in inspect(connection).get_indexes(table))
        return {
            str(index["name"]): str(index["dialect_options"][f"{dialect}_where"])
            for index in found
            if f"{dialect}_where" in index.get("dialect_options", {})
        }

    wanted = {
        str(index.name): str(index.dialect_options[dialect]["where"])
        for table in METADATA.tables.values()
        for index in table.indexes
        if index.dialect_options[dialect]["where"] is not None
    }
    found = await on(url, conditions)
    assert {name: plain(where) for name, where in found.items()} == {
        name: plain(where) for name, where in wanted.items()
    }


def plain(condition: str) -> str:
    """PostgreSQL adds casts and brackets."""
    return condition.replace("::text", "").replace("(", "").replace(")", "").replace('"', "").lower()


async def test_upgrading_again_changes_nothing(url: str) -> None:
    await upgrade(url)
    await on(url, fill)
    before = await on(url, rows)
    await upgrade(url)
    assert await on(url, rows) == before


async def test_two_upgrades_at_once_wait_for_each_other(url: str) -> None:
    await asyncio.gather(*(upgrade(url) for _ in range(3)))
    assert await on(url, version) == REVISIONS[-1]


def test_processes_that_meet_a_new_file_together_all_get_in(tmp_path: Path) -> None:
    """Forty times, because they have to meet within a millisecond."""

    def enter(gate: threading.Barrier, url: str) -> None:
        engine = sqlite_engine(url)
        gate.wait()
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        engine.dispose()

    with ThreadPoolExecutor(4) as threads:
        for n in range(40):
            gate = threading.Barrier(4)
            for entering in [threads.submit(enter, gate, f"sqlite:///{tmp_path}/{n}.db") for _ in range(4)]:
                entering.result()


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_older_database_keeps_its_rows(url: str, revision: str) -> None:
    def made_then(connection: Connection) -> None:
        bring_up_to_date(connection, revision)

    if is_sqlite(url):
        engine = sqlite_engine(url)
        with engine.connect() as connection:
            made_then(connection)
        engine.dispose()
    else:
        pool = postgres_engine(url)
        async with pool.connect() as waiting:
            await waiting.run_sync(made_then)
        await pool.dispose()
    await on(url, fill)
    before = await on(url, rows)
    await upgrade(url)
    after = await on(url, rows)
    assert {table: after.get(table) for table in before} == before
    assert all(before.values())


async def test_a_database_from_a_newer_patchline_is_refused(url: str) -> None:
    await upgrade(url)
    await on(
        url,
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '30000101_01'")),
    )
    with pytest.raises(ConfigError, match="newer Patchline") as refused:
        await upgrade(url)
    assert "30000101_01" in str(refused.value)
    assert REVISIONS[-1] in str(refused.value)


async def test_a_failed_upgrade_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both databases take back tables that were made in a transaction that failed."""
    from alembic.runtime import environment

    class PowerCut(Exception):
        pass

    def fail(*_: object, **__: object) -> None:
        raise PowerCut

    monkeypatch.setattr(environment.EnvironmentContext, "run_migrations", then(fail))
    with pytest.raises(PowerCut):
        await upgrade(url)
    monkeypatch.undo()
    assert await on(url, lambda connection: inspect(connection).get_table_names()) == []
    await upgrade(url)


def then(fail: Any) -> Any:
    from alembic.runtime.environment import EnvironmentContext

    real = EnvironmentContext.run_migrations

    def run(self: EnvironmentContext, **others: Any) -> None:
        real(self, **others)
        fail()

    return run


def test_revisions_are_dated_and_in_one_line() -> None:
    files = sorted((FOLDER / "versions").glob("[0-9]*.py"))
    assert [file.name[:11] for file in files] == list(REVISIONS)
    for before, file in zip([None, *REVISIONS], files, strict=False):
        datetime.strptime(file.name[:8], "%Y%m%d")  # noqa: DTZ007 - a date, no moment
        written = file.read_text()
        assert f"revision = {file.name[:11]!r}".replace("'", '"') in written.replace("'", '"')
        assert f"down_revision = {before!r}".replace("'", '"') in written.replace("'", '"')


def test_a_database_that_is_up_to_date_does_not_cost_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/patchline.db"
    asyncio.run(upgrade(url))
    look = (
        "import asyncio, sys; from storage.engine import upgrade; from storage.ledger import SqlLedger;"
        f"asyncio.run(upgrade({url!r}));"
        "print([name for name in ('alembic', 'asyncpg') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=FOLDER.parent.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- a row in every table, whatever its columns are -------------------------------------------------


def tables(connection: Connection) -> list[Table]:
    there = MetaData()
    there.reflect(connection)
    return [table for table in there.sorted_tables if table.name != "alembic_version"]


def fill(connection: Connection) -> None:
    for table in tables(connection):
        connection.execute(insert(table).values({column.name: value(column.type) for column in table.c}))


def value(of: Any) -> Any:
    """The same text everywhere, so that foreign keys point at something."""
    if isinstance(of, JSON):
        return {}
    if isinstance(of, Boolean):
        return True
    if isinstance(of, Integer):
        return 1
    return 1.5 if isinstance(of, Float) else "one"


def rows(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables(connection)
    }


def version(connection: Connection) -> str:
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
