"""Who runs Patchline is told what does not add up, where they last spoke, and once."""

from dataclasses import replace

from bot.domain.call import CallState, PlacementState
from tests.scenario.house import House


async def test_sums_that_add_up_are_nobody_s_business(house: House) -> None:
    await house.says("call amy and say hello")
    await house.advance(minutes=20)
    assert not [reply for reply in house.replies if "audit" in reply.text]


async def test_a_call_that_nothing_explains_is_told_once(house: House) -> None:
    await house.says("call amy in 10 minutes and say hello")
    call = await house.call(1)
    async with house.ledger() as tx:
        held = await tx.call(call.id)
        assert held is not None
        # Started, yet nothing placed and nothing left to place: no path of ours leads here.
        await tx.save_call(replace(held, state=CallState.STARTED, plan=()))
        await tx.commit()
    await house.advance(minutes=16)
    told = [reply.text for reply in house.replies if "audit" in reply.text]
    assert len(told) == 1
    assert call.id in told[0]


async def test_a_placement_is_accounted_for_in_the_sum(house: House) -> None:
    await house.says("call amy and say hello")
    await house.advance(minutes=2)
    tally = await house.house.operator.audit()
    assert tally.calls == {CallState.DONE: 1}
    assert tally.placements == {PlacementState.CLOSED: 1}
    assert tally.orphans == ()
