"""More answers to one person, in words: their settings, our numbers, what a forward does. Calls, contacts and
errors are `replies.py`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.domain.cdr import Money
from bot.domain.countries import country
from bot.domain.numbers import Address, CallerId, Did, PhoneNumber
from bot.domain.people import ClockChoice, Person, Room, Standing
from bot.domain.phrases import address_words, day_and_clock, joined, talk_time, zone_words
from bot.domain.replies import who_may_call_words

# --- the asker's settings ---------------------------------------------------------------------------

CLOCK_WORDS: Final[Mapping[ClockChoice, str]] = {
    "12": "You write am or pm; where you leave it out, I ask.",
    "24": "9:30 means half past nine in the morning from now on, 21:30 the evening.",
    "ask": "I ask whenever a clock time could be am or pm.",
}


def zone_set(zone: str, now: datetime) -> str:
    """With the time it is there, so that a mistake shows at once. Raises TimeZoneNotFoundError."""
    return f"Your time zone is {zone_words(now, zone)}. It is {day_and_clock(now, zone)} there now."


def settings_words(
    person: Person,
    *,
    zone: str,
    region: str,
    provider: str,
    caller_id: CallerId | None,
    now: datetime,
    private: bool,
) -> str:
    """A line each: what holds for this person, and whether it is only the default. `zone`, `region`,
    `provider` and `caller_id` are what holds where the person has not said anything."""
    lines = [
        *own_lines(person, zone=zone, now=now, private=private),
        f"Numbers without a country code: {country(region)}{_default(person.region)}",
        f"3/4 means: {_DATE_WORDS[person.date_order]}",
        f"Clock: {person.clock}",
        f"Calls go through: {provider}{_default(person.provider)}",
        f"People you call see: {_shown(person, caller_id, private)}{_default(person.caller_id)}",
        "Change one with: my number is +…, set timezone Europe/London, set clock 24, use … by default",
    ]
    return "\n".join(lines)


def own_lines(person: Person, *, zone: str, now: datetime, private: bool) -> tuple[str, str]:
    """Which phone `me` is, and whose clock is meant."""
    return (
        f"Your number: {_own_number(person, private)}",
        f"Time zone: {zone_words(now, zone)}, now {day_and_clock(now, zone)}{_default(person.timezone)}",
    )


_DATE_WORDS: Final = {"DMY": "3 April", "MDY": "4 March", None: "I ask"}


def _default(own: str | None) -> str:
    return "" if own else " (default)"


def _own_number(person: Person, private: bool) -> str:
    if person.number is None:
        return "not known yet; say: my number is +…"
    return address_words(person.number, private=private) + ("" if person.verified else " (not verified)")


def _shown(person: Person, default: CallerId | None, private: bool) -> str:
    caller_id = person.caller_id or default
    if caller_id is None:
        return "the provider's own number"
    if isinstance(caller_id, str) and caller_id.startswith("+"):
        caller_id = PhoneNumber(e164=caller_id)
    return address_words(caller_id, private=private) if isinstance(caller_id, PhoneNumber) else "no number"


# --- our numbers ------------------------------------------------------------------------------------


def offer_words(number: PhoneNumber, monthly: Money | None, region: str, provider: str) -> str:
    """The question before a number is rented."""
    place = f" in {region}" if region else ""
    price = f"{monthly} a month" if monthly else f"a monthly price that {provider} does not tell here"
    return (
        f"{provider} has {address_words(number, private=True)}{place} for {price}, until it is given back. "
        "Shall I rent it?"
    )


def account_words(ours: Sequence[Did], elsewhere: Sequence[Did], *, private: bool) -> str:
    """What a provider's account holds beyond the numbers written down here, and the other way round."""
    lines = []
    if elsewhere:
        numbers = joined([address_words(did.number, private=private) for did in elsewhere])
        lines.append(f"Also in the account, not used here yet: {numbers}. A forward puts one to use.")
    for did in ours:
        number = address_words(did.number, private=private)
        lines.append(f"{did.provider} does not list {number} any more: calls to it will not come here.")
    return "\n".join(lines)


# --- notices ----------------------------------------------------------------------------------------

_ABOUT: Final = {"voicemail": "voicemails", "missed": "missed calls", "all": "all calls"}


def notices_words(bound: Sequence[tuple[Room, str, PhoneNumber | None]], *, private: bool) -> str:
    """What this room is told about."""
    if not bound:
        return "This room is told about the calls of its own forwards only. Try: notify here about voicemail"
    return (
        "This room is told about "
        + joined([notice_words(about, did, private) for _, about, did in bound])
        + "."
    )


def notice_words(about: str, did: PhoneNumber | None, private: bool) -> str:
    """`voicemails for +65 6123 0000`."""
    return f"{_ABOUT[about]} for {address_words(did, private=private) if did else 'every number of ours'}"


# --- who may ----------------------------------------------------------------------------------------

_EVERYBODY: Final[Mapping[Standing, str]] = {
    Standing.OWNER: "Whoever sits at this console may call, and is admin.",
    Standing.MEMBER: "Every full member of this workspace may call; guests and bots may not.",
}


def access_words(
    standing: Standing,
    *,
    admins: Sequence[str],
    allowed: Sequence[str],
    admitted: Sequence[Person],
    shut_out: Sequence[Person],
    prefixes: Sequence[str],
) -> str:
    """Who may call here, by which rule, and which costly ranges are let in. `standing` is the reader's."""
    lines = [
        _EVERYBODY.get(standing, "Nobody may call until an admin lets them in."),
        who_may_call_words(admins, admitted, shut_out),
    ]
    if allowed:
        lines.append(f"Let in by PATCHLINE_ALLOW: {joined([*allowed])}.")
    if prefixes:
        lines.append(f"Costly ranges let in: {joined([*prefixes])}.")
    return "\n".join(lines)


# --- signing in -------------------------------------------------------------------------------------

ONLY_HERE: Final = (
    "It opens on the machine that Patchline runs on, and nowhere else: nobody has set PUBLIC_URL here."
)


def sign_in_words(link: str, *, minutes: int, only_here: bool) -> str:
    """The link that opens the board. `only_here`: it leads to the machine itself."""
    text = f"Your board: {link}\nThe link is for you alone. It works once, within {minutes} minutes."
    return f"{text}\n{ONLY_HERE}" if only_here else text


# --- by SMS -----------------------------------------------------------------------------------------


def voicemail_text(name: str | None, caller: Address | None, seconds: float | None, link: str) -> str:
    """To the owner alone, so the caller's number stands in it whole."""
    number = "a withheld number" if caller is None else address_words(caller, private=True)
    who = f"{name} ({number})" if name else number
    length = f", {talk_time(seconds)}" if seconds is not None else ""
    return f"Voicemail from {who}{length}: {link}"
