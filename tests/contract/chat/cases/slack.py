"""Slack: a command in a channel and a mention in a thread over HTTP, a direct message by socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from adapters.chat.slack import SlackSettings, make_slack
from adapters.web.hooks import ChatHooks
from adapters.web.server import serving
from bot.config import load
from bot.domain.card import Button
from bot.domain.people import Asker, Room
from bot.ports.clock import Clock
from tests.vendors.slack import APP_TOKEN, BOT_TOKEN, SECRET, TEAM, Answer, Client, Message, Slack

PUBLIC = "https://phone.example.com"


class Hasty:
    """Today's date, for signatures; but a minute passes whenever somebody looks how long it took."""

    def __init__(self) -> None:
        self._looks = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)

    def boot(self) -> float:
        self._looks += 1
        return self._looks * 60.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


def platform_at(slack: Slack, folder: Path, clock: Clock, **environ: str) -> Any:
    """Our Slack, as the settings make it; over HTTP unless an app-level token is given."""
    given = {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": f"{slack.url}/api",
        "PATCHLINE_DATA_DIR": str(folder),
        "PATCHLINE_SECRET_KEY": "a-secret-that-nobody-else-has-0001",
        "PUBLIC_URL": PUBLIC,
        **environ,
    }
    return make_slack(load(given, chats={"slack": SlackSettings}), clock)


@asynccontextmanager
async def door_of(platform: Any) -> Any:
    """The web door with that chat behind it; gives the address Slack posts to."""
    hooks = ChatHooks(chats={"slack": platform}, public_url=PUBLIC)
    app = Starlette(routes=[Route("/chat/{platform}", hooks.receive, methods=["POST"])])
    async with serving(app, host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}/chat/slack"


class _Case:
    """A person with Slack open."""

    def __init__(
        self, stack: AsyncExitStack, slack: Slack, platform: Any, client: Client, room: Room
    ) -> None:
        self._stack, self.slack, self.platform, self.client, self.room = stack, slack, platform, client, room
        self.asker = Asker(platform="slack", workspace=TEAM, user="U1")
        self._told: list[str] = []

    async def type(self, text: str) -> None:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        answer: Answer
        if self.room.private or self.room.thread:
            thread = {"thread_ts": self.room.thread} if self.room.thread else {}
            answer = await self.client.event("U1", self.room.channel, escaped, **thread)
        else:
            answer = await self.client.command("U1", self.room.channel, text)
        assert answer.status == 200
        self._told.append(answer.text)

    async def press(self, button: Button) -> None:
        shown, pressed = self._find(button)
        assert (await self.client.press("U1", shown, pressed)).status == 200

    def _find(self, button: Button) -> tuple[Message, Any]:
        return next(
            (message, each)
            for message in reversed([*self.slack.messages, *self.slack.ephemeral])
            for each in message.buttons()
            if each.get("value") == button.action
        )

    async def leave(self) -> None:
        return

    def seen(self) -> str:
        return "\n".join([*self._told, self.slack.everything()])

    def raw(self) -> str:
        return "\n".join(
            f"{m.text}{m.blocks}{m.seen()}" for m in (*self.slack.messages, *self.slack.ephemeral)
        )

    async def close(self) -> None:
        await self._stack.aclose()


def _opened(kind: str) -> Callable[[Path], Awaitable[_Case]]:
    async def open_case(folder: Path) -> _Case:
        stack = AsyncExitStack()
        slack = await stack.enter_async_context(Slack().serving())
        slack.person("U1", "Sam")
        slack.channel("C1", "U1")
        environ = {"SLACK_APP_TOKEN": APP_TOKEN} if kind == "socket" else {}
        platform = platform_at(slack, folder, Hasty(), **environ)
        url = None if kind == "socket" else await stack.enter_async_context(door_of(platform))
        client = Client(slack, url)
        stack.push_async_callback(client.close)
        return _Case(stack, slack, platform, client, _room(kind, slack))

    return open_case


def _room(kind: str, slack: Slack) -> Room:
    match kind:
        case "socket":
            return Room(platform="slack", workspace=TEAM, channel=slack.direct("U1"), private=True)
        case "thread":
            slack.messages.append(parent := Message("C1", slack.ts(), "lunch?", []))
            return Room(platform="slack", workspace=TEAM, channel="C1", thread=parent.ts)
        case _:
            return Room(platform="slack", workspace=TEAM, channel="C1")


CASES = {f"slack-{kind}": _opened(kind) for kind in ("command", "thread", "socket")}
