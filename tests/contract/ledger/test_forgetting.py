"""Taking somebody out of what is otherwise never changed."""

from dataclasses import replace

from bot.domain.leg import LegEvent, Token
from bot.ports.ledger import Ledger
from tests.contract.ledger.samples import ASKER, NOW, call, event, inbound, question, reply, rich_event, saved


async def test_events_are_rewritten_and_keep_their_place(ledger: Ledger) -> None:
    mine, theirs = call(), call()
    await saved(ledger, mine, theirs)
    first, second, other = (rich_event(Token("t1")), event(Token("t1")), rich_event(Token("t2")))

    def without_address(said: LegEvent) -> LegEvent:
        return replace(said, address=None, raw="")

    async with ledger() as tx:
        await tx.add_events([(first, mine.id), (second, mine.id), (other, theirs.id)], NOW)
        await tx.rewrite_events(mine.id, without_address)
        found = await tx.events(mine.id)
        assert list(found) == [replace(first, address=None), second]
        assert found[0].raw == ""
        assert list(await tx.events(theirs.id)) == [other]
        assert await tx.add_events([(first, mine.id)], NOW) == [False]


async def test_words_are_rewritten_once_they_have_been_dealt_with(ledger: Ledger) -> None:
    waiting, told = inbound(1, text="call amy"), inbound(2, text="call amy")
    press, theirs = inbound(3, text=None, action="a"), inbound(4, asker=replace(ASKER, user="you"))
    open_one, closed = question(text="Which amy?"), question(text="Which amy?", closed=True, outcome="amy")
    async with ledger() as tx:
        for each in (waiting, told, press, theirs):
            await tx.put_inbound(each, NOW)
        for each in (told, press, theirs):
            await tx.answer(each.source, reply("Calling amy"))
            await tx.delivered(each.source)
        await tx.save_question(open_one)
        await tx.save_question(closed)
        await tx.rewrite_words(ASKER.key, lambda words: words.replace("amy", "…"))
        assert list(await tx.waiting_inbound("console")) == [waiting]
        assert await tx.question(open_one.id) == open_one
        rewritten = await tx.question(closed.id)
        assert rewritten is not None
        assert (rewritten.text, rewritten.outcome) == ("Which …?", "…")
        assert not await tx.put_inbound(told, NOW)
