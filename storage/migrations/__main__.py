"""`python -m storage.migrations 2026-11-21 "what changes"` writes the revision up to the tables."""

import sys
import tempfile
from datetime import date
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from storage.engine import sqlite_engine
from storage.migrations.run import FOLDER, bring_up_to_date, revisions


def write(day: date, message: str) -> None:
    """Compared on an empty SQLite database. Read what it wrote: a comparison cannot know about data."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite_engine(f"sqlite:///{Path(folder) / 'compare.db'}")
        with engine.connect() as connection:
            if revisions():
                bring_up_to_date(connection)
            _revise(connection, day, message)
        engine.dispose()


def _revise(connection: Connection, day: date, message: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    command.revision(config, message, autogenerate=True, rev_id=_next_id(day))


def _next_id(day: date) -> str:
    today = f"{day:%Y%m%d}"
    return f"{today}_{1 + sum(each.startswith(today) for each in revisions()):02}"


if __name__ == "__main__":
    write(date.fromisoformat(sys.argv[1]), " ".join(sys.argv[2:]))
