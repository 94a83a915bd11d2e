from datetime import UTC, datetime, timedelta

from bot.domain.errors import Unavailable
from bot.domain.numbers import Did, PhoneNumber
from bot.services.accounts import REMEMBERED, Accounts
from tests.unit.handlers.counter import Plain

NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
FIRST = Did(number=PhoneNumber(e164="+12125550100"), provider="rents")
SECOND = Did(number=PhoneNumber(e164="+12125550101"), provider="rents")


class Rents(Plain):
    """An account whose numbers the test sets."""

    name = "rents"

    def __init__(self) -> None:
        self.numbers = [FIRST]
        self.asked = 0
        self.down = False

    async def offers(self, country: str, region: str | None) -> list[object]:
        return []

    async def rent(self, offer: object) -> Did:
        return FIRST

    async def release(self, did: Did) -> None: ...

    async def dids(self) -> list[Did]:
        self.asked += 1
        if self.down:
            raise Unavailable(provider=self.name, detail="no route")
        return self.numbers


async def test_the_account_is_asked_once_in_a_while() -> None:
    accounts, rents = Accounts(), Rents()
    for _ in range(3):
        assert await accounts.dids([rents, Plain()], NOW) == [FIRST]
    assert rents.asked == 1
    rents.numbers = [SECOND]
    assert await accounts.dids([rents], NOW + REMEMBERED + timedelta(seconds=1)) == [SECOND]


async def test_fresh_is_fresh_and_remembered() -> None:
    accounts, rents = Accounts(), Rents()
    await accounts.dids([rents], NOW)
    rents.numbers = [SECOND]
    assert await accounts.fresh([rents], NOW) == [SECOND]
    assert await accounts.dids([rents], NOW) == [SECOND]


async def test_a_silent_provider_is_taken_at_its_last_word() -> None:
    accounts, rents = Accounts(), Rents()
    await accounts.dids([rents], NOW)
    rents.down = True
    assert await accounts.fresh([rents], NOW) == [FIRST]
    assert await Accounts().fresh([rents], NOW) == []
