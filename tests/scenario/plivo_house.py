"""A house on Plivo: the real core, driver and web door, and Plivo's stand-in over real HTTP, all on loopback.

Its clock is the machine's. Nothing sleeps: `until` wakes with every card shown and every act of Plivo's.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot import compose
from bot.domain.call import Call
from bot.domain.card import Card, Reply
from bot.domain.people import Asker, Room
from bot.ports.chat import Inbound, MessageRef, SourceKey
from storage.memory import MemoryLedger
from tests.fakes import CountingIds
from tests.scenario.house import ME, OURS, PUNIT, ROOM, RememberingChat
from tests.vendors.plivo import ACCOUNT, TOKEN, Vendor, plivo

AMY, BOB, CY = "+6591234567", "+6598765432", "+6591112222"


class LivelyChat(RememberingChat):
    """Wakes whoever waits for a card or a reply."""

    def __init__(self, news: Callable[[], None]) -> None:
        super().__init__()
        self._news = news

    async def post(self, room: Room, card: Card) -> MessageRef:
        ref = await super().post(room, card)
        self._news()
        return ref

    async def edit(self, ref: MessageRef, room: Room, card: Card) -> None:
        await super().edit(ref, room, card)
        self._news()

    async def reply(self, room: Room, asker: Asker, reply: Reply) -> None:
        await super().reply(room, asker, reply)
        self._news()


class PlivoHouse:
    """`await house.says("call amy")`, `await house.until(lambda: …)`, then look at `house.card(1)`."""

    def __init__(self, vendor: Vendor, folder: Path, **environ: str) -> None:
        self.vendor = vendor
        self.chat = LivelyChat(vendor.exchange.happened)
        self.ledger = MemoryLedger()
        port = _free_port()
        self.public = f"http://127.0.0.1:{port}"
        settings = {
            "PATCHLINE_DATA_DIR": str(folder),
            "PATCHLINE_DEFAULT_REGION": "SG",
            "PATCHLINE_DEFAULT_TIMEZONE": "Asia/Singapore",
            "PATCHLINE_SECRET_KEY": "k" * 48,
            "PATCHLINE_CALLS_PER_SECOND": "0",
            "PATCHLINE_CALLER_ID": OURS,
            "PATCHLINE_PROVIDER": "plivo",
            "PUBLIC_URL": self.public,
            "PORT": str(port),
            "PLIVO_AUTH_ID": ACCOUNT,
            "PLIVO_AUTH_TOKEN": TOKEN,
            "PLIVO_BASE_URL": vendor.url,
            **environ,
        }
        self.house = compose.build(
            compose.settings_from(settings),
            chats={"console": self.chat},
            ledger=self.ledger,
            ids=CountingIds("id"),
        )
        self._said = 0

    async def says(self, text: str) -> None:
        """Type a sentence. What comes of it is waited for with `until`."""
        self._said += 1
        inbound = Inbound(
            source=SourceKey(platform="console", workspace="local", event=f"m{self._said}"),
            room=ROOM,
            asker=PUNIT,
            sent_at=datetime.now(UTC),
            text=text,
        )
        await self.house.intake.put(inbound)

    async def asks(self, text: str) -> str:
        """Type a sentence and wait for the answer."""
        before = len(self.chat.replies)
        await self.says(text)
        await self.until(lambda: len(self.chat.replies) > before)
        return self.chat.replies[-1].text

    async def presses(self, label: str) -> str:
        """Press a button of the latest reply, and wait for the answer."""
        action = next(each.action for each in self.chat.replies[-1].buttons if each.label == label)
        before = len(self.chat.replies)
        self._said += 1
        await self.house.intake.put(
            Inbound(
                source=SourceKey(platform="console", workspace="local", event=f"m{self._said}"),
                room=ROOM,
                asker=PUNIT,
                sent_at=datetime.now(UTC),
                action=action,
            )
        )
        await self.until(lambda: len(self.chat.replies) > before)
        return self.chat.replies[-1].text

    async def until(self, fulfilled: Callable[[], object]) -> None:
        try:
            await self.vendor.until(fulfilled)
        except TimeoutError:
            cards = [f"{cards[-1].state}: {cards[-1].text}" for cards in self.chat.cards.values()]
            raise AssertionError(
                "\n".join(["it never came to that", *cards, *self.vendor.exchange.complaints])
            ) from None

    async def shows(self, number: int, state: str) -> Card:
        """Wait until the card of that call shows this state."""
        await self.until(lambda: any(card.state == state for card in self._latest(number)))
        return self._latest(number)[-1]

    def _latest(self, number: int) -> list[Card]:
        return [cards[-1] for cards in self.chat.cards.values() if cards[-1].number == number]

    def card(self, number: int) -> Card:
        return self._latest(number)[-1]

    async def call(self, number: int) -> Call:
        async with self.ledger() as tx:
            return (await tx.calls_numbered(ROOM.tenant, number))[0]


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@asynccontextmanager
async def plivo_house(folder: Path, **environ: str) -> AsyncIterator[PlivoHouse]:
    """Set up as always: my number, and three contacts. Afterwards Plivo must have had no complaint."""
    async with plivo() as vendor:
        house = PlivoHouse(vendor, folder, **environ)
        loops = house.house.loops(dispatch=True, housekeeping=True, web=True)
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            for sentence in (
                f"my number is {ME}",
                f"save amy as {AMY}",
                f"save bob as {BOB}",
                f"save cy as {CY}",
            ):
                await house.asks(sentence)
            house.chat.replies.clear()
            yield house
            assert vendor.exchange.complaints == []
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
            await house.house.close()
