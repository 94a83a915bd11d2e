"""Presses in groups that wait for words: while a press is open, Telegram shows them to the presser alone."""

from collections import deque
from typing import Final

MOST: Final = 1000
"""Presses kept open at a time; the oldest is given up first. Telegram forgets them itself within a minute."""


class OpenPresses:
    """By room and person, oldest first."""

    def __init__(self) -> None:
        self._open: deque[tuple[str, str, str]] = deque(maxlen=MOST)

    def add(self, room: str, asker: str, query: str) -> None:
        self._open.append((room, asker, query))

    def take(self, room: str, asker: str) -> str | None:
        """The oldest open press of that person there, which is open no longer."""
        found = next((each for each in self._open if each[:2] == (room, asker)), None)
        if found is None:
            return None
        self._open.remove(found)
        return found[2]

    def close(self, query: str) -> bool:
        """Whether that press was still open; from now on it is not."""
        found = next((each for each in self._open if each[2] == query), None)
        if found is None:
            return False
        self._open.remove(found)
        return True
