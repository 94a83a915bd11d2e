"""Cards and replies as Telegram's HTML, within its limits. Pure; the words are the core's.

Lengths are counted as Telegram counts them: in UTF-16 code units, after the mark-up has been taken away.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.card import Button, Card, Reply

LONGEST: Final = 4096
LONGEST_ALERT: Final = 200
LONGEST_LINE: Final = 600
LONGEST_LABEL: Final = 60
NARROW: Final = 18
"""A label of at most this length shares its row with others."""
PER_ROW: Final = 3
MOST_BUTTONS: Final = 100

# Control characters, and those that turn the direction of whatever follows.
_UNFIT: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_MENTION: Final = re.compile(r"(?<![\w.@])@(?=\w)")
_CARETS: Final = re.compile(r"^ *\^+", re.MULTILINE)


def units(text: str) -> int:
    """The length of `text` as Telegram counts it."""
    return len(text) + sum(char > "\uffff" for char in text)


def clean(text: str) -> str:
    """Without characters that would paint outside their line; line ends become plain."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


# --- cards --------------------------------------------------------------------------------------


def card_html(card: Card) -> str:
    """The whole card in one message: what does not fit is cut out of its longest sections."""
    title, *lines = _fitted(card)
    quiet = {
        line for section in card.sections if section.name == "understood" for line in _lines(section.lines)
    }
    return "\n".join([f"<b>{_escaped(title)}</b>", *(_styled(line, line in quiet) for line in lines)])


def _styled(line: str, quiet: bool) -> str:
    return f"<i>{_escaped(line)}</i>" if quiet else _escaped(line)


def _fitted(card: Card) -> list[str]:
    title = _cut(_unmentioned(clean(card.title)).replace("\n", " "), LONGEST_LINE)
    sections = [_lines(section.lines) for section in card.sections]
    dropped = [0] * len(sections)
    while _size(title, sections, dropped) > LONGEST:
        longest = max(range(len(sections)), key=lambda n: sum(units(line) + 1 for line in sections[n]))
        sections[longest].pop()
        dropped[longest] += 1
    return [title, *_whole(sections, dropped)]


def _whole(sections: Sequence[list[str]], dropped: Sequence[int]) -> Iterator[str]:
    for lines, n in zip(sections, dropped, strict=True):
        yield from lines
        if n:
            yield f"… and {n} more"


def _size(title: str, sections: Sequence[list[str]], dropped: Sequence[int]) -> int:
    return units("\n".join([title, *_whole(sections, dropped)]))


def _lines(lines: Sequence[str]) -> list[str]:
    """A line of the core may hold several; names in them mention nobody."""
    return [_cut(each, LONGEST_LINE) for line in lines for each in _unmentioned(clean(line)).split("\n")]


def _unmentioned(text: str) -> str:
    """A contact called `@boss` does not call Boss: an invisible joiner stands behind the sign."""
    return _MENTION.sub("@\u2060", text)


# --- replies ------------------------------------------------------------------------------------


def reply_pages(reply: Reply, *, to: tuple[str, str] | None = None) -> list[str]:
    """The reply as one or more messages. `to` is (user id, name), said where others read along."""
    text = clean(reply.text)
    greeting = f"{_cut(clean(to[1]).replace(chr(10), ' ').strip() or 'You', LONGEST_LABEL)}:\n" if to else ""
    pages = pages_of(text, LONGEST - units(greeting))
    html = [_aligned(page) for page in pages]
    if to:
        html[0] = f'<a href="tg://user?id={escape(to[0])}">{_escaped(greeting[:-2])}</a>:\n{html[0]}'
    return html


def pages_of(text: str, longest: int = LONGEST) -> list[str]:
    """Cut at line ends where possible; never empty."""
    pages = [""]
    for line in text.split("\n"):
        for piece in _pieces(line, longest):
            if not pages[-1].strip():
                pages[-1] = piece
            elif units(pages[-1]) + 1 + units(piece) <= longest:
                pages[-1] += f"\n{piece}"
            else:
                pages.append(piece)
    return [page for page in pages if page.strip()] or ["…"]


def _aligned(page: str) -> str:
    """Carets point at a place in the line above: both need letters of one width."""
    return f"<pre>{_escaped(page)}</pre>" if _CARETS.search(page) else _escaped(page)


def _pieces(line: str, longest: int) -> Iterator[str]:
    while units(line) > longest:
        head = _head(line, longest)
        yield head
        line = line[len(head) :]
    yield line


# --- buttons ------------------------------------------------------------------------------------


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Short labels share a row. None where there is nothing to press: an edit takes the old ones away."""
    if not buttons:
        return None
    rows: list[list[InlineKeyboardButton]] = []
    width = 0
    for button in buttons[:MOST_BUTTONS]:
        label = _cut(clean(button.label).replace("\n", " ").strip() or "…", LONGEST_LABEL)
        made = InlineKeyboardButton(text=label, callback_data=button.action)
        narrow = units(label) <= NARROW
        if rows and narrow and 0 < width < PER_ROW:
            rows[-1].append(made)
            width += 1
        else:
            rows.append([made])
            width = 1 if narrow else 0
    return InlineKeyboardMarkup(rows)


# --- shared -------------------------------------------------------------------------------------


def _escaped(text: str) -> str:
    return escape(text, quote=False)


def _cut(text: str, longest: int) -> str:
    return text if units(text) <= longest else _head(text, longest - 1).rstrip() + "…"


def _head(text: str, longest: int) -> str:
    """As many characters from the start as fit; never half of one."""
    size = 0
    for n, char in enumerate(text):
        size += units(char)
        if size > longest:
            return text[:n]
    return text
