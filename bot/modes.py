"""What each way of running is made of: serve, worker, chat, demo, audit (`behaviour.md` has the rules).

Part of the wiring: it builds a house in `compose.py` and runs the parts that this process is for.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog

from adapters.clock import RandomIds, SystemClock
from bot.compose import House, build, make_chats, make_ledger
from bot.config import Settings
from bot.domain.call import CallState, PlacementState
from bot.domain.errors import ConfigError
from bot.domain.people import Asker, Room
from bot.domain.recording import RecordingState
from bot.domain.replies import audit_lines
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock

if TYPE_CHECKING:
    from adapters.chat.console.console import Console

log = structlog.get_logger(__name__)

PATIENCE: Final = 4
"""Tries after which a console no longer stays for a recording that will not come."""
LARGEST_SKEW: Final = 1.0
"""Seconds our clock may differ from the database's; beyond that punctual calls are in doubt."""


Beside = Callable[[House], Sequence[Coroutine[Any, Any, None]]]


def _nothing(_house: House) -> Sequence[Coroutine[Any, Any, None]]:
    return ()


async def run_serve(
    settings: Settings, *, chat: ChatPlatform | None = None, beside: Beside = _nothing
) -> None:
    """Web, chats and dispatch in one process, until cancelled. The only one that owns the chats.

    `chat` is one more than the settings have; `beside` is shown the house before its doors open, and what it
    returns runs as well.
    """
    clock = SystemClock()
    await _prepared(settings)
    with _dispatching(settings, "serve"):
        chats = make_chats(settings, clock)
        house = build(settings, clock=clock, chats=chats if chat is None else {**chats, chat.name: chat})
        more = beside(house)
        async with _closing(house), house.running(dispatch=True, housekeeping=True, web=True):
            await _same_time(house)
            runs = [each.run(house.intake) for each in house.chats.values()]
            await asyncio.gather(warm_up(), *runs, *more)
            await asyncio.Event().wait()


async def run_worker(settings: Settings) -> None:
    """Dispatch and reconcile only, until cancelled: one more hand on the same PostgreSQL."""
    with _dispatching(settings, "worker"):
        house = build(settings, clock=SystemClock(), chats={})
        async with _closing(house):
            await _same_time(house)
            async with house.running(dispatch=True):
                await asyncio.Event().wait()


async def run_chat(
    settings: Settings, *, person: str, room: str, as_json: bool, stdin: TextIO, stdout: TextIO
) -> None:
    """The console on the configured database and provider.

    It dispatches when nobody else does; beside a running `serve` it writes its commands down and follows the
    cards.
    """
    from adapters.chat.console import PLATFORM, Seat, open_console

    clock, ids = SystemClock(), RandomIds()
    await _prepared(settings)
    houses: list[House] = []
    seat = Seat(person=person, room=room, timezone=_own_zone(settings))
    console = open_console(
        seat=seat,
        stdin=stdin,
        stdout=stdout,
        clock=clock,
        ids=ids,
        data_dir=settings.data_dir,
        as_json=as_json,
        suggest=lambda typed: suggestions(houses[0], seat.asker(), typed),
    )
    with _dispatching(settings, "chat", needed=False) as alone:
        house = build(settings, clock=clock, ids=ids, chats={PLATFORM: console})
        houses.append(house)
        follow(house, console, seat.place())
        async with _closing(house), _at_home(house, alone):
            warming = asyncio.create_task(warm_up())
            await console.run(house.intake)
            await warming


async def run_audit(settings: Settings, echo: Callable[[str], None]) -> int:
    """Print the sums; 1 when something does not add up."""
    clock = SystemClock()
    ledger = make_ledger(settings, clock)
    try:
        async with ledger() as tx:
            tally = await tx.tally(clock.now())
    finally:
        await ledger.close()
    for line in audit_lines(
        {str(state): count for state, count in tally.calls.items()},
        {str(state): count for state, count in tally.placements.items()},
        overdue=tally.overdue,
        orphans=tally.orphans,
    ):
        echo(line)
    return 1 if tally.orphans else 0


def _at_home(house: House, alone: bool) -> AbstractAsyncContextManager[House]:
    web = alone and _port_is_free(house.settings)
    return house.running(dispatch=alone, housekeeping=alone, web=web)


# --- what the console wants to know -----------------------------------------------------------------


def follow(house: House, console: "Console", room: Room) -> Callable[[], Awaitable[bool]]:
    """Tell the console when everything said was answered and shown, and when every call here has ended.

    Returns the second question, for whoever else wants to ask it.
    """

    async def answered() -> bool:
        async with house.ledger() as tx:
            open_ends = (
                await tx.waiting_inbound(room.platform, limit=1)
                or await tx.undelivered(room.platform, limit=1)
                or await tx.next_notice(room.platform)
            )
        return not open_ends

    async def pending() -> bool:
        return await something_is_going_on(house, room, house.clock) or not await answered()

    console.wait_for(answered=answered, pending=pending)
    return pending


async def something_is_going_on(house: House, room: Room, clock: Clock) -> bool:
    """A call of this room that is due or has started and has not ended, or a recording on its way home."""
    async with house.ledger() as tx:
        under_way = {CallState.CLAIMED, CallState.STARTED}
        started = await tx.calls_in(room=room, states=under_way, limit=100)
        waiting = await tx.calls_in(room=room, states={CallState.SCHEDULED}, limit=1)
        recordings = await tx.recordings(room.tenant)
    due = [call for call in waiting if call.due <= clock.now()]
    doubtful = PlacementState.UNKNOWN
    # A call that only waits for somebody to press "Call now" or "Leave it" would keep a pipe open for ever.
    going = [
        call
        for call in started
        if call.live_legs
        or call.unplaced
        or any(
            each.state.is_open and (each.state is not doubtful or each.check_at) for each in call.placements
        )
    ]
    fetching = any(each.state is RecordingState.WAITING and each.tries < PATIENCE for each in recordings)
    return bool(due or going or fetching)


async def suggestions(house: House, asker: Asker, typed: str) -> Sequence[str]:
    """Words that may stand next: commands first, then the asker's contacts."""
    from bot.parse.grammar import COMMAND_WORDS

    if not typed.split() or (len(typed.split()) == 1 and not typed.endswith(" ")):
        return COMMAND_WORDS
    async with house.ledger() as tx:
        return [contact.name for contact in await tx.contacts(asker.key)]


# --- shared -----------------------------------------------------------------------------------------


async def _prepared(settings: Settings) -> None:
    from storage.engine import upgrade

    await upgrade(settings.database_url)


@asynccontextmanager
async def _closing(house: House) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await house.close()


async def warm_up() -> None:
    """The first date in words costs a fifth of a second: pay it before anybody waits for it."""
    from bot.parse.parser import warm

    await asyncio.to_thread(warm)


async def _same_time(house: House) -> None:
    """Raises ConfigError: a worker whose clock is off would call people at the wrong second."""
    skew = await house.ledger.skew()
    if abs(skew) > LARGEST_SKEW:
        raise ConfigError(
            problems=(
                f"This machine's clock is {skew:+.1f} s off the database's. Set it (NTP), then start again.",
            )
        )


def _own_zone(settings: Settings) -> str | None:
    """The machine's zone, unless the settings name one for people who have not said theirs."""
    if settings.source("PATCHLINE_DEFAULT_TIMEZONE") != "default":
        return None
    from tzlocal import get_localzone_name

    name = get_localzone_name()
    return name if name and name != "local" else None


@contextmanager
def _dispatching(settings: Settings, what: str, *, needed: bool = True) -> Iterator[bool]:
    """Whether this process may dispatch: on SQLite one does, and holds the lock beside the database.

    Raises ConfigError saying who holds it, when dispatching is what this process is for.
    """
    from storage.engine import sqlite_file
    from storage.lock import DispatchLock

    if not settings.is_sqlite:
        yield True
        return
    lock = DispatchLock(sqlite_file(settings.database_url))
    alone = lock.acquire(what=what)
    if needed and not alone:
        raise ConfigError(
            problems=(
                f"{lock.holder()} dispatches on this database already, and on SQLite only one process can. "
                "Stop it first, or set DATABASE_URL to a PostgreSQL for several.",
            )
        )
    try:
        yield alone
    finally:
        if alone:
            lock.release()


def _port_is_free(settings: Settings) -> bool:
    """Recordings are played by whoever has the port; a second console does without."""
    try:
        with socket.create_server((settings.host, settings.port)):
            return True
    except OSError:
        return False
