"""Never faster than Telegram allows; never slower for what cannot wait."""

import random
from itertools import pairwise

from adapters.chat.telegram.pace import Pace


def spoken(pace: Pace, chat: str, *, seconds: float, urgent: bool, start: float = 0.0) -> list[float]:
    """When messages go out if somebody always has one more."""
    now, said = start, []
    while now < start + seconds:
        wait = pace.wait(chat, urgent=urgent, now=now)
        if wait <= 0:
            pace.said(chat, now)
            said.append(now)
        now += max(wait, 0.001)
    return said


def test_one_a_second_in_a_private_chat() -> None:
    said = spoken(Pace(), "1001", seconds=60, urgent=False)
    assert 59 <= len(said) <= 61
    assert min(b - a for a, b in pairwise(said)) >= 1.0


def test_never_more_than_twenty_a_minute_in_a_group() -> None:
    said = spoken(Pace(), "-5001", seconds=300, urgent=True)
    assert len(said) >= 90
    assert max(sum(start <= each < start + 60 for each in said) for start in said) <= 20


def test_what_will_be_replaced_leaves_room_for_the_end() -> None:
    pace = Pace()
    assert len(spoken(pace, "-5001", seconds=60, urgent=False)) <= 13
    assert pace.wait("-5001", urgent=True, now=60.0) <= 1.0


def test_thirty_a_second_over_all_chats() -> None:
    pace, dice, said, now = Pace(), random.Random(5), [], 0.0
    while now < 5:
        chat = str(dice.randrange(1000, 2000))
        if pace.wait(chat, urgent=True, now=now) <= 0:
            pace.said(chat, now)
            said.append(now)
        now += 0.002
    assert max(sum(start <= each < start + 1 for each in said) for start in said) <= 30


def test_room_for_all_pages_or_for_none() -> None:
    pace = Pace()
    for n in range(17):
        pace.said("-5001", float(n))
    assert pace.wait("-5001", urgent=True, now=18.0, messages=2) == 0
    assert pace.wait("-5001", urgent=True, now=18.0, messages=4) == 60.0 + 1 - 18.0


def test_429_is_obeyed_in_that_chat_alone() -> None:
    pace = Pace()
    pace.be_quiet("-5001", until=130.0)
    assert pace.wait("-5001", urgent=True, now=100.0) == 30.0
    assert pace.wait("1001", urgent=True, now=100.0) == 0
