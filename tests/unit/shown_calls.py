"""Calls and cards as the message tests need them: Singapore asks, on Tue 10 March 2026 at 14:30 there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.call import Call, CallKind, CallState, LegPlan, OrderId, Placement, PlacementState
from bot.domain.card import Card
from bot.domain.cdr import CallId, Money
from bot.domain.flow import CallFlow, Conference, Dial, Gather, LegRole, Party, Play, Record, Say, Step
from bot.domain.leg import Leg, LegState, RecordingRef, Token
from bot.domain.messages import card_for
from bot.domain.numbers import PhoneNumber, SipUri
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


BOB = party("B", "+14155550101", "Bob")
CARL = party("C", "+442079460018", "Carl")
FIRST_ME = party("A", "+6581234567", "Sam", me=True)
CALLER = party("A", "+6598765432")
DAD = party("B", "+442079460018", "Dad")


def private(of: Call, seconds: float = 0, **more: Any) -> Card:
    return card_for(of, now=after(seconds), private=True, **more)


def public(of: Call, seconds: float = 0, **more: Any) -> Card:
    return card_for(of, now=after(seconds), **more)


def lines(card: Card, section: str) -> list[str]:
    return [line for each in card.sections if each.name == section for line in each.lines]


def labels(card: Card) -> list[str]:
    return [button.label for button in card.buttons]


def conference(*members: Any) -> Call:
    plans = [plan(each, ACCEPT, Conference(room="r")) for each in members or (AMY, BOB, CARL)]
    return call(*plans, kind=CallKind.CONFERENCE)


def call_back() -> Call:
    return call(plan(FIRST_ME, ACCEPT, Dial(parties=(BOB,))), kind=CallKind.CALLBACK)


def inbound(caller: PhoneNumber | SipUri | None = CALLER.address) -> Call:
    flow = (Dial(parties=(DAD,), ring_seconds=20), Say(text="Please leave your message."), Record())
    return call(plan(CALLER, *flow), kind=CallKind.INBOUND, caller=caller, did="+6561230000")


def message(seconds: float | None) -> tuple[RecordingRef, ...]:
    return (RecordingRef(ref="x", url="", seconds=seconds, voicemail=True),)
