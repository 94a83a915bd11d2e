"""The table of everything people may say, a row per verb: reading, help, completion and docs come from it.

The rows stand in `verbs_calling.py` and `verbs_keeping.py`. The longest pattern that fits is tried first.
"""

import re
from functools import cache
from typing import Final

from bot.parse import help as helping
from bot.parse.context import ParseContext
from bot.parse.heads import Head, ReadHead, Verb
from bot.parse.parts import Parts
from bot.parse.reader import Reader
from bot.parse.verbs_calling import CALLING
from bot.parse.verbs_keeping import KEEPING
from bot.parse.words import rx

VERBS: Final[tuple[Verb, ...]] = (*CALLING, *KEEPING)

FIRST_WORDS: Final = tuple(dict.fromkeys(said.partition(" ")[0] for verb in VERBS for said in verb.words))
"""Every word that begins a verb: for slips of the first word."""

COMMAND_WORDS: Final = tuple(dict.fromkeys(said for verb in VERBS for said in verb.words))
"""What a prompt may complete the first words to."""


def help_text(topic: str | None, context: ParseContext) -> str:
    """What can be said, or one verb in full, with the asker's own contacts in the examples. Never raises."""
    return helping.help_text(VERBS, topic, context)


def take_head(reader: Reader, parts: Parts) -> tuple[Verb, Head] | None:
    """The verb that stands here, with its own words read; None (and nothing moved) when none does."""
    start = reader.pos
    fitting = [
        (match, read, verb)
        for pattern, read, verb in _patterns()
        if (match := pattern.match(reader.low, start))
    ]
    for match, read, verb in sorted(fitting, key=lambda fit: -fit[0].end()):
        problems, doubts, used = len(reader.problems), len(reader.doubts), len(reader.used)
        reader.go(match.end())
        reader.headed = True
        head = read(reader, match, parts)
        if head is not None:
            return verb, head
        reader.pos, reader.headed = start, False
        del reader.problems[problems:], reader.doubts[doubts:], reader.used[used:]
    return None


def head_here(reader: Reader) -> bool:
    """Whether a verb begins where the reader stands."""
    return any(pattern.match(reader.low, reader.pos) for pattern, _, _ in _patterns())


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], ReadHead, Verb], ...]:
    return tuple((rx(says), read, verb) for verb in VERBS for says, read in verb.says)
