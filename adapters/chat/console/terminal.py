"""The interactive terminal: a prompt with history and completion, colours, live calls below the prompt."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style
from rich.console import Console as RichConsole
from rich.text import Text

from adapters.chat.console import looks
from adapters.chat.console.board import Board, Said, Unreadable
from adapters.chat.console.console import Suggest
from adapters.chat.console.screens import news, offer
from bot.domain.card import Card, Reply
from bot.domain.people import Room

_COLOURS: Final = {
    "calm": "cyan", "busy": "yellow", "good": "green", "warn": "yellow", "bad": "red",
    "dim": "bright_black", "strong": "bold", "button": "reverse", "primary": "bold", "danger": "red",
}  # fmt: skip
_BELOW: Final = Style.from_dict(
    {
        "bottom-toolbar": "noreverse",
        "prompt": "ansicyan bold",
        "calm": "ansicyan",
        "busy": "ansiyellow",
        "good": "ansigreen",
        "warn": "ansiyellow",
        "bad": "ansired",
        "dim": "ansibrightblack",
        "strong": "bold",
        "button": "reverse",
        "primary": "bold",
        "danger": "ansired",
    }
)


class LiveScreen:
    """Prints above the prompt; calls in progress stand below it and are redrawn in place.

    With `out` it writes there instead of to the terminal.
    """

    def __init__(self, out: TextIO | None = None, *, colour: bool = True) -> None:
        self._rich = RichConsole(
            file=out, force_terminal=colour, no_color=not colour, highlight=False, soft_wrap=True
        )
        self._live: dict[str, Card] = {}

    def card(self, room: Room, card: Card, before: Card | None, board: Board) -> None:
        """Whole when new and at its end; in between below the prompt, with a line above for each step."""
        if looks.is_live(card):
            self._live[card.call] = card
        else:
            self._live.pop(card.call, None)
        self._print(news(card, before, board))

    def reply(self, room: Room, reply: Reply, board: Board) -> None:
        """Above the prompt, with its buttons."""
        offer(reply, board)
        self._print(looks.reply_lines(reply))

    def below(self) -> StyleAndTextTuples:
        """The calls in progress, for the region under the prompt."""
        lines = [line for card in self._live.values() for line in looks.live_lines(card)]
        shown: StyleAndTextTuples = []
        for n, line in enumerate(lines):
            shown.extend([("", "\n")] if n else [])
            shown.extend((_classes(style), text) for style, text in looks.safe(line))
        return shown

    def _print(self, lines: list[looks.Line]) -> None:
        for line in lines:
            self._rich.print(Text.assemble(*((text, _colours(style)) for style, text in looks.safe(line))))


def _colours(style: str) -> str:
    return " ".join(_COLOURS[name] for name in style.split())


def _classes(style: str) -> str:
    return " ".join(f"class:{name}" for name in style.split())


class Prompt:
    """The keyboard of a person. `history` is a file only its owner can read: numbers are typed here."""

    is_patient = False

    def __init__(
        self,
        screen: LiveScreen,
        *,
        history: Path | None = None,
        suggest: Suggest | None = None,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._screen = screen
        self._history = history
        self._suggest = suggest
        self._input = input
        self._output = output

    async def said(self, board: Board) -> AsyncGenerator[Said | Unreadable]:
        """Until Ctrl-D, or Ctrl-C on an empty line."""
        session: PromptSession[str] = PromptSession(
            history=_history(self._history),
            completer=_Words(self._suggest, board) if self._suggest else None,
            complete_while_typing=False,
            bottom_toolbar=self._screen.below,
            refresh_interval=0.5,
            style=_BELOW,
            input=self._input,
            output=self._output,
        )
        with patch_stdout(raw=True):
            while (line := await _ask(session)) is not None:
                yield board.read(line)


async def _ask(session: PromptSession[str]) -> str | None:
    """One line; None at the end. Ctrl-C throws away what is typed, as shells do."""
    while True:
        try:
            # Signals and stray exceptions belong to the program; Ctrl-C comes as a key here.
            return await session.prompt_async(
                [("class:prompt", "patchline> ")], handle_sigint=False, set_exception_handler=False
            )
        except EOFError:
            return None
        except KeyboardInterrupt:
            if not session.default_buffer.text:
                return None


def _history(path: Path | None) -> History:
    if path is None:
        return InMemoryHistory()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    return FileHistory(str(path))


class _Words(Completer):
    """Completes the word before the cursor: labels of the latest buttons, commands, contacts."""

    def __init__(self, suggest: Suggest, board: Board) -> None:
        self._suggest = suggest
        self._board = board

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> list[Completion]:
        """Unused: the asynchronous way is taken."""
        return []

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion]:
        """Of everything that could stand here, what begins with what is typed of it."""
        before = document.text_before_cursor
        word = before.rpartition(" ")[2]
        labels = self._board.labels() if word == before.lstrip() else []
        for words in dict.fromkeys((*labels, *await self._suggest(before))):
            if words.casefold().startswith(word.casefold()):
                yield Completion(words, start_position=-len(word))
