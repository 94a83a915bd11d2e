"""Who may call whom, when, for how much. Asked when a call is ordered, and again when it is placed.

Refusals come first and hold whoever confirms. What is only worth a question is `doubts.py`; who may use
Patchline at all is `access.py`; numbers are told apart by `number_ranges.py`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final
from urllib.parse import unquote

import phonenumbers

from bot.domain.access import ADMIN_ONLY, Extent, is_admin, may_act_on, may_say, may_still_use, may_use, whose
from bot.domain.cdr import Money
from bot.domain.doubts import Circle, Dialled, doubts, regions_of
from bot.domain.limits import Access, Limits, Usage
from bot.domain.number_ranges import (
    LONGEST_SHORT_CODE,
    is_emergency,
    is_possible,
    is_short_code,
    is_valid,
    kind_of,
)
from bot.domain.numbers import WITHHELD, Address, CallerId, PhoneNumber, SipUri
from bot.domain.verdicts import Allowed, Ask, Reason, Refused, Rule, Verdict

__all__ = [
    "ADMIN_ONLY",
    "Access",
    "Allowed",
    "Ask",
    "Circle",
    "DialRequest",
    "Dialled",
    "Extent",
    "Limits",
    "Reason",
    "Refused",
    "Rule",
    "Rules",
    "Usage",
    "Verdict",
    "is_admin",
    "is_spent",
    "may_act_on",
    "may_call",
    "may_say",
    "may_still_use",
    "may_use",
    "whose",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DialRequest:
    """What is about to be dialled, by whom, and when (`at`; `now` is when the question is put; both aware).

    `dialled` is everyone whose phone would ring: first legs, patched-in parties, stages of a forward, targets
    of add and transfer. `placements` counts the requests to the provider, `at_once` the phones live together,
    `calls` is 0 where people only join a running call.
    `confirmed` is True after Confirm and when placed: nothing is asked again, refusals still refuse.
    `usage` is what has been used up to `now`; `per_minute` what a minute of the whole call costs.
    """

    dialled: tuple[Dialled, ...]
    circle: Circle
    at: datetime
    now: datetime
    caller_id: CallerId | None = None
    calls: int = 1
    placements: int = 1
    at_once: int = 1
    endless: bool = False
    confirmed: bool = False
    lifts_live_limit: bool = False
    usage: Usage = field(default_factory=Usage)
    per_minute: Money | None = None

    @property
    def is_due(self) -> bool:
        """Limits that have to do with the present bind calls for now; a later call meets them when placed."""
        return self.at <= self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What this installation allows. `caller_ids` are ours: set, rented or verified with the provider;
    `allowed_prefixes` are ranges (`+1900`) that an admin let in."""

    limits: Limits = field(default_factory=Limits)
    caller_ids: frozenset[PhoneNumber] = frozenset()
    allowed_prefixes: tuple[str, ...] = ()


def may_call(request: DialRequest, rules: Rules) -> Verdict:
    """The first refusal; else every reason to ask, unless confirmed; else yes."""
    refusal = next(_refusals(request, rules), None)
    if refusal is not None:
        return refusal
    reasons = () if request.confirmed else tuple(_reasons(request, rules))
    return Ask(reasons=reasons) if reasons else Allowed(rule=Rule.WITHIN_LIMITS)


def is_spent(usage: Usage, limits: Limits) -> bool:
    """Whether the day's money is gone: calls that are on the line have to end."""
    return limits.daily_spend is not None and _spent(usage) >= limits.daily_spend.amount


def _refusals(request: DialRequest, rules: Rules) -> Iterator[Refused]:
    for dialled in request.dialled:
        yield from _of_address(dialled.address, request.circle, rules)
    for dialled in request.dialled:
        yield from _of_only_call(dialled, rules.limits)
    yield from _of_caller_id(request.caller_id, rules)
    yield from _of_limits(request, rules.limits)


# --- whom, never ---------------------------------------------------------------------------------


def _of_address(address: Address, circle: Circle, rules: Rules) -> Iterator[Refused]:
    if isinstance(address, SipUri):
        yield from _of_sip(address, circle, rules)
    else:
        yield from _of_number(address, circle, rules)


def _of_number(number: PhoneNumber, circle: Circle, rules: Rules) -> Iterator[Refused]:
    regions = circle.own_regions | regions_of((number,))
    if _is_emergency(number, regions):
        yield _EMERGENCY
    elif not is_valid(number) and _is_service_number(number, regions):
        yield Refused(
            rule=Rule.SHORT_CODE,
            reason=f"{number.masked()} is a short code; service numbers cannot be dialled from here.",
        )
    elif _is_costly(number, rules):
        yield _costly(number)
    elif not is_valid(number) and not is_possible(number):
        yield Refused(
            rule=Rule.IMPOSSIBLE,
            reason=f"{number.masked()} cannot be a number: no such country code, or a wrong length.",
        )


def _of_sip(address: SipUri, circle: Circle, rules: Rules) -> Iterator[Refused]:
    """The domain has to be let in; behind it a gateway may dial the user part like any number."""
    user = _sip_user(address).translate(_SEPARATORS)
    if _DIALLABLE.fullmatch(user):
        if is_emergency(user, circle.own_regions):
            yield _EMERGENCY
        behind = _number_behind(user)
        if behind is not None and _is_costly(behind, rules):
            yield _costly(behind)
    if address.host not in rules.limits.sip_hosts:
        yield Refused(
            rule=Rule.SIP_HOST,
            reason=f"SIP calls to {address.host} are not set up; its domain would have to be in "
            "PATCHLINE_SIP_HOSTS.",
        )


def _sip_user(address: SipUri) -> str:
    """`sip:911;phone-context=…:secret@host` → `911`."""
    user = address.uri.partition(":")[2].rpartition("@")[0]
    return unquote(user).partition(";")[0].partition(":")[0]


def _number_behind(user: str) -> PhoneNumber | None:
    """The number a gateway may make of digits, with or without `+` or `00`; None for a short extension."""
    digits = user.lstrip("+").removeprefix("00")
    if len(digits) <= LONGEST_SHORT_CODE or digits.startswith("0") or len(digits) > 15:
        return None
    return PhoneNumber(e164=f"+{digits}")


def _is_costly(number: PhoneNumber, rules: Rules) -> bool:
    return kind_of(number).is_costly and not number.e164.startswith(_useful(rules.allowed_prefixes))


def _costly(number: PhoneNumber) -> Refused:
    return Refused(
        rule=Rule.PREMIUM,
        reason=f"{number.masked()} is a {kind_of(number)} number, which can cost a fortune. An admin can let "
        "its range in with `allow prefix`.",
    )


def _is_emergency(number: PhoneNumber, regions: frozenset[str]) -> bool:
    """An exchange that reads on after `911` connects `+1 911 666 6666`; a number that exists is not looked at
    that closely, or some of Norfolk Island would be an ambulance."""
    if is_emergency(number.e164):
        return True
    return not is_valid(number) and (
        is_emergency(number.e164, regions)
        or any(
            phonenumbers.connects_to_emergency_number(_national(number), each)
            for each in regions_of((number,))
        )
    )


def _is_service_number(number: PhoneNumber, regions: frozenset[str]) -> bool:
    """Six digits and fewer; a few countries have service numbers of eight."""
    parsed = _parsed(number)
    return (
        len(_national(number)) <= LONGEST_SHORT_CODE
        or is_short_code(number.e164, regions)
        or any(parsed and phonenumbers.is_valid_short_number_for_region(parsed, region) for region in regions)
    )


def _national(number: PhoneNumber) -> str:
    """Without the country code; all digits where there is none."""
    parsed = _parsed(number)
    return phonenumbers.national_significant_number(parsed) if parsed else number.e164.lstrip("+")


def _parsed(number: PhoneNumber) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number.e164)
    except phonenumbers.NumberParseException:
        return None


def _useful(prefixes: Iterable[str]) -> tuple[str, ...]:
    """A bare `+`, or a country code of one digit, would let every costly range in at a slip."""
    return tuple(prefix for prefix in prefixes if prefix.startswith("+") and len(prefix) > 2)


def _of_only_call(dialled: Dialled, limits: Limits) -> Iterator[Refused]:
    only = {_bare(address) for address in limits.only_call}
    if only and _bare(dialled.address) not in only:
        yield Refused(
            rule=Rule.ONLY_CALL,
            reason=f"{dialled.called} is not in PATCHLINE_ONLY_CALL, and nothing else is dialled here.",
        )


def _bare(address: Address) -> str:
    return address.e164 if isinstance(address, PhoneNumber) else address.uri


def _of_caller_id(caller_id: CallerId | None, rules: Rules) -> Iterator[Refused]:
    if caller_id is not None and caller_id != WITHHELD and caller_id not in rules.caller_ids:
        yield Refused(
            rule=Rule.CALLER_ID,
            reason="That caller id is not ours to show: only a rented or verified number, "
            "PATCHLINE_CALLER_ID, or `private`.",
        )


# --- how much ------------------------------------------------------------------------------------


def _of_limits(request: DialRequest, limits: Limits) -> Iterator[Refused]:
    usage = request.usage if request.is_due else Usage()
    placements = usage.placements_last_hour + request.placements
    if limits.placements_per_hour and placements > limits.placements_per_hour:
        yield Refused(
            rule=Rule.PLACEMENTS_PER_HOUR,
            reason=f"That would be {placements} phones rung within an hour; you may have "
            f"{limits.placements_per_hour}. Try again a little later.",
        )
    if limits.room_calls_per_day and usage.calls_today + request.calls > limits.room_calls_per_day:
        yield Refused(
            rule=Rule.CALLS_PER_DAY,
            reason=f"This room has had its {limits.room_calls_per_day} calls today.",
        )
    if request.confirmed and not request.lifts_live_limit and _is_many(request, limits):
        yield Refused(
            rule=Rule.LIVE_LEGS,
            reason=f"{usage.live_legs} phones are ringing or talking for this room; at most "
            f"{limits.room_live_legs} may at once.",
        )
    yield from _of_spend(request, usage, limits)


def _of_spend(request: DialRequest, usage: Usage, limits: Limits) -> Iterator[Refused]:
    """The first minute has to fit into what is left."""
    if limits.daily_spend is None:
        return
    minute = request.per_minute.amount if request.per_minute is not None else Decimal(0)
    if _spent(usage) + minute > limits.daily_spend.amount or is_spent(usage, limits):
        yield Refused(
            rule=Rule.DAILY_SPEND,
            reason=f"Calls may cost {limits.daily_spend} a day, and that is used up for today.",
        )


def _spent(usage: Usage) -> Decimal:
    """Nobody knows the exchange rate here: currencies are added one to one."""
    return sum((money.amount for money in usage.spent_today), Decimal(0))


def _is_many(request: DialRequest, limits: Limits) -> bool:
    live = request.usage.live_legs if request.is_due else 0
    return bool(limits.room_live_legs) and live + request.at_once > limits.room_live_legs


# --- asked first ---------------------------------------------------------------------------------


def _reasons(request: DialRequest, rules: Rules) -> Iterator[Reason]:
    yield from doubts(request.dialled, request.circle, request.at)
    if not request.lifts_live_limit and _is_many(request, rules.limits):
        yield Reason(rule=Rule.MANY_AT_ONCE, sentence=_many(request, rules.limits))
    if request.endless:
        yield Reason(rule=Rule.ENDLESS, sentence="It repeats without an end.")


def _many(request: DialRequest, limits: Limits) -> str:
    if request.at_once > limits.room_live_legs:
        return f"It rings {request.at_once} phones at once; more than {limits.room_live_legs} want a yes."
    return (
        f"Counting the phones that are live already ({request.usage.live_legs}), this room would have more "
        f"than {limits.room_live_legs} at once."
    )


_SEPARATORS: Final = str.maketrans("", "", "-.() ")
_DIALLABLE: Final = re.compile(r"\+?[0-9]+")
_EMERGENCY: Final = Refused(
    rule=Rule.EMERGENCY, reason="I can't place emergency calls. Dial the emergency number from a phone now."
)
