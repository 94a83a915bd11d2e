"""Screens that need no terminal: plain text, and JSON lines."""

import json
from typing import TextIO

from adapters.chat.console import looks
from adapters.chat.console.board import Board
from bot.domain.card import Button, Card, Reply, ReplyKind
from bot.domain.people import Room


class PlainScreen:
    """A card whole when it is new and when it ends, a line for each step in between."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def card(self, room: Room, card: Card, before: Card | None, board: Board) -> None:
        """Write what is news."""
        self._write(news(card, before, board))

    def reply(self, room: Room, reply: Reply, board: Board) -> None:
        """Write it with its buttons."""
        offer(reply, board)
        self._write(looks.reply_lines(reply))

    def _write(self, lines: list[looks.Line]) -> None:
        self._out.writelines(f"{looks.plain(line)}\n" for line in lines)
        self._out.flush()


def news(card: Card, before: Card | None, board: Board) -> list[looks.Line]:
    """The lines to print for `card`; the board learns which buttons are on show."""
    if before is None or (card.final and not before.final):
        board.show(card.call, card.buttons)
        return looks.card_lines(card)
    lines = looks.progress_lines(card, before)
    if lines and [each.label for each in card.buttons] != [each.label for each in before.buttons]:
        board.show(card.call, card.buttons)
        lines[-1] = [*lines[-1], ("", "  "), *looks.row(card.buttons)]
    else:
        board.update(card.call, card.buttons)
    return lines


def offer(reply: Reply, board: Board) -> None:
    """The board learns a reply's buttons; each reply is a row of its own."""
    if reply.buttons:
        board.show(reply.buttons[0].action, reply.buttons, is_question=True)


class JsonScreen:
    """`{room, kind, call, state, text, buttons: [{label, action}]}` a line; what there is not is null."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def card(self, room: Room, card: Card, before: Card | None, board: Board) -> None:
        """Every state of a card, whole."""
        self._write(room, "card", card.call, card.state, card.text, card.buttons)

    def reply(self, room: Room, reply: Reply, board: Board) -> None:
        """A reply, question or error."""
        self._write(room, reply.kind, reply.call, None, reply.text, reply.buttons)

    def _write(
        self,
        room: Room,
        kind: ReplyKind | str,
        call: str | None,
        state: str | None,
        text: str,
        buttons: tuple[Button, ...],
    ) -> None:
        said = {
            "room": room.channel,
            "kind": str(kind),
            "call": call,
            "state": state,
            "text": text,
            "buttons": [{"label": button.label, "action": button.action} for button in buttons],
        }
        self._out.write(json.dumps(said) + "\n")
        self._out.flush()
