"""The house on a vendor's stand-in: its driver, its callbacks and our web door over real HTTP on loopback.

The clock of the story moves only when told; for what travels over the wire a story waits with `until`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.types import ASGIApp

from adapters.web.app import build_app
from bot import compose
from bot.domain.card import Card, Reply
from bot.domain.people import Asker, Room
from bot.ports.chat import MessageRef
from tests.fakes import FakeClock, settle
from tests.scenario.house import AFTERNOON, House, RememberingChat
from tests.vendors.loopback import Door, News, Service

S = TypeVar("S", bound=Service)
SECRET_KEY = "a key that is for these stories alone"


class NewsChat(RememberingChat):
    """Tells whoever waits that something new is shown."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self._news = news

    async def post(self, room: Room, card: Card) -> MessageRef:
        ref = await super().post(room, card)
        self._news.tell()
        return ref

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        await super().edit(ref, room, card)
        self._news.tell()

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        await super().reply(room, asker, reply)
        self._news.tell()

    @property
    def shown(self) -> int:
        """Everything that was shown so far."""
        return len(self.replies) + sum(map(len, self.cards.values()))


class Outside(House):
    """A house with one vendor, and a public URL unless the vendor's settings say otherwise."""

    chat: NewsChat

    def __init__(self, folder: Path, vendor: str, news: News, clock: FakeClock, **environ: str) -> None:
        self.news = news
        self._vendor = vendor
        self._the_clock = clock
        super().__init__(folder, PATCHLINE_PROVIDER=vendor, PATCHLINE_SECRET_KEY=SECRET_KEY, **environ)

    def starts(self) -> None:
        """As `House.starts`, with the vendor of the settings and a chat that can be waited for."""
        self.clock = self._the_clock
        self.chat = NewsChat(self.news)
        settings = compose.settings_from(self._environ)
        made = compose.make_providers(settings, self.clock)
        self.house = compose.build(
            settings,
            clock=self.clock,
            chats={"console": self.chat},
            providers={self._vendor: made[self._vendor]},
            ledger=self.ledger,
            ids=self._ids,
        )
        loops = self.house.loops(dispatch=True, housekeeping=True, web=False)
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    def app(self) -> ASGIApp:
        """Our web door."""

        async def ready() -> bool:
            return True

        return build_app(
            recordings=self.house.recordings, inbox=self.house.inbound, providers=self.house.providers,
            chats={}, public_url=self.house.settings.public_url, database_ready=ready,
            dispatcher_ready=ready, clock=self.clock,
        )  # fmt: skip

    async def says(self, text: str, **more: object) -> Reply | None:  # type: ignore[override]
        """Type a sentence and wait for its answer or its card."""
        before, replies = self.chat.shown, len(self.replies)
        await super().says(text, **more)  # type: ignore[arg-type]
        await self.until(lambda: self.chat.shown > before)
        return self.replies[-1] if len(self.replies) > replies else None

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for the wire."""
        await settle()
        await self.news.until(holds)
        await settle()

    async def advance_until(
        self, holds: Callable[[], object], *, step: float = 1.0, most: float = 600
    ) -> None:
        """Let time pass, a step at a time, until it holds: what comes over the wire may set a new alarm."""
        passed = 0.0
        while not holds():
            if passed > most:
                raise AssertionError(f"not within {most} s; there is {self._everything()}")
            await self.advance(step)
            passed += step
            await self.news.quiet()
            await settle()

    async def until_card(self, number: int, *words: str) -> Card:
        """Wait until the card of that call holds all these words."""
        try:
            await self.until(lambda: self._says_all(number, words))
        except TimeoutError:
            raise AssertionError(f"{words} never came; there is {self._everything()}") from None
        return self.card(number)

    async def advance_until_card(self, number: int, *words: str, step: float = 1.0) -> Card:
        """Let time pass until the card of that call holds all these words."""
        await self.advance_until(lambda: self._says_all(number, words), step=step)
        return self.card(number)

    def _everything(self) -> list[str]:
        return [cards[-1].text for cards in self.chat.cards.values()]

    def _says_all(self, number: int, words: tuple[str, ...]) -> bool:
        cards = [cards[-1] for cards in self.chat.cards.values() if cards[-1].number == number]
        return bool(cards) and all(word in cards[-1].text for word in words)


@dataclass(frozen=True)
class Doors:
    """Ours, and the vendor's."""

    ours: Door
    theirs: Door


@asynccontextmanager
async def two_doors() -> AsyncIterator[Doors]:
    """Two servers, for all stories of a module."""
    async with Door().listening() as ours, Door().listening() as theirs:
        yield Doors(ours, theirs)


@asynccontextmanager
async def outside(
    folder: Path,
    vendor: str,
    doors: Doors,
    make: Callable[[FakeClock, News], S],
    *,
    public: bool = True,
    **settings: str,
) -> AsyncIterator[tuple[Outside, S]]:
    """A set-up house and its vendor, whose `settings` lack nothing but its address."""
    clock, news = FakeClock(AFTERNOON), News()
    service = make(clock, news)
    async with service.open_at(doors.theirs):
        addresses = {f"{vendor.upper()}_BASE_URL": service.url} | (
            {"PUBLIC_URL": doors.ours.url} if public else {}
        )
        house = Outside(folder, vendor, news, clock, **addresses, **settings)
        doors.ours.app = house.app()
        try:
            await house.is_set_up()
            yield house, service
        finally:
            await house.close()
