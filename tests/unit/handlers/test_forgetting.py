from dataclasses import replace

import pytest

from bot.domain.call import CallState, Understood
from bot.domain.card import Button, Reply
from bot.domain.codec import encode
from bot.domain.forgetting import NOWHERE, Forgotten
from bot.domain.leg import LegEvent
from bot.domain.numbers import SipUri
from bot.parse import command as said
from bot.ports.chat import Inbound, SourceKey
from bot.services.handlers import deeds
from tests.fakes import FakeClock
from tests.unit.handlers.counter import AMY, BEN, BOB, CONSOLE, SAM, TEAM, Counter, number
from tests.unit.handlers.past import call, event, order_of, over, voicemail

AT = FakeClock().now()
HER = Forgotten(name="Amy", address=number(AMY))


def traces(thing: object) -> list[str]:
    """What still tells who it was."""
    text = str(thing)
    return [each for each in ("Amy", "amy", "91234567", "9123 4567") if each in text]


# --- words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("call Amy at 5pm", "call somebody at 5pm"),
        ("call AMY, then bob", "call somebody, then bob"),
        ("call Amyas and Bamy", "call Amyas and Bamy"),
        ("call +65 9123 4567 now", "call somebody now"),
        ("call +6591234567 and +6598765432", "call somebody and +6598765432"),
        ("call 91234567", "call somebody"),
        ("call 0065-9123-4567", "call somebody"),
        ("cancel 4567", "cancel 4567"),
        ("at 2026-03-10 17:00", "at 2026-03-10 17:00"),
    ],
)
def test_name_and_number_leave_a_text_and_nothing_else_does(text: str, left: str) -> None:
    assert HER.out_of_words(text) == left


@pytest.mark.parametrize(
    ("e164", "text"), [("+29051234", "cancel 1234"), ("+4915123456789", "order 23456789")]
)
def test_a_few_digits_in_common_are_no_sign(e164: str, text: str) -> None:
    assert Forgotten(name="Amy", address=number(e164)).out_of_words(text) == text


def test_a_sip_address_leaves_a_text() -> None:
    her = Forgotten(name="Amy", address=SipUri(uri="sip:amy.tan@pbx.example"))
    assert her.out_of_words("call sip:amy.tan@PBX.example") == "call somebody"


def test_an_event_keeps_its_place_and_loses_its_payload() -> None:
    told = event(call(1, AT), raw='{"to": "+6591234567"}')
    after = HER.out_of_event(told)
    assert (after.address, after.raw) == (NOWHERE, "")
    assert (after.token, after.source_id, after.at) == (told.token, told.source_id, told.at)
    harmless = event(call(1, AT), raw='{"to": "+6598765432"}')
    assert HER.out_of_event(harmless).raw == harmless.raw


def test_a_call_keeps_times_and_ids() -> None:
    before = replace(
        over(call(1, AT)), understood=(Understood(field="targets", words="Amy"),), notes=("Amy joined.",)
    )
    after = HER.out_of(before)
    assert not traces(after)
    assert (after.id, after.asker, after.room, after.due) == (
        before.id,
        before.asker,
        before.room,
        before.due,
    )
    assert after.legs[0].talk_seconds == before.legs[0].talk_seconds
    assert [party.is_me for party in after.parties] == [False, True]


def test_her_name_in_ids_is_not_touched() -> None:
    mine = call(1, AT, asker=replace(SAM, user="amy", name="Amy"))
    assert HER.out_of(mine).asker == mine.asker


def test_whom_it_concerns() -> None:
    assert HER.is_in(call(1, AT))
    assert HER.is_in(call(1, AT, to=BOB, name="amy"))
    assert HER.is_in(call(1, AT, to=BOB, name="Bob", caller=number(AMY)))
    assert not HER.is_in(call(1, AT, to=BOB, name="Bob"))


# --- the whole way ----------------------------------------------------------------------------------


async def everything(counter: Counter) -> str:
    """All that the ledger keeps, as text."""
    kept = counter.ledger._kept
    shelves = (getattr(kept, name) for name in type(kept).__dataclass_fields__)
    return " ".join(str(value) for shelf in shelves for value in shelf.values())


async def test_after_the_second_yes_nothing_tells_who_it_was(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    gone = over(call(1, counter.ago(days=1)))
    await counter.remembers(gone, voicemail(1, counter.ago(days=1)))
    async with counter.ledger() as tx:
        await tx.save_order(order_of(gone))
        heard = event(gone, raw="to=%2B6591234567 +6591234567")
        await tx.add_events([(heard, gone.id)], counter.clock.now())
        typed = Inbound(
            source=SourceKey(platform="console", workspace="local", event="x"),
            room=CONSOLE,
            asker=SAM,
            sent_at=counter.ago(days=1),
            text="call Amy",
        )
        await tx.put_inbound(typed, counter.clock.now())
        which = Button(label="Amy (…4567)", action="answer:q1:1")
        await tx.answer(typed.source, Reply(text="Which one: +6591234567?", buttons=(which,)))
        await tx.delivered(typed.source)
        await counter.desk.cards.put(tx, gone)
        await tx.commit()

    question = await counter.does(said.RemoveContact(name="amy"))
    assert question.kind == "question"
    assert [button.label for button in question.buttons] == ["Yes, take them out", "No, keep the history"]
    reply = await counter.agrees()

    assert reply.text == "Done: name and number are taken out of 1 past call."
    assert not traces(await everything(counter))
    async with counter.ledger() as tx:
        kept = await tx.call(gone.id)
        assert kept is not None
        assert kept.state is CallState.DONE
        assert [each.address for each in await tx.events(gone.id)] == [NOWHERE]
        cards = [each.card for each in await tx.notices_due("console", counter.clock.now()) if each.card]
    assert "talk time 1:05" in cards[0].text.lower()


async def test_the_first_yes_alone_keeps_the_history(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    await counter.remembers(over(call(1, counter.ago(days=1))))
    await counter.does(said.RemoveContact(name="Amy"))
    async with counter.ledger() as tx:
        assert not await tx.contacts(SAM.key)
    assert "call to Amy" in (await counter.does(said.History())).text


async def test_what_is_still_to_come_stays_and_is_named(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    ahead = call(7, counter.ahead(hours=5))
    await counter.remembers(ahead, over(call(1, counter.ago(days=1))))
    await counter.does(said.RemoveContact(name="Amy"))
    assert "#7 still to come" in (await counter.agrees()).text
    assert "call to Amy" in (await counter.does(said.ListCalls())).text


async def test_a_series_that_goes_on_keeps_its_order(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    run = over(call(1, counter.ago(days=1)))
    async with counter.ledger() as tx:
        await tx.save_order(order_of(run, recurrence=object()))
        await tx.add_call(run)
        await tx.commit()
    await counter.does(said.RemoveContact(name="Amy"))
    await counter.agrees()
    async with counter.ledger() as tx:
        assert run.order is not None
        order = await tx.order(run.order)
        kept = await tx.call(run.id)
    assert order is not None
    assert order.plan[0].party.address == number(AMY)
    assert kept is not None
    assert kept.plan[0].party.address == NOWHERE


async def test_a_long_history_is_gone_through_to_its_end(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "CHUNK", 2)
    await counter.knows(("Amy", AMY))
    await counter.remembers(*(over(call(n, counter.ago(days=n))) for n in range(1, 6)))
    await counter.does(said.RemoveContact(name="Amy"))
    assert "5 past calls" in (await counter.agrees()).text


async def test_others_histories_are_their_own(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    await counter.remembers(over(call(1, counter.ago(days=1), asker=BEN, room=TEAM)))
    await counter.does(said.RemoveContact(name="Amy"))
    assert "0 past calls" in (await counter.agrees()).text
    assert "Amy" in (await counter.does(said.History(), asker=BEN, room=TEAM)).text


async def test_a_forgotten_call_still_has_a_card_and_a_place_in_the_history(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    await counter.remembers(over(call(1, counter.ago(days=1))))
    await counter.does(said.RemoveContact(name="Amy"))
    await counter.agrees()
    assert "call to somebody" in (await counter.does(said.History())).text
    assert "somebody" in (await counter.does(said.Status(ids=(1,)))).text


def test_what_is_left_can_be_written_down(counter: Counter) -> None:
    assert encode(HER.out_of(over(call(1, AT))))
    assert isinstance(HER.out_of_event(event(call(1, AT), raw="")), LegEvent)
