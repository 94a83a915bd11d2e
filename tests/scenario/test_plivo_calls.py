"""Calls through Plivo, told from the sentence to the card."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenario.house import ME, OURS
from tests.scenario.plivo_house import AMY, PlivoHouse, plivo_house
from tests.vendors.plivo import Phone


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PlivoHouse]:
    async with plivo_house(tmp_path) as house:
        yield house


async def test_play_a_song_say_who_it_is_and_patch_me_in(house: PlivoHouse) -> None:
    await house.says(
        'call amy, play https://example.com/assets/happy_birthday.mp3, say "Connecting this call to Punit" '
        "and patch me in"
    )
    card = await house.shows(1, "talking")
    assert house.vendor.heard(AMY) == [
        "https://example.com/assets/happy_birthday.mp3",
        "Connecting this call to Punit",
    ]
    assert house.vendor.heard(ME) == ["Patchline. Press 1 to talk to amy."]
    assert house.vendor.leg(ME).ours == OURS
    house.vendor.hang_up(ME)
    card = await house.shows(1, "ended")
    assert "Amy and you talked for" in card.text
    assert [leg.code for leg in house.vendor.legs(AMY)] == [4000]
