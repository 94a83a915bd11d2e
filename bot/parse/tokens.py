"""From what a platform sends to text that can be read: mark-up decoded, signs made plain, literals set aside.

Every character remembers where it came from, so that an error can point at the original. What quotes, links
and addresses contain is out of reach of everything that reads times, numbers, verbs or names.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

MARKED_UP: Final = frozenset({"slack"})
"""Platforms whose text comes with mark-up."""


class Kind(StrEnum):
    """Literals; each stands in the text as one character that no other rule matches."""

    QUOTED = "\ue000"
    URL = "\ue001"
    SIP = "\ue002"
    PHONE = "\ue003"
    USER = "\ue004"
    OTHER = "\ue005"


@dataclass(frozen=True, slots=True)
class Literal:
    """`value` is what it means (a quote's inside, a link's target), `label` what people see, if different."""

    kind: Kind
    value: str
    label: str = ""


class Cell(NamedTuple):
    """One character to be read, how people would type it, its place in the original and what stood there."""

    char: str
    shown: str
    start: int
    end: int
    source: str
    literal: Literal | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """`low` is what is matched: lower case, single spaces, one marker per literal."""

    raw: str
    low: str
    cells: tuple[Cell, ...]
    literals: dict[int, Literal] = field(default_factory=dict)
    platform: str = "console"

    @property
    def is_marked_up(self) -> bool:
        """Links, mentions and escaped signs stand in `raw`."""
        return self.platform in MARKED_UP

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `low[start:end]` is in the original."""
        while end > start and self.low[end - 1] in " \n":
            end -= 1
        while start < end and self.low[start] in " \n":
            start += 1
        if start >= end:
            here = self.cells[start].start if start < len(self.cells) else len(self.raw)
            return (here, here)
        return (self.cells[start].start, max(cell.end for cell in self.cells[start:end]))

    def slice(self, start: int, end: int) -> str:
        """The exact original text of `low[start:end]`."""
        begin, stop = self.span(start, end)
        return self.raw[begin:stop]

    def plain(self, start: int, end: int | None = None) -> str:
        """The text of `low[start:end]` as people would type it: case kept, mark-up gone."""
        return "".join(cell.shown for cell in self.cells[start:end]).strip()

    def resent(self, start: int, end: int | None = None) -> str:
        """Like `plain`, but as the platform would send it: on Slack the three signs are escaped."""
        if not self.is_marked_up:
            return self.plain(start, end)
        return "".join(
            cell.shown if cell.literal and cell.literal.kind is Kind.USER else escaped(cell.shown)
            for cell in self.cells[start:end]
        ).strip()


def escaped(text: str) -> str:
    """As Slack sends these signs in text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def read_text(raw: str, platform: str = "console") -> Text:
    """Decode `raw` as `platform` sends it. Never raises."""
    cells = list(_decode_slack(raw) if platform in MARKED_UP else _signs(raw, 0))
    for pattern, change in _CHANGES:
        cells = _change(cells, pattern, change)
    while cells and cells[-1].char in " \n":
        cells.pop()
    while cells and cells[0].char in " \n":
        del cells[0]
    low = "".join(_lower(cell.char) for cell in cells)
    literals = {n: cell.literal for n, cell in enumerate(cells) if cell.literal is not None}
    return Text(raw, low, tuple(cells), literals, platform)


def fold(name: str) -> str:
    """A saved name as it looks in `Text.low`, for comparing."""
    return read_text(name.replace('"', " ").replace("'", "\u02bc")).low.replace("\u02bc", "'")


def _lower(char: str) -> str:
    lowered = char.lower()
    return lowered if len(lowered) == 1 else char


# --- Slack's mark-up ---------------------------------------------------------------------------------

_SLACK: Final = re.compile(
    r"(?P<scheme>sips?:)<mailto:(?P<mail>[^|<>]*)(?:\|[^<>]*)?>(?P<rest>[:;][\w=;.:-]*\w)?|<(?P<link>[^<>]*)>",
    re.IGNORECASE,
)
_ENTITY: Final = re.compile(r"&(amp|lt|gt);")
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">"}


def _decode_slack(raw: str) -> Iterator[Cell]:
    """Links first, entities after: an escaped `<` is a character, not the beginning of a link."""
    done = 0
    for match in _SLACK.finditer(raw):
        yield from _unescaped(raw, done, match.start())
        if match["scheme"]:
            uri = match["scheme"] + _plain(match["mail"]) + (match["rest"] or "")
            literal = Literal(Kind.SIP, uri)
        else:
            literal = _slack_link(match["link"])
        typed = _as_typed(literal)
        yield Cell(literal.kind, typed, match.start(), match.end(), typed, literal)
        done = match.end()
    yield from _unescaped(raw, done, len(raw))


def _unescaped(raw: str, start: int, end: int) -> Iterator[Cell]:
    for match in _ENTITY.finditer(raw, start, end):
        yield from _signs(raw[start : match.start()], start)
        char = _ENTITIES[match[1]]
        yield Cell(char, char, match.start(), match.end(), char)
        start = match.end()
    yield from _signs(raw[start:end], start)


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda match: _ENTITIES[match[1]], text)


def _slack_link(inside: str) -> Literal:
    target, _, label = inside.partition("|")
    target, label = _plain(target), _plain(label)
    if target.startswith("@"):
        return Literal(Kind.USER, target[1:], label)
    scheme = target.partition(":")[0].lower()
    if scheme == "tel":
        return Literal(Kind.PHONE, target[4:], label)
    if scheme in ("sip", "sips"):
        return Literal(Kind.SIP, target)
    if scheme in ("http", "https", "ftp"):
        return Literal(Kind.URL, target, label)
    return Literal(Kind.OTHER, target, label)


def quoted(text: str) -> str:
    """In whichever quotes the text itself does not hold; one that holds both loses the double ones."""
    if not _DOUBLE.search(text):
        return f'"{text}"'
    if not _SINGLE.search(text) and "\n" not in text:
        return f"'{text}'"
    return '"' + _DOUBLE.sub("'", text) + '"'


_DOUBLE: Final = re.compile('["“”„‟«»″]')
_SINGLE: Final = re.compile("['‘’‚‛`´ʼ′](?!\\w)|^['‘’‚‛`´ʼ′]")


def _as_typed(literal: Literal) -> str:
    match literal.kind:
        case Kind.USER:
            return f"<@{literal.value}>"
        case Kind.QUOTED:
            return quoted(literal.value)
        case Kind.OTHER:
            return literal.label or literal.value
        case _:
            return literal.value


# --- signs ----------------------------------------------------------------------------------------------

_SIGNS: Final = {
    **dict.fromkeys("‘’‚‛`´ʼ′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒−﹣－⁃", "-"),
    **dict.fromkeys("–—―", "–"),
    **dict.fromkeys("→⇒➡⟶➔➜▶", ","),
    "…": ",",
    "`": "",
    "\t": " ",
    "\r": " ",
    "\u2028": "\n",
    "\u2029": "\n",
    "⁄": "/",
}
_DROPPED: Final = frozenset({"Cf", "Mn", "Me"})
_BLANK: Final = frozenset({"So", "Sk", "Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})


def _signs(raw: str, base: int) -> Iterator[Cell]:
    """Unicode as the letters, digits and signs that it stands for; emoji and invisible marks go."""
    for start, end, cluster in _clusters(raw):
        source = cluster
        for char in _sign(cluster):
            yield Cell(char, char, base + start, base + end, source)
            source = ""


def _clusters(raw: str) -> Iterator[tuple[int, int, str]]:
    if raw.isascii():
        yield from ((n, n + 1, char) for n, char in enumerate(raw))
        return
    start = 0
    for n in range(1, len(raw) + 1):
        if n == len(raw) or not unicodedata.combining(raw[n]) or n - start > 8:
            yield start, n, raw[start:n]
            start = n


def _sign(cluster: str) -> str:
    if cluster in _SIGNS:
        return _SIGNS[cluster]
    if cluster.isascii():
        return cluster if cluster.isprintable() or cluster == "\n" else " "
    return "".join(_one_sign(char) for char in unicodedata.normalize("NFKC", cluster))


def _one_sign(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category in _DROPPED:
        return char if category == "Mn" and unicodedata.combining(char) else ""
    return " " if category in _BLANK else char


# --- literals, mark-up, breaks -----------------------------------------------------------------------------

Change = Callable[[re.Match[str], list[Cell]], Iterable[Cell]]


def _change(cells: list[Cell], pattern: re.Pattern[str], change: Change) -> list[Cell]:
    flat = "".join(cell.char for cell in cells)
    changed: list[Cell] = []
    done = 0
    for match in pattern.finditer(flat):
        changed += cells[done : match.start()]
        changed += change(match, cells[match.start() : match.end()])
        done = match.end()
    return changed + cells[done:] if done else cells


_LIFTED: Final = re.compile(
    r"""
      "(?P<double>[^"]*)"
    | (?<![\w'])'(?P<single>(?=\S)(?:[^'\n]|'(?=\w)){0,200})'(?!\w)
    | <@(?P<user>\w+)(?:\|[^<>]*)?>
    | (?<!\w)(?P<sip>sips?:[^\s"'<>,]*)
    | (?<!\w)(?P<url>[a-z][a-z0-9+.-]{1,9}://[^\s"<>]*)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def _lift(match: re.Match[str], cells: list[Cell]) -> Iterable[Cell]:
    kind, text = next((kind, text) for kind, text in match.groupdict().items() if text is not None)
    if kind in ("double", "single"):
        inside = "".join(cell.source for cell in cells[1:-1]).strip()
        return [_literal(Kind.QUOTED, inside, cells)]
    if kind == "user":
        return [_literal(Kind.USER, text, cells)]
    length = len(_without_closing_signs(text))
    value = "".join(cell.shown for cell in cells[:length])
    return [_literal(Kind.SIP if kind == "sip" else Kind.URL, value, cells[:length]), *cells[length:]]


def _literal(kind: Kind, value: str, cells: list[Cell]) -> Cell:
    literal = Literal(kind, value)
    typed = _as_typed(literal)
    return Cell(kind, typed, cells[0].start, cells[-1].end, typed, literal)


def _without_closing_signs(text: str) -> str:
    """`https://a/b).` inside brackets at the end of a sentence is `https://a/b`."""
    while text and (text[-1] in ".,;:!?'*_~" or (text[-1] == ")" and text.count("(") < text.count(")"))):
        text = text[:-1]
    return text


_SHORTCODE: Final = re.compile(r"(?<![\w:]):[a-z+_-][a-z0-9_+'-]*:(?![\w:])", re.IGNORECASE)
_EMPHASIS: Final = re.compile(
    r"(?<!press )(?<!digits )(?<!dtmf )(?<![\w*_~])"
    r"([*_~]{1,3})(?=[^\s*_~])([^*_~\n]{0,200}?[^\s*_~])\1(?![\w*_~])",
    re.IGNORECASE,
)
_BREAK: Final = re.compile(
    r" ?(?:\.{2,}|[-=]+>|--+) ?|(?<!\d) -(?= )|(?<=\d) -(?= [^\s\d(+])|(?P<dash>(?P<wide> ?)–+(?P<after> ?))"
)
_SPACES: Final = re.compile(r"[ \n]+")


def _blank(_: re.Match[str], cells: list[Cell]) -> Iterable[Cell]:
    return [_sign_for(cells, " ")]


def _inside(_: re.Match[str], cells: list[Cell]) -> Iterable[Cell]:
    size = next(n for n, cell in enumerate(cells) if cell.char not in "*_~")
    return cells[size:-size]


def _comma_or_hyphen(match: re.Match[str], cells: list[Cell]) -> Iterable[Cell]:
    """A long dash between digits is a hyphen (+65–9123–4567), anywhere else the end of a clause."""
    if match["dash"]:
        text, start, end = match.string, match.start(), match.end()
        digits = text[start - 1 : start].isdigit() and text[end : end + 1].isdigit()
        if digits and bool(match["wide"]) == bool(match["after"]):
            return [_sign_for(cells, "-")]
    return [_sign_for(cells, ","), _sign_for(cells[-1:], " ")]


def _one_space(_: re.Match[str], cells: list[Cell]) -> Iterable[Cell]:
    return [_sign_for(cells, "\n" if any(cell.char == "\n" for cell in cells) else " ")]


def _sign_for(cells: list[Cell], char: str) -> Cell:
    return Cell(char, char, cells[0].start, cells[-1].end, char)


_CHANGES: Final[tuple[tuple[re.Pattern[str], Change], ...]] = (
    (_LIFTED, _lift),
    (_SHORTCODE, _blank),
    (_EMPHASIS, _inside),
    (_SPACES, _one_space),
    (_BREAK, _comma_or_hyphen),
)
