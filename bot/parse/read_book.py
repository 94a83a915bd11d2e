"""The verbs about what is kept: contacts, voicemails, settings, numbers, notices, who may call; and help."""

import re
from typing import Final

from bot.domain.numbers import PhoneNumber, SipUri
from bot.parse.command import (
    AddContact,
    Allow,
    DeleteVoicemail,
    Help,
    ListContacts,
    ListNotices,
    ListNumbers,
    NoticeKind,
    Notify,
    ReleaseNumber,
    RemoveContact,
    RenameContact,
    RentNumber,
    Revoke,
    Set,
    SettingKey,
    ShowAccess,
    ShowContact,
    ShowSettings,
    Unnotify,
    Voicemails,
)
from bot.parse.countries import country_code, split_country
from bot.parse.durations import did_you_mean
from bot.parse.heads import Head, just, nothing
from bot.parse.ids import fail_id, take_id
from bot.parse.numbers import take_number
from bot.parse.options import caller_id_value
from bot.parse.read_forward import take_own
from bot.parse.reader import Doubt, Option, Reader
from bot.parse.targets import folded_names, name_text, near_names, sip_address
from bot.parse.tokens import Kind, fold
from bot.parse.words import nearest, rx
from bot.parse.zones import known_places, zone_named

_NUMBER_START: Final = r"(?=[+(\d\ue002\ue003]|tel:)"
_BETWEEN: Final = re.compile(
    rf" ?(?:(?:as|is|at|to)(?!\w)|:|=|,)+(?: ?(?:the )?number)? ?{_NUMBER_START}| {_NUMBER_START}"
)
_AS: Final = rx(r"as|under|to|for|is|=|:|called|named")
_ADDRESS: Final = re.compile(_NUMBER_START)
_TO: Final = rx(r"to|as|into|=|->|is")
_TIDY: Final = " .,;:!?=\n"


# --- contacts ----------------------------------------------------------------------------------------------------------


def read_add_contact(reader: Reader, verb: re.Match[str]) -> Head:
    """`save mom as +65…`, `save +65… as mom`, `new contact Aunt May: +44…`."""
    reader.take(re.compile(r": ?"))
    name: str | None
    if reader.match(_ADDRESS):
        address = _take_address(reader, verb)
        reader.take(_AS)
        name = _rest(reader)
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
    match = _BETWEEN.search(reader.low, reader.pos)
    if not match or match.start() == reader.pos:
        return None
    name = reader.text.plain(reader.pos, match.start()).strip(_TIDY)
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


def _rest(reader: Reader) -> str:
    """Everything that is left, tidied: a name, a topic."""
    quoted = reader.take_literal(Kind.QUOTED)
    if quoted:
        return quoted.value.strip()
    polite = re.compile(r"(?:,? (?:please|pls|thanks|thank you|thx|cheers))+[ .!]*$").search(
        reader.low, reader.pos
    )
    text = reader.text.plain(reader.pos, polite.start() if polite else None).strip(_TIDY)
    reader.pos = len(reader.low)
    return text


def read_remove_contact(reader: Reader, verb: re.Match[str]) -> Head:
    """`forget amy`."""
    name = _known_name(reader, verb, "Forget whom?")
    return just(RemoveContact(name=name)) if name else nothing()


def read_show_contact(reader: Reader, verb: re.Match[str]) -> Head:
    """`who is mom?`."""
    name = _known_name(reader, verb, "Who is whom?")
    return just(ShowContact(name=name)) if name else nothing()


def read_number_of(reader: Reader, verb: re.Match[str]) -> Head | None:
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


def read_rename_contact(reader: Reader, verb: re.Match[str]) -> Head:
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
    to = _rest(reader)
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
    low = fold(text) if text is not None else reader.low[start:end].strip('"')
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


def read_list_contacts(_: Reader, __: re.Match[str]) -> Head:
    """`contacts`."""
    return just(ListContacts())


# --- voicemail -----------------------------------------------------------------------------------------------------------


def read_voicemails(_: Reader, __: re.Match[str]) -> Head:
    """`voicemail`."""
    return just(Voicemails())


def read_delete_voicemail(reader: Reader, verb: re.Match[str]) -> Head:
    """`delete voicemail 14`."""
    number = take_id(reader)
    if number is None:
        fail_id(reader, verb.start(), verb.end())
        return nothing()
    return just(DeleteVoicemail(id=number))


# --- settings --------------------------------------------------------------------------------------------------------------

_KEYS: Final[dict[str, SettingKey]] = {
    **dict.fromkeys(("timezone", "time zone", "tz", "zone"), "timezone"),
    **dict.fromkeys(("provider", "default provider", "carrier", "default carrier"), "provider"),
    **dict.fromkeys(("caller id", "callerid", "caller-id", "caller_id", "default caller id"), "caller_id"),
    **dict.fromkeys(("region", "country", "default region", "default country"), "region"),
    **dict.fromkeys(
        ("date order", "date_order", "date-order", "date format", "dateorder", "dates"), "date_order"
    ),
    **dict.fromkeys(("clock", "time format", "hours", "hour clock"), "clock"),
    **dict.fromkeys(("number", "phone number", "phone", "me", "mobile", "own number"), "me"),
}
_KEY: Final = rx(r"(?:my |the )?(?P<key>" + "|".join(sorted(_KEYS, key=len, reverse=True)) + ")")
_VALUE_LEAD: Final = rx(r"to(?: be)?|as|is|=|:")
_ORDERS: Final = {
    **dict.fromkeys(
        (
            "dmy",
            "day first",
            "dd/mm",
            "dd/mm/yyyy",
            "d/m/y",
            "day-first",
            "day month year",
            "day/month",
            "european",
        ),
        "DMY",
    ),
    **dict.fromkeys(
        (
            "mdy",
            "month first",
            "mm/dd",
            "mm/dd/yyyy",
            "m/d/y",
            "month-first",
            "month day year",
            "month/day",
            "american",
        ),
        "MDY",
    ),
}
_CLOCKS: Final = {
    **dict.fromkeys(("12", "12h", "12 h", "12 hour", "12 hours", "12-hour", "am/pm"), "12"),
    **dict.fromkeys(("24", "24h", "24 h", "24 hour", "24 hours", "24-hour", "military"), "24"),
    "ask": "ask",
}


def read_set(reader: Reader, verb: re.Match[str]) -> Head:
    """`set timezone to Europe/London`, `set caller id private`."""
    match = reader.take(_KEY)
    if not match:
        start, end = reader.word()
        if start == end:
            reader.fail(
                "missing_argument", verb.start(), verb.end(), f"Set what? I know {', '.join(_SHOWN_KEYS)}."
            )
        else:
            guesses = nearest(reader.low[start:end], _KEYS)
            message = '"{word}" is not a setting.' + (
                did_you_mean(guesses) or f" I know {', '.join(_SHOWN_KEYS)}."
            )
            reader.fail("leftover", start, end, message, guesses)
            reader.pos = len(reader.low)
        return nothing()
    reader.take(re.compile(r"(?:(?:to(?: be)?|as|is)(?!\w)|[=:]) ?"))
    return _setting(reader, verb, _KEYS[match["key"]])


_SHOWN_KEYS: Final = ("timezone", "provider", "caller id", "region", "date order", "clock", "number")


def read_my_number(reader: Reader, verb: re.Match[str]) -> Head | None:
    """`my number is +65…`, `I am +65…`."""
    return _setting(reader, verb, "me")


def read_timezone(reader: Reader, verb: re.Match[str]) -> Head:
    """`timezone Europe/London`."""
    reader.take(re.compile(r"(?:(?:to|as|is)(?!\w)|[=:]) ?"))
    return _setting(reader, verb, "timezone")


def read_use(reader: Reader, verb: re.Match[str]) -> Head | None:
    """`use twilio by default`."""
    match = re.compile(
        r"(?P<name>[\w.-]+) (?:by default|as (?:the |my )?default(?: provider)?|from now on|always)(?!\w)"
    ).match(reader.low, reader.pos)
    if not match:
        return None
    value = _provider(reader, match.start("name"), match.end("name"))
    reader.go(match.end())
    return just(Set(key="provider", value=value)) if value else nothing()


def _setting(reader: Reader, verb: re.Match[str], key: SettingKey) -> Head:
    start = reader.pos
    if reader.at_end or not reader.low[start:].strip(" .!?"):
        reader.fail("missing_argument", verb.start(), verb.end(), "To what?")
        reader.pos = len(reader.low)
        return nothing()
    value = _number_value(reader, key) if key in ("me", "caller_id") else _word_value(reader, key)
    if value is None:
        if not reader.problems:
            _, end = reader.word()
            reader.fail("missing_argument", start, end, 'I can\'t use "{word}" for that.')
        reader.pos = len(reader.low)
        return nothing()
    reader.use(key, start)
    return just(Set(key=key, value=value))


def _number_value(reader: Reader, key: SettingKey) -> str | None:
    if key == "caller_id":
        return caller_id_value(reader)
    found = take_number(reader)
    if found is None and not reader.problems:
        start, end = reader.word()
        reader.fail(
            "invalid_number", start, end, '"{word}" is not a phone number. Write it like +14155550101.'
        )
    return found.number.e164 if found else None


def _word_value(reader: Reader, key: SettingKey) -> str | None:
    start = reader.pos
    words = _rest(reader)
    end = start + len(reader.low[start:].rstrip(_TIDY))
    low = words.lower()
    if key == "provider":
        return _provider(reader, start, end)
    if key == "timezone":
        return _timezone(reader, words, start, end)
    if key == "region":
        code = country_code(words)
        if code is None:
            reader.fail("leftover", start, end, 'I don\'t know the country "{word}".')
        return code
    value = (_ORDERS if key == "date_order" else _CLOCKS).get(low)
    if value is None:
        known = "day first or month first" if key == "date_order" else "12, 24 or ask"
        reader.fail("leftover", start, end, f'"{{word}}"? Say {known}.')
    return value


def _provider(reader: Reader, start: int, end: int) -> str | None:
    known = {provider.lower(): provider for provider in reader.context.providers}
    word = reader.low[start:end]
    if word in known:
        return known[word]
    guesses = tuple(known[near] for near in nearest(word, known))
    message = '"{word}" is not a provider here.' + (
        did_you_mean(guesses) or f" I know {', '.join(known.values())}."
    )
    reader.fail("unknown_provider", start, end, message, guesses)
    return None


def _timezone(reader: Reader, words: str, start: int, end: int) -> str | None:
    zone = zone_named(words, reader.context.region)
    if zone is None:
        places = known_places()
        suggest = tuple(dict.fromkeys(places[name] for name in nearest(words.lower(), places)))
        message = 'I don\'t know the time zone "{word}".' + did_you_mean(suggest)
        reader.fail("unknown_timezone", start, end, message, suggest)
        return None
    if zone.choices:
        reader.fail("unknown_timezone", start, end, '"{word}" can be several zones; name a city.')
        return None
    return zone.id


def read_settings(_: Reader, __: re.Match[str]) -> Head:
    """`settings`."""
    return just(ShowSettings())


# --- numbers ------------------------------------------------------------------------------------------------------------------


def read_rent(reader: Reader, verb: re.Match[str]) -> Head:
    """`rent a number in the uk london`."""
    if not reader.take(rx(r"in|from|for")):
        return just(RentNumber())
    start = reader.pos
    words = _rest(reader)
    found = split_country(words)
    if found is None:
        reader.fail("leftover", start, start + len(words), 'I don\'t know the country "{word}".')
        return nothing()
    reader.use("country", start)
    return just(RentNumber(country=found[0], region=found[1]))


def read_numbers(_: Reader, __: re.Match[str]) -> Head:
    """`numbers`."""
    return just(ListNumbers())


def read_release(reader: Reader, verb: re.Match[str]) -> Head:
    """`release +65…`."""
    own = take_own(reader, verb)
    return just(ReleaseNumber(own=own)) if own else nothing()


# --- notices and access ------------------------------------------------------------------------------------------------------------

_ABOUT: Final = rx(r"(?:about|of|on|for|when there(?:'s| is)(?: an?)?)")
_KIND: Final = rx(
    r"(?:new |any |every )?(?:(?P<voicemail>voice ?mails?)|(?P<missed>missed(?: calls?)?)|(?P<all>(?:all|every|any)?(?: (?:incoming |inbound )?)?calls?|everything))"
)
_FOR: Final = rx(r"(?:for|on|to|at)")


def read_notify(reader: Reader, verb: re.Match[str]) -> Head:
    """`notify here about missed calls for +65…`."""
    reader.take(_ABOUT)
    match = reader.take(_KIND)
    if not match:
        start, end = reader.word()
        message = "About what? Say voicemail, missed calls or all calls."
        if start == end:
            reader.fail("missing_argument", verb.start(), verb.end(), message)
        else:
            suggest = nearest(reader.low[start:end], ("voicemail", "missed", "calls"))
            reader.fail("leftover", start, end, '"{word}"? ' + message, suggest)
            reader.pos = len(reader.low)
        return nothing()
    about: NoticeKind = "voicemail" if match["voicemail"] else "missed" if match["missed"] else "all"
    return just(Notify(about=about, own=_for_own(reader, verb)))


def _for_own(reader: Reader, verb: re.Match[str]) -> PhoneNumber | None:
    return take_own(reader, verb) if reader.take(_FOR) else None


def read_unnotify(reader: Reader, verb: re.Match[str]) -> Head:
    """`stop notices for +65…`."""
    return just(Unnotify(own=_for_own(reader, verb)))


def read_notices(_: Reader, __: re.Match[str]) -> Head:
    """`notices`."""
    return just(ListNotices())


def read_allow(reader: Reader, verb: re.Match[str]) -> Head:
    """`allow @x`, `allow prefix +1900`."""
    return _access(reader, verb, Allow)


def read_revoke(reader: Reader, verb: re.Match[str]) -> Head:
    """`revoke @x`."""
    return _access(reader, verb, Revoke)


def _access(reader: Reader, verb: re.Match[str], make: type[Allow] | type[Revoke]) -> Head:
    if reader.take(rx(r"(?:the )?(?:prefix|range|numbers (?:starting|beginning) with)")):
        match = reader.take(re.compile(r"\+?(?P<digits>[\d][\d -]{0,14})(?!\w)"))
        if match:
            return just(make(prefix="+" + re.sub(r"\D", "", match["digits"])))
        start, end = reader.word()
        reader.go(end)
        reader.fail(
            "bad_digits",
            start if end > start else verb.start(),
            max(end, verb.end()),
            "Which digits? Say +1900.",
        )
        return nothing()
    user = _user(reader)
    if user is None:
        start, end = reader.word()
        reader.go(end)
        message = "Whom? Mention somebody, or say prefix and digits."
        reader.fail(
            "no_target" if start == end else "unknown_name",
            start if end > start else verb.start(),
            max(end, verb.end()),
            message,
        )
        return nothing()
    return just(make(user=user))


def _user(reader: Reader) -> str | None:
    literal = reader.take_literal(Kind.USER)
    if literal:
        return literal.value
    match = reader.take(rx(r"@(?P<name>\w{2,40})"))
    return reader.text.plain(match.start("name"), match.end("name")) if match else None


def read_show_access(_: Reader, __: re.Match[str]) -> Head:
    """`who may call`."""
    return just(ShowAccess())


# --- help -----------------------------------------------------------------------------------------------------------------------------


def read_help(reader: Reader, _: re.Match[str]) -> Head:
    """`help`, `help call`."""
    topic = _rest(reader)
    return just(Help(topic=topic.lower() or None))
