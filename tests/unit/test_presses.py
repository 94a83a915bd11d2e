"""Presses on our own pages: a double click is one press, and what was not taken may be pressed again."""

import asyncio

import pytest

from adapters.clock import DemoClock, RandomIds
from adapters.web.presses import Presses
from bot.domain.actions import Action, Verb
from bot.domain.errors import StorageUnavailable
from bot.domain.people import Asker, Room, Standing
from bot.ports.chat import Inbound

SAM = Asker(platform="web", workspace="", user="you", name="Sam", standing=Standing.OWNER)
ROOM = Room(platform="web", workspace="", channel="lab")
CALL_BACK = Action(verb=Verb.BACK, target="call-1")


class SlowInbox:
    """Takes its time, as a database does."""

    def __init__(self) -> None:
        self.taken: list[Inbound] = []
        self.is_there = True

    async def put(self, inbound: Inbound) -> bool:
        await asyncio.sleep(0)
        if not self.is_there:
            raise StorageUnavailable
        self.taken.append(inbound)
        return True


async def test_a_second_click_does_not_wait_for_the_first_to_be_taken() -> None:
    inbox = SlowInbox()
    presses = Presses(inbox=inbox, clock=DemoClock(), ids=RandomIds())
    await asyncio.gather(*(presses.put(SAM, ROOM, CALL_BACK) for _ in range(3)))
    assert len(inbox.taken) == 1


async def test_a_press_that_was_not_taken_may_be_pressed_again_at_once() -> None:
    inbox = SlowInbox()
    presses = Presses(inbox=inbox, clock=DemoClock(), ids=RandomIds())
    inbox.is_there = False
    with pytest.raises(StorageUnavailable):
        await presses.put(SAM, ROOM, CALL_BACK)
    inbox.is_there = True
    await presses.put(SAM, ROOM, CALL_BACK)
    assert len(inbox.taken) == 1
