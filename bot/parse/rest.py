"""What is left of a sentence, for the verbs that take all of it: a name, a topic, a value."""

import re
from typing import Final

from bot.parse.reader import Reader
from bot.parse.tokens import Kind

TIDY: Final = " .,;:!?=\n"


def take_rest(reader: Reader) -> str:
    """Everything that is left, tidied: a name, a topic."""
    quoted = reader.take_literal(Kind.QUOTED)
    if quoted:
        return quoted.value.strip()
    polite = re.compile(r"(?:,? (?:please|pls|thanks|thank you|thx|cheers))+[ .!]*$").search(
        reader.low, reader.pos
    )
    text = reader.text.plain(reader.pos, polite.start() if polite else None).strip(TIDY)
    reader.pos = len(reader.low)
    return text
