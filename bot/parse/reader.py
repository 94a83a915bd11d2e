"""A place in the text and what has been found so far. Every reading function takes one of these.

The rule they all keep: a function that returns None has moved nothing and noted nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.parse.command import About, Choice, Problem, ProblemCode, Span
from bot.parse.context import ParseContext
from bot.parse.tokens import Kind, Literal, Text, escaped
from bot.parse.words import rx

FILLER: Final = rx(
    r"please|pls|plz|hey|hi|hello|bot|thanks(?: a lot)?|thank you(?: (?:very|so) much)?|thx"
    r"|cheers|ta|kindly|for me"
    r"|(?:can|could|would|will) you|i'd like(?: you)? to|i (?:want|need)(?: you)? to"
    r"|let's|just|exactly|sharp|about|around|approximately|ok|okay"
)
_GLUE: Final = rx(r"and(?: then| also)?|then|also|after that|afterwards|finally|plus")
_SIGNS: Final = re.compile(r"[ ,!?&~)]+|[:;]-?[()dp](?!\w)|:(?= |$)|\((?=[^\d+ ])")
_STOP: Final = re.compile(r"\.(?![\w])|[;\n]")
MOST_PROBLEMS: Final = 5
MOST_LOST: Final = 12
WORD: Final = re.compile(r"[^\s,;!?\"()\ue000-\ue005]+|[\ue000-\ue005]|\S")


@dataclass(slots=True)
class Reader:
    """`pos` is an index into `text.low`, always at the beginning of a word or at the end."""

    text: Text
    context: ParseContext
    pos: int = 0
    problems: list[Problem] = field(default_factory=list)
    doubts: list["Doubt"] = field(default_factory=list)
    used: list[tuple[str, Span]] = field(default_factory=list)
    lost: int = 0
    """How many words nothing has used."""
    probing: bool = False
    """Only looking whether something begins here: what a phrase contains does not matter."""
    headed: bool = False
    """Whether the verb has been read."""

    def probe(self, pos: int) -> "Reader":
        """A reader at `pos` whose findings are thrown away."""
        return Reader(self.text, self.context, pos, probing=True, headed=self.headed)

    @property
    def low(self) -> str:
        """The text being matched."""
        return self.text.low

    @property
    def gives_up(self) -> bool:
        """Enough has gone wrong; reading on would only make the answer longer."""
        return max(len(self.problems), len(self.doubts)) >= MOST_PROBLEMS or self.lost >= MOST_LOST

    @property
    def at_end(self) -> bool:
        """Nothing is left."""
        return self.pos >= len(self.text.low)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What `pattern` finds here, without moving."""
        return pattern.match(self.text.low, self.pos)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Like `match`, and move behind it and the space that follows."""
        match = pattern.match(self.text.low, self.pos)
        if match:
            self.go(match.end())
        return match

    def go(self, pos: int) -> None:
        """Move to `pos`, or behind the space there."""
        self.pos = pos + 1 if self.text.low[pos : pos + 1] == " " else pos

    def take_literal(self, kind: Kind) -> Literal | None:
        """The literal standing here, if it is of this kind."""
        literal = self.text.literals.get(self.pos)
        if literal is None or literal.kind is not kind:
            return None
        self.go(self.pos + 1)
        return literal

    def word(self) -> tuple[int, int]:
        """Start and end of the word here, without the signs that close a sentence; empty at the end."""
        match = WORD.match(self.text.low, self.pos)
        if not match:
            return (self.pos, self.pos)
        end = match.end()
        while end - 1 > match.start() and self.text.low[end - 1] in ".:":
            end -= 1
        return (match.start(), end)

    def skip(self) -> "Crossed":
        """Move over separators and filler; says what was crossed."""
        start, stopped, glued = self.pos, False, False
        while True:
            if stop := self.take(_STOP):
                stopped = stopped or stop[0] != ""
            elif sign := self.take(_SIGNS):
                glued = glued or "," in sign[0] or "&" in sign[0]
            elif self.take(_GLUE):
                glued = True
            elif not self.take(FILLER) and not self.take_bot():
                break
        return Crossed(moved=self.pos > start, stopped=stopped, glued=glued or stopped)

    def take_bot(self) -> bool:
        """Move over a mention of the bot."""
        literal = self.text.literals.get(self.pos)
        if literal and literal.kind is Kind.USER and literal.value in self.context.bot_names:
            self.go(self.pos + 1)
            return True
        for name in self.context.bot_names:
            if self.text.low.startswith("@" + name.lower(), self.pos):
                end = self.pos + len(name) + 1
                if not self.text.low[end : end + 1].isalnum():
                    self.go(end)
                    return True
        return False

    def use(self, name: str, start: int, end: int | None = None) -> None:
        """Note that the words from `start` (to here) gave the field `name`."""
        if not self.probing:
            self.used.append((name, self.text.span(start, self.pos if end is None else end)))

    def fail(
        self,
        code: ProblemCode,
        start: int,
        end: int,
        message: str,
        suggest: tuple[str, ...] = (),
        fixes: tuple["Option", ...] = (),
    ) -> None:
        """Note a mistake at these words. `message` may say `{word}`; each of `suggest` may stand instead."""
        word = self.text.slice(start, end)
        self.problems.append(
            Problem(
                code=code,
                word=word,
                span=self.text.span(start, end),
                message=message.replace("{word}", word),
                suggest=suggest,
                fixes=tuple(self._fix(start, end, better) for better in suggest) + self._written(fixes),
            )
        )

    def _fix(self, start: int, end: int, better: str) -> Choice:
        return Choice(label=f"Use {better}", text=rewritten(self.text, [(start, end, better)]), name=better)

    def _written(self, options: Iterable["Option"]) -> tuple[Choice, ...]:
        return tuple(
            Choice(
                label=option.label, text=rewritten(self.text, option.edits), at=option.at, name=option.name
            )
            for option in options
        )


@dataclass(frozen=True, slots=True)
class Crossed:
    """What `skip` moved over: anything; the end of a sentence; any written separator."""

    moved: bool
    stopped: bool
    glued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way to settle a doubt: what to write instead of `low[start:end]`, for each piece of text."""

    label: str
    edits: tuple["Edit", ...]
    at: datetime | None = None
    name: str | None = None


Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A question in the making: its choices become whole sentences once everything else is read."""

    about: About
    start: int
    end: int
    message: str
    options: tuple[Option, ...]


def rewritten(text: Text, edits: Iterable[Edit]) -> str:
    """The sentence with `edits` made, to be read like the original: on the same platform."""
    parts, done = [], 0
    for start, end, new in sorted(edits):
        parts += [text.resent(done, start), escaped(new) if text.is_marked_up else new]
        done = max(done, end)
    return " ".join(part for part in (*parts, text.resent(done)) if part)
