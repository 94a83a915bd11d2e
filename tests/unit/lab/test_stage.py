"""The lab's switches, tunes and phones, without a page."""

import asyncio
import io
import json
import socket
import wave
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.clock import DemoClock
from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from adapters.voice.simulator.trouble import Creation, Delivery
from adapters.voice.simulator.views import ClockView
from adapters.web.lab import sounds
from adapters.web.lab.feed import Feed
from adapters.web.lab.leap import leap
from adapters.web.lab.stage import MOST_PHONES, TROUBLES, Stage, merged
from bot.domain.errors import ConfigError
from bot.lab import Job, _door

OURS = "+12125550100"


class Scene:
    """A stage on a network of its own."""

    def __init__(self, file: Path | None = None) -> None:
        self.clock = DemoClock()
        self.network = Network(self.clock, NetworkConfig(dids=(OURS,)))
        self.feed = Feed()
        self.stage = Stage(
            outside=Simulator.beside(self.network).outside(),
            feed=self.feed,
            file=file,
            zone="Asia/Singapore",
            clock=self.clock,
        )


@pytest.mark.parametrize("name", sounds.TUNES)
def test_a_tune_is_a_sound_of_the_length_it_says(name: str) -> None:
    with wave.open(io.BytesIO(sounds.wav(name))) as file:
        assert file.getnframes() / file.getframerate() == sounds.seconds(name)
        frames = memoryview(file.readframes(file.getnframes())).cast("h")
    assert 3000 < max(frames) < 20_000


def test_all_troubles_at_once_are_all_there_and_never_more_than_certain() -> None:
    all_of_it = merged(list(TROUBLES.values()))
    assert sum(all_of_it.delivery_odds.values()) <= 1.0
    assert sum(all_of_it.creation_odds.values()) <= 1.0
    assert all_of_it.creation_odds.keys() == {Creation.ANSWER_LOST}
    assert all_of_it.delivery_odds.keys() == {Delivery.DELAYED, Delivery.LOST, Delivery.DOUBLED}
    assert all_of_it.answers_after > 0
    assert merged([]) == type(all_of_it)()


async def test_trouble_is_what_the_switches_say() -> None:
    scene = Scene()
    await scene.stage.make_trouble(frozenset({"lost"}))
    assert scene.network.trouble.delivery_odds == {Delivery.LOST: 0.5}
    assert scene.feed.value("trouble") == ["lost"]
    await scene.stage.make_trouble(frozenset())
    assert scene.network.trouble.delivery_odds == {}
    with pytest.raises(ValueError, match="gremlins"):
        await scene.stage.make_trouble(frozenset({"gremlins"}))


@pytest.mark.parametrize(
    ("name", "number", "kind", "words"),
    [
        ("", "+442079460999", "person", "name"),
        ("x" * 41, "+442079460999", "person", "name"),
        ("Dee", "0207 946 0999", "person", "country code"),
        ("Dee", "+442079460999", "elephant", "one of"),
    ],
)
async def test_what_is_no_phone_is_explained(name: str, number: str, kind: str, words: str) -> None:
    scene = Scene()
    with pytest.raises(ValueError, match=words):
        await scene.stage.add_phone(name, number, kind)
    assert scene.feed.keys("phone:") == []


async def test_phones_that_were_added_are_remembered(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "phones.json")
    await scene.stage.add_phone("  Dee  Dee ", "+44 (20) 7946-0999", "mailbox")
    assert json.loads((tmp_path / "phones.json").read_text()) == [
        {"name": "Dee Dee", "number": "+442079460999", "kind": "mailbox"}
    ]
    assert scene.network.phone("+442079460999").by_hand


async def test_there_is_an_end_to_phones() -> None:
    scene = Scene()
    for n in range(MOST_PHONES):
        await scene.stage.add_phone(f"P{n}", f"+44207946{n:04}", "person")
    with pytest.raises(ValueError, match="no room"):
        await scene.stage.add_phone("One more", "+442079469999", "person")


async def test_the_clock_jumps_to_the_next_time_the_wall_shows_that() -> None:
    scene = Scene()
    await scene.stage.jump_to_wall(23, 58, 50)
    first = scene.clock.now()
    assert f"{first.astimezone(scene.stage._zone):%H:%M:%S}" == "23:58:50"
    await scene.stage.jump_to_wall(23, 58, 50)
    assert 86_000 < (scene.clock.now() - first).total_seconds() < 86_401


def test_a_job_says_the_same_on_the_other_side() -> None:
    job = Job(folder="a b/c", network="http://127.0.0.1:1", door=7, port=8080)
    assert Job.from_text(job.to_text()) == job


def test_the_lab_takes_the_next_free_port_but_not_another_one_than_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with _door(None) as door:
            assert port < door.getsockname()[1] <= port + 50
        with pytest.raises(ConfigError, match=str(port)):
            _door(port)
    monkeypatch.setenv("PORT", "none")
    with _door(None) as door:
        assert door.getsockname()[1] >= 8080


async def test_a_jump_stops_by_at_what_is_due_until_it_has_been_claimed() -> None:
    waiting = [timedelta(hours=1), timedelta(hours=1, seconds=1), timedelta(hours=20)]
    clock = DemoClock()
    network = Network(clock, NetworkConfig(dids=(OURS,)))
    start, claimed, looks = clock.now(), [], 0

    async def next_due() -> datetime | None:
        """As the ledger says it, with a house that claims when it is asked for the third time."""
        nonlocal looks
        late = clock.now() - start - waiting[0] if waiting else timedelta(0)
        if waiting and late >= timedelta(0) and (looks := looks + 1) == 3:
            claimed.append(late)
            looks = 0
            waiting.pop(0)
        return start + waiting[0] if waiting else None

    seen: list[ClockView] = []
    outside = Simulator.beside(network).outside()
    await leap(start + timedelta(days=1), outside=outside, next_due=next_due, show=seen.append)
    assert clock.now() >= start + timedelta(days=1)
    assert len(claimed) == 3
    assert max(claimed) < timedelta(seconds=1.5)
    assert len(seen) < 20
    await network.stop()


async def test_the_clock_is_shown_before_anything_has_happened() -> None:
    scene = Scene()
    running = asyncio.create_task(scene.stage.run())
    serial = 0
    async with asyncio.timeout(5):
        while scene.feed.value("ready") is None:
            await scene.feed.wait(serial, 5)
            _, serial = scene.feed.after(serial)
    assert scene.feed.value("clock")["zone"] == "Asia/Singapore"
    running.cancel()
