"""What the suite puts into a ledger: small things by default, and one of each as rich as it gets."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from bot.domain.call import (
    Call,
    CallKind,
    CallState,
    LegPlan,
    OrderId,
    Placement,
    PlacementState,
    ProviderRef,
    ScheduledCall,
    Understood,
)
from bot.domain.card import Button, Card, Reply, ReplyKind, Section
from bot.domain.causes import AmdVerdict, Disposition, HangupCause
from bot.domain.cdr import CallDetailRecord, CallId, Money
from bot.domain.flow import (
    CallFlow,
    Conference,
    Dial,
    Gather,
    HangUp,
    LegRole,
    Menu,
    Party,
    Pause,
    Play,
    Record,
    Say,
    SendDigits,
    SendText,
)
from bot.domain.forwarding import Forward, Stage
from bot.domain.leg import Leg, LegEvent, LegEventKind, LegState, RecordingRef, Token
from bot.domain.numbers import Address, PhoneNumber, SipUri
from bot.domain.people import Asker, Person, Room, Standing
from bot.domain.question import Choice, OpenQuestion, QuestionId, QuestionKind
from bot.domain.recording import Recording, RecordingId, RecordingState
from bot.domain.schedule import Recurrence, Unit
from bot.ports.chat import Inbound, SourceKey
from bot.ports.ledger import Ledger

NOW = datetime(2026, 3, 10, 6, 30, 0, 123_457, tzinfo=UTC)
DAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
LEASE = timedelta(seconds=5)
OWNER = "host/1/abc"
ROOM = Room(platform="console", workspace="local", channel="main", private=True)
SLACK = Room(platform="slack", workspace="T1", channel="C7", thread="171.5")
ASKER = Asker(platform="console", workspace="local", user="me", name="Punit", standing=Standing.OWNER)
AMY = PhoneNumber(e164="+6591234567", ext="12")
ME = PhoneNumber(e164="+12125550123")
OFFICE = PhoneNumber(e164="+442079460123")
A, B, C = LegRole("A"), LegRole("B"), LegRole("C")

_names = count(1)


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def name(kind: str) -> str:
    return f"{kind}-{next(_names)}"


def party(role: LegRole = A, address: Address = AMY) -> Party:
    return Party(role=role, address=address)


def plan(role: LegRole = A, *, dials: Sequence[LegRole] = ()) -> LegPlan:
    """One leg to be placed; `dials` are the legs that the provider will ring for it."""
    steps = (Dial(parties=tuple(party(each, ME) for each in dials)),) if dials else (Say(text="Hello"),)
    return LegPlan(party=party(role), flow=CallFlow(steps=steps))


def call(**others: Any) -> Call:
    id = CallId(name("call"))
    fields: dict[str, Any] = {
        "id": id,
        "number": 1,
        "kind": CallKind.CALL,
        "room": ROOM,
        "asker": ASKER.key,
        "due": NOW,
        "provider": "simulator",
        "plan": (plan(),),
        "created_at": NOW,
    }
    return Call(**{**fields, **others})


def placement(of: Call, leg: LegPlan | None = None, **others: Any) -> Placement:
    fields: dict[str, Any] = {
        "token": Token(name("token")),
        "call": of.id,
        "plan": leg or of.plan[0],
        "provider": of.provider,
        "created_at": NOW,
        "lease_until": NOW + seconds(30),
    }
    return Placement(**{**fields, **others})


def leg(of: Placement, role: LegRole | None = None, **others: Any) -> Leg:
    return Leg(**{"token": of.token, "party": party(role or of.role), "state": LegState.RINGING, **others})


def started(*placements: Placement, legs: Sequence[Leg] = (), **others: Any) -> Call:
    """A call as it is once its placements were made: give them the call's id afterwards with `of`."""
    return call(state=CallState.STARTED, started_at=NOW, placements=placements, legs=tuple(legs), **others)


async def saved(ledger: Ledger, *calls: Call) -> None:
    async with ledger() as tx:
        for each in calls:
            await tx.add_call(each)
        await tx.commit()


async def read(ledger: Ledger, id: CallId) -> Call:
    async with ledger() as tx:
        found = await tx.call(id)
    assert found is not None
    return found


async def claimed(ledger: Ledger, owner: str = OWNER, *, now: datetime = NOW, limit: int = 100) -> list[Call]:
    async with ledger() as tx:
        calls = await tx.claim(owner=owner, now=now, lease_until=now + LEASE, limit=limit)
        await tx.commit()
    return list(calls)


async def begun(ledger: Ledger, wanted: Placement, owner: str = OWNER, *, now: datetime = NOW) -> bool:
    async with ledger() as tx:
        done = await tx.begin_placement(wanted, owner=owner, now=now)
        await tx.commit()
    return done


async def dialled(ledger: Ledger, wanted: Call | None = None) -> Placement:
    """A call that is claimed and has its first placement out."""
    wanted = wanted or call()
    await saved(ledger, wanted)
    await claimed(ledger)
    first = placement(wanted)
    assert await begun(ledger, first)
    return first


# --- as rich as it gets ----------------------------------------------------------------------------

EVERY_STEP = (
    Play(url="https://example.com/a.mp3", times=2),
    Say(text="Grüße, 今日は \N{BELL} 'quoted' \\ back", language="de-DE", voice="Anna"),
    Pause(seconds=1.5),
    SendDigits(digits="1w2W#", tone_ms=80),
    SendText(text="hi", sender=ME),
    Menu(code="m1"),
    Gather(prompt="Press 1", key="1", seconds=20),
    Dial(
        parties=(Party(role=B, address=SipUri(uri="sip:amy@example.com"), name="Amy", is_me=True),),
        ring_seconds=25,
        accept=Gather(prompt="Press 1"),
        music="https://example.com/m.mp3",
    ),
    Record(max_seconds=60, silence_seconds=4, finish_key="*"),
    Conference(room="r1", music=None, muted=True),
    HangUp(),
)
RICH_PLAN = LegPlan(
    party=Party(role=A, address=AMY, name="Amy", is_me=False),
    flow=CallFlow(steps=EVERY_STEP, on_machine=(Say(text="Bye"), HangUp()), record=True),
    ring_seconds=20,
    max_seconds=600,
    caller_id="private",
)
RICH_RECURRENCE = Recurrence(
    zone="Europe/Berlin",
    unit=Unit.MONTH,
    interval=2,
    times=(time(9, 30), time(17)),
    weekdays=(0, 4),
    days=(1, -1),
    nth=((-1, 4), (1, 0)),
    month=3,
    since=NOW,
    start=date(2026, 3, 1),
    anchor=NOW,
    until=date(2027, 1, 1),
    count=12,
    except_days=(date(2026, 5, 1),),
    except_weekdays=(6,),
)


def rich_call() -> Call:
    id = CallId(name("call"))
    first = Placement(
        token=Token(name("token")),
        call=id,
        plan=RICH_PLAN,
        provider="plivo",
        n=1,
        state=PlacementState.PLACED,
        refs=((A, ProviderRef("ref-a")), (B, ProviderRef("ref-b"))),
        created_at=NOW,
        placed_at=NOW + seconds(0.25),
        deadline=NOW + seconds(4000),
        check_at=NOW + seconds(120),
        checks=3,
        reconciled=True,
        error="slow",
    )
    failed = replace(
        first,
        token=Token(name("token")),
        plan=replace(plan(C), party=party(C, SipUri(uri="sips:bob@example.com:5061")), caller_id=ME),
        state=PlacementState.REJECTED,
        refs=(),
        placed_at=None,
        reconciled=False,
    )
    own = Leg(
        token=first.token,
        party=RICH_PLAN.party,
        state=LegState.ENDED,
        dialed_at=NOW,
        rang_at=NOW + seconds(1),
        answered_at=NOW + seconds(2),
        bridged_at=NOW + seconds(3),
        ended_at=NOW + seconds(60.000001),
        cause=HangupCause.NORMAL_CLEARING,
        verdict=AmdVerdict.HUMAN,
        digits=((NOW + seconds(5), "1"), (NOW + seconds(6), "#")),
        recordings=(
            RecordingRef(ref="rec", url="https://example.com/rec.wav", seconds=3.25, voicemail=True),
        ),
        cost=Money(amount=Decimal("0.01350"), currency="EUR"),
        billed_seconds=60,
        cost_sequence=7,
        ref="leg-ref",
        muted=True,
        held=True,
    )
    patched = Leg(token=first.token, party=party(B, ME), state=LegState.BRIDGED, answered_at=NOW)
    return Call(
        id=id,
        number=12,
        kind=CallKind.CONFERENCE,
        room=SLACK,
        asker="slack:T1/U2",
        asker_name="Jürgen",
        text="call amy and patch me in",
        understood=(Understood(field="when", words="now"),),
        order=OrderId("o1"),
        due=NOW,
        zone="Asia/Singapore",
        recurrence_words=("every", "day"),
        provider="plivo",
        plan=(RICH_PLAN, failed.plan, plan(LegRole("D"))),
        state=CallState.STARTED,
        reason="because",
        placements=(first, failed),
        legs=(own, patched),
        notes=("Amy joined",),
        left_out=("accept key",),
        conference="r1",
        recorded_by="Punit",
        expected_cost=Money(amount=Decimal("1.23")),
        started_at=NOW,
        ending="amy",
        warned=True,
        alone_since=NOW,
        screening_until=NOW,
        wake_at=NOW + seconds(9),
        caller=OFFICE,
        did=str(ME),
        created_at=NOW - seconds(100),
        lifts_live_limit=True,
        brought=(party(LegRole("E"), ME),),
        follows=CallId("c0"),
        followed_by=CallId("c9"),
    )


def order(**others: Any) -> ScheduledCall:
    fields: dict[str, Any] = {
        "id": OrderId(name("order")),
        "number": 3,
        "kind": CallKind.REMIND,
        "room": ROOM,
        "asker": ASKER.key,
        "asker_name": "Punit",
        "text": "remind me every friday",
        "plan": (RICH_PLAN, plan(C)),
        "provider": "simulator",
        "due": NOW,
        "zone": "Europe/Berlin",
        "recurrence": RICH_RECURRENCE,
        "skip": (NOW + timedelta(days=7),),
        "understood": (Understood(field="when", words="every friday"),),
        "recurrence_words": ("every friday",),
        "left_out": ("accept key",),
        "conference": "r1",
        "expected_cost": Money(amount=Decimal("1.23")),
        "created_at": NOW,
    }
    return ScheduledCall(**{**fields, **others})


def event(token: Token, **others: Any) -> LegEvent:
    fields: dict[str, Any] = {
        "token": token,
        "role": A,
        "kind": LegEventKind.RANG,
        "at": NOW,
        "source_id": name("source"),
    }
    return LegEvent(**{**fields, **others})


def rich_event(token: Token) -> LegEvent:
    return event(
        token,
        kind=LegEventKind.HUNG_UP,
        sequence=2**40,
        cause=HangupCause.USER_BUSY,
        verdict=AmdVerdict.SCREENING,
        digits="12#",
        recording=RecordingRef(ref="r", url="https://example.com/r", seconds=None),
        cost=Money(amount=Decimal("0.5")),
        billed_seconds=3,
        address=SipUri(uri="sip:x@example.com"),
        ref="ref",
        raw='{"CallStatus": "busy"}',
    )


def cdr(of: CallId, *cost: Money, ended_at: datetime = NOW) -> CallDetailRecord:
    return CallDetailRecord(
        call=of,
        disposition=Disposition.ANSWERED,
        started_at=ended_at - seconds(61),
        answered_at=ended_at - seconds(60),
        ended_at=ended_at,
        talk_seconds=60,
        billed_seconds=60,
        cost=cost,
    )


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount))


def inbound(number: int = 1, **others: Any) -> Inbound:
    source = SourceKey(platform="console", workspace="local", event=str(number))
    fields: dict[str, Any] = {
        "source": source,
        "room": ROOM,
        "asker": ASKER,
        "sent_at": NOW,
        "text": "call amy",
        "timezone": "Europe/Berlin",
    }
    return Inbound(**{**fields, **others})


def reply(text: str = "Calling.") -> Reply:
    buttons = (Button(label="Cancel", action="cancel:1", style="danger"),)
    return Reply(text=text, kind=ReplyKind.QUESTION, buttons=buttons, private=False, call="c1")


def card(of: str = "c1", state: str = "ringing", *, final: bool = False) -> Card:
    return Card(
        call=of,
        number=12,
        state=state,
        title=f"Amy: {state}",
        sections=(Section(name="legs", lines=("A ringing", "B —")),),
        buttons=(Button(label="Hang up", action="h:1"),),
        final=final,
    )


def question(**others: Any) -> OpenQuestion:
    fields: dict[str, Any] = {
        "id": QuestionId(name("question")),
        "kind": QuestionKind.CHOICE,
        "room": ROOM,
        "asker": ASKER.key,
        "text": "Morning or evening?",
        "span": (9, 13),
        "message": "call amy at 9",
        "choices": (Choice(label="9 am", text="call amy at 9 am"), Choice(label="No", text="")),
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=10),
    }
    return OpenQuestion(**{**fields, **others})


def person(key: str = "slack:T1/U2", **others: Any) -> Person:
    return Person(**{"key": key, "name": "Amy", **others})


RICH_PERSON = Person(
    key="slack:T1/U9",
    name="Zoë",
    number=ME,
    verified=True,
    timezone="Asia/Singapore",
    region="SG",
    date_order="DMY",
    clock="24",
    provider="hoiio",
    caller_id="private",
    admitted=False,
)


def forward(did: PhoneNumber = OFFICE, room: Room = ROOM) -> Forward:
    return Forward(
        did=did,
        provider="plivo",
        room=room,
        owner=ASKER.key,
        owner_name="Punit",
        stages=(
            Stage(parties=(party(B, ME), party(C, SipUri(uri="sip:desk@example.com"))), ring_seconds=15),
            Stage(parties=(party(LegRole("D")),)),
        ),
        voicemail=False,
        notify=ME,
        created_at=NOW,
    )


def recording(**others: Any) -> Recording:
    unique = name("recording")
    fields: dict[str, Any] = {
        "id": RecordingId(unique),
        "number": 14,
        "call": CallId("c1"),
        "role": A,
        "room": ROOM,
        "owner": ASKER.key,
        "provider": "plivo",
        "ref": unique,
        "source_url": "https://example.com/r.wav",
        "voicemail": True,
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=90),
    }
    return Recording(**{**fields, **others})


def rich_recording() -> Recording:
    return recording(
        state=RecordingState.STORED,
        file="2026/03/r.wav",
        content_type="audio/wav",
        seconds=12.5,
        size=2**33,
        caller=str(AMY),
        tries=3,
        next_try=NOW + seconds(30),
        link_version=4,
        done=True,
        heard_by=("slack:T1/U2",),
    )
