"""Our own numbers: renting and giving back, what happens to their calls, and which rooms are told."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final

from bot.domain import answers, replies
from bot.domain.countries import country
from bot.domain.deeds import GiveBack, Rent
from bot.domain.errors import NoSuchThing, NotAllowed, NotPossible, ProviderError
from bot.domain.flow import Feature, LegRole, Party, nth_role
from bot.domain.forwarding import Forward, Stage
from bot.domain.limits import FORWARD_WITHIN
from bot.domain.numbers import Did, PhoneNumber, SipUri
from bot.domain.phrases import address_words
from bot.parse import command as said
from bot.ports.voice import RentsDids
from bot.services.asking import Ask, Desk, Outcome, complain, say
from bot.services.handlers.ours import did_of, in_accounts
from bot.services.handlers.yes_or_no import ask_first
from bot.services.planner import cannot, plan_forward, ring_times

LONGEST: Final = int(FORWARD_WITHIN.total_seconds())
"""Seconds that a caller hears ringing, whatever was ordered."""


# --- what happens to calls to our numbers -----------------------------------------------------------


async def forward(desk: Desk, ask: Ask, command: said.Forward) -> Outcome:
    """One rule per number; a new one takes the place of the old. Raises UserError when it cannot work."""
    did = await _own(desk, ask, command.own)
    before = await ask.tx.forward_of(command.own)
    if before is not None:
        _mine_or_admin(ask, before)
    rule = _rule(ask, command, did)
    _must_not_circle(rule, await ask.tx.forwards(ask.tenant))
    _must_be_able(desk, rule)
    refusal = await desk.guard.may_dial(ask, [party for stage in rule.stages for party in stage.parties])
    if refusal is not None:
        return complain(refusal.reason)
    await ask.tx.save_forward(rule)
    return say(_forward_words(desk, rule, before, private=ask.room.private))


def _rule(ask: Ask, command: said.Forward, did: Did) -> Forward:
    """The caller is leg A; whom we ring for the call comes after, in order."""
    roles = map(nth_role, count(1))
    stages = tuple(
        Stage(
            parties=tuple(_party(ask, target, next(roles)) for target in stage.targets),
            ring_seconds=stage.ring_seconds,
        )
        for stage in command.stages
    )
    return Forward(
        did=command.own,
        provider=did.provider,
        room=ask.room,
        owner=ask.person.key,
        owner_name=ask.asker.name,
        stages=stages,
        voicemail=command.voicemail,
        notify=ask.context.me,
        created_at=ask.now,
    )


def _party(ask: Ask, target: said.Target, role: LegRole) -> Party:
    address = target.address or (ask.context.me if target.is_me else None)
    if address is None and target.is_me:
        raise NotPossible(reason="I don't know your number yet. Say: my number is +…")
    if address is None:
        raise NotPossible(reason=f"I don't know a phone number of <@{target.user}>.")
    name = target.name or (ask.asker.name if target.is_me else None)
    return Party(role=role, address=address, name=name or None, is_me=target.is_me)


def _must_not_circle(rule: Forward, others: Sequence[Forward]) -> None:
    """A number that rings itself, by whatever detour, would ring for ever. Raises NotPossible."""
    rung = {each.did.e164: _numbers(each) for each in others}
    reached, ahead = set[str](), set(_numbers(rule))
    while ahead:
        reached |= ahead
        ahead = {number for each in ahead for number in rung.get(each, ())} - reached
    if rule.did.e164 in reached:
        raise NotPossible(reason=f"Calls to {rule.did.masked()} would come back to it, round and round.")


def _numbers(rule: Forward) -> tuple[str, ...]:
    addresses = (party.address for stage in rule.stages for party in stage.parties)
    return tuple(each.e164 for each in addresses if isinstance(each, PhoneNumber))


def _must_be_able(desk: Desk, rule: Forward) -> None:
    """Whatever such a call needs, its provider has. Raises NotPossible."""
    provider = desk.providers.get(rule.provider)
    if provider is None:
        raise NotPossible(reason=f"That number is with {rule.provider}, which is not set up here any more.")
    needed = {Feature.INBOUND, *plan_forward(rule, caller="somebody", defaults=desk.defaults).needs()}
    if any(isinstance(party.address, SipUri) for stage in rule.stages for party in stage.parties):
        needed.add(Feature.SIP)
    if any(stage.ring_seconds for stage in rule.stages):
        needed.add(Feature.RING_TIME)
    for feature in sorted(needed - provider.features):
        raise cannot(provider, feature)


def _forward_words(desk: Desk, rule: Forward, before: Forward | None, *, private: bool) -> str:
    lines = [f"{replies.forward_words(rule, private=private)}."]
    if not rule.stages:
        lines = [f"Calls to {address_words(rule.did, private=private)} go straight to voicemail."]
    cut = ring_times(rule, desk.defaults, LONGEST)
    if cut != tuple(stage.ring_seconds or desk.defaults.ring_seconds for stage in rule.stages):
        lines.append(f"Ringing is shortened, so that nobody waits longer than {LONGEST} s in all.")
    if before is not None:
        lines.append(f"Before, it was {replies.forward_words(before, private=private)}.")
    return "\n".join(lines)


async def unforward(desk: Desk, ask: Ask, command: said.Unforward) -> Outcome:
    """Callers of that number hear a goodbye from now on."""
    rule = await ask.tx.forward_of(command.own)
    if rule is None or rule.room.tenant != ask.tenant:
        forwarded = [each.did.e164 for each in await ask.tx.forwards(ask.tenant)]
        suggestions = forwarded if ask.room.private else ()
        raise NoSuchThing(what="forward on", name=command.own.masked(), suggestions=suggestions)
    _mine_or_admin(ask, rule)
    await ask.tx.remove_forward(command.own)
    number = address_words(command.own, private=ask.room.private)
    return say(f"Calls to {number} are not forwarded any more; callers hear a goodbye.")


async def list_forwards(_: Desk, ask: Ask, __: said.ListForwards) -> Outcome:
    """Every number of this workspace that does something."""
    return say(replies.forwards_words(await ask.tx.forwards(ask.tenant), private=ask.room.private))


async def _own(desk: Desk, ask: Ask, number: PhoneNumber) -> Did:
    """Raises NotPossible for a number that is not ours."""
    did = await did_of(desk, ask, number)
    if did is None:
        words = address_words(number, private=ask.room.private)
        raise NotPossible(
            reason=f"{words} is no number of ours. “numbers” lists them, “rent a number” gets one."
        )
    return did


def _mine_or_admin(ask: Ask, rule: Forward) -> None:
    """Raises NotAllowed. Another workspace's number is no admin's business here."""
    if rule.room.tenant != ask.tenant or (rule.owner != ask.person.key and not ask.is_admin):
        who = rule.owner_name or "Somebody else"
        reason = f"{who} decides about calls to {rule.did.masked()}; they or an admin can change it."
        raise NotAllowed(rule="own forwards", reason=reason)


# --- renting ----------------------------------------------------------------------------------------


async def rent(desk: Desk, ask: Ask, command: said.RentNumber) -> Outcome:
    """Look for one, and ask before it costs money every month."""
    name, provider = _renting(desk, ask)
    where = command.country or ask.context.region
    try:
        offers = await provider.offers(where, command.region)
    except ProviderError as problem:
        return complain(replies.error_words(problem))
    if not offers:
        place = ", ".join(words for words in (command.region, country(where)) if words)
        raise NotPossible(reason=f"{name} has no number to rent in {place} just now. Try another place.")
    first = offers[0]
    deed = Rent(provider=name, number=first.number, monthly=first.monthly, region=first.region)
    words = answers.offer_words(first.number, first.monthly, first.region or country(where), name)
    return await ask_first(desk, ask, words, deed, yes="Rent it", no="Leave it")


def _renting(desk: Desk, ask: Ask) -> tuple[str, RentsDids]:
    """The asker's provider, or the first that can. Raises NotPossible."""
    preferred = desk.provider(None, ask.person)
    for each in (preferred, *desk.providers.values()):
        if isinstance(each, RentsDids):
            return each.name, each
    raise cannot(preferred, Feature.RENT_DID)


async def list_numbers(desk: Desk, ask: Ask, _: said.ListNumbers) -> Outcome:
    """Those of this workspace; admins also hear where the providers' accounts say otherwise."""
    ours = await ask.tx.dids(ask.tenant)
    words = replies.dids_words(ours, private=ask.room.private)
    if not ask.is_admin:
        return say(words)
    accounts = await in_accounts(desk)
    listed = {did.number for did in accounts}
    asked = {name for name, each in desk.providers.items() if isinstance(each, RentsDids)}
    lost = [did for did in ours if did.number not in listed and did.provider in asked]
    known = {did.number for did in ours}
    elsewhere = [did for did in accounts if did.number not in known]
    more = answers.account_words(lost, elsewhere, private=ask.room.private)
    return say("\n".join(line for line in (words, more) if line))


async def release(desk: Desk, ask: Ask, command: said.ReleaseNumber) -> Outcome:
    """Asked once: nobody can promise to get the number back."""
    did = await _own(desk, ask, command.own)
    rule = await ask.tx.forward_of(command.own)
    if rule is not None:
        _mine_or_admin(ask, rule)
    number = address_words(command.own, private=ask.room.private)
    ends = " Its forward ends with it." if rule else ""
    words = f"Give {number} back to {did.provider}? Somebody else may get it then.{ends}"
    return await ask_first(desk, ask, words, GiveBack(did=did), yes="Give it back", no="Keep it")


# --- messages, and who is told ----------------------------------------------------------------------


async def delete_voicemail(desk: Desk, ask: Ask, command: said.DeleteVoicemail) -> Outcome:
    """From now on nobody can hear it; seconds later it is gone, here and where the provider can be asked."""
    recording = await ask.tx.recording_numbered(ask.tenant, command.id)
    missing = NoSuchThing(what="voicemail", name=f"{command.id}. “voicemail” lists them")
    if recording is None or not recording.voicemail or recording.expires_at <= ask.now:
        raise missing
    if recording.owner != ask.person.key and not ask.is_admin:
        raise missing
    await desk.recordings.delete(ask.tx, recording)
    await desk.cards.refresh(ask.tx, recording)
    return say(f"Voicemail {command.id} is deleted, and every link to it is dead.")


async def notify(desk: Desk, ask: Ask, command: said.Notify) -> Outcome:
    """Tell this room about calls: to one number, or to all that the asker decides about."""
    for did in await _numbers_meant(desk, ask, command.own):
        await ask.tx.save_binding(ask.tenant, ask.room, command.about, did)
    words = answers.notice_words(command.about, command.own, ask.room.private)
    if command.own is None and not ask.is_admin:
        words = words.replace("every number of ours", "every number that you forward")
    return say(f"This room is told about {words} from now on. “stop notices” ends it.")


async def _numbers_meant(desk: Desk, ask: Ask, own: PhoneNumber | None) -> Sequence[PhoneNumber | None]:
    """None stands for every number of the workspace: an admin's to say. Raises NotAllowed, NotPossible."""
    if own is None and ask.is_admin:
        return (None,)
    rules = await ask.tx.forwards(ask.tenant)
    mine = [rule.did for rule in rules if rule.owner == ask.person.key]
    if own is None and mine:
        return mine
    if own is None:
        raise NotPossible(
            reason="No number of ours rings for you yet. First say: forward +… to me, then voicemail"
        )
    await _own(desk, ask, own)
    if own not in mine and not ask.is_admin:
        reason = "Only whoever forwards that number, or an admin, can have its calls told somewhere else."
        raise NotAllowed(rule="own forwards", reason=reason)
    return (own,)


async def unnotify(_: Desk, ask: Ask, command: said.Unnotify) -> Outcome:
    """Nothing more is told here beyond the room's own forwards. Anybody here may say so."""
    gone = await ask.tx.remove_bindings(ask.room, command.own)
    if not gone:
        raise NotPossible(reason="This room has no such notices. “notices” lists what it is told about.")
    return say("Done: this room is not told about those calls any more.")


async def list_notices(_: Desk, ask: Ask, __: said.ListNotices) -> Outcome:
    """What this room is told about."""
    bound = [each for each in await ask.tx.bindings(ask.tenant) if each[0].key == ask.room.key]
    return say(answers.notices_words(bound, private=ask.room.private))


HANDLERS: Final[Mapping[type, Any]] = {
    said.Forward: forward,
    said.Unforward: unforward,
    said.ListForwards: list_forwards,
    said.RentNumber: rent,
    said.ListNumbers: list_numbers,
    said.ReleaseNumber: release,
    said.DeleteVoicemail: delete_voicemail,
    said.Notify: notify,
    said.Unnotify: unnotify,
    said.ListNotices: list_notices,
}
