from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.call import Call, CallState
from bot.domain.causes import Disposition
from bot.domain.cdr import CallDetailRecord
from bot.domain.people import Room
from bot.domain.recording import RecordingState
from bot.parse import command as said
from tests.unit.handlers.counter import ADA, AMY, BEN, BOB, TEAM, Counter, target
from tests.unit.handlers.past import call, over, voicemail

NIGHT = datetime(2026, 3, 10, 15, 59, tzinfo=UTC)  # 23:59 in Singapore; it is 14:30 there
ELSEWHERE = Room(platform="slack", workspace="T1", channel="C2")


def closed(call: Call, seconds: int = 65) -> CallDetailRecord:
    return CallDetailRecord(
        call=call.id,
        disposition=Disposition.ANSWERED,
        started_at=call.due,
        answered_at=call.due,
        ended_at=call.due + timedelta(seconds=seconds),
        talk_seconds=seconds,
        billed_seconds=120,
    )


# --- list -------------------------------------------------------------------------------------------


async def test_the_list_says_number_time_and_whom_soonest_first(counter: Counter) -> None:
    later, sooner = call(12, NIGHT), call(13, counter.ahead(minutes=30), to=BOB, name="Bob")
    await counter.remembers(later, sooner, over(call(11, counter.ago(hours=2))))
    lines = (await counter.does(said.ListCalls())).text.splitlines()
    assert lines[0] == "2 calls, times in Asia/Singapore, UTC+8:"
    assert lines[1].startswith("#13  Tue 10 March, 15:00 (in 30 min)  call to Bob")
    assert lines[2].startswith("#12  Tue 10 March, 23:59 (in 9 h 29 min)  call to Amy")


async def test_times_are_in_the_zone_that_the_asker_has_set(counter: Counter) -> None:
    await counter.remembers(call(12, NIGHT))
    await counter.does(said.Set(key="timezone", value="Europe/London"))
    assert "Tue 10 March, 15:59" in (await counter.does(said.ListCalls())).text


async def test_what_waits_for_confirm_or_repeats_is_listed_as_such(counter: Counter) -> None:
    await counter.remembers(
        call(12, NIGHT, state=CallState.HELD), call(13, NIGHT, recurrence_words=("every day at 23:59",))
    )
    text = (await counter.does(said.ListCalls())).text
    assert "#12" in text
    assert "waits for Confirm" in text
    assert "every day at 23:59" in text


async def test_the_list_is_of_this_room_and_ones_own(counter: Counter) -> None:
    await counter.remembers(
        call(1, NIGHT, asker=BEN, room=TEAM),
        call(2, NIGHT, asker=BEN, room=ELSEWHERE),
        call(3, NIGHT, asker=ADA, room=TEAM),
    )
    text = (await counter.does(said.ListCalls(), asker=BEN, room=TEAM)).text
    assert "#1 " in text
    assert "#2 " not in text
    assert "#3 " not in text


async def test_an_admin_sees_everybodys_and_whose_they_are(counter: Counter) -> None:
    await counter.remembers(call(1, NIGHT, asker=BEN, room=TEAM), call(3, NIGHT, asker=ADA, room=TEAM))
    lines = (await counter.does(said.ListCalls(), asker=ADA, room=TEAM)).text.splitlines()
    assert lines[1].endswith("by Ben")
    assert not lines[2].endswith("by Ada")


async def test_a_public_list_hides_numbers_without_a_name(counter: Counter) -> None:
    await counter.remembers(call(1, NIGHT, asker=BEN, room=TEAM, name=None))
    text = (await counter.does(said.ListCalls(), asker=BEN, room=TEAM)).text
    assert "…4567" in text
    assert "9123" not in text


async def test_a_long_list_says_that_it_goes_on(counter: Counter) -> None:
    await counter.remembers(*(call(n, NIGHT + timedelta(minutes=n)) for n in range(1, 52)))
    text = (await counter.does(said.ListCalls())).text
    assert "#50 " in text
    assert "#51 " not in text
    assert text.endswith("There are more after these.")


async def test_an_empty_list_says_so_and_how_to_begin(counter: Counter) -> None:
    assert "Nothing is scheduled" in (await counter.does(said.ListCalls())).text


# --- status -----------------------------------------------------------------------------------------


async def test_the_status_of_a_call_tells_each_leg(counter: Counter) -> None:
    await counter.remembers(over(call(12, counter.ago(hours=1))))
    text = (await counter.does(said.Status(ids=(12,)))).text
    assert "Call #12 to Amy: ended" in text
    assert "answered after 5 s" in text
    assert "1:05" in text


async def test_without_numbers_the_status_is_what_goes_on_here(counter: Counter) -> None:
    running = replace(over(call(12, counter.ago(minutes=1))), state=CallState.STARTED)
    await counter.remembers(running, call(13, NIGHT, to=BOB, name="Bob"))
    text = (await counter.does(said.Status())).text
    assert "#12" in text
    assert "#13" not in text


async def test_when_nothing_goes_on_the_next_call_is_named(counter: Counter) -> None:
    await counter.remembers(call(13, NIGHT), call(14, NIGHT + timedelta(hours=1)))
    text = (await counter.does(said.Status())).text
    assert text.startswith("Nothing is going on. Next:")
    assert "#13" in text
    assert "#14" not in text


async def test_many_running_calls_get_a_line_each(counter: Counter) -> None:
    since = counter.ago(minutes=1)
    await counter.remembers(*(call(n, since, state=CallState.STARTED) for n in range(1, 6)))
    text = (await counter.does(said.Status())).text
    assert len(text.splitlines()) == 6


async def test_others_calls_are_not_told(counter: Counter) -> None:
    await counter.remembers(call(12, NIGHT, asker=ADA, room=TEAM))
    reply = await counter.does(said.Status(ids=(12,)), asker=BEN, room=TEAM)
    assert reply.kind == "error"
    assert "Amy" not in reply.text


async def test_a_number_that_nobody_has_is_said(counter: Counter) -> None:
    assert (await counter.does(said.Status(ids=(99,)))).text == "There is no call #99."


# --- history ----------------------------------------------------------------------------------------


async def past(counter: Counter, *calls: Call) -> None:
    await counter.remembers(*calls)
    async with counter.ledger() as tx:
        for each in calls:
            await tx.save_cdr(closed(each))
        await tx.commit()


async def test_history_is_newest_first_with_outcome_and_talk_time(counter: Counter) -> None:
    await past(
        counter, over(call(1, counter.ago(days=1))), over(call(2, counter.ago(hours=1), to=BOB, name="Bob"))
    )
    lines = (await counter.does(said.History())).text.splitlines()
    assert lines[1].startswith("#2 ")
    assert "call to Bob: answered, talk time 1:05" in lines[1]
    assert lines[2].startswith("#1 ")
    assert "simulator has not told the price yet" in lines[2]


async def test_ten_a_page_and_where_to_go_on(counter: Counter) -> None:
    await past(counter, *(over(call(n, counter.ago(hours=n))) for n in range(1, 13)))
    first = (await counter.does(said.History())).text.splitlines()
    assert len(first) == 12
    assert first[-1] == "More: history page 2"
    second = (await counter.does(said.History(page=2))).text.splitlines()
    assert [line.split()[0] for line in second[1:]] == ["#11", "#12"]
    assert (await counter.does(said.History(page=3))).text == "There is no page 3."


async def test_the_last_few(counter: Counter) -> None:
    await past(counter, *(over(call(n, counter.ago(hours=n))) for n in range(1, 6)))
    lines = (await counter.does(said.History(limit=3))).text.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["#1", "#2", "#3"]


async def test_very_many_at_once_are_cut_and_said_to_be(counter: Counter) -> None:
    await past(counter, *(over(call(n, counter.ago(hours=n))) for n in range(1, 33)))
    text = (await counter.does(said.History(limit=100))).text
    assert "#30 " in text
    assert "#31 " not in text
    assert text.endswith("I show at most 30 at once; go on with: history page 4")


async def test_history_with_one_party_finds_who_was_rung_and_who_called(counter: Counter) -> None:
    rang_us = call(3, counter.ago(hours=3), to=BOB, name="Bob", caller=target(AMY).address)
    await past(
        counter,
        over(call(1, counter.ago(hours=1))),
        over(call(2, counter.ago(hours=2), to=BOB, name="Bob")),
        replace(rang_us, state=CallState.DONE),
    )
    text = (await counter.does(said.History(target=target(AMY, "Amy")))).text
    assert "#1 " in text
    assert "#2 " not in text
    assert "#3 " in text


async def test_what_one_party_has_beyond_a_page_is_not_passed_over_in_silence(counter: Counter) -> None:
    await past(counter, *(over(call(n, counter.ago(hours=n))) for n in range(1, 13)))
    lines = (await counter.does(said.History(target=target(AMY)))).text.splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("Past calls:", "There are more before these.", 12)


async def test_history_with_me_is_of_calls_that_rang_me(counter: Counter) -> None:
    without_me = over(call(2, counter.ago(hours=2)))
    plan = replace(without_me.plan[0], flow=replace(without_me.plan[0].flow, steps=()))
    await past(counter, over(call(1, counter.ago(hours=1))), replace(without_me, plan=(plan,)))
    text = (await counter.does(said.History(target=said.Target(is_me=True)))).text
    assert "#1 " in text
    assert "#2 " not in text


async def test_one_party_is_found_far_back(counter: Counter) -> None:
    calls = [over(call(n, counter.ago(hours=n), to=BOB, name="Bob")) for n in range(1, 120)]
    await past(counter, *calls, over(call(200, counter.ago(days=30))))
    assert "#200 " in (await counter.does(said.History(target=target(AMY)))).text


@pytest.mark.parametrize("asker", [BEN, ADA])
async def test_others_history_is_for_admins(counter: Counter, asker: object) -> None:
    await past(counter, over(call(1, counter.ago(hours=1), asker=BEN, room=TEAM)))
    await past(counter, over(call(2, counter.ago(hours=2), asker=ADA, room=TEAM)))
    text = (await counter.does(said.History(), asker=asker, room=TEAM)).text
    assert ("#2 " in text) is (asker is ADA)
    assert ("by Ben" in text) is (asker is ADA)


# --- rate and balance -------------------------------------------------------------------------------


async def test_the_rate_of_each_is_told(counter: Counter) -> None:
    text = (await counter.does(said.Rate(targets=(target(AMY, "Amy"), target("+442079460018"))))).text
    amy, london = text.splitlines()
    assert amy.startswith("Amy: ")
    assert "USD a minute with simulator" in amy
    assert london.startswith("+44 20 7946 0018: ")


async def test_a_provider_without_prices_says_so(counter: Counter) -> None:
    await counter.does(said.Set(key="provider", value="plain"))
    for command in (said.Rate(targets=(target(AMY),)), said.Balance()):
        reply = await counter.does(command)
        assert reply.kind == "error"
        assert reply.text.startswith("plain does not tell its")


async def test_somebody_without_a_number_has_no_rate(counter: Counter) -> None:
    reply = await counter.does(said.Rate(targets=(said.Target(user="U9"),)))
    assert "<@U9>" in reply.text


async def test_the_balance_is_told(counter: Counter) -> None:
    assert (await counter.does(said.Balance())).text == "simulator: 100.00 USD left."


# --- voicemail --------------------------------------------------------------------------------------


async def test_messages_have_number_caller_time_length_and_link(counter: Counter) -> None:
    await counter.knows(("Amy", AMY))
    await counter.remembers(
        voicemail(1, counter.ago(hours=2)), voicemail(2, counter.ago(hours=1), caller=None)
    )
    newest, older = (await counter.does(said.Voicemails())).text.splitlines()
    assert newest.startswith("2  Tue 10 March, 13:30  from a withheld number, 0:12: http://")
    assert older.startswith("1  Tue 10 March, 12:30  from Amy (+65 9123 4567), 0:12: http://")
    assert "/r/" in older


async def test_what_cannot_be_heard_has_no_link(counter: Counter) -> None:
    await counter.remembers(
        voicemail(1, counter.ago(hours=1), state=RecordingState.WAITING, file=None),
        voicemail(2, counter.ago(hours=2), state=RecordingState.FAILED, file=None),
    )
    text = (await counter.does(said.Voicemails())).text
    assert "http" not in text
    assert "waiting" in text


async def test_messages_whose_time_is_over_are_gone(counter: Counter) -> None:
    await counter.remembers(voicemail(2, counter.ago(days=91)))
    assert (await counter.does(said.Voicemails())).text == "No messages."


async def test_done_messages_are_marked_and_call_recordings_are_no_messages(counter: Counter) -> None:
    await counter.remembers(
        voicemail(1, counter.ago(hours=1), done=True), voicemail(2, counter.ago(hours=2), voicemail=False)
    )
    text = (await counter.does(said.Voicemails())).text
    assert len(text.splitlines()) == 1
    assert "dealt with" in text


async def test_messages_stay_in_their_room_and_with_their_owner(counter: Counter) -> None:
    await counter.remembers(
        voicemail(1, counter.ago(hours=1), owner=BEN, room=TEAM),
        voicemail(2, counter.ago(hours=2), owner=BEN, room=ELSEWHERE),
        voicemail(3, counter.ago(hours=3), owner=ADA, room=TEAM),
    )

    async def listed(asker: object, room: Room) -> list[str]:
        text = (await counter.does(said.Voicemails(), asker=asker, room=room)).text
        return [line.split()[0] for line in text.splitlines()]

    assert await listed(BEN, TEAM) == ["1"]
    assert await listed(ADA, TEAM) == ["1", "3"]
    assert await listed(BEN, replace(TEAM, channel="D1", private=True)) == ["1", "2"]


async def test_only_the_newest_ten_are_listed(counter: Counter) -> None:
    await counter.remembers(*(voicemail(n, counter.ago(hours=n)) for n in range(1, 13)))
    text = (await counter.does(said.Voicemails())).text
    assert len(text.splitlines()) == 11
    assert text.endswith("… and 2 older messages.")


async def test_help_knows_the_askers_contacts(counter: Counter) -> None:
    await counter.knows(("Zoe", BOB))
    assert "zoe" in (await counter.does(said.Help(topic="call"))).text.lower()
