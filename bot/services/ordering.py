"""From a call that was understood to a row that will be dialled: planned, judged, written down.

Nothing here dials. A call for now is a call that is due now; the scheduler does the rest.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain import replies
from bot.domain.call import Call, CallKind, CallState, LegPlan, OrderId, ScheduledCall
from bot.domain.card import Reply, ReplyKind
from bot.domain.cdr import CallId, Money
from bot.domain.errors import NotPossible, ProviderError
from bot.domain.flow import Conference, Step
from bot.domain.numbers import WITHHELD, PhoneNumber
from bot.domain.people import Person
from bot.domain.policy import Ask as AskFirst
from bot.domain.policy import Refused
from bot.domain.question import LIFETIME, Choice, OpenQuestion, QuestionId, QuestionKind
from bot.domain.rule_words import rule_words
from bot.domain.schedule import next_fire
from bot.parse import command as said
from bot.ports.voice import Quote, QuotesPairs, QuotesRates, VoiceProvider
from bot.services.asking import Ask, Desk, Outcome, complain
from bot.services.planner import Defaults, Plan, fit, plan_order
from bot.services.series import occurrence

Order = said.Call | said.Conference | said.Remind
ITS_TURN: Final = "It waits for the one before it."
FULL_MINUTE: Final = timedelta(seconds=2)
"""A person is told the expected start when our own rate makes them wait longer than this."""


async def place_order(desk: Desk, ask: Ask, order: Order) -> Outcome:
    """Plan it, judge it, write it down; the card in the room is the answer. Raises UserError."""
    if isinstance(order, said.Call) and order.one_by_one and len(order.targets) > 1:
        return await _one_by_one(desk, ask, order)
    return await _judged(desk, ask, await _scheduled(desk, ask, order), _targets(order))


async def _one_by_one(desk: Desk, ask: Ask, order: said.Call) -> Outcome:
    """A call back each; every one waits until the one before it is over."""
    ids = [CallId(desk.ids.new()) for _ in order.targets]
    outcomes: list[Outcome] = []
    for n, target in enumerate(order.targets):
        single = replace(order, targets=(target,), one_by_one=False)
        scheduled = await _scheduled(desk, ask, single)
        place = Turn(
            id=ids[n], follows=ids[n - 1] if n else None, followed_by=ids[n + 1] if n + 1 < len(ids) else None
        )
        outcome = await _judged(desk, ask, scheduled, (target,), place)
        outcomes.append(outcome)
        if outcome.reply is not None and outcome.reply.kind is ReplyKind.ERROR:
            break
    return Outcome(reply=outcomes[-1].reply, then=tuple(each for done in outcomes for each in done.then))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The place of a call among several that were ordered one after the other."""

    id: CallId
    follows: CallId | None = None
    followed_by: CallId | None = None


async def _judged(
    desk: Desk,
    ask: Ask,
    order: ScheduledCall,
    targets: Sequence[said.Target] = (),
    turn: Turn | None = None,
) -> Outcome:
    """Ask policy, then write the order and its first call down; nothing is written when policy refuses."""
    turn = turn or Turn(id=CallId(desk.ids.new()))
    verdict = await desk.guard.when_ordered(ask, order, targets, turn.id)
    if isinstance(verdict, Refused):
        return complain(verdict.reason)
    call = occurrence(order, order.due, turn.id, ask.now)
    call = replace(call, follows=turn.follows, followed_by=turn.followed_by)
    if isinstance(verdict, AskFirst):
        call = await hold(ask, call, verdict)
    elif turn.follows is not None:
        call = replace(call, state=CallState.HELD, reason=ITS_TURN)
    await ask.tx.save_order(order)
    await ask.tx.add_call(call)
    await desk.cards.put(ask.tx, call)
    return Outcome(reply=await _expected_start(desk, ask, call), then=(_ring(desk, call),))


def _ring(desk: Desk, call: Call) -> Callable[[], Awaitable[None]]:
    async def ring() -> None:
        desk.bell.ring_at(call.due)

    return ring


async def _expected_start(desk: Desk, ask: Ask, call: Call) -> Reply | None:
    """Said at once where our own rate makes the call wait: that many are ahead of it in its minute."""
    rate = desk.dialer.rate(call.provider)
    if not rate or call.state is not CallState.SCHEDULED:
        return None
    minute = call.due - timedelta(seconds=60)
    ahead = await ask.tx.queued(call.provider, since=minute, until=call.due)
    start = max(minute, await ask.tx.next_free(call.provider) or minute) + timedelta(seconds=ahead / rate)
    if start - call.due <= FULL_MINUTE:
        return None
    return Reply(text=replies.waits_for_its_turn(call, start, ask.zone))


def _targets(order: Order) -> Sequence[said.Target]:
    return (order.target,) if isinstance(order, said.Remind) else order.targets


async def _scheduled(desk: Desk, ask: Ask, order: Order) -> ScheduledCall:
    provider = desk.provider(None if isinstance(order, said.Remind) else order.terms.via, ask.person)
    plan = fit(
        plan_order(
            order,
            me=ask.context.me,
            my_name=ask.asker.name,
            conference=_room_name(order) or desk.ids.new(),
            defaults=_defaults(desk, ask.person),
            names={address: name for name, address in ask.context.contacts.items()},
        ),
        provider,
    )
    due, zone = _when(order, ask)
    # The provider is asked before anything is written, so that nobody waits for it with a lock in hand.
    cost = await expected_cost(provider, plan)
    return ScheduledCall(
        id=OrderId(desk.ids.new()),
        number=await ask.tx.next_number(ask.tenant),
        kind=plan.kind,
        room=ask.room,
        asker=ask.asker.key,
        asker_name=ask.asker.name,
        text=ask.text,
        plan=plan.legs,
        provider=provider.name,
        due=due,
        zone=zone,
        understood=ask.understood,
        recurrence=order.every,
        recurrence_words=rule_words(order.every) if order.every else (),
        left_out=plan.left_out,
        conference=plan.conference,
        expected_cost=cost,
        created_at=ask.now,
    )


def _defaults(desk: Desk, person: Person) -> Defaults:
    """The house's, with the caller id that this person has set for all their calls."""
    match person.caller_id:
        case None:
            return desk.defaults
        case "private":
            return replace(desk.defaults, caller_id=WITHHELD)
        case number:
            return replace(desk.defaults, caller_id=PhoneNumber(e164=number))


def _room_name(order: Order) -> str | None:
    return None if isinstance(order, said.Remind) else order.terms.room


def _when(order: Order, ask: Ask) -> tuple[datetime, str]:
    """The instant, and the zone it was meant in."""
    if order.every is not None:
        due = next_fire(order.every, ask.now)
        if due is None:
            raise NotPossible(reason="That rule never comes to a date.")
        return due, order.every.zone
    if order.when is not None:
        return order.when.at, order.when.zone
    return ask.now, ask.zone


async def expected_cost(provider: VoiceProvider, plan: Plan) -> Money | None:
    """What a minute of the whole call costs, all its legs together; None where the provider does not say."""
    if not isinstance(provider, QuotesRates):
        return None
    total, currency = Decimal(0), "USD"
    try:
        for leg in plan.legs:
            for quote in await _quotes(provider, leg):
                total, currency = total + quote.per_minute.amount, quote.per_minute.currency
    except ProviderError:
        return None
    return Money(amount=total, currency=currency)


async def _quotes(provider: QuotesRates, leg: LegPlan) -> list[Quote]:
    first, *others = (party.address for party in (leg.party, *leg.flow.parties()))
    if isinstance(provider, QuotesPairs) and len(others) == 1:
        return [await provider.rate_between(first, others[0])]
    return [await provider.rate(address) for address in (first, *others)]


async def hold(ask: Ask, call: Call, verdict: AskFirst) -> Call:
    """The call waits for Confirm, with its reasons; the question lives ten minutes and is answered once."""
    question = OpenQuestion(
        id=question_of(call),
        kind=QuestionKind.CONFIRM,
        room=ask.room,
        asker=ask.asker.key,
        text=ask.text,
        message=verdict.reason,
        choices=(Choice(label="Confirm", text="yes"), Choice(label="Cancel", text="")),
        call=call.id,
        created_at=ask.now,
        expires_at=ask.now + LIFETIME,
    )
    await ask.tx.save_question(question)
    return replace(
        call, state=CallState.HELD, reason=verdict.reason, lifts_live_limit=verdict.lifts_live_limit
    )


def question_of(call: Call) -> QuestionId:
    """A held call has one confirmation, named like the call."""
    return QuestionId(call.id)


async def confirm(desk: Desk, ask: Ask, call: Call, question: OpenQuestion) -> Outcome:
    """Yes: asked of policy once more, then scheduled. The second press gets the first one's answer."""
    if call.state is not CallState.HELD:
        return complain(question.outcome or f"#{call.number} is {call.state} already.")
    refusal = (await desk.guard.refusals_when_placed([call], ask.now, ask.tx)).get(call.id)
    if refusal is not None:
        await ask.tx.close_question(question.id, refusal.reason)
        refused = replace(call, state=CallState.REFUSED, reason=refusal.reason)
        await save(desk, ask, refused)
        return complain(refusal.reason)
    if not await ask.tx.close_question(question.id, f"#{call.number} was confirmed already."):
        return complain(f"#{call.number} was confirmed already.")
    before = await ask.tx.call(call.follows) if call.follows else None
    if before is not None and not before.state.is_final:
        await save(desk, ask, replace(call, reason=ITS_TURN))
        return Outcome()
    confirmed = replace(call, state=CallState.SCHEDULED, reason=None, due=max(call.due, ask.now))
    await save(desk, ask, confirmed)
    return Outcome(reply=await _expected_start(desk, ask, confirmed), then=(_ring(desk, confirmed),))


async def save(desk: Desk, ask: Ask, call: Call) -> None:
    """The call and its card, in the asker's transaction."""
    await ask.tx.save_call(call)
    await desk.cards.put(ask.tx, call)


async def again(desk: Desk, ask: Ask, call: Call) -> Outcome:
    """The same order once more, now, as a call of its own: a new number, judged anew."""
    if call.kind is CallKind.INBOUND:
        raise NotPossible(reason="That call came to us; use Call back.")
    order = await ask.tx.order(call.order) if call.order else None
    room = desk.ids.new() if call.conference else None
    scheduled = ScheduledCall(
        id=OrderId(desk.ids.new()),
        number=await ask.tx.next_number(ask.tenant),
        kind=call.kind,
        room=ask.room,
        asker=ask.asker.key,
        asker_name=ask.asker.name,
        text=call.text,
        plan=_in_room(order.plan if order is not None else call.plan, room),
        provider=call.provider,
        due=ask.now,
        zone=call.zone,
        understood=call.understood,
        left_out=call.left_out,
        conference=room,
        expected_cost=call.expected_cost,
        created_at=ask.now,
    )
    return await _judged(desk, ask, scheduled)


def _in_room(plan: Sequence[LegPlan], room: str | None) -> tuple[LegPlan, ...]:
    """A conference that is called again meets in a room of its own."""
    if room is None:
        return tuple(plan)
    return tuple(replace(leg, flow=replace(leg.flow, steps=_moved(leg.flow.steps, room))) for leg in plan)


def _moved(steps: Sequence[Step], room: str) -> tuple[Step, ...]:
    return tuple(replace(step, room=room) if isinstance(step, Conference) else step for step in steps)
