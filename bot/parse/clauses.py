"""The clauses that may follow or precede a call, in any order: options, branches, steps, rules and times."""

import re
from typing import Final

from bot.parse.every import take_rule, take_rule_end
from bot.parse.options import take_option
from bot.parse.parts import Parts
from bot.parse.reader import FILLER, Reader
from bot.parse.steps import HANG_UP, take_step
from bot.parse.when import fail_time, take_time
from bot.parse.words import rx

_IF: Final = r"(?:and )?(?:if|when|in case(?: of)?|on)"
_MACHINE: Final = r"(?:voice ?mail|(?:answer(?:ing)? ?)?machine|answer ?phone|answering service|mailbox)"
MACHINE: Final = rx(
    rf"{_IF}(?: (?:it|he|she|they|there|that|this)(?:'s|'re| is| are)?| i get| you get| we get| you reach)?"
    r"(?: (?:was |is |it's )?(?:answered|picked up) by| goes (?:straight )?to| went to"
    r"| reach(?:es)?| hits?| gets?| got)?"
    rf"(?: an?| the| my| their| his| her)? ?{_MACHINE}(?: (?:answers?|answered|picks? up"
    rf"|picked up|detected|is detected|kicks in|is reached|comes on|greeting))?"
)
_HUMAN: Final = r"(?:human(?: being)?|person|someone|somebody|real person|live person|people)"
HUMAN: Final = rx(
    rf"{_IF}(?: (?:it|there|that)(?:'s| is)?)?(?: (?:was |is |it's )?(?:answered"
    rf"|picked up) by)?(?: an?| the| some)? ?{_HUMAN}"
    r"(?: (?:answers?|answered|picks? up|picked up|is there))?"
    r"|(?:and )?if (?:they|he|she|somebody|someone) (?:does |do )?(?:answers?|picks? up)"
)
_OTHERWISE: Final = rx(r"otherwise|or else|else|if not")
MOST_STEPS: Final = 40
_COLON: Final = re.compile(r" ?: ?")
_PREPOSITION: Final = rx(
    r"at|on|by|in|for|@|every|each|until(?: and including)?|till|through|except(?: for)?"
    r"|starting(?: from| on)?|beginning|from|next|this"
)


def take_clause(reader: Reader, parts: Parts) -> bool:
    """Read one clause into `parts`; False when none begins here."""
    if _take_branch(reader, parts) or take_rule(reader, parts.rule) or take_rule_end(reader, parts.rule):
        return True
    return take_option(reader, parts) or _take_step(reader, parts) or take_time_clause(reader, parts)


def take_time_clause(reader: Reader, parts: Parts) -> bool:
    """Read a rule, a limit of one, or a time."""
    rule = parts.rule
    return (
        take_rule(reader, rule)
        or take_rule_end(reader, rule)
        or take_time(reader, parts.time, listing=rule.unit is not None)
    )


def take_broken_clause(reader: Reader) -> bool:
    """A preposition with nothing readable behind it: say what is missing there."""
    start = reader.pos
    if not reader.take(_PREPOSITION):
        return False
    fail_time(reader, start)
    return True


def clause_here(reader: Reader) -> bool:
    """Whether a clause begins where the reader stands."""
    probe = reader.probe(reader.pos)
    while probe.take(FILLER):
        pass
    return not probe.at_end and take_clause(probe, Parts())


def time_here(reader: Reader) -> bool:
    """Whether a time or a rule begins where the reader stands."""
    probe = reader.probe(reader.pos)
    return not probe.at_end and take_time_clause(probe, Parts())


def _take_step(reader: Reader, parts: Parts) -> bool:
    start = reader.pos
    if reader.take(HANG_UP) and reader.match(MACHINE):
        return _take_hang_up_on_machine(reader, parts, start)
    reader.pos = start
    step = take_step(reader, clause_here)
    if step is None:
        return False
    parts.add_step(step)
    if len(parts.steps) > MOST_STEPS:
        reader.fail(
            "conflict", start, reader.pos, f"That is too much for one call; {MOST_STEPS} steps are the most."
        )
        reader.pos = len(reader.low)
    return True


def _take_hang_up_on_machine(reader: Reader, parts: Parts, start: int) -> bool:
    """`hang up on voicemail`: the branch and its one step, the other way round."""
    reader.pos = start
    step = take_step(reader, clause_here)
    reader.take(MACHINE)
    before = parts.branch
    parts.open_branch("machine")
    if step:
        parts.add_step(step)
    parts.branch = before
    return True


def _take_branch(reader: Reader, parts: Parts) -> bool:
    """`if voicemail …`, `if a person answers …`, `otherwise …`, with the first of its steps."""
    start = reader.pos
    if (parts.on_machine is not None or parts.on_human is not None or reader.probing) and reader.take(
        _OTHERWISE
    ):
        parts.open_branch("machine" if parts.on_machine is None else "main")
    elif reader.take(MACHINE):
        parts.open_branch("machine")
    elif reader.take(HUMAN):
        parts.open_branch("human" if parts.on_machine is None else "main")
    else:
        return False
    end = reader.pos
    reader.use("branch", start)
    reader.take(_COLON)
    reader.skip()
    if reader.probing:
        return True
    if not _take_step(reader, parts):
        reader.fail("missing_argument", start, end, 'What should happen then? Say for example "hang up".')
    return True
