"""The chat of the phone lab, typed into as its page does it."""

import json
from itertools import count
from pathlib import Path

from adapters.chat.web import WebChat, WebSeat
from bot.domain.card import Button
from tests.contract.chat.case import Names, RealTime


class _Web:
    """A person at the page."""

    def __init__(self, folder: Path) -> None:
        seat = WebSeat(person="sam", room="kitchen")
        self.room, self.asker = seat.place(), seat.asker()
        self.platform = WebChat(seat=seat, clock=RealTime(), ids=Names(), folder=folder / "chat")
        self._file = folder / "chat" / "transcript.jsonl"
        self._events = count(10000000)

    async def type(self, text: str) -> None:
        await self.platform.say(str(next(self._events)), text)

    async def press(self, button: Button) -> None:
        await self.platform.press(str(next(self._events)), button.action, button.label)

    async def leave(self) -> None:
        """The page is closed; the chat goes on."""

    def seen(self) -> str:
        return "\n".join(_words(each.body) for each in self.platform.transcript.entries)

    def raw(self) -> str:
        return "".join(json.dumps(each.body, ensure_ascii=False) for each in self.platform.transcript.entries)

    async def close(self) -> None:
        """Nothing is held."""


def _words(value: object) -> str:
    match value:
        case str():
            return value
        case dict():
            return "\n".join(map(_words, value.values()))
        case list():
            return "\n".join(map(_words, value))
        case _:
            return ""


CASES = {"web": _Web}
