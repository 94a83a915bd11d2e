"""What a measurement lies on: a durable database, a provider that answers at once, the house between them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

from adapters.clock import SystemClock
from bot import compose
from bot.domain.call import LegPlan, Placement, ProviderRef
from bot.domain.flow import Feature
from bot.domain.leg import Token
from bot.ports.chat import ChatPlatform
from bot.ports.ledger import Ledger
from bot.ports.voice import Hooks, Placed, ProviderLimits
from storage.engine import upgrade
from storage.ledger import SqlLedger
from tests import postgres

DATABASES = ("sqlite", "postgresql")
_UNLIMITED = ("PLACEMENTS_PER_HOUR", "ROOM_LIVE_LEGS", "ROOM_CALLS_PER_DAY", "CALLS_PER_SECOND")
_names = count(1)


class Databases:
    """Empty databases on disk, as durable as in service: SQLite files, and a PostgreSQL of our own."""

    def __init__(self, folder: Path, server: postgres.PostgresServer) -> None:
        self.folder = folder
        self._server = server

    def empty(self, kind: str) -> str:
        """A `DATABASE_URL` for nobody else, without a schema."""
        name = f"bench_{next(_names)}"
        if kind == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        self._server.create(name)
        return self._server.url(name)

    async def ready(self, kind: str) -> str:
        """The same, with Patchline's schema."""
        url = self.empty(kind)
        await upgrade(url)
        return url


@contextmanager
def databases() -> Iterator[Databases]:
    """Everything is gone afterwards. Takes a second or two."""
    with (
        tempfile.TemporaryDirectory(prefix="patchline-bench-") as folder,
        postgres.running(durable=True) as server,
    ):
        yield Databases(Path(folder), server)


@dataclass
class Seen:
    """Which calls came, and when (UTC). `run` names this list among all of the process."""

    came: list[tuple[str, datetime]] = field(default_factory=list)
    run: str = field(default_factory=lambda: uuid4().hex)
    _wanted: int = 0
    _enough: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, call: str) -> None:
        """It comes now. Nobody is woken before everybody is there: that would be work in what is measured."""
        self.came.append((call, SystemClock().now()))
        if len(self.came) >= self._wanted:
            self._enough.set()

    async def all(self, calls: int, *, seconds: float) -> None:
        """Until so many have come, or the time is up: then what is missing is lost."""
        self._wanted = calls
        self._enough.clear()
        if len(self.came) < calls:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._enough.wait()


@dataclass
class InstantProvider:
    """Takes every request at once, and remembers it."""

    name: str = "instant"
    features: frozenset[Feature] = frozenset({Feature.SAY})
    lacking: Mapping[Feature, str] = field(default_factory=lambda: dict.fromkeys(Feature, "it is a stand-in"))
    limits: ProviderLimits = field(default_factory=lambda: ProviderLimits(calls_per_second=0))
    seen: Seen = field(default_factory=Seen)
    tokens: list[Token] = field(default_factory=list)

    def check(self, plan: LegPlan) -> None:
        """Anything goes."""

    async def originate(self, placement: Placement, hooks: Hooks) -> Placed:
        self.seen.note(placement.call)
        self.tokens.append(placement.token)
        return Placed(refs=((placement.role, ProviderRef(f"ref-{len(self.tokens)}")),))

    async def close(self) -> None:
        """There is nothing to let go of."""


def build(
    url: str, folder: Path, provider: InstantProvider, chats: Mapping[str, ChatPlatform] | None = None
) -> compose.House:
    """The house of the composition root, without limits: what is measured is how fast it dials."""
    environ = {
        "DATABASE_URL": url,
        "PATCHLINE_DATA_DIR": str(folder),
        "PATCHLINE_SECRET_KEY": "for measuring only " * 3,
        "PATCHLINE_DEFAULT_REGION": "GB",
        "PATCHLINE_DEFAULT_TIMEZONE": "Europe/London",
        "PATCHLINE_ADMINS": "console:local/asker-0",
        **{f"PATCHLINE_{name}": "0" for name in _UNLIMITED},
    }
    settings = compose.settings_from(environ)
    return compose.build(settings, chats=chats or {}, providers={provider.name: provider})


@asynccontextmanager
async def ledger_at(url: str) -> AsyncIterator[Ledger]:
    """For whoever writes orders down beforehand."""
    ledger = SqlLedger(url, now=SystemClock().now)
    try:
        yield ledger
    finally:
        await ledger.close()


@asynccontextmanager
async def dispatching(url: str, folder: Path, provider: InstantProvider) -> AsyncIterator[compose.House]:
    """A dispatcher at work on that database."""
    house = build(url, folder, provider)
    try:
        async with house.running(dispatch=True):
            yield house
    finally:
        await house.close()
