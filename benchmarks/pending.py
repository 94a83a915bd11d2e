"""What a large number of far-future calls costs: to start, to wait, and to do anything beside them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import Connection, text

from benchmarks.bed import Databases, InstantProvider, build, dispatching
from benchmarks.lateness import Lateness, fresh
from benchmarks.orders import ROOMS, order, room, write_down
from bot.domain import decisions
from bot.domain.call import CallState
from bot.domain.card import Card, Reply
from bot.domain.people import Asker, Room
from bot.parse.ids import LARGEST
from bot.ports.chat import ChatInbox, ChatLimits, Inbound, MessageRef, SourceKey
from bot.ports.ledger import Ledger
from storage.engine import postgres_engine, sqlite_engine

FAR = timedelta(days=30)
TEMPLATE = "template"
ADMIN = Asker(platform="console", workspace="local", user="asker-0", name="Sam")


async def fill(databases: Databases, kind: str, calls: int) -> str:
    """A database with about so many scheduled calls, spread over a month from now, in all rooms."""
    url = await databases.ready(kind)
    house = build(url, databases.folder, InstantProvider())
    due = datetime.now(UTC) + FAR
    templates = [order(n, due + timedelta(minutes=n), prefix=TEMPLATE) for n in range(ROOMS)]
    await write_down(house.ledger, templates)
    async with house.ledger() as tx:
        await tx.next_number(room(0).tenant)
        await tx.commit()
    await house.close()
    await _on(url, lambda connection: _multiply(connection, calls // ROOMS))
    return url


def _multiply(connection: Connection, copies: int) -> None:
    """The database copies its own rows: writing a million one by one would take longer than measuring. They
    get numbers that nobody could type, so that new calls get some that one can."""
    columns = connection.execute(text("SELECT * FROM call LIMIT 0")).keys()
    other = {"id": "template.id || '-' || n", "number": f"template.number + {LARGEST} + n * {ROOMS}"}
    other["due"] = "template.due + CAST(n AS BIGINT) * 2000000"
    chosen = ", ".join(other.get(name, f'template."{name}"') for name in columns)
    named = ", ".join(f'"{name}"' for name in columns)
    numbered = f"UPDATE counter SET value = {ROOMS} WHERE kind = 'call'"
    connection.execute(
        text(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :copies) "
            f"INSERT INTO call ({named}) SELECT {chosen} FROM call AS template CROSS JOIN numbers"
        ),
        {"copies": copies - 1},
    )
    connection.execute(text(numbered))
    connection.commit()
    connection.execute(text("ANALYZE"))
    connection.commit()


async def _on(url: str, work: Callable[[Connection], None]) -> None:
    if url.startswith("sqlite"):
        engine = sqlite_engine(url)
        with engine.connect() as connection:
            await asyncio.to_thread(work, connection)
        engine.dispose()
        return
    pool = postgres_engine(url)
    async with pool.connect() as connection:
        await connection.run_sync(work)
    await pool.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """`start`: seconds until the first tick is done. `idle`: share of a core while nothing happens."""

    start: float
    idle: float
    fresh: Lateness

    def __str__(self) -> str:
        return (
            f"first tick after {self.start * 1000:.0f} ms, idle {self.idle:.1%} of a core, "
            f"a fresh call {self.fresh}"
        )


async def waiting(databases: Databases, url: str, *, seconds: float, fresh_calls: int) -> Waiting:
    """The dispatcher starts beside them, idles, and is given a few calls for the next second."""
    started = time.perf_counter()
    house = build(url, databases.folder, InstantProvider())
    await house.scheduler.ring()
    start = time.perf_counter() - started
    await house.close()
    async with dispatching(url, databases.folder, InstantProvider()):
        await asyncio.sleep(3)  # what comes up beside dispatch shall be up
        before = time.process_time()
        await asyncio.sleep(seconds)
        idle = (time.process_time() - before) / seconds
    return Waiting(start=start, idle=idle, fresh=await fresh(databases, url, fresh_calls))


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Milliseconds, commits included: the middle one and the longest of each kind."""

    schedule: tuple[float, float]
    show: tuple[float, float]
    cancel: tuple[float, float]

    def __str__(self) -> str:
        named = {"schedule": self.schedule, "list": self.show, "cancel": self.cancel}
        return ", ".join(
            f"{name} {middle:.1f} (longest {longest:.1f}) ms" for name, (middle, longest) in named.items()
        )


async def in_the_ledger(databases: Databases, url: str, *, times: int) -> Took:
    """Adding a call, listing a room's next twenty, and cancelling, one after the other."""
    house = build(url, databases.folder, InstantProvider())
    try:
        return Took(
            schedule=await _timed(times, lambda n: _schedule(house.ledger, n)),
            show=await _timed(times, lambda n: _list(house.ledger, n)),
            cancel=await _timed(times, lambda n: _cancel(house.ledger, n)),
        )
    finally:
        await house.close()


async def as_typed(databases: Databases, url: str, *, times: int) -> Took:
    """From the sentence of somebody whose zone is known to the answer told: inbox, parser, policy, the work
    itself, card and answer committed, and that they were told."""
    chat = Chat()
    house = build(url, databases.folder, InstantProvider(), chats={chat.name: chat})
    sentences = count(1)

    async def say(text: str) -> None:
        source = SourceKey(platform=chat.name, workspace="local", event=str(next(sentences)))
        now = datetime.now(UTC)
        await house.intake.put(Inbound(source=source, room=room(0), asker=ADMIN, sent_at=now, text=text))
        await house.intake.work()

    async def schedule(_: int) -> None:
        await say("call +442079460123 in 40 days and say good morning")

    async def show(_: int) -> None:
        await say("list")

    async def cancel(n: int) -> None:
        await say(f"cancel {first + n}")

    try:
        async with house.ledger() as tx:
            first = await tx.next_number(room(0).tenant) + 1
            await tx.commit()
        took = Took(
            schedule=await _timed(times, schedule),
            show=await _timed(times, show),
            cancel=await _timed(times, cancel),
        )
        async with house.ledger() as tx:
            states = [(await tx.calls_numbered(room(0).tenant, first + n))[0].state for n in range(times)]
        assert set(states) == {CallState.CANCELLED}, chat.said[-1]
        return took
    finally:
        await house.close()


@dataclass
class Chat:
    """A console that nobody looks at."""

    name: str = "console"
    limits: ChatLimits = field(default_factory=ChatLimits)
    said: list[str] = field(default_factory=list)

    async def run(self, inbox: ChatInbox) -> None:
        """Nobody types here: sentences are put into the inbox."""

    async def post(self, room: Room, card: Card) -> MessageRef:
        return MessageRef(channel=room.key, message=str(card.call))

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        """Nobody looks."""

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        self.said.append(reply.text)


async def _timed(times: int, work: Callable[[int], Awaitable[None]]) -> tuple[float, float]:
    await work(0)  # statements are put together at their first use
    took = []
    for n in range(1, times + 1):
        started = time.perf_counter()
        await work(n)
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)[times // 2], max(took)


async def _schedule(ledger: Ledger, n: int) -> None:
    async with ledger() as tx:
        number = await tx.next_number(room(n).tenant)
        await tx.add_call(replace(order(n, datetime.now(UTC) + FAR, prefix="new"), number=number))
        await tx.commit()


async def _list(ledger: Ledger, n: int) -> None:
    async with ledger() as tx:
        found = await tx.calls_in(room=room(n), states={CallState.SCHEDULED, CallState.HELD}, limit=20)
    assert len(found) == 20


async def _cancel(ledger: Ledger, n: int) -> None:
    async with ledger() as tx:
        call = await tx.call(order(n, datetime.now(UTC), prefix="new").id)
        assert call is not None
        await tx.save_call(decisions.cancel(call, "the asker"))
        await tx.commit()
