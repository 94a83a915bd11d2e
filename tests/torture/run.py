"""Order calls, let workers die over them, and judge by the phones: how often did each one ring?"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.script import Phone
from adapters.voice.simulator.server import serve_network
from adapters.voice.simulator.trouble import Trouble
from bot.domain.call import Call, CallKind, CallState, LegPlan, PlacementState
from bot.domain.cdr import CallId
from bot.domain.flow import CallFlow, Conference, Party, Say, nth_role
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Room
from bot.ports.ledger import Ledger
from storage.engine import upgrade
from storage.ledger import SqlLedger
from tests.torture.clock import FastClock
from tests.torture.worker import POINTS, Job

ROOM = Room(platform="console", workspace="local", channel="torture", private=True)
MEMBERS = 3


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much, how fast, and how cruel. Times are of the fast clock."""

    database: str
    folder: Path
    calls: int
    conferences: int = 0
    over_seconds: float = 60.0
    workers: int = 1
    per_second: float = 0.0
    """How many calls the account takes. Without a limit they are claimed and written down in one breath."""
    odds: float = 0.05
    points: tuple[str, ...] = POINTS
    mortal_lives: int | None = None
    """How often each worker dies at most; None: it never stops dying."""
    seed: int = 1
    speed: float = 10.0
    trouble: Trouble = field(default_factory=lambda: Trouble(listing_lag=1.5))
    give_up_after: float = 60.0
    """Real seconds."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`rung` counts phones by how often they rang; `untold` never rang, and no card says so.

    `doubt` and `answer`, in seconds of the fast clock: how long after it was written down the slowest of the
    `doubts` showed as being checked, and was settled or reported. Being dead is counted in.
    """

    rung: Counter[int]
    kills: int
    reported: int
    untold: tuple[str, ...]
    doubled: tuple[str, ...]
    open: int
    doubts: int = 0
    doubt: float = 0.0
    answer: float = 0.0

    def __str__(self) -> str:
        return (
            f"{sum(self.rung.values())} phones, {self.kills} kills: {self.rung[1]} rang once, "
            f"{self.rung[0]} never (told of {self.reported} of them), "
            f"{len(self.doubled)} twice or more, {len(self.untold)} lost, {self.open} calls still open; "
            f"{self.doubts} in doubt, shown within {self.doubt:.0f} s, "
            f"settled or reported within {self.answer:.0f} s"
        )


@dataclass
class Doubts:
    """What the cards say of placements whose outcome is not known, as somebody who keeps looking sees it."""

    written: dict[str, datetime] = field(default_factory=dict)
    shown: dict[str, datetime] = field(default_factory=dict)
    settled: dict[str, datetime] = field(default_factory=dict)

    def look(self, waiting: Sequence[Call], now: datetime) -> None:
        """`waiting` are all calls that are not over."""
        doubtful = {
            str(each.token): each
            for call in waiting
            for each in call.placements
            if each.state is PlacementState.UNKNOWN
        }
        for token, placement in doubtful.items():
            self.written[token] = placement.created_at
            self.shown.setdefault(token, now)
        for token in self.shown.keys() - self.settled.keys():
            if token not in doubtful or doubtful[token].check_at is None:
                self.settled[token] = now

    def slowest(self, seen: Mapping[str, datetime]) -> float:
        """Seconds since the placement was written down."""
        return max(((at - self.written[token]).total_seconds() for token, at in seen.items()), default=0.0)


async def torture(plan: Plan) -> Verdict:
    """Run to the end: every call settled or reported, or the time is up."""
    epoch = datetime.now(UTC)
    clock = FastClock(epoch, plan.speed)
    await upgrade(plan.database)
    ledger = SqlLedger(plan.database, now=clock.now)
    network = Network(clock, NetworkConfig(default=Phone(ring_seconds=1.0, hangs_up=4.0), setup_seconds=0.2))
    network.trouble = plan.trouble
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_network(network, "127.0.0.1", 0, on_listening=port.set_result))
    job = Job(
        database=plan.database,
        network=f"http://127.0.0.1:{await port}",
        folder=str(plan.folder),
        epoch=epoch.isoformat(),
        speed=plan.speed,
        odds=plan.odds,
        seed=plan.seed,
        points=plan.points,
        mortal_lives=plan.mortal_lives,
        per_second=plan.per_second,
    )
    try:
        ordered = await _order(ledger, plan, clock.now())
        keepers = [asyncio.create_task(_keep_alive(job, worker)) for worker in range(plan.workers)]
        doubts = Doubts()
        await _until_settled(
            ledger, ordered, plan.give_up_after, lambda calls: doubts.look(calls, clock.now())
        )
        for keeper in keepers:
            keeper.cancel()
        kills = sum(await asyncio.gather(*keepers))
        verdict = await _judge(ledger, network, ordered, kills)
        return replace(
            verdict,
            doubts=len(doubts.shown),
            doubt=doubts.slowest(doubts.shown),
            answer=doubts.slowest(doubts.settled),
        )
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await ledger.close()


async def _keep_alive(job: Job, worker: int) -> int:
    """Start a worker again whenever it has died; returns how often it was killed."""
    kills = 0
    while True:
        life = replace(job, worker=worker, life=kills)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.torture.worker", life.to_text(), stdout=asyncio.subprocess.DEVNULL
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            return kills
        if code != -9:
            raise AssertionError(f"the worker ended by itself, with {code}")
        kills += 1


async def _order(ledger: Ledger, plan: Plan, now: datetime) -> list[Call]:
    numbers = _numbers()
    # Workers need a moment to come up; the first calls are due when they are there.
    first = now + timedelta(seconds=2 * plan.speed)
    total = plan.calls + plan.conferences
    orders = []
    for n in range(total):
        size = MEMBERS if n < plan.conferences else 1
        legs = tuple(_leg(next(numbers), i, f"room-{n}" if size > 1 else None) for i in range(size))
        due = first + timedelta(seconds=plan.over_seconds * ((n * 7919) % total) / total)
        orders.append(_call(n, legs, due, now))
    async with ledger() as tx:
        for order in orders:
            await tx.add_call(order)
        await tx.commit()
    return orders


def _numbers() -> Iterator[str]:
    """Numbers set aside for fiction: NXX-555-01XX."""
    return (f"+1{area}55501{n:02}" for area in range(201, 990) for n in range(100))


def _leg(number: str, n: int, room: str | None) -> LegPlan:
    party = Party(role=nth_role(n), address=PhoneNumber(e164=number))
    step = Say(text="Hello there.") if room is None else Conference(room=room)
    return LegPlan(party=party, flow=CallFlow(steps=(step,)), ring_seconds=10, max_seconds=20)


def _call(n: int, legs: tuple[LegPlan, ...], due: datetime, now: datetime) -> Call:
    return Call(
        id=CallId(f"call-{n}"),
        number=n + 1,
        kind=CallKind.CONFERENCE if len(legs) > 1 else CallKind.CALL,
        room=ROOM,
        asker="console:local/torture",
        due=due,
        provider="simulator",
        plan=legs,
        created_at=now,
    )


async def _until_settled(
    ledger: Ledger, ordered: list[Call], seconds: float, look: Callable[[Sequence[Call]], None]
) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while _open(waiting := await _waiting(ledger, ordered)):
                look(waiting)
                await asyncio.sleep(0.25)
    look(await _waiting(ledger, ordered))


async def _waiting(ledger: Ledger, ordered: list[Call]) -> Sequence[Call]:
    """Calls that are not over."""
    async with ledger() as tx:
        return await tx.calls_in(
            tenant=ROOM.tenant,
            states={CallState.SCHEDULED, CallState.CLAIMED, CallState.STARTED},
            limit=len(ordered),
        )


def _open(waiting: Sequence[Call]) -> int:
    """Those that are not reported as not confirmed either."""
    return sum(1 for call in waiting if not _is_reported(call))


def _is_reported(call: Call) -> bool:
    """Its card says "I cannot confirm": asked to the end, and nothing else goes on."""
    doubtful = [each for each in call.placements if each.state is PlacementState.UNKNOWN]
    return bool(doubtful) and not call.live_legs and all(each.check_at is None for each in doubtful)


async def _judge(ledger: Ledger, network: Network, ordered: list[Call], kills: int) -> Verdict:
    rung: Counter[int] = Counter()
    untold, doubled, reported = [], [], 0
    for order in ordered:
        async with ledger() as tx:
            call = await tx.call(order.id)
        assert call is not None
        for plan in order.plan:
            number = str(plan.party.address)
            times = network.dialled(number)
            rung[times] += 1
            doubled += [number] * (times > 1)
            if times == 0 and _says_so(call, plan):
                reported += 1
            elif times == 0:
                untold.append(number)
    return Verdict(
        rung=rung,
        kills=kills,
        reported=reported,
        untold=tuple(untold),
        doubled=tuple(doubled),
        open=_open(await _waiting(ledger, ordered)),
    )


def _says_so(call: Call, plan: LegPlan) -> bool:
    """Whether the card of this call tells that this phone did not ring, or may not have."""
    if call.state in (CallState.MISSED, CallState.REFUSED) or plan not in call.plan:
        return True
    return any(
        each.role == plan.role and each.state is PlacementState.UNKNOWN and each.check_at is None
        for each in call.placements
    )
