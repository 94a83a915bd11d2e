"""Who the phone lab answers to, what it shows of strange names, and how much it can carry."""

import pytest
import pytest_asyncio

from tests.browser.conftest import NewContext, Watched
from tests.browser.lab import SLOW_MS, LabPage
from tests.browser.looking import complaints

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = '<img src=x onerror="document.title=1">'


@pytest_asyncio.fixture(loop_scope="session")
async def lab(new_context: NewContext, lab_address: str) -> LabPage:
    return await LabPage(await (await new_context()).new_page(), lab_address).open()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/lab/say", {"id": "foreign-1", "text": "call amy, say hello"}),
        ("/lab/press", {"id": "foreign-2", "action": "cancel:x", "label": "x"}),
        ("/lab/calls", {"to": "+12125550100"}),
        ("/lab/clock", {"speed": 10}),
        ("/lab/trouble", {"on": ["lost"]}),
        ("/lab/restart", {}),
    ],
)
async def test_a_foreign_page_cannot_make_it_do_anything(lab: LabPage, path: str, body: object) -> None:
    url = lab.address.rstrip("/") + path
    ask = lab.page.request.post
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert (await ask(url, data=body, headers=foreign)).status == 403
    assert (await ask(url, data=body, headers={"Origin": "https://evil.example"})).status == 403
    assert (await ask(url, data=body)).status == 403
    same = {"Sec-Fetch-Site": "same-origin", "Host": "evil.example"}
    assert (await ask(url, data=body, headers=same)).status == 421
    assert await lab.page.locator("#log > li").count() == 0
    assert await lab.page.get_by_role("button", name="1×", pressed=True).count() == 1


async def test_a_name_that_is_made_to_lead_here_sees_nothing(lab: LabPage) -> None:
    for path in ("", "lab/events", "lab/feed-worker.js"):
        answer = await lab.page.request.get(lab.address + path, headers={"Host": "evil.example:8080"})
        assert answer.status == 421


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/lab/say", [], 400),
        ("/lab/say", {"id": "message-1"}, 400),
        ("/lab/say", {"id": "x", "text": "list"}, 400),
        ("/lab/legs/nobody/answer", {}, 404),
        ("/lab/legs/nobody/explode", {}, 404),
        ("/lab/legs/..%2Fcalls/keys", {"digits": "1"}, 404),
        ("/lab/clock", {"speed": -1}, 400),
        ("/lab/clock", {"to": "2001-01-01T00:00:00+00:00"}, 400),
        ("/lab/calls", {"to": "+14155550199"}, 404),
        ("/lab/trouble", {"on": ["everything"]}, 400),
        ("/lab/phones", {"id": "phone-0001", "name": "", "number": "+441", "kind": "person"}, 400),
    ],
)
async def test_nonsense_gets_a_sentence(lab: LabPage, path: str, body: object, status: int) -> None:
    ours = {"Sec-Fetch-Site": "same-origin"}
    answer = await lab.page.request.post(lab.address.rstrip("/") + path, data=body, headers=ours)
    assert answer.status == status
    assert "%2F" in path or (await answer.json())["problem"]


async def test_names_and_messages_are_text_and_nothing_else(lab: LabPage) -> None:
    await lab.say(f'{HOSTILE} & <b>"bold"</b>')
    await lab.told("onerror")
    await lab.page.get_by_role("button", name="Add a phone").click()
    await lab.page.get_by_label("Name").fill(HOSTILE)
    await lab.page.get_by_label("Number").fill("+44 20 7946 0999")
    await lab.page.get_by_role("button", name="Add", exact=True).click()
    await lab.phone(HOSTILE).wait_for()
    assert await lab.page.locator("main img, main b").count() == 0
    assert "Patchline" in await lab.page.title()


async def test_a_wrong_number_for_a_phone_is_explained(lab: LabPage, watched: Watched) -> None:
    watched.expects("status of 400")
    await lab.page.get_by_role("button", name="Add a phone").click()
    await lab.page.get_by_label("Name").fill("Dee")
    await lab.page.get_by_label("Number").fill("12")
    await lab.page.get_by_role("button", name="Add", exact=True).click()
    await lab.page.get_by_role("alert").get_by_text("country code").wait_for()
    assert await lab.page.get_by_label("Name").input_value() == "Dee"


async def test_twenty_phones_and_five_pages(lab: LabPage, new_context: NewContext, lab_address: str) -> None:
    context = await new_context(viewport={"width": 1440, "height": 1000})
    pages = [await LabPage(await context.new_page(), lab_address).open() for _ in range(5)]
    ours = {"Sec-Fetch-Site": "same-origin"}
    for n in range(16):
        phone = {
            "id": f"phone-{n:04}",
            "name": f"Guest{chr(97 + n)}",
            "number": f"+4420794604{n:02}",
            "kind": "person",
        }
        answer = await lab.page.request.post(lab_address + "lab/phones", data=phone, headers=ours)
        assert answer.status == 200
    for each in pages:
        await each.phone("Guestp").wait_for(state="attached", timeout=SLOW_MS)
        assert await each.page.locator(".handset").count() >= 20
    await pages[0].say("call guestd, say hello")
    for each in pages:
        await each.call_on("Guestd", "ringing").wait_for(state="attached", timeout=SLOW_MS)
    await pages[4].press("Guestd", "Decline")
    for each in pages:
        await each.call_on("Guestd", "ended").wait_for(state="attached", timeout=SLOW_MS)


async def test_a_page_that_lost_a_script_says_so(
    new_context: NewContext, lab_address: str, watched: Watched
) -> None:
    watched.expects("net::ERR")
    page = await (await new_context()).new_page()
    await page.route("**/dom.js", lambda route: route.abort())
    await page.goto(lab_address)
    await page.get_by_text("did not arrive").wait_for(timeout=SLOW_MS)
    await page.unroute("**/dom.js")
    await page.get_by_role("link", name="Load it again").click()
    await page.locator("body[data-ready]").wait_for(timeout=SLOW_MS)
    assert not await page.get_by_text("did not arrive").is_visible()


async def test_the_first_page_is_small(lab: LabPage, new_context: NewContext, lab_address: str) -> None:
    """Everything that is fetched before the page can be used, as it travels."""
    sizes: list[int] = []
    page = await (await new_context()).new_page()

    async def weigh(response: object) -> None:
        from playwright.async_api import Response

        assert isinstance(response, Response)
        if "events" not in response.url and "fragment" not in response.url:
            sizes.append(len(await response.body()))

    page.on("response", weigh)
    await LabPage(page, lab_address).open()
    assert len(sizes) > 5
    assert sum(sizes) < 100_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 820, 1440])
async def test_everybody_can_read_it_and_hit_it(
    new_context: NewContext, lab_address: str, width: int, scheme: str
) -> None:
    context = await new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    lab = await LabPage(await context.new_page(), lab_address).open()
    card = await lab.order("conference amy, bob and me")
    await lab.say("call amy tomorow at 9am")
    await lab.told("tomorow")
    assert await complaints(lab.page) == []
    await lab.page.locator("#trouble summary").click()
    assert await complaints(lab.page) == []
    await lab.page.keyboard.press("Escape")
    if width < 1000:
        await lab.page.locator("#tab-phones").click()
    await lab.page.get_by_role("button", name="Add a phone").click()
    await lab.answers("Amy")
    await lab.phone("Amy").locator("[data-key='1']").wait_for(timeout=SLOW_MS)
    assert await complaints(lab.page) == []
    if width < 1000:
        await lab.page.locator("#tab-chat").click()
    await card.press("Hang up")
    await card.shows("ended")


async def test_the_keyboard_alone_is_enough(lab: LabPage) -> None:
    """From the top of the page: the message box, a call, the phone that rings, and the end of it."""
    press = lab.page.keyboard.press
    await press("Tab")
    await press("Enter")  # the link that skips to the box
    await lab.page.keyboard.type("call amy, wait 20 seconds, say hello")
    await press("Enter")
    await lab.until("Amy", "ringing")
    await lab.phone("Amy").get_by_role("button", name="Answer").focus()
    await press("Enter")
    await lab.until("Amy", "talking")
    focused = lab.page.locator(":focus")
    for _ in range(4):
        if await focused.inner_text() == "Hang up":
            break
        await press("Tab")
    assert await focused.inner_text() == "Hang up"
    await press("Space")
    await lab.until("Amy", "ended")
