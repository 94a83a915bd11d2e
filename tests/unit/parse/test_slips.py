"""A slip of one letter in a verb or a date word is an error, a question or nothing; never another meaning."""

import random
import re
from collections.abc import Iterator

import pytest

from bot.parse.command import Understood
from bot.parse.dates import date_at
from bot.parse.parser import parse
from bot.parse.wording import format_command
from tests.unit.parse.people import SINGAPORE

SENTENCES = (
    "call amy tomorrow at 9am",
    "ring theo on friday at noon and patch me in",
    "phone ines next monday at 7:30am via plivo",
    "dial dr lim in 20 minutes max 10 minutes",
    "give amy a call at midnight",
    "connect me to amy at half past 3 pm",
    "conference amy, theo and ines every weekday at 08:30",
    "conference amy and theo every other friday at 5pm until 30 june",
    "get amy and theo on a conference call tonight at 9",
    "set up a conference with amy and theo on 12 march 2027 at 09:00",
    'call amy, say "hello", wait 2 seconds, press 1, hang up',
    "call amy, say good morning and patch me in",
    "call amy and say happy birthday tomorrow at 9am",
    "call amy, if voicemail hang up, otherwise patch me in",
    'call amy, if a machine answers say "bye"',
    "call amy daily at 20:00 starting monday, 5 times, except friday",
    "call amy from private, ring for 20 seconds, record it",
    "call amy every month on the last day at 18:00",
    "call amy on the first monday of every month at 18:00",
    "remind me tomorrow at 9am to stretch",
    "remind me to stretch every sunday at 10:00 pm",
    "forward +6561239999 to amy for 20 seconds, then theo, then voicemail",
    "when someone calls +6561239999, forward to amy",
    "stop forwarding +6561239999",
    "list forwards",
    "cancel 12",
    "cancel everything",
    "reschedule 7 to tomorrow at 8:30pm",
    "postpone 12 by 10 minutes",
    "move 12 an hour earlier",
    "skip the next run of 12",
    "history with amy",
    "last 5 calls",
    "how much does it cost to call amy",
    "hang up on amy",
    "mute everyone",
    "unmute amy",
    "put amy on hold",
    "take amy off hold",
    "add theo to 12",
    "kick theo from 12",
    "transfer 12 to theo",
    "start recording 12",
    "stop recording 12",
    "press 12# on 12",
    'say "hello" on 12',
    "stop playing on 12",
    "save zoe as +6591234567",
    "forget amy",
    "rename contact amy to zoe",
    "who is amy",
    "timezone Europe/London",
    "set date order to day first",
    "use twilio by default",
    "rent a number in singapore",
    "release +6561239999",
    "notify here about missed calls",
    "stop notices",
    "who may call",
    "allow prefix +1900",
    "delete voicemail 14",
    "call amy at 9pm London time",
    "call amy tomorrow evening at 7",
    "call amy in an hour and a half",
    "call amy the day after tomorrow at 8am",
)
# What somebody says, is called, or is shown by is theirs: any spelling of it is right.
FREE = re.compile(r'"[^"]*"|good morning|happy birthday|to stretch|zoe|stretch|london|europe|singapore')
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def slips(word: str) -> Iterator[str]:
    """Every way to get one letter of `word` wrong."""
    for n in range(len(word)):
        yield word[:n] + word[n + 1 :]
        yield word[:n] + word[n + 1 : n + 2] + word[n : n + 1] + word[n + 2 :]
        for letter in LETTERS:
            yield word[:n] + letter + word[n + 1 :]
            yield word[:n] + letter + word[n:]


def mistyped(sentence: str) -> Iterator[tuple[str, str]]:
    """The sentence with one letter of one of its words wrong, and the slip."""
    free = [match.span() for match in FREE.finditer(sentence.lower())]
    for match in re.finditer(r"[a-z]{3,}", sentence):
        if not any(start < match.end() and match.start() < end for start, end in free):
            for slip in slips(match[0]):
                if slip != match[0]:
                    yield sentence[: match.start()] + slip + sentence[match.end() :], slip


def wrong(sentence: str, tried: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Slips that were taken for something else, with what they were taken for."""
    usual = parse(sentence, SINGAPORE)
    assert isinstance(usual, Understood), (sentence, usual)
    found = []
    for text, slip in tried:
        read = parse(text, SINGAPORE)
        if isinstance(read, Understood) and read.command != usual.command and not is_another_word(slip):
            found.append((text, format_command(read.command)))
    return found


def is_another_word(slip: str) -> bool:
    """A slip that is itself a word of the language cannot be seen: mar, may; mute, hold; second, minute."""
    return slip in WORDS or date_at(slip + " 5", 0, "DMY") is not None or slip in SINGAPORE.contacts


WORDS = frozenset({"text", "then", "end", "land", "sand", "band", "hand", "any", "ant", "the", "ad"})
"""Slips that make a word of their own, of this language or of English, where anything may be said."""


def test_a_sample_of_slips() -> None:
    dice = random.Random(20260310)
    for sentence in SENTENCES:
        assert wrong(sentence, dice.sample(list(mistyped(sentence)), 20)) == []


def test_a_slip_that_changed_the_meaning_would_be_seen() -> None:
    assert wrong("call amy at 9am", [("call ines at 9am", "ines?"), ("call amy at 9am", "x")]) != []


@pytest.mark.torture
@pytest.mark.parametrize("sentence", SENTENCES)
def test_no_slip_of_one_letter_means_something_else(sentence: str) -> None:
    assert wrong(sentence, list(mistyped(sentence))) == []
