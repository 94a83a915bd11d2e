"""The provider's rate: one line of slots, shared by all workers."""

import asyncio
from datetime import datetime

import pytest

from bot.domain.call import CallState
from bot.ports.ledger import BREAK, Ledger
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import NOW, call, claimed, saved, seconds


async def reserved(ledger: Ledger, after: float = 0, rate: float = 2, account: str = "plivo") -> datetime:
    async with ledger() as tx:
        slot = await tx.reserve(account, per_second=rate, now=NOW + seconds(after))
        await tx.commit()
    return slot.at


async def busy_since(ledger: Ledger, after: float) -> datetime | None:
    async with ledger() as tx:
        return await tx.busy_since("plivo", now=NOW + seconds(after))


async def test_slots_follow_each_other_at_the_rate(ledger: Ledger) -> None:
    found = [await reserved(ledger) for _ in range(4)]
    assert found == [NOW, NOW + seconds(0.5), NOW + seconds(1), NOW + seconds(1.5)]
    async with ledger() as tx:
        assert await tx.next_free("plivo") == NOW + seconds(2)
        assert await tx.next_free("hoiio") is None


async def test_unused_time_is_not_saved_up(ledger: Ledger) -> None:
    await reserved(ledger)
    assert await reserved(ledger, 60) == NOW + seconds(60)
    assert await reserved(ledger, 60) == NOW + seconds(60.5)


async def test_accounts_have_lines_of_their_own(ledger: Ledger) -> None:
    assert [await reserved(ledger, account=each) for each in ("plivo", "hoiio")] == [NOW, NOW]


@pytest.mark.parametrize(("rate", "gap"), [(1 / 3, 3.0), (3, 0.333333), (1000, 0.001)])
async def test_any_rate(ledger: Ledger, rate: float, gap: float) -> None:
    await reserved(ledger, rate=rate)
    assert (await reserved(ledger, rate=rate) - NOW).total_seconds() == pytest.approx(gap, abs=2e-6)


async def test_no_rate_is_no_limit(ledger: Ledger) -> None:
    assert [await reserved(ledger, rate=0) for _ in range(3)] == [NOW] * 3


async def test_workers_share_the_line(store: Store) -> None:
    ledgers = [store.another() for _ in range(3)]
    found = await asyncio.gather(*(reserved(each) for each in ledgers for _ in range(8)))
    assert sorted(found) == [NOW + seconds(0.5 * n) for n in range(24)]


async def test_an_account_is_busy_since_its_line_began(ledger: Ledger) -> None:
    pause = BREAK.total_seconds()
    assert await busy_since(ledger, 0) is None
    await reserved(ledger)
    await reserved(ledger, 1)
    assert await busy_since(ledger, 1) == NOW
    await reserved(ledger, 1.5 + pause)
    assert await busy_since(ledger, 1.5 + pause) == NOW, "a gap up to BREAK is none"
    assert await busy_since(ledger, 2 + 2 * pause) == NOW
    assert await busy_since(ledger, 2.001 + 2 * pause) is None
    await reserved(ledger, 60)
    assert await busy_since(ledger, 61) == NOW + seconds(60)


async def test_calls_are_counted_that_wait_for_a_provider(ledger: Ledger) -> None:
    calls = [call(due=NOW + seconds(n), provider="plivo") for n in range(5)]
    await saved(ledger, *calls, call(provider="hoiio"))
    await saved(ledger, call(provider="plivo", state=CallState.STARTED), call(state=CallState.HELD))
    await claimed(ledger, limit=1)
    async with ledger() as tx:
        assert await tx.queued("plivo", since=NOW, until=NOW + seconds(3)) == 4
        assert await tx.queued("plivo", since=NOW + seconds(1), until=NOW + seconds(9)) == 4
        assert await tx.queued("vcw", since=NOW, until=NOW + seconds(9)) == 0
