"""The phone lab: sentences are typed or clicked, phones ring, and people do with them as they like."""

import pytest
import pytest_asyncio

from tests.browser.conftest import NewContext
from tests.browser.lab import AMY, BOB, CY, SLOW_MS, YOU, LabPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HEARD = """
window.spoken = []; window.played = [];
speechSynthesis.speak = (speech) => window.spoken.push(speech.text);
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () { window.played.push(this.src); return play.call(this); };
"""


@pytest_asyncio.fixture(loop_scope="session")
async def lab(new_context: NewContext, lab_address: str) -> LabPage:
    context = await new_context(viewport={"width": 1440, "height": 1000})
    await context.add_init_script(HEARD)
    return await LabPage(await context.new_page(), lab_address).open()


async def test_one_click_and_a_phone_rings(lab: LabPage) -> None:
    click = lab.page.get_by_role("button", name="Call Amy and patch me in").click()
    card = await lab.card_after(click)
    await lab.until(AMY, "ringing")
    await lab.page.get_by_role("alert").get_by_text("Amy’s phone is ringing").wait_for()
    assert "Ringing" in await lab.page.title()
    await lab.answers(AMY)
    await lab.until(YOU, "ringing")
    await lab.answers(YOU)
    await lab.phone(YOU).get_by_text("Press 1 to talk to").wait_for()
    await lab.key(YOU, "1")
    await card.shows("talking")
    assert await lab.call_on(AMY).locator(".who").inner_text() == "You"
    assert any("Press 1" in words for words in await lab.page.evaluate("window.spoken"))
    await lab.press(AMY, "Hang up")
    assert "you talked for" in await card.shows("ended")
    await lab.until(YOU, "ended")


async def test_a_phone_can_be_declined_and_the_card_says_so(lab: LabPage) -> None:
    card = await lab.order("call amy, say hello")
    await lab.until(AMY, "ringing")
    await lab.press(AMY, "Decline")
    assert "rejected" in await card.shows("ended")
    await lab.call_on(AMY).get_by_text("Declined").wait_for()


async def test_a_phone_that_is_left_ringing_stops_after_its_time(lab: LabPage) -> None:
    card = await lab.order("call amy, say hello")
    await lab.until(AMY, "ringing")
    await lab.time_runs("10×")
    assert "no answer" in (await card.shows("ended")).lower()
    await lab.time_runs("1×")
    await lab.call_on(AMY).get_by_text("Missed call").wait_for()


async def test_a_song_is_really_played_and_an_announcement_spoken(lab: LabPage) -> None:
    sounds: list[int] = []
    lab.page.on("response", lambda got: sounds.append(got.status) if "happy-birthday" in got.url else None)
    card = await lab.card_after(lab.page.get_by_role("button", name="A birthday, with a song").click())
    await lab.until(AMY, "ringing")
    await lab.answers(AMY)
    await lab.phone(AMY).get_by_text("♪ happy-birthday.wav").wait_for()
    await lab.page.wait_for_timeout(300)
    assert sounds
    assert set(sounds) <= {200, 206}
    assert [url for url in await lab.page.evaluate("window.played") if "happy-birthday" in url]
    await lab.time_runs("10×")
    await lab.until(YOU, "ringing")
    await lab.time_runs("1×")
    assert "Happy birthday, Amy!" in await lab.page.evaluate("window.spoken")
    await lab.press(AMY, "Hang up")
    await card.shows("ended")


async def test_a_mailbox_answers_by_itself_and_gets_its_own_words(lab: LabPage) -> None:
    card = await lab.order('call bob, if a machine answers say "Please call me back."')
    await lab.until(BOB, "ringing")
    await lab.time_runs("10×")
    words = await card.shows("ended")
    await lab.time_runs("1×")
    assert "Please call me back." in await lab.page.evaluate("window.spoken")
    assert "machine" in words


async def test_a_phone_that_screens_shows_who_calls_and_why(lab: LabPage) -> None:
    card = await lab.order('call cy, say "The pizza is here.", wait 20 seconds')
    await lab.until(CY, "screening")
    await lab.phone(CY).get_by_role("button", name="Answer").wait_for(timeout=SLOW_MS)
    await lab.answers(CY)
    await lab.phone(CY).get_by_text("“The pizza is here.”", exact=True).wait_for(timeout=SLOW_MS)
    await lab.press(CY, "Hang up")
    await card.shows("ended")


async def test_muting_and_keys_are_seen_by_everybody(
    lab: LabPage, new_context: NewContext, lab_address: str
) -> None:
    small = await new_context(viewport={"width": 390, "height": 844})
    other = await LabPage(await small.new_page(), lab_address).open()
    card = await lab.order("call amy, wait 30 seconds, say hello")
    await lab.until(AMY, "ringing")
    await lab.answers(AMY)
    await lab.press(AMY, "Mute")
    await other.page.locator("#tab-phones").click()
    await other.phone(AMY).get_by_role("button", name="Unmute").wait_for()
    await lab.press(AMY, "Keypad")
    await lab.key(AMY, "5")
    await lab.press(AMY, "Hang up")
    assert "pressed 5" in await card.shows("ended")


async def test_a_slip_is_pointed_at_and_mended_by_its_button(lab: LabPage) -> None:
    await lab.page.get_by_role("button", name="A slip of the fingers").click()
    error = lab.page.locator("li.reply.error").last
    await error.wait_for()
    assert await error.locator("mark").inner_text() == "tomorow"
    assert "Only you can see this" in await error.inner_text()
    card = await lab.card_after(error.get_by_role("button", name="Use tomorrow").click())
    await card.shows("scheduled")
    await card.press("Cancel")
    await card.shows("cancelled")


async def test_what_was_typed_can_be_had_again(lab: LabPage) -> None:
    box = lab.page.get_by_label("Message", exact=True)
    await lab.say("list")
    await lab.say("balance")
    await box.press("ArrowUp")
    await box.press("ArrowUp")
    assert await box.input_value() == "list"
    await box.press("ArrowDown")
    assert await box.input_value() == "balance"


async def test_a_page_opened_later_shows_what_was_said(
    lab: LabPage, new_context: NewContext, lab_address: str
) -> None:
    await lab.say("contacts")
    await lab.told("amy")
    other = await LabPage(await (await new_context()).new_page(), lab_address).open()
    said = await lab.page.locator("#log > li").all_inner_texts()
    await other.told("amy")
    assert await other.page.locator("#log > li").all_inner_texts() == said
