"""What a button means: `verb:target[:argument]`, opaque to every chat, short, without numbers or names.

Making and reading the text stand side by side here; doing it is the handlers' job.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST: Final = 64
"""Bytes: the shortest allowance among the chats."""

_SHAPE: Final = re.compile(r"(?P<verb>[a-z]+):(?P<target>[A-Za-z0-9_-]+)(?::(?P<argument>[A-Za-z0-9_-]+))?")


class Verb(StrEnum):
    """The comment says what the target names."""

    CONFIRM = "confirm"  # question, or call where no question is open
    EDIT = "edit"  # call: give me its sentence back to retype
    CANCEL = "cancel"  # call
    HANG_UP = "hangup"  # call
    ADD = "add"  # call
    JOIN = "join"  # call: ring me too
    AGAIN = "again"  # call: the same order once more, now
    BACK = "back"  # call: ring whoever called us
    NOW = "now"  # call: missed or unknown; place it as a new call
    LEAVE = "leave"  # call: missed or unknown; let it be
    NUMBER = "number"  # call: show me the whole numbers
    CONTACT = "contact"  # call: how to save its number under a name
    POST = "post"  # recording: the audio itself into the room
    RENEW = "renew"  # recording: a new link
    REVOKE = "revoke"  # recording: every link given out so far is dead
    DONE = "done"  # recording: dealt with
    HOME = "home"  # `me`: show me my own page
    ANSWER = "answer"  # question; the argument is the choice, counted from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A press, read. `argument` is empty unless the verb has one."""

    verb: Verb
    target: str
    argument: str = ""

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(str(self)) or len(str(self)) > LONGEST:
            raise ValueError("not a button's action")

    def __str__(self) -> str:
        return f"{self.verb}:{self.target}" + (f":{self.argument}" if self.argument else "")

    @property
    def choice(self) -> int:
        """The choice of an answer, counted from 0; raises ValueError where there is none."""
        return int(self.argument) - 1


def parse_action(text: str) -> Action:
    """Inverse of `str(action)`; raises ValueError for anything no button of ours says."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise ValueError("not a button's action")
    return Action(verb=Verb(found["verb"]), target=found["target"], argument=found["argument"] or "")
