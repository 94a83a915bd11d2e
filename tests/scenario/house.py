"""The whole house for a story: the real core, the simulated network and a chat that remembers what it showed.

Nothing in here waits for the wall clock: `advance` lets time pass on the story's own clock.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.script import Phone
from bot import compose
from bot.domain.call import Call
from bot.domain.card import Card, Reply
from bot.domain.people import Asker, Room, Standing
from bot.ports.chat import ChatInbox, ChatLimits, Inbound, MessageRef, SourceKey
from bot.ports.ledger import Ledger
from storage.memory import MemoryLedger
from tests.fakes import AtOnce, CountingIds, FakeClock, settle

AFTERNOON = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)  # Tuesday, 14:30 in Singapore
ROOM = Room(platform="console", workspace="local", channel="main", private=True)
PUNIT = Asker(platform="console", workspace="local", user="punit", name="Punit", standing=Standing.OWNER)
ME = "+6581234567"
OURS = "+12125550100"


class RememberingChat:
    """A chat platform that keeps everything it was asked to show."""

    name = "console"
    limits = ChatLimits(edit_every=0.0, post_every=0.0)

    def __init__(self) -> None:
        self.cards: dict[str, list[Card]] = {}
        self.replies: list[Reply] = []
        self.posts = 0
        self.broken = False

    async def run(self, inbox: ChatInbox) -> None:
        await asyncio.Event().wait()

    async def post(self, room: Room, card: Card) -> MessageRef:
        if self.broken:
            raise ConnectionError("the chat is down")
        self.posts += 1
        self.cards.setdefault(card.call, []).append(card)
        return MessageRef(channel=room.channel, message=f"{self.posts}")

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        if self.broken:
            raise ConnectionError("the chat is down")
        self.cards[card.call].append(card)

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        if self.broken:
            raise ConnectionError("the chat is down")
        self.replies.append(reply)


class House:
    """`await house.says("call amy")`, `await house.advance(5)`, then look at `house.card(1)`."""

    def __init__(
        self, folder: Path, *, start: datetime = AFTERNOON, ledger: Ledger | None = None, **environ: str
    ) -> None:
        asyncio.get_running_loop().set_default_executor(AtOnce())
        self.clock = FakeClock(start)
        self.network = Network(self.clock, NetworkConfig(dids=(OURS,)))
        self.ledger = ledger or MemoryLedger()
        self.chat = RememberingChat()
        self._folder = folder
        self._environ = {
            "PATCHLINE_DATA_DIR": str(folder),
            "PATCHLINE_DEFAULT_REGION": "SG",
            "PATCHLINE_DEFAULT_TIMEZONE": "Asia/Singapore",
            **environ,
        }
        self._said = 0
        self._ids = CountingIds("id")
        self._tasks: list[asyncio.Task[None]] = []
        self.starts()

    # --- the process --------------------------------------------------------------------------

    def starts(self) -> None:
        """A process of the house comes up on the same ledger and the same network."""
        self.house = compose.build(
            compose.settings_from(self._environ),
            clock=self.clock,
            chats={"console": self.chat},
            providers={"simulator": Simulator.beside(self.network)},
            ledger=self.ledger,
            ids=self._ids,
        )
        loops = self.house.loops(dispatch=True, housekeeping=True, web=False)
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def dies(self) -> None:
        """The process is gone between two steps of the loop: nothing is finished, nothing is told."""
        under_way = [*self._tasks, *self.house.placing.under_way, *self.house.changes.under_way]
        for task in under_way:
            task.cancel()
        for task in under_way:
            with suppress(asyncio.CancelledError):
                await task

    async def close(self) -> None:
        await self.dies()
        await self.network.stop()
        await self.house.close()

    # --- the person ---------------------------------------------------------------------------

    async def says(
        self, text: str, *, asker: Asker = PUNIT, room: Room = ROOM, age: float = 0
    ) -> Reply | None:
        """Type a sentence and wait until it was handled; the answer, unless the card says it all."""
        return await self._puts(asker, room, text=text, age=age)

    async def presses(self, label: str, number: int | None = None, *, asker: Asker = PUNIT) -> Reply | None:
        """Press the button of that label: on the card of call `number`, or on the latest reply."""
        shown = self.card(number).buttons if number is not None else self.replies[-1].buttons
        action = next((button.action for button in shown if button.label == label), None)
        if action is None:
            raise AssertionError(f"no button {label!r} among {[button.label for button in shown]}")
        return await self.presses_action(action, asker=asker)

    async def presses_action(self, action: str, *, asker: Asker = PUNIT) -> Reply | None:
        """Press a button that may not be on show any more."""
        return await self._puts(asker, ROOM, action=action)

    async def _puts(self, asker: Asker, room: Room, *, age: float = 0, **what: str) -> Reply | None:
        self._said += 1
        before = len(self.replies)
        inbound = Inbound(
            source=SourceKey(platform="console", workspace="local", event=f"m{self._said}"),
            room=room,
            asker=asker,
            sent_at=datetime.fromtimestamp(self.clock.now().timestamp() - age, UTC),
            text=what.get("text"),
            action=what.get("action"),
        )
        await self.house.intake.put(inbound)
        await settle()
        return self.replies[-1] if len(self.replies) > before else None

    async def is_set_up(self) -> "House":
        """My number, and three contacts."""
        for sentence in (
            f"my number is {ME}",
            "save amy as +6591234567",
            "save bob as +6598765432",
            "save cy as +6591112222",
        ):
            reply = await self.says(sentence)
            assert reply is not None
            assert reply.kind == "reply", reply.text
        self.chat.replies.clear()
        return self

    # --- the world ----------------------------------------------------------------------------

    def phones(self, *scripts: Phone) -> None:
        self.network.install(*scripts)

    async def advance(self, seconds: float = 0, **delta: float) -> None:
        await self.clock.advance(seconds, **delta)

    async def skip_to(self, moment: datetime) -> None:
        """A long time passes with the machine asleep until two seconds before; then it is that moment."""
        await self.clock.sleeps((moment - self.clock.now()).total_seconds() - 2)
        await self.clock.advance_to(moment)

    # --- what can be seen ---------------------------------------------------------------------

    @property
    def replies(self) -> list[Reply]:
        return self.chat.replies

    def card(self, number: int) -> Card:
        """The card of that call as the room shows it now."""
        latest = [cards[-1] for cards in self.chat.cards.values() if cards[-1].number == number]
        assert latest, f"no card of #{number}"
        return latest[-1]

    def states(self, number: int) -> list[str]:
        """Every state that card has shown, in order, repetitions left out."""
        shown = [card.state for cards in self.chat.cards.values() for card in cards if card.number == number]
        return [state for n, state in enumerate(shown) if n == 0 or state != shown[n - 1]]

    async def call(self, number: int) -> Call:
        async with self.ledger() as tx:
            calls = await tx.calls_numbered(ROOM.tenant, number)
        return calls[0]

    def rung(self, number: str) -> int:
        """How often the phone of that number has rung."""
        return self.network.dialled(number)

    def heard(self, number: str) -> list[str]:
        """What whoever held that phone heard, in order."""
        return list(self.network.heard(number))
