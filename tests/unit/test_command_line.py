"""The `patchline` command: quick to say who it is, plain about mistakes, gone in five seconds when asked."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from bot.__main__ import app

COMMANDS = ("demo", "lab", "serve", "worker", "chat", "network", "parse", "check", "audit", "db")
HEAVY = ("sqlalchemy", "pydantic", "phonenumbers", "dateparser", "httpx", "prompt_toolkit", "rich", "alembic")


def patchline(*arguments: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environ},
        check=False,
    )


def python(code: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env=environ, check=False
    )


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()
        assert running.stdout
        running.stdout.close()


def test_the_version_costs_no_heavy_import() -> None:
    done = python(
        "import sys; sys.argv = ['patchline', '--version']\n"
        "from bot.__main__ import main\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY} if name in sys.modules])"
    )
    version, heavy = done.stdout.splitlines()
    assert version.startswith("patchline ")
    assert heavy == "[]"


def test_help_lists_every_command_and_gives_examples() -> None:
    done = CliRunner().invoke(app, ["--help"])
    assert done.exit_code == 0
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)
    assert "Examples:" in done.stdout
    assert not [line for line in done.stdout.splitlines() if line.startswith("  ") and line.endswith("...")]


def test_chat_explains_its_json() -> None:
    words = CliRunner().invoke(app, ["chat", "--help"]).stdout
    assert all(option in words for option in ("--as", "--room", "--json", '{"press": action}'))


def test_a_command_that_does_not_exist() -> None:
    done = CliRunner().invoke(app, ["ring"])
    assert (done.exit_code, "ring" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", [["serve"], ["db", "upgrade"]])
def test_every_wrong_setting_is_said_at_once(command: list[str]) -> None:
    done = patchline(
        *command, PORT="telephone", PATCHLINE_RING_SECONDS="long", PATCHLINE_DATA_DIR=str(Path.cwd())
    )
    assert done.returncode == 2
    assert "PORT" in done.stderr
    assert "PATCHLINE_RING_SECONDS" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_check_says_what_is_set_and_what_is_wrong() -> None:
    here = str(Path.cwd() / "data")
    good = patchline("check", PATCHLINE_DATA_DIR=here)
    assert good.returncode == 0, good.stdout
    assert "PATCHLINE_DATA_DIR" in good.stdout
    assert "simulator" in good.stdout
    assert "Everything is in order." in good.stdout
    secret = "s3cret-s3cret-s3cret-s3cret-s3cret-s3cret"
    kept = patchline("check", PATCHLINE_DATA_DIR=here, PATCHLINE_SECRET_KEY=secret)
    assert "PATCHLINE_SECRET_KEY" in kept.stdout
    assert "s3cret" not in kept.stdout + kept.stderr
    bad = patchline("check", PATCHLINE_DATA_DIR=here, PORT="telephone", HOST="")
    assert bad.returncode == 2
    assert "Wrong: PORT" in bad.stdout


def test_an_upgrade_is_harmless_twice() -> None:
    for _ in range(2):
        done = patchline("db", "upgrade", PATCHLINE_DATA_DIR=str(Path.cwd() / "data"))
        assert (done.returncode, done.stdout) == (0, "The database is up to date.\n")


def test_a_database_out_of_reach_is_a_sentence() -> None:
    key = "k" * 40
    url = "postgresql://nobody:hush@127.0.0.1:1/none"
    done = patchline("db", "upgrade", DATABASE_URL=url, PATCHLINE_SECRET_KEY=key)
    assert done.returncode == 1
    assert done.stderr.startswith("patchline: The database cannot be reached")
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stderr


def test_parse_reads_records_and_writes_meanings() -> None:
    assert patchline("parse").returncode == 2
    record = {
        "id": "1",
        "platform": "console",
        "text": "list",
        "now": "2026-03-10T06:30:00Z",
        "tz": "Asia/Singapore",
        "context": {"region": "SG", "contacts": {}},
    }
    done = patchline("parse", "--jsonl", stdin=f"{json.dumps(record)}\n{json.dumps(record)}\n")
    assert done.returncode == 0, done.stderr
    meanings = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["outcome"], each["verb"]) for each in meanings] == [("ok", "list")] * 2


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_network_of_its_own_stops_when_asked(stop: signal.Signals) -> None:
    with started("network", "--port", "0") as running:
        assert running.stdout
        address = running.stdout.readline().split()[-1]
        assert httpx.get(f"{address}/v1/phones/+6591234567", timeout=5).status_code < 500
        asked = time.monotonic()
        running.send_signal(stop)
        assert running.wait(timeout=10) == 0
        assert time.monotonic() - asked < 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("network", "--host", "8.8.8.8"), "this machine only"),
        (("network", "--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_a_network_that_cannot_be(arguments: tuple[str, ...], says: str) -> None:
    done = patchline(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


STUBBORN = """
import asyncio, os, signal, threading, time
import bot.__main__ as program
program.LAST_WORDS = 0.3
async def work():
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    {body}
program._run(work())
"""


@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(60)",
        "while True:\n        try: await asyncio.sleep(60)\n        except asyncio.CancelledError: pass",
    ],
)
def test_whatever_hangs_it_stops(body: str) -> None:
    asked = time.monotonic()
    done = python(STUBBORN.format(body=body))
    assert done.returncode == 1
    assert time.monotonic() - asked < 10


def test_work_under_way_may_finish_when_asked_to_stop() -> None:
    body = "try: await asyncio.sleep(60)\n    finally: await asyncio.sleep(0.05); print('written down')"
    done = python(STUBBORN.format(body=body))
    assert (done.returncode, done.stdout) == (0, "written down\n")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    code = (
        "import os, sys\n"
        "from bot.__main__ import _said_plainly\n"
        "read, write = os.pipe(); os.close(read); os.dup2(write, 1)\n"
        "with _said_plainly():\n"
        "    sys.stdout.write('x' * 100_000); sys.stdout.flush()\n"
    )
    done = python(code)
    assert (done.returncode, done.stderr) == (1, "")
