"""Forwarding: `forward +65… to dad for 20 seconds, then carol, then voicemail`."""

import re
from typing import Final

from bot.domain.numbers import PhoneNumber
from bot.parse.clauses import clause_here
from bot.parse.command import Forward, ForwardStage, Unforward
from bot.parse.durations import take_duration
from bot.parse.heads import Head, just, nothing
from bot.parse.numbers import take_number
from bot.parse.options import ask_unit
from bot.parse.parts import Parts
from bot.parse.reader import Reader
from bot.parse.targets import take_targets
from bot.parse.words import rx

_OWN_LEAD: Final = rx(r"(?:all )?(?:my )?(?:incoming )?calls(?: (?:to|for|on|from|at))?|the number|number")
_MY_NUMBER: Final = rx(r"my (?:number|line|phone)|me|my calls|calls")
_TO: Final = re.compile(r"(?:straight |directly )?(?:to|→)(?!\w) ?|, ?(?:to )?")
_STRAIGHT: Final = rx(r"(?:go )?(?:straight|directly|right)(?= to| voice)")
_VOICEMAIL: Final = rx(r"(?:(?:to|go to|leave a?) )?(?:the |my |a )?voice ?mail(?:box)?")
_FOR: Final = rx(
    r"(?:,? ?(?:and )?(?:for|ring(?:ing)?(?: for)?|ring (?:it|them|him"
    r"|her) for))(?: (?:up to|at most|about))?"
)
_NO_ANSWER: Final = (
    r"(?:and )?if (?:there(?:'s| is) )?(?:no (?:answer|reply|one answers|one picks up)"
    r"|nobody (?:answers|picks up)|unanswered|not answered"
    r"|(?:they|he|she|it|\w+) (?:don't|doesn't|does not|do not|didn't) (?:answer|pick up)|busy or no answer)"
)
_NEXT: Final = rx(
    rf"(?:{_NO_ANSWER}(?P<after> (?:after|in|within))?|(?:and )?then|after that|otherwise"
    rf"|or else|else|finally|failing that)"
)
_GO_TO: Final = rx(
    r"(?:then )?(?:(?:forward|send|go|ring|try|call|to|dial|put (?:it"
    r"|them) through)(?: (?:it|them|the call|on))?(?: to)?)"
)
_SEPARATORS: Final = re.compile(r"[ ,;.\n:]+")
_WHEN_BODY: Final = rx(
    r"(?:then )?(?:forward|send|redirect|divert|ring|call|dial|try|go|put)(?: (?:it|them"
    r"|him|her|the call|calls))?(?: (?:on|through))?(?: (?:straight |directly )?to)?"
)


def read_forward(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`forward OWN to …`."""
    own = _take_own(reader, verb)
    if own is None:
        return nothing()
    _skip(reader)
    reader.take(_TO)
    return _stages(reader, verb, own)


def read_when_called(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`when someone calls OWN, forward to …`; `send calls to OWN straight to voicemail`."""
    own = _take_own(reader, verb)
    if own is None:
        return nothing()
    _skip(reader)
    reader.take(_STRAIGHT)
    if not reader.take(_WHEN_BODY):
        reader.take(_TO)
    return _stages(reader, verb, own)


def read_unforward(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`stop forwarding OWN`."""
    own = _take_own(reader, verb)
    return just(Unforward(own=own)) if own else nothing()


def _skip(reader: Reader) -> None:
    reader.take(_SEPARATORS)


def _take_own(reader: Reader, verb: re.Match[str]) -> PhoneNumber | None:
    """One of our own numbers; anything else is a problem."""
    reader.take(_OWN_LEAD)
    start, problems = reader.pos, len(reader.problems)
    found = take_number(reader)
    if (
        found is None
        and len(reader.problems) == problems
        and len(reader.context.own_numbers) == 1
        and reader.take(_MY_NUMBER)
    ):
        reader.use("own", start)
        return reader.context.own_numbers[0]
    if found is None:
        if len(reader.problems) == problems:
            message = "Which of your numbers? " + (_listed(reader) or "You have none yet; rent one first.")
            reader.fail("missing_argument", verb.start(), verb.end(), message)
            reader.pos = len(reader.low)
        return None
    reader.use("own", start)
    if found.number not in reader.context.own_numbers:
        suggest = tuple(number.e164 for number in reader.context.own_numbers)[:3]
        message = '"{word}" is not one of the numbers here.' + (
            f" There are: {_listed(reader)}" if suggest else ""
        )
        reader.fail("invalid_number", found.start, found.end, message)
    return found.number


def take_own(reader: Reader, verb: re.Match[str]) -> PhoneNumber | None:
    """One of our own numbers, for the verbs that need one."""
    return _take_own(reader, verb)


def _listed(reader: Reader) -> str:
    return ", ".join(number.e164 for number in reader.context.own_numbers)


def _stages(reader: Reader, verb: re.Match[str], own: PhoneNumber) -> Head:
    stages: list[ForwardStage] = []
    voicemail = False
    while not reader.at_end and not voicemail:
        reader.take(_STRAIGHT)
        if reader.take(_VOICEMAIL):
            voicemail = True
            break
        stage = _stage(reader)
        if stage is None:
            break
        stages.append(stage)
        if not _take_next(reader, stages):
            break
    if not stages and not voicemail and not reader.problems and not reader.doubts:
        reader.fail(
            "missing_argument", verb.start(), verb.end(), "Forward to whom? Name somebody, or voicemail."
        )
    reader.use("stages", verb.end())
    return just(Forward(own=own, stages=tuple(stages), voicemail=voicemail))


def _stage(reader: Reader) -> ForwardStage | None:
    targets = take_targets(reader, _stage_ends)
    if not targets:
        return None
    return ForwardStage(targets=targets, ring_seconds=_ring_seconds(reader))


def _stage_ends(reader: Reader) -> bool:
    """Whether the parties of one stage are all named."""
    return any(reader.match(pattern) for pattern in (_NEXT, _VOICEMAIL, _FOR)) or (
        reader.low[reader.pos : reader.pos + 1].isalpha() and clause_here(reader)
    )


def _ring_seconds(reader: Reader) -> int | None:
    start = reader.pos
    if not reader.take(_FOR):
        return None
    begin, duration = reader.pos, take_duration(reader)
    if duration is None:
        if not ask_unit(reader, start, ("seconds", "minutes")):
            reader.pos = start
        return None
    if duration.months or not 1 <= duration.seconds <= 3600:
        reader.fail("bad_duration", begin, reader.pos, '"{word}" is not how long a phone can ring.')
    return duration.seconds


def _take_next(reader: Reader, stages: list[ForwardStage]) -> bool:
    """Move to the next stage. `if no answer within 20 seconds` says how long the one before rings."""
    start = reader.pos
    _skip(reader)
    match = reader.take(_NEXT)
    if not match:
        if reader.match(_VOICEMAIL):
            return True
        reader.pos = start
        return False
    if match["after"]:
        duration = take_duration(reader)
        if duration and stages[-1].ring_seconds is None:
            stages[-1] = ForwardStage(targets=stages[-1].targets, ring_seconds=duration.seconds)
    _skip(reader)
    if reader.match(_NEXT):
        reader.take(_NEXT)
        _skip(reader)
    if not reader.match(_VOICEMAIL):
        reader.take(_GO_TO)
    return True
