"""Lines from a pipe, a file or a plain terminal: as they are typed, or as JSON objects."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator
from typing import TextIO

from adapters.chat.console.board import Board, Said, Unreadable


class PipedLines:
    """Line by line; with `echo`, each line is repeated there so that a transcript reads well."""

    is_patient = True

    def __init__(self, stream: TextIO, *, echo: TextIO | None = None) -> None:
        self._stream = stream
        self._echo = echo

    async def said(self, board: Board) -> AsyncGenerator[Said | Unreadable]:
        """Numbers and labels of buttons press them; everything else is text."""
        async for line in lines_of(self._stream):
            if not line.strip():
                continue
            if self._echo is not None:
                self._echo.write(f"> {line.strip()}\n")
                self._echo.flush()
            yield board.read(line)


class JsonLines:
    """`{"text": …}` or `{"press": action}` a line."""

    is_patient = True

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    async def said(self, board: Board) -> AsyncGenerator[Said | Unreadable]:
        """An object with one of the two keys, a string in it; anything else is unreadable."""
        async for line in lines_of(self._stream):
            if line.strip():
                yield _from_json(line)


def _from_json(line: str) -> Said | Unreadable:
    try:
        said = json.loads(line)
    except ValueError:
        return Unreadable(reason='This line is not JSON; say {"text": …} or {"press": action}.')
    match said:
        case {"text": str(text), **rest} if not rest:
            return Said(text=text)
        case {"press": str(action), **rest} if not rest:
            return Said(action=action)
        case _:
            return Unreadable(reason='A line is {"text": …} or {"press": action}, with a string in it.')


async def lines_of(stream: TextIO) -> AsyncGenerator[str]:
    """The lines of a blocking stream, without blocking the loop.

    A thread of its own, and a daemon: a pool's thread that waits for a line would hold up the end of the
    program, and pipes are files sometimes, which the loop cannot watch.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def hand_over(line: str | None) -> None:
        try:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        except RuntimeError:  # the loop has closed; nobody is listening any more
            return

    def read() -> None:
        try:
            for line in stream:
                hand_over(line)
        except (ValueError, OSError):  # closed, or not text: the same as its end
            pass
        hand_over(None)

    threading.Thread(target=read, name="console input", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line
