"""Calls that are on the line: hang up, mute, hold, add, kick, transfer, record, say, play, press."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.domain import decisions
from bot.domain.call import Call, CallKind, CallState, LegPlan
from bot.domain.card import Reply, ReplyKind
from bot.domain.control import Capture, Control, Hold, Mute, Redirect, StopPlaying
from bot.domain.decisions import HangUpLeg, Instruct
from bot.domain.errors import NotPossible
from bot.domain.flow import CallFlow, Conference, Dial, Feature, HangUp, Party, Play, Say, SendDigits
from bot.domain.leg import Leg
from bot.domain.policy import Ask as AskFirst
from bot.domain.policy import Refused
from bot.domain.texts import Moment, spoken
from bot.parse import command as said
from bot.ports.voice import Controls
from bot.services.asking import Ask, Desk, Outcome, complain, say
from bot.services.handlers.calls import cancel_call, end_call
from bot.services.handlers.finding import held, legs_of, live_here, numbered, the_live_one
from bot.services.planner import accept_gate, cannot, name_of, together

NEEDS: Final[Mapping[type, Feature]] = {
    Mute: Feature.MUTE,
    Hold: Feature.HOLD,
    Redirect: Feature.TRANSFER,
    Play: Feature.LIVE_PLAY,
    Say: Feature.LIVE_PLAY,
    StopPlaying: Feature.LIVE_PLAY,
    SendDigits: Feature.DTMF,
    Capture: Feature.RECORD,
}


# --- ending ---------------------------------------------------------------------------------------


async def hang_up(desk: Desk, ask: Ask, command: said.HangUpCall) -> Outcome:
    """A call, some people on it, everything in the room, or the one call that runs here."""
    if command.everything:
        return await _hang_up_all(desk, ask)
    if command.targets:
        call = await _call_with(ask, command.targets, None)
        return await _hang_up_legs(desk, ask, call, legs_of(call, command.targets))
    calls = [await numbered(ask, number) for number in command.ids] or [await the_live_one(ask, None)]
    outcomes = [await _end_or_cancel(desk, ask, call) for call in calls]
    texts = [done.reply.text for done in outcomes if done.reply]
    return Outcome(
        reply=say("\n".join(texts)).reply, then=tuple(step for done in outcomes for step in done.then)
    )


async def _end_or_cancel(desk: Desk, ask: Ask, call: Call) -> Outcome:
    if call.state is CallState.STARTED:
        _must_have(desk, call, Feature.HANG_UP)
        return await end_call(desk, ask, call)
    return await cancel_call(desk, ask, call)


async def _hang_up_all(desk: Desk, ask: Ask) -> Outcome:
    calls = await live_here(ask)
    if not calls:
        raise NotPossible(reason="No call is running in this room.")
    outcomes = [await _end_or_cancel(desk, ask, await held(ask, call)) for call in calls]
    names = together([f"#{call.number}" for call in calls])
    return Outcome(
        reply=say(f"Hanging up {names}.").reply, then=tuple(step for done in outcomes for step in done.then)
    )


async def _hang_up_legs(desk: Desk, ask: Ask, call: Call, legs: Sequence[Leg]) -> Outcome:
    _must_have(desk, call, Feature.HANG_UP)
    effects = tuple(HangUpLeg(token=leg.token, role=leg.role) for leg in legs)
    names = together([name_of(leg.party) for leg in legs])
    return _after_commit(desk, ask, call, effects, f"Hanging up on {names}.")


async def kick(desk: Desk, ask: Ask, command: said.Kick) -> Outcome:
    """Take people off a running call; the others stay."""
    call = await _call_with(ask, command.targets, command.id)
    return await _hang_up_legs(desk, ask, call, legs_of(call, command.targets))


# --- orders to legs -------------------------------------------------------------------------------


async def mute(desk: Desk, ask: Ask, command: said.Mute | said.Unmute) -> Outcome:
    """Some people, or everyone, on a running call."""
    call = await _call_with(ask, command.targets, command.id)
    legs = legs_of(call, command.targets) if command.targets else _talking(call)
    on = isinstance(command, said.Mute)
    changed = _marked(call, legs, muted=on)
    await desk.changes.save(ask.tx, changed, ())
    words = f"{'Muted' if on else 'Unmuted'}: {together([name_of(leg.party) for leg in legs])}."
    return _instruct(desk, ask, changed, legs, Mute(on=on), words)


async def hold(desk: Desk, ask: Ask, command: said.Hold | said.Unhold) -> Outcome:
    """Put people on hold to music, or take them back; without a name, the other side of the call."""
    call = await _call_with(ask, command.targets, command.id)
    others = [leg for leg in _talking(call) if not leg.party.is_me]
    legs = legs_of(call, command.targets) if command.targets else others
    on = isinstance(command, said.Hold)
    changed = _marked(call, legs, held=on)
    await desk.changes.save(ask.tx, changed, ())
    names = together([name_of(leg.party) for leg in legs])
    return _instruct(desk, ask, changed, legs, Hold(on=on), f"{names} {'is on hold' if on else 'is back'}.")


async def record(desk: Desk, ask: Ask, command: said.RecordCall) -> Outcome:
    """Recording on or off in mid-call. Everybody is told before it starts; who asked stands on the card."""
    call = await the_live_one(ask, command.id)
    legs = _talking(call)
    if not command.on:
        return _instruct(desk, ask, call, legs[:1], Capture(on=False), f"Recording of #{call.number} is off.")
    _must_have(desk, call, Feature.LIVE_PLAY)
    changed = replace(call, recorded_by=ask.asker.name or ask.asker.key)
    await desk.changes.save(ask.tx, changed, ())
    notice = Say(text=spoken(Moment.RECORDING, desk.settings.texts))
    effects = (
        *(Instruct(token=leg.token, role=leg.role, order=notice) for leg in legs),
        *(Instruct(token=leg.token, role=leg.role, order=Capture(on=True)) for leg in legs[:1]),
    )
    _must_have(desk, call, Feature.RECORD)
    return _after_commit(
        desk, ask, changed, effects, f"Recording #{call.number}. Everybody on it is told first."
    )


async def press(desk: Desk, ask: Ask, command: said.PressDigits) -> Outcome:
    """Keys, pressed towards the other side."""
    call = await the_live_one(ask, command.id)
    order = SendDigits(digits=command.digits, tone_ms=command.tone_ms)
    return _instruct(
        desk, ask, call, _first_rung(call), order, f"Pressing {command.digits} on #{call.number}."
    )


async def speak(desk: Desk, ask: Ask, command: said.SayLive) -> Outcome:
    """A sentence, to everybody on the call."""
    call = await the_live_one(ask, command.id)
    order = Say(text=command.text, language=command.language, voice=command.voice)
    return _instruct(desk, ask, call, _talking(call), order, f"Saying it on #{call.number}.")


async def play(desk: Desk, ask: Ask, command: said.PlayLive) -> Outcome:
    """A file, to everybody on the call."""
    call = await the_live_one(ask, command.id)
    order = Play(url=command.url, times=command.times)
    return _instruct(desk, ask, call, _talking(call), order, f"Playing it on #{call.number}.")


async def stop_playing(desk: Desk, ask: Ask, command: said.StopPlaying) -> Outcome:
    """Silence."""
    call = await the_live_one(ask, command.id)
    return _instruct(desk, ask, call, _talking(call), StopPlaying(), f"Stopped playing on #{call.number}.")


# --- more and other people --------------------------------------------------------------------------


async def add(desk: Desk, ask: Ask, command: said.Add) -> Outcome:
    """More people on a running call. Placed like the first ones; a two-party talk becomes a conference."""
    call = await the_live_one(ask, command.id)
    _must_have(desk, call, Feature.CONFERENCE)
    verdict = await desk.guard.when_added(ask, call, command.targets)
    if isinstance(verdict, Refused):
        return complain(verdict.reason)
    if isinstance(verdict, AskFirst):
        raise NotPossible(
            reason=f"{verdict.reasons[0].sentence} Order it as a call of its own to confirm it."
        )
    room = call.conference or desk.ids.new()
    grown = replace(call, conference=room)
    for target in command.targets:
        grown = replace(grown, plan=(*grown.plan, _newcomer(desk, grown, target, room)))
    most = desk.providers[call.provider].limits.conference_size
    if len(grown.live_legs) + len(command.targets) > most:
        raise NotPossible(
            reason=f"{call.provider} takes at most {most} people in a conference.", provider=call.provider
        )
    move = () if call.conference else tuple(_into(leg, room) for leg in _talking(call))
    await desk.changes.save(ask.tx, grown, ())
    names = together([target.name or "them" for target in command.targets])
    outcome = _after_commit(desk, ask, grown, move, f"Ringing {names} for #{call.number}.")

    async def ring() -> None:
        desk.bell.ring_at(None)

    return replace(outcome, then=(*outcome.then, ring))


def _newcomer(desk: Desk, call: Call, target: said.Target, room: str) -> LegPlan:
    if target.address is None:
        raise NotPossible(reason=f"I don't know a phone number of <@{target.user}>.")
    if any(leg.party.address == target.address for leg in call.live_legs):
        raise NotPossible(reason=f"{target.name or 'That number'} is on #{call.number} already.")
    party = Party(role=call.next_role(), address=target.address, name=target.name, is_me=target.is_me)
    first = call.plan[0] if call.plan else None
    recorded = Say(text=spoken(Moment.RECORDING, desk.settings.texts))
    accept = accept_gate(desk.defaults, desk.providers[call.provider].features, "the others")
    steps = (*((recorded,) if call.recorded_by else ()), *accept, Conference(room=room))
    return LegPlan(
        party=party,
        flow=CallFlow(steps=steps),
        ring_seconds=first.ring_seconds if first else desk.defaults.ring_seconds,
        max_seconds=first.max_seconds if first else desk.defaults.max_seconds,
        caller_id=first.caller_id if first else desk.defaults.caller_id,
    )


def _into(leg: Leg, room: str) -> Instruct:
    flow = CallFlow(steps=(Conference(room=room),))
    return Instruct(token=leg.token, role=leg.role, order=Redirect(flow=flow))


async def transfer(desk: Desk, ask: Ask, command: said.Transfer) -> Outcome:
    """I leave, and the other side is connected to somebody else."""
    call = await the_live_one(ask, command.id)
    verdict = await desk.guard.when_added(ask, call, (command.target,))
    if not isinstance(verdict, Refused) and call.kind is CallKind.CONFERENCE:
        raise NotPossible(reason="A conference is not transferred: add them, then hang up yourself.")
    if isinstance(verdict, Refused):
        return complain(verdict.reason)
    others = [leg for leg in _talking(call) if not leg.party.is_me]
    if len(others) != 1 or command.target.address is None:
        raise NotPossible(
            reason=f"#{call.number} has nobody, or more than one, on the other side to transfer."
        )
    party = Party(role=call.next_role(), address=command.target.address, name=command.target.name)
    nobody = Say(text=spoken(Moment.NOBODY, desk.settings.texts))
    flow = CallFlow(steps=(Dial(parties=(party,), ring_seconds=desk.defaults.ring_seconds), nobody, HangUp()))
    call = replace(call, brought=(*call.brought, party))
    await desk.changes.save(ask.tx, call, ())
    who, whom = name_of(others[0].party), name_of(party)
    return _instruct(desk, ask, call, others, Redirect(flow=flow), f"Transferring {who} to {whom}.")


# --- shared ---------------------------------------------------------------------------------------


async def _call_with(ask: Ask, targets: Sequence[said.Target], number: int | None) -> Call:
    """The running call these people are on: only asked to choose when more than one fits."""
    if number is not None or not targets:
        return await the_live_one(ask, number)
    calls = [call for call in await live_here(ask) if _has_all(call, targets)]
    return await held(ask, calls[0]) if len(calls) == 1 else await the_live_one(ask, None)


def _has_all(call: Call, targets: Sequence[said.Target]) -> bool:
    try:
        return bool(legs_of(call, targets))
    except NotPossible:
        return False


def _talking(call: Call) -> list[Leg]:
    return [leg for leg in call.legs if leg.is_talking]


def _first_rung(call: Call) -> list[Leg]:
    """The other side: whom keys are for."""
    talking = _talking(call)
    return [leg for leg in talking if not leg.party.is_me][:1] or talking[:1]


def _marked(call: Call, legs: Sequence[Leg], *, muted: bool | None = None, held: bool | None = None) -> Call:
    chosen = {(leg.token, leg.role) for leg in legs}

    def mark(leg: Leg) -> Leg:
        if (leg.token, leg.role) not in chosen:
            return leg
        return replace(
            leg,
            muted=leg.muted if muted is None else muted,
            held=leg.held if held is None else held,
        )

    return replace(call, legs=tuple(mark(leg) for leg in call.legs))


def _must_have(desk: Desk, call: Call, feature: Feature) -> None:
    provider = desk.providers[call.provider]
    if feature not in provider.features:
        raise cannot(provider, feature)


def _instruct(desk: Desk, ask: Ask, call: Call, legs: Sequence[Leg], order: Control, words: str) -> Outcome:
    _must_have(desk, call, NEEDS[type(order)])
    if not isinstance(desk.providers[call.provider], Controls):
        raise NotPossible(reason=f"{call.provider} takes no orders in mid-call.", provider=call.provider)
    if not legs:
        raise NotPossible(reason=f"Nobody is on the line on #{call.number} yet.")
    effects = tuple(Instruct(token=leg.token, role=leg.role, order=order) for leg in legs)
    return _after_commit(desk, ask, call, effects, words)


def _after_commit(
    desk: Desk, ask: Ask, call: Call, effects: Sequence[decisions.Effect], words: str
) -> Outcome:
    async def act() -> None:
        refused = await desk.changes.run(call, effects)
        if refused:
            await _own_up(desk, ask, call, [effect for effect, _ in refused], refused[0][1].detail)

    steps: tuple[Callable[[], Awaitable[None]], ...] = (act,) if effects else ()
    return Outcome(reply=say(words).reply, then=steps)


async def _own_up(desk: Desk, ask: Ask, call: Call, refused: Sequence[decisions.Effect], detail: str) -> None:
    """The provider refused what we have just said was done: take it back on the card, and say so."""
    words = f"{call.provider} did not do that on #{call.number}: {detail.rstrip('.')}."
    async with desk.ledger() as tx:
        fresh = await tx.call(call.id)
        if fresh is not None:
            await desk.changes.save(tx, _taken_back(fresh, refused), ())
        await tx.put_reply(ask.room, ask.asker, Reply(text=words, kind=ReplyKind.ERROR), desk.clock.now())
        await tx.commit()
    desk.cards.wake()


def _taken_back(call: Call, refused: Sequence[decisions.Effect]) -> Call:
    for effect in refused:
        if not isinstance(effect, Instruct):
            continue
        legs = [leg for leg in call.legs if (leg.token, leg.role) == (effect.token, effect.role)]
        match effect.order:
            case Mute(on=on):
                call = _marked(call, legs, muted=not on)
            case Hold(on=on):
                call = _marked(call, legs, held=not on)
            case _:
                pass
    return call


HANDLERS: Final[Mapping[type, Any]] = {
    said.HangUpCall: hang_up,
    said.Mute: mute,
    said.Unmute: mute,
    said.Hold: hold,
    said.Unhold: hold,
    said.Add: add,
    said.Kick: kick,
    said.Transfer: transfer,
    said.RecordCall: record,
    said.PressDigits: press,
    said.SayLive: speak,
    said.PlayLive: play,
    said.StopPlaying: stop_playing,
}
