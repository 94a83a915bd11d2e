"""Rows to domain values and back. A field goes to the column of its name: nested values as JSON, everything
else as it is. What a row has beyond that (keys to search by, the claim) is said here, type by type.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache, partial
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from sqlalchemy import JSON, RowMapping, Table

from bot.domain.call import Call, Placement, PlacementState
from bot.domain.codec import decode, encode
from bot.domain.errors import Conflict
from bot.domain.flow import LegRole
from bot.domain.leg import Leg, LegEvent, LegState, Token
from bot.domain.people import Room
from storage.tables import CALL, LEG_EVENT, PLACEMENT

T = TypeVar("T")
Row = RowMapping
Values = dict[str, Any]
NOBODY = ","
"""`unplaced` when every planned leg has its placement."""


# --- any type whose fields are columns -----------------------------------------------------------


def values_of(value: object, table: Table, *, unlike: object = None) -> Values:
    """The fields of a domain value that `table` has columns for, ready to be written.

    With `unlike`, an earlier state of the same thing, only those that differ.
    """
    return {
        name: write(getattr(value, name))
        for name, write in _writers(cast(Hashable, type(value)), table)
        if unlike is None or getattr(value, name) != getattr(unlike, name)
    }


def value_of(type_: type[T], row: Row | Mapping[str, Any], table: Table, **others: object) -> T:
    """Inverse of `values_of`; fields without a column come from `others`."""
    return type_(**{name: read(row[name]) for name, read in _readers(cast(Hashable, type_), table)}, **others)


@cache
def _writers(type_: Any, table: Table) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    return [(name, encode if _is_json(table, name) else _plain) for name in _columns(type_, table)]


@cache
def _readers(type_: Any, table: Table) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    hints = get_type_hints(type_)
    return [
        (name, _decoder(hints[name]) if _is_json(table, name) else _plain_reader(hints[name]))
        for name in _columns(type_, table)
    ]


def _columns(type_: Any, table: Table) -> Sequence[str]:
    return [field.name for field in fields(type_) if field.name in table.c]


def _is_json(table: Table, name: str) -> bool:
    return isinstance(table.c[name].type, JSON)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _decoder(hint: Any) -> Callable[[Any], Any]:
    return partial(read, hint)


@lru_cache(maxsize=4096)
def read(hint: Any, text: str | None) -> Any:
    """What a JSON column holds, as a value of that type.

    Domain values are frozen, so one that was decoded before is shared: most rows are read again and again.
    """
    return decode(hint, None if text is None else json.loads(text))


def _plain_reader(hint: Any) -> Callable[[Any], Any]:
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    enum = next((each for each in members if isinstance(each, type) and issubclass(each, Enum)), None)
    if enum is None:
        return lambda value: value
    return lambda value: None if value is None else enum(value)


# --- what belongs to a room ----------------------------------------------------------------------


def tenant_of(person: str) -> str:
    """The workspace in an asker's key (`slack:T1/U2`, `telegram:12345`), as `Asker.tenant` spells it."""
    workspace, slash, _ = person.rpartition("/")
    return workspace if slash else f"{person.partition(':')[0]}:"


def room_values(room: Room) -> Values:
    """What rows about a room are searched by."""
    return {"tenant": room.tenant, "room_key": room.key}


# --- calls ---------------------------------------------------------------------------------------


def call_values(call: Call, *, unlike: Call | None = None) -> Values:
    """The row of the call itself, without the claim, which is the dispatcher's; see `values_of`."""
    waiting = {"unplaced": unplaced_mark(plan.role for plan in call.unplaced)}
    return {**values_of(call, CALL, unlike=unlike), **room_values(call.room), **waiting}


def call_of(row: Row, placements: Iterable[Row], legs: Iterable[Row]) -> Call:
    """Placements and legs in the order they are given; legs that have no `Leg` yet are left out."""
    return value_of(
        Call,
        row,
        CALL,
        placements=tuple(map(placement_of, placements)),
        legs=tuple(read(Leg, leg["data"]) for leg in legs if leg["data"] is not None),
    )


def unplaced_mark(roles: Iterable[LegRole]) -> str:
    """`,B,C,`: so that SQL can take out one role with `replace(unplaced, ',B,', ',')`."""
    return NOBODY + "".join(f"{role}," for role in roles)


def placement_values(placement: Placement, legs: Iterable[Leg], *, unlike: Placement | None = None) -> Values:
    """The row of a placement, without its claim, its place among the others and who asked for it; see
    `values_of`."""
    extra = {"role": placement.role, "watch_at": watch_at(placement, legs)}
    return {**values_of(placement, PLACEMENT, unlike=unlike), **extra}


def placement_of(row: Row) -> Placement:
    return value_of(Placement, row, PLACEMENT)


def watch_at(placement: Placement, legs: Iterable[Leg]) -> datetime | None:
    """When somebody has to look after it: its request's lease has ended, or the provider is to be asked.

    A `placing` without a lease has nobody behind it: at once. An ended leg is nothing to ask about.
    """
    if not placement.state.is_open:
        return None
    own = next((leg for leg in legs if (leg.token, leg.role) == (placement.token, placement.role)), None)
    moments = []
    if placement.state is PlacementState.PLACING:
        moments.append(placement.lease_until or placement.created_at)
    if placement.check_at is not None and not has_ended(own):
        moments.append(placement.check_at)
    return min(moments, default=None)


def has_ended(leg: Leg | None) -> bool:
    """Whether the provider has said so; a leg that nobody has heard of has not ended."""
    return leg is not None and (leg.state is LegState.ENDED or leg.ended_at is not None)


LegKey = tuple[Token, LegRole]


def leg_values(call: Call) -> dict[LegKey, Values]:
    """The leg rows of a call, `data` still a `Leg`: those of each placement, then legs of unknown tokens.

    Raises Conflict when two placements have one token.
    """
    if len({placement.token for placement in call.placements}) < len(call.placements):
        raise Conflict(f"call {call.id}: two placements with one token")
    legs = {(leg.token, leg.role): leg for leg in call.legs}
    rows: dict[LegKey, Values] = {}
    for placement in call.placements:
        rows |= placement_legs(placement, call.room.key, legs)
    strange = [token for token in dict.fromkeys(token for token, _ in legs) if not call.placement(token)]
    rows |= {key: _strange_leg(leg, call, strange) for key, leg in legs.items() if key not in rows}
    positions = {key: n for n, key in enumerate(legs)}
    return {key: {**row, "position": positions.get(key)} for key, row in rows.items()}


def placement_legs(placement: Placement, room_key: str, legs: Mapping[LegKey, Leg]) -> dict[LegKey, Values]:
    """The legs a placement stands for: its own, those its flow may dial, and whatever else was heard of."""
    named = [placement.role, *(party.role for party in placement.plan.flow.parties())]
    heard = [role for token, role in legs if token == placement.token]
    common = {"token": placement.token, "call": placement.call, "n": placement.n, "room_key": room_key}
    return {
        (placement.token, role): {
            **common,
            "role": role,
            "position": None,
            **_standing(placement, role, legs),
        }
        for role in dict.fromkeys((*named, *heard))
    }


def _standing(placement: Placement, role: LegRole, legs: Mapping[LegKey, Leg]) -> Values:
    leg, own = legs.get((placement.token, role)), legs.get((placement.token, placement.role))
    is_own, is_live = role == placement.role, leg is not None and leg.is_live
    # Once the leg we asked for has ended, the provider will not dial those it has not dialled yet.
    may_ring = not has_ended(leg) and (is_own or is_live or not has_ended(own))
    is_open = placement.state.is_open and may_ring
    return {"open": is_open, "live": is_live or (is_own and is_open), "data": leg}


def _strange_leg(leg: Leg, call: Call, strange: Sequence[Token]) -> Values:
    return {
        "token": leg.token,
        "call": call.id,
        "n": 1 + strange.index(leg.token),
        "room_key": call.room.key,
        "role": leg.role,
        "position": None,
        "open": leg.is_live,
        "live": leg.is_live,
        "data": leg,
    }


def event_values(event: LegEvent) -> Values:
    return values_of(event, LEG_EVENT)


def event_of(row: Row) -> LegEvent:
    return value_of(LegEvent, row, LEG_EVENT)
