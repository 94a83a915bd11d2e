"""Everything said and shown in the room, in order, each entry under an id that it keeps when it changes.

Kept in a file as well, a JSON object a line with the latest of an id winning, so that a page which is opened
after the server was restarted shows the conversation as it was.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

REMEMBERED: Final = 500


class Kind(StrEnum):
    """What an entry's body is: words of a person, a press of theirs, or `to_json` of what the core shows."""

    SAID = "said"
    PRESSED = "pressed"
    CARD = "card"
    REPLY = "reply"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`at` is ISO 8601, UTC: when it first stood there."""

    id: str
    kind: Kind
    at: str
    body: dict[str, Any]


class Transcript:
    """`file` None keeps nothing beyond the process. `heard` is called with every new or changed entry,
    `forgot` with the id of one that is too old to be kept."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._entries: dict[str, Entry] = {}
        self.heard: Callable[[Entry], None] = _nobody
        self.forgot: Callable[[str], None] = _nobody
        if file is not None and file.exists():
            self._read(file)

    @property
    def entries(self) -> list[Entry]:
        """Oldest first."""
        return list(self._entries.values())

    def get(self, id: str) -> Entry | None:
        """The entry as it stands."""
        return self._entries.get(id)

    def put(self, id: str, kind: Kind, at: datetime, body: dict[str, Any]) -> None:
        """A new entry at the end, or the same one changed, in its place."""
        before = self._entries.get(id)
        entry = Entry(id=id, kind=kind, at=before.at if before else at.isoformat(), body=body)
        self._keep(entry)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry)) + "\n")
        self.heard(entry)

    def _keep(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        for oldest in list(self._entries)[:-REMEMBERED]:
            del self._entries[oldest]
            self.forgot(oldest)

    def _read(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        if text and not text.endswith("\n"):
            with file.open("a", encoding="utf-8") as end:
                end.write("\n")  # or the next entry would be lost with the half one
        for line in text.splitlines():
            try:
                said = json.loads(line)
                self._keep(Entry(**{**said, "kind": Kind(said["kind"])}))
            except (ValueError, TypeError, KeyError):
                continue  # the last line of a process that was killed while it wrote


def _nobody(_entry: Entry | str) -> None:
    return
