"""Calls, voicemails and forwards as they stand in the ledger, made without anybody dialling."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.call import (
    Call,
    CallKind,
    CallState,
    LegPlan,
    OrderId,
    Placement,
    PlacementState,
    ScheduledCall,
)
from bot.domain.cdr import CallId
from bot.domain.flow import CallFlow, Dial, LegRole, Party, Say
from bot.domain.forwarding import Forward, Stage
from bot.domain.leg import Leg, LegEvent, LegEventKind, LegState, Token
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Asker, Room
from bot.domain.recording import Recording, RecordingId, RecordingState
from tests.unit.handlers.counter import AMY, CONSOLE, MINE, OURS, SAM


def party(role: str, e164: str, name: str | None = None, *, me: bool = False) -> Party:
    return Party(role=LegRole(role), address=PhoneNumber(e164=e164), name=name, is_me=me)


def call(
    n: int,
    due: datetime,
    *,
    to: str = AMY,
    name: str | None = "Amy",
    asker: Asker = SAM,
    room: Room = CONSOLE,
    **more: Any,
) -> Call:
    """`call amy, tell her “Amy, dinner is at +65 9123 4567”, patch me in`, not yet placed."""
    me = party("B", MINE, "Sam", me=True)
    steps = (Say(text=f"{name}, dinner is at {to}"), Dial(parties=(me,)))
    known: dict[str, Any] = {
        "id": CallId(f"c{n}"),
        "number": n,
        "kind": CallKind.CALL,
        "room": room,
        "asker": asker.key,
        "asker_name": asker.name,
        "text": f"call {name} on {to} and patch me in",
        "order": OrderId(f"o{n}"),
        "due": due,
        "zone": "Asia/Singapore",
        "provider": "simulator",
        "plan": (LegPlan(party=party("A", to, name), flow=CallFlow(steps=steps)),),
        "created_at": due - timedelta(hours=1),
    }
    return Call(**{**known, **more})


def over(order: Call, *, talked: float = 65) -> Call:
    """Answered after 5 s, talked for so long."""
    token = Token(f"t{order.number}")
    start = order.due + timedelta(seconds=5)
    leg = Leg(
        token=token,
        party=order.plan[0].party,
        state=LegState.ENDED,
        dialed_at=order.due,
        answered_at=start,
        bridged_at=start,
        ended_at=start + timedelta(seconds=talked),
    )
    return replace(order, state=CallState.DONE, placements=(placement(order),), legs=(leg,))


def placement(order: Call) -> Placement:
    return Placement(
        token=Token(f"t{order.number}"),
        call=order.id,
        plan=order.plan[0],
        provider=order.provider,
        state=PlacementState.CLOSED,
        created_at=order.due,
        placed_at=order.due,
    )


def order_of(call: Call, **more: Any) -> ScheduledCall:
    known: dict[str, Any] = {
        "id": call.order,
        "number": call.number,
        "kind": call.kind,
        "room": call.room,
        "asker": call.asker,
        "text": call.text,
        "plan": call.plan,
        "provider": call.provider,
        "due": call.due,
        "zone": call.zone,
        "created_at": call.created_at,
    }
    return ScheduledCall(**{**known, **more})


def event(call: Call, *, raw: str) -> LegEvent:
    return LegEvent(
        token=Token(f"t{call.number}"),
        role=LegRole("A"),
        kind=LegEventKind.ANSWERED,
        at=call.due,
        source_id="e1",
        address=call.plan[0].party.address,
        raw=raw,
    )


def voicemail(n: int, at: datetime, *, owner: Asker = SAM, room: Room = CONSOLE, **more: Any) -> Recording:
    known: dict[str, Any] = {
        "id": RecordingId(f"r{n}"),
        "number": n,
        "call": CallId(f"c{n}"),
        "role": LegRole("A"),
        "room": room,
        "owner": owner.key,
        "provider": "simulator",
        "ref": f"ref{n}",
        "source_url": "",
        "voicemail": True,
        "state": RecordingState.STORED,
        "file": f"r{n}",
        "content_type": "audio/wav",
        "seconds": 12.0,
        "caller": AMY,
        "created_at": at,
        "expires_at": at + timedelta(days=90),
    }
    return Recording(**{**known, **more})


def forward(
    did: PhoneNumber = OURS, *, to: str = AMY, owner: Asker = SAM, room: Room = CONSOLE, created_at: datetime
) -> Forward:
    return Forward(
        did=did,
        provider="simulator",
        room=room,
        owner=owner.key,
        owner_name=owner.name,
        stages=(Stage(parties=(party("B", to),)),),
        created_at=created_at,
    )
