"""Options of a call: provider, caller id, limits, recording, music, room. Any place, any order."""

from typing import Final

from bot.domain.numbers import WITHHELD
from bot.parse.durations import did_you_mean, duration_at, fail_duration, take_duration
from bot.parse.numbers import take_number, take_numbers
from bot.parse.parts import OptionName, Parts, set_option
from bot.parse.reader import Doubt, Option, Reader
from bot.parse.tokens import Kind
from bot.parse.words import QUANTITY, nearest, rx

_VIA: Final = rx(r"via|through|using|over")
_WITH: Final = rx(r"with|on|by|use")
_THE_PROVIDER: Final = rx(r"(?:the )?(?:provider|carrier)")
_NAME: Final = rx(r"[\w.-]*\w")
_FROM: Final = rx(
    r"(?:from|as|showing|show|(?:with |using )?(?:the )?caller[ -]?id(?: of| is| as"
    r"| set to|:)?)(?: (?:the |my )?number)?"
)
_PRIVATE: Final = rx(
    r"(?:a )?(?:private|hidden|withheld|anonymous|unknown|no number)(?: number| caller[ -]?id)?"
)
_WITHHOLD: Final = rx(
    r"(?:and )?(?:withhold|hide)(?: my| the)? (?:number|caller[ -]?id)"
    r"|(?:with )?(?:a |my )?(?:hidden|private|withheld|anonymous) (?:caller[ -]?id|number)"
    r"|(?:with )?(?:my )?(?:number|caller[ -]?id) (?:hidden|withheld)|anonymously|privately"
)
_MAX: Final = rx(
    r"(?:for )?(?:a )?(?:max(?:imum)?(?: duration| length| time)?(?: of|:)?"
    r"|limit(?:ed)?(?: it| duration| time)?(?: to| of|:)?"
    r"|at most|at the most|up to|no longer than|not longer than|no more than|not more than|less than)"
)
_TRAILING_MAX: Final = rx(r" ?(?:max(?:imum)?|at (?:the )?most|tops|limit)")
_RING: Final = rx(
    r"(?:and )?(?:ring(?:ing)? (?:for|time ?out(?: of)?:?|time(?: of)?)"
    r"|let it ring(?: for)?|ring it for)(?: (?:at most|up to|max))?"
)
_RING_SHORT: Final = rx(r"ring")
_NO_RECORD: Final = rx(
    r"(?:and )?(?:(?:do not|don'?t|never) record|without (?:a )?recording|no recording"
    r"|not recorded|unrecorded)(?: it| this| the call)?"
)
_RECORD: Final = rx(
    r"(?:and )?(?:record(?: it| this| that)?(?: the| this)?(?: call| conversation)?"
    r"|(?:with|and) (?:a )?recording(?: on)?|recorded|recording on)"
)
_MUSIC: Final = rx(r"with (?:hold |ring(?:ing)? |ringback )?music")
_WHILE: Final = rx(
    r"while (?:it|they|he|she|we)(?:'s|'re| is| are)? ?(?:rings?|ringing|waits?|waiting)"
    r"|while ringing|on hold"
)
_ROOM: Final = rx(r"in (?:the )?(?:conference )?room(?: named| called)?|name it|named|(?:with )?room name")
_TOGETHER: Final = rx(r"(?:all )?together|at the same time|all at once|as a (?:conference|group)")
_ONE_BY_ONE: Final = rx(
    r"one after (?:the other|another)|one by one|separately|individually|in turn|one at a time"
)
_UNITLESS: Final = rx(rf"{QUANTITY}(?! ?[a-z])")
LONGEST: Final = 86400


def take_option(reader: Reader, parts: Parts) -> bool:
    """Read the option that stands here; False when none does."""
    readers = (_via, _caller_id, _limit, _ring, _record, _music, _room, _grouping)
    return any(read(reader, parts) for read in readers)


def _via(reader: Reader, parts: Parts) -> bool:
    start = reader.pos
    sure = reader.take(_VIA)
    if not sure and not reader.take(_WITH):
        return False
    reader.take(_THE_PROVIDER)
    word_start, word_end = reader.word()
    word = reader.low[word_start:word_end]
    known = {provider.lower(): provider for provider in reader.context.providers}
    if word in known:
        reader.go(word_end)
        set_option(reader, parts, "via", known[word], start)
        return True
    guesses = tuple(known[near] for near in nearest(word, known))
    if not sure and not guesses:
        reader.pos = start
        return False
    if word_start == word_end or not _NAME.match(reader.low, word_start):
        reader.fail(
            "missing_argument", start, word_start, f"Through which provider? I know {_listed(known)}."
        )
        return True
    reader.go(word_end)
    message = '"{word}" is not a provider here.' + (did_you_mean(guesses) or f" I know {_listed(known)}.")
    reader.fail("unknown_provider", word_start, word_end, message, guesses)
    return True


def _listed(names: dict[str, str]) -> str:
    return ", ".join(names.values()) or "none yet"


def _caller_id(reader: Reader, parts: Parts) -> bool:
    start = reader.pos
    if reader.take(_WITHHOLD):
        set_option(reader, parts, "caller_id", WITHHELD, start)
        return True
    if not reader.take(_FROM):
        return False
    if reader.take(_PRIVATE):
        set_option(reader, parts, "caller_id", WITHHELD, start)
        return True
    begin, problems = reader.pos, len(reader.problems)
    found = take_number(reader)
    if found:
        set_option(reader, parts, "caller_id", found.number, start)
        return True
    if len(reader.problems) > problems:
        return True
    reader.pos = begin
    if reader.low.startswith(("from ", "as ", "show"), start):
        reader.pos = start
        return False
    reader.fail(
        "missing_argument", start, begin, "Which number should they see? Give one of yours, or say private."
    )
    return True


def _limit(reader: Reader, parts: Parts) -> bool:
    start = reader.pos
    if reader.take(_MAX):
        return _length(reader, parts, "max_seconds", start)
    found = duration_at(reader.low, start)
    trailing = found and _TRAILING_MAX.match(reader.low, found[1])
    if not found or not trailing:
        return False
    return _length(reader, parts, "max_seconds", start, end=trailing.end())


def _ring(reader: Reader, parts: Parts) -> bool:
    start = reader.pos
    if reader.take(_RING):
        return _length(reader, parts, "ring_seconds", start)
    if reader.take(_RING_SHORT) and duration_at(reader.low, reader.pos):
        return _length(reader, parts, "ring_seconds", start)
    reader.pos = start
    return False


def _length(reader: Reader, parts: Parts, name: OptionName, start: int, end: int | None = None) -> bool:
    """A duration as the value of an option; a number without a unit is a question."""
    begin = reader.pos
    duration = take_duration(reader)
    if end is not None:
        reader.go(end)
    if duration is None:
        if not ask_unit(reader, start, ("minutes", "seconds")):
            fail_duration(reader, start)
    elif duration.months or not 1 <= duration.seconds <= LONGEST:
        reader.fail("bad_duration", begin, reader.pos, '"{word}" is not a length I can use here.')
    else:
        set_option(reader, parts, name, duration.seconds, start)
    return True


def ask_unit(reader: Reader, start: int, units: tuple[str, ...]) -> bool:
    """`max 10`: minutes or seconds? False when no bare number stands here."""
    begin = reader.pos
    number = reader.take(_UNITLESS)
    if not number:
        return False
    options = tuple(
        Option(label=f"{number[0]} {unit}", edits=((begin, number.end(), f"{number[0]} {unit}"),))
        for unit in units
    )
    word = reader.text.slice(start, number.end())
    message = f'"{word}" what: {" or ".join(units)}?'
    reader.doubts.append(Doubt(about="unit", start=start, end=number.end(), message=message, options=options))
    return True


def _record(reader: Reader, parts: Parts) -> bool:
    start = reader.pos
    if reader.take(_NO_RECORD):
        set_option(reader, parts, "record", False, start)
        return True
    if not reader.take(_RECORD):
        return False
    set_option(reader, parts, "record", True, start)
    return True


def _music(reader: Reader, parts: Parts) -> bool:
    start = reader.pos
    if not reader.take(_MUSIC):
        return False
    url = reader.take_literal(Kind.URL)
    if url is None:
        begin, end = reader.word()
        reader.go(end)
        reader.fail("bad_url", begin, end, "Which music? Give a link, https://….")
        return True
    reader.take(_WHILE)
    set_option(reader, parts, "music", url.value, start)
    return True


def _room(reader: Reader, parts: Parts) -> bool:
    start = reader.pos
    if not reader.take(_ROOM):
        return False
    quoted = reader.take_literal(Kind.QUOTED)
    name = None if quoted else reader.take(_NAME)
    if quoted is None and name is None:
        reader.fail("missing_argument", start, reader.pos, "What should the room be called?")
        return True
    value = quoted.value if quoted else reader.text.plain(name.start(), name.end()) if name else ""
    set_option(reader, parts, "room", value, start)
    return True


def _grouping(reader: Reader, parts: Parts) -> bool:
    if reader.take(_TOGETHER):
        parts.grouping = "together"
        return True
    if reader.take(_ONE_BY_ONE):
        parts.grouping = "one by one"
        return True
    return False


def caller_id_value(reader: Reader) -> str | None:
    """A caller id as a setting: E.164 or `private`; None when neither stands here."""
    if reader.take(_PRIVATE):
        return WITHHELD
    found = take_numbers(reader)
    return found[0].number.e164 if found and len(found) == 1 else None
