"""Alembic's entry point. The connection comes from `run.py` or `__main__.py`, in a transaction of its own."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from storage.tables import METADATA
from storage.tables.columns import Instant


def _rendered(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Revisions outlive our column types: they say what the database has."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=_rendered,
    render_as_batch=True,  # SQLite changes a column by copying the table
)
context.run_migrations()
