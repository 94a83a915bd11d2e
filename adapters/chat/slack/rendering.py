"""Cards, replies and the home page as Block Kit: pure, and within every limit of Slack's.

The card shows what people look at; how the sentence was read, the terms, and whatever is too long for a card
are its details, and go into its thread.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.chat.slack.forms import FORWARD, OPENS, SCHEDULE, metadata
from adapters.chat.slack.text import clean, cut, escaped, fitted, marked_up, with_people
from bot.domain.actions import Verb, parse_action
from bot.domain.card import Button, Card, Home, Reply, ReplyKind, Section

Block = dict[str, Any]

TEXT: Final = 3800
"""Characters of the plain text beside the blocks; Slack wants it below 4,000."""
SECTION: Final = 2900
"""Of one section; Slack takes 3,000."""
MESSAGE: Final = 9000
"""Of all blocks together; Slack takes about 13,200."""
LINE: Final = 500
"""Of one line: even where every sign of it has to be escaped, it fits into a section."""
TITLE: Final = 500
LABEL: Final = 75
ROW: Final = 25
"""Buttons in one row."""
HOME_CARDS: Final = 20
DETAILS: Final = ("understood", "terms")
FIRST: Final = ("receipt", "note", "recordings", "when", "legs", "parties", "steps")
"""What gets its place first when there is not enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`text` is what notifications and screen readers say; `blocks` is what is shown."""

    text: str
    blocks: tuple[Block, ...]

    def fields(self) -> dict[str, Any]:
        """As the Web API takes it. Links are never fetched: some open once only."""
        return {
            "text": self.text,
            "blocks": list(self.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }


def card_message(card: Card) -> Message:
    """The living card of a call."""
    shown, _ = _divided(card)
    blocks = [_section(_bold(card.title)), *(_section("\n".join(lines)) for _, lines in shown)]
    return Message(text=_plain_text(card.text), blocks=(*blocks, *_rows(card.buttons)))


def card_details(card: Card) -> Message | None:
    """What stands in the card's thread; None where the card says it all."""
    _, rest = _divided(card)
    lines = [marked_up(line) for line in rest]
    if not lines:
        return None
    pieces = list(_pieces(lines, SECTION))[: MESSAGE // SECTION]
    return Message(text=_plain_text("\n".join(rest)), blocks=tuple(map(_section, pieces)))


def reply_messages(reply: Reply) -> tuple[Message, ...]:
    """An answer, in as many messages as it takes; its buttons stand under the last."""
    lines = [piece for line in clean(reply.text).split("\n") for piece in _wrapped(line)]
    if reply.kind is ReplyKind.ERROR and any(line.lstrip().startswith("^") for line in lines):
        # Under a sentence with its mistakes marked, every sign has to stand in its column.
        pieces = [f"```{piece}```" for piece in _pieces([_in_code(line) for line in lines], SECTION)]
    else:
        linked = [marked_up(line) for line in lines]
        pieces = list(_pieces([with_people(line) for line in linked] if reply.private else linked, SECTION))
    whole = MESSAGE // SECTION
    messages = [pieces[n : n + whole] for n in range(0, len(pieces), whole)]
    return tuple(
        Message(
            text=cut("\n".join(part), TEXT),
            blocks=(*map(_section, part), *(_rows(reply.buttons) if part is messages[-1] else ())),
        )
        for part in messages
    )


def home_view(home: Home, channel: str | None) -> Block:
    """`views.publish` takes this. `channel` is the person's own, where their forms and presses belong."""
    blocks: list[Block] = [
        _section(cut("\n".join(map(marked_up, home.lines)), SECTION)),
        _row([_opens(SCHEDULE, "Schedule a call"), _opens(FORWARD, "Forward a number")]),
        {"type": "divider"},
    ]
    shown, room = 0, MESSAGE
    for card in home.cards[:HOME_CARDS]:
        made = _home_card(card, shown)
        room -= len(json.dumps(made, ensure_ascii=False))
        if room < 0:
            break
        blocks, shown = blocks + made, shown + 1
    if len(home.cards) > shown:
        blocks.append(_section(f"… and {len(home.cards) - shown} more: say `list`."))
    return {"type": "home", "private_metadata": metadata(channel), "blocks": blocks}


def _home_card(card: Card, n: int) -> list[Block]:
    brief = [line for section in card.sections if section.name in ("when", "note") for line in section.lines]
    words = "\n".join((_bold(card.title), *(marked_up(fitted(line, LINE)) for line in brief[:4])))
    return [_section(cut(words, SECTION)), *_rows(card.buttons, f"{n}")]


# --- what goes where ----------------------------------------------------------------------------


def _divided(card: Card) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """The lines of the card by section, marked up; and the lines, plain, that go elsewhere."""
    room, kept = MESSAGE - TITLE, dict[str, list[str]]()
    rest: list[str] = []
    for section in sorted(card.sections, key=_rank):
        if section.name in DETAILS:
            rest += section.lines
            continue
        lines, over = _fitting(section, min(SECTION, room))
        room -= sum(map(len, lines))
        kept[section.name] = lines
        rest += over
    shown = [(section.name, kept[section.name]) for section in card.sections if kept.get(section.name)]
    return shown, rest


def _rank(section: Section) -> int:
    return FIRST.index(section.name) if section.name in FIRST else len(FIRST)


def _fitting(section: Section, room: int) -> tuple[list[str], Sequence[str]]:
    """The lines that there is room for, and all of them if some are left over."""
    lines = [marked_up(fitted(line, LINE)) for line in section.lines]
    used = 0
    for n, line in enumerate(lines):
        used += len(line) + 1
        if used > room - len(_MORE):
            return [*lines[:n], _MORE % (len(lines) - n)], section.lines
    return lines, ()


_MORE: Final = "… and %d more, in the thread below."


def _pieces(lines: Iterable[str], length: int) -> Iterator[str]:
    """Lines put together to pieces of at most `length`."""
    piece: list[str] = []
    used = 0
    for line in lines:
        line = cut(line, length)
        if piece and used + len(line) + 1 > length:
            yield "\n".join(piece)
            piece, used = [], 0
        piece.append(line)
        used += len(line) + 1
    yield "\n".join(piece)


def _wrapped(line: str) -> Iterator[str]:
    """A line that is too long, broken at its spaces."""
    while len(line) > LINE:
        cut = line.rfind(" ", LINE // 2, LINE) + 1 or LINE
        yield line[:cut]
        line = line[cut:]
    yield line


def _plain_text(text: str) -> str:
    return cut(escaped(clean(text)), TEXT)


# --- blocks -------------------------------------------------------------------------------------


def _section(words: str) -> Block:
    # Verbatim: nothing becomes a link or a mention that we did not write as one.
    return {"type": "section", "text": {"type": "mrkdwn", "text": words or " ", "verbatim": True}}


def _bold(words: str) -> str:
    """On one line; a star in a name would end it."""
    return f"*{marked_up(fitted(' '.join(words.split()), TITLE)).replace('*', '∗')}*"


def _in_code(line: str) -> str:
    return escaped(line).replace("```", "'''")


def _rows(buttons: Sequence[Button], prefix: str = "") -> list[Block]:
    made = [_button(button, f"{prefix}{'.' if prefix else ''}{n}") for n, button in enumerate(buttons)]
    return [_row(made[n : n + ROW]) for n in range(0, len(made), ROW)]


def _row(buttons: list[Block]) -> Block:
    return {"type": "actions", "elements": buttons}


def _button(button: Button, name: str) -> Block:
    block: Block = {
        "type": "button",
        "action_id": f"press.{name}",
        "text": {"type": "plain_text", "text": fitted(clean(button.label) or "?", LABEL), "emoji": False},
        "value": button.action,
    }
    if button.style:
        block["style"] = button.style
    asked = _CONFIRM.get(verb) if (verb := _verb(button)) else None
    return {**block, "confirm": _confirmation(*asked)} if asked else block


def _opens(form: str, label: str) -> Block:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": f"{OPENS}{form}", "text": text}


_CONFIRM: Final = {
    Verb.HANG_UP: ("Hang up?", "Everybody on this call is cut off.", "Hang up"),
    Verb.AGAIN: ("Call again?", "The phones ring again at once.", "Call again"),
}
"""A finger slips easily on a small screen."""


def _verb(button: Button) -> Verb | None:
    try:
        return parse_action(button.action).verb
    except ValueError:
        return None


def _confirmation(title: str, text: str, yes: str) -> Block:
    words = {"title": title, "text": text, "confirm": yes, "deny": "No"}
    return {name: {"type": "plain_text", "text": said} for name, said in words.items()}
