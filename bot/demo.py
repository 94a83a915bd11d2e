"""`patchline demo`: the real core on a simulated network and a clock that can be moved on, in one process.

Part of the wiring, like `compose.py`. Nothing of it outlives the program: its folder is a temporary one.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TextIO

from adapters.chat.console import PLATFORM, Console, Keyboard, Seat, is_interactive, open_console
from adapters.chat.console.board import Board, Said, Unreadable
from adapters.chat.console.screens import PlainScreen
from adapters.chat.console.tour import AMY, BOB, CY, ME, OURS, STRANGER, Tour
from adapters.clock import DemoClock, RandomIds
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.script import phone
from bot.compose import House, build, settings_from
from bot.domain.call import CallState
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Contact, Person, Room
from bot.domain.schedule import local_time
from bot.modes import follow, something_is_going_on, suggestions
from storage.engine import upgrade

ZONE: Final = "Asia/Singapore"
SONG: Final = "https://example.com/happy_birthday.mp3"
FAST: Final = 10
"""How much faster time runs while there is nothing new to see."""
STEP: Final = 0.05
SOON: Final = timedelta(seconds=10)
HINT: Final = (
    "You are in Singapore, and you know amy, bob and cy. Nothing here rings a real phone.\n"
    "Try:  call amy and patch me in at 23:59      then:  jump\n"
    f"      forward {OURS} to bob, then voicemail  then:  stranger\n"
    "      conference amy, bob and cy             help"
)

_PHONES: Final = (
    phone(AMY).rings(2).answers().hangs_up_after(14),
    phone(BOB).rings(3).answers().hangs_up_after(9),
    phone(CY).rings(4).answers().presses_accept(after=2.0).hangs_up_after(8),
    phone(ME).rings(1.5).answers().presses_accept(after=1.0).hangs_up_after(6),
)


class Demo:
    """The stage of the tour, and of whoever plays by hand."""

    def __init__(self, network: Network, clock: DemoClock, out: TextIO, room: Room) -> None:
        self._network = network
        self._clock = clock
        self._out = out
        self._room = room
        self.house: House | None = None
        self.pending: Callable[[], Awaitable[bool]] = _nothing

    def note(self, text: str) -> None:
        """A line of explanation, set apart from the chat."""
        self._out.write(f"\n── {text}\n")
        self._out.flush()

    async def jump_before_next(self, seconds: float) -> str:
        """To shortly before the next call; nothing moves when that has come already, or there is none."""
        house = self._built()
        async with house.ledger() as tx:
            waiting = await tx.calls_in(room=self._room, states={CallState.SCHEDULED}, limit=1)
        if waiting:
            before = waiting[0].due - timedelta(seconds=seconds)
            if before > self._clock.now():
                self._clock.jump(before)
        return f"{local_time(self._clock.now(), ZONE):%H:%M:%S}"

    async def until_over(self, *, fast_after: float | None = None) -> None:
        """Until no call is due or running here and everything has been shown."""
        passed = 0.0
        while await self._is_soon() or await self.pending():
            await asyncio.sleep(STEP)
            passed += STEP
            if fast_after is not None and passed > fast_after:
                self._clock.jump(self._clock.now() + timedelta(seconds=STEP * FAST))

    async def _is_soon(self) -> bool:
        async with self._built().ledger() as tx:
            waiting = await tx.calls_in(room=self._room, states={CallState.SCHEDULED}, limit=1)
        return any(call.due - self._clock.now() < SOON for call in waiting)

    async def stranger_calls(self) -> None:
        """Bob is out; somebody calls our number and has something to say."""
        self._network.install(phone(BOB).never_answers())
        words = "Hello, it's me. Please ring me back when you can."
        script = phone(STRANGER).leaves_message(6, words)
        self._network.call(PhoneNumber(e164=STRANGER), PhoneNumber(e164=OURS), script)
        await self._call_arrives()

    async def _call_arrives(self) -> None:
        for _ in range(100):
            if await something_is_going_on(self._built(), self._room, self._clock):
                return
            await asyncio.sleep(STEP)

    def _built(self) -> House:
        assert self.house is not None, "the stage is used once the house stands"
        return self.house


class DemoWords:
    """A keyboard that knows two words more than the core: `jump` and `stranger`."""

    def __init__(self, inner: Keyboard, demo: Demo) -> None:
        self._inner = inner
        self._demo = demo
        self.is_patient = inner.is_patient

    async def said(self, board: Board) -> AsyncGenerator[Said | Unreadable]:
        """What the inner keyboard says, but for those two words."""
        async with aclosing(self._inner.said(board)) as lines:
            async for line in lines:
                match line:
                    case Said(text="jump"):
                        self._demo.note(f"The clock shows {await self._demo.jump_before_next(3.0)}.")
                    case Said(text="stranger"):
                        await self._demo.stranger_calls()
                    case _:
                        yield line


async def run_demo(*, stdin: TextIO, stdout: TextIO) -> None:
    """Interactive in a terminal; piped, the tour plays and the program ends."""
    with TemporaryDirectory(prefix="patchline-demo-") as folder:
        await _run(Path(folder), stdin, stdout)


async def _run(folder: Path, stdin: TextIO, stdout: TextIO) -> None:
    clock = DemoClock()
    config = NetworkConfig(dids=(OURS,), setup_seconds=0.4, sounds={SONG: 3.0})
    network = Network(clock, config)
    network.install(*_PHONES)
    seat = Seat(person="Punit", room="demo", timezone=ZONE)
    demo = Demo(network, clock, stdout, seat.place())
    settings = settings_from(
        {
            "PATCHLINE_DATA_DIR": str(folder),
            "PATCHLINE_DEFAULT_REGION": "SG",
            "PATCHLINE_DEFAULT_TIMEZONE": ZONE,
            "PORT": str(_free_port()),
        }
    )
    await upgrade(settings.database_url)
    console = _console(demo, seat, stdin, stdout, clock, folder)
    house = build(
        settings,
        clock=clock,
        chats={PLATFORM: console},
        providers={"simulator": Simulator.beside(network)},
    )
    demo.house = house
    demo.pending = follow(house, console, seat.place())
    if is_interactive(stdin, stdout):
        await _introduce(house, seat)
        stdout.write(f"{HINT}\n\n")
    try:
        async with house.running(dispatch=True, housekeeping=True, web=True):
            await console.run(house.intake)
    finally:
        await network.stop()
        await house.close()


def _console(
    demo: Demo, seat: Seat, stdin: TextIO, stdout: TextIO, clock: DemoClock, folder: Path
) -> Console:
    ids = RandomIds()
    if not is_interactive(stdin, stdout):
        tour = Tour(demo, lambda line: _typed(stdout, line))
        return Console(
            seat=seat,
            keyboard=tour,
            screen=PlainScreen(stdout),
            clock=clock,
            ids=ids,
            audio_dir=folder / "audio",
        )
    return open_console(
        seat=seat,
        stdin=stdin,
        stdout=stdout,
        clock=clock,
        ids=ids,
        data_dir=folder,
        suggest=lambda typed: suggestions(demo._built(), seat.asker(), typed),
        wrap=lambda keyboard: DemoWords(keyboard, demo),
    )


async def _nothing() -> bool:
    return False


def _typed(stdout: TextIO, line: str) -> None:
    stdout.write(f"> {line}\n")
    stdout.flush()


async def _introduce(house: House, seat: Seat) -> None:
    """Who plays by hand starts with a number and three contacts."""
    key = seat.asker().key
    me = Person(key=key, name=seat.person, number=PhoneNumber(e164=ME), verified=True, timezone=ZONE)
    async with house.ledger() as tx:
        await tx.save_person(me)
        for name, number in {"amy": AMY, "bob": BOB, "cy": CY}.items():
            await tx.save_contact(Contact(owner=key, name=name, address=PhoneNumber(e164=number)))
        await tx.commit()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])
