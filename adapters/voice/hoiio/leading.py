"""Leading a call: after each notice, the next block is asked for."""

from collections import OrderedDict
from typing import Final

import structlog

from adapters.voice.hoiio.api import Api, Fields, number, text
from adapters.voice.hoiio.blocks import Block, Monitor, blocks_of, request
from adapters.voice.hoiio.notices import RINGING, fields_of
from adapters.voice.hoiio.places import Addresses, Place, What, place_of
from adapters.voice.hoiio.tables import ANSWERED, GONE, NOT_YET, ONGOING
from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable
from bot.domain.flow import CallFlow, Conference, Dial, Gather, HangUp
from bot.ports.clock import Clock
from bot.ports.http import HttpRequest

log = structlog.get_logger(__name__)

PAUSES: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds between tries of one block. Somebody is on the line and hears nothing meanwhile."""
REMEMBERED: Final = 10_000


class Leader:
    """Asks for one block at a time, and remembers what for, so that a notice told twice asks once."""

    def __init__(self, api: Api, addresses: Addresses, clock: Clock) -> None:
        self._api = api
        self._addresses = addresses
        self._clock = clock
        self._asked: OrderedDict[tuple[str, int], None] = OrderedDict()

    async def carry_on(self, heard: HttpRequest, flow: CallFlow | None) -> None:
        """Whatever comes after this notice. A block that is refused is left out; at the end it hangs up."""
        place, fields = place_of(heard.url), fields_of(heard)
        session = text(fields, "session")
        if flow is None and place.what is not What.FLOW:
            return  # a call to us that nobody has answered yet stops ringing by itself
        blocks = (HangUp(),) if flow is None else blocks_of(flow)
        start = 0 if flow is None else following(place, fields, blocks)
        if start is None or not session or not self._is_new(session, place.done):
            return
        if place.what is What.INCOMING:
            place = Place(what=What.FLOW, role=place.role, shown=number(text(fields, "to")))
        base = heard.url.partition("?")[0].rpartition("/")[0]
        for n, block in enumerate(blocks[start:], start):
            if await self._ask(block, n, session, base, place):
                return

    def _is_new(self, session: str, done: int) -> bool:
        if (session, done) in self._asked:
            return False
        self._asked[session, done] = None
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        return True

    async def _ask(self, block: Block, n: int, session: str, base: str, before: Place) -> bool:
        """False when Hoiio will not do it."""
        asked = request(block, before.shown)
        after = Place(what=What.FLOW, role=before.role, done=n + 1, rung=asked.rings, shown=before.shown)
        params = {"session": session, "notify_url": self._addresses.url(base, after), **asked.params}
        if isinstance(block, Monitor):
            tape = Place(what=What.TAPE, role=before.role)
            params["monitor_notify_url"] = self._addresses.url(base, tape)
        for pause in (*PAUSES, None):
            try:
                await self._api.do(asked.method, params, creates=bool(asked.rings))
                return True
            except ProviderError as error:
                if error.code in GONE:
                    return True
                if isinstance(error, Rejected) and error.code not in NOT_YET:
                    log.warning("a block was refused", block=asked.method, reason=error.detail)
                    return False
                if pause is None or isinstance(error, OutcomeUnknown):
                    # A phone may be ringing already: its notice leads on, asking again might ring it twice.
                    log.warning("a call is stuck", block=asked.method, reason=error.detail)
                    return True
                wish = error.retry_after if isinstance(error, Unavailable) else None
            await self._clock.sleep(max(pause, wish or 0.0))
        return True


def following(place: Place, fields: Fields, blocks: tuple[Block, ...]) -> int | None:
    """The index of the block that is due; None when the call goes on without us, or has ended."""
    state = text(fields, "call_state")
    if place.what is What.INCOMING:
        return 0 if state == RINGING else None
    unreached = text(fields, "dial_status") not in ("", ANSWERED)
    if place.what is not What.FLOW or state == "ended" or unreached or place.done >= len(blocks):
        return None
    transfer = text(fields, "transfer_status")
    match blocks[place.done - 1] if place.done else None:
        case Gather(key=key) if text(fields, "digits") != key:
            return len(blocks) - 1
        case Dial() if transfer in (ANSWERED, ONGOING):
            return None
        case Conference() if transfer in ("", ANSWERED, ONGOING):
            return None
        case _:
            return place.done
