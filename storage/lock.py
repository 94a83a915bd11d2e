"""One dispatching process per SQLite file: a lock beside it, which the system takes back when we die."""

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who dispatches: process id, which command it runs, and since when (aware UTC)."""

    pid: int
    what: str
    since: datetime

    def __str__(self) -> str:
        return f"`patchline {self.what}` (process {self.pid}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


class DispatchLock:
    """For the SQLite file at `database`. On PostgreSQL any number of processes may dispatch."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.lock")
        self._file: int | None = None

    def acquire(self, *, what: str) -> bool:
        """False when another process holds it: `holder` says which. True again and again for whoever has it.

        Makes the folder where there is none. Raises OSError when the file cannot be written.
        """
        if self._file is not None:
            return True
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _locked(file):
            os.close(file)
            return False
        os.truncate(file, 0)
        os.pwrite(file, json.dumps({"pid": os.getpid(), "what": what}).encode(), 0)
        self._file = file
        return True

    def release(self) -> None:
        """Harmless when it is not held. The file stays: removing it could let two processes in at once."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> Holder | None:
        """Who has it now, this process included; None when nobody does."""
        with suppress(FileNotFoundError, ValueError, KeyError):
            if self._file is None and self._is_free():
                return None
            said = json.loads(self._path.read_text())
            since = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
            return Holder(pid=said["pid"], what=said["what"], since=since)
        return None

    def _is_free(self) -> bool:
        file = os.open(self._path, os.O_RDONLY)
        try:
            return _locked(file)
        finally:
            os.close(file)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
