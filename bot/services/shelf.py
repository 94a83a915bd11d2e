"""Where recordings lie: one folder, one file a recording, named by its opaque id and readable by us alone."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from bot.domain.recording import RecordingId


class Shelf:
    """Files appear whole or not at all. Every method may raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, id: RecordingId) -> Path:
        """Where that recording is, if it is here. Raises ValueError for an id that is no plain file name."""
        if not id or Path(id).name != id or id == "..":
            raise ValueError("not the id of a recording")
        return self._folder / id

    async def put(self, id: RecordingId, data: bytes) -> None:
        """Durable when it returns; replaces what was there."""
        await asyncio.to_thread(_write, self.path(id), data)

    async def get(self, id: RecordingId) -> bytes:
        """Raises FileNotFoundError."""
        return await asyncio.to_thread(self.path(id).read_bytes)

    async def has(self, id: RecordingId) -> bool:
        """Whether that recording is here."""
        return await asyncio.to_thread(self.path(id).is_file)

    async def remove(self, id: RecordingId) -> None:
        """Harmless twice. A half-written file of that recording goes as well."""
        await asyncio.to_thread(_unlink, self.path(id))


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = _part(path)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name is durable only once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unlink(path: Path) -> None:
    _part(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
