"""Bring a database to the newest schema. What is up to date already never imports Alembic."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from bot.domain.errors import ConfigError

FOLDER: Final = Path(__file__).parent
ONE_AT_A_TIME: Final = 0x_70_61_74_63_68
"""PostgreSQL's advisory lock that upgrades take."""


def revisions() -> Sequence[str]:
    """All there are, oldest first: `yyyymmdd_nn`, as their files are called."""
    return sorted(file.name[:11] for file in (FOLDER / "versions").glob("[0-9]*.py"))


def bring_up_to_date(connection: Connection, to: str | None = None) -> None:
    """Up to the revision `to`, or the newest, and commit. Idempotent; two at once wait for each other.

    Raises ConfigError for a database from a newer Patchline.
    """
    known = revisions()
    target = to or known[-1]
    if _checked(connection, known) == target:
        return
    connection.rollback()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    _checked(connection, known)
    _run(connection, target)
    connection.commit()


def _checked(connection: Connection, known: Sequence[str]) -> str | None:
    """The revision the database is at; None for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in known:
        raise ConfigError(
            [
                f"DATABASE_URL: this database is at schema {found}, and this Patchline knows none later than "
                f"{known[-1]}. A newer Patchline has written it: use that one, or restore a backup."
            ]
        )
    return found


def _run(connection: Connection, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
