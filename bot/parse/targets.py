"""Whom: numbers, SIP addresses, contacts, mentioned people and `me`, one after another.

Names are looked up here and nowhere else, so that May, April and Sat are people after `call` and days after
`on`. A name that is not known is an error with a suggestion, never a guess.
"""

import re
from collections.abc import Callable
from typing import Final

from bot.domain.number_ranges import is_emergency, zones_of
from bot.domain.numbers import PhoneNumber, SipUri
from bot.parse.command import Target
from bot.parse.context import ParseContext
from bot.parse.dates import date_at
from bot.parse.durations import did_you_mean
from bot.parse.names import by_first_word, containing, folded_names, full_name, near_long_name, near_names
from bot.parse.numbers import same_number, take_numbers
from bot.parse.reader import FILLER, Doubt, Option, Reader
from bot.parse.tokens import Kind, fold, read_text
from bot.parse.wording import name_text
from bot.parse.words import MONTHS, WEEKDAYS, nearest, rx

ClauseHere = Callable[[Reader], bool]
"""Whether another clause begins where the reader stands."""

_ME: Final = rx(r"(?:me|myself|my (?:own )?(?:phone|mobile|cell|line|number))")
_LEAD: Final = re.compile(
    r"(?:to )?(?:(?:the|my|our) )?(?:(?:phone )?numbers? (?=[+\d(])|(?:contact|user) )?"
)
_AT_NAME: Final = re.compile(r"@(?P<name>[a-z]\w{1,31})(?!\w)")
_VERB: Final = rx(
    "call|ring|phone|dial|conference|remind|cancel|forward|if|when|otherwise|on|at|in|by|for|via|with|from|until|every"
)
_THEN: Final = rx("then|also|and")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SEPARATOR: Final = re.compile(
    r" ?(?:[,;/&\n]|\+(?! ?\d+ ?[a-z]))(?: ?and(?!\w))? ?| ?(?<!\w)and(?: also)?(?!\w) ?"
)


def take_targets(reader: Reader, clause_here: ClauseHere) -> tuple[Target, ...]:
    """Everybody named here. Empty when the first word begins a clause, or nothing stands here.

    What looks like a name or a number and is none is noted as a problem and left out.
    """
    start = reader.pos
    if reader.at_end or (_clause_next(reader, clause_here) and not name_here(reader)):
        return ()
    targets = _take_some(reader, must=True)
    while targets is not None and not reader.gives_up:
        if len(targets) > MOST:
            reader.fail("conflict", start, reader.pos, f"That is too many at once; {MOST} is the most.")
            break
        more = _take_next(reader, clause_here)
        if more is None:
            break
        targets += more
    if reader.pos > start:
        reader.use("targets", start)
    return tuple(targets or ())


def take_target(reader: Reader, clause_here: ClauseHere) -> Target | None:
    """Exactly one party; a second one is left for whoever reads on."""
    if reader.at_end or (_clause_next(reader, clause_here) and not name_here(reader)):
        return None
    start, found = reader.pos, _take_some(reader, must=True)
    if found:
        reader.use("targets", start)
    if found and len(found) > 1:
        reader.fail("conflict", start, reader.pos, '"{word}": only one, please.')
    return found[0] if found else None


def _take_next(reader: Reader, clause_here: ClauseHere) -> list[Target] | None:
    """The next of a list: behind a separator anybody, behind a mere space only somebody known."""
    start = reader.pos
    separator = reader.take(_SEPARATOR)
    clause_behind = not reader.at_end and clause_here(reader) and not _is_longer_name(reader)
    while reader.take(FILLER) or (separator and reader.take(_THEN)):
        pass
    if (
        reader.at_end
        or clause_behind
        or _clause_next(reader, clause_here)
        or _is_rather_a_date(reader, bool(separator))
    ):
        found = None
    else:
        found = _take_some(reader, must=False)
        if found is None and separator and not (reader.match(_VERB) or _mistyped_clause(reader, clause_here)):
            found = _take_some(reader, must=True)
    if found is None:
        reader.pos = start
    return found


def _clause_next(reader: Reader, clause_here: ClauseHere) -> bool:
    return clause_here(reader) and not _is_longer_name(reader)


def name_here(reader: Reader) -> bool:
    """Whether a contact's name, or the beginning of one, stands here."""
    return bool(full_name(reader) or by_first_word(reader))


def _is_longer_name(reader: Reader) -> bool:
    """A whole contact name that happens to begin with a clause word (`play group`)."""
    full = full_name(reader)
    return full is not None and not _date_end(reader) > full[1]


def _is_rather_a_date(reader: Reader, separated: bool) -> bool:
    """`call mom may 5`: a date goes further than the name in it. `call mom sat`: the day wins."""
    full = full_name(reader)
    end = _date_end(reader)
    return end > 0 and (
        full is None or end > full[1] or (end == full[1] and not separated and _ends_here(reader, end))
    )


def _date_end(reader: Reader) -> int:
    found = date_at(reader.low, reader.pos, "DMY")
    return found[1] if found else 0


def _ends_here(reader: Reader, end: int) -> bool:
    return not reader.low[end:].strip(" .!?") or bool(re.match(r" (?:at|@|\d)", reader.low[end:]))


def _mistyped_clause(reader: Reader, clause_here: ClauseHere) -> bool:
    """`and ptch me in`: a slip in a keyword is not somebody's name, unless it is nearer to one."""
    start, end = reader.word()
    word = reader.low[start:end]
    if near_names(reader.context, word):
        return False
    return bool(slips_of_clauses(reader, start, end, clause_here))


def slips_of_clauses(reader: Reader, start: int, end: int, clause_here: ClauseHere) -> tuple[str, ...]:
    """The keywords that this word may be a slip of, tried out: with them a clause would begin here."""
    word = reader.low[start:end]
    guesses = (*nearest(word, DAY_WORDS, limit=1), *nearest(word, CLAUSE_WORDS))
    rest = reader.text.plain(end, end + _TRIED) if guesses else ""
    return tuple(
        guess
        for guess in guesses
        if clause_here(Reader(read_text(f"{guess} {rest}"), reader.context, probing=True))
    )


MOST: Final = 60
"""More parties than any provider joins at once."""

_TRIED: Final = 200
"""How much of the rest is read to see whether a slip was one."""

DAY_WORDS: Final = (
    *(word for word in (*WEEKDAYS, *MONTHS) if len(word) > 4),
    *(
        "tomorrow",
        "today",
        "tonight",
        "every",
        "daily",
        "weekly",
        "voicemail",
        "otherwise",
        "until",
        "except",
    ),
)
"""Words so often meant, and so hard to miss, that a slip in one is pointed at even among free words."""

CLAUSE_WORDS: Final = (
    *(
        "play",
        "patch",
        "connect",
        "bridge",
        "press",
        "wait",
        "pause",
        "record",
        "recorded",
        "hang",
        "text",
        "menu",
    ),
    *(
        "tell",
        "ring",
        "withhold",
        "otherwise",
        "voicemail",
        "tomorrow",
        "today",
        "tonight",
        "every",
        "daily",
        "each",
    ),
)


# --- one place in the list ------------------------------------------------------------------------


def _take_some(reader: Reader, *, must: bool) -> list[Target] | None:
    """Whoever stands here: one, or several numbers in a row. None for nobody; `must` makes that an error."""
    start = reader.pos
    exact = full_name(reader)
    if not exact:
        reader.take(_LEAD)
    for take in (_take_sip, _take_mention, _take_name, _take_me, _take_phone):
        found = take(reader)
        if found is not None:
            return found
    if not must:
        reader.pos = start
        return None
    _fail_name(reader)
    return []


def _take_phone(reader: Reader) -> list[Target] | None:
    start, literal = reader.pos, reader.text.literals.get(reader.pos)
    found = take_numbers(reader)
    if found is None:
        return None
    differs = bool(literal and literal.label) and not all(
        same_number(literal.label if literal else "", number.number, reader.context.region)
        for number in found
    )
    if found and start == reader.pos:
        return None
    return [Target(address=number.number, label_differs=differs) for number in found]


def _take_sip(reader: Reader) -> list[Target] | None:
    start = reader.pos
    literal = reader.take_literal(Kind.SIP)
    if literal is None:
        return None
    user = literal.value.partition(":")[2].partition("@")[0].partition(":")[0]
    if user and is_emergency(user, (reader.context.region,)) and user.strip("+").isdigit():
        reader.fail(
            "emergency", start, start + 1, f"I can't place emergency calls. Dial {user} from a phone now."
        )
        return []
    try:
        return [Target(address=sip_address(literal.value))]
    except ValueError:
        reader.fail("invalid_sip", start, start + 1, '"{word}" is not a SIP address; write sip:name@host.')
        return []


def sip_address(text: str) -> SipUri:
    """A SIP address with a user and a host; raises ValueError for anything less, and for headers."""
    uri = SipUri(uri=text)
    user, _, host = uri.uri.partition(":")[2].partition("@")
    if not user.partition(":")[0] or not re.fullmatch(r"[\w.-]+(?::\d{1,5})?(?:;[\w.=:+-]+)*", host):
        raise ValueError("not a SIP address")
    if not re.fullmatch(r"[\w.-]*\w", uri.host):
        raise ValueError("not a SIP host")
    return uri


def _take_mention(reader: Reader) -> list[Target] | None:
    literal = reader.text.literals.get(reader.pos)
    if literal and literal.kind is Kind.USER and literal.value not in reader.context.bot_names:
        reader.go(reader.pos + 1)
        return [Target(user=literal.value)]
    match = reader.match(_AT_NAME)
    if not match or match["name"] in ("noon", "midnight", "midday"):
        return None
    reader.go(match.end())
    return [Target(user=reader.text.plain(match.start("name"), match.end("name")))]


def _take_me(reader: Reader) -> list[Target] | None:
    match = reader.take(_ME)
    if not match:
        return None
    me = my_target(reader, match.start(), match.end())
    return [me] if me else []


def my_target(reader: Reader, start: int, end: int) -> Target | None:
    """The asker; without a verified number a problem that says what to do."""
    if reader.context.me is None:
        message = 'I don\'t know your number yet. Say "my number is +…" first.'
        reader.fail("missing_argument", start, end, message)
        return None
    return Target(address=reader.context.me, is_me=True)


def _take_name(reader: Reader) -> list[Target] | None:
    quoted = reader.text.literals.get(reader.pos)
    if quoted and quoted.kind is Kind.QUOTED:
        name = folded_names(tuple(reader.context.contacts)).get(fold(quoted.value))
        if name:
            reader.go(reader.pos + 1)
            return [contact_target(reader.context, name)]
        return None
    full = full_name(reader)
    if full:
        reader.go(full[1])
        return [contact_target(reader.context, full[0])]
    start = reader.pos
    found = by_first_word(reader)
    if found is None:
        return None
    names, end = found
    reader.go(end)
    if len(names) == 1:
        return [contact_target(reader.context, names[0])]
    options = tuple(Option(label=name, edits=((start, end, name_text(name)),), name=name) for name in names)
    message = f'Which "{reader.text.slice(start, end)}": {", ".join(names[:-1])} or {names[-1]}?'
    reader.doubts.append(Doubt(about="contact", start=start, end=end, message=message, options=options))
    return []


def contact_target(context: ParseContext, name: str) -> Target:
    """The contact saved under exactly `name`."""
    return Target(address=context.contacts[name], name=name)


def _fail_name(reader: Reader) -> None:
    """Nobody of that name: say which word, and whom it may be a slip of."""
    start, end = reader.word()
    mail = _MAIL.fullmatch(reader.low, start, end) or _MAIL.search(reader.text.plain(start, start + 1))
    if mail:
        reader.go(end)
        suggest: tuple[str, ...] = (f"sip:{mail[0]}",)
        reader.fail("invalid_sip", start, end, "To call an address, write it with sip: in front.", suggest)
        return
    several = near_long_name(reader, start)
    if several:
        end, suggest = several
    else:
        suggest = near_names(reader.context, reader.low[start:end]) or containing(
            reader.context, reader.low[start:end]
        )
    reader.go(end)
    message = 'I have no contact "{word}".' + did_you_mean(suggest)
    if reader.low[start:end].isdigit() or reader.text.literals.get(start):
        message = '"{word}" is nobody I can call.'
    reader.fail("unknown_name", start, end, message, suggest)


def zones_of_target(target: Target, context: ParseContext) -> tuple[str, ...]:
    """Where the target's clocks are: the zone saved with the contact, else what its number tells."""
    if target.is_me:
        return (context.tz,)
    if target.name and target.name in context.contact_zones:
        return (context.contact_zones[target.name],)
    return zones_of(target.address) if isinstance(target.address, PhoneNumber) else ()
