"""The phone lab's world: its clock, its strangers and their voices, trouble, and a server that is killed."""

import array
import io
import math
import re
import wave
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.conftest import NewContext, Watched
from tests.browser.lab import AMY, SLOW_MS, STRANGER, YOU, CardOnPage, LabPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HERTZ = 440
RATE = 8000


@pytest.fixture(scope="session")
def humming(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes of somebody humming one tone."""
    rate = 48_000
    turn = 2 * math.pi * HERTZ / rate
    second = array.array("h", (int(12_000 * math.sin(turn * n)) for n in range(rate)))
    file = tmp_path_factory.mktemp("voice") / "humming.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(second.tobytes() * 120)
    return file


@pytest.fixture
def microphone(humming: Path) -> Path:
    return humming


@pytest_asyncio.fixture(loop_scope="session")
async def lab(new_context: NewContext, lab_address: str) -> LabPage:
    context = await new_context(viewport={"width": 1440, "height": 1000})
    return await LabPage(await context.new_page(), lab_address).open()


# --- time -------------------------------------------------------------------------------------------


async def test_time_stands_still_while_it_is_paused_and_the_chat_answers(lab: LabPage) -> None:
    await lab.time_runs("Pause")
    await lab.page.get_by_role("button", name="Pause", pressed=True).wait_for()
    before = await lab.clock()
    await lab.say("balance")
    await lab.told("USD")
    await lab.page.wait_for_timeout(1200)
    assert await lab.clock() == before
    await lab.time_runs("1×")
    await lab.page.get_by_role("button", name="1×", pressed=True).wait_for()
    await lab.page.wait_for_timeout(1200)
    assert await lab.clock() != before


async def test_a_call_at_2359_is_seen_firing(lab: LabPage) -> None:
    card = await lab.order("call amy and patch me in at 23:59")
    assert "23:59" in await card.shows("scheduled")
    await lab.page.get_by_role("button", name="To 23:58:50").click()
    await lab.page.locator("#time").get_by_text(re.compile(r"23:58:5\d")).wait_for()
    assert await lab.call_on(AMY, "ringing").count() == 0
    await lab.time_runs("10×")
    await lab.until(AMY, "ringing")
    assert re.match(r"23:59:0\d", await lab.clock())
    await lab.time_runs("1×")
    await lab.press(AMY, "Decline")
    assert "on time" in await card.shows("ended")


# --- strangers and their voices ---------------------------------------------------------------------


async def heard_at(lab: LabPage, card: CardOnPage) -> "array.array[int]":
    """The samples that the link on the card plays."""
    link = await card.link.get_attribute("href", timeout=SLOW_MS)
    assert link is not None
    answer = await lab.page.request.get(f"{link}/audio")
    assert answer.status == 200
    with wave.open(io.BytesIO(await answer.body())) as sound:
        assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (RATE, 2, 1)
        return array.array("h", sound.readframes(sound.getnframes()))


async def test_a_typed_message_is_spoken_and_its_link_plays_it(lab: LabPage) -> None:
    card = await lab.at_the_beep()
    await lab.phone(STRANGER).get_by_label("Your message").fill("Hello, please ring me back tomorrow.")
    await lab.press(STRANGER, "Say it")
    await lab.time_runs("10×")
    assert "Message" in await card.shows("voicemail")
    await lab.time_runs("1×")
    samples = await heard_at(lab, card)
    assert len(samples) > 1.5 * RATE
    assert max(samples) > 2000


async def test_a_voice_at_the_microphone_is_what_the_link_plays(lab: LabPage) -> None:
    card = await lab.at_the_beep()
    await lab.press(STRANGER, "Use the microphone")
    await lab.phone(STRANGER).get_by_role("button", name="Done (#)").wait_for()
    await lab.page.wait_for_timeout(3000)
    await lab.press(STRANGER, "Done (#)")
    await card.shows("voicemail")
    samples = await heard_at(lab, card)
    first = next(n for n, each in enumerate(samples) if abs(each) > 1000)  # before that nobody spoke
    hum = samples[first : first + RATE]
    assert len(samples) - first > 2 * RATE
    assert share_of(hum, HERTZ) > 0.7
    assert share_of(hum, HERTZ * 1.3) < 0.05


def share_of(samples: "array.array[int]", hertz: float) -> float:
    """How much of the sound's power is that tone: 1 for a pure one (Goertzel)."""
    turn = 2 * math.pi * hertz / RATE
    real = sum(each * math.cos(turn * n) for n, each in enumerate(samples))
    imaginary = sum(each * math.sin(turn * n) for n, each in enumerate(samples))
    power = sum(each * each for each in samples) or 1
    return 2 * (real * real + imaginary * imaginary) / (len(samples) * power)


# --- trouble ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        "The carrier is slow",
        "Every callback comes twice",
        "The phone rings, but the answer",
        "Every second callback",
    ],
)
async def test_whatever_goes_wrong_no_phone_rings_twice(lab: LabPage, trouble: str) -> None:
    await lab.page.locator("#trouble summary").click()
    switch = lab.page.get_by_label(trouble)
    await switch.check()
    await lab.page.locator("#troubles").get_by_text("1").wait_for()
    card = await lab.order('call amy, say "hello"')
    await lab.until(AMY, "ringing")
    first = await lab.call_on(AMY).get_attribute("data-ref")
    await lab.press(AMY, "Decline")
    await lab.time_runs("10×")
    text = await card.shows("ended")
    await lab.page.wait_for_timeout(1500)  # fifteen seconds of the lab's
    await lab.time_runs("1×")
    assert "rejected" in text or "no answer" in text.lower() or "unreachable" in text
    refs = await lab.call_on(AMY).evaluate_all("calls => calls.map(call => call.dataset.ref)")
    assert set(refs) <= {first}
    await lab.page.locator("#trouble summary").click()
    await switch.uncheck()
    await lab.page.locator("#troubles").wait_for(state="hidden")


async def test_the_server_is_killed_in_mid_call_and_the_call_goes_on(lab: LabPage, watched: Watched) -> None:
    watched.expects("net::ERR", "status of 404")
    card = await lab.order("call amy, patch me in")
    await lab.until(AMY, "ringing")
    await lab.answers(AMY)
    await lab.until(YOU, "ringing")
    rung = await lab.call_on(AMY, "talking").get_attribute("data-ref")
    await lab.page.locator("#trouble summary").click()
    await lab.page.get_by_role("button", name="Kill the server now").click()
    await lab.page.get_by_role("status").get_by_text("The server is away").wait_for()
    await lab.page.get_by_role("status").get_by_text("The server is back").wait_for(timeout=SLOW_MS)
    assert await lab.call_on(AMY, "talking").get_attribute("data-ref") == rung
    await lab.answers(YOU)
    await lab.key(YOU, "1")
    await card.shows("talking")
    assert await lab.call_on(AMY).count() == 1
    await lab.press(AMY, "Hang up")
    assert "you talked for" in await card.shows("ended")
