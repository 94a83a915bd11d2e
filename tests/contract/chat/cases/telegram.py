"""Telegram by long polling and by webhook: alone with the bot, and in a topic of a group."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from adapters.chat.telegram import TelegramSettings, make_telegram
from adapters.web.hooks import ChatHooks
from adapters.web.server import serving
from bot.config import load
from bot.domain.card import Button
from bot.domain.people import Asker, Room
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock
from tests.contract.chat.case import until
from tests.vendors.telegram import BOT, TOKEN, Group, Person, Telegram, telegram

PUBLIC = "https://phone.example.com"
TOPIC = 77


class Hasty:
    """A minute passes whenever somebody looks: how fast things may be said is tested elsewhere."""

    def __init__(self) -> None:
        self._looks = 0

    def now(self) -> datetime:
        return datetime(2026, 3, 10, 6, 30, tzinfo=UTC) + timedelta(seconds=self._looks * 60.0)

    def boot(self) -> float:
        self._looks += 1
        return self._looks * 60.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


def platform_at(world: Telegram, folder: Path, clock: Clock, **environ: str) -> ChatPlatform:
    """Our Telegram, as the settings make it."""
    given = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": world.address,
        "PATCHLINE_DATA_DIR": str(folder),
        "PATCHLINE_SECRET_KEY": "a-secret-that-nobody-else-has-0001",
        **environ,
    }
    return make_telegram(load(given, chats={"telegram": TelegramSettings}), clock)


class _Case:
    """A person with Telegram in hand."""

    def __init__(
        self, stack: AsyncExitStack, world: Telegram, platform: Any, sam: Person, group: Group | None
    ) -> None:
        self._stack, self.world, self.platform = stack, world, platform
        self._sam, self._place = sam, group or sam
        self._thread = {"thread": TOPIC} if group else {}
        self.room = Room(
            platform="telegram",
            workspace="",
            channel=str(self._place.id),
            thread=str(TOPIC) if group else None,
            private=group is None,
        )
        self.asker = Asker(platform="telegram", workspace="", user=str(sam.id), name="Sam Lee")

    async def type(self, text: str) -> None:
        update = self.world.message(self._sam, self._place, text, **self._thread)
        if isinstance(
            self._place, Group
        ):  # an answer to the bot's message: the bot is told of no other words
            update["message"]["reply_to_message"] = {
                key: update["message"][key] for key in ("message_id", "date", "chat")
            } | {"from": BOT}
        await self._deliver(update)

    async def press(self, button: Button) -> None:
        await self._deliver(self.world.press(self._sam, self.world.shown[-1], button.label))

    async def _deliver(self, update: Any) -> None:
        await until(lambda: self.world.door is None or bool(self.world.webhook["url"]))
        await self.world.deliver(update)

    async def leave(self) -> None:
        pass

    def seen(self) -> str:
        said = [text for shown in self.world.shown for text in (*shown.said, shown.file)]
        labels = [button["text"] for shown in self.world.shown for button in shown.buttons]
        return "\n".join([*said, *labels, *self.world.alerts()])

    def raw(self) -> str:
        return "".join(f"{shown.said}{shown.markup}" for shown in self.world.shown).replace("\\n", "")

    async def close(self) -> None:
        await self.platform.close()
        await self._stack.aclose()
        assert self.world.refusals == []


async def _opened(folder: Path, *, webhook: bool, group: bool) -> _Case:
    stack, clock = AsyncExitStack(), Hasty()
    world = await stack.enter_async_context(telegram(now=clock.now, boot=clock.boot, flood=False))
    sam = world.person(1001, "Sam", last_name="Lee")
    place = world.group(-1_000_000_005_001, "Team", topics={TOPIC}) if group else None
    platform: Any = platform_at(world, folder, clock, **({"PUBLIC_URL": PUBLIC} if webhook else {}))
    if webhook:
        door = ChatHooks(chats={"telegram": platform}, public_url=PUBLIC)
        app = Starlette(routes=[Route("/chat/{platform}", door.receive, methods=["POST"])])
        port = await stack.enter_async_context(serving(app, host="127.0.0.1", port=0))
        world.door = f"http://127.0.0.1:{port}"
    return _Case(stack, world, platform, sam, place)


def _case(*, webhook: bool, group: bool) -> Callable[[Path], Awaitable[_Case]]:
    return lambda folder: _opened(folder, webhook=webhook, group=group)


CASES = {
    "telegram-polling": _case(webhook=False, group=False),
    "telegram-webhook": _case(webhook=True, group=False),
    "telegram-topic": _case(webhook=True, group=True),
}
