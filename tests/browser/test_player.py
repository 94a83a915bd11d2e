"""The player: heard, sought in, sped up; and for whoever may, called back, marked done, revoked."""

import re

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from adapters.voice.simulator.script import phone
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Asker
from bot.domain.recording import Recording
from tests.browser.conftest import NewContext, Watched
from tests.browser.house import OpenHouse, stranger
from tests.browser.looking import complaints
from tests.scenario.house import OURS, PUNIT, ROOM

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BOB, LONDON = "+6598765432", "+442079460018"


@pytest_asyncio.fixture(loop_scope="session")
async def link(house: OpenHouse) -> str:
    """To a message of twelve seconds that somebody in London left."""
    house.phones(phone(BOB).is_busy(), phone(LONDON).answers())
    await house.says(f"forward {OURS} to bob for 10 seconds, then voicemail")
    script = phone(LONDON).leaves_message(12)
    house.network.call(PhoneNumber(e164=LONDON), PhoneNumber(e164=OURS), script)
    await house.advance(60)
    return house.here(house.house.recordings.link(await the_message(house)))


async def the_message(house: OpenHouse) -> Recording:
    async with house.ledger() as tx:
        [recording] = await tx.recordings(ROOM.tenant)
    return recording


async def opened(page: Page, link: str) -> None:
    await page.goto(link)
    await page.wait_for_selector("#player[data-drawn]")


async def at(page: Page) -> float:
    """Where it stands, in seconds."""
    return float(await page.evaluate("document.querySelector('audio').currentTime"))


async def test_it_plays_and_shows_where_it_is(link: str, page: Page) -> None:
    await opened(page, link)
    slider = page.get_by_role("slider", name="Position")
    await expect(slider).to_have_attribute("aria-valuetext", "0:00 of 0:12")
    assert await page.locator(".rest").get_attribute("d") not in ("", None)

    await page.get_by_role("button", name="2×").click()
    await page.get_by_role("button", name="Play").click()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await expect(slider).to_have_attribute("aria-valuenow", re.compile(r"^0\.[4-9]|^[1-9]"))
    assert await page.evaluate("document.querySelector('audio').playbackRate") == 2
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Play")).to_be_visible()


async def test_speeds_are_one_choice(link: str, page: Page) -> None:
    await opened(page, link)
    for speed in ("1.25×", "1.5×", "2×", "1×"):
        await page.get_by_role("button", name=speed, exact=True).click()
        pressed = page.get_by_role("group", name="Speed").locator("[aria-pressed=true]")
        assert await pressed.all_inner_texts() == [speed]


async def test_it_is_sought_in_by_click_drag_and_keys(link: str, page: Page) -> None:
    await opened(page, link)
    slider = page.get_by_role("slider", name="Position")
    box = await slider.bounding_box()
    assert box is not None
    left, width, middle = box["x"], box["width"], box["y"] + box["height"] / 2

    await page.mouse.click(left + width / 2, middle)
    assert await at(page) == pytest.approx(6, abs=0.2)
    await page.mouse.move(left + width / 2, middle)
    await page.mouse.down()
    await page.mouse.move(left + width * 3 / 4, middle, steps=4)
    await page.mouse.up()
    assert await at(page) == pytest.approx(9, abs=0.2)

    await slider.focus()
    for key, seconds in (("Home", 0), ("ArrowRight", 5), ("ArrowLeft", 0), ("End", 12), ("PageDown", 0)):
        await slider.press(key)
        assert await at(page) == pytest.approx(seconds, abs=0.2), key
    await slider.press("ArrowUp")
    await expect(slider).to_have_attribute("aria-valuetext", "0:05 of 0:12")
    await slider.press("Space")
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (820, "light")])
async def test_everybody_can_read_and_use_it(
    house: OpenHouse, link: str, new_context: NewContext, width: int, scheme: str
) -> None:
    context = await new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    await house.signs_in(context)
    page = await context.new_page()
    await opened(page, link)
    assert await complaints(page) == []


async def test_without_scripts_the_browsers_own_player_stands_there(
    house: OpenHouse, link: str, new_context: NewContext
) -> None:
    context = await new_context(java_script_enabled=False)
    await house.signs_in(context)
    page = await context.new_page()
    await page.goto(link)
    await expect(page.locator("audio[controls]")).to_be_visible()
    await page.get_by_role("button", name="Mark done").click()
    await expect(page.locator("#status")).to_contain_text("Sent.")
    assert (await the_message(house)).done


async def test_a_download_has_a_name(link: str, page: Page) -> None:
    await opened(page, link)
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Download").click()
    assert (await waiting.value).suggested_filename == "voicemail-1.wav"


# --- buttons ----------------------------------------------------------------------------------------


async def test_whoever_only_holds_the_link_listens_and_does_nothing(
    house: OpenHouse, link: str, page: Page
) -> None:
    await opened(page, link)
    await expect(page.get_by_role("button", name=re.compile("Revoke|done|Call back|New link"))).to_have_count(
        0
    )
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{link}/press", data={"do": "revoke"}, headers={"Sec-Fetch-Site": "same-origin"}
        )
    assert answer.status_code == 403
    assert "sign in" in answer.text
    assert (await the_message(house)).link_version == 1


async def test_marked_done(house: OpenHouse, link: str, mine: Page) -> None:
    await opened(mine, link)
    await mine.get_by_role("button", name="Mark done").click()
    await expect(mine.get_by_text("Marked done.")).to_be_visible()
    await expect(mine.get_by_role("button", name="Mark done")).to_have_count(0)
    assert house.replies[-1].text == "Marked done."


async def test_called_back(house: OpenHouse, link: str, mine: Page) -> None:
    await house.says(f"save ana as {LONDON}")
    await opened(mine, link)
    await mine.get_by_role("button", name="Call back").click()
    await expect(mine.locator("#status")).to_contain_text("Sent.")
    await house.advance(5)
    assert house.card(2).title.startswith("Call #2 to")


async def test_revoked_every_link_is_dead_and_a_new_one_works(
    house: OpenHouse, link: str, mine: Page, watched: Watched
) -> None:
    watched.expects("404")
    await opened(mine, link)
    await mine.get_by_role("button", name="New link").click()
    await expect(mine.locator("#status")).to_contain_text("Sent.")
    assert "A new link" in house.replies[-1].text
    also = house.here(house.replies[-1].text.split()[-1])

    await mine.get_by_role("button", name="Revoke the link").click()
    await expect(mine.get_by_role("heading", name="This link does not play anything")).to_be_visible()
    assert "given out so far is dead" in house.replies[-1].text
    async with httpx.AsyncClient() as client:
        for dead in (link, f"{link}/audio", also, f"{also}/audio"):
            assert (await client.get(dead)).status_code == 404

    [renewed] = re.findall(r"http\S+/r/\S+", house.card(1).text)
    await opened(mine, house.here(renewed))


@pytest.mark.parametrize(
    ("asker", "site", "status"),
    [
        (PUNIT, "cross-site", 403),
        (PUNIT, "same-site", 403),
        (PUNIT, "same-origin", 303),
        (stranger("Eve"), "same-origin", 403),
    ],
)
async def test_the_link_and_a_session_are_not_enough_to_act(
    house: OpenHouse, link: str, asker: Asker, site: str, status: int
) -> None:
    cookies = house.cookies(asker)
    async with httpx.AsyncClient(cookies=cookies) as client:
        answer = await client.post(f"{link}/press", data={"do": "revoke"}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status


async def test_somebody_elses_recording_is_not_found_by_its_name(
    house: OpenHouse, link: str, new_context: NewContext, watched: Watched
) -> None:
    watched.expects("404")
    recording = await the_message(house)
    context = await new_context()
    await house.signs_in(context, stranger("Eve"))
    page = await context.new_page()
    for path in (f"/board/listen/{recording.id}", f"/r/{recording.id}", f"/r/{recording.id}/audio"):
        answer = await page.goto(house.address + path)
        assert answer is not None
        assert answer.status == 404
