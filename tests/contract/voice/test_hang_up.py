"""Ending a leg may be asked as often as one likes."""

import pytest

from bot.domain.call import ProviderRef
from bot.domain.errors import Unavailable
from bot.ports.voice import HangsUp
from tests.contract.voice.case import IMPATIENT, Case
from tests.contract.voice.faults import Behaviour, Canned, Silence, closed_port, vendor

REF = ProviderRef("ref-1")


async def hang_up_at(case: Case, url: str) -> None:
    assert case.make is not None
    driver = case.make(url, IMPATIENT)
    try:
        if not isinstance(driver, HangsUp):
            pytest.skip(f"{case}: cannot hang up")
        await driver.hang_up(REF)
    finally:
        await driver.close()


async def test_a_leg_that_has_ended_is_no_error(wired: Case) -> None:
    async with vendor(wired.gone) as there:
        await hang_up_at(wired, there.url)
    assert REF.encode() in there.requests[0]


@pytest.mark.parametrize(
    "behaviour", [Silence(), Canned(status=500), Canned(status=429)], ids=["silence", "500", "429"]
)
async def test_when_it_could_not_be_done_it_can_be_asked_again(wired: Case, behaviour: Behaviour) -> None:
    async with vendor(behaviour) as there:
        with pytest.raises(Unavailable):
            await hang_up_at(wired, there.url)


async def test_nobody_listening(wired: Case) -> None:
    with pytest.raises(Unavailable):
        await hang_up_at(wired, await closed_port())
