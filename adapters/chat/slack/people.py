"""Who somebody is: asked of Slack once an hour, and again when it says that they have changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from adapters.chat.slack.api import Api
from bot.domain.errors import Rejected
from bot.domain.people import Standing
from bot.ports.chat import Inbound
from bot.ports.clock import Clock

log = structlog.get_logger(__name__)

KEPT_FOR: Final = 3600.0
UNKNOWN_FOR: Final = 60.0
MOST: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What Slack says of a person; `timezone` is an IANA name."""

    name: str = ""
    standing: Standing = Standing.STRANGER
    timezone: str | None = None
    until: float = 0.0


class People:
    """The people of one workspace, and those of others who are in channels with them."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._direct: dict[str, str] = {}

    async def introduce(self, inbound: Inbound, team: str) -> Inbound:
        """Raises Unavailable when Slack does not say."""
        known = await self._who(inbound.asker.user, team)
        room = inbound.room
        if room.channel[:1] in ("U", "W"):
            room = replace(room, channel=await self.direct(room.channel))
        asker = replace(inbound.asker, name=known.name, standing=known.standing)
        return replace(inbound, room=room, asker=asker, timezone=known.timezone)

    async def direct(self, user: str) -> str:
        """The id of the conversation with that person alone."""
        if user not in self._direct:
            answer = await self._api.call("conversations.open", users=user)
            self._direct[user] = answer["channel"]["id"]
        return self._direct[user]

    def forget(self, user: str) -> None:
        """They have changed."""
        self._known.pop(user, None)

    async def _who(self, user: str, team: str) -> Known:
        known = self._known.get(user)
        if known is None or known.until <= self._clock.boot():
            known = await self._asked(user, team)
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[user] = known
        return known

    async def _asked(self, user: str, team: str) -> Known:
        until = self._clock.boot() + KEPT_FOR
        try:
            answer = await self._api.call("users.info", user=user)
        except Rejected as refused:
            # Nobody that this workspace can see, or we may not look: a stranger until then.
            log.warning("slack does not say who that is", code=refused.code)
            return Known(until=self._clock.boot() + UNKNOWN_FOR)
        return replace(known_of(answer.get("user") or {}, team), until=until)


def known_of(user: Mapping[str, Any], team: str) -> Known:
    """What a user object says."""
    profile = user.get("profile") or {}
    name = (
        profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name")
    )
    return Known(name=str(name or ""), standing=_standing(user, team), timezone=user.get("tz") or None)


def _standing(user: Mapping[str, Any], team: str) -> Standing:
    if user.get("is_bot") or user.get("id") == "USLACKBOT":
        return Standing.BOT
    teams = {user.get("team_id"), *((user.get("enterprise_user") or {}).get("teams") or ())}
    if user.get("is_stranger") or team not in teams:
        return Standing.STRANGER
    if user.get("deleted") or user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Standing.GUEST
    return Standing.MEMBER
