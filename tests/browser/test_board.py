"""The board: what is to come, what goes on, what is past, and why."""

import re
from dataclasses import replace

import httpx
import pytest
from playwright.async_api import Page, expect

from adapters.voice.simulator.script import phone
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Contact
from tests.browser.conftest import NewContext, Watched
from tests.browser.house import OpenHouse, stranger
from tests.browser.looking import complaints
from tests.scenario.house import ME, OURS, PUNIT

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AMY, BOB = "+6591234567", "+6598765432"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}&amp;"


async def a_busy_day(house: OpenHouse) -> None:
    """#1 is over, #2 is to come, #3 goes on."""
    house.phones(phone(AMY).rings(4).answers().hangs_up_after(20), phone(ME).rings(2).answers())
    await house.says("call amy and patch me in")
    await house.advance(60)
    await house.says("call bob and patch me in at 23:59")
    house.phones(phone(AMY).rings(4).answers())
    await house.says("call amy, record it and patch me in")
    await house.advance(20)


async def test_upcoming_live_and_past_calls_are_on_it(house: OpenHouse, mine: Page) -> None:
    await a_busy_day(house)
    await mine.goto(f"{house.address}/board")

    for title, subject, words in (
        ("Live", "Call #3 to amy", "talking"),
        ("Upcoming", "Call #2 to bob", "23:59, in 9 h"),
        ("Past", "Call #1 to amy", "Talk time 0:16 · cost"),
    ):
        listed = mine.get_by_role("region", name=re.compile(title)).get_by_role("listitem")
        await expect(listed.filter(has_text=subject).first).to_contain_text(words)
    line = mine.get_by_role("region", name="Time line")
    await expect(line).to_contain_text("you answered after 2 s")
    assert await line.locator("rect.bar.talking").count() == 4
    assert await line.locator("line.recorded").count() >= 2
    await expect(line.locator(".axis")).to_contain_text("14:30")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (820, "light")])
async def test_everybody_can_read_and_use_it(
    house: OpenHouse, new_context: NewContext, width: int, scheme: str
) -> None:
    await a_busy_day(house)
    context = await new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    await house.signs_in(context)
    page = await context.new_page()
    call = await house.call(1)
    for path in ("/board", f"/board/calls/{call.id}"):
        await page.goto(house.address + path)
        assert await complaints(page) == []


async def test_it_follows_what_happens_without_losing_the_focus(house: OpenHouse, mine: Page) -> None:
    await a_busy_day(house)
    await mine.goto(f"{house.address}/board")
    await mine.get_by_role("button", name="Cancel: Call #2").focus()
    await mine.evaluate("scrollTo(0, 120)")
    await house.says("hang up")
    await house.advance(5)

    live = mine.get_by_role("region", name=re.compile("Live"))
    await expect(live).to_contain_text("Nobody is on the line", timeout=4000)
    await expect(mine.locator("#heard")).to_have_text("0 calls live, 1 to come")
    await expect(mine.get_by_role("button", name="Cancel: Call #2")).to_be_focused()
    assert await mine.evaluate("scrollY") == 120


async def test_a_fragment_that_has_not_changed_is_not_sent_again(house: OpenHouse) -> None:
    cookies = house.cookies()
    async with httpx.AsyncClient(base_url=house.address, cookies=cookies) as client:
        first = await client.get("/board/fragment?show=&who=&span=15&page=1")
        again = await client.get(
            "/board/fragment?show=&who=&span=15&page=1", headers={"If-None-Match": first.headers["etag"]}
        )
        await house.says("call bob at 23:59")
        after = await client.get(
            "/board/fragment?show=&who=&span=15&page=1", headers={"If-None-Match": first.headers["etag"]}
        )

    assert (first.status_code, again.status_code, after.status_code) == (200, 304, 200)
    assert again.content == b""
    assert "<html" not in first.text


async def test_it_can_be_narrowed_and_turned_over(house: OpenHouse, mine: Page) -> None:
    house.phones(phone(BOB).is_busy())
    for _ in range(12):
        await house.says("call bob, say hello")
        await house.advance(5)
    await mine.goto(f"{house.address}/board")
    past = mine.get_by_role("region", name=re.compile("Past")).locator(".calls > li")
    assert await past.count() == 10
    await mine.get_by_role("link", name="Older").click()
    await expect(past).to_have_count(2)

    await mine.get_by_role("link", name="Missed").click()
    await expect(mine.get_by_role("link", name="Missed")).to_have_attribute("aria-current", "true")
    await expect(past).to_have_count(0)
    await expect(mine.get_by_role("region", name=re.compile("Upcoming"))).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    ["/board?show=everything", "/board?span=7", "/board?page=0", "/board?page=x", "/board/calls/nobody"],
)
async def test_an_address_that_no_link_says_leads_nowhere(
    house: OpenHouse, mine: Page, watched: Watched, path: str
) -> None:
    watched.expects("404")
    answer = await mine.goto(house.address + path)
    assert answer is not None
    assert answer.status == 404


# --- why --------------------------------------------------------------------------------------------


async def test_why_tells_the_story_from_the_sentence_to_the_last_callback(
    house: OpenHouse, mine: Page
) -> None:
    await a_busy_day(house)
    await mine.goto(f"{house.address}/board")
    await mine.get_by_role("link", name="Call #1 to amy").click()

    await expect(mine.locator("blockquote")).to_have_text("call amy and patch me in")
    await expect(mine.locator(".pairs").first).to_contain_text("patch me in")
    told = await mine.locator(".beat").all_inner_texts()
    story = "\n".join(told)
    for words in (
        "Punit said: “call amy and patch me in”",
        "Allowed.",
        "Placement for amy written down, then sent to simulator",
        "Simulator took the call to amy",
        "Amy: ringing.",
        "You: pressed 1.",
        "Amy: connected.",
        "hung up as usual (Q.850 16 NORMAL_CLEARING)",
        "Closed: answered.",
    ):
        assert words in story
    clocks = [found[0] for each in told if (found := re.findall(r"\d\d:\d\d:\d\d\.\d{3}", each))]
    assert clocks == sorted(clocks)
    assert "reached us 0.000 s later" in story
    call = await house.call(1)
    assert all(each.token not in story for each in call.placements if len(each.token) > 6)


async def test_what_waits_for_a_yes_says_why_and_can_be_confirmed(house: OpenHouse, mine: Page) -> None:
    house.phones(phone("+442079460018").answers())
    await house.says("call +442079460018, say hello")
    call = await house.call(1)
    await mine.goto(f"{house.address}/board/calls/{call.id}")
    await expect(mine.locator(".story")).to_contain_text("Held until somebody confirms: First call to")

    await mine.get_by_role("button", name="Confirm").click()
    await expect(mine.locator("#status")).to_contain_text("Sent.")
    await house.advance(3)
    assert house.rung("+442079460018") == 1


# --- pressing ---------------------------------------------------------------------------------------


async def test_cancel_on_the_board_cancels_and_the_core_answers_in_the_chat(
    house: OpenHouse, mine: Page
) -> None:
    await house.says("call bob at 23:59")
    await mine.goto(f"{house.address}/board")
    await mine.get_by_role("button", name="Cancel: Call #1 to bob").click()

    past = mine.get_by_role("region", name=re.compile("Past"))
    await expect(past).to_contain_text("Call #1 to bob")
    await expect(past).to_contain_text("cancelled")
    assert house.card(1).state == "cancelled"


async def test_without_scripts_everything_is_there_and_buttons_work(
    house: OpenHouse, new_context: NewContext
) -> None:
    await house.says("call bob at 23:59")
    context = await new_context(java_script_enabled=False)
    await house.signs_in(context)
    page = await context.new_page()
    await page.goto(f"{house.address}/board?show=upcoming&who=&span=60&page=1")
    await page.get_by_role("button", name="Cancel: Call #1 to bob").click()

    await expect(page).to_have_url(re.compile(r"/board\?show=upcoming&who=&span=60&page=1&sent=1$"))
    await expect(page.locator("#status")).to_have_text("Sent. The answer comes in your chat.")
    await page.goto(f"{house.address}/board")
    await expect(page.get_by_role("region", name=re.compile("Past"))).to_contain_text("Call #1 to bob")


async def test_a_double_click_calls_once(house: OpenHouse) -> None:
    house.phones(phone(BOB).is_busy())
    await house.says("call bob, say hello")
    await house.advance(5)
    call = await house.call(1)
    cookies = house.cookies()
    form = {"press": f"again:{call.id}", "call": call.id, "back": "board"}
    async with httpx.AsyncClient(base_url=house.address, cookies=cookies) as client:
        for _ in range(2):
            answer = await client.post("/board/press", data=form, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code == 303
    await house.advance(5)
    assert house.rung(BOB) == 2


# --- what must not work -------------------------------------------------------------------------------


async def test_a_foreign_page_can_press_nothing(
    house: OpenHouse, mine: Page, new_context: NewContext, watched: Watched
) -> None:
    await house.says("call bob at 23:59")
    call = await house.call(1)
    watched.expects("403", "form-action")
    foreign = house.address.replace("127.0.0.1", "localhost")
    form = "".join(
        f'<input name="{name}" value="{value}">'
        for name, value in (("press", f"cancel:{call.id}"), ("call", call.id), ("back", "board"))
    )
    await mine.route(
        f"{foreign}/foreign",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method="post" action="{house.address}/board/press">{form}<button>Win!</button>',
        ),
    )
    await mine.goto(f"{foreign}/foreign")
    await mine.get_by_role("button").click()

    await expect(mine.get_by_role("heading", name="Nothing was done")).to_be_visible()
    assert house.card(1).state == "scheduled"


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
@pytest.mark.parametrize("path", ["/board/press", "/out", "/in/anything"])
async def test_a_post_that_no_page_of_ours_vouches_for_is_refused(
    house: OpenHouse, path: str, headers: dict[str, str]
) -> None:
    cookies = house.cookies()
    async with httpx.AsyncClient(base_url=house.address, cookies=cookies) as client:
        answer = await client.post(path, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_names_and_messages_are_text_and_nothing_else(house: OpenHouse, mine: Page) -> None:
    house.phones(phone(AMY).rings(1).answers().hangs_up_after(5))
    async with house.ledger() as tx:
        await tx.remove_contact(PUNIT.key, "amy")
        await tx.save_contact(Contact(owner=PUNIT.key, name=HOSTILE, address=PhoneNumber(e164=AMY)))
        await tx.commit()
    told = await house.says(f'call {AMY}, say "{HOSTILE}"', asker=replace(PUNIT, name=HOSTILE))
    assert told is None, told
    await house.advance(30)
    call = await house.call(1)
    await mine.goto(f"{house.address}/board/calls/{call.id}")

    await expect(mine.locator("blockquote")).to_contain_text(HOSTILE)
    await expect(mine.locator("h1")).to_contain_text(HOSTILE)
    await expect(mine.locator(".story")).to_contain_text(f"{HOSTILE} said:")
    assert await mine.locator("img[src=x], main script").count() == 0


async def test_somebody_elses_calls_are_not_there(
    house: OpenHouse, new_context: NewContext, watched: Watched
) -> None:
    await a_busy_day(house)
    call = await house.call(2)
    eve = stranger("Eve")
    context = await new_context()
    await house.signs_in(context, eve)
    page = await context.new_page()
    await page.goto(f"{house.address}/board?who=all")
    await expect(page.get_by_text("No calls yet.")).to_be_visible()
    await expect(page.get_by_text("amy")).to_have_count(0)
    await expect(page.get_by_role("link", name="Everybody's")).to_have_count(0)

    watched.expects("404")
    await page.goto(f"{house.address}/board/calls/{call.id}")
    await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    cookies = house.cookies(eve)
    form = {"press": f"cancel:{call.id}", "call": call.id, "back": "board"}
    async with httpx.AsyncClient(base_url=house.address, cookies=cookies) as client:
        answer = await client.post("/board/press", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 404
    assert house.card(2).state == "scheduled"


async def test_an_admin_sees_everybodys_and_who_ordered_them(house: OpenHouse, mine: Page) -> None:
    eve = stranger("Eve")
    await house.says(f"call {AMY}, say hello, at 23:59", asker=eve)
    await mine.goto(f"{house.address}/board")
    await expect(mine.get_by_text("Nothing is scheduled.")).to_be_visible()
    await mine.get_by_role("link", name="Everybody's").click()
    await expect(mine.get_by_role("region", name=re.compile("Upcoming"))).to_contain_text("by Eve")


async def test_a_call_to_us_has_its_story_too(house: OpenHouse, mine: Page) -> None:
    house.phones(phone(BOB).is_busy())
    await house.says(f"forward {OURS} to bob for 10 seconds, then voicemail")
    house.network.call(
        PhoneNumber(e164="+442079460018"), PhoneNumber(e164=OURS), phone("+442079460018").leaves_message(5)
    )
    await house.advance(60)
    await mine.goto(f"{house.address}/board")
    await mine.get_by_role("link", name="Call #1 from +44 20 7946 0018").click()
    await expect(mine.locator(".story")).to_contain_text("A call came in from +44 20 7946 0018.")
    await mine.get_by_role("link", name="Listen to message 1").click()
    await expect(mine.get_by_role("heading", name="Voicemail 1")).to_be_visible()
