"""Asks policy with the facts of the ledger, and writes every verdict into the audit log.

The rules are `domain/policy.py`; here is only where the facts come from. Asked when a call is ordered, and
again when it is placed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time

from bot.config import Settings
from bot.domain.call import Call, CallKind, LegPlan, ScheduledCall
from bot.domain.cdr import CallId
from bot.domain.doubts import regions_of
from bot.domain.flow import Party
from bot.domain.number_ranges import region_of
from bot.domain.numbers import Address, CallerId, PhoneNumber
from bot.domain.people import Contact, Person, Room
from bot.domain.policy import (
    Circle,
    Dialled,
    DialRequest,
    Refused,
    Rules,
    Usage,
    Verdict,
    may_call,
    may_still_use,
)
from bot.domain.schedule import local_time, resolve
from bot.parse.command import Target
from bot.ports.chat import Inbound
from bot.ports.ledger import Background, Ledger, LoggedVerdict, Transaction
from bot.services.request import Ask

A_LINK_SAYS_OTHERWISE = "another number"


class Guard:
    """One per process."""

    def __init__(self, *, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._settings = settings

    async def when_ordered(
        self, ask: Ask, order: ScheduledCall, targets: Sequence[Target], call: CallId
    ) -> Verdict:
        """For a new order, whatever its time; `call` is its first occurrence, if it comes to that."""
        background = await self._background(ask)
        verdict = may_call(
            DialRequest(
                dialled=_dialled(order.plan, background.contacts, targets),
                circle=self._circle(ask.person, ask.zone, background.contacts),
                at=order.due,
                now=ask.now,
                caller_id=_caller_id(order.plan),
                placements=len(order.plan),
                at_once=_at_once(order.plan),
                endless=order.recurrence is not None and not order.recurrence.has_end,
                usage=await self._usage(ask.tx, ask.person.key, ask.room, ask.zone, ask.now),
                per_minute=order.expected_cost,
            ),
            self._rules(background),
        )
        await self._log(
            ask.tx, ask.now, ask.person.key, ask.room, f"order {order.kind} #{order.number}", verdict, call
        )
        return verdict

    async def when_added(self, ask: Ask, call: Call, targets: Sequence[Target]) -> Verdict:
        """For people who join a running call: by `add`, `transfer` or Join me."""
        background = await self._background(ask)
        parties = [
            Dialled(
                address=target.address,
                name=target.name,
                zone=_zone_of(target.address, background.contacts),
                is_me=target.is_me,
                label=A_LINK_SAYS_OTHERWISE if target.label_differs else None,
            )
            for target in targets
            if target.address is not None
        ]
        lifts = call.lifts_live_limit
        return await self._now(
            ask, f"add to #{call.number}", parties, background=background, lifts=lifts, call=call.id
        )

    async def may_dial(self, ask: Ask, parties: Sequence[Party]) -> Refused | None:
        """For people whom a forward will ring: refusals hold, reasons to ask do not (nobody rings yet)."""
        dialled = [Dialled(address=each.address, name=each.name, is_me=each.is_me) for each in parties]
        background = await self._background(ask)
        verdict = await self._now(ask, "forward", dialled, background=background, lifts=True, confirmed=True)
        return verdict if isinstance(verdict, Refused) else None

    async def refusals_when_placed(
        self, calls: Sequence[Call], now: datetime, tx: Transaction
    ) -> Mapping[CallId, Refused]:
        """The second time of asking: what was confirmed is not asked again, what is refused stays refused.

        All of them are placed in this transaction, so each is judged as if those before it already were.
        """
        known = await tx.backgrounds([(call.asker, call.room.tenant) for call in calls])
        used = await self._used(tx, calls, known, now)
        verdicts: dict[CallId, Verdict] = {}
        placed: list[Call] = []
        for call in calls:
            background = known[call.asker, call.room.tenant]
            verdict: Verdict = may_still_use(call.asker, background.person, self._settings.access)
            if not isinstance(verdict, Refused):
                verdict = self._when_placed(call, background, _with(used[call.id], call, placed), now)
            verdicts[call.id] = verdict
            placed += [] if isinstance(verdict, Refused) else [call]
        await tx.log_verdict(
            *(
                _logged(now, call.asker, call.room, f"place #{call.number}", verdicts[call.id], call.id)
                for call in calls
            )
        )
        return {id: verdict for id, verdict in verdicts.items() if isinstance(verdict, Refused)}

    async def log_access(self, tx: Transaction, inbound: Inbound, verdict: Refused) -> None:
        """Somebody knocked who may not."""
        await self._log(tx, inbound.sent_at, inbound.asker.key, inbound.room, "use", verdict)

    # --- where the facts come from --------------------------------------------------------------

    def _when_placed(self, call: Call, background: Background, usage: Usage, now: datetime) -> Verdict:
        person = background.person or Person(key=call.asker)
        zone = self._zone(background)
        request = DialRequest(
            dialled=_dialled(call.plan, background.contacts, caller_rings=call.kind is CallKind.INBOUND),
            circle=self._circle(person, zone, background.contacts),
            at=now,
            now=now,
            caller_id=_caller_id(call.plan),
            placements=len(call.unplaced),
            at_once=_at_once(call.unplaced),
            confirmed=True,
            lifts_live_limit=call.lifts_live_limit,
            usage=usage,
            per_minute=call.expected_cost,
        )
        return may_call(request, self._rules(background))

    async def _now(
        self,
        ask: Ask,
        action: str,
        dialled: Sequence[Dialled],
        *,
        background: Background,
        lifts: bool,
        confirmed: bool = False,
        call: CallId | None = None,
    ) -> Verdict:
        verdict = may_call(
            DialRequest(
                dialled=tuple(dialled),
                circle=self._circle(ask.person, ask.zone, background.contacts),
                at=ask.now,
                now=ask.now,
                calls=0,
                placements=0 if confirmed else len(dialled),
                at_once=0 if confirmed else len(dialled),
                confirmed=confirmed,
                lifts_live_limit=lifts,
                usage=await self._usage(ask.tx, ask.person.key, ask.room, ask.zone, ask.now),
            ),
            self._rules(background),
        )
        await self._log(ask.tx, ask.now, ask.person.key, ask.room, action, verdict, call)
        return verdict

    async def _background(self, ask: Ask) -> Background:
        """As it stands in this transaction: a handler may have changed what the ask was read against."""
        whose = (ask.person.key, ask.tenant)
        return (await ask.tx.backgrounds([whose]))[whose]

    def _rules(self, background: Background) -> Rules:
        house = self._settings.caller_id
        ours = {did.number for did in background.dids}
        return Rules(
            limits=self._settings.limits,
            caller_ids=frozenset(ours | ({house} if isinstance(house, PhoneNumber) else set())),
            allowed_prefixes=tuple(background.allowed_prefixes),
        )

    def _circle(self, person: Person, zone: str, contacts: Sequence[Contact]) -> Circle:
        own = {
            person.region,
            self._settings.default_region,
            region_of(person.number) if person.number else None,
        }
        return Circle(
            zone=zone,
            own_regions=frozenset(region for region in own if region),
            contact_regions=regions_of(contact.address for contact in contacts),
        )

    async def _usage(self, tx: Transaction, asker: str, room: Room, zone: str, now: datetime) -> Usage:
        used = await tx.usages([(asker, room)], now=now, day_start=day_start(now, zone))
        return used[asker, room]

    async def _used(
        self,
        tx: Transaction,
        calls: Sequence[Call],
        known: Mapping[tuple[str, str], Background],
        now: datetime,
    ) -> Mapping[CallId, Usage]:
        """By the day of each asker, who may live elsewhere."""
        days: dict[datetime, list[Call]] = defaultdict(list)
        for call in calls:
            days[day_start(now, self._zone(known[call.asker, call.room.tenant]))].append(call)
        used: dict[CallId, Usage] = {}
        for start, those in days.items():
            found = await tx.usages([(call.asker, call.room) for call in those], now=now, day_start=start)
            used |= {call.id: found[call.asker, call.room] for call in those}
        return used

    def _zone(self, background: Background) -> str:
        return (background.person and background.person.timezone) or self._settings.default_timezone

    async def _log(
        self,
        tx: Transaction,
        now: datetime,
        asker: str,
        room: Room,
        action: str,
        verdict: Verdict,
        call: CallId | None = None,
    ) -> None:
        await tx.log_verdict(_logged(now, asker, room, action, verdict, call))


def _logged(
    now: datetime, asker: str, room: Room, action: str, verdict: Verdict, call: CallId | None
) -> LoggedVerdict:
    return LoggedVerdict(
        at=now,
        asker=asker,
        room=room.key,
        action=action,
        verdict=verdict.word,
        rule=verdict.rule,
        reason=verdict.reason,
        call=call,
    )


def _with(usage: Usage, call: Call, before: Sequence[Call]) -> Usage:
    """What is used once those calls, too, have their first leg placed."""
    ours = [each for each in before if each.kind is not CallKind.INBOUND]
    return replace(
        usage,
        placements_last_hour=usage.placements_last_hour + sum(each.asker == call.asker for each in ours),
        live_legs=usage.live_legs + sum(each.room.key == call.room.key for each in before),
        calls_today=usage.calls_today + sum(each.room.key == call.room.key for each in ours),
    )


def day_start(now: datetime, zone: str) -> datetime:
    """Midnight of the asker's day, aware UTC."""
    midnight = datetime.combine(local_time(now, zone).date(), time.min)
    return resolve(midnight, zone).earlier.astimezone(UTC)


def _dialled(
    plan: Sequence[LegPlan],
    contacts: Sequence[Contact],
    targets: Sequence[Target] = (),
    *,
    caller_rings: bool = False,
) -> tuple[Dialled, ...]:
    """Everybody whose phone we would ring. `caller_rings`: the first leg called us, so it is none of them."""
    mislabelled = {target.address for target in targets if target.label_differs}
    parties = [party for leg in plan for party in (leg.party, *leg.flow.parties())]
    if caller_rings:
        parties = [party for leg in plan for party in leg.flow.parties()]
    return tuple(
        Dialled(
            address=party.address,
            name=party.name,
            zone=_zone_of(party.address, contacts),
            is_me=party.is_me,
            label=A_LINK_SAYS_OTHERWISE if party.address in mislabelled else None,
        )
        for party in parties
    )


def _zone_of(address: Address | None, contacts: Sequence[Contact]) -> str | None:
    return next((each.timezone for each in contacts if each.address == address), None)


def _caller_id(plan: Sequence[LegPlan]) -> CallerId | None:
    return next((leg.caller_id for leg in plan if leg.caller_id is not None), None)


def _at_once(plan: Sequence[LegPlan]) -> int:
    return sum(1 + len(leg.flow.parties()) for leg in plan)
