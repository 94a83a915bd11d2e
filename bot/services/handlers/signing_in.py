"""The link that opens our pages for one person."""

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from bot.domain.answers import sign_in_words
from bot.domain.card import Reply
from bot.domain.passes import LINK_LIFE, Pass, PassKind, sign_pass
from bot.parse import command as said
from bot.services.asking import Ask, Desk, Outcome

LONGEST_NAME: Final = 60
"""Characters of a name that a link carries; a pass has its limit."""


async def open_board(desk: Desk, ask: Ask, _: said.OpenBoard) -> Outcome:
    """Whoever opens the link is the asker, so nobody else may see it."""
    given = Pass(
        id=desk.ids.new(),
        kind=PassKind.LINK,
        asker=replace(ask.asker, name=ask.asker.name[:LONGEST_NAME]),
        until=ask.now + LINK_LIFE,
    )
    link = f"{desk.settings.web_base}/in/{sign_pass(given, desk.settings.key('sign-in'))}"
    minutes = LINK_LIFE // timedelta(minutes=1)
    words = sign_in_words(link, minutes=minutes, only_here=_is_this_machine(desk.settings.web_base))
    return Outcome(reply=Reply(text=words, secret=True))


def _is_this_machine(base: str) -> bool:
    host = urlsplit(base).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


HANDLERS: Final[Mapping[type, Any]] = {said.OpenBoard: open_board}
