"""The composition root: the tables of what can be plugged in, and the one place that builds the object graph.

Nothing imports this but the command line. A new vendor is one line in a table here and one file of its own.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import structlog

from adapters.chat.slack import SlackSettings, make_slack
from adapters.chat.telegram import TelegramSettings, make_telegram
from adapters.clock import RandomIds, SystemClock
from adapters.voice.hoiio import HoiioSettings, make_hoiio
from adapters.voice.plivo import PlivoSettings, make_plivo
from adapters.voice.simulator import SimulatorSettings, make_simulator
from adapters.voice.vcw import VcwSettings, make_vcw
from bot.config import Settings, VendorSettings, load
from bot.domain.errors import ConfigError
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock, Ids
from bot.ports.ledger import Ledger
from bot.ports.voice import StreamsEvents, VoiceProvider
from bot.services.asking import Desk
from bot.services.bell import TimerBell
from bot.services.board import Board
from bot.services.cards import Cards
from bot.services.changes import Changes
from bot.services.dialer import Dialer
from bot.services.guard import Guard
from bot.services.inbound import Inbound
from bot.services.intake import Intake
from bot.services.notifier import LOOK_EVERY, Notifier
from bot.services.operator import Operator
from bot.services.owner_texts import OwnerTexts
from bot.services.placing import Placing
from bot.services.planner import Defaults
from bot.services.progress import Progress
from bot.services.pulse import Pulse
from bot.services.reconcile import Reconcile
from bot.services.recordings import Recordings
from bot.services.scheduler import Scheduler
from bot.services.series import Series

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from adapters.web.board import OwnPages

log = structlog.get_logger(__name__)

ALIVE_WITHIN: Final = timedelta(seconds=10)
"""A dispatcher that has not looked at its rows for so long is not alive."""
FOLLOW_EVERY: Final = 0.5
"""Seconds between two looks into the outbox beside a process that dispatches on the same SQLite file."""
LAST_WORDS: Final = 3.0
"""Seconds that calls being placed get to be written down when the program stops."""


Made = TypeVar("Made", covariant=True)


@dataclass(frozen=True, slots=True)
class Vendor(Generic[Made]):
    """What the tables say of a vendor: its settings, and how it is made from them."""

    settings: type[VendorSettings]
    make: Callable[[Settings, Clock], Made]


PROVIDERS: Final[Mapping[str, Vendor[VoiceProvider]]] = {
    "simulator": Vendor(SimulatorSettings, make_simulator),
    "hoiio": Vendor(HoiioSettings, make_hoiio),
    "plivo": Vendor(PlivoSettings, make_plivo),
    "vcw": Vendor(VcwSettings, make_vcw),
}
CHATS: Final[Mapping[str, Vendor[ChatPlatform]]] = {
    "slack": Vendor(SlackSettings, make_slack),
    "telegram": Vendor(TelegramSettings, make_telegram),
}
"""Chats that `serve` runs. The console belongs to `chat` and `demo`, which bring it along."""


def settings_from(environ: Mapping[str, str] | None = None) -> Settings:
    """Every setting there is, vendors' included. Raises ConfigError with all mistakes."""
    return load(
        environ,
        providers={name: vendor.settings for name, vendor in PROVIDERS.items()},
        chats={name: vendor.settings for name, vendor in CHATS.items()},
    )


def make_providers(settings: Settings, clock: Clock) -> dict[str, VoiceProvider]:
    """The drivers whose settings are there, by name."""
    return {
        name: vendor.make(settings, clock) for name, vendor in PROVIDERS.items() if name in settings.offered
    }


def make_chats(settings: Settings, clock: Clock) -> dict[str, ChatPlatform]:
    """The chats whose settings are there, by name."""
    return {name: vendor.make(settings, clock) for name, vendor in CHATS.items() if name in settings.offered}


def make_ledger(settings: Settings, clock: Clock) -> Ledger:
    """The database of the settings. Nothing is connected yet."""
    from storage.ledger import SqlLedger

    return SqlLedger(settings.database_url, now=clock.now)


class House:
    """Everything, wired. Build it, then `run` the parts that this process is for."""

    def __init__(
        self,
        settings: Settings,
        *,
        ledger: Ledger,
        clock: Clock,
        ids: Ids,
        providers: Mapping[str, VoiceProvider],
        chats: Mapping[str, ChatPlatform],
        owner: str | None = None,
    ) -> None:
        self.settings = settings
        self.pages: Sequence[BaseRoute] = ()
        """What the web door shows besides its own pages."""
        self.door: socket.socket | None = None
        """A listening socket to be used instead of HOST and PORT."""
        self.ledger = ledger
        self.clock = clock
        self._ids = ids
        self.providers = providers
        self.chats = chats
        self.bell = TimerBell(clock)
        defaults = Defaults(
            ring_seconds=settings.limits.longest_ring,
            max_seconds=settings.limits.call_seconds,
            caller_id=settings.caller_id,
            texts=settings.texts,
            language=settings.tts_language,
        )
        self.recordings = Recordings(
            ledger=ledger,
            providers=providers,
            clock=clock,
            ids=ids,
            folder=settings.recordings_dir,
            keys=settings.keys("links"),
            base_url=settings.web_base,
        )
        cards = Cards(
            clock=clock,
            providers=providers,
            recordings=self.recordings,
            default_zone=settings.default_timezone,
            wake=self._wake_notifiers,
        )
        self.recordings.on_settled = cards.refresh
        self.recordings.on_home = OwnerTexts(
            ledger=ledger, providers=providers, recordings=self.recordings
        ).tell
        self.changes = Changes(
            ledger=ledger,
            clock=clock,
            providers=providers,
            cards=cards,
            texts=settings.texts,
            public_url=settings.public_url,
        )
        self.dialer = Dialer(
            ledger=ledger,
            clock=clock,
            ids=ids,
            providers=providers,
            changes=self.changes,
            owner=owner or f"{socket.gethostname()}/{os.getpid()}/{ids.new()[:8]}",
            per_second=settings.calls_per_second,
        )
        guard = Guard(ledger=ledger, settings=settings)
        series = Series(ledger=ledger, clock=clock, ids=ids, cards=cards, bell=self.bell)
        progress = Progress(ledger=ledger, changes=self.changes, bell=self.bell)
        reconcile = Reconcile(
            ledger=ledger,
            clock=clock,
            ids=ids,
            providers=providers,
            dialer=self.dialer,
            changes=self.changes,
            progress=progress,
            on_unknown=settings.on_unknown,
        )
        self.operator = Operator(ledger=ledger, clock=clock, ids=ids, access=settings.access)
        self.placing = Placing(
            ledger=ledger,
            clock=clock,
            dialer=self.dialer,
            changes=self.changes,
            guard=guard,
            series=series,
        )
        self.scheduler = Scheduler(
            ledger=ledger,
            clock=clock,
            bell=self.bell,
            dialer=self.dialer,
            placing=self.placing,
            changes=self.changes,
            progress=progress,
            reconcile=reconcile,
            operator=self.operator,
            providers=providers,
        )
        self.inbound = Inbound(
            ledger=ledger,
            clock=clock,
            ids=ids,
            progress=progress,
            guard=guard,
            cards=cards,
            defaults=defaults,
            zone=settings.default_timezone,
            key=settings.key("inbound"),
        )
        self.pulse = Pulse(
            ledger=ledger,
            clock=clock,
            cards=cards,
            changes=self.changes,
            daily_spend=settings.daily_spend,
            zone=settings.default_timezone,
        )
        desk = Desk(
            settings=settings,
            ledger=ledger,
            clock=clock,
            ids=ids,
            bell=self.bell,
            providers=providers,
            chats=chats,
            dialer=self.dialer,
            changes=self.changes,
            cards=cards,
            series=series,
            guard=guard,
            recordings=self.recordings,
            defaults=defaults,
        )
        self.intake = Intake(ledger=ledger, desk=desk, chats=chats)
        self.notifiers = {
            name: Notifier(ledger=ledger, clock=clock, chat=chat) for name, chat in chats.items()
        }

    def _news(self) -> None:
        """Another process has written something of interest."""
        self.bell.ring_at(None)
        self.intake.wake()
        self._wake_notifiers()

    def _wake_notifiers(self) -> None:
        for notifier in self.notifiers.values():
            notifier.wake()

    # --- running ------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(
        self, *, dispatch: bool, housekeeping: bool = False, web: bool = False
    ) -> AsyncIterator["House"]:
        """All loops of this process while the block runs; then what is in flight is written down.

        `dispatch`: place calls and hear what providers say. `housekeeping`, in one process of them: bring
        recordings home into the folder that `web` (on HOST and PORT) plays them from, and keep live cards
        moving. Chats are the caller's to run: a console's input ends, a server's does not.
        """
        async with asyncio.TaskGroup() as tasks:
            wanted = self.loops(dispatch=dispatch, housekeeping=housekeeping, web=web)
            loops = [tasks.create_task(loop) for loop in wanted]
            try:
                yield self
            finally:
                await self.scheduler.drain(LAST_WORDS)
                for loop in loops:
                    loop.cancel()

    def loops(self, *, dispatch: bool, housekeeping: bool, web: bool) -> list[Coroutine[Any, Any, None]]:
        """What `running` runs, for whoever wants to end it less gently."""
        # Whoever dispatches writes the cards and wakes the notifier; whoever follows has to look.
        look_every = LOOK_EVERY if dispatch else FOLLOW_EVERY
        loops = [self.intake.run(), self.ledger.watch(self._news)]
        loops += [notifier.run(look_every) for notifier in self.notifiers.values()]
        if dispatch:
            streams = [each for each in self.providers.values() if isinstance(each, StreamsEvents)]
            loops += [self.scheduler.run(), *(stream.run(self.inbound) for stream in streams)]
        if housekeeping:
            loops += [self.recordings.run(), self.pulse.run(), self.operator.run()]
        if web:
            loops.append(self._serve())
        return loops

    async def _serve(self) -> None:
        from adapters.web.app import build_app
        from adapters.web.server import serving

        app = build_app(
            recordings=self.recordings,
            inbox=self.inbound,
            providers=self.providers,
            chats=self.chats,
            public_url=self.settings.public_url,
            database_ready=self._database_ready,
            dispatcher_ready=self._dispatcher_ready,
            clock=self.clock,
            pages=self.pages,
            own=self.own_pages(),
        )
        at = self.settings
        async with serving(app, host=at.host, port=at.port, door=self.door) as port:
            log.info("listening", host=self.settings.host, port=port)
            await asyncio.Event().wait()

    def own_pages(self) -> "OwnPages":
        """What the web door needs for people who have signed in."""
        from adapters.web.board import OwnPages
        from adapters.web.sessions import Sessions

        settings = self.settings
        return OwnPages(
            sessions=Sessions(
                keys=settings.keys("sign-in"),
                clock=self.clock,
                ids=self._ids,
                secure=settings.web_base.startswith("https:"),
            ),
            board=Board(
                ledger=self.ledger,
                clock=self.clock,
                access=settings.access,
                providers=self.providers,
                recordings=self.recordings,
                default_zone=settings.default_timezone,
            ),
            inbox=self.intake,
            clock=self.clock,
            ids=self._ids,
        )

    async def _database_ready(self) -> bool:
        async with self.ledger() as tx:
            await tx.next_moment()
        return True

    async def _dispatcher_ready(self) -> bool:
        last = self.scheduler.last_tick
        return last is not None and self.clock.now() - last < ALIVE_WITHIN

    async def close(self) -> None:
        """Let go of every connection. Harmless twice."""
        for provider in self.providers.values():
            await provider.close()
        await self.ledger.close()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    chats: Mapping[str, ChatPlatform] | None = None,
    providers: Mapping[str, VoiceProvider] | None = None,
    ledger: Ledger | None = None,
    ids: Ids | None = None,
) -> House:
    """The house as the settings say; a test or the demo brings its own clock, chats, providers or ledger.

    Raises ConfigError when no voice provider is offered.
    """
    clock = clock or SystemClock()
    providers = providers if providers is not None else make_providers(settings, clock)
    if not providers:
        raise ConfigError(problems=("No voice provider is set up.",))
    return House(
        settings,
        ledger=ledger or make_ledger(settings, clock),
        clock=clock,
        ids=ids or RandomIds(),
        providers=providers,
        chats=chats if chats is not None else make_chats(settings, clock),
    )
