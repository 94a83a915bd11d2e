"""Saved names: finding one in a sentence, and whom a mistyped one may mean. Only target slots look here."""

from functools import lru_cache
from typing import Final

from bot.parse.context import ParseContext
from bot.parse.reader import WORD, Reader
from bot.parse.tokens import fold
from bot.parse.words import distance

MOST_NAME_WORDS: Final = 6


@lru_cache(maxsize=256)
def folded_names(names: tuple[str, ...]) -> dict[str, str]:
    """Saved names by what they look like in `Text.low`, the points of `Dr.` and `J.` left out."""
    return {fold(name).replace(".", ""): name for name in names}


@lru_cache(maxsize=256)
def first_words(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for folded, name in folded_names(names).items():
        word = folded.partition(" ")[0]
        if word != folded:
            found[word] = (*found.get(word, ()), name)
    return found


def _word_ends(reader: Reader, start: int) -> list[int]:
    """Where the first, second, … word behind `start` ends."""
    ends, pos = [], start
    for _ in range(MOST_NAME_WORDS):
        match = WORD.match(reader.low, pos)
        if not match:
            break
        ends.append(match.end())
        if reader.low[match.end() : match.end() + 1] != " ":
            break
        pos = match.end() + 1
    return ends


def full_name(reader: Reader) -> tuple[str, int] | None:
    """The longest saved name that stands here in whole words, and its end."""
    names = folded_names(tuple(reader.context.contacts))
    for end in reversed(_word_ends(reader, reader.pos)):
        stop = end - 1 if reader.low[end - 1] in ".:" else end
        name = names.get(reader.low[reader.pos : stop].replace(".", ""))
        if name is not None:
            return name, stop
    return _joined_name(reader, names)


def _joined_name(reader: Reader, names: dict[str, str]) -> tuple[str, int] | None:
    """`mom/dad` and `mom+dad`, written without a space."""
    start, end = reader.word()
    stop = min((at for sign in "/+&" if (at := reader.low.find(sign, start, end)) > 0), default=start)
    name = names.get(reader.low[start:stop])
    return None if name is None else (name, stop)


def by_first_word(reader: Reader) -> tuple[tuple[str, ...], int] | None:
    """Everybody whose name begins with the word here and goes on, and where the word ends."""
    start, end = reader.word()
    names = first_words(tuple(reader.context.contacts)).get(reader.low[start:end])
    return (names, end) if names else None


def near_names(context: ParseContext, word: str) -> tuple[str, ...]:
    """Contacts that `word` may be a slip of: two letters at most, from four letters on; nearest first."""
    if len(word) < 4:
        return ()
    found: dict[str, int] = {}
    for folded, name in folded_names(tuple(context.contacts)).items():
        gap = min(distance(word, folded), distance(word, folded.partition(" ")[0]))
        if gap <= 2 and len(folded) > 2:
            found[name] = gap
    closest = min(found.values(), default=0)
    return tuple(name for name, gap in found.items() if gap == closest)[:3]


def near_long_name(reader: Reader, start: int) -> tuple[int, tuple[str, ...]] | None:
    """`frnt desk`: a slip inside a name of several words."""
    names = folded_names(tuple(reader.context.contacts))
    for end in reversed(_word_ends(reader, start)[1:]):
        near = tuple(
            name
            for folded, name in names.items()
            if " " in folded and distance(reader.low[start:end], folded) <= 2
        )
        if near:
            return end, near[:3]
    return None


def containing(context: ParseContext, word: str) -> tuple[str, ...]:
    """`lee` may be dr lee: not taken for granted, but offered."""
    names = folded_names(tuple(context.contacts)).items()
    return tuple(name for folded, name in names if len(word) > 1 and word in folded.split(" "))[:3]
