"""From nothing to a call on Telegram, and what goes wrong on the way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.voice.simulator.script import phone
from tests.scenario.telegram_house import TelegramHouse, telegram_house, until

AMY, ME = "+6591234567", "+6581234567"


@pytest.fixture(params=["webhook", "polling"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path, webhook=request.param == "webhook") as house:
        yield house


@pytest.fixture
async def hooked(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as house:
        yield house


async def shares(house: TelegramHouse, *, of: int | None = None, **more: object) -> None:
    contact = {"phone_number": house.sam.phone, "first_name": "Sam", "user_id": of or house.sam.id}
    await house.world.deliver(house.world.message(house.sam, house.sam, contact=contact, **more))


async def is_set_up(house: TelegramHouse) -> None:
    await shares(house)
    asked = await house.sees("time zone")
    await house.presses(asked.buttons[0]["text"], asked)
    await house.sees("Your time zone is Asia/Singapore")
    await house.says("save amy as +6591234567")
    await house.sees("Saved amy")


async def test_from_start_to_the_end_of_a_first_call(house: TelegramHouse) -> None:
    house.network.install(phone(ME).rings(1).answers(), phone(AMY).rings(1).answers().hangs_up_after(5))
    await house.says("/start")
    hello = await house.sees("Share your phone number")
    assert hello.markup is not None
    assert hello.markup["keyboard"][0][0]["request_contact"] is True
    await shares(house)
    mine = await house.sees("Your number is +65 8123 4567")
    assert mine.markup == {"remove_keyboard": True}
    asked = await house.sees("time zone")
    assert asked.buttons[0]["text"].startswith("Asia/Singapore (")
    await house.presses(asked.buttons[0]["text"], asked)
    await house.sees("Your time zone is Asia/Singapore")
    await house.says("call +6591234567")
    card = await house.sees("Call #1")
    await until(lambda: "ended" in card.text.splitlines()[0], lambda: card.text)
    assert "talked for" in card.text
    assert (house.network.dialled(AMY), house.network.dialled(ME)) == (1, 1)
    assert len([each for each in house.world.in_chat(house.sam) if "Call #1" in each.text]) == 1


async def test_somebody_elses_contact_and_a_forwarded_one_are_nobodys_number(hooked: TelegramHouse) -> None:
    await shares(hooked, of=77)
    await hooked.sees("not your own contact")
    await shares(hooked, forward_origin={"type": "hidden_user", "date": 1, "sender_user_name": "x"})
    await hooked.sees("forwarded message orders nothing")
    await hooked.says("settings")
    assert "8123" not in (await hooked.sees("Your number")).text


async def test_a_time_waits_until_the_zone_is_known(hooked: TelegramHouse) -> None:
    await hooked.says("call +6591234567 and play https://example.com/a.mp3 at 23:59")
    await hooked.sees("time zone are you in?")
    assert await hooked.calls() == []
    await hooked.says("Asia/Singapore")
    card = await hooked.sees("Call #1")
    assert "23:59" in card.text
    assert "Asia/Singapore" in card.text
    await hooked.says("call +6591234567 and play https://example.com/a.mp3 at 23:58")
    await hooked.sees("Call #2")


async def test_a_duration_needs_no_zone(hooked: TelegramHouse) -> None:
    await hooked.says("call +6591234567 and play https://example.com/a.mp3 in 2 hours")
    await hooked.sees("Call #1")


async def test_strangers_are_refused_with_the_line_to_paste_and_let_in_by_an_admin(
    hooked: TelegramHouse,
) -> None:
    eve = hooked.world.person(2002, "Eve", username="eve_adams")
    await hooked.says("call +6591234567", eve)
    await hooked.sees("PATCHLINE_ADMINS=telegram:2002", eve)
    await hooked.says("allow @nobody_here")
    await hooked.sees("I don't know who nobody_here is")
    await hooked.says("allow @eve_adams")
    await hooked.sees("may call from now on")
    await hooked.says("list", eve)
    await hooked.sees("Nothing is scheduled", eve)
    assert await hooked.calls() == []


async def test_the_same_update_again_and_again_is_one_call(hooked: TelegramHouse) -> None:
    await is_set_up(hooked)
    update = hooked.world.message(hooked.sam, hooked.sam, "call amy and play https://example.com/a.mp3")
    other = hooked.world.message(hooked.sam, hooked.sam, "list")
    await asyncio.gather(*(hooked.world.push(each) for each in (other, update, update, update, other)))
    await hooked.world.push(update)
    await hooked.handled()
    assert len(await hooked.calls()) == 1
    await hooked.world.push({"update_id": update["update_id"] + 9000, "edited_message": update["message"]})
    await hooked.handled()
    assert len(await hooked.calls()) == 1


async def test_a_backlog_is_one_question_a_room_and_dials_nothing(hooked: TelegramHouse) -> None:
    await is_set_up(hooked)
    team = hooked.world.group(-5001, "Team")
    eve = hooked.world.person(2002, "Eve")
    late = [
        hooked.world.message(hooked.sam, hooked.sam, f"call amy and say hello {n}", age=4000)
        for n in range(40)
    ]
    late += [
        hooked.world.message(hooked.sam, team, "/call amy and say hi", age=4000, entities=None)
        for _ in range(3)
    ]
    late.append(hooked.world.message(hooked.sam, hooked.sam, "yes", age=4000))
    await hooked.world.deliver(*late)
    await hooked.handled()
    asked = await hooked.sees("40 messages took more than a minute")
    assert await hooked.calls() == []

    def about_lateness() -> list[str]:
        """One question for the forty, and the answer to the late yes, in whatever order they come."""
        said = [each.said[0] for each in hooked.world.in_chat(hooked.sam)]
        return [text for text in said if "more than a minute to reach me" in text]

    await until(lambda: len(about_lateness()) >= 2)
    assert len(about_lateness()) == 2
    in_team = await hooked.sees("3 messages took more than a minute", team)
    assert len(hooked.world.in_chat(team)) == 1
    await hooked.presses("Leave them", asked)
    await until(lambda: "left alone" in asked.text, lambda: asked.text)
    await hooked.presses("Do all 3 now", in_team, eve)
    await hooked.presses("Do all 3 now", in_team)
    await until(lambda: len(hooked.world.in_chat(team)) == 4, lambda: str(hooked.world.in_chat(team)))
    assert len(await hooked.calls()) == 3


async def test_an_old_press_rings_nobody(tmp_path: Path) -> None:
    async with telegram_house(tmp_path, pending=1000) as house:
        house.network.install(phone(AMY).answers().hangs_up_after(1))
        await is_set_up(house)
        await house.says("call amy and say hello")
        card = await house.sees("Call #1")
        await until(lambda: any(b["text"] == "Call again" for b in card.buttons), lambda: card.text)
        update = house.world.press(house.sam, card, "Call again")
        update["callback_query"]["message"]["date"] -= 86_400
        await house.world.deliver(update)
        await house.sees("That press took more than a minute")
        assert len(await house.calls()) == 1


async def test_two_people_press_the_same_button(hooked: TelegramHouse) -> None:
    await is_set_up(hooked)
    eve = hooked.world.person(2002, "Eve", username="eve_adams")
    await hooked.says("list", eve)
    await hooked.says("allow @eve_adams")
    await hooked.sees("may call")
    team = hooked.world.group(-1_000_000_005_001, "Team", topics={7})
    await hooked.says("/call amy and say hello at 23:59", where=team, thread=7)
    card = await hooked.sees("Call #1", team)
    assert card.thread == 7
    assert "9123" not in card.text
    await asyncio.gather(hooked.presses("Cancel", card), hooked.presses("Cancel", card, eve))
    await until(lambda: len(hooked.world.alerts()) == 2, lambda: str(hooked.world.alerts()))
    theirs, mine = sorted(hooked.world.alerts())
    assert mine.startswith("Cancelled #1")
    assert "ordered by somebody else" in theirs
    await until(lambda: "cancelled" in card.text)


async def test_a_whole_number_is_shown_to_the_presser_alone(hooked: TelegramHouse) -> None:
    await is_set_up(hooked)
    team = hooked.world.group(-5001, "Team")
    await hooked.says("/call@PatchlineTestBot amy and say hello at 23:59", where=team)
    card = await hooked.sees("Call #1", team)
    await hooked.presses("Show number", card)
    await until(lambda: any("+65 9123 4567" in each for each in hooked.world.alerts()))
    hooked.world.fails(
        "answerCallbackQuery", 400, "Bad Request: query is too old and response timeout expired"
    )
    await hooked.presses("Show number", card)
    await hooked.sees("+65 9123 4567", hooked.sam)
    assert not [each for each in hooked.world.in_chat(team) if "9123" in "".join(each.said)]


async def test_talk_in_a_group_that_is_not_for_us_comes_to_nothing(hooked: TelegramHouse) -> None:
    team = hooked.world.group(-5001, "Team")
    for text in ("call amy", "/call@OtherBot amy", "/weather", "hello @somebody", "see you"):
        await hooked.says(text, where=team)
    await hooked.says("@PatchlineTestBot list", where=team)
    await hooked.sees("Nothing is scheduled", team)
    assert len(hooked.world.in_chat(team)) == 1


async def test_a_group_that_becomes_a_supergroup_takes_its_calls_along(hooked: TelegramHouse) -> None:
    await is_set_up(hooked)
    team = hooked.world.group(-5001, "Team")
    await hooked.says("/call amy and say hello at 23:59", where=team)
    await hooked.sees("Call #1", team)
    told = hooked.world.migrate(team, -1_000_000_005_001)
    await hooked.world.deliver(*told, *told)
    await hooked.handled()
    new = hooked.world.groups[-1_000_000_005_001]
    await hooked.says("/list", where=new)
    await hooked.sees("#1", new)
    await hooked.says("/cancel 1", where=new)
    await hooked.sees("Call #1", new)


async def test_a_move_that_nobody_told_is_found_out_while_speaking(hooked: TelegramHouse) -> None:
    await is_set_up(hooked)
    team = hooked.world.group(-5001, "Team")
    await hooked.says("/call amy and say hello in 60 seconds", where=team)
    card = await hooked.sees("Call #1", team)
    hooked.world.migrate(team, -1_000_000_005_001)
    await until(lambda: bool(hooked.world.in_chat(-1_000_000_005_001)))
    assert "Call #1" in hooked.world.in_chat(-1_000_000_005_001)[0].text
    assert card.chat == -5001
    async with hooked.house.ledger() as tx:
        [call] = await tx.calls_numbered("telegram:", 1)
    assert call.room.channel == "-1000000005001"


async def test_a_deleted_card_is_posted_anew_and_a_blocked_bot_is_quiet(hooked: TelegramHouse) -> None:
    await is_set_up(hooked)
    hooked.network.install(phone(AMY).rings(10).answers().hangs_up_after(10))
    await hooked.says("call amy and say hello")
    card = await hooked.sees("Call #1")
    hooked.world.shown.remove(card)
    anew = await hooked.sees("Call #1")
    assert anew.id != card.id
    await until(lambda: "ended" in anew.text.splitlines()[0], lambda: anew.text)
    hooked.sam.blocked = True
    await hooked.says("call amy and say hello")
    await until(lambda: hooked.network.dialled(AMY) == 2)
    await hooked.handled()


async def test_floods_are_obeyed_and_the_end_is_shown(hooked: TelegramHouse) -> None:
    await is_set_up(hooked)
    hooked.network.install(phone(AMY).rings(2).answers().hangs_up_after(5))
    for _ in range(3):
        hooked.world.fails("editMessageText", 429, "Too Many Requests: retry after 3", retry_after=3)
    hooked.world.fails("sendMessage", 502, "Bad Gateway")
    await hooked.says("call amy and say hello")
    card = await hooked.sees("Call #1")
    await until(lambda: "ended" in card.text.splitlines()[0], lambda: card.text)
    assert hooked.world.floods == 0


async def test_nobody_gets_in_without_our_secret(hooked: TelegramHouse) -> None:
    update = hooked.world.message(hooked.sam, hooked.sam, "list")
    for secret in ("", "wrong", hooked.world.secret + "x", hooked.world.secret[:-1]):
        assert await hooked.world.push(update, secret=secret) == 403
    for body in (
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"update_id": 1, "message": {}}',
        b'{"callback_query": {"id": "1"}}',
    ):
        assert await hooked.world.push({}, body=body) == 200
    assert await hooked.world.push(update) == 200
    await hooked.sees("Nothing is scheduled")


async def test_hidden_admins_channels_and_bots_order_nothing(hooked: TelegramHouse) -> None:
    team = hooked.world.group(-5001, "Team")
    hidden = hooked.world.message(hooked.sam, team, "/call +6591234567", sender_chat=team.json())
    robot = hooked.world.message(hooked.sam, team, "/call +6591234567")
    robot["message"]["from"] |= {"is_bot": True, "id": 1087968824}
    channel = {
        "update_id": 5,
        "channel_post": {"message_id": 1, "date": 1, "chat": team.json(), "text": "/call 1"},
    }
    await hooked.world.deliver(hidden, robot, channel)
    await hooked.sees("Bots cannot order calls", team)
    await hooked.handled()
    assert await hooked.calls() == []
