"""What is the console's own: what a line means, what is printed when, JSON's form, the end of the input."""

import asyncio
import io
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from adapters.chat.console import Console, Seat, open_console
from adapters.chat.console import console as module
from adapters.chat.console.board import Board, Said
from adapters.chat.console.keyboard import JsonLines, PipedLines
from adapters.chat.console.screens import JsonScreen, PlainScreen
from adapters.chat.console.terminal import LiveScreen, Prompt, _Words
from bot.domain.card import Button, Reply, ReplyKind
from bot.domain.people import Standing
from tests.contract.chat.case import Inbox, Names, RealTime, card, until

ROOM = Seat().place()
CONFIRM = (Button(label="Confirm", action="confirm:q"), Button(label="Cancel", action="cancel:c2"))


# --- what a line means --------------------------------------------------------------------------


def board_with(*rows: tuple[str, Sequence[Button]], question: bool = False) -> Board:
    board = Board()
    for key, buttons in rows:
        board.show(key, buttons, is_question=question)
    return board


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1", Said(action="confirm:q")),
        (" 2 ", Said(action="cancel:c2")),
        ("3", Said(text="3")),
        ("0", Said(text="0")),
        ("CONFIRM", Said(action="confirm:q")),
        ("hang  up", Said(action="hangup:c1")),
        ("hang up 12", Said(text="hang up 12")),
        ("call amy  at 5", Said(text="call amy  at 5")),
    ],
)
def test_numbers_and_labels_press(line: str, said: Said) -> None:
    assert board_with(("c1", card().buttons), ("c2", CONFIRM)).read(line) == said


def test_a_label_means_the_latest_button_of_that_name() -> None:
    board = board_with(("c1", [Button(label="Cancel", action="cancel:c1")]), ("c2", CONFIRM))
    assert board.read("cancel") == Said(action="cancel:c2")
    board.show("c1", [Button(label="Cancel", action="cancel:c1")])
    assert board.read("cancel") == Said(action="cancel:c1")
    board.update("c1", ())
    assert board.read("cancel") == Said(action="cancel:c2")


def test_a_number_under_a_question_is_an_answer_for_the_core() -> None:
    board = board_with(("q", CONFIRM), question=True)
    assert board.read("1") == Said(text="1")
    assert board.read("confirm") == Said(action="confirm:q")


def test_old_rows_are_forgotten() -> None:
    board = board_with(*((f"c{n}", [Button(label=f"B{n}", action=f"done:{n}")]) for n in range(60)))
    assert board.read("B59") == Said(action="done:59")
    assert board.read("B1") == Said(text="B1")


# --- plain --------------------------------------------------------------------------------------


def printed(*cards: Any) -> list[str]:
    out, board, before = io.StringIO(), Board(), None
    for each in cards:
        PlainScreen(out).card(ROOM, each, before, board)
        before = each
    return out.getvalue().splitlines()


def test_a_card_is_printed_whole_first_and_last_and_by_steps_between() -> None:
    assert printed(
        card(when="When: today", legs="Amy: next"),
        card("scheduled", when="When: today, in 2 min", legs="Amy: next"),
        card("ringing", when="Placed 23:59:00.", legs="Amy: ringing"),
        card("ringing", when="Placed 23:59:00.", legs="Amy: ringing 1 s"),
        card("answered", when="Placed 23:59:00.", legs="Amy: answered after 6 s, on the line"),
        card("answered", when="Placed 23:59:00.", legs="Amy: answered after 6 s, on the line 0:09"),
        card("ended", final=True, receipt="Amy answered."),
        card("ended", final=True, receipt="Amy answered. Cost 0.02 USD."),
    ) == [
        "╭ Call #12 to Amy: scheduled",
        "│ When: today",
        "│ Amy: next",
        "╰ [1 Hang up] [2 Add]",
        "#12 Placed 23:59:00.",
        "#12 Amy: ringing",
        "#12 Amy: answered after 6 s, on the line",
        "╭ Call #12 to Amy: ended",
        "│ Amy answered.",
        "╰ [1 Hang up] [2 Add]",
        "#12 Amy answered. Cost 0.02 USD.",
    ]


def test_new_buttons_are_printed_and_meant() -> None:
    out, board = io.StringIO(), Board()
    screen, scheduled = PlainScreen(out), replace(card(), buttons=CONFIRM)
    screen.card(ROOM, scheduled, None, board)
    screen.card(ROOM, card("ringing", legs="Amy: ringing 0 s"), scheduled, board)
    assert out.getvalue().splitlines()[-1] == "#12 Amy: ringing 0 s  [1 Hang up] [2 Add]"
    assert board.read("1") == Said(action="hangup:c1")


# --- JSON ---------------------------------------------------------------------------------------


def test_the_form_of_an_output_line() -> None:
    out = io.StringIO()
    screen = JsonScreen(out)
    shown = card("ringing", legs="Zoë: ringing 4 s")
    screen.card(ROOM, shown, None, Board())
    screen.reply(ROOM, Reply(text="Which\none?", kind=ReplyKind.QUESTION, call="c1"), Board())
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first == {
        "room": "console",
        "kind": "card",
        "call": "c1",
        "state": "ringing",
        "text": shown.text,
        "buttons": [{"label": "Hang up", "action": "hangup:c1"}, {"label": "Add", "action": "add:c1"}],
    }
    assert second == {
        "room": "console",
        "kind": "question",
        "call": "c1",
        "state": None,
        "text": "Which\none?",
        "buttons": [],
    }


@pytest.mark.parametrize(
    "line", ["call amy", "[]", "{}", '{"text": 1}', '{"text": "a", "press": "b"}', '{"press": null}', '"x"']
)
async def test_a_line_that_is_not_an_order_is_an_error_and_not_the_end(line: str) -> None:
    out, inbox = io.StringIO(), Inbox()
    await console(io.StringIO(f'{line}\n{{"text": "list"}}\n'), out, as_json=True).run(inbox)
    (error,) = map(json.loads, out.getvalue().splitlines())
    assert error["kind"] == "error"
    assert [each.text for each in inbox.brought] == ["list"]


async def test_a_card_that_says_nothing_new_is_not_said_again() -> None:
    out = io.StringIO()
    mine = console(io.StringIO(), out, as_json=True)
    ref = await mine.post(ROOM, card())
    await mine.edit(ref, ROOM, card())
    await mine.edit(ref, ROOM, card("ringing"))
    assert [json.loads(line)["state"] for line in out.getvalue().splitlines()] == ["scheduled", "ringing"]


# --- the end of the input -----------------------------------------------------------------------


def console(stdin: io.TextIOBase, out: io.StringIO, *, as_json: bool = False, **more: Any) -> Console:
    keyboard = JsonLines(stdin) if as_json else PipedLines(stdin, echo=out)  # type: ignore[arg-type]
    screen = JsonScreen(out) if as_json else PlainScreen(out)
    folder = Path("audio")
    return Console(
        seat=Seat(), keyboard=keyboard, screen=screen, clock=RealTime(), ids=Names(), audio_dir=folder, **more
    )


async def test_a_piped_line_waits_for_its_answer() -> None:
    """`1` presses a button of the card that the line before it made."""
    out = io.StringIO()

    core = Inbox()
    shown: list[int] = []

    async def answered() -> bool:
        if len(shown) < len(core.brought):
            shown.append(1)
            await mine.post(ROOM, card(call=f"c{len(shown)}"))
            return False
        return True

    mine = console(io.StringIO("call amy\n\n1\nquit\nlist\n"), out, answered=answered)
    await mine.run(core)
    assert [(each.text, each.action) for each in core.brought] == [("call amy", None), (None, "hangup:c1")]
    assert out.getvalue().splitlines()[:2] == ["> call amy", "╭ Call #12 to Amy: scheduled"]


async def test_at_the_end_of_the_input_it_stays_for_the_calls_under_way() -> None:
    going_on = [True] * 5

    async def pending() -> bool:
        return bool(going_on) and going_on.pop()

    await console(io.StringIO("call amy\n"), io.StringIO(), pending=pending).run(Inbox())
    assert going_on == []


async def test_a_person_who_leaves_is_told_why_the_console_stays() -> None:
    going_on = [True] * 3
    out = io.StringIO()

    async def pending() -> bool:
        return bool(going_on) and going_on.pop()

    with create_pipe_input() as keys:
        screen = LiveScreen(out, colour=False)
        prompt = Prompt(screen, input=keys, output=DummyOutput())
        mine = Console(
            seat=Seat(),
            keyboard=prompt,
            screen=screen,
            clock=RealTime(),
            ids=Names(),
            audio_dir=Path("audio"),
            pending=pending,
        )
        keys.send_text("\x04")
        await asyncio.wait_for(mine.run(Inbox()), 5)
    assert out.getvalue() == "Staying until the calls under way have ended. Ctrl-C leaves at once.\n"


async def test_an_answer_that_never_comes_does_not_hold_the_pipe_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LONGEST_ANSWER", 0.1)

    async def never() -> bool:
        return False

    inbox = Inbox()
    async with asyncio.timeout(5):
        await console(io.StringIO("a\nb\n"), io.StringIO(), answered=never).run(inbox)
    assert [each.text for each in inbox.brought] == ["a", "b"]


async def test_who_sits_there() -> None:
    inbox = Inbox()
    seat = Seat(person="ann", room="desk", timezone="Asia/Tokyo")
    stdin, out = io.StringIO("list\n"), io.StringIO()
    await open_console(
        seat=seat, stdin=stdin, stdout=out, clock=RealTime(), ids=Names(), data_dir=Path("data")
    ).run(inbox)
    (inbound,) = inbox.brought
    assert (inbound.asker.key, inbound.asker.standing) == ("console:ann", Standing.OWNER)
    assert (inbound.room.key, inbound.room.private) == ("console:/desk", True)
    assert inbound.timezone == "Asia/Tokyo"


# --- the prompt ---------------------------------------------------------------------------------


def below(screen: LiveScreen) -> str:
    return "".join(fragment[1] for fragment in screen.below())


def test_live_calls_stand_below_the_prompt_and_leave_at_their_end() -> None:
    out, board = io.StringIO(), Board()
    screen = LiveScreen(out, colour=False)
    first, second = (
        card("ringing", legs="Amy: ringing 1 s"),
        card("talking", call="c2", legs="Bob: talking 0:01"),
    )
    screen.card(ROOM, card(), None, board)
    assert below(screen) == ""
    screen.card(ROOM, first, card(), board)
    screen.card(ROOM, second, None, board)
    later = card("ringing", legs="Amy: ringing 2 s")
    screen.card(ROOM, later, first, board)
    assert below(screen).splitlines() == [
        "Call #12 to Amy: ringing",
        "  Amy: ringing 2 s",
        "  [Hang up] [Add]",
        "Call #12 to Amy: talking",
        "  Bob: talking 0:01",
        "  [Hang up] [Add]",
    ]
    assert "ringing 2 s" not in out.getvalue()
    screen.card(ROOM, card("ended", final=True, receipt="Amy answered."), later, board)
    assert "Amy" not in below(screen).replace("to Amy", "")
    assert "Amy answered." in out.getvalue()


def test_colours_only_where_wanted() -> None:
    for colour in (True, False):
        out = io.StringIO()
        LiveScreen(out, colour=colour).card(ROOM, card(legs="[red]Amy[/]"), None, Board())
        assert ("\x1b[" in out.getvalue()) is colour
        assert "[red]Amy[/]" in out.getvalue()


async def test_completion_offers_buttons_commands_and_contacts() -> None:
    async def suggest(before: str) -> Sequence[str]:
        return ["Amy", "Anna", "at"] if before.startswith("call ") else ["call", "cancel", "conference"]

    words = _Words(suggest, board_with(("c2", CONFIRM)))

    async def offered(text: str) -> list[str]:
        found = words.get_completions_async(Document(text), CompleteEvent())
        return [each.text async for each in found]

    assert await offered("c") == ["Confirm", "Cancel", "call", "cancel", "conference"]
    assert await offered("call a") == ["Amy", "Anna", "at"]
    assert await offered("call am") == ["Amy"]


@pytest.mark.parametrize("is_there", [False, True])
async def test_history_is_kept_for_its_owner_alone(tmp_path: Path, is_there: bool) -> None:
    file = tmp_path / "new" / "history"
    if is_there:
        file.parent.mkdir()
        file.touch(mode=0o644)
    with create_pipe_input() as keys:
        prompt = Prompt(LiveScreen(io.StringIO()), history=file, input=keys, output=DummyOutput())
        keys.send_text("call amy\r")
        keys.send_text("\x04")
        said = [each async for each in prompt.said(Board())]
    assert said == [Said(text="call amy")]
    assert "call amy" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


async def test_ctrl_c_throws_the_line_away_and_then_leaves() -> None:
    with create_pipe_input() as keys:
        prompt = Prompt(LiveScreen(io.StringIO()), input=keys, output=DummyOutput())
        keys.send_text("call the wrong one\x03")
        keys.send_text("list\r")
        keys.send_text("\x03")
        assert [each async for each in prompt.said(Board())] == [Said(text="list")]


async def test_a_card_may_come_while_somebody_types() -> None:
    inbox = Inbox()
    out = io.StringIO()
    with create_pipe_input() as keys:
        screen = LiveScreen(out, colour=False)
        prompt = Prompt(screen, input=keys, output=DummyOutput())
        mine = Console(
            seat=Seat(),
            keyboard=prompt,
            screen=screen,
            clock=RealTime(),
            ids=Names(),
            audio_dir=Path("audio"),
        )
        running = asyncio.create_task(mine.run(inbox))
        keys.send_text("call b")
        await mine.post(ROOM, card("ringing", legs="Amy: ringing 1 s"))
        keys.send_text("ob\r")
        (inbound,) = await inbox.next()
        keys.send_text("\x04")
        await asyncio.wait_for(running, 5)
    assert inbound.text == "call bob"
    assert "Amy: ringing 1 s" in out.getvalue()


async def test_a_slow_pipe_blocks_nobody() -> None:
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "w", buffering=1) as typed:
        inbox = Inbox()
        running = asyncio.create_task(console(stdin, io.StringIO()).run(inbox))
        await until(lambda: not running.done())
        typed.write("list\n")
        await inbox.next()
        typed.close()
        await asyncio.wait_for(running, 5)
