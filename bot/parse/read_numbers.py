"""The verbs about our own numbers, what rooms are told, who may call; and help."""

import re
from typing import Final

from bot.domain.numbers import PhoneNumber
from bot.parse.command import Allow, Help, NoticeKind, Notify, ReleaseNumber, RentNumber, Revoke, Unnotify
from bot.parse.countries import split_country
from bot.parse.heads import Head, just, nothing
from bot.parse.parts import Parts
from bot.parse.read_forward import take_own
from bot.parse.reader import Reader
from bot.parse.rest import take_rest
from bot.parse.tokens import Kind
from bot.parse.words import nearest, rx

# --- numbers --------------------------------------------------------------------------------------


def read_rent(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`rent a number in the uk london`."""
    if not reader.take(rx(r"in|from|for")):
        return just(RentNumber())
    start = reader.pos
    words = take_rest(reader)
    found = split_country(words)
    if found is None:
        reader.fail("leftover", start, start + len(words), 'I don\'t know the country "{word}".')
        return nothing()
    reader.use("country", start)
    return just(RentNumber(country=found[0], region=found[1]))


def read_release(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`release +65…`."""
    own = take_own(reader, verb)
    return just(ReleaseNumber(own=own)) if own else nothing()


# --- notices and access ---------------------------------------------------------------------------

_ABOUT: Final = rx(r"(?:about|of|on|for|when there(?:'s| is)(?: an?)?)")
_KIND: Final = rx(
    r"(?:new |any |every )?(?:(?P<voicemail>voice ?mails?)|(?P<missed>missed(?: calls?)?)"
    r"|(?P<all>(?:all|every|any)?(?: (?:incoming |inbound )?)?calls?|everything))"
)
_FOR: Final = rx(r"(?:for|on|to|at)")


def read_notify(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
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


def read_unnotify(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`stop notices for +65…`."""
    return just(Unnotify(own=_for_own(reader, verb)))


def read_allow(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
    """`allow @x`, `allow prefix +1900`."""
    return _access(reader, verb, Allow)


def read_revoke(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head:
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


# --- help -----------------------------------------------------------------------------------------


def read_help(reader: Reader, _verb: re.Match[str], _parts: Parts) -> Head:
    """`help`, `help call`."""
    topic = take_rest(reader)
    return just(Help(topic=topic.lower() or None))
