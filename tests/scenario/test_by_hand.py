"""People hold the phones themselves, as in the phone lab: they answer, decline, press keys and speak."""

from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.outside import Outside
from adapters.voice.simulator.script import phone
from adapters.voice.simulator.views import LegView, Phase
from bot.domain.numbers import PhoneNumber
from bot.services.shelf import Shelf
from tests.scenario.house import ME, OURS, House
from tests.unit.simulator.test_voice import tone

STRANGER = "+13125550177"
AMY = "+6591234567"
BOB = "+6598765432"
CY = "+6591112222"


class Hands:
    """Everybody's, by the number of their phone."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.world: Outside = Simulator.beside(house.network).outside()

    async def phone(self, number: str) -> LegView:
        """The latest call at that phone."""
        seen = await self.world.watch(0, wait=0)
        return [leg for leg in seen.legs if str(leg.address) == number][-1]

    async def answers(self, number: str) -> None:
        await self.world.answer((await self.phone(number)).ref)
        await self._house.advance(1)

    async def declines(self, number: str) -> None:
        await self.world.decline((await self.phone(number)).ref)
        await self._house.advance(1)

    async def presses(self, number: str, digits: str) -> None:
        await self.world.press((await self.phone(number)).ref, digits)
        await self._house.advance(1)

    async def hangs_up(self, number: str) -> None:
        await self.world.hang_up((await self.phone(number)).ref)
        await self._house.advance(1)

    async def phases(self, *numbers: str) -> list[Phase]:
        return [(await self.phone(number)).phase for number in numbers]


async def test_a_declined_forward_ends_in_a_voicemail_that_holds_the_strangers_very_voice(
    house: House,
) -> None:
    house.phones(phone(BOB).never_answers().is_by_hand())
    await house.says(f"forward {OURS} to bob, then voicemail")
    hands = Hands(house)
    caller = PhoneNumber(e164=STRANGER)
    ref = await hands.world.call_in(PhoneNumber(e164=OURS), caller, phone(STRANGER).is_by_hand())
    await house.advance(3)
    bob = await hands.phone(BOB)
    assert (bob.phase, bob.caller) == (Phase.RINGING, caller)
    await hands.declines(BOB)
    while (await hands.phone(STRANGER)).recorder is None:
        await house.advance(0.5)
    voice = [tone(1), tone(1.5, peak=5000)]
    for piece in voice:
        await house.advance(len(piece) / 16_000)
        await hands.world.voice(ref, piece)
    await house.advance(10)
    assert (await hands.phone(STRANGER)).phase is Phase.ENDED
    await house.advance(60)
    assert house.card(1).state == "voicemail"
    assert (await house.call(1)).zone == "Asia/Singapore"  # the owner's: the player tells the time in it
    async with house.ledger() as tx:
        (recording,) = await tx.recordings("console:local")
    stored = await Shelf(house._folder / "recordings").get(recording.id)
    thinking, spoken = stored[44:-40_000], stored[-40_000:]
    assert spoken == b"".join(voice)
    assert set(thinking) <= {0}
    assert recording.seconds == round(2.5 + len(thinking) / 16_000, 3) < 3


async def test_two_people_are_patched_through_by_their_own_hands(house: House) -> None:
    house.phones(phone(AMY).never_answers().is_by_hand(), phone(ME).never_answers().is_by_hand())
    hands = Hands(house)
    await house.says("call amy and patch me in")
    await house.advance(3)
    await hands.answers(AMY)
    await house.advance(3)
    assert await hands.phases(AMY, ME) == [Phase.TALKING, Phase.RINGING]
    await hands.answers(ME)
    assert (await hands.phone(ME)).others == ()
    await hands.presses(ME, "1")
    assert (await hands.phone(ME)).others == (PhoneNumber(e164=AMY),)
    await house.advance(40)
    await hands.hangs_up(ME)
    await house.advance(10)
    assert "talked for" in house.card(1).text


async def test_a_screening_phone_shows_its_owner_who_calls_and_they_decide(house: House) -> None:
    house.phones(phone(CY).screens().is_by_hand())
    hands = Hands(house)
    for number, takes in ((1, True), (2, False)):
        await house.says('call cy and say "dinner is at eight" and hang up')
        await house.advance(6)
        cy = await hands.phone(CY)
        assert cy.phase is Phase.SCREENING
        assert "Punit" in cy.reason
        assert "dinner is at eight" in cy.reason
        await (hands.answers if takes else hands.declines)(CY)
        await house.advance(60)
        assert ("screened" in house.card(number).text) is not takes
    assert house.heard(CY).count("dinner is at eight") == 1


async def test_whoever_lets_it_ring_has_not_answered(house: House) -> None:
    house.phones(phone(AMY).never_answers().is_by_hand())
    await house.says('call amy and say "hello" and hang up')
    await house.advance(60)
    assert "did not answer" in house.card(1).text
