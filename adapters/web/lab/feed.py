"""What the open pages are told: a table of things by key, each with the serial of its last change.

A page says which serial it knows and gets what has changed since; so a page that was away, or has just been
opened, needs nothing special, and no queue grows for one that has stopped reading.
"""

import asyncio
import secrets
from contextlib import suppress
from typing import Any

Item = tuple[str, Any]


class Feed:
    """Serials count up from 1 and mean something within one `boot` only."""

    def __init__(self) -> None:
        self.boot = secrets.token_hex(4)
        self._items: dict[str, tuple[int, Any]] = {}
        self._serial = 0
        self._news = asyncio.Event()

    def put(self, key: str, value: Any) -> None:
        """This is so from now on; None: it is gone. What was so already is no news."""
        if key in self._items and self._items[key][1] == value:
            return
        self._serial += 1
        self._items.pop(key, None)
        self._items[key] = (self._serial, value)
        self._news.set()
        self._news = asyncio.Event()

    def value(self, key: str) -> Any:
        """None for what is not, or not any more."""
        return self._items[key][1] if key in self._items else None

    def keys(self, prefix: str) -> list[str]:
        """Of all that is there."""
        return [
            key for key, (_, value) in self._items.items() if key.startswith(prefix) and value is not None
        ]

    def after(self, serial: int) -> tuple[list[Item], int]:
        """What has changed since, in order of change, and the serial that this brings one to."""
        if serial >= self._serial:
            return [], self._serial
        fresh = serial == 0  # whoever knows nothing yet need not hear of what is gone
        items = [
            (key, value)
            for key, (changed, value) in self._items.items()
            if changed > serial and not (fresh and value is None)
        ]
        return items, self._serial

    async def wait(self, serial: int, seconds: float) -> None:
        """Until there is something after that serial, so many real seconds at the most."""
        if self._serial <= serial:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()
