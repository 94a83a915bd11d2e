from dataclasses import replace

import pytest

from bot.domain.cdr import CallId
from bot.domain.errors import OutcomeUnknown
from bot.domain.flow import Feature, LegRole
from bot.domain.forwarding import Forward
from bot.domain.numbers import Did, PhoneNumber, SipUri
from bot.domain.people import Person
from bot.parse import command as said
from bot.ports.voice import DidOffer
from tests.unit.handlers.counter import (
    ADA,
    AMY,
    BEN,
    BOB,
    CONSOLE,
    MINE,
    OURS,
    SAM,
    TEAM,
    Counter,
    Plain,
    number,
    target,
)
from tests.unit.handlers.past import call, forward, over, voicemail

SECOND = PhoneNumber(e164="+12125550101")


def rings(*targets: said.Target, seconds: int | None = None) -> said.ForwardStage:
    return said.ForwardStage(targets=targets, ring_seconds=seconds)


def to_amy(own: PhoneNumber = OURS, **more: object) -> said.Forward:
    return said.Forward(own=own, stages=(rings(target(AMY, "Amy")),), voicemail=True, **more)  # type: ignore[arg-type]


async def kept(counter: Counter, did: PhoneNumber = OURS) -> Forward | None:
    async with counter.ledger() as tx:
        return await tx.forward_of(did)


async def bound(counter: Counter, tenant: str = CONSOLE.tenant) -> list[tuple[str, str, PhoneNumber | None]]:
    async with counter.ledger() as tx:
        return [(room.key, about, did) for room, about, did in await tx.bindings(tenant)]


# --- forwards ---------------------------------------------------------------------------------------


async def test_a_forward_is_kept_and_told_in_words(counter: Counter) -> None:
    order = said.Forward(
        own=OURS,
        stages=(
            rings(target(AMY, "Amy"), seconds=20),
            rings(target(BOB, "Bob"), target("+442079460018"), seconds=30),
        ),
        voicemail=True,
    )
    reply = await counter.does(order)
    assert reply.text == (
        "+1 212-555-0100: rings Amy for 20 s, then rings Bob and +44 20 7946 0018 for 30 s, then voicemail."
    )
    rule = await kept(counter)
    assert rule is not None
    assert [[party.role for party in stage.parties] for stage in rule.stages] == [["B"], ["C", "D"]]
    assert [stage.ring_seconds for stage in rule.stages] == [20, 30]
    assert (rule.owner, rule.provider, rule.room, rule.voicemail) == (SAM.key, "simulator", CONSOLE, True)


async def test_me_is_rung_at_my_number_and_told_of_messages(counter: Counter) -> None:
    await counter.does(said.Set(key="me", value=MINE))
    await counter.does(said.Forward(own=OURS, stages=(rings(said.Target(is_me=True)),)))
    rule = await kept(counter)
    assert rule is not None
    party = rule.stages[0].parties[0]
    assert (party.address, party.is_me, party.role) == (number(MINE), True, LegRole("B"))
    assert rule.notify == number(MINE)
    assert rule.voicemail is False


async def test_straight_to_voicemail(counter: Counter) -> None:
    reply = await counter.does(said.Forward(own=OURS, voicemail=True))
    assert reply.text == "Calls to +1 212-555-0100 go straight to voicemail."


async def test_a_new_forward_takes_the_place_of_the_old_and_says_so(counter: Counter) -> None:
    await counter.does(to_amy())
    reply = await counter.does(said.Forward(own=OURS, stages=(rings(target(BOB, "Bob")),)))
    assert reply.text.endswith("Before, it was +1 212-555-0100: rings Amy, then voicemail.")


async def test_long_ringing_is_cut_and_said_to_be(counter: Counter) -> None:
    stages = (rings(target(AMY, "Amy"), seconds=60), rings(target(BOB, "Bob"), seconds=60))
    reply = await counter.does(said.Forward(own=OURS, stages=stages, voicemail=True))
    assert "90 s in all" in reply.text


@pytest.mark.parametrize(
    ("order", "word"),
    [
        (to_amy(number("+12125550199")), "no number of ours"),
        (said.Forward(own=OURS, stages=(rings(said.Target(is_me=True)),)), "my number is"),
        (said.Forward(own=OURS, stages=(rings(said.Target(user="U7")),)), "<@U7>"),
        (said.Forward(own=OURS, stages=(rings(target(OURS.e164)),)), "round and round"),
        (said.Forward(own=OURS, stages=(rings(target("+19005550123")),)), "premium"),
        (
            said.Forward(own=OURS, stages=(rings(said.Target(address=SipUri(uri="sip:a@pbx.example"))),)),
            "PATCHLINE_SIP_HOSTS",
        ),
    ],
)
async def test_what_cannot_work_is_refused_with_its_reason(
    counter: Counter, order: said.Forward, word: str
) -> None:
    reply = await counter.does(order)
    assert reply.kind == "error"
    assert word in reply.text
    assert await kept(counter, order.own) is None


async def test_emergency_numbers_are_no_target(counter: Counter) -> None:
    reply = await counter.does(said.Forward(own=OURS, stages=(rings(target("+999")),)))
    assert "emergency" in reply.text
    assert await kept(counter) is None


async def test_two_numbers_of_ours_do_not_ring_each_other_for_ever(counter: Counter) -> None:
    await counter.remembers(Did(number=SECOND, provider="simulator"))
    assert (await counter.does(said.Forward(own=OURS, stages=(rings(target(SECOND.e164)),)))).kind == "reply"
    reply = await counter.does(said.Forward(own=SECOND, stages=(rings(target(AMY), target(OURS.e164)),)))
    assert "round and round" in reply.text


async def test_a_provider_that_takes_no_calls_cannot_forward(counter: Counter) -> None:
    counter.desk.providers["plain"].features = frozenset(Feature) - {Feature.INBOUND}  # type: ignore[misc]
    await counter.remembers(Did(number=SECOND, provider="plain"), Did(number=number(BOB), provider="gone"))
    assert "plain cannot do that" in (await counter.does(to_amy(SECOND))).text
    assert "not set up here any more" in (await counter.does(to_amy(number(BOB)))).text


async def test_somebody_elses_forward_is_theirs_or_an_admins(counter: Counter) -> None:
    await counter.does(to_amy(), asker=ADA, room=TEAM)
    other = said.Forward(own=OURS, stages=(rings(target(BOB)),))
    for command in (other, said.Unforward(own=OURS), said.ReleaseNumber(own=OURS)):
        reply = await counter.does(command, asker=BEN, room=TEAM)
        assert reply.text.startswith("Ada decides about calls to ")
        assert OURS.e164 not in reply.text
    rule = await kept(counter)
    assert rule is not None
    assert rule.owner == ADA.key


async def test_an_admin_may_change_anybodys_forward(counter: Counter) -> None:
    await counter.does(to_amy(), asker=BEN, room=TEAM)
    assert (await counter.does(said.Unforward(own=OURS), asker=ADA, room=TEAM)).kind == "reply"
    assert await kept(counter) is None


async def test_another_workspaces_number_is_not_ours(counter: Counter) -> None:
    await counter.does(to_amy(), asker=BEN, room=TEAM)
    assert "no number of ours" in (await counter.does(to_amy())).text
    assert (await counter.does(said.Unforward(own=OURS))).kind == "error"
    assert "No number is forwarded" in (await counter.does(said.ListForwards())).text
    assert await kept(counter) is not None


async def test_a_number_with_two_workspaces_is_whose_calls_it_takes(counter: Counter) -> None:
    await counter.remembers(forward(owner=ADA, room=TEAM, created_at=counter.clock.now()))
    await counter.remembers(Did(number=OURS, provider="simulator"))
    assert (await counter.does(to_amy())).kind == "error"
    reply = await counter.does(said.Unforward(own=OURS))
    assert (reply.kind, "Ada" in reply.text) == ("error", False)
    rule = await kept(counter)
    assert rule is not None
    assert rule.owner == ADA.key


async def test_a_number_found_in_the_account_is_ours_from_then_on(counter: Counter) -> None:
    await counter.does(to_amy())
    async with counter.ledger() as tx:
        assert await tx.dids(CONSOLE.tenant) == [Did(number=OURS, provider="simulator")]


async def test_a_forward_ends(counter: Counter) -> None:
    await counter.does(to_amy())
    reply = await counter.does(said.Unforward(own=OURS))
    assert reply.text == "Calls to +1 212-555-0100 are not forwarded any more; callers hear a goodbye."
    assert await kept(counter) is None
    assert (await counter.does(said.Unforward(own=OURS))).kind == "error"


async def test_forwards_are_listed(counter: Counter) -> None:
    await counter.does(to_amy())
    assert (await counter.does(said.ListForwards())).text == "+1 212-555-0100: rings Amy, then voicemail"


# --- renting ----------------------------------------------------------------------------------------


async def test_a_number_is_rented_after_a_yes_to_its_price(counter: Counter) -> None:
    question = await counter.does(said.RentNumber(country="SG"))
    assert question.kind == "question"
    assert "a month" in question.text
    assert [button.label for button in question.buttons] == ["Rent it", "Leave it"]
    before = await counter.simulator.dids()

    reply = await counter.agrees()
    assert reply.text.startswith("Renting +65")
    (rented,) = [did for did in await counter.simulator.dids() if did not in before]
    assert counter.told[0].text.startswith("+65")
    assert f"forward {rented.number} to me" in counter.told[0].text
    async with counter.ledger() as tx:
        assert list(await tx.dids(CONSOLE.tenant)) == [rented]


async def test_nothing_is_rented_before_the_yes(counter: Counter) -> None:
    before = await counter.simulator.dids()
    await counter.does(said.RentNumber(country="SG"))
    assert await counter.simulator.dids() == before


async def test_the_askers_own_country_is_meant_when_none_is_said(counter: Counter) -> None:
    assert "+65" in (await counter.does(said.RentNumber())).text


async def test_a_place_without_numbers_says_so(counter: Counter) -> None:
    reply = await counter.does(said.RentNumber(country="SG", region="Atlantis"))
    assert (reply.kind, "Atlantis, Singapore" in reply.text) == ("error", True)


async def test_a_number_that_somebody_else_was_quicker_to_rent(counter: Counter) -> None:
    await counter.does(said.RentNumber(country="SG"))
    (offer, *_) = await counter.simulator.offers("SG", None)
    await counter.simulator.rent(offer)
    await counter.agrees()
    assert counter.told[0].kind == "error"
    assert "refused" in counter.told[0].text
    async with counter.ledger() as tx:
        assert not await tx.dids(CONSOLE.tenant)


class Vague(Plain):
    """Takes orders, and never says what became of them."""

    name = "vague"

    async def offers(self, country: str, region: str | None) -> list[DidOffer]:
        return [DidOffer(number=SECOND)]

    async def rent(self, offer: DidOffer) -> Did:
        raise OutcomeUnknown(provider=self.name, detail="no answer")

    async def dids(self) -> list[Did]:
        return []

    async def release(self, did: Did) -> None:
        raise OutcomeUnknown(provider=self.name, detail="no answer")


async def test_an_unclear_answer_is_told_as_one(counter: Counter) -> None:
    counter.desk.providers.pop("simulator")  # type: ignore[attr-defined]
    counter.desk.providers["vague"] = Vague()  # type: ignore[index]
    await counter.does(said.RentNumber(country="US"))
    await counter.agrees()
    await counter.remembers(Did(number=SECOND, provider="vague"))
    await counter.does(said.ReleaseNumber(own=SECOND))
    woken = counter.woken
    await counter.agrees()
    rented, released = counter.told
    assert "may or may not be ours" in rented.text
    assert "may still be ours" in released.text
    assert counter.woken > woken


async def test_a_provider_that_rents_nothing(counter: Counter) -> None:
    counter.desk.providers.pop("simulator")  # type: ignore[attr-defined]
    assert "rent a number" in (await counter.does(said.RentNumber(country="SG"))).text


async def test_numbers_are_listed_and_compared_with_the_account(counter: Counter) -> None:
    await counter.remembers(Did(number=SECOND, provider="simulator"))
    first, *rest = (await counter.does(said.ListNumbers())).text.splitlines()
    assert first == "+1 212-555-0101 (simulator)"
    assert "not used here yet: +1 212-555-0100" in rest[0]
    assert "does not list +1 212-555-0101" in rest[1]


async def test_the_account_is_an_admins_to_see(counter: Counter) -> None:
    text = (await counter.does(said.ListNumbers(), asker=BEN, room=TEAM)).text
    assert "0100" not in text
    assert "no number of ours yet" in text


async def test_a_number_goes_back_after_a_yes_and_takes_everything_along(counter: Counter) -> None:
    await counter.does(to_amy())
    await counter.does(said.Notify(about="voicemail", own=OURS))
    question = await counter.does(said.ReleaseNumber(own=OURS))
    assert "Its forward ends with it" in question.text
    assert OURS in [did.number for did in await counter.simulator.dids()]

    await counter.agrees()
    assert "given back" in counter.told[0].text
    assert OURS not in [did.number for did in await counter.simulator.dids()]
    assert await kept(counter) is None
    assert await bound(counter) == []
    async with counter.ledger() as tx:
        assert not await tx.dids(CONSOLE.tenant)


# --- voicemails -------------------------------------------------------------------------------------


async def test_a_deleted_voicemail_cannot_be_heard(counter: Counter) -> None:
    call_back = over(call(3, counter.ago(hours=1)))
    await counter.remembers(call_back, voicemail(3, counter.ago(hours=1)))
    reply = await counter.does(said.DeleteVoicemail(id=3))
    assert reply.text == "Voicemail 3 is deleted, and every link to it is dead."
    async with counter.ledger() as tx:
        (recording,) = await tx.recordings(CONSOLE.tenant, call=CallId("c3"))
    assert not recording.playable(counter.clock.now())
    assert (await counter.does(said.Voicemails())).text == "No messages."
    assert (await counter.does(said.DeleteVoicemail(id=3))).kind == "error"


async def test_others_voicemails_are_not_there(counter: Counter) -> None:
    await counter.remembers(
        over(call(3, counter.ago(hours=1), asker=ADA, room=TEAM)),
        voicemail(3, counter.ago(hours=1), owner=ADA, room=TEAM),
    )
    assert (await counter.does(said.DeleteVoicemail(id=3), asker=BEN, room=TEAM)).kind == "error"
    assert (await counter.does(said.DeleteVoicemail(id=3), asker=ADA, room=TEAM)).kind == "reply"


async def test_a_recording_of_a_call_is_no_voicemail(counter: Counter) -> None:
    await counter.remembers(
        over(call(3, counter.ago(hours=1))), voicemail(3, counter.ago(hours=1), voicemail=False)
    )
    assert (await counter.does(said.DeleteVoicemail(id=3))).kind == "error"


# --- notices ----------------------------------------------------------------------------------------


async def test_an_admin_may_have_every_call_told(counter: Counter) -> None:
    reply = await counter.does(said.Notify(about="all"))
    assert reply.text.startswith("This room is told about all calls for every number of ours")
    assert await bound(counter) == [(CONSOLE.key, "all", None)]


async def test_others_have_the_calls_told_that_they_forward(counter: Counter) -> None:
    await counter.remembers(forward(owner=BEN, room=TEAM, created_at=counter.clock.now()))
    reply = await counter.does(said.Notify(about="missed"), asker=BEN, room=TEAM)
    assert "every number that you forward" in reply.text
    assert await bound(counter, TEAM.tenant) == [(TEAM.key, "missed", OURS)]


async def test_nobody_listens_in_on_others_numbers(counter: Counter) -> None:
    await counter.remembers(forward(owner=ADA, room=TEAM, created_at=counter.clock.now()))
    for own in (OURS, None):
        reply = await counter.does(said.Notify(about="all", own=own), asker=BEN, room=TEAM)
        assert reply.kind == "error"
    assert await bound(counter, TEAM.tenant) == []


async def test_notices_are_listed_and_stopped(counter: Counter) -> None:
    assert "its own forwards only" in (await counter.does(said.ListNotices())).text
    await counter.does(said.Notify(about="voicemail", own=OURS))
    await counter.does(said.Notify(about="missed"))
    text = (await counter.does(said.ListNotices())).text
    assert "voicemails for +1 212-555-0100" in text
    assert "missed calls for every number of ours" in text
    await counter.does(said.Unnotify(own=OURS))
    assert await bound(counter) == [(CONSOLE.key, "missed", None)]
    await counter.does(said.Unnotify())
    assert await bound(counter) == []
    assert (await counter.does(said.Unnotify())).kind == "error"


async def test_notices_of_other_rooms_are_not_listed(counter: Counter) -> None:
    await counter.remembers(Person(key=ADA.key))
    await counter.does(said.Notify(about="all"), asker=ADA, room=TEAM)
    other = replace(TEAM, channel="C2")
    assert "its own forwards only" in (await counter.does(said.ListNotices(), asker=ADA, room=other)).text
