"""From what was said to what will be placed: the provider, one plan per leg, and what is refused at once.

What was *written* and the provider cannot do raises NotPossible here, when the person orders it. What
Patchline adds by itself (accept key, ring-back music) is left out where the provider lacks it, and named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from bot.domain.call import CallKind, LegPlan
from bot.domain.errors import NotPossible, Unsupported
from bot.domain.flow import (
    CallFlow,
    Conference,
    Dial,
    Feature,
    Gather,
    HangUp,
    LegRole,
    Party,
    Pause,
    Record,
    Say,
    SendDigits,
    Step,
    nth_role,
)
from bot.domain.forwarding import Forward
from bot.domain.numbers import WITHHELD, Address, CallerId, PhoneNumber, SipUri
from bot.domain.texts import Moment, spoken
from bot.parse import command as said
from bot.ports.voice import VoiceProvider

FORWARD_ACCEPT: Final = 10
"""Seconds a forwarded phone has to press the key: the caller is waiting."""
FORWARD_SPOKEN: Final = 5
"""Seconds our own words take on the way to the voicemail."""
MOST_STAGES: Final = 6
BEFORE_EXTENSION: Final = "WW"
"""Two seconds for the switchboard to pick up before the extension is dialled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What applies where the sentence says nothing. Durations in seconds, 0 = no limit."""

    ring_seconds: int = 30
    max_seconds: int = 3600
    caller_id: CallerId | None = None
    texts: Mapping[Moment, str] = field(default_factory=dict)
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an order comes to. `left_out` are extras of ours that this provider does without; `written` is
    what the terms of the sentence need, beyond what stands in the legs."""

    kind: CallKind
    legs: tuple[LegPlan, ...]
    left_out: tuple[str, ...] = ()
    conference: str | None = None
    written: frozenset[Feature] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """The running state of planning: who gets which role, and the words of this order."""

    terms: said.Terms
    defaults: Defaults
    roles: Iterator[LegRole]
    me: PhoneNumber | None
    my_name: str
    names: Mapping[Address, str]

    def party(self, target: said.Target) -> Party:
        if target.address is None:
            raise NotPossible(reason=f"I don't know a phone number of <@{target.user}>.")
        name = self._name(target, target.address)
        return Party(role=next(self.roles), address=target.address, name=name, is_me=target.is_me)

    def called(self, target: said.Target) -> str:
        """How that target is called aloud."""
        if target.address is None:
            return "somebody"
        return spoken_name(self._name(target, target.address), target.address)

    def _name(self, target: said.Target, address: Address) -> str | None:
        return self.my_name or None if target.is_me else target.name or self.names.get(address)

    def myself(self) -> Party:
        if self.me is None:
            raise NotPossible(reason="I don't know your number yet. Say: my number is +…")
        return Party(role=next(self.roles), address=self.me, name=self.my_name or None, is_me=True)

    def text(self, moment: Moment, name: str = "") -> str:
        return spoken(moment, self.defaults.texts, name=name, reason="")

    @property
    def ring_seconds(self) -> int:
        return self.terms.ring_seconds or self.defaults.ring_seconds

    @property
    def notice(self) -> str | None:
        return self.text(Moment.RECORDING) if self.terms.record else None

    def accept(self, name: str) -> Gather:
        prompt = self.text(Moment.ACCEPT, name)
        return Gather(prompt=prompt if self.notice is None else f"{self.notice} {prompt}")

    def leg(self, party: Party, steps: Sequence[Step], on_machine: Sequence[Step] | None = None) -> LegPlan:
        limit = self.terms.max_seconds or self.defaults.max_seconds
        opening = self._opening(party, steps)
        branch = None if on_machine is None else (*self._spoken_notice(), *on_machine)
        flow = CallFlow(steps=(*opening, *steps), on_machine=branch, record=bool(self.terms.record))
        return LegPlan(
            party=party,
            flow=flow,
            ring_seconds=self.ring_seconds,
            max_seconds=min(limit, self.defaults.max_seconds) if self.defaults.max_seconds else limit,
            caller_id=self.terms.caller_id or self.defaults.caller_id,
        )

    def _opening(self, party: Party, steps: Sequence[Step]) -> tuple[Step, ...]:
        extension = party.address.ext if isinstance(party.address, PhoneNumber) else None
        digits = (SendDigits(digits=BEFORE_EXTENSION + extension),) if extension else ()
        already = bool(steps) and isinstance(steps[0], Gather)
        return (*digits, *(() if already else self._spoken_notice()))

    def _spoken_notice(self) -> tuple[Say, ...]:
        return (Say(text=self.notice, language=self.defaults.language),) if self.notice else ()


def plan_order(
    order: said.Call | said.Conference | said.Remind,
    *,
    me: PhoneNumber | None,
    my_name: str,
    conference: str,
    defaults: Defaults,
    names: Mapping[Address, str] = MappingProxyType({}),
) -> Plan:
    """Who rings whom. `conference` names the room if there is one; `names` are those of known addresses.

    Raises NotPossible for what makes no sense on any provider.
    """
    terms = said.Terms() if isinstance(order, said.Remind) else order.terms
    draft = _Draft(
        terms=terms,
        defaults=defaults,
        roles=map(nth_role, range(10_000)),
        me=me,
        my_name=my_name,
        names=names,
    )
    return replace(_planned(draft, order, conference), written=_written(terms))


def _written(terms: said.Terms) -> frozenset[Feature]:
    """Our own limits are left out where a provider has none; those that somebody wrote are not."""
    ring = {Feature.RING_TIME} if terms.ring_seconds else set()
    return frozenset(ring | ({Feature.TIME_LIMIT} if terms.max_seconds else set()))


def _planned(draft: _Draft, order: said.Call | said.Conference | said.Remind, conference: str) -> Plan:
    match order:
        case said.Remind():
            return Plan(kind=CallKind.REMIND, legs=(_reminder(draft, order),))
        case said.Conference():
            legs = tuple(_member(draft, target, order, conference) for target in order.targets)
            return Plan(kind=CallKind.CONFERENCE, legs=legs, conference=conference)
        case said.Call() if _is_call_back(order):
            return Plan(kind=CallKind.CALLBACK, legs=(_call_back(draft, order.targets[0]),))
        case said.Call():
            return Plan(kind=CallKind.CALL, legs=tuple(_direct(draft, each, order) for each in order.targets))


def _is_call_back(order: said.Call) -> bool:
    return not order.steps and order.on_machine is None and order.on_human is None


def _reminder(draft: _Draft, order: said.Remind) -> LegPlan:
    words = Say(text=order.message, language=draft.defaults.language)
    return draft.leg(draft.party(order.target), (words, Pause(seconds=1), words))


def _call_back(draft: _Draft, target: said.Target) -> LegPlan:
    """I am rung first and press the key; then the other side is rung."""
    if target.is_me:
        raise NotPossible(reason="You would be talking to yourself. Say whom to call, or: remind me to …")
    me = draft.myself()
    other = draft.party(target)
    dial = Dial(
        parties=(other,), ring_seconds=draft.ring_seconds, announce=draft.notice, music=draft.terms.music
    )
    return draft.leg(me, (draft.accept(name_of(other)), dial, *_nobody(draft)))


def _direct(draft: _Draft, target: said.Target, order: said.Call) -> LegPlan:
    party = draft.party(target)
    written = order.steps or order.on_human or (said.Patch(target=said.Target(is_me=True)),)
    machine = order.on_machine if order.on_human is None else (order.on_machine or ())
    branch = None if machine is None else _compile(draft, machine, party)
    return draft.leg(party, _compile(draft, written, party), branch)


def _member(draft: _Draft, target: said.Target, order: said.Conference, room: str) -> LegPlan:
    party = draft.party(target)
    others = [draft.called(each) for each in order.targets if each is not target]
    accept = draft.accept(together(others) if len(others) <= 3 else "the conference")
    joined = Conference(room=room, music=draft.terms.music)
    branch = None if order.on_machine is None else _compile(draft, order.on_machine, party)
    return draft.leg(party, (accept, *_compile(draft, order.steps, party), joined), branch)


def _compile(draft: _Draft, steps: Sequence[said.Step], callee: Party) -> tuple[Step, ...]:
    done: list[Step] = []
    for n, step in enumerate(steps):
        if not isinstance(step, said.Patch):
            done.append(step)
            continue
        if any(not isinstance(later, HangUp) for later in steps[n + 1 :]):
            raise NotPossible(reason="Nothing can follow the patch: when that talk ends, the call is over.")
        done.extend(_patch(draft, step.target, callee))
        break
    return tuple(done)


def _patch(draft: _Draft, target: said.Target, callee: Party) -> tuple[Step, ...]:
    other = draft.myself() if target.is_me else draft.party(target)
    dial = Dial(
        parties=(other,),
        ring_seconds=draft.ring_seconds,
        accept=draft.accept(name_of(callee)),
        music=draft.terms.music,
    )
    return (dial, *_nobody(draft))


def _nobody(draft: _Draft) -> tuple[Step, ...]:
    return (Say(text=draft.text(Moment.NOBODY), language=draft.defaults.language), HangUp())


def plan_forward(forward: Forward, *, caller: str, defaults: Defaults, within: int = 90) -> CallFlow:
    """What a caller of one of our numbers meets. Ring times are cut so that voicemail (or the goodbye) comes
    within `within` seconds, whatever was ordered. Raises NotPossible for more stages than fit into that."""
    texts, language = defaults.texts, defaults.language

    def say(moment: Moment) -> Say:
        return Say(text=spoken(moment, texts, name=caller, reason=""), language=language)

    accept = Gather(prompt=spoken(Moment.ACCEPT, texts, name=caller, reason=""), seconds=FORWARD_ACCEPT)
    dials = [
        Dial(parties=stage.parties, ring_seconds=seconds, accept=accept)
        for stage, seconds in zip(forward.stages, ring_times(forward, defaults, within), strict=True)
    ]
    closing: tuple[Step, ...] = (say(Moment.NOBODY), HangUp())
    if forward.voicemail:
        reached = (say(Moment.UNREACHABLE),) if dials else ()
        closing = (*reached, say(Moment.GREETING), Record(), say(Moment.THANKS), HangUp())
    return CallFlow(steps=(*((say(Moment.FORWARDING),) if dials else ()), *dials, *closing))


def ring_times(forward: Forward, defaults: Defaults, within: int = 90) -> tuple[int, ...]:
    """Seconds per stage: as ordered, or the default ring time, scaled down to what `within` seconds leave
    beside our own words and the accept key. Raises NotPossible."""
    if len(forward.stages) > MOST_STAGES:
        raise NotPossible(reason=f"At most {MOST_STAGES} steps fit in before a caller reaches the voicemail.")
    wanted = [stage.ring_seconds or defaults.ring_seconds for stage in forward.stages]
    room = within - FORWARD_SPOKEN - FORWARD_ACCEPT * len(wanted)
    if sum(wanted) <= room:
        return tuple(wanted)
    return tuple(max(1, each * room // sum(wanted)) for each in wanted)


def fit(plan: Plan, provider: VoiceProvider) -> Plan:
    """The plan as this provider can carry it out. Raises NotPossible for anything written that it cannot."""
    needed = plan.written.union(*(_needed(leg) for leg in plan.legs))
    for feature in sorted(needed - provider.features):
        raise cannot(provider, feature)
    if plan.kind is CallKind.CONFERENCE and len(plan.legs) > provider.limits.conference_size:
        most = provider.limits.conference_size
        raise NotPossible(
            reason=f"{provider.name} takes at most {most} people in a conference.", provider=provider.name
        )
    lacking = [extra for extra in _EXTRAS if extra not in provider.features]
    legs = tuple(_without(leg, lacking) for leg in plan.legs)
    for leg in legs:
        try:
            provider.check(leg)
        except Unsupported as reason:
            raise NotPossible(reason=f"{provider.name}: {reason.detail}", provider=provider.name) from reason
    left_out = tuple(_EXTRAS[extra] for extra in lacking if _uses(plan, extra))
    return replace(plan, legs=legs, left_out=left_out)


def cannot(provider: VoiceProvider, feature: Feature) -> NotPossible:
    """The refusal, with the driver's own reason."""
    reason = f"{provider.name} cannot do that: {provider.lacking.get(feature, f'it has no {feature}')}."
    return NotPossible(reason=reason, provider=provider.name, feature=feature)


def _needed(leg: LegPlan) -> frozenset[Feature]:
    needed = set(leg.flow.needs())
    if any(isinstance(party.address, SipUri) for party in (leg.party, *leg.flow.parties())):
        needed.add(Feature.SIP)
    if leg.caller_id == WITHHELD:
        needed.add(Feature.WITHHELD_CALLER_ID)
    if leg.flow.record:
        needed.add(Feature.SAY)
    return frozenset(needed)


_EXTRAS: Final[Mapping[Feature, str]] = {
    Feature.ACCEPT_KEY: "no accept key: whoever picks up counts as answered",
    Feature.RING_MUSIC: "no music while it rings",
}


def _uses(plan: Plan, extra: Feature) -> bool:
    steps = [step for leg in plan.legs for step in leg.flow.every_step()]
    if extra is Feature.ACCEPT_KEY:
        return any(isinstance(step, Gather) or (isinstance(step, Dial) and step.accept) for step in steps)
    return any(isinstance(step, Dial | Conference) and step.music for step in steps)


def _without(leg: LegPlan, lacking: Sequence[Feature]) -> LegPlan:
    if Feature.ACCEPT_KEY in lacking and leg.flow.record and _asks_to_accept(leg):
        raise NotPossible(reason="This provider cannot tell everybody that the call is recorded.")
    branch = None if leg.flow.on_machine is None else _stripped(leg.flow.on_machine, lacking)
    return replace(leg, flow=replace(leg.flow, steps=_stripped(leg.flow.steps, lacking), on_machine=branch))


def _asks_to_accept(leg: LegPlan) -> bool:
    gates = (step.accept if isinstance(step, Dial) else isinstance(step, Gather) for step in leg.flow.steps)
    return any(gates)


def _stripped(steps: Sequence[Step], lacking: Sequence[Feature]) -> tuple[Step, ...]:
    no_key = Feature.ACCEPT_KEY in lacking
    return tuple(_strip(step, lacking) for step in steps if not (no_key and isinstance(step, Gather)))


def _strip(step: Step, lacking: Sequence[Feature]) -> Step:
    if isinstance(step, Dial):
        accept = None if Feature.ACCEPT_KEY in lacking else step.accept
        return replace(step, accept=accept, music=None if Feature.RING_MUSIC in lacking else step.music)
    if isinstance(step, Conference) and Feature.RING_MUSIC in lacking:
        return replace(step, music=None)
    return step


def accept_gate(defaults: Defaults, features: frozenset[Feature], name: str) -> tuple[Gather, ...]:
    """The accept key in front of a leg, where the provider has one."""
    prompt = spoken(Moment.ACCEPT, defaults.texts, name=name, reason="")
    return (Gather(prompt=prompt),) if Feature.ACCEPT_KEY in features else ()


def name_of(party: Party) -> str:
    """How a party is called aloud."""
    return spoken_name(party.name, party.address)


def spoken_name(name: str | None, address: Address) -> str:
    """By name, else by the last four digits, or the name in front of a SIP host."""
    if name:
        return name
    if isinstance(address, PhoneNumber):
        return "the number ending in " + " ".join(address.e164[-4:])
    return address.uri.split(":", 1)[1].split("@")[0]


def together(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
