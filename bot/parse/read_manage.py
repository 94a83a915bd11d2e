"""The verbs about orders that exist: cancel, reschedule, skip, list, status, history, rate, balance, undo."""

import re
from datetime import UTC, timedelta
from typing import Final

from bot.domain.schedule import local_time
from bot.parse.clauses import clause_here
from bot.parse.command import Cancel, Command, History, Rate, Reschedule, Skip, Status, Target, Undo, When
from bot.parse.durations import Duration, take_duration
from bot.parse.heads import Head, just, nothing
from bot.parse.ids import fail_id, take_id, take_ids
from bot.parse.parts import Parts
from bot.parse.pieces import Now
from bot.parse.read_calls import settle_time
from bot.parse.reader import Reader
from bot.parse.targets import take_target, take_targets
from bot.parse.words import NUMBER_WORD, quantity, rx

_ALL: Final = rx(
    r"(?:all|everything|every)(?: (?:of )?(?:my |the |them)?)?(?: ?(?:scheduled "
    r"|upcoming )?(?:calls?|jobs?))?(?: here)?"
)
_TO: Final = rx(r"(?:to|for|until|till|at|on)(?= (?:at|on|every|each|in)(?!\w))|(?:to|for|until|till)")
_BY: Final = rx(r"by|back(?: by)?|another|for another")
_EARLIER: Final = rx(r"earlier|sooner|forward|before|up")
_LATER: Final = rx(r"later|back|on")
_PAGE: Final = rx(rf"page ?(?P<n>\d{{1,4}}|{NUMBER_WORD})")
_WITH: Final = rx(r"(?:with|of|for|from)")
_LAST_CALLS: Final = rx(rf"(?:the |my )?last (?:(?P<n>\d{{1,3}}|{NUMBER_WORD}) calls|call)")


def read_cancel(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`cancel 12 13`, `cancel all`."""
    if reader.take(_ALL):
        return just(Cancel(everything=True))
    ids = take_ids(reader)
    if not ids:
        fail_id(reader, verb.start(), verb.end())
        return nothing()
    return just(Cancel(ids=ids))


def read_reschedule(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`reschedule 7 to 8:30pm`, `postpone 12 by 10 minutes`, `move 12 an hour earlier`."""
    number = take_id(reader)
    if number is None:
        fail_id(reader, verb.start(), verb.end())
        return nothing()
    shift = _shift(reader)
    if shift is not None:
        return just(Reschedule(id=number, shift_seconds=shift))
    reader.take(_TO)

    def finish(parts: Parts) -> Command | None:
        when, every = settle_time(reader, parts, ())
        if parts.time.has(Now):
            now = reader.context.now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
            when = When(at=now, zone=reader.context.tz, local=local_time(now, reader.context.tz))
        if when is None and every is None:
            if not reader.problems and not reader.doubts:
                reader.fail("missing_argument", verb.start(), verb.end(), "To when?")
            return None
        return Reschedule(id=number, when=when, every=every)

    return Head(finish=finish, clauses="time", expects_time=True)


def _shift(reader: Reader) -> int | None:
    """By how many seconds; earlier is negative."""
    start = reader.pos
    by = reader.take(_BY)
    duration = take_duration(reader)
    if duration is None or duration.months:
        reader.pos = start
        return None
    earlier, later = reader.take(_EARLIER), reader.take(_LATER)
    if not (by or earlier or later):
        reader.pos = start
        return None
    reader.use("shift", start)
    return _seconds(duration, bool(earlier))


def _seconds(duration: Duration, earlier: bool) -> int:
    return -duration.seconds if earlier else duration.seconds


def read_skip(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`skip the next run of 12`."""
    number = take_id(reader)
    if number is None:
        fail_id(reader, verb.start(), verb.end())
        return nothing()
    return just(Skip(id=number))


def read_status(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`status`, `status 12`."""
    return just(Status(ids=take_ids(reader)))


def read_history(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`history page 2`, `history with mom`."""
    page: int | None = None
    target: Target | None = None
    while True:
        if page is None and (match := reader.take(_PAGE)):
            page = max(1, int(quantity(match["n"])))
        elif target is None and reader.take(_WITH):
            target = _party(reader, verb)
            if target is None:
                return nothing()
        else:
            return just(History(page=page, target=target))


def read_last_calls(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head | None:
    """`last 5 calls`."""
    match = _LAST_CALLS.search(reader.low, verb.start(), verb.end())
    if not match:
        return None
    reader.go(match.end())
    limit = int(quantity(match["n"])) if match["n"] else 1
    start = reader.pos
    target = _party(reader, verb) if reader.take(_WITH) else None
    if reader.pos > start and target is None:
        return nothing()
    return just(History(limit=max(1, limit), target=target))


def _party(reader: Reader, verb: re.Match[str]) -> Target | None:
    target = take_target(reader, clause_here)
    if target is None and not reader.problems and not reader.doubts:
        reader.fail("no_target", verb.start(), max(reader.pos, verb.end()), "With whom?")
    return target


def read_rate(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`rate +44…`, `how much to call mom`."""
    targets = take_targets(reader, clause_here)
    if not targets:
        if not reader.problems and not reader.doubts:
            reader.fail("no_target", verb.start(), verb.end(), "The price of calling whom?")
        return nothing()
    return just(Rate(targets=targets))


def read_undo(_: Reader, __: re.Match[str], _parts: Parts) -> Head:
    """`undo`."""
    return just(Undo())
