"""The whole house on Telegram: the real core and SQLite, a strict Telegram over HTTP, simulated phones, and a
clock on which time runs fast."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from adapters.clock import DemoClock
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.web.server import serving
from bot import compose
from bot.domain.call import Call
from storage.engine import upgrade
from tests.vendors.telegram import TOKEN, Group, Person, Shown, Telegram, telegram

WAIT = 20.0
SPEED = 10.0
JITTER = 0.05
"""Real seconds by which a busy machine may hold one message up more than the next."""
PUBLIC = "https://phone.example.com"


class TelegramHouse:
    """`world` is Telegram, `network` the phones; `sam` is an admin."""

    def __init__(self, house: compose.House, world: Telegram, network: Network, sam: Person) -> None:
        self.house, self.world, self.network, self.sam = house, world, network, sam

    async def says(
        self, text: str, who: Person | None = None, where: Group | None = None, **more: Any
    ) -> Any:
        """The update, delivered."""
        who = who or self.sam
        update = self.world.message(who, where or who, text, **more)
        await self.world.deliver(update)
        return update

    async def presses(self, label: str, shown: Shown, who: Person | None = None) -> Any:
        update = self.world.press(who or self.sam, shown, label)
        await self.world.deliver(update)
        return update

    async def sees(self, words: str, where: Person | Group | None = None) -> Shown:
        """The latest message there with these words, once it stands there."""
        place = where or self.sam

        def found() -> list[Shown]:
            return [each for each in self.world.in_chat(place) if words in each.text]

        await until(
            lambda: bool(found()), lambda: f"{words!r} in {[e.text for e in self.world.in_chat(place)]}"
        )
        return found()[-1]

    async def handled(self) -> None:
        """Everything delivered so far is answered and shown."""

        async def open_ends() -> bool:
            async with self.house.ledger() as tx:
                return bool(
                    await tx.waiting_inbound("telegram", limit=1) or await tx.undelivered("telegram", limit=1)
                )

        async with asyncio.timeout(WAIT):
            while self.world.waiting or await open_ends():
                if not self.world.webhook["url"] and not await open_ends():
                    await asyncio.sleep(0.1)
                    break
                await asyncio.sleep(0.02)

    async def calls(self) -> list[Call]:
        async with self.house.ledger() as tx:
            return list(await tx.calls_in(tenant="telegram:", limit=200))


async def until(
    seen: Callable[[], bool], otherwise: Callable[[], str] = str, *, within: float = WAIT
) -> None:
    try:
        async with asyncio.timeout(within):
            while not seen():  # noqa: ASYNC110 - what is looked at rings no bell
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"never seen: {otherwise()}") from None


@asynccontextmanager
async def telegram_house(
    folder: Path, *, webhook: bool = True, speed: float = SPEED, pending: int = 0, **environ: str
) -> AsyncIterator[TelegramHouse]:
    """`pending`: so many updates wait at Telegram when the house opens."""
    clock = DemoClock(speed=speed)
    async with telegram(now=clock.now, boot=clock.boot, jitter=JITTER * speed) as world:
        world.webhook["pending_update_count"] = pending
        sam = world.person(1001, "Sam", last_name="Lee", username="samlee", phone="6581234567")
        network = Network(clock, NetworkConfig())
        settings = compose.settings_from(
            {
                "PATCHLINE_DATA_DIR": str(folder),
                "PATCHLINE_SECRET_KEY": "a-secret-that-nobody-else-has-0001",
                "PATCHLINE_DEFAULT_REGION": "SG",
                "PATCHLINE_ADMINS": "telegram:1001",
                "TELEGRAM_BOT_TOKEN": TOKEN,
                "TELEGRAM_API_URL": world.address,
                **({"PUBLIC_URL": PUBLIC} if webhook else {}),
                **environ,
            }
        )
        await upgrade(settings.database_url)
        house = compose.build(settings, clock=clock, providers={"simulator": Simulator.beside(network)})
        app = _app(house)
        async with serving(app, host="127.0.0.1", port=0) as port:
            world.door = f"http://127.0.0.1:{port}"
            loops = house.loops(dispatch=True, housekeeping=False, web=False)
            chats = [chat.run(house.intake) for chat in house.chats.values()]
            tasks = [asyncio.create_task(loop) for loop in (*loops, *chats)]
            try:
                ready = (
                    (lambda: bool(world.webhook["url"]))
                    if webhook
                    else lambda: bool(world.called("getUpdates"))
                )
                await until(ready)
                yield TelegramHouse(house, world, network, sam)
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task
                await network.stop()
                await house.close()
        assert world.refusals == []


def _app(house: compose.House) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from adapters.web.hooks import ChatHooks

    door = ChatHooks(chats=house.chats, public_url=PUBLIC)  # type: ignore[arg-type]
    return Starlette(routes=[Route("/chat/{platform}", door.receive, methods=["POST"])])
