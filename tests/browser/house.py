"""The whole house behind a real web door, for stories that a browser takes part in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from playwright.async_api import BrowserContext

from adapters.web.app import build_app
from adapters.web.server import serving
from adapters.web.sessions import COOKIE
from bot.domain.passes import LINK_LIFE, Pass, PassKind, sign_pass
from bot.domain.people import Asker
from tests.scenario.house import PUNIT, House


class OpenHouse(House):
    """`address` is where its pages are, while `doors_open` lasts."""

    address: str = ""

    @asynccontextmanager
    async def doors_open(self) -> AsyncIterator["OpenHouse"]:
        app = build_app(
            recordings=self.house.recordings,
            inbox=self.house.inbound,
            providers={},
            chats={},
            public_url=None,
            database_ready=self.house._database_ready,
            dispatcher_ready=self.house._dispatcher_ready,
            clock=self.clock,
            own=self.house.own_pages(),
        )
        async with serving(app, host="127.0.0.1", port=0) as port:
            self.address = f"http://127.0.0.1:{port}"
            yield self

    def here(self, link: str) -> str:
        """A link that was sent into a chat, as the test's browser reaches it."""
        return self.address + "/" + link.split("/", 3)[3]

    def link(self, asker: Asker = PUNIT, life: timedelta = LINK_LIFE) -> str:
        """A sign-in link as `board` gives it."""
        given = Pass(id=self.house._ids.new(), kind=PassKind.LINK, asker=asker, until=self.clock.now() + life)
        return f"{self.address}/in/{sign_pass(given, self.house.settings.key('sign-in'))}"

    def cookies(self, asker: Asker = PUNIT) -> dict[str, str]:
        """What the browser of somebody who has signed in sends along."""
        until = self.clock.now() + timedelta(hours=1)
        given = Pass(id="session", kind=PassKind.SESSION, asker=asker, until=until)
        return {COOKIE: sign_pass(given, self.house.settings.key("sign-in"))}

    async def signs_in(self, context: BrowserContext, asker: Asker = PUNIT) -> None:
        """That browser is theirs from now on, as after the button behind a sign-in link."""
        for name, value in self.cookies(asker).items():
            await context.add_cookies([{"name": name, "value": value, "url": self.address}])


def stranger(name: str) -> Asker:
    """Somebody else in the same workspace, who is nobody's admin."""
    return replace(PUNIT, user=name.lower(), name=name, standing=PUNIT.standing.MEMBER)


@asynccontextmanager
async def open_house(folder: Path, **environ: str) -> AsyncIterator[OpenHouse]:
    """With Punit's number and contacts in it."""
    house = OpenHouse(folder, **environ)
    await house.is_set_up()
    try:
        async with house.doors_open():
            yield house
    finally:
        await house.close()
