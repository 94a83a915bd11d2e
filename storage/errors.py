"""The database's errors as ours: what may be tried again, what would have been a second, what is a defect."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.domain.errors import Conflict, PatchlineError, StorageUnavailable

_DEFECTS = (DataError, InvalidRequestError, NotSupportedError, ProgrammingError)


@contextmanager
def translated() -> Iterator[None]:
    """Raises StorageUnavailable or Conflict in place of the driver's errors; lets defects through."""
    try:
        yield
    except PatchlineError:
        raise
    except IntegrityError as error:
        raise Conflict(str(error.orig)) from error
    except _DEFECTS as error:
        if _is_outage(error):
            raise StorageUnavailable(_first_line(error)) from error
        raise
    except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
        raise StorageUnavailable(_first_line(error)) from error
    except Exception as error:
        # Connecting goes past SQLAlchemy's own translation.
        if type(error).__module__.startswith("asyncpg"):
            raise StorageUnavailable(_first_line(error)) from error
        raise


def _is_outage(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return (str(cause) or type(cause).__name__).splitlines()[0]
