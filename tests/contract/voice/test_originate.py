"""A request for a call leaves once, with our token in it; every way it can fail has its class of error."""

import pytest

from adapters.wire.http import Timeouts
from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable
from bot.domain.flow import Menu
from tests.contract.voice.case import HOOKS, IMPATIENT, TOKEN, Case, placement
from tests.contract.voice.faults import Behaviour, Canned, Reset, Silence, closed_port, vendor


async def originate_at(case: Case, url: str, timeouts: Timeouts = IMPATIENT) -> object:
    assert case.make is not None
    driver = case.make(url, timeouts)
    try:
        return await driver.originate(placement(), HOOKS)
    finally:
        await driver.close()
        await driver.close()


async def test_the_references_of_an_accepted_call(wired: Case) -> None:
    async with vendor(wired.accepted) as there:
        placed = await originate_at(wired, there.url, Timeouts())
    assert placed.refs == wired.means  # type: ignore[attr-defined]
    assert placed.refs  # type: ignore[attr-defined]


async def test_our_token_is_on_the_wire(wired: Case) -> None:
    if not wired.token_travels:
        pytest.skip(f"{wired}: this vendor has no place for our token")
    async with vendor(wired.accepted) as there:
        await originate_at(wired, there.url, Timeouts())
    assert len(there.requests) == 1
    assert TOKEN.encode() in there.requests[0]


STATUSES: dict[int, type[ProviderError]] = {
    302: Rejected,
    400: Rejected,
    401: Rejected,
    402: Rejected,
    403: Rejected,
    404: Rejected,
    422: Rejected,
    429: Unavailable,
    500: OutcomeUnknown,
    502: OutcomeUnknown,
    503: OutcomeUnknown,
    504: OutcomeUnknown,
}


@pytest.mark.parametrize("status", STATUSES)
async def test_a_refused_request_is_sent_once_and_says_who_must_act(wired: Case, status: int) -> None:
    said = Canned(status=status, headers={"retry-after": "7", "location": "/elsewhere"})
    async with vendor(said) as there:
        with pytest.raises(ProviderError) as failure:
            await originate_at(wired, there.url)
    assert type(failure.value) is wired.errors.get(status, STATUSES[status])
    assert failure.value.token == TOKEN
    assert len(there.requests) == 1
    if isinstance(failure.value, Unavailable):
        assert failure.value.retry_after == 7


@pytest.mark.parametrize(
    "behaviour",
    [
        Silence(),
        Reset(),
        Canned(cut=0),
        Canned(cut=9),
        Canned(status=201, body=b"x" * 100, cut=120),
        Canned(status=201, body=b"<html>welcome</html>", content_type="text/html"),
        Canned(status=201, body=b"[]"),
    ],
    ids=["silence", "reset", "nothing", "half a status line", "half a body", "a web page", "another shape"],
)
async def test_a_lost_answer_is_an_open_question_and_is_not_asked_again(
    wired: Case, behaviour: Behaviour
) -> None:
    async with vendor(behaviour) as there:
        with pytest.raises(OutcomeUnknown) as failure:
            await originate_at(wired, there.url)
    assert failure.value.token == TOKEN
    assert len(there.requests) == 1


async def test_nobody_listening_means_surely_not_dialled(wired: Case) -> None:
    with pytest.raises(Unavailable):
        await originate_at(wired, await closed_port())


async def test_neither_numbers_nor_the_token_get_into_the_words_of_an_error(wired: Case) -> None:
    echo = Canned(
        status=400, body=b'{"detail": "+12125550101 is wrong", "code": "x", "error": "+1 (212) 555-0101"}'
    )
    async with vendor(echo) as there:
        with pytest.raises(Rejected) as failure:
            await originate_at(wired, there.url)
    assert "12125550101" not in str(failure.value)
    assert "555-0101" not in str(failure.value)


async def test_what_is_beyond_the_features_is_refused_when_it_is_planned(wired: Case) -> None:
    assert wired.make is not None
    driver = wired.make("http://127.0.0.1:9", IMPATIENT)
    try:
        missing = placement(Menu(code="x")).plan.flow.needs() - driver.features
        if not missing:
            pytest.skip(f"{wired}: has menus")
        with pytest.raises(ProviderError, match="menu"):
            driver.check(placement(Menu(code="x")).plan)
        driver.check(placement().plan)
    finally:
        await driver.close()
