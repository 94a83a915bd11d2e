"""Ordering calls, and changing what has not started yet."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot.domain import decisions
from bot.domain.call import Call, CallState, ScheduledCall
from bot.domain.errors import NoSuchThing, NotPossible
from bot.domain.phrases import joined, moment
from bot.domain.rule_words import rule_words
from bot.domain.schedule import next_fire
from bot.parse import command as said
from bot.services.asking import Ask, Desk, Outcome, complain, say
from bot.services.handlers.finding import WAITING, held, numbered
from bot.services.ordering import place_order, save
from bot.services.series import next_due


async def cancel(desk: Desk, ask: Ask, command: said.Cancel) -> Outcome:
    """Whatever has not started never will; a series ends; a running call is hung up instead."""
    if command.everything:
        return await _cancel_all(desk, ask)
    outcomes = [await cancel_call(desk, ask, await numbered(ask, number)) for number in command.ids]
    texts = [done.reply.text for done in outcomes if done.reply]
    return Outcome(
        reply=say("\n".join(texts)).reply,
        then=tuple(step for done in outcomes for step in done.then),
    )


async def _cancel_all(desk: Desk, ask: Ask) -> Outcome:
    calls = await ask.tx.calls_in(room=ask.room, asker=ask.asker.key, states=set(WAITING), limit=1000)
    if not calls:
        return say("You have nothing scheduled here.")
    for call in calls:
        await cancel_call(desk, ask, await held(ask, call))
    return say(f"Cancelled: {joined(sorted({f'#{call.number}' for call in calls}))}.")


async def cancel_call(desk: Desk, ask: Ask, call: Call) -> Outcome:
    """One occurrence; with a series behind it, the series."""
    if call.state is CallState.STARTED:
        return await end_call(desk, ask, call)
    if call.state not in WAITING:
        return complain(f"#{call.number} is {call.state} already.")
    series = await _series_of(ask, call)
    if series is not None:
        await ask.tx.save_order(replace(series, cancelled=True))
    await save(desk, ask, decisions.cancel(call, ask.asker.name or "you"))
    return say(f"Cancelled #{call.number}" + (", the whole series." if series else "."))


async def end_call(desk: Desk, ask: Ask, call: Call) -> Outcome:
    """Hang up everybody on a running call; legs not yet rung are dropped."""
    after, effects = decisions.end(call, ask.asker.name or "you", ask.now)
    await desk.changes.save(ask.tx, after, effects)

    async def hang_up() -> None:
        await desk.changes.run(after, effects)

    return Outcome(reply=say(f"Hanging up #{call.number}.").reply, then=(hang_up,))


async def reschedule(desk: Desk, ask: Ask, command: said.Reschedule) -> Outcome:
    """To another time or rule. A series moved to one instant moves its next run only."""
    call = await numbered(ask, command.id)
    if call.state not in (CallState.SCHEDULED, CallState.HELD):
        raise NotPossible(reason=f"#{call.number} cannot be moved: it is {call.state}.")
    if command.every is not None:
        return await _new_rule(desk, ask, call, command)
    due = command.when.at if command.when else call.due + timedelta(seconds=command.shift_seconds or 0)
    if due <= ask.now:
        raise NotPossible(reason=f"That would be in the past: {moment(due, ask.zone)}.")
    order = await ask.tx.order(call.order) if call.order else None
    if order is not None and order.recurrence is not None:
        # The moved run stands for the one it was moved from, so that one must not come back.
        await ask.tx.save_order(replace(order, skip=(*order.skip, call.due)))
    elif order is not None:
        await ask.tx.save_order(replace(order, due=due))
    return await _moved(desk, ask, replace(call, due=due))


async def _new_rule(desk: Desk, ask: Ask, call: Call, command: said.Reschedule) -> Outcome:
    order = await ask.tx.order(call.order) if call.order else None
    due = next_fire(command.every, ask.now) if command.every else None
    if order is None or command.every is None or due is None:
        raise NotPossible(reason="That rule never comes to a date.")
    words = rule_words(command.every)
    await ask.tx.save_order(
        replace(order, recurrence=command.every, recurrence_words=words, due=due, skip=())
    )
    return await _moved(desk, ask, replace(call, due=due, zone=command.every.zone, recurrence_words=words))


async def _moved(desk: Desk, ask: Ask, call: Call) -> Outcome:
    await save(desk, ask, call)

    async def ring() -> None:
        desk.bell.ring_at(call.due)

    return Outcome(
        reply=say(f"#{call.number} is now set for {moment(call.due, ask.zone)}.").reply, then=(ring,)
    )


async def skip(desk: Desk, ask: Ask, command: said.Skip) -> Outcome:
    """Leave out the next run of a series; the one after it takes its place."""
    call = await numbered(ask, command.id)
    order = await _series_of(ask, call)
    if order is None or call.state not in WAITING:
        raise NotPossible(reason=f"#{command.id} does not repeat; cancel it instead.")
    order = replace(order, skip=(*order.skip, call.due))
    await ask.tx.save_order(order)
    following = next_due(order, max(call.due, ask.now))
    if following is None:
        await save(desk, ask, decisions.cancel(call, ask.asker.name or "you"))
        return say(f"#{call.number} had no further run: it is over.")
    await save(desk, ask, replace(call, due=following))
    return say(f"Skipped. The next run of #{call.number} is {moment(following, ask.zone)}.")


async def undo(desk: Desk, ask: Ask, _: said.Undo) -> Outcome:
    """Take back my latest order in this room, as long as it has not started."""
    calls = await ask.tx.calls_in(room=ask.room, asker=ask.asker.key, states=set(WAITING), limit=1000)
    if not calls:
        raise NotPossible(
            reason="There is nothing of yours to undo here. A running call is ended with: hang up."
        )
    latest = max(calls, key=lambda call: (call.created_at, call.number))
    return await cancel_call(desk, ask, await held(ask, latest))


async def nothing_to_answer(desk: Desk, ask: Ask, command: said.Confirm | said.Decline) -> Outcome:
    """A yes or a number when no question of ours is open (an open one is answered before this table)."""
    raise NoSuchThing(what="open question", name="for that answer")


async def _series_of(ask: Ask, call: Call) -> ScheduledCall | None:
    """The order behind a call, if it repeats."""
    order = await ask.tx.order(call.order) if call.order else None
    return order if order is not None and order.recurrence is not None else None


HANDLERS: Final[Mapping[type, Any]] = {
    said.Call: place_order,
    said.Conference: place_order,
    said.Remind: place_order,
    said.Cancel: cancel,
    said.Reschedule: reschedule,
    said.Skip: skip,
    said.Undo: undo,
    said.Confirm: nothing_to_answer,
    said.Decline: nothing_to_answer,
}
