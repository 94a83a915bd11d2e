"""One unit of work, in steps. A step is one method of the port, and runs in one go where the database is.

Steps are written like any synchronous code on a connection; `reads` and `writes`, or for those that take
long `scans` and `rewrites`, make them the port's coroutines.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache, partial, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, RowMapping, Table
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.errors import Conflict
from storage.errors import translated

P = ParamSpec("P")
R = TypeVar("R")
Values = Mapping[str, Any]
W = TypeVar("W", bound="Work")


class Link(Protocol):
    """How a unit of work reaches its database. Raises the driver's errors."""

    async def run(self, step: Callable[[Connection], R], *, writes: bool, long: bool) -> R:
        """In the unit's transaction, which begins at the latest with the first step that writes.

        `long`: nobody else shall have to wait for it.
        """
        ...

    async def commit(self, *, news: bool) -> None:
        """`news`: other processes want to hear of it."""
        ...

    async def close(self) -> None:
        """Roll back what was not committed, and let go of everything, even when cancelled meanwhile."""
        ...


def reads(step: Callable[Concatenate[W, P], R]) -> Callable[Concatenate[W, P], Coroutine[Any, Any, R]]:
    """A step that changes nothing and finds what it wants by an index."""
    return _coroutine(step)


def writes(step: Callable[Concatenate[W, P], R]) -> Callable[Concatenate[W, P], Coroutine[Any, Any, R]]:
    """A step that changes or holds something it finds by an index."""
    return _coroutine(step, writes=True)


def scans(step: Callable[Concatenate[W, P], R]) -> Callable[Concatenate[W, P], Coroutine[Any, Any, R]]:
    """A step that changes nothing and reads a table from end to end."""
    return _coroutine(step, long=True)


def rewrites(step: Callable[Concatenate[W, P], R]) -> Callable[Concatenate[W, P], Coroutine[Any, Any, R]]:
    """A step that changes as many rows as there are."""
    return _coroutine(step, writes=True, long=True)


def _coroutine(
    step: Callable[Concatenate[W, P], R], *, writes: bool = False, long: bool = False
) -> Callable[Concatenate[W, P], Coroutine[Any, Any, R]]:
    @wraps(step)
    async def run(self: W, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._run(partial(step, self, *args, **kwargs), writes=writes, long=long)

    return run


def insert(table: Table, dialect: str) -> Any:
    """An insert that knows `on_conflict_do_…`: both databases spell it alike, SQLAlchemy has it twice."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def upsert(table: Table, columns: Sequence[str], dialect: str) -> Any:
    """Made once: putting it together takes far longer than running it."""
    keys = [column.name for column in table.primary_key]
    new = insert(table, dialect)
    changed = {name: new.excluded[name] for name in columns if name not in keys}
    return new.on_conflict_do_update(index_elements=keys, set_=changed)


class Work:
    """A unit of work. Leaving it without a commit rolls back."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._connection: Connection | None = None
        self._news = False
        self._over = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        with translated():
            await self._link.close()

    async def commit(self) -> None:
        """Durable when it returns. Nothing may be asked of the transaction afterwards."""
        self._check()
        self._over = True
        with translated():
            await self._link.commit(news=self._news)

    async def _run(self, step: Callable[[], R], *, writes: bool, long: bool) -> R:
        self._check()
        with translated():
            return await self._link.run(partial(self._on, step), writes=writes, long=long)

    def _on(self, step: Callable[[], R], connection: Connection) -> R:
        self._connection = connection
        return step()

    def _check(self) -> None:
        if self._over:
            raise RuntimeError("this unit of work is over")

    def _tell_others(self) -> None:
        """This commit is of interest to other processes: something to dispatch, to answer or to show."""
        self._news = True

    # --- within a step ------------------------------------------------------------------------

    @property
    def _here(self) -> Connection:
        assert self._connection is not None, "only within a step"
        return self._connection

    def _execute(
        self, statement: Executable, values: Values | Sequence[Values] | None = None
    ) -> CursorResult[Any]:
        return self._here.execute(statement, values)

    def _execute_all(self, statement: Executable, rows: Sequence[Values]) -> None:
        """The same statement with every row, in one go."""
        if rows:
            self._execute(statement, rows[0] if len(rows) == 1 else rows)

    def _rows(self, statement: Executable, values: Values | None = None) -> Sequence[RowMapping]:
        return self._execute(statement, values).mappings().all()

    def _row(self, statement: Executable, values: Values | None = None) -> RowMapping | None:
        return self._execute(statement, values).mappings().first()

    def _upsert(self, table: Table, *rows: Values) -> None:
        """Insert, or replace the row of the same primary key.

        Every row must name the same columns; those that they do not name stay as they are.
        """
        self._execute_all(upsert(table, tuple(rows[0]), self._dialect), rows)

    def _insert(self, table: Table) -> Any:
        return insert(table, self._dialect)

    @property
    def _dialect(self) -> str:
        return self._here.dialect.name

    def _attempt(self, write: Callable[[], bool]) -> bool:
        """Run `write` in a savepoint. False, and nothing of it stays, when it says so or meets a Conflict."""
        here = self._here
        # By hand: SQLAlchemy puts its savepoints together anew each time, which takes longer than the rest.
        here.exec_driver_sql("SAVEPOINT attempt")
        try:
            with translated():
                done = write()
        except Conflict:
            done = False
        if not done:
            here.exec_driver_sql("ROLLBACK TO SAVEPOINT attempt")
        here.exec_driver_sql("RELEASE SAVEPOINT attempt")
        return done
