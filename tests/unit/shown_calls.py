"""Calls as the message tests need them: Singapore asks, on Tue 10 March 2026 at 14:30 there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.call import Call, CallKind, CallState, LegPlan, OrderId, Placement, PlacementState
from bot.domain.cdr import CallId, Money
from bot.domain.flow import CallFlow, Dial, Gather, LegRole, Party, Play, Say, Step
from bot.domain.leg import Leg, LegState, Token
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Room

NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
DUE = datetime(2026, 3, 10, 15, 59, tzinfo=UTC)  # 23:59 in Singapore
ROOM = Room(platform="slack", workspace="T1", channel="C1")
ACCEPT = Gather(prompt="Patchline. Press 1 to talk to Amy.")


def party(role: str, number: str, name: str | None = None, *, me: bool = False) -> Party:
    return Party(role=LegRole(role), address=PhoneNumber(e164=number), name=name, is_me=me)


AMY = party("A", "+6591234567", "Amy")
STRANGER = party("A", "+442079460018")
ME = party("B", "+6581234567", "Sam", me=True)


def plan(who: Party = AMY, *steps: Step, **more: Any) -> LegPlan:
    machine = more.pop("on_machine", None)
    record = more.pop("record", False)
    return LegPlan(party=who, flow=CallFlow(steps=steps, on_machine=machine, record=record), **more)


def patch_in(who: Party = AMY, me: Party = ME, **more: Any) -> LegPlan:
    return plan(who, Dial(parties=(me,), ring_seconds=30, accept=ACCEPT), **more)


def birthday(**more: Any) -> LegPlan:
    """Song, announcement, patch-in."""
    song = Play(url="https://files.example.com/happy.mp3?key=abc")
    words = Say(text="Connecting this call to Sam")
    return plan(AMY, song, words, Dial(parties=(ME,), ring_seconds=30, accept=ACCEPT), **more)


def call(*plans: LegPlan, **more: Any) -> Call:
    known: dict[str, Any] = {
        "id": CallId("c1"), "number": 12, "kind": CallKind.CALL, "room": ROOM, "asker": "slack:T1/U1",
        "asker_name": "Sam", "due": DUE, "zone": "Asia/Singapore", "provider": "simulator",
        "plan": plans or (patch_in(),), "created_at": NOW, "order": OrderId("o1"),
    }  # fmt: skip
    return Call(**{**known, **more})


def placement(who: LegPlan, state: PlacementState = PlacementState.PLACED, **more: Any) -> Placement:
    known: dict[str, Any] = {
        "token": Token(f"t{who.role}"), "call": CallId("c1"), "plan": who, "provider": "simulator",
        "state": state, "created_at": DUE,
        "placed_at": DUE if state in (PlacementState.PLACED, PlacementState.CLOSED) else None,
    }  # fmt: skip
    return Placement(**{**known, **more})


def after(seconds: float) -> datetime:
    return DUE + timedelta(seconds=seconds)


_REACHED = {
    "dialed": LegState.DIALED,
    "rang": LegState.RINGING,
    "answered": LegState.ANSWERED,
    "bridged": LegState.BRIDGED,
    "ended": LegState.ENDED,
}


def leg(who: Party, token: str = "tA", **times: Any) -> Leg:
    """Seconds since due: `dialed=0, rang=1, answered=7, bridged=9, ended=60`; the state follows."""
    state = next((_REACHED[name] for name in reversed(_REACHED) if name in times), LegState.PLANNED)
    moments = {f"{name}_at": after(times.pop(name)) for name in _REACHED if name in times}
    return Leg(token=Token(token), party=who, state=state, **moments, **times)


def started(order: Call, *legs: Leg, **more: Any) -> Call:
    """Every plan placed, these legs heard of."""
    placements = more.pop("placements", tuple(placement(each) for each in order.plan))
    return replace(order, state=CallState.STARTED, started_at=DUE, placements=placements, legs=legs, **more)


def done(order: Call, *legs: Leg, **more: Any) -> Call:
    over = started(order, *legs, **more)
    closed = tuple(
        replace(each, state=PlacementState.CLOSED) if each.state is PlacementState.PLACED else each
        for each in over.placements
    )
    return replace(over, state=CallState.DONE, placements=closed)


def cents(amount: str) -> Money:
    return Money(amount=Decimal(amount))
