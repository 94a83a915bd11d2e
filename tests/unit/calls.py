"""Calls to put into tests: made by hand, without planner, ledger or network."""

from datetime import UTC, datetime, timedelta

from bot.domain.call import Call, CallKind, CallState, LegPlan, Placement, PlacementState
from bot.domain.cdr import CallId
from bot.domain.flow import CallFlow, Conference, Dial, LegRole, Party, Step, nth_role
from bot.domain.leg import LegEvent, LegEventKind, Token
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Room

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ROOM = Room(platform="console", workspace="local", channel="main", private=True)
AMY = PhoneNumber(e164="+6591234567")
ME = PhoneNumber(e164="+12125550123")
A, B = LegRole("A"), LegRole("B")


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def plan(*steps: Step, role: LegRole = A, max_seconds: int = 3600) -> LegPlan:
    party = Party(role=role, address=AMY, name="Amy")
    return LegPlan(party=party, flow=CallFlow(steps=steps), max_seconds=max_seconds)


def placement(leg: LegPlan, state: PlacementState = PlacementState.PLACED, n: int = 1) -> Placement:
    token = Token(f"token-{leg.role}")
    return Placement(
        token=token, call=CallId("c1"), plan=leg, provider="simulator", n=n, state=state, created_at=NOON
    )


def patched_call(state: PlacementState = PlacementState.PLACED, max_seconds: int = 3600) -> Call:
    """`call amy and patch me in`, placed at noon."""
    me = Party(role=B, address=ME, name="me", is_me=True)
    leg = plan(Dial(parties=(me,)), max_seconds=max_seconds)
    return call(CallKind.CALL, (leg,), (placement(leg, state),))


def conference(size: int = 3) -> Call:
    legs = tuple(plan(Conference(room="r1"), role=nth_role(n)) for n in range(size))
    return call(CallKind.CONFERENCE, legs, tuple(placement(leg) for leg in legs))


def call(kind: CallKind, legs: tuple[LegPlan, ...], placements: tuple[Placement, ...]) -> Call:
    return Call(
        id=CallId("c1"),
        number=12,
        kind=kind,
        room=ROOM,
        asker="console:local/me",
        asker_name="Punit",
        due=NOON,
        provider="simulator",
        plan=legs,
        placements=placements,
        state=CallState.STARTED,
        started_at=NOON,
        created_at=NOON,
    )


def event(
    kind: LegEventKind, at: float, role: LegRole = A, token: str = "token-A", **facts: object
) -> LegEvent:
    """`at` in seconds after noon."""
    name = f"{token}/{role}/{kind}/{at}"
    return LegEvent(token=Token(token), role=role, kind=kind, at=NOON + seconds(at), source_id=name, **facts)  # type: ignore[arg-type]
