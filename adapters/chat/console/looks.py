"""How cards and replies look in a terminal: lines of (style, text), without a word about colours' codes."""

import re
from typing import Final

from bot.domain.card import Button, Card, Reply, ReplyKind

Fragment = tuple[str, str]
Line = list[Fragment]

_STATES: Final = {
    "scheduled": "calm", "confirm": "warn", "placing": "busy", "placed": "busy", "ringing": "busy",
    "answered": "good", "talking": "good", "conference": "good", "voicemail": "good", "ended": "calm",
    "cancelled": "calm", "missed": "warn", "unknown": "warn", "refused": "bad", "failed": "bad",
}  # fmt: skip
_SECTIONS: Final = {
    "receipt": "strong",
    "recordings": "strong",
    "note": "warn",
    "when": "dim",
    "terms": "dim",
    "understood": "dim",
}
_NEWS: Final = ("receipt", "recordings", "legs", "note")
_REPLIES: Final = {ReplyKind.REPLY: "", ReplyKind.QUESTION: "strong", ReplyKind.ERROR: "bad"}
_LIVE: Final = ("placing", "placed", "ringing", "answered", "talking", "conference")

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LENGTH: Final = re.compile(r" ?(?:\d+ (?:s|min|h|days?)\b|\d+(?::\d\d)+)")


def card_lines(card: Card) -> list[Line]:
    """The whole card, framed, with its button row."""
    style = _STATES.get(card.state, "calm")
    lines: list[Line] = [[(style, "╭ "), (f"{style} strong", card.title)]]
    for section in card.sections:
        lines.extend([(style, "│ "), (_SECTIONS.get(section.name, ""), line)] for line in section.lines)
    lines.append([(style, "╰ "), *row(card.buttons)])
    return lines


def progress_lines(card: Card, before: Card) -> list[Line]:
    """What is new since `before`, a line each; seconds that merely tick are not news."""
    known = {_still(line) for section in before.sections for line in section.lines}
    # When it was placed is news once: as it goes out.
    names = _NEWS if is_live(before) or not is_live(card) else ("when", *_NEWS)
    told = [
        (section.name, line)
        for section in card.sections
        if section.name in names
        for line in section.lines
        if _still(line) not in known
    ]
    style = _STATES.get(card.state, "calm")
    if not told and _still(card.title) != _still(before.title):
        return [[(style, card.title)]]
    return [[(style, f"#{card.number} "), (_SECTIONS.get(name, ""), line)] for name, line in told]


def live_lines(card: Card) -> list[Line]:
    """A call in progress, small enough to stand below the prompt."""
    legs = [line for section in card.sections if section.name == "legs" for line in section.lines]
    title = [(f"{_STATES.get(card.state, 'calm')} strong", card.title)]
    return [title, *([("", f"  {line}")] for line in legs), [("", "  "), *row(card.buttons, numbered=False)]]


def is_live(card: Card) -> bool:
    """Whether a phone rings or somebody talks."""
    return card.state in _LIVE and not card.final


def reply_lines(reply: Reply) -> list[Line]:
    """Text as it is (caret lines stand under their words), then the buttons."""
    lines: list[Line] = [[(_REPLIES[reply.kind], line)] for line in reply.text.split("\n")]
    return [*lines, row(reply.buttons)] if reply.buttons else lines


def row(buttons: tuple[Button, ...], *, numbered: bool = True) -> Line:
    """`[1 Confirm] [2 Cancel]`."""
    fragments: Line = []
    for n, button in enumerate(buttons, 1):
        label = f"[{n} {button.label}]" if numbered else f"[{button.label}]"
        fragments.extend([("", " ")] if fragments else [])
        fragments.append((f"button {button.style}".strip(), label))
    return fragments


def plain(line: Line) -> str:
    """Without any style."""
    return "".join(text for _, text in safe(line)).rstrip()


def safe(line: Line) -> Line:
    """Without control characters: somebody else's name must not move the cursor or colour the screen."""
    return [(style, _CONTROL.sub(" ", text)) for style, text in line]


def _still(line: str) -> str:
    return _LENGTH.sub("", line)
