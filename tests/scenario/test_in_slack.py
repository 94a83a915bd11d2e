"""The whole house in Slack: the real core and adapter, the simulated network, and a strict Slack over HTTP.

Time runs thirty times as fast; the Slack keeps its pace by that clock.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.clock import DemoClock
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.script import phone
from bot import compose
from bot.domain.errors import StorageUnavailable
from storage.memory import MemoryLedger
from tests.contract.chat.cases.slack import PUBLIC, door_of
from tests.vendors.slack import APP_TOKEN, BOT_TOKEN, SECRET, Answer, Client, Fault, Message, Slack

AMY, SAMS = "+6591234567", "+6581112233"
OURS = "+12125550100"
SPEED = 30.0
MANY = 20


class Team:
    """Sam (whose phone is verified) and Ben in #general; Guest is a guest."""

    def __init__(self, slack: Slack, client: Client, network: Network, house: compose.House) -> None:
        self.slack, self.client, self.network, self.house = slack, client, network, house

    async def says(self, text: str, *, user: str = "U1", channel: str = "C1") -> Answer:
        return await self.client.command(user, channel, text)

    async def presses(self, label: str, message: Message, *, user: str = "U1") -> None:
        button = next(each for each in message.buttons() if each["text"]["text"] == label)
        assert (await self.client.press(user, message, button)).status == 200

    async def sees(self, words: str) -> None:
        """Somewhere in Slack, within some seconds."""
        try:
            await self.slack.until(lambda: words in self.slack.everything())
        except TimeoutError:
            raise AssertionError(f"{words!r} is not in:\n{self.slack.everything()}") from None

    def cards(self) -> list[Message]:
        return [each for each in self.slack.messages if each.thread is None and each.channel == "C1"]

    async def verifies(self) -> None:
        self.network.install(phone(SAMS).rings(1).answers())
        await self.says(f"my number is {SAMS}", channel="DU1")
        await self.slack.until(lambda: any("Your code is" in each for each in self.network.heard(SAMS)))
        (said,) = [each for each in self.network.heard(SAMS) if "Your code is" in each]
        await self.client.event("U1", "DU1", "".join(re.findall(r"\d", said)))
        await self.sees("“me” rings it")


@asynccontextmanager
async def team(folder: Path, *, speed: float = SPEED, **environ: str) -> AsyncIterator[Team]:
    clock = DemoClock(speed=speed)
    async with AsyncExitStack() as stack:
        slack = Slack(paced=True, second=1 / speed)
        await stack.enter_async_context(slack.serving())
        slack.person("U1", "Sam")
        slack.person("U2", "Ben")
        slack.person("U3", "Guest", is_restricted=True)
        slack.channel("C1", "U1", "U2", "U3")
        slack.direct("U1")
        settings = compose.settings_from(
            {
                "SLACK_BOT_TOKEN": BOT_TOKEN,
                "SLACK_SIGNING_SECRET": SECRET,
                "SLACK_API_URL": f"{slack.url}/api",
                "PUBLIC_URL": PUBLIC,
                "PATCHLINE_SECRET_KEY": "k" * 40,
                "PATCHLINE_DATA_DIR": str(folder),
                "PATCHLINE_DEFAULT_REGION": "SG",
                **environ,
            }
        )
        network = Network(clock, NetworkConfig(dids=(OURS,)))
        house = compose.build(
            settings,
            clock=clock,
            providers={"simulator": Simulator.beside(network)},
            ledger=MemoryLedger(),
        )
        chat = house.chats["slack"]
        loops = [chat.run(house.intake), *house.loops(dispatch=True, housekeeping=True, web=False)]
        running = [asyncio.create_task(loop) for loop in loops]
        stack.push_async_callback(_end, running, network, house)
        url = None if "SLACK_APP_TOKEN" in environ else await stack.enter_async_context(door_of(chat))
        client = Client(slack, url, now=lambda: clock.now().timestamp())
        stack.push_async_callback(client.close)
        yield Team(slack, client, network, house)


async def _end(running: list[asyncio.Task[None]], network: Network, house: compose.House) -> None:
    for task in running:
        task.cancel()
    for task in running:
        with suppress(asyncio.CancelledError):
            await task
    await network.stop()
    await house.close()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Team]:
    async with team(tmp_path) as made:
        yield made


@pytest.mark.parametrize("by", ["http", "socket"])
async def test_from_nothing_to_a_call_and_its_end(tmp_path: Path, by: str) -> None:
    environ = {"SLACK_APP_TOKEN": APP_TOKEN} if by == "socket" else {}
    async with team(tmp_path, **environ) as here:
        await here.verifies()
        here.network.install(phone(AMY).rings(3).answers().hangs_up_after(40))
        await here.says(f"call {AMY} and patch me in")
        await here.slack.until(lambda: here.cards() and "talked for" in here.cards()[0].seen())
        (card,) = here.cards()
        assert card.states[0] != card.states[-1]
        public = json.dumps(
            [message.blocks for message in here.slack.messages if message.channel == "C1"], ensure_ascii=False
        )
        assert "…4567" in public
        assert "91234567" not in re.sub(r"\D", "", public)
        assert here.network.dialled(AMY) == 1


async def test_the_whole_number_is_for_the_one_who_asks(here: Team) -> None:
    await here.verifies()
    here.network.install(phone(AMY).rings(1).answers().hangs_up_after(5))
    await here.says(f"call {AMY} and patch me in")
    await here.slack.until(lambda: here.cards() and "Show number" in here.cards()[0].seen())
    await here.presses("Show number", here.cards()[0])
    await here.sees("+65 9123 4567")
    assert [each.user for each in here.slack.ephemeral if "+65 9123 4567" in each.seen()] == ["U1"]


async def test_guests_are_refused_in_words_and_dial_nothing(here: Team) -> None:
    await here.says(f"call {AMY} and say 'hi'", user="U3")
    await here.slack.until(lambda: here.slack.ephemeral)
    assert here.slack.ephemeral[0].user == "U3"
    assert here.network.dialled(AMY) == 0
    assert here.cards() == []


async def test_two_people_press_the_same_button_for_one_effect_and_two_true_answers(here: Team) -> None:
    await here.says(f"call {AMY} and say 'hi' in 2 hours")
    await here.slack.until(lambda: here.cards() and here.cards()[0].buttons())
    (card,) = here.cards()
    button = next(each for each in card.buttons() if each["text"]["text"] == "Cancel")
    await asyncio.gather(*(here.client.press(user, card, button) for user in ("U1", "U1", "U2")))
    await here.slack.until(lambda: len(here.slack.ephemeral) == 3)
    assert sorted(each.seen() for each in here.slack.ephemeral) == [
        "#1 is cancelled already.",
        "#1 was ordered by somebody else; an admin can change it.",
        "Cancelled #1.",
    ]
    await here.slack.until(lambda: "cancelled" in card.seen())


async def test_a_late_command_asks_and_a_redelivered_one_is_one(here: Team) -> None:
    payload = here.client.event_of("U1", "C1", f"call {AMY} and say 'hi'")
    for _ in range(3):
        await here.client.sends("events_api", payload)
    await here.slack.until(lambda: here.cards() and "hi" in here.network.heard(AMY))
    assert here.network.dialled(AMY) == 1
    old = f"{here.client.now() - 90:.6f}"
    late = here.client.event_of("U1", "C1", f"call {AMY} and say 'late'")
    late["event"]["ts"], late["event_time"] = old, int(float(old))
    await here.client.sends("events_api", late)
    await here.sees("minute")
    assert here.network.dialled(AMY) == 1


def is_over(card: Message) -> bool:
    return "Call again" in card.seen()


async def test_many_calls_at_once_all_end_with_the_right_card_at_the_channels_pace(tmp_path: Path) -> None:
    limits = ("PATCHLINE_ROOM_LIVE_LEGS", "PATCHLINE_PLACEMENTS_PER_HOUR", "PATCHLINE_ROOM_CALLS_PER_DAY")
    async with team(tmp_path, speed=10.0, **dict.fromkeys(limits, "0")) as here:
        here.network.install(
            *(phone(f"+6591230{n:03}").rings(2).answers().hangs_up_after(60) for n in range(MANY))
        )
        for n in range(MANY):
            assert (
                await here.says(f"call +6591230{n:03} and say 'hi {n}', wait 40 seconds, hang up")
            ).status == 200
        here.slack.fails("chat.update", *[Fault(429, retry_after=1)] * 3)
        await here.slack.until(lambda: sum(map(is_over, here.cards())) == MANY, seconds=40)
        cards = here.cards()
        assert len(cards) == MANY
        assert {int(re.findall(r"#(\d+)", each.seen())[0]) for each in cards} == set(range(1, MANY + 1))
        limited = [call for call in here.slack.calls if call.error == "ratelimited"]
        edits = [call for call in here.slack.calls if call.method == "chat.update"]
        assert len(edits) >= MANY
        assert here.slack.broken_rests == []
        for card in cards:
            when = [each.at for each in edits if each.arguments["ts"] == card.ts and not each.error]
            assert all(later - sooner > 1.8 / 10 for sooner, later in pairwise(when))
        assert len(limited) <= (len(edits) + MANY) / 20  # at ten times the speed a hurried machine stumbles
        assert all(here.network.dialled(f"+6591230{n:03}") == 1 for n in range(MANY))


async def test_what_was_acknowledged_is_never_lost_whatever_the_database_does(
    here: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third row cannot be written; what was then said to be taken is answered, and nothing else."""
    put, n = here.house.intake.put, 0

    async def sometimes(inbound: object) -> bool:
        nonlocal n
        n += 1
        if n % 3 == 0:
            raise StorageUnavailable("away")
        return await put(inbound)  # type: ignore[arg-type]

    monkeypatch.setattr(here.house.intake, "put", sometimes)
    answers = await asyncio.gather(*(here.says(f"save friend{n} as +6591230{n:03}") for n in range(60)))
    taken = [n for n, answer in enumerate(answers) if not answer.text]
    assert 0 < len(taken) < 60
    assert all("Not taken" in answer.text for n, answer in enumerate(answers) if n not in taken)
    await here.slack.until(lambda: len(here.slack.ephemeral) >= len(taken))
    async with here.house.ledger() as tx:
        saved = {int(each.name.removeprefix("friend")) for each in await tx.contacts("slack:T0TEAM/U1")}
    assert saved == set(taken)


async def test_home_shows_my_calls_and_their_buttons_work(here: Team) -> None:
    await here.says(f"call {AMY} and say 'hi' in 2 hours")
    await here.slack.until(here.cards)
    opened = here.client.envelope_of(
        {"type": "app_home_opened", "user": "U1", "tab": "home", "channel": "DU1"}
    )
    await here.client.sends("events_api", opened)
    await here.slack.until(lambda: "Cancel" in json.dumps(here.slack.homes.get("U1", {})))
    blocks = here.slack.homes["U1"]["blocks"]
    buttons = [element for block in blocks for element in block.get("elements", ())]
    cancel = next(each for each in buttons if each["text"]["text"] == "Cancel")
    await here.client.sends("interactive", here.client.home_press_of("U1", cancel))
    await here.slack.until(lambda: "Nothing is scheduled" in json.dumps(here.slack.homes["U1"]))
    await here.slack.until(lambda: "cancelled" in here.cards()[0].seen())
    guest = here.client.envelope_of(
        {"type": "app_home_opened", "user": "U3", "tab": "home", "channel": "DU3"}
    )
    await here.client.sends("events_api", guest)
    await here.slack.until(lambda: "U3" in here.slack.homes)
    assert [each for each in here.slack.messages if each.channel == "DU3"] == []


async def test_the_forms_sentences_are_understood(here: Team) -> None:
    await here.verifies()
    await here.client.shortcut("U1", "schedule_a_call")
    await here.slack.until(lambda: here.slack.modals)
    values = {
        "who": {"who": {"value": AMY}},
        "how": {"how": {"selected_option": {"value": "patch"}}},
        "date": {"date": {"selected_date": "2031-03-10"}},
        "time": {"time": {"selected_time": "23:59"}},
        "more": {"more": {"value": "record it"}},
    }
    await here.client.submit("U1", here.slack.modals[0], values)
    await here.sees("Mon 10 March 2031, 23:59")
