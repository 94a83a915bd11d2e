"""Buttons on our own pages: a press goes in by the door that chats use, and the core decides again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from adapters.web.plain import body_of
from bot.domain.actions import Action
from bot.domain.people import Asker, Room
from bot.ports.chat import ChatInbox, Inbound, SourceKey
from bot.ports.clock import Clock, Ids

SAME_PRESS: Final = timedelta(seconds=2)
"""The same button pressed again so soon is a double click."""


class Presses:
    """Presses of signed-in people. The answer comes in the chat, in the room that the call belongs to."""

    def __init__(self, *, inbox: ChatInbox, clock: Clock, ids: Ids) -> None:
        self._inbox = inbox
        self._clock = clock
        self._ids = ids
        self._latest: dict[tuple[str, str], datetime] = {}

    async def put(self, asker: Asker, room: Room, action: Action) -> None:
        """As if it had been pressed in the chat. Raises StorageUnavailable when it was not taken."""
        now = self._clock.now()
        self._latest = {press: at for press, at in self._latest.items() if now - at < SAME_PRESS}
        press = (asker.key, str(action))
        if press in self._latest:
            return
        event = f"page-{self._ids.new()}"
        source = SourceKey(platform=asker.platform, workspace=asker.workspace, event=event)
        inbound = Inbound(source=source, room=room, asker=asker, sent_at=now, action=str(action))
        self._latest[press] = now  # before it is taken: the second click does not wait for the first
        try:
            await self._inbox.put(inbound)
        except BaseException:
            self._latest.pop(press, None)
            raise


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form that was sent the plain way, each once; of anything else, none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    body = await body_of(request)
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))
