"""The floor: two committed writes a call, one call after the other, with the driver alone or SQLAlchemy.

No policy, no card, no lease, no history. Whoever keeps a durable record of "about to dial" and "dialled" for
every call cannot do with less.
"""

import asyncio
import sqlite3
import time
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from storage.engine import connect_postgres, postgres_dsn, postgres_engine, sqlite_engine, sqlite_file

_TABLE = "CREATE TABLE bare (id INTEGER PRIMARY KEY, state TEXT NOT NULL, token TEXT, ref TEXT)"
_PLACING = "UPDATE bare SET state = 'placing', token = {0} WHERE id = {1} AND state = 'scheduled'"
_PLACED = "UPDATE bare SET state = 'placed', ref = {0} WHERE id = {1} AND state = 'placing'"


async def two_commits(url: str, calls: int) -> float:
    """Calls per second in an empty database."""
    return _on_sqlite(sqlite_file(url), calls) if url.startswith("sqlite") else await _on_postgres(url, calls)


def _on_sqlite(file: Path, calls: int) -> float:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_TABLE)
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO bare (id, state) VALUES (?, 'scheduled')", [(n,) for n in range(calls)]
    )
    connection.execute("COMMIT")
    placing, placed = _PLACING.format("?", "?"), _PLACED.format("?", "?")
    started = time.perf_counter()
    for n in range(calls):
        connection.execute(placing, (f"token-{n}", n))
        connection.execute(placed, (f"ref-{n}", n))
    seconds = time.perf_counter() - started
    connection.close()
    return calls / seconds


async def _on_postgres(url: str, calls: int) -> float:
    connection = await connect_postgres(postgres_dsn(url))
    await connection.execute(_TABLE)
    await connection.executemany(
        "INSERT INTO bare (id, state) VALUES ($1, 'scheduled')", [(n,) for n in range(calls)]
    )
    placing = await connection.prepare(_PLACING.format("$1", "$2"))
    placed = await connection.prepare(_PLACED.format("$1", "$2"))
    started = time.perf_counter()
    for n in range(calls):
        await placing.fetch(f"token-{n}", n)
        await placed.fetch(f"ref-{n}", n)
    seconds = time.perf_counter() - started
    await connection.close()
    return calls / seconds


async def through_sqlalchemy(url: str, calls: int) -> float:
    """The same with the engines that the ledger has; on SQLite in one thread for all of it."""
    if url.startswith("sqlite"):
        return await asyncio.to_thread(_sync, sqlite_engine(url), calls)
    engine = postgres_engine(url)
    async with engine.connect() as connection:
        await connection.execute(text(_TABLE))
        await connection.execute(_NEW, _numbered(calls))
        await connection.commit()
        started = time.perf_counter()
        for n in range(calls):
            await connection.execute(_TO_PLACING, {"value": f"token-{n}", "id": n})
            await connection.commit()
            await connection.execute(_TO_PLACED, {"value": f"ref-{n}", "id": n})
            await connection.commit()
        seconds = time.perf_counter() - started
    await engine.dispose()
    return calls / seconds


_NEW = text("INSERT INTO bare (id, state) VALUES (:id, 'scheduled')")
_TO_PLACING = text(_PLACING.format(":value", ":id"))
_TO_PLACED = text(_PLACED.format(":value", ":id"))


async def from_a_loop(url: str, calls: int) -> float:
    """The same on SQLite from a program that must not stand still while the disk writes: every commit is on a
    thread. On PostgreSQL every loop here is of that kind."""
    engine = sqlite_engine(url)
    with engine.connect() as connection:
        _fill(connection, calls)
        started = time.perf_counter()
        for n in range(calls):
            for statement, value in ((_TO_PLACING, f"token-{n}"), (_TO_PLACED, f"ref-{n}")):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.execute(statement, {"value": value, "id": n})
                await asyncio.to_thread(connection.commit)
        seconds = time.perf_counter() - started
    engine.dispose()
    return calls / seconds


def _fill(connection: Connection, calls: int) -> None:
    connection.execute(text(_TABLE))
    connection.exec_driver_sql("BEGIN")
    connection.execute(_NEW, _numbered(calls))
    connection.commit()


def _numbered(calls: int) -> list[dict[str, int]]:
    return [{"id": n} for n in range(calls)]


def _sync(engine: Engine, calls: int) -> float:
    with engine.connect() as connection:
        _fill(connection, calls)
        started = time.perf_counter()
        for n in range(calls):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.execute(_TO_PLACING, {"value": f"token-{n}", "id": n})
            connection.commit()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.execute(_TO_PLACED, {"value": f"ref-{n}", "id": n})
            connection.commit()
        seconds = time.perf_counter() - started
    engine.dispose()
    return calls / seconds
