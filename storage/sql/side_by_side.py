"""Rows of several tables in the answer to one question: on PostgreSQL the way there is what costs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, CompoundSelect, Table, cast, literal, null, select, union_all

from storage.mapping import Row


def side_by_side(
    *parts: tuple[Table, ColumnElement[Any], ColumnElement[bool]],
) -> CompoundSelect[Any]:
    """Of each table the rows that its condition wants, whose each is in `of`. `part` reads them."""
    columns = [column for table, _, _ in parts for column in table.c]
    return union_all(
        *(
            select(
                literal(table.name).label("kind"),
                whose.label("of"),
                *(_own_or_nothing(column, table).label(_label(column)) for column in columns),
            ).where(wanted)
            for table, whose, wanted in parts
        )
    )


def part(row: Row, table: Table) -> Mapping[str, Any]:
    """A row of `kind` that table, as the table has it."""
    return {column.name: row[_label(column)] for column in table.c}


def _own_or_nothing(column: Column[Any], table: Table) -> ColumnElement[Any]:
    return column if column.table is table else cast(null(), column.type)


def _label(column: Column[Any]) -> str:
    return f"{column.table}_{column.name}"
