"""Our own words written into the statement itself, where a partial index names them."""

from typing import Any

from sqlalchemy import ColumnElement, String, literal_column


def literal(word: str) -> ColumnElement[Any]:
    """One of our own state names, quoted. Never for anything that came from outside."""
    if "'" in word:
        raise ValueError("not one of our words")
    return literal_column(f"'{word!s}'", String)
