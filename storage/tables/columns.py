# mypy: disable-error-code="mutable-override"
# SQLAlchemy declares what a TypeDecorator must set wider than any one decorator sets it.
"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Dialect,
    Index,
    Integer,
    Table,
    TypeDecorator,
    literal,
    text,
)
from sqlmodel import SQLModel

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place in the ledger")
    return (moment - EPOCH) // MICROSECOND


def moment(micros: int) -> datetime:
    """Inverse of `micros`: aware UTC."""
    return EPOCH + micros * MICROSECOND


class Instant(TypeDecorator[datetime]):
    """Microseconds since 1970: sorts, subtracts and survives alike on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else moment(value)


def at(moment: datetime) -> ColumnElement[datetime]:
    """`moment` inside an expression, where no column says what type it is."""
    return literal(moment, Instant())


# SQLite counts up only what is called INTEGER.
Serial: Final = BigInteger().with_variant(Integer, "sqlite")
Json: Final = JSON(none_as_null=True)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows for which `where` holds. Flags are written as `flag = true`.

    Queries have to say the same, with literals: no database uses such an index for a bound parameter.
    """
    for_sqlite = where.replace("= true", "= 1").replace("= false", "= 0")
    return Index(name, *columns, unique=unique, sqlite_where=text(for_sqlite), postgresql_where=text(where))


def table_of(row: type[SQLModel]) -> Table:
    """The plain table under a SQLModel class, for statements."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
