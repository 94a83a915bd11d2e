"""Pages are told what is new to them, whenever they ask, and nothing piles up for those who do not."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from adapters.web.lab.feed import Feed


def test_a_page_that_knows_nothing_is_told_everything_that_is() -> None:
    feed = Feed()
    feed.put("leg:1", "ringing")
    feed.put("leg:2", "ringing")
    feed.put("leg:1", None)
    assert feed.after(0) == ([("leg:2", "ringing")], 3)


def test_a_page_that_was_away_hears_of_the_last_change_alone_and_of_what_is_gone() -> None:
    feed = Feed()
    feed.put("leg:1", "dialling")
    feed.put("leg:2", "dialling")
    _, known = feed.after(0)
    feed.put("leg:1", "ringing")
    feed.put("leg:1", "talking")
    feed.put("leg:2", None)
    assert feed.after(known) == ([("leg:1", "talking"), ("leg:2", None)], 5)
    assert feed.after(5) == ([], 5)


def test_what_was_so_already_is_no_news() -> None:
    feed = Feed()
    feed.put("clock", {"speed": 1})
    feed.put("clock", {"speed": 1})
    assert feed.after(1) == ([], 1)


async def test_waiting_ends_with_the_news_and_not_before() -> None:
    feed = Feed()
    waiting = asyncio.create_task(feed.wait(0, 30))
    await asyncio.sleep(0)
    assert not waiting.done()
    feed.put("leg:1", "ringing")
    async with asyncio.timeout(1):
        await waiting
        await feed.wait(0, 30)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 3))), max_size=40),
    st.data(),
)
def test_whoever_asks_now_and_then_ends_with_what_is(
    changes: list[tuple[str, int | None]], data: st.DataObject
) -> None:
    feed, known, serial = Feed(), dict[str, int], 0
    page: dict[str, int | None] = known()
    now: dict[str, int | None] = {}
    for key, value in changes:
        feed.put(key, value)
        now[key] = value
        if data.draw(st.booleans()):
            items, serial = feed.after(serial)
            page.update(items)
    items, serial = feed.after(serial)
    page.update(items)
    assert {key: value for key, value in page.items() if value is not None} == {
        key: value for key, value in now.items() if value is not None
    }
