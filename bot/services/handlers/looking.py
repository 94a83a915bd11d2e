"""Answers that change nothing: what is planned, going on and past, what it costs, and who left a message.

Providers are asked before anything is written, so that no other unit of work waits for their answer.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.domain import replies
from bot.domain.call import Call, CallState
from bot.domain.card import Reply
from bot.domain.errors import NotPossible, ProviderError
from bot.domain.limits import HISTORY_PAGE
from bot.domain.numbers import Address, parse_address
from bot.domain.phrases import address_words, count
from bot.domain.policy import Extent, whose
from bot.domain.recording import Recording
from bot.domain.verification import Proof, proof_for
from bot.parse import command as said
from bot.parse.grammar import help_text
from bot.ports.voice import QueriesBalance, Quote, QuotesPairs, QuotesRates
from bot.services.asking import Ask, Desk, Outcome, complain, say
from bot.services.handlers.finding import WAITING, numbered

LISTED: Final = 50
WHOLE_CARDS: Final = 3
"""More calls than this are told by a line each."""
MOST: Final = 30
"""Lines of `last n calls`: a message has its limits."""
LOOK_BACK: Final = 2000
"""So many past calls are looked through for one person."""
CHUNK: Final = 100
OVER: Final = frozenset(state for state in CallState if state.is_final)


# --- what is planned, and what is going on ----------------------------------------------------------


async def list_calls(desk: Desk, ask: Ask, _: said.ListCalls) -> Outcome:
    """What is still to come in this room, by time."""
    calls = await _here(desk, ask, Extent.LIST, WAITING, LISTED + 1)
    text = _lines(ask, calls[:LISTED])
    return say(f"{text}\nThere are more after these." if len(calls) > LISTED else text)


async def status(desk: Desk, ask: Ask, command: said.Status) -> Outcome:
    """How far these calls are, leg by leg; without numbers, whatever is going on in this room."""
    if command.ids:
        return await _told(desk, ask, [await numbered(ask, number) for number in command.ids])
    calls = await _here(desk, ask, Extent.STATUS, (CallState.CLAIMED, CallState.STARTED), LISTED)
    if calls:
        return await _told(desk, ask, calls)
    coming = await _here(desk, ask, Extent.STATUS, WAITING, 1)
    return say(f"Nothing is going on. Next:\n{_lines(ask, coming)}" if coming else "Nothing is going on.")


async def _here(
    desk: Desk, ask: Ask, extent: Extent, states: Sequence[CallState], limit: int
) -> Sequence[Call]:
    asker = whose(extent, ask.asker, desk.settings.access)
    return await ask.tx.calls_in(room=ask.room, asker=asker, states=set(states), limit=limit)


async def _told(desk: Desk, ask: Ask, calls: Sequence[Call]) -> Outcome:
    if len(calls) > WHOLE_CARDS:
        return say(_lines(ask, calls))
    return say(
        replies.status_words([await desk.cards.card(ask.tx, each, ask.room, ask.now) for each in calls])
    )


def _lines(ask: Ask, calls: Sequence[Call]) -> str:
    return replies.list_words(
        calls, now=ask.now, zone=ask.zone, private=ask.room.private, asker=ask.asker.key
    )


# --- what is past -----------------------------------------------------------------------------------


async def history(desk: Desk, ask: Ask, command: said.History) -> Outcome:
    """A page, the last few, or those with one party; newest first."""
    page, size = command.page or 1, min(command.limit or HISTORY_PAGE, MOST)
    asker = whose(Extent.HISTORY, ask.asker, desk.settings.access)
    past = await _past(ask, asker, command.target, skip=(page - 1) * size, take=size + 1)
    text = replies.history_words(
        [(call, await ask.tx.cdr(call.id)) for call in past[:size]],
        zone=ask.zone,
        private=ask.room.private,
        page=page if command.limit is None and command.target is None else None,
        more=len(past) > size and command.limit is None,
        asker=ask.asker.key,
    )
    if (command.limit or 0) > MOST and len(past) > MOST:
        text += f"\nI show at most {MOST} at once; go on with: history page {MOST // HISTORY_PAGE + 1}"
    return say(text)


async def _past(
    ask: Ask, asker: str | None, target: said.Target | None, *, skip: int, take: int
) -> Sequence[Call]:
    if target is None:
        return await _over(ask, asker, limit=take, offset=skip)
    found: list[Call] = []
    for offset in range(0, LOOK_BACK, CHUNK):
        calls = await _over(ask, asker, limit=CHUNK, offset=offset)
        found += [call for call in calls if _is_with(call, target)]
        if len(found) >= skip + take or len(calls) < CHUNK:
            break
    return found[skip : skip + take]


async def _over(ask: Ask, asker: str | None, *, limit: int, offset: int) -> Sequence[Call]:
    return await ask.tx.calls_in(
        room=ask.room, asker=asker, states=OVER, limit=limit, offset=offset, newest_first=True
    )


def _is_with(call: Call, target: said.Target) -> bool:
    """Rung in that call, or the one who called us."""
    if target.is_me:
        return any(party.is_me for party in call.parties)
    return target.address is not None and target.address in (
        call.caller,
        *(party.address for party in call.parties),
        *(leg.party.address for leg in call.legs),
    )


# --- what it costs ----------------------------------------------------------------------------------


async def rate(desk: Desk, ask: Ask, command: said.Rate) -> Outcome:
    """The price of a minute to each, where the provider says; of two together where it prices them as one."""
    provider = desk.provider(None, ask.person)
    if not isinstance(provider, QuotesRates):
        raise NotPossible(
            reason=f"{provider.name} does not tell its prices before a call; look them up there."
        )
    if isinstance(provider, QuotesPairs) and len(command.targets) == 2:
        first, second = command.targets
        whole = provider.rate_between(_address(first), _address(second))
        return say(await _rate_line(f"{_who(ask, first)} and {_who(ask, second)}", whole, provider.name))
    lines = []
    for target in command.targets:
        asked = provider.rate(_address(target))
        lines.append(await _rate_line(_who(ask, target), asked, provider.name))
    return say("\n".join(lines))


async def _rate_line(who: str, asked: Awaitable[Quote], provider: str) -> str:
    try:
        quote = await asked
    except ProviderError as problem:
        return f"{who}: no price. {replies.error_words(problem)}"
    return replies.rate_words(who, quote.per_minute, quote.talk_seconds, provider)


def _address(target: said.Target) -> Address:
    if target.address is None:
        raise NotPossible(reason=f"I don't know a phone number of <@{target.user}>.")
    return target.address


def _who(ask: Ask, target: said.Target) -> str:
    if target.is_me:
        return "You"
    return target.name or address_words(_address(target), private=ask.room.private)


async def balance(desk: Desk, ask: Ask, _: said.Balance) -> Outcome:
    """What is left at the provider that calls go through."""
    provider = desk.provider(None, ask.person)
    if not isinstance(provider, QueriesBalance):
        raise NotPossible(
            reason=f"{provider.name} does not tell its balance here; look it up in your account there."
        )
    try:
        return say(replies.balance_words(await provider.balance(), provider.name))
    except ProviderError as problem:
        return complain(replies.error_words(problem))


# --- messages, and help -----------------------------------------------------------------------------


async def voicemails(desk: Desk, ask: Ask, _: said.Voicemails) -> Outcome:
    """Messages left for the asker, newest first: all of the workspace in private, else those of this room."""
    kept = await ask.tx.recordings(ask.tenant, limit=MOST * 10)
    mine = [each for each in kept if each.voicemail and _may_hear(ask, each)]
    listed = [(_named(ask, each), _link(desk, ask, each)) for each in mine[:HISTORY_PAGE]]
    text = replies.voicemails_words(listed, zone=ask.zone, private=ask.room.private)
    older = len(mine) - HISTORY_PAGE
    return say(f"{text}\n… and {count(older, 'older message')}." if older > 0 else text)


def _may_hear(ask: Ask, recording: Recording) -> bool:
    here = ask.room.private or recording.room.key == ask.room.key
    mine = ask.is_admin or recording.owner == ask.asker.key
    return here and mine and recording.expires_at > ask.now


def _link(desk: Desk, ask: Ask, recording: Recording) -> str | None:
    return desk.recordings.link(recording) if recording.playable(ask.now) else None


def _named(ask: Ask, recording: Recording) -> Recording:
    """With the contact's name in front of the caller's number."""
    if recording.caller is None:
        return recording
    address = parse_address(recording.caller)
    names = [name for name, known in ask.context.contacts.items() if known == address]
    spelt = address_words(address, private=ask.room.private)
    return replace(recording, caller=f"{names[0]} ({spelt})" if names else spelt)


async def help_(_: Desk, ask: Ask, command: said.Help) -> Outcome:
    """From the grammar's own table, with examples of the asker's contacts.

    Whoever opens a chat that can vouch for their number is shown how to hand it over.
    """
    told = Reply(text=help_text(command.topic, ask.context))
    proves = proof_for(ask.asker) is Proof.SHARED_CONTACT and ask.room.private
    if not proves or ask.person.verified or command.topic is not None:
        return Outcome(reply=told)
    return Outcome(reply=replace(told, text=f"{told.text}\n\n{replies.SHARE_FIRST}", wants_number=True))


HANDLERS: Final[Mapping[type, Any]] = {
    said.ListCalls: list_calls,
    said.Status: status,
    said.History: history,
    said.Rate: rate,
    said.Balance: balance,
    said.Voicemails: voicemails,
    said.Help: help_,
}
