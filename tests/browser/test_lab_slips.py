"""The phone lab under hands that slip: double clicks, half-typed words, a microphone refused."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.conftest import NewContext, Watched
from tests.browser.lab import AMY, BOB, SLOW_MS, STRANGER, LabPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HEARD = """
window.spoken = [];
speechSynthesis.speak = (speech) => window.spoken.push(speech.text);
speechSynthesis.cancel = () => window.spoken.push("(silence)");
"""
MICROPHONE = """
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = () => new Promise((give, refuse) => {
  window.refuse = () => refuse(new DOMException("no", "NotAllowedError"));
  window.give = () => {
    window.stream = new AudioContext().createMediaStreamDestination().stream;
    give(window.stream);
  };
});
"""


@pytest_asyncio.fixture(loop_scope="session")
async def lab(new_context: NewContext, lab_address: str) -> LabPage:
    context = await new_context(viewport={"width": 1440, "height": 1000})
    await context.add_init_script(HEARD + MICROPHONE)
    return await LabPage(await context.new_page(), lab_address).open()


async def spoken(page: Page, words: str) -> int:
    said: list[str] = await page.evaluate("window.spoken")
    return sum(words in each for each in said)


# --- clicking ---------------------------------------------------------------------------------------


async def test_a_double_click_is_one_click(lab: LabPage) -> None:
    ready = lab.page.get_by_role("button", name="Call Amy and patch me in")
    card = await lab.card_after(ready.dblclick())
    await lab.until(AMY, "ringing")
    await lab.phone(AMY).get_by_role("button", name="Answer").dblclick()
    await lab.until(AMY, "talking")
    await lab.phone(AMY).get_by_role("button", name="Hang up").dblclick()
    await card.shows("ended")
    on_card = lab.page.locator(f'li.card[data-call="{card.call}"]')
    again = await lab.card_after(on_card.get_by_role("button", name="Call again").dblclick())
    await lab.until(AMY, "ringing")
    await lab.press(AMY, "Decline")
    await again.shows("ended")
    assert await lab.page.locator("li.card").count() == 2


async def test_a_button_that_is_hammered_on_with_the_keyboard_counts_once(lab: LabPage) -> None:
    card = await lab.order('call amy, say "hello"')
    await lab.until(AMY, "ringing")
    await lab.press(AMY, "Decline")
    await card.shows("ended")
    before = await lab.page.locator("li.pressed, li.card").count()
    on_card = lab.page.locator(f'li.card[data-call="{card.call}"]')
    await on_card.get_by_role("button", name="Call again").focus()
    for _ in range(3):
        await lab.page.keyboard.press("Enter")
    await lab.until(AMY, "ringing")
    await lab.say("contacts")
    await lab.told("amy")
    assert await lab.page.locator("li.pressed, li.card").count() == before + 2
    await lab.press(AMY, "Decline")
    await lab.until(AMY, "ended")


# --- typing -----------------------------------------------------------------------------------------


async def test_a_draft_is_there_again_after_a_look_at_what_was_said(lab: LabPage) -> None:
    box = lab.page.get_by_label("Message", exact=True)
    await lab.say("list")
    await box.fill("call amy to")
    await box.press("ArrowUp")
    assert await box.input_value() == "list"
    await box.press("ArrowDown")
    assert await box.input_value() == "call amy to"


async def hangs_up(lab: LabPage) -> None:
    await lab.press(STRANGER, "Hang up")
    await lab.until(STRANGER, "ended")


async def test_whoever_types_a_message_goes_on_typing_whatever_happens_on_the_phone(lab: LabPage) -> None:
    await lab.at_the_beep()
    message = lab.phone(STRANGER).get_by_label("Your message")
    await message.click()
    await lab.page.keyboard.type("Hello th")
    ref = await lab.call_on(STRANGER, "talking").get_attribute("data-ref")
    await lab.post(f"/lab/legs/{ref}/microphone", {"on": False}, **{"Sec-Fetch-Site": "same-origin"})
    await lab.phone(STRANGER).get_by_role("button", name="Unmute").wait_for()
    await lab.page.keyboard.type("ere")
    assert await message.input_value() == "Hello there"
    await hangs_up(lab)


async def test_what_was_typed_is_said_before_the_receiver_goes_down(lab: LabPage) -> None:
    card = await lab.at_the_beep()
    message = lab.phone(STRANGER).get_by_label("Your message")
    await message.fill("Hello, this is Dee.")
    await lab.press(STRANGER, "Say it")
    await message.and_(lab.page.locator(":placeholder-shown")).wait_for()  # said once, not again
    await message.fill("Please ring me back tomorrow.")
    await hangs_up(lab)
    assert "left a message" in await card.shows("voicemail")


# --- the microphone ---------------------------------------------------------------------------------


async def test_a_microphone_that_is_refused_is_explained(lab: LabPage) -> None:
    await lab.at_the_beep()
    await lab.press(STRANGER, "Use the microphone")
    await lab.page.evaluate("window.refuse()")
    await lab.page.get_by_role("status").get_by_text("may not use the microphone").wait_for()
    await lab.phone(STRANGER).get_by_role("button", name="Use the microphone").wait_for()
    await hangs_up(lab)


async def test_pressing_again_while_the_browser_asks_does_not_end_the_message(lab: LabPage) -> None:
    await lab.at_the_beep()
    await lab.press(STRANGER, "Use the microphone")
    await lab.press(STRANGER, "Use the microphone")
    await lab.page.evaluate("window.give()")
    await lab.phone(STRANGER).get_by_role("button", name="Done (#)").wait_for()
    await lab.until(STRANGER, "talking")
    await hangs_up(lab)
    assert await lab.page.evaluate("window.stream.getTracks().every((each) => each.readyState === 'ended')")


async def test_a_microphone_allowed_after_the_call_is_let_go_at_once(lab: LabPage) -> None:
    await lab.at_the_beep()
    await lab.press(STRANGER, "Use the microphone")
    await hangs_up(lab)
    await lab.page.evaluate("window.give()")
    assert await lab.page.evaluate("window.stream.getTracks().every((each) => each.readyState === 'ended')")


# --- what is heard ----------------------------------------------------------------------------------


async def test_a_phone_that_is_hung_up_does_not_take_the_words_from_another(lab: LabPage) -> None:
    await lab.say('call amy and bob, say "The pizza is here, and it is getting cold."')
    for name in (AMY, BOB):
        await lab.until(name, "ringing")
    for name in (AMY, BOB):
        await lab.answers(name)
        await lab.phone(name).get_by_text("The pizza is here").wait_for()
    await lab.press(AMY, "Hang up")
    await lab.until(AMY, "ended")
    said: list[str] = await lab.page.evaluate("window.spoken")
    assert "pizza" in said[-1]
    await lab.press(BOB, "Hang up")
    await lab.until(BOB, "ended")
    said = await lab.page.evaluate("window.spoken")
    assert said[-1] == "(silence)", said


async def test_of_several_pages_one_speaks(lab: LabPage, lab_address: str) -> None:
    other = await LabPage(await lab.page.context.new_page(), lab_address).open()
    words = "Only once, please."
    for active, quiet in ((lab, other), (other, lab)):
        await active.page.bring_to_front()
        await active.page.get_by_role("heading", name="#lab").click()
        await active.say(f'call amy, say "{words}"')
        await active.until(AMY, "ringing")
        before = await spoken(active.page, words), await spoken(quiet.page, words)
        await active.answers(AMY)
        await active.phone(AMY).get_by_text(words).wait_for()
        after = await spoken(active.page, words), await spoken(quiet.page, words)
        assert after == (before[0] + 1, before[1])
        await active.press(AMY, "Hang up")
        await active.until(AMY, "ended")
    await other.page.close()


# --- what is shown ----------------------------------------------------------------------------------


async def test_an_address_that_nobody_can_decode_is_shown_as_it_is(lab: LabPage, watched: Watched) -> None:
    watched.expects("status of 404")
    await lab.say(f'call amy, play {lab.address}lab/sounds/50%.wav, wait 20 seconds, say "hello"')
    await lab.until(AMY, "ringing")
    await lab.answers(AMY)
    await lab.phone(AMY).get_by_text("♪ 50%.wav").wait_for()
    await lab.press(AMY, "Hang up")
    await lab.until(AMY, "ended")


async def test_a_jump_passes_over_what_is_due_on_the_way_and_not_past_it(lab: LabPage) -> None:
    jump = lab.page.get_by_role("button", name="To 23:58:50")
    await jump.click()  # whatever the time is now, 13:00 is tomorrow
    await lab.page.locator("#time").get_by_text(re.compile(r"23:58:5\d")).wait_for()
    card = await lab.order('call amy, say "good day" tomorrow at 13:00')
    await card.shows("scheduled")
    today = await lab.page.locator("#day").inner_text()
    await jump.dblclick()
    words = await card.shows("ended")
    assert "on time" in words
    assert "no answer after 3" in words
    await lab.page.locator("#time").get_by_text("23:58:5").wait_for()
    assert await lab.page.locator("#day").inner_text() != today


# --- pages ------------------------------------------------------------------------------------------


async def test_a_page_that_comes_back_by_the_back_button_hears_of_things_again(lab: LabPage) -> None:
    leave = "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))"
    come = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    await lab.page.evaluate(leave)
    await lab.say("who may call")
    await lab.page.evaluate(come)
    await lab.told("Whoever sits")
    await lab.say("hello again, page")
    await lab.page.locator("li.said").get_by_text("hello again, page").wait_for()


async def test_whoever_signs_out_of_the_board_is_told_so_in_the_lab(lab: LabPage, watched: Watched) -> None:
    watched.expects("status of 401")
    board = await lab.page.context.new_page()
    await board.goto(f"{lab.address}board")
    await board.get_by_role("button", name="Sign out").click()
    await board.get_by_text("You are not signed in").wait_for()
    await board.close()
    in_frame = lab.page.frame_locator("iframe[title=Board]")
    await in_frame.get_by_text("You are not signed in").wait_for()
    await lab.page.reload()
    await in_frame.get_by_role("heading", name="Your calls").wait_for()


async def test_a_recording_on_the_board_in_the_lab_opens_its_player(lab: LabPage) -> None:
    await lab.at_the_beep()
    await lab.phone(STRANGER).get_by_label("Your message").fill("Hello, please ring me back tomorrow.")
    await lab.press(STRANGER, "Say it")
    await lab.time_runs("10×")
    listen = lab.page.frame_locator("iframe[title=Board]").get_by_role("link", name="Listen").first
    await listen.wait_for(timeout=SLOW_MS)
    await lab.time_runs("1×")
    async with lab.page.context.expect_page() as opened:
        await listen.click()
    player = await opened.value
    await player.locator("#player.ready").wait_for()
    await player.close()
