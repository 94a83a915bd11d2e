"""One dispatching process per SQLite file, told by a lock that dies with its holder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.lock import DispatchLock

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
from pathlib import Path
from storage.lock import DispatchLock
lock = DispatchLock(Path(sys.argv[1]))
print(lock.acquire(what="worker"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "patchline.db"


@contextmanager
def another_process(database: Path) -> Iterator[subprocess.Popen[str]]:
    """It has tried to take the lock, and lives until it is killed or its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_nobody_holds_it_at_first(database: Path) -> None:
    assert DispatchLock(database).holder() is None


def test_who_has_it_keeps_it(database: Path) -> None:
    mine, other = DispatchLock(database), DispatchLock(database)
    assert mine.acquire(what="serve")
    assert mine.acquire(what="serve")
    assert not other.acquire(what="worker")
    for lock in (mine, other):
        holder = lock.holder()
        assert holder is not None
        assert (holder.pid, holder.what) == (os.getpid(), "serve")
        assert datetime.now(UTC) - holder.since < timedelta(minutes=1)
        assert f"`patchline serve` (process {os.getpid()}, since 20" in str(holder)


def test_released_it_is_free_again(database: Path) -> None:
    mine, other = DispatchLock(database), DispatchLock(database)
    mine.release()
    assert mine.acquire(what="serve")
    mine.release()
    assert other.holder() is None
    assert other.acquire(what="chat")
    holder = mine.holder()
    assert holder is not None
    assert holder.what == "chat"


def test_two_databases_have_two_locks(tmp_path: Path) -> None:
    assert DispatchLock(tmp_path / "a.db").acquire(what="serve")
    assert DispatchLock(tmp_path / "b.db").acquire(what="serve")


def test_another_process_is_kept_out(database: Path) -> None:
    mine = DispatchLock(database)
    assert mine.acquire(what="serve")
    with another_process(database) as process:
        assert said(process) == "False"


def test_a_killed_process_loses_it(database: Path) -> None:
    mine = DispatchLock(database)
    with another_process(database) as process:
        assert said(process) == "True"
        assert not mine.acquire(what="serve")
        holder = mine.holder()
        assert holder is not None
        assert (holder.pid, holder.what) == (process.pid, "worker")
        process.kill()
        process.wait()
        assert mine.holder() is None
        assert mine.acquire(what="serve")
