"""The verbs about a call that is running: hang up, mute, hold, add, kick, transfer, record, stop playing."""

import re
from collections.abc import Callable
from typing import Final

from bot.parse.clauses import clause_here
from bot.parse.command import (
    Add,
    Command,
    HangUpCall,
    Hold,
    Kick,
    Mute,
    RecordCall,
    StopPlaying,
    Target,
    Transfer,
    Unhold,
    Unmute,
)
from bot.parse.heads import Head, just, nothing
from bot.parse.ids import take_id, take_ids
from bot.parse.parts import Parts
from bot.parse.reader import Reader
from bot.parse.targets import take_target, take_targets
from bot.parse.words import rx

_EVERYONE: Final = rx(r"everyone|everybody|all(?: of them)?|them all|all parties|all participants")
_ALL_CALLS: Final = rx(r"(?:all|every)(?: (?:of )?(?:my |the )?)?(?: ?calls?)?|everyone|everybody|everything")
_ON: Final = rx(r"on|with|for")
_THE_CALL: Final = rx(r"(?:the |this |that )?(?:call|line|conference|conf|meeting)|it|him|her|them")
_IN: Final = rx(r"(?:to|into|in|on|from|out of|off)")
_ON_HOLD: Final = rx(r"on hold")
_OFF_HOLD: Final = rx(r"off hold")


def _ends(*patterns: re.Pattern[str]) -> Callable[[Reader], bool]:
    """The parties end where one of these words stands."""
    return lambda reader: any(reader.match(pattern) for pattern in patterns)


def read_hang_up(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`hang up`, `hang up on mom`, `end call 12`, `hang up all calls`."""
    start = reader.pos
    reader.take(_ON)
    if reader.take(_ALL_CALLS):
        return just(HangUpCall(everything=True))
    ids = take_ids(reader)
    if ids:
        return just(HangUpCall(ids=ids))
    if reader.take(_THE_CALL):
        ids = take_ids(reader)
        reader.take(_ON)
        start = reader.pos
        if ids or reader.skip().moved or reader.at_end:
            return just(HangUpCall(ids=ids))
    targets = take_targets(reader, clause_here)
    if not targets and (reader.problems or reader.doubts):
        return nothing()
    if not targets:
        reader.pos = start
    return just(HangUpCall(targets=targets))


def read_mute(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`mute sam`, `mute everyone`."""
    return _muting(reader, verb, Mute, "Mute whom? Name somebody, or everyone.")


def read_unmute(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`unmute sam`."""
    return _muting(reader, verb, Unmute, "Unmute whom? Name somebody, or everyone.")


def _muting(reader: Reader, verb: re.Match[str], make: type[Mute] | type[Unmute], missing: str) -> Head:
    if reader.take(_EVERYONE):
        return just(make(everyone=True, id=_call_named(reader)))
    targets = take_targets(reader, _ends(_IN))
    if not targets:
        return _nobody(reader, verb, missing)
    return just(make(targets=targets, id=_call_named(reader)))


def read_put_on_hold(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head | None:
    """`put carol on hold`."""
    targets = _the_call_or_targets(reader, _ON_HOLD)
    if not reader.take(_ON_HOLD):
        return None
    return just(Hold(targets=targets, id=_call_named(reader))) if targets is not None else nothing()


def read_take_off_hold(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head | None:
    """`take carol off hold`."""
    targets = _the_call_or_targets(reader, _OFF_HOLD)
    if not reader.take(_OFF_HOLD):
        return None
    return just(Unhold(targets=targets, id=_call_named(reader))) if targets is not None else nothing()


def _the_call_or_targets(reader: Reader, end: re.Pattern[str]) -> tuple[Target, ...] | None:
    start, problems = reader.pos, len(reader.problems) + len(reader.doubts)
    if reader.take(_THE_CALL) and reader.match(end):
        return ()
    reader.pos = start
    targets = take_targets(reader, _ends(end))
    return None if len(reader.problems) + len(reader.doubts) > problems else targets


def read_hold(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`hold`, `hold mom`, `hold 12`."""
    return _holding(reader, Hold)


def read_unhold(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`unhold`, `resume mom`."""
    return _holding(reader, Unhold)


def _holding(reader: Reader, make: type[Hold] | type[Unhold]) -> Head:
    number = take_id(reader)
    if number is not None:
        return just(make(id=number))
    reader.take(_THE_CALL)
    targets = take_targets(reader, _ends(_IN)) if reader.low[reader.pos : reader.pos + 1].strip(".!?") else ()
    if reader.problems or reader.doubts:
        return nothing()
    return just(make(targets=targets, id=_call_named(reader)))


def read_add(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`add bob to 12`."""
    return _adding(reader, verb, Add, "Add whom?")


def read_kick(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`kick bob from 12`."""
    return _adding(reader, verb, Kick, "Remove whom from the call?")


def _adding(reader: Reader, verb: re.Match[str], make: Callable[..., Command], missing: str) -> Head:
    targets = take_targets(reader, _ends(_IN))
    if not targets:
        return _nobody(reader, verb, missing)
    return just(make(targets=targets, id=_call_named(reader)))


def _nobody(reader: Reader, verb: re.Match[str], missing: str) -> Head:
    if not reader.problems and not reader.doubts:
        reader.fail("no_target", verb.start(), verb.end(), missing)
    return nothing()


def _call_named(reader: Reader) -> int | None:
    """`to 12`, `from the call`: which running call is meant; None for the one of the room."""
    start = reader.pos
    number = take_id(reader, "to", "into", "in", "on", "from", "out of", "off")
    if number is not None:
        return number
    if reader.take(_IN) and reader.take(_THE_CALL):
        return take_id(reader)
    reader.pos = start
    return None


def read_transfer(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`transfer to bob`, `transfer 12 to bob`."""
    number = take_id(reader)
    reader.take(_THE_CALL)
    number = number if number is not None else take_id(reader)
    if not reader.take(rx("to")):
        start, end = reader.word()
        if start == end:
            reader.fail("no_target", verb.start(), verb.end(), "Transfer to whom?")
        else:
            reader.fail(
                "leftover", start, end, '"{word}"? Say "transfer to" and a name, or "transfer 12 to …".'
            )
            reader.pos = len(reader.low)
        return nothing()
    target = take_target(reader, clause_here)
    if target is None:
        return _nobody(reader, verb, "Transfer to whom?")
    return just(Transfer(target=target, id=number))


def read_start_recording(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`start recording`, `start recording 12`."""
    return just(RecordCall(on=True, id=_recorded(reader)))


def read_stop_recording(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`stop recording 12`."""
    return just(RecordCall(on=False, id=_recorded(reader)))


def read_record(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head | None:
    """`record 12` is about a running call; `record` alone is an option of a new one."""
    number = take_id(reader)
    return just(RecordCall(on=True, id=number)) if number is not None else None


def _recorded(reader: Reader) -> int | None:
    reader.take(rx(r"on|of|in"))
    reader.take(rx(r"(?:the|this) (?:call|conference)(?! ?#?\d)"))
    return take_id(reader)


def read_stop_playing(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`stop playing`, `stop playing on 12`."""
    number = take_id(reader, "on", "to", "in")
    return just(StopPlaying(id=number if number is not None else take_id(reader)))
