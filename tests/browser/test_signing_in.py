"""A link in the chat, one button, and a browser that is mine until I leave."""

from datetime import timedelta

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import NewContext, Watched
from tests.browser.house import OpenHouse, stranger
from tests.browser.looking import complaints

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_link_in_the_chat_opens_my_board_once(
    house: OpenHouse, page: Page, new_context: NewContext, watched: Watched
) -> None:
    reply = await house.says("show me the board")
    assert reply is not None
    assert reply.secret
    assert "nowhere else" in reply.text  # nobody has set PUBLIC_URL
    link = house.here(reply.text.split()[2])

    # Whoever only looks, as chats do, uses nothing up.
    async with httpx.AsyncClient() as preview:
        assert (await preview.get(link)).status_code == 200
    await page.goto(link)
    assert await complaints(page) == []
    await page.get_by_role("button", name="Sign in as Punit").click()
    await expect(page).to_have_url(f"{house.address}/board")
    await expect(page.get_by_role("heading", name="Your calls", level=1)).to_be_visible()

    watched.expects("404")
    other = await (await new_context()).new_page()
    await other.goto(link)
    await expect(other.get_by_text("Type “board” to me")).to_be_visible()


async def test_two_browsers_that_both_show_the_button_do_not_both_get_in(
    house: OpenHouse, new_context: NewContext, watched: Watched
) -> None:
    watched.expects("404")
    link = house.link()
    pages = [await (await new_context()).new_page() for _ in range(2)]
    for each in pages:
        await each.goto(link)
    for each in pages:
        await each.get_by_role("button", name="Sign in").click()
        await each.wait_for_load_state()

    assert [await each.title() for each in pages] == [
        "Your calls · Patchline",
        "This link does not sign you in · Patchline",
    ]


async def test_an_old_link_and_one_from_before_a_restart_let_nobody_in(
    house: OpenHouse, page: Page, watched: Watched
) -> None:
    watched.expects("404")
    expired = house.link()
    await page.goto(house.link(life=timedelta(minutes=9)))  # made a minute before this process
    await page.get_by_role("button").click()
    await expect(page.get_by_role("heading", name="This link does not sign you in")).to_be_visible()
    await page.goto(f"{expired}x")
    await expect(page.get_by_role("heading", name="This link does not sign you in")).to_be_visible()

    await page.goto(expired)
    house.clock.step(minutes=10)
    await page.get_by_role("button").click()
    await expect(page.get_by_role("heading", name="This link does not sign you in")).to_be_visible()


async def test_signing_out_closes_the_board(house: OpenHouse, mine: Page, watched: Watched) -> None:
    watched.expects("401")
    await mine.goto(f"{house.address}/board")
    await mine.get_by_role("button", name="Sign out").click()
    await expect(mine.get_by_role("heading", name="You are not signed in")).to_be_visible()
    await expect(mine.get_by_text("Type “board” to me in the chat")).to_be_visible()
    assert await complaints(mine) == []


async def test_whose_access_is_revoked_sees_nothing_from_then_on(
    house: OpenHouse, new_context: NewContext, watched: Watched
) -> None:
    watched.expects("403")
    eve = stranger("Eve")
    await house.says("timezone Asia/Singapore", asker=eve)
    context = await new_context()
    await house.signs_in(context, eve)
    page = await context.new_page()
    await page.goto(f"{house.address}/board")
    await expect(page.get_by_text("Nothing is scheduled.")).to_be_visible()

    told = await house.says("revoke @eve")
    assert told is not None
    assert told.kind == "reply", told.text
    await page.reload()
    await expect(page.get_by_text("An admin has revoked your access")).to_be_visible()
