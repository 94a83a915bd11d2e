"""Plain words as Slack's mark-up: escaped, so that no name can call a channel, with links to be pressed.

Signs that would paint the screen or turn the line around are taken out.
"""

import re
import unicodedata
from typing import Final

_LINK: Final = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)\]}'\"]")
_PERSON: Final = re.compile(r"&lt;@([UW][A-Z0-9]+)&gt;")
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
CUT: Final = "…"


def clean(text: str) -> str:
    """Without control characters and marks that turn the direction of everything behind them."""
    lines = text.replace("\r\n", "\n").replace("\t", " ")
    return "".join(char for char in lines if char == "\n" or not _is_unwanted(char))


def _is_unwanted(char: str) -> bool:
    return char in _TURNING or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def escaped(text: str) -> str:
    """The three characters that mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def marked_up(text: str) -> str:
    """Escaped, addresses as links."""
    return _LINK.sub(lambda found: f"<{found[0]}>", escaped(clean(text)))


def with_people(text: str) -> str:
    """Ids of people as mentions again: for what one person alone sees, where it rings nobody's bell."""
    return _PERSON.sub(r"<@\1>", text)


def fitted(text: str, length: int) -> str:
    """At most `length` characters of plain text."""
    return text if len(text) <= length else f"{text[: length - 1]}{CUT}"


_BROKEN: Final = re.compile(r"(?:&[a-z]{0,3}|<[^<>]*)$")


def cut(text: str, length: int) -> str:
    """At most `length` characters of marked-up text; no entity or link is cut in two."""
    return text if len(text) <= length else f"{_BROKEN.sub('', text[: length - 1])}{CUT}"
