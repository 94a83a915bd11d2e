"""The verbs about what people saved: contacts and voicemails."""

import re
from typing import Final

from bot.domain.numbers import PhoneNumber, SipUri
from bot.parse.command import AddContact, DeleteVoicemail, RemoveContact, RenameContact, ShowContact
from bot.parse.durations import did_you_mean
from bot.parse.heads import Head, just, nothing
from bot.parse.ids import fail_id, take_id
from bot.parse.names import folded_names, near_names
from bot.parse.numbers import take_number
from bot.parse.parts import Parts
from bot.parse.reader import Doubt, Option, Reader
from bot.parse.rest import TIDY, take_rest
from bot.parse.targets import sip_address
from bot.parse.tokens import Kind, fold
from bot.parse.wording import name_text
from bot.parse.words import rx

_NUMBER_START: Final = r"(?=[+(\d\ue002\ue003]|tel:)"
_BETWEEN: Final = re.compile(
    rf" ?(?:(?:as|is|at|to)(?!\w)|:|=|,)+(?: ?(?:the )?number)? ?{_NUMBER_START}| {_NUMBER_START}"
)
_AS: Final = rx(r"as|under|to|for|is|=|:|called|named")
_ADDRESS: Final = re.compile(_NUMBER_START)
_TO: Final = rx(r"to|as|into|=|->|is")


# --- contacts -------------------------------------------------------------------------------------


def read_add_contact(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`save mom as +65…`, `save +65… as mom`, `new contact Aunt May: +44…`."""
    reader.take(re.compile(r": ?"))
    name: str | None
    if reader.match(_ADDRESS):
        address = _take_address(reader, verb)
        reader.take(_AS)
        name = take_rest(reader)
    else:
        name = _name_before_address(reader)
        address = _take_address(reader, verb) if name is not None else None
    if address is None or not name:
        if not reader.problems:
            message = 'Say "save NAME as NUMBER".'
            reader.fail("missing_argument", verb.start(), verb.end(), message)
            reader.pos = len(reader.low)
        return nothing()
    if fold(name) in ("me", "myself") or not re.search(r"[^\W\d_]", name):
        start = verb.end() + 1
        reader.fail("unknown_name", start, start + len(name), f"\"{name}\" can't be a contact's name.")
        return nothing()
    return just(AddContact(name=name, address=address))


def _name_before_address(reader: Reader) -> str | None:
    quoted = reader.take_literal(Kind.QUOTED)
    if quoted:
        between = re.compile(r"(?:(?:as|is|at|to)(?!\w)|[:=,])* ?").match(reader.low, reader.pos)
        reader.go(between.end() if between else reader.pos)
        return quoted.value.strip() or None
    match = _BETWEEN.search(reader.low, reader.pos, reader.pos + 200)
    if not match or match.start() == reader.pos:
        return None
    name = reader.text.plain(reader.pos, match.start()).strip(TIDY)
    reader.use("name", reader.pos, match.start())
    reader.pos = match.end()
    return name


def _take_address(reader: Reader, verb: re.Match[str]) -> PhoneNumber | SipUri | None:
    start = reader.pos
    sip = reader.take_literal(Kind.SIP)
    if sip:
        try:
            return sip_address(sip.value)
        except ValueError:
            reader.fail(
                "invalid_sip", start, start + 1, '"{word}" is not a SIP address; write sip:name@host.'
            )
            return None
    found = take_number(reader)
    if found is None and not reader.problems:
        reader.fail("missing_argument", verb.start(), verb.end(), 'Which number? Say "save NAME as NUMBER".')
    reader.use("number", start)
    return found.number if found else None


def read_remove_contact(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`forget amy`."""
    name = _known_name(reader, verb, "Forget whom?")
    return just(RemoveContact(name=name)) if name else nothing()


def read_show_contact(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`who is mom?`."""
    name = _known_name(reader, verb, "Who is whom?")
    return just(ShowContact(name=name)) if name else nothing()


def read_number_of(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head | None:
    """`what's mom's number`."""
    match = re.compile(r"(?P<name>[^\ue000-\ue005?!]{1,60}?)(?:'s?|s')? (?:phone |mobile )?number\W*$").match(
        reader.low, reader.pos
    )
    if not match:
        return None
    start, end = match.start("name"), match.end("name")
    name = _lookup(reader, start, end)
    reader.pos = len(reader.low)
    return just(ShowContact(name=name)) if name else nothing()


def read_rename_contact(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`rename contact sam lee to samuel`."""
    match = re.compile(r"(?P<name>.{1,80}?) (?:to|as|into|->) (?P<to>\S.{0,79})$", re.DOTALL).match(
        reader.low, reader.pos
    )
    if not match:
        reader.fail("missing_argument", verb.start(), verb.end(), 'Say "rename contact OLD to NEW".')
        reader.pos = len(reader.low)
        return nothing()
    name = _lookup(reader, match.start("name"), match.end("name"))
    reader.pos = match.start("to")
    to = take_rest(reader)
    if not to or fold(to) in ("me", "myself"):
        reader.fail(
            "unknown_name", match.start("to"), match.end("to"), "\"{word}\" can't be a contact's name."
        )
        return nothing()
    return just(RenameContact(name=name, to=to)) if name else nothing()


def _known_name(reader: Reader, verb: re.Match[str], missing: str) -> str | None:
    quoted = reader.text.literals.get(reader.pos)
    if quoted and quoted.kind is Kind.QUOTED:
        reader.go(reader.pos + 1)
        return _lookup(reader, reader.pos - 1, reader.pos, quoted.value)
    start, end = reader.pos, len(reader.low)
    polite = re.compile(r"(?:,? (?:please|pls|thanks|thank you|thx|cheers))+[ .!?]*$").search(
        reader.low, start
    )
    end = polite.start() if polite else end
    while end > start and reader.low[end - 1] in " .,!?\n":
        end -= 1
    reader.pos = len(reader.low)
    if start >= end:
        reader.fail("missing_argument", verb.start(), verb.end(), missing)
        return None
    return _lookup(reader, start, end)


def _lookup(reader: Reader, start: int, end: int, text: str | None = None) -> str | None:
    """The saved name that these words mean, found as in a call: exact, first word, or a question."""
    low = fold(text) if text is not None else reader.low[start:end].strip('"').replace(".", "")
    names = folded_names(tuple(reader.context.contacts))
    for prefix in ("", "the ", "my ", "contact "):
        if low.startswith(prefix) and low[len(prefix) :] in names:
            reader.use("name", start, end)
            return names[low[len(prefix) :]]
    first = [name for folded, name in names.items() if folded.partition(" ")[0] == low]
    if len(first) == 1:
        return first[0]
    if first:
        options = tuple(
            Option(label=name, edits=((start, end, name_text(name)),), name=name) for name in first
        )
        message = f'Which "{reader.text.slice(start, end)}": {", ".join(first)}?'
        reader.doubts.append(Doubt(about="contact", start=start, end=end, message=message, options=options))
        return None
    suggest = near_names(reader.context, low)
    reader.fail("unknown_name", start, end, 'I have no contact "{word}".' + did_you_mean(suggest), suggest)
    return None


# --- voicemail ------------------------------------------------------------------------------------


def read_delete_voicemail(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`delete voicemail 14`."""
    number = take_id(reader)
    if number is None:
        fail_id(reader, verb.start(), verb.end())
        return nothing()
    return just(DeleteVoicemail(id=number))
