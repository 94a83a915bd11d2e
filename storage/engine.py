"""DATABASE_URL to an engine, and the database brought up to date. What is asked of it is `sql/`."""

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.domain.errors import ConfigError
from storage.errors import translated

BUSY_SECONDS: Final = 10.0
"""How long a writer waits for another before the database counts as out of reach."""
POOL_SIZE: Final = 8


def busy_timeout(seconds: float) -> str:
    """How long SQLite waits for another process to be done with the database."""
    return f"PRAGMA busy_timeout = {int(seconds * 1000)}"


_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",  # a placement must survive the power cut that follows its commit
    "PRAGMA foreign_keys = ON",
    busy_timeout(BUSY_SECONDS),
)
# Parameters of libpq's own that asyncpg would hand to the server as settings, which then refuses.
_NOT_FOR_ASYNCPG: Final = {"channel_binding", "gssencmode", "connect_timeout"}


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def sqlite_file(url: str) -> Path:
    """The file behind a `sqlite:` address. Raises ConfigError where there is none."""
    try:
        database = make_url(url).database
    except ArgumentError as problem:
        raise _mistake(url) from problem
    if not database or database == ":memory:":
        raise ConfigError(["DATABASE_URL: SQLite needs a file, as in sqlite:///patchline.db"])
    return Path(database)


def postgres_dsn(url: str) -> str:
    """What asyncpg connects to: `postgres://` and a named driver are taken, `sslmode` is understood."""
    match = re.fullmatch(r"postgres(?:ql)?(?:\+\w+)?://(.*)", url)
    if match is None:
        raise _mistake(url)
    parts = urlsplit(f"postgresql://{match[1]}")
    kept = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _NOT_FOR_ASYNCPG
    ]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _mistake(url: str) -> ConfigError:
    scheme = re.match(r"[\w+]*", url)
    named = scheme[0] if scheme else ""
    return ConfigError([f"DATABASE_URL: {named!r} is neither sqlite nor postgresql"])


def sqlite_engine(url: str) -> Engine:
    """Synchronous, for the threads of `sql/sqlite.py`. Connects at the first use. Raises ConfigError."""
    engine = create_engine(
        f"sqlite:///{sqlite_file(url)}",
        # We say BEGIN ourselves, so the driver must not; one step at a time uses a connection, on any thread.
        connect_args={"isolation_level": None, "check_same_thread": False},
        pool_size=POOL_SIZE,
        pool_use_lifo=True,  # who was here last has its statements prepared
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        json_serializer=_compact,
        json_deserializer=_as_it_is,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Two processes that meet a new file want to turn it to WAL at once; SQLite tells one of them that it is
    busy without waiting, whatever the busy timeout, so the waiting is done here."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def postgres_engine(url: str) -> AsyncEngine:
    """Connects at the first use. Raises ConfigError for an address that is not PostgreSQL's."""
    dsn = postgres_dsn(url)
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(connect_postgres, dsn),
        pool_size=POOL_SIZE,
        pool_use_lifo=True,  # who was here last has its statements prepared
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        json_serializer=_compact,
        json_deserializer=_as_it_is,
    )


async def connect_postgres(dsn: str) -> Any:
    """A bare asyncpg connection; asyncpg alone reads the address, for the pool and the listener alike."""
    import asyncpg  # type: ignore[import-untyped]

    return await asyncpg.connect(dsn, timeout=BUSY_SECONDS)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _as_it_is(text: str) -> str:
    """`mapping.read` decodes it, and remembers what it has decoded before."""
    return text


def make_folder(url: str) -> None:
    """The folder of a SQLite file, readable by its owner only. Nothing to do elsewhere; harmless twice."""
    if is_sqlite(url):
        sqlite_file(url).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


async def upgrade(url: str) -> None:
    """Bring the database to the schema of this code, creating it where there is none. Idempotent.

    Raises ConfigError for a database that a newer Patchline has written, StorageUnavailable out of reach.
    """
    from storage.migrations.run import bring_up_to_date

    with translated():
        if is_sqlite(url):
            await asyncio.to_thread(_upgrade_sqlite, url, bring_up_to_date)
        else:
            await _upgrade_postgres(url, bring_up_to_date)


def _upgrade_sqlite(url: str, upgrade_on: Callable[[Connection], None]) -> None:
    make_folder(url)
    engine = sqlite_engine(url)
    try:
        with engine.connect() as connection:
            upgrade_on(connection)
    finally:
        engine.dispose()


async def _upgrade_postgres(url: str, upgrade_on: Callable[[Connection], None]) -> None:
    engine = postgres_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade_on)
    finally:
        await engine.dispose()
