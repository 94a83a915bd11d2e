"""What a driver declares is what it has, and the other way round."""

import pytest

from bot.domain.flow import Feature
from bot.ports import voice
from tests.contract.voice.case import IMPATIENT, Case

PORTS: dict[type, set[Feature]] = {
    voice.HangsUp: {Feature.HANG_UP},
    voice.Controls: {Feature.MUTE, Feature.HOLD, Feature.LIVE_PLAY, Feature.TRANSFER},
    voice.QueriesStatus: {Feature.STATUS_QUERY},
    voice.ListsHistory: {Feature.HISTORY},
    voice.QuotesRates: {Feature.RATE},
    voice.QueriesBalance: {Feature.BALANCE},
    voice.SendsSms: {Feature.SMS},
    voice.FetchesRecordings: {Feature.FETCH_RECORDINGS},
    voice.RentsDids: {Feature.RENT_DID},
}
NEEDS_NEWS = {Feature.PROGRESS, Feature.INBOUND, Feature.AMD}


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
async def test_feature_and_method_go_together(wired: Case, port: type) -> None:
    assert wired.make is not None
    driver = wired.make("http://127.0.0.1:9", IMPATIENT)
    assert isinstance(driver, voice.VoiceProvider)
    assert isinstance(driver, port) == bool(driver.features & PORTS[port])
    await driver.close()


async def test_whoever_reports_progress_has_a_way_to_do_so(wired: Case) -> None:
    assert wired.make is not None
    driver = wired.make("http://127.0.0.1:9", IMPATIENT)
    if driver.features & NEEDS_NEWS:
        assert isinstance(driver, voice.ReceivesWebhooks | voice.StreamsEvents | voice.QueriesStatus)
    if Feature.SIGNED_WEBHOOKS in driver.features:
        assert isinstance(driver, voice.ReceivesWebhooks)
    await driver.close()


async def test_limits_make_sense(wired: Case) -> None:
    assert wired.make is not None
    driver = wired.make("http://127.0.0.1:9", IMPATIENT)
    assert (driver.limits.conference_size > 1) == (Feature.CONFERENCE in driver.features)
    assert driver.limits.calls_per_second >= 0
    assert driver.limits.listing_lag >= 0
    assert driver.name == driver.name.lower().strip()
    await driver.close()
