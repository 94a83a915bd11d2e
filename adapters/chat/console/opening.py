"""Which keyboard and which screen: JSON if asked for, a prompt where there is a terminal, else plain."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from adapters.chat.console.console import Console, Keyboard, Screen, Seat, Suggest
from adapters.chat.console.keyboard import JsonLines, PipedLines
from adapters.chat.console.screens import JsonScreen, PlainScreen
from bot.ports.clock import Clock, Ids


def open_console(
    *,
    seat: Seat,
    stdin: TextIO,
    stdout: TextIO,
    clock: Clock,
    ids: Ids,
    data_dir: Path,
    as_json: bool = False,
    suggest: Suggest | None = None,
    wrap: Callable[[Keyboard], Keyboard] = lambda keyboard: keyboard,
) -> Console:
    """A console on these two streams. History and saved audio are kept in `data_dir`.

    `wrap` may put a keyboard of its own in front of the one chosen. `NO_COLOR` is honoured. prompt-toolkit
    and rich are loaded only for an interactive terminal.
    """
    keyboard, screen = _ends(stdin, stdout, data_dir, as_json, suggest)
    return Console(
        seat=seat, keyboard=wrap(keyboard), screen=screen, clock=clock, ids=ids, audio_dir=data_dir / "audio"
    )


def is_interactive(stdin: TextIO, stdout: TextIO) -> bool:
    """Both ends are a terminal that knows where its cursor is."""
    return stdin.isatty() and stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _ends(
    stdin: TextIO, stdout: TextIO, data_dir: Path, as_json: bool, suggest: Suggest | None
) -> tuple[Keyboard, Screen]:
    if as_json:
        return JsonLines(stdin), JsonScreen(stdout)
    if not is_interactive(stdin, stdout):
        return PipedLines(stdin, echo=stdout), PlainScreen(stdout)
    from adapters.chat.console.terminal import LiveScreen, Prompt

    live = LiveScreen(colour="NO_COLOR" not in os.environ)
    return Prompt(live, history=data_dir / "history", suggest=suggest), live
