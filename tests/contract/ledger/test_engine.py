"""DATABASE_URL in all its spellings."""

from pathlib import Path

import pytest

from bot.domain.errors import ConfigError
from storage.engine import make_folder, postgres_dsn, sqlite_file, upgrade
from storage.ledger import SqlLedger
from tests.contract.ledger.conftest import sql_ledger
from tests.contract.ledger.samples import call, read, saved


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        ("postgres://u:p%40ss@db.example:5432/x", "postgresql://u:p%40ss@db.example:5432/x"),
        ("postgresql://u@db.example/x", "postgresql://u@db.example/x"),
        ("postgresql+asyncpg://u@db.example/x", "postgresql://u@db.example/x"),
        ("postgres://u@db.example/x?sslmode=require", "postgresql://u@db.example/x?sslmode=require"),
        (
            "postgres://u@db.example/x?sslmode=require&channel_binding=require",
            "postgresql://u@db.example/x?sslmode=require",
        ),
        ("postgresql://u@/x?host=/run/postgresql", "postgresql://u@/x?host=%2Frun%2Fpostgresql"),
    ],
)
def test_every_spelling_of_postgresql(url: str, dsn: str) -> None:
    assert postgres_dsn(url) == dsn


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///patchline.db", "patchline.db"),
        ("sqlite:////srv/a b/patchline.db", "/srv/a b/patchline.db"),
        ("sqlite+aiosqlite:///patchline.db", "patchline.db"),
    ],
)
def test_every_spelling_of_sqlite(url: str, file: str) -> None:
    assert sqlite_file(url) == Path(file)


@pytest.mark.parametrize("url", ["mysql://u@db/x", "patchline.db", "", "sqlite://", "sqlite:///:memory:"])
def test_anything_else_is_a_mistake_said_without_secrets(url: str) -> None:
    with pytest.raises(ConfigError) as mistake:
        SqlLedger(url, now=lambda: None)  # type: ignore[arg-type, return-value]
    assert "DATABASE_URL" in str(mistake.value)


def test_a_mistake_does_not_repeat_the_password() -> None:
    with pytest.raises(ConfigError) as mistake:
        postgres_dsn("mysql://user:secret@db.example/x")
    assert "secret" not in str(mistake.value)


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a/b/patchline.db"
    make_folder(url)
    make_folder(url)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


async def test_upgrading_makes_the_folder_and_the_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new folder/100%/patchline.db"
    await upgrade(url)
    ledger, wanted = sql_ledger(url), call()
    await saved(ledger, wanted)
    assert await read(ledger, wanted.id) == wanted
    await ledger.close()


async def test_what_is_committed_is_on_the_disk(tmp_path: Path) -> None:
    """WAL with a full sync: a placement survives the power cut that follows its commit."""
    url = f"sqlite:///{tmp_path}/patchline.db"
    await upgrade(url)
    ledger = sql_ledger(url)
    with ledger._door.engine.connect() as connection:  # type: ignore[union-attr]
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    await ledger.close()
