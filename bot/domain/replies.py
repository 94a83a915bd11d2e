"""Answers to one person, in words: errors, questions, lists. The card of a call is `messages.py`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.domain import phrases
from bot.domain.actions import Action, Verb
from bot.domain.call import Call, CallKind, ScheduledCall
from bot.domain.card import Button, Card, Reply, ReplyKind
from bot.domain.cdr import CallDetailRecord, Money
from bot.domain.countries import country
from bot.domain.errors import (
    ConfigError,
    NoSuchThing,
    OutcomeUnknown,
    PatchlineError,
    ProviderError,
    Rejected,
    StorageUnavailable,
    Unavailable,
    Unsupported,
    UserError,
)
from bot.domain.flow import Party
from bot.domain.forwarding import Forward, Stage
from bot.domain.number_ranges import region_of
from bot.domain.numbers import Address, Did, PhoneNumber
from bot.domain.outcome import charge, time_spent
from bot.domain.people import Contact, Person
from bot.domain.question import OpenQuestion, QuestionKind
from bot.domain.recording import Recording, RecordingState

# --- errors -------------------------------------------------------------------------------------


def error_reply(error: PatchlineError) -> Reply:
    """What went wrong and what to do next; never a vendor's raw answer without words around it."""
    return Reply(text=error_words(error), kind=ReplyKind.ERROR)


def error_words(error: PatchlineError) -> str:
    """The sentence of `error_reply`."""
    match error:
        case NoSuchThing():
            return f"{error}{_did_you_mean(error.suggestions)}"
        case UserError():
            return str(error)
        case ProviderError():
            return _provider_words(error)
        case StorageUnavailable():
            return (
                "Not taken, please repeat: the database does not answer, so nothing was written down. "
                "Please say it again soon."
            )
        case ConfigError():
            return "Some settings are wrong:\n" + "\n".join(f"- {problem}" for problem in error.problems)
        case _:
            return "That went wrong, and it has been written to the log. Nothing was dialled."


def _provider_words(error: ProviderError) -> str:
    who, said = error.provider, f"{error.detail.rstrip('.')}{f' ({error.code})' if error.code else ''}"
    match error:
        case Rejected():
            return f"{who} refused: {said}. Nothing was dialled, nothing was charged."
        case Unavailable():
            again = f"in {phrases.span(error.retry_after)}" if error.retry_after else "in a moment"
            return f"{who} cannot be reached just now: {said}. Nothing was dialled; try again {again}."
        case OutcomeUnknown():
            return f"{who} gave no clear answer: {said}. I am finding out; it is not dialled again."
        case Unsupported():
            return f"{who} cannot do that: {said}."
        case _:
            return f"{who}: {said}."


def _did_you_mean(suggestions: Sequence[str]) -> str:
    return f" Did you mean {phrases.joined(list(suggestions), last='or')}?" if suggestions else ""


# --- questions ----------------------------------------------------------------------------------


def question_reply(question: OpenQuestion) -> Reply:
    """The question with a button a choice; a number or the word itself answers it as well."""
    return Reply(
        text=question.message,
        kind=ReplyKind.QUESTION,
        buttons=choice_buttons(question),
        call=question.call,
    )


def problem_reply(text: str, question: OpenQuestion | None = None) -> Reply:
    """A sentence that was not understood, with its caret lines; `question` holds the corrections on offer."""
    buttons = choice_buttons(question) if question else ()
    return Reply(text=text, kind=ReplyKind.ERROR, buttons=buttons)


def choice_buttons(question: OpenQuestion) -> tuple[Button, ...]:
    """`answer:<question>:<n>`, counted from 1."""
    first = "primary" if question.kind is QuestionKind.CONFIRM else ""
    return tuple(
        Button(
            label=choice.label,
            action=str(Action(verb=Verb.ANSWER, target=question.id, argument=str(n))),
            style=first if n == 1 else "",
        )
        for n, choice in enumerate(question.choices, 1)
    )


def help_hint(sentence: str) -> str:
    """After the same mistake twice: where the forms of that verb are shown."""
    verb = sentence.split()[0].lower() if sentence.split() else ""
    return f"`help {verb}` shows how it is said." if verb.isalpha() else "`help` shows what I understand."


FORWARDED: Final = "A forwarded message orders nothing here. Write it yourself, in your own words."
PRIVATELY: Final = "Whole numbers are for you alone: open a private chat with me, then ask again."
SECRETLY: Final = "That is for you alone: open a private chat with me, then ask again."
EXPIRED: Final = "That question is over: it was open for ten minutes. Say the whole sentence again."
NO_NUMBER: Final = "There is no phone number in that message that I can read."
LEFT: Final = "All right, nothing was done."
NOTHING_ASKED: Final = "There is nothing to confirm just now."


# --- whose number it is -------------------------------------------------------------------------

NOT_DIALABLE: Final = "That is no number that a phone rings at, so “me” cannot be it."


SHARE_FIRST: Final = "Share your phone number first: then “call me” and “patch me in” ring it."


def share_your_number() -> Reply:
    """A number is the asker's own when the chat says so, not because they do."""
    return Reply(
        text="A number can only be yours here if this chat says so: send me your own contact with the "
        "share-contact button.",
        kind=ReplyKind.ERROR,
        wants_number=True,
    )


def number_is_yours(words: str) -> Reply:
    """After the chat has vouched for it."""
    return Reply(text=f"Your number is {words}. “me” rings it.", wants_number=False)


def somebody_elses(name: str, number: PhoneNumber | None) -> str:
    """A contact that is not the sender's own is never their number; it may be worth saving."""
    start = "That is not your own contact, so it is not your number."
    return f"{start} To keep it, say: save {phrases.quoted(name)} as {number}" if name and number else start


# --- calls --------------------------------------------------------------------------------------


def waits_for_its_turn(call: Call, start: datetime, zone: str) -> str:
    """Said at once where our own rate makes a call late."""
    return (
        f"#{call.number} is one of many at that moment, and {call.provider} takes only so many a second: "
        f"expect it at about {phrases.short_moment(start, zone)}."
    )


def list_words(
    calls: Sequence[Call], *, now: datetime, zone: str, private: bool, asker: str | None = None
) -> str:
    """What is scheduled or going on, by time. `asker` is who reads it: others' calls say whose they are."""
    if not calls:
        return "Nothing is scheduled. Try: call +65 … at 5pm"
    top = f"{phrases.count(len(calls), 'call')}, times in {phrases.zone_words(now, zone)}:"
    return "\n".join((top, *(_listed(call, now, zone, private) + _by(call, asker) for call in calls)))


def _listed(call: Call, now: datetime, zone: str, private: bool) -> str:
    repeat = f" · {call.recurrence_words[0]}" if call.recurrence_words else ""
    at = f"{phrases.short_moment(call.due, zone)} ({phrases.from_now(call.due, now)})"
    return f"#{call.number}  {at}  {whom(call, private=private)}{repeat}{_mark(call)}"


def _by(call: Call, asker: str | None) -> str:
    others = asker is not None and call.asker != asker
    return f" · by {call.asker_name or call.asker}" if others else ""


def _mark(call: Call) -> str:
    return "" if call.state == "scheduled" else f" · {_MARKS.get(call.state, str(call.state))}"


_MARKS: Final[Mapping[str, str]] = {
    "held": "waits for Confirm",
    "claimed": "being placed",
    "started": "going on",
}


def whom(call: Call | ScheduledCall, *, private: bool) -> str:
    """`call to Amy`, `conference with Amy and Bob`, `reminder`, `call from …4567`."""
    match call.kind:
        case CallKind.REMIND:
            return "reminder"
        case CallKind.INBOUND:
            caller = call.caller if isinstance(call, Call) else None
            return f"call from {_caller(caller, private)}"
        case CallKind.CONFERENCE:
            return f"conference with {_people([plan.party for plan in call.plan], private)}"
        case CallKind.CALLBACK:
            return (
                f"call to {_people([party for plan in call.plan for party in plan.flow.parties()], private)}"
            )
        case CallKind.CALL:
            return f"call to {_people([plan.party for plan in call.plan], private)}"


def _caller(caller: Address | None, private: bool) -> str:
    return "a withheld number" if caller is None else phrases.address_words(caller, private=private)


def _people(parties: Sequence[Party], private: bool) -> str:
    return phrases.joined([_named(party, private) for party in parties])


def _named(party: Party, private: bool) -> str:
    return "you" if party.is_me else party.name or phrases.address_words(party.address, private=private)


def status_words(cards: Sequence[Card]) -> str:
    """The cards of what is going on, or of the calls asked about."""
    return "\n\n".join(card.text for card in cards) or "Nothing is going on."


def history_words(
    past: Sequence[tuple[Call, CallDetailRecord | None]],
    *,
    zone: str,
    private: bool,
    page: int | None,
    more: bool,
    asker: str | None = None,
) -> str:
    """Newest first, a page of them, or (`page` None) the latest. `asker` as in `list_words`."""
    if not past:
        return f"There is no page {page}." if page and page > 1 else "No calls yet."
    lines = [_past(call, cdr, zone, private) + _by(call, asker) for call, cdr in past]
    if page is None:
        return "\n".join(("Past calls:", *lines, *(["There are more before these."] if more else [])))
    tail = [f"More: history page {page + 1}"] if more else []
    return "\n".join((f"Past calls, page {page}:", *lines, *tail))


def _past(call: Call, cdr: CallDetailRecord | None, zone: str, private: bool) -> str:
    came_to = str(cdr.disposition) if cdr else str(call.state)
    talked = "".join(f", {words}" for words in time_spent(call)) if cdr else ""
    price = f" · {charge(call)}" if cdr else ""
    recorded = f" · recorded by order of {call.recorded_by}" if call.recorded_by else ""
    at = phrases.short_moment(call.due, zone)
    return f"#{call.number}  {at}  {whom(call, private=private)}: {came_to}{talked}{price}{recorded}"


def sentence_again(call: Call) -> str:
    """What Edit gives back."""
    return f"Change it and send it again, then cancel {call.number}:\n{call.text}"


def numbers_words(call: Call) -> str:
    """Every whole number of a call; for the asker alone."""
    parties = [party for party in call.parties if isinstance(party.address, PhoneNumber)]
    lines = [f"{_name(party)}{phrases.address_words(party.address, private=True)}" for party in parties]
    if call.caller is not None:
        lines.insert(0, f"caller: {phrases.address_words(call.caller, private=True)}")
    return "\n".join(lines) or "There is no number in this call."


def _name(party: Party) -> str:
    name = "you" if party.is_me else party.name
    return f"{name}: " if name else ""


def cancelled_words(numbers: Sequence[int]) -> str:
    """`Cancelled #12 and #13. Nothing was dialled.`"""
    if not numbers:
        return "There is nothing to cancel."
    return f"Cancelled {phrases.joined([f'#{number}' for number in numbers])}. Nothing was dialled."


def moved_words(call: Call, *, now: datetime, zone: str) -> str:
    """After a reschedule."""
    return f"#{call.number} is now due {phrases.moment(call.due, zone)}, {phrases.from_now(call.due, now)}."


def rate_words(who: str, per_minute: Money, talk_seconds: int | None, provider: str) -> str:
    """`who` is a name or as much of a number as may be shown."""
    lasts = f"; the balance lasts for {phrases.span(talk_seconds)}" if talk_seconds is not None else ""
    return f"{who}: {per_minute} a minute with {provider}{lasts}."


def balance_words(balance: Money, provider: str) -> str:
    """What is left at the provider."""
    return f"{provider}: {balance} left."


# --- people, numbers, forwards ------------------------------------------------------------------


def contacts_words(contacts: Sequence[Contact], *, private: bool) -> str:
    """The address book, or how to begin one."""
    if not contacts:
        return "No contacts yet. Try: save mom as +65 …"
    return "\n".join(contact_words(contact, private=private) for contact in contacts)


def contact_words(contact: Contact, *, private: bool) -> str:
    """`Amy: +65 9123 4567, Singapore, Asia/Singapore`."""
    known = [
        phrases.address_words(contact.address, private=private),
        _country(contact.address),
        contact.timezone,
    ]
    return f"{contact.name}: {', '.join(words for words in known if words)}"


def _country(address: Address) -> str:
    region = region_of(address) if isinstance(address, PhoneNumber) else None
    return country(region) if region else ""


def forwards_words(forwards: Sequence[Forward], *, private: bool) -> str:
    """One line a number of ours."""
    if not forwards:
        return "No number is forwarded. Try: forward +65 … to mom for 20 s, then voicemail"
    return "\n".join(forward_words(forward, private=private) for forward in forwards)


def forward_words(forward: Forward, *, private: bool) -> str:
    """`+65 6123 0000: rings Dad for 20 s, then voicemail`."""
    stages = [_stage(stage, private) for stage in forward.stages]
    ending = ["voicemail" if forward.voicemail else "a goodbye"]
    chain = ", then ".join((*stages, *ending)) if stages else f"straight to {ending[0]}"
    return f"{phrases.address_words(forward.did, private=private)}: {chain}"


def _stage(stage: Stage, private: bool) -> str:
    seconds = f" for {phrases.span(stage.ring_seconds)}" if stage.ring_seconds else ""
    return f"rings {_people(stage.parties, private)}{seconds}"


def dids_words(dids: Sequence[Did], *, private: bool) -> str:
    """The numbers that people can call."""
    if not dids:
        return "There is no number of ours yet. Try: rent a number in Singapore"
    return "\n".join(f"{phrases.address_words(did.number, private=private)} ({did.provider})" for did in dids)


def voicemails_words(voicemails: Sequence[tuple[Recording, str | None]], *, zone: str, private: bool) -> str:
    """Each with its link where there is one; newest first."""
    if not voicemails:
        return "No messages."
    return "\n".join(_voicemail(recording, url, zone, private) for recording, url in voicemails)


def _voicemail(recording: Recording, url: str | None, zone: str, private: bool) -> str:
    caller = "a withheld number" if recording.caller is None else _shown(recording.caller, private)
    length = f", {phrases.talk_time(recording.seconds)}" if recording.seconds else ""
    state = " · dealt with" if recording.done else ""
    link = url or (
        "the link has run out" if recording.state is RecordingState.STORED else str(recording.state)
    )
    at = phrases.short_moment(recording.created_at, zone)
    return f"{recording.number}  {at}  from {caller}{length}{state}: {link}"


def _shown(text: str, private: bool) -> str:
    return text if private else phrases.hide_numbers(text)


def who_may_call_words(admins: Sequence[str], admitted: Sequence[Person], shut_out: Sequence[Person]) -> str:
    """The access list."""
    lines = [f"Admins: {phrases.joined(list(admins)) or 'none'}."]
    if admitted:
        lines.append(f"Let in: {phrases.joined([person.name or person.key for person in admitted])}.")
    if shut_out:
        lines.append(f"Shut out: {phrases.joined([person.name or person.key for person in shut_out])}.")
    return "\n".join(lines)


# --- the operator -------------------------------------------------------------------------------


def audit_lines(
    calls: Mapping[str, int], placements: Mapping[str, int], *, overdue: int, orphans: Sequence[str]
) -> tuple[str, ...]:
    """The self-audit: every call and placement accounted for, or which are not."""

    def sums(counts: Mapping[str, int]) -> str:
        return ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "none"

    return (
        f"Calls: {sums(calls)}.",
        f"Placements: {sums(placements)}.",
        f"Overdue and not yet claimed: {overdue}.",
        f"Not explained: {', '.join(orphans)}." if orphans else "Everything adds up.",
    )
