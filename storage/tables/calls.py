# mypy: disable-error-code="mutable-override"
# SQLModel declares __tablename__ wider than the str that it wants.
"""Orders, calls, placements, legs and their events; the provider's rate and whose turn it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.columns import Instant, Json, Serial, partial_index, table_of


class OrderRow(SQLModel, table=True):
    """`ScheduledCall`."""

    __tablename__ = "scheduled_call"
    __table_args__ = (Index("ix_scheduled_call_tenant", "tenant", "number"),)

    id: str = Field(primary_key=True)
    tenant: str
    number: int
    kind: str
    room: Any = Field(sa_type=Json, nullable=False)
    asker: str
    asker_name: str
    text: str
    plan: Any = Field(sa_type=Json, nullable=False)
    provider: str
    due: datetime = Field(sa_type=Instant)
    zone: str
    understood: Any = Field(sa_type=Json, nullable=False)
    recurrence: Any = Field(sa_type=Json, nullable=True)
    recurrence_words: Any = Field(sa_type=Json, nullable=False)
    skip: Any = Field(sa_type=Json, nullable=False)
    left_out: Any = Field(sa_type=Json, nullable=False)
    conference: str | None
    expected_cost: Any = Field(sa_type=Json, nullable=True)
    cancelled: bool
    created_at: datetime = Field(sa_type=Instant)


class CallRow(SQLModel, table=True):
    """`Call` without its placements and legs.

    `owner` and `lease_until` are the claim. `unplaced` names the planned legs without a placement, each
    between commas (`,B,C,`; `,` for none), so that one UPDATE can take one out.
    """

    __tablename__ = "call"
    __table_args__ = (
        partial_index("ix_call_scheduled", "due", "provider", "room_key", "id", where="state = 'scheduled'"),
        partial_index("ix_call_held", "due", where="state = 'held'"),
        partial_index("ix_call_started", "due", where="state = 'started'"),
        partial_index("ix_call_claimed", "lease_until", where="state = 'claimed'"),
        partial_index("ix_call_unplaced", "lease_until", where="state = 'started' AND unplaced <> ','"),
        partial_index("ix_call_owner", "owner", where="owner IS NOT NULL"),
        partial_index("ix_call_wake", "wake_at", where="wake_at IS NOT NULL"),
        partial_index("ix_call_order", "order", "due", where='"order" IS NOT NULL'),
        partial_index("ix_call_day", "room_key", "started_at", where="started_at IS NOT NULL"),
        Index("ix_call_room", "room_key", "state", "due", "number"),
        Index("ix_call_asker", "asker", "state", "due", "number"),
        Index("ix_call_tenant", "tenant", "state", "due", "number"),
        Index("ix_call_number", "tenant", "number"),
    )

    id: str = Field(primary_key=True)
    tenant: str
    room_key: str
    number: int
    kind: str
    room: Any = Field(sa_type=Json, nullable=False)
    asker: str
    asker_name: str
    text: str
    understood: Any = Field(sa_type=Json, nullable=False)
    order: str | None
    due: datetime = Field(sa_type=Instant)
    zone: str
    recurrence_words: Any = Field(sa_type=Json, nullable=False)
    provider: str
    plan: Any = Field(sa_type=Json, nullable=False)
    state: str
    reason: str | None
    notes: Any = Field(sa_type=Json, nullable=False)
    left_out: Any = Field(sa_type=Json, nullable=False)
    conference: str | None
    recorded_by: str | None
    expected_cost: Any = Field(sa_type=Json, nullable=True)
    started_at: datetime | None = Field(sa_type=Instant)
    ending: str | None
    warned: bool
    alone_since: datetime | None = Field(sa_type=Instant)
    screening_until: datetime | None = Field(sa_type=Instant)
    wake_at: datetime | None = Field(sa_type=Instant)
    caller: Any = Field(sa_type=Json, nullable=True)
    did: str | None
    created_at: datetime = Field(sa_type=Instant)
    lifts_live_limit: bool
    brought: Any = Field(sa_type=Json, nullable=False)
    follows: str | None
    followed_by: str | None
    owner: str | None
    lease_until: datetime | None = Field(sa_type=Instant)
    unplaced: str


class PlacementRow(SQLModel, table=True):
    """`Placement`. `watch_at` is when somebody has to look after it (see `mapping.watch_at`)."""

    __tablename__ = "placement"
    __table_args__ = (
        Index("ix_placement_call", "call", "position"),
        partial_index("ix_placement_watch", "watch_at", where="watch_at IS NOT NULL"),
        partial_index("ix_placement_owner", "owner", where="owner IS NOT NULL AND state = 'placing'"),
        Index("ix_placement_hour", "asker", "created_at"),
    )

    token: str = Field(primary_key=True)
    call: str = Field(foreign_key="call.id")
    position: int
    role: str
    n: int
    asker: str
    plan: Any = Field(sa_type=Json, nullable=False)
    provider: str
    state: str
    owner: str | None
    refs: Any = Field(sa_type=Json, nullable=False)
    created_at: datetime = Field(sa_type=Instant)
    placed_at: datetime | None = Field(sa_type=Instant)
    lease_until: datetime | None = Field(sa_type=Instant)
    deadline: datetime | None = Field(sa_type=Instant)
    check_at: datetime | None = Field(sa_type=Instant)
    checks: int
    reconciled: bool
    error: str | None
    watch_at: datetime | None = Field(sa_type=Instant)


class LegRow(SQLModel, table=True):
    """A leg that a placement stands for: the one it originates and those the provider dials for it.

    `data` is the `Leg` once there is one, `position` its place among the legs of the call. While a row is
    `open`, the partial unique index forbids a second placement for that leg, whoever writes it.
    """

    __tablename__ = "placement_leg"
    __table_args__ = (
        UniqueConstraint("call", "role", "n", name="uq_placement_leg_attempt"),
        partial_index("uq_placement_leg_open", "call", "role", where="open = true", unique=True),
        partial_index("ix_placement_leg_live", "room_key", where="live = true"),
    )

    token: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    call: str = Field(foreign_key="call.id")
    n: int
    room_key: str
    open: bool
    live: bool
    position: int | None
    data: Any = Field(sa_type=Json, nullable=True)


class LegEventRow(SQLModel, table=True):
    """`LegEvent`. Append-only; `id` is the order of arrival."""

    __tablename__ = "leg_event"
    __table_args__ = (
        UniqueConstraint("token", "source_id", name="uq_leg_event_source"),
        Index("ix_leg_event_call", "call", "id"),
    )

    id: int | None = Field(default=None, sa_type=Serial, primary_key=True)
    call: str = Field(foreign_key="call.id")
    received_at: datetime = Field(sa_type=Instant)
    token: str
    role: str
    kind: str
    at: datetime = Field(sa_type=Instant)
    source_id: str
    sequence: int = Field(sa_type=BigInteger)
    cause: int | None
    verdict: str | None
    digits: str
    recording: Any = Field(sa_type=Json, nullable=True)
    cost: Any = Field(sa_type=Json, nullable=True)
    billed_seconds: int | None
    address: Any = Field(sa_type=Json, nullable=True)
    ref: str | None
    raw: str


class CdrRow(SQLModel, table=True):
    """`CallDetailRecord`."""

    __tablename__ = "cdr"

    call: str = Field(primary_key=True, foreign_key="call.id")
    disposition: str
    started_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(sa_type=Instant)
    ended_at: datetime = Field(sa_type=Instant)
    talk_seconds: int
    billed_seconds: int
    cost: Any = Field(sa_type=Json, nullable=False)


class ChargeRow(SQLModel, table=True):
    """What a closed call cost, one row a currency, in billionths: so that a day's spending is one sum."""

    __tablename__ = "charge"
    __table_args__ = (Index("ix_charge_ended", "ended_at"),)

    call: str = Field(primary_key=True, foreign_key="call.id")
    currency: str = Field(primary_key=True)
    ended_at: datetime = Field(sa_type=Instant)
    billionths: int = Field(sa_type=BigInteger)


class CounterRow(SQLModel, table=True):
    """The last number given out, per workspace and kind (`call`, `voicemail`)."""

    __tablename__ = "counter"

    tenant: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    value: int


class RateRow(SQLModel, table=True):
    """A provider account: when its next placement may leave, and since when they queue without a break.

    Both in microseconds since 1970, since they are reckoned with in SQL.
    """

    __tablename__ = "rate"

    account: str = Field(primary_key=True)
    next_free: int = Field(sa_type=BigInteger)
    busy_since: int = Field(sa_type=BigInteger)


class TurnRow(SQLModel, table=True):
    """Which rooms were served last while others waited. `served` only counts up."""

    __tablename__ = "room_turn"

    room_key: str = Field(primary_key=True)
    served: int = Field(sa_type=BigInteger)


ORDER = table_of(OrderRow)
CALL = table_of(CallRow)
PLACEMENT = table_of(PlacementRow)
LEG = table_of(LegRow)
LEG_EVENT = table_of(LegEventRow)
CDR = table_of(CdrRow)
CHARGE = table_of(ChargeRow)
COUNTER = table_of(CounterRow)
RATE = table_of(RateRow)
TURN = table_of(TurnRow)
