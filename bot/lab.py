"""`patchline lab`: the phone lab. Two processes, as in life: the phone network outlives the server.

This one keeps the network, the clock and the door (so that nobody is turned away while the server starts
again); the server behind it is an ordinary house on a SQLite file, and may be killed in the middle of a call.
Part of the wiring, like `compose.py`. Nothing of a lab outlives the program: its folder is a temporary one.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
import webbrowser
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from adapters.chat.web import PLATFORM, WebChat, WebSeat
from adapters.clock import DemoClock, RandomIds, SystemClock
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import NAME, Network
from adapters.voice.simulator.script import Answerer, Phone
from adapters.voice.simulator.server import network_app
from adapters.web.app import templates
from adapters.web.lab import PHONES, Feed, Lab, Stage, sounds
from adapters.web.server import bind, serving
from bot.compose import PROVIDERS, House, build, settings_from
from bot.config import Settings
from bot.domain.call import CallState
from bot.domain.errors import ConfigError
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Contact, Person
from bot.modes import run_serve, warm_up
from storage.engine import upgrade

HOST: Final = "127.0.0.1"
FIRST_PORT: Final = 8080
PORTS_TRIED: Final = 50
LAST_PORT: Final = 65_535
ZONE: Final = "Asia/Singapore"
OURS: Final = "+12125550100"
TOO_SOON: Final = 5.0
"""Seconds: a server that ends sooner than this after its start was not killed by anybody's button."""
STARTS: Final = 3
STOPPING: Final = 4.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the server's process is told. `door` is the number of a listening socket that it inherits."""

    folder: str
    network: str
    door: int
    port: int

    def to_text(self) -> str:
        """One word for the command line; it holds no secret."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Job":
        """Inverse of `to_text`; raises ValueError or TypeError for anything else."""
        return cls(**json.loads(text))


# --- the outer process: network, clock and door -----------------------------------------------------


async def run_lab(*, port: int | None, browse: bool, say: Say) -> None:
    """Until cancelled. `port` None: PORT, else 8080, or the next free one. `browse`: open it where there is a
    browser.

    Raises ConfigError when the port that was asked for is taken, or the server does not start.
    """
    with TemporaryDirectory(prefix="patchline-lab-") as folder, _door(port) as door:
        at = int(door.getsockname()[1])
        address = f"http://{HOST}:{at}/"
        network = Network(DemoClock(), _network(address))
        async with serving(network_app(network), host=HOST, port=0) as line:
            job = Job(folder=folder, network=f"http://{HOST}:{line}", door=door.fileno(), port=at)
            say(f"The phone lab is at {address}   (Ctrl-C ends it)")
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(_keep_running(job))
                    if browse and _has_browser():
                        tasks.create_task(asyncio.to_thread(webbrowser.open, address))
            finally:
                await network.stop()


def _door(port: int | None) -> socket.socket:
    if port is not None:
        return bind(HOST, port)
    wanted = os.environ.get("PORT", "")
    first = int(wanted) if wanted.isdecimal() and 0 < int(wanted) <= LAST_PORT else FIRST_PORT
    for candidate in range(first, min(first + PORTS_TRIED, LAST_PORT + 1)):
        with suppress(ConfigError):
            return bind(HOST, candidate)
    return bind(HOST, 0)


def _network(address: str) -> NetworkConfig:
    """Nobody answers by themselves here: every phone is in somebody's hand."""
    tunes = {f"{address}lab/sounds/{name}.wav": sounds.seconds(name) for name in sounds.TUNES}
    anybody = Phone(by_hand=True, answerer=Answerer.NOBODY, accepts_after=None)
    return NetworkConfig(dids=(OURS,), default=anybody, setup_seconds=0.4, sounds=tunes)


def _has_browser() -> bool:
    """A window to open it in. A browser in this terminal would only be in the way."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


async def _keep_running(job: Job) -> None:
    """Start the server again whenever it was killed. Raises ConfigError when it will not stay up."""
    failures = 0
    while failures < STARTS:
        started = time.monotonic()
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "lab-server", job.to_text()),
            stdin=asyncio.subprocess.PIPE,  # its end tells the server that we are gone
            pass_fds=[job.door],
        )
        try:
            code = await server.wait()
        except asyncio.CancelledError:
            await _stop(server)
            raise
        if code == 0:
            return
        was_killed = code == -signal.SIGKILL or time.monotonic() - started > TOO_SOON
        failures = 0 if was_killed else failures + 1
    raise ConfigError(problems=["The lab's server does not start; what it says of it stands above."])


async def _stop(server: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        server.terminate()
    try:
        async with asyncio.timeout(STOPPING):
            await server.wait()
    except TimeoutError:
        server.kill()
        await server.wait()


# --- the inner process: the server ------------------------------------------------------------------


async def run_lab_server(job: Job) -> None:
    """A house with the lab's pages, until cancelled or until the outer process is gone."""
    clock, ids = DemoClock(), RandomIds()
    settings = settings_from(
        {
            "PATCHLINE_DATA_DIR": job.folder,
            "PATCHLINE_DEFAULT_REGION": "SG",
            "PATCHLINE_DEFAULT_TIMEZONE": ZONE,
            "SIMULATOR_URL": job.network,
            "PORT": str(job.port),
        }
    )
    provider = Simulator.at(job.network, clock)
    if (pace := (await provider.outside().clock()).pace) is not None:
        clock.follow(pace)
    await upgrade(settings.database_url)
    chat = WebChat(seat=WebSeat(timezone=ZONE), clock=clock, ids=ids, folder=Path(job.folder) / "chat")
    house = build(settings, clock=clock, ids=ids, chats={PLATFORM: chat}, providers={provider.name: provider})
    stage = _set_up(house, chat, provider, clock=clock, restart=_die)
    house.door = socket.socket(fileno=os.dup(job.door))
    house.door.setblocking(False)
    await _introduce(house, chat.seat)
    try:
        async with house.running(dispatch=True, housekeeping=True, web=True), asyncio.TaskGroup() as tasks:
            loops = [tasks.create_task(each) for each in (chat.run(house.intake), stage.run(), warm_up())]
            await _until_left_alone()
            for loop in loops:
                loop.cancel()
    finally:
        await house.close()


def _set_up(
    house: House,
    chat: WebChat,
    provider: Simulator,
    *,
    clock: DemoClock | None = None,
    restart: Callable[[], None] | None = None,
) -> Stage:
    """Hang the lab's pages into the house; what is returned still has to run."""
    settings, feed = house.settings, Feed()
    stage = Stage(
        outside=provider.outside(),
        feed=feed,
        file=settings.data_dir / "phones.json",
        zone=settings.default_timezone,
        clock=clock,
        next_due=partial(_next_due, house, chat.seat),
        restart=restart,
    )
    lab = Lab(
        chat=chat,
        stage=stage,
        feed=feed,
        sessions=house.own_pages().sessions,
        clock=house.clock,
        templates=templates(),
        base_url=f"{settings.web_base}/",
    )
    house.pages = lab.routes
    return stage


async def _next_due(house: House, seat: WebSeat) -> datetime | None:
    async with house.ledger() as tx:
        waiting = await tx.calls_in(room=seat.place(), states={CallState.SCHEDULED}, limit=1)
    return waiting[0].due if waiting else None


def _die() -> None:
    """As a crash would have it: nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


async def _until_left_alone() -> None:
    """Until standard input ends: whoever started us is gone, however that came about."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def _introduce(house: House, seat: WebSeat) -> None:
    """The person at the page has a number and three contacts; again after a restart it changes nothing."""
    key = seat.asker().key
    me, *others = PHONES
    async with house.ledger() as tx:
        if await tx.person(key) is None:
            number = PhoneNumber(e164=me.number)
            await tx.save_person(
                Person(key=key, name=seat.person, number=number, verified=True, timezone=seat.timezone)
            )
            for each in others:
                address = PhoneNumber(e164=each.number)
                await tx.save_contact(Contact(owner=key, name=each.name.lower(), address=address))
        await tx.commit()


# --- the lab in a serve -----------------------------------------------------------------------------


async def run_serve_with_lab(settings: Settings) -> None:
    """`serve` on its own settings, database and clock, with the lab's page at `/`.

    Raises ConfigError where anybody but the person at this machine could open it, or a real phone could ring.
    """
    if problems := _why_not(settings):
        raise ConfigError(problems=problems)
    clock = SystemClock()
    seat = WebSeat(timezone=settings.default_timezone)
    chat = WebChat(seat=seat, clock=clock, ids=RandomIds(), folder=settings.data_dir / "lab")

    def beside(house: House) -> list[Coroutine[Any, Any, None]]:
        provider = house.providers[NAME]
        assert isinstance(provider, Simulator), "the only provider there is"
        return [_set_up(house, chat, provider).run(), _introduce(house, seat)]

    await run_serve(settings, chat=chat, beside=beside)


def _why_not(settings: Settings) -> list[str]:
    """Whoever opens the lab may do everything, so it is for this machine and for simulated phones alone."""
    problems = []
    if real := sorted(name for name in PROVIDERS if name != NAME and name in settings.offered):
        problems.append(f"--lab: {real[0]} is set up here, and its phones really ring. Use `patchline lab`.")
    if settings.host not in ("127.0.0.1", "localhost", "::1") or settings.public_url is not None:
        problems.append("--lab: the lab is for this machine alone. Unset HOST and PUBLIC_URL.")
    return problems
