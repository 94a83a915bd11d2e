"""Callbacks as a busy provider sends them: each three times, in any order, through the web door."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette

from adapters.web.app import build_app
from adapters.web.server import serving
from benchmarks.bed import Databases, InstantProvider, dispatching, ledger_at
from benchmarks.load import Answer, Sent, crowd, milliseconds
from benchmarks.orders import order, write_down
from bot.compose import House
from bot.domain.call import Call
from bot.domain.cdr import CallId
from bot.domain.codec import decode, encode
from bot.domain.flow import CallFlow, LegRole
from bot.domain.leg import LegEvent, LegEventKind
from bot.ports.http import HttpReply, HttpRequest
from bot.ports.ledger import Ledger
from bot.ports.voice import Incoming

STORY = (
    (LegEventKind.DIALED, 0.1),
    (LegEventKind.RANG, 1),
    (LegEventKind.ANSWERED, 3),
    (LegEventKind.HUNG_UP, 9),
)
"""What a provider says of a call, and how many seconds after its due moment."""
TIMES = 3


class CallingBack(InstantProvider):
    """A provider whose callbacks are our own events in JSON."""

    def verify(self, request: HttpRequest) -> None:
        """Anybody may call back here."""

    def events(self, request: HttpRequest) -> Sequence[LegEvent]:
        return (decode(LegEvent, json.loads(request.body)),)

    def incoming(self, request: HttpRequest) -> Incoming | None:
        return None

    def answer(self, request: HttpRequest, flow: CallFlow | None) -> HttpReply:
        return HttpReply()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Milliseconds until a callback was acknowledged. `state` is what all calls came to, in a form that has
    nothing of the order in which their callbacks came."""

    callbacks: int
    per_second: float
    p50: float
    p99: float
    refused: int
    state: tuple[object, ...]

    def __str__(self) -> str:
        return (
            f"{self.callbacks:,} callbacks at {self.per_second:.0f}/s: acknowledged p50 {self.p50:.1f} ms, "
            f"p99 {self.p99:.1f} ms, {self.refused} refused"
        )


async def heard(databases: Databases, kind: str, *, calls: int, per_second: float, seed: int | None) -> Heard:
    """Place so many calls, then hear everything about all of them. Without a seed in order, each once."""
    url = await databases.ready(kind)
    provider = CallingBack()
    due = datetime.now(UTC) + timedelta(seconds=1 + calls / 500)
    async with ledger_at(url) as ledger:
        await write_down(ledger, [order(n, due) for n in range(calls)])
        async with dispatching(url, databases.folder, provider) as house:
            await provider.seen.all(calls, seconds=10 + calls / 20)
            await asyncio.sleep(1)
            started = time.perf_counter()
            answers = await _call_back(house, _events(provider, due, seed), per_second)
            seconds = time.perf_counter() - started
        state = tuple([await _state(ledger, CallId(f"call-{n}"), due) for n in range(calls)])
    return Heard(
        callbacks=len(answers),
        per_second=len(answers) / seconds,
        p50=milliseconds(answers, 0.5),
        p99=milliseconds(answers, 0.99),
        refused=sum(each.status != 200 for each in answers),
        state=state,
    )


def _events(provider: CallingBack, due: datetime, seed: int | None) -> list[LegEvent]:
    told = [
        LegEvent(
            token=token, role=LegRole("A"), kind=kind, at=due + timedelta(seconds=after), source_id=kind.value
        )
        for kind, after in STORY
        for token in provider.tokens
    ]
    if seed is not None:
        told *= TIMES
        random.Random(seed).shuffle(told)
    return told


async def _call_back(house: House, events: Sequence[LegEvent], per_second: float) -> list[Answer]:
    async with serving(_door(house), host="127.0.0.1", port=0) as port:
        hooks = f"http://127.0.0.1:{port}/hooks/instant"
        requests = [
            Sent(url=f"{hooks}/{event.token}/events", body=json.dumps(encode(event))) for event in events
        ]
        return await crowd(requests, per_second)


def _door(house: House) -> Starlette:
    async def ready() -> bool:
        return True

    return build_app(
        recordings=house.recordings,
        inbox=house.inbound,
        providers=house.providers,
        chats={},
        public_url=None,
        database_ready=ready,
        dispatcher_ready=ready,
    )


async def _state(ledger: Ledger, id: CallId, due: datetime) -> object:
    """Everything that follows from what was said, without the names and moments of this run."""
    async with ledger() as tx:
        call, cdr = await tx.call(id), await tx.cdr(id)
    assert call is not None
    account = cdr and (
        cdr.disposition,
        _after(cdr.answered_at, due),
        _after(cdr.ended_at, due),
        cdr.talk_seconds,
    )
    return call.state, _legs(call, due), account


def _legs(call: Call, due: datetime) -> object:
    return tuple(
        (
            leg.role,
            leg.state,
            *(_after(at, due) for at in (leg.dialed_at, leg.rang_at, leg.answered_at, leg.ended_at)),
        )
        for leg in call.legs
    )


def _after(at: datetime | None, due: datetime) -> float | None:
    return None if at is None else (at - due).total_seconds()
