"""The way in: a message and its context in, one of three answers out.

A sentence is read from left to right: one verb with its own words, and clauses around it in any order. Every
word is used, known filler, or pointed at.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bot.parse import odd_dates
from bot.parse.clauses import take_broken_clause, take_clause, take_time_clause
from bot.parse.command import (
    Choice,
    Command,
    Confirm,
    Decline,
    Help,
    Parsed,
    Problem,
    Problems,
    Question,
    Understood,
)
from bot.parse.context import ParseContext
from bot.parse.durations import did_you_mean
from bot.parse.grammar import FIRST_WORDS, head_here, take_head
from bot.parse.heads import Head
from bot.parse.instants import settle
from bot.parse.parts import Parts
from bot.parse.pieces import Instant, Now
from bot.parse.reader import Doubt, Edit, Option, Reader, rewritten
from bot.parse.readings import absolute
from bot.parse.targets import CLAUSE_WORDS
from bot.parse.tokens import Text, read_text
from bot.parse.when import TIME_WORDS, take_time
from bot.parse.words import nearest, rx
from bot.parse.zones import known_places

LONGEST: Final = 4096
_SLASH: Final = re.compile(r"/(?P<verb>[a-z][a-z_]*)(?:@(?P<bot>\w+))?(?!\w)")
_BARE_SLASH: Final = ("phone", "dial", "patchline", "phonebot")
_YES: Final = rx(
    r"(?:yes|y|yep|yeah|yup|confirm|confirmed|ok|okay|k|sure|go ahead|do it|yes please|please do)"
)
_NO: Final = rx(r"(?:no|n|nope|nah|no thanks|no thank you|decline|never ?mind|don't|do not|stop)")
_CHOICE: Final = rx(r"#?(?:option |choice |number )?(?P<n>[1-9])")


def parse(text: str, context: ParseContext) -> Parsed:
    """What `text` means to the asker. Pure in (text, context); never raises, whatever the text.

    All mistakes are reported together; of several doubts only the first in the text is asked about.
    """
    return _parse(text, context, suggesting=True)


def warm() -> None:
    """Load what the first sentences would wait for: number plans, zones, dateparser. Blocks for 0.5 s."""
    context = ParseContext(now=datetime(2026, 1, 1, tzinfo=UTC))
    for sentence in (
        "call 12345",
        "call +442079460018 every friday at 9am London time",
        "call alice tomorow",
    ):
        parse(sentence, context)
    known_places()
    odd_dates.warm()


def _parse(text: str, context: ParseContext, *, suggesting: bool) -> Parsed:
    reader = Reader(read_text(text[: LONGEST * 4], context.platform), context)
    if len(text) > LONGEST:
        reader.fail("leftover", 0, len(reader.low), f"That is too long; {LONGEST} characters are the most.")
        return Problems(found=tuple(reader.problems))
    answer = _answer(reader)
    if answer:
        return Understood(command=answer)
    parts = Parts()
    command = _sentence(reader, parts)
    if command is None and not reader.problems and not reader.doubts:
        reader.fail(
            "missing_argument", 0, len(reader.low), 'Something is missing there. Say "help" for examples.'
        )
    if reader.problems:
        return _problems(reader, context, suggesting)
    if reader.doubts:
        return _question(reader, parts)
    assert command is not None
    return Understood(command=command, used=tuple(sorted(reader.used, key=lambda use: use[1])))


def _answer(reader: Reader) -> Command | None:
    """A message that is nothing but yes, no or a number."""
    _skip_address(reader)
    said = reader.low[reader.pos :].strip(" .!,\n")
    if said and not said.strip("? "):
        return Help()
    if _YES.fullmatch(said):
        return Confirm()
    if _NO.fullmatch(said):
        return Decline()
    choice = _CHOICE.fullmatch(said)
    return Confirm(choice=int(choice["n"])) if choice else None


def _skip_address(reader: Reader) -> None:
    """Move over a mention of the bot and a leading slash."""
    while reader.take_bot():
        reader.take(re.compile(r"[,:] ?"))
    slash = reader.match(_SLASH)
    if slash and (
        slash["bot"] is None or slash["bot"] in {name.lower() for name in reader.context.bot_names}
    ):
        probe = reader.probe(slash.end() + 1)
        bare = slash["verb"] in _BARE_SLASH and take_head(probe, Parts()) is not None
        reader.text = _without_slash(reader.text, slash, bare=bare)


def _without_slash(text: Text, slash: re.Match[str], *, bare: bool) -> Text:
    """The text without `/` and `@bot` (and without a verb that only opens the bot); `_` is a space there."""
    start, end = (slash.end(), slash.end()) if bare else slash.span("verb")
    gone = {*range(slash.start(), start), *range(end, slash.end())}
    kept = [n for n in range(len(text.cells)) if n not in gone]
    low = "".join(" " if text.low[n] == "_" and start <= n < end else text.low[n] for n in kept)
    literals = {new: text.literals[old] for new, old in enumerate(kept) if old in text.literals}
    return replace(text, low=low, cells=tuple(text.cells[n] for n in kept), literals=literals)


# --- the sentence ---------------------------------------------------------------------------------


def _sentence(reader: Reader, parts: Parts) -> Command | None:
    """Read verb and clauses to the end. Returns the command when nothing went wrong."""
    head: Head | None = None
    while True:
        if reader.skip().stopped:
            parts.branch = "main"
        if reader.at_end or reader.gives_up:
            break
        if head is None:
            found = take_head(reader, parts)
            if found:
                head = found[1]
                _expected_time(reader, parts, head)
                continue
        before = reader.pos
        if _clause(reader, parts, head) and reader.pos > before:
            continue
        if head is None:
            _fail_verb(reader)
            return None
        _fail_leftover(reader, head)
    if head is None:
        _fail_no_verb(reader)
        return None
    return head.finish(parts)


def _expected_time(reader: Reader, parts: Parts, head: Head) -> None:
    if head.expects_time and not reader.at_end and not take_time_clause(reader, parts):
        take_time(reader, parts.time, expected=True)


def _clause(reader: Reader, parts: Parts, head: Head | None) -> bool:
    """One clause that may stand here, or words that only the verb knows."""
    if head is None or head.clauses == "all":
        return take_clause(reader, parts) or (head is not None and head.more(reader))
    if head.clauses == "time":
        return take_time_clause(reader, parts) or head.more(reader)
    return False


# --- what is wrong --------------------------------------------------------------------------------


def _fail_verb(reader: Reader) -> None:
    """The first word that is neither verb nor clause."""
    start, end = reader.word()
    word = reader.low[start:end]
    guesses = nearest(word, dict.fromkeys((*FIRST_WORDS, *TIME_WORDS, *CLAUSE_WORDS)))
    message = 'I don\'t know "{word}".' + (
        did_you_mean(guesses) or ' Say for example "call +14155550101 at 9pm".'
    )
    reader.fail("unknown_verb", start, end, message, guesses)


def _fail_no_verb(reader: Reader) -> None:
    if reader.problems or reader.doubts:
        return
    beginning = Reader(reader.text, reader.context)
    beginning.skip()
    if beginning.at_end:
        reader.fail("empty", 0, len(reader.low), 'Say what to do, for example "call mom at 9pm", or "help".')
    else:
        message = 'What should I do? Say for example "call mom at 9pm".'
        reader.fail("unknown_verb", beginning.pos, len(reader.low), message)


def _fail_leftover(reader: Reader, head: Head) -> None:
    """A word that nothing used. Pointing at it beats leaving it out."""
    if head.clauses != "none" and take_broken_clause(reader):
        return
    start, end = reader.word()
    word = reader.low[start:end]
    if word == '"':
        reader.fail("leftover", start, end, "These quotes are not closed.")
        reader.pos = len(reader.low)
        return
    if head.clauses != "none" and head_here(reader):
        reader.fail("conflict", start, end, '"{word}" begins a second command; one at a time, please.')
        reader.pos = len(reader.low)
        return
    guesses = nearest(
        word, dict.fromkeys((*TIME_WORDS, *CLAUSE_WORDS, *_OPTION_WORDS, *reader.context.providers))
    )
    reader.go(max(end, start + 1))
    reader.lost += 1
    if guesses or not any(problem.code == "leftover" for problem in reader.problems):
        reader.fail(
            "leftover", start, end, 'I don\'t know what "{word}" means here.' + did_you_mean(guesses), guesses
        )


_OPTION_WORDS: Final = (
    "via",
    "through",
    "max",
    "limit",
    "with",
    "from",
    "withhold",
    "private",
    "then",
    "otherwise",
    "minutes",
)


def _problems(reader: Reader, context: ParseContext, suggesting: bool) -> Problems:
    found = sorted(reader.problems, key=lambda problem: problem.span)
    if suggesting:
        found = [_tried(problem, context) for problem in found]
    return Problems(found=tuple(found))


def _tried(problem: Problem, context: ParseContext) -> Problem:
    """Of several spellings, offer those that mean something, if any does."""
    if len(problem.fixes) < 2 or problem.code not in ("unknown_verb", "leftover", "bad_time"):
        return problem
    plain = replace(context, platform="console")
    good = [
        fix for fix in problem.fixes if not isinstance(_parse(fix.text, plain, suggesting=False), Problems)
    ]
    names = {fix.name for fix in good}
    if not good:
        return problem
    suggest = tuple(word for word in problem.suggest if word in names)
    message = problem.message.partition(" Did you mean")[0] + did_you_mean(suggest)
    return replace(problem, suggest=suggest, fixes=tuple(good), message=message)


# --- what is in doubt -----------------------------------------------------------------------------


def _question(reader: Reader, parts: Parts) -> Question:
    """The first doubt in the text. Its choices are whole sentences with every relative time made absolute."""
    doubt = min(reader.doubts, key=lambda doubt: (doubt.start, doubt.end))
    fixed = _fixed_times(reader, parts, doubt)
    return Question(
        about=doubt.about,
        word=reader.text.slice(doubt.start, doubt.end),
        span=reader.text.span(doubt.start, doubt.end),
        message=doubt.message,
        choices=tuple(_choice(reader, option, fixed) for option in doubt.options),
    )


def _fixed_times(reader: Reader, parts: Parts, doubt: Doubt) -> list[Edit]:
    """`in 20 minutes` counts from now, not from the answer."""
    inside = any(start <= doubt.start < end for start, end in parts.time.stretches)
    if (
        inside
        or not parts.time
        or parts.rule.unit is not None
        or parts.time.has(Now)
        or parts.time.has(Instant)
    ):
        return []
    scratch = reader.probe(reader.pos)
    when = settle(scratch, parts.time)
    if when is None or scratch.problems or scratch.doubts:
        return []
    return list(absolute(parts.time, when))


def _choice(reader: Reader, option: Option, fixed: list[Edit]) -> Choice:
    edits = [*option.edits, *fixed]
    return Choice(label=option.label, text=rewritten(reader.text, edits), at=option.at, name=option.name)
