"""The console's three faces: a pipe, JSON lines, and a prompt."""

import io
import json
import os
from pathlib import Path
from typing import Any, TextIO

from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from adapters.chat.console import Console, Seat
from adapters.chat.console.keyboard import JsonLines, PipedLines
from adapters.chat.console.screens import JsonScreen, PlainScreen
from adapters.chat.console.terminal import LiveScreen, Prompt
from bot.domain.card import Button
from tests.contract.chat.case import Names, RealTime


class _Piped:
    """A person behind a pipe."""

    def __init__(self, folder: Path) -> None:
        read, write = os.pipe()
        self._reader = os.fdopen(read)
        self._writer = os.fdopen(write, "w", buffering=1)
        self._out = io.StringIO()
        seat = Seat(person="sam", room="kitchen")
        keyboard, screen = self._ends(self._reader, self._out)
        self.room, self.asker = seat.place(), seat.asker()
        self.platform = Console(
            seat=seat, keyboard=keyboard, screen=screen, clock=RealTime(), ids=Names(), audio_dir=folder
        )

    def _ends(self, reader: TextIO, out: TextIO) -> tuple[Any, Any]:
        return PipedLines(reader), PlainScreen(out)

    async def type(self, text: str) -> None:
        self._writer.write(f"{text}\n")

    async def press(self, button: Button) -> None:
        await self.type(button.label)

    async def leave(self) -> None:
        self._writer.close()

    def seen(self) -> str:
        return self._out.getvalue()

    def raw(self) -> str:
        return self._out.getvalue()

    async def close(self) -> None:
        self._writer.close()
        self._reader.close()


class _Json(_Piped):
    """A program behind a pipe."""

    def _ends(self, reader: TextIO, out: TextIO) -> tuple[Any, Any]:
        return JsonLines(reader), JsonScreen(out)

    async def type(self, text: str) -> None:
        self._writer.write(json.dumps({"text": text}) + "\n")

    async def press(self, button: Button) -> None:
        self._writer.write(json.dumps({"press": button.action}) + "\n")

    def seen(self) -> str:
        said = [json.loads(line) for line in self._out.getvalue().splitlines()]
        return "\n".join(each["text"] + " ".join(b["label"] for b in each["buttons"]) for each in said)


class _Prompt:
    """A person at a terminal."""

    def __init__(self, folder: Path) -> None:
        self._entered = create_pipe_input()
        self._keys = self._entered.__enter__()
        self._out = io.StringIO()
        self.screen = LiveScreen(self._out, colour=False)
        seat = Seat(person="sam", room="kitchen")
        self.room, self.asker = seat.place(), seat.asker()
        keyboard = Prompt(self.screen, history=folder / "history", input=self._keys, output=DummyOutput())
        self.platform = Console(
            seat=seat, keyboard=keyboard, screen=self.screen, clock=RealTime(), ids=Names(), audio_dir=folder
        )

    async def type(self, text: str) -> None:
        self._keys.send_text(f"{text}\r")

    async def press(self, button: Button) -> None:
        await self.type(button.label)

    async def leave(self) -> None:
        self._keys.send_text("\x04")

    def seen(self) -> str:
        return self._out.getvalue()

    def raw(self) -> str:
        return self._out.getvalue()

    async def close(self) -> None:
        self._entered.__exit__(None, None, None)


CASES = {"console-piped": _Piped, "console-json": _Json, "console-prompt": _Prompt}
