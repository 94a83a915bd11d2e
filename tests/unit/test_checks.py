"""What `patchline check` finds out about a whole installation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.config import Settings, load
from bot.domain.errors import ConfigError, StorageUnavailable
from bot.domain.flow import Feature
from bot.ports.ledger import Ledger, Transaction
from bot.services import checks
from bot.services.checks import Report, check, unusable
from storage.memory import MemoryLedger

KEY = {"PATCHLINE_SECRET_KEY": "k" * 40}


class Road:
    """A provider, as far as a check looks at one."""

    def __init__(self, *features: Feature) -> None:
        self.features = frozenset(features)


class Unreachable(MemoryLedger):
    """A database that is down."""

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Transaction]:  # type: ignore[override]
        raise StorageUnavailable("connection refused")
        yield


class Ahead(MemoryLedger):
    """A database whose clock is not ours."""

    async def skew(self) -> float:
        return 3.5


class Chat:
    """A chat that is in order, or knows what is not; `slow` never answers."""

    def __init__(self, *mend: str, slow: bool = False) -> None:
        self.name = "telegram"
        self.mend = mend
        self.slow = slow

    async def check(self) -> tuple[str, ...]:
        if self.slow:
            await asyncio.Event().wait()
        return self.mend


async def checked(
    ledger: Ledger | None = None, *, chats: dict[str, object] | None = None, **environ: str
) -> Report:
    settings: Settings = load({**KEY, **environ})
    roads = {"road": Road(Feature.SAY, Feature.BRIDGE), "other": Road()}
    return await check(settings, providers=roads, chats=chats or {}, ledger=ledger or MemoryLedger())  # type: ignore[arg-type]


def rows(report: Report, title: str) -> dict[str, tuple[str, str]]:
    (section,) = [section for section in report.sections if section.title == title]
    return {row.name: (row.value, row.source) for row in section.rows}


async def test_an_installation_that_is_well() -> None:
    report = await checked()
    assert report.problems == ()
    assert report.exit_code == 0
    assert [section.title for section in report.sections] == [
        "settings",
        "providers",
        "chats",
        "database",
        "limits",
    ]
    assert rows(report, "settings")["PATCHLINE_SECRET_KEY"] == ("set", "environment")
    assert rows(report, "database") == {
        "SQLite, one dispatching process": ("reached; its clock differs by 0.0 s", "default")
    }


async def test_providers_are_shown_with_what_they_can_do() -> None:
    assert rows(await checked(), "providers") == {"road": ("bridge, say", "default"), "other": ("", "")}
    assert rows(await checked(PATCHLINE_PROVIDER="other"), "providers")["other"] == ("", "default")


async def test_the_limits_are_shown_and_where_to_change_them() -> None:
    limits = rows(await checked(PATCHLINE_MAX_MINUTES="0", PATCHLINE_ONLY_CALL="+6591234567"), "limits")
    assert limits["longest call"] == ("no limit", "PATCHLINE_MAX_MINUTES")
    assert limits["spending"] == ("no limit", "PATCHLINE_DAILY_SPEND")
    assert limits["phones live in one room"] == ("8 at once", "PATCHLINE_ROOM_LIVE_LEGS")
    assert limits["whom"] == ("1 address and nothing else", "PATCHLINE_ONLY_CALL")
    assert rows(await checked(PATCHLINE_DAILY_SPEND="20 USD"), "limits")["spending"][0] == "20.00 USD a day"


async def test_a_database_that_cannot_be_reached_is_a_problem() -> None:
    report = await checked(Unreachable())
    assert report.exit_code == 2
    assert [problem for problem in report.problems if "DATABASE_URL" in problem] == list(report.problems)


async def test_clocks_that_disagree_are_a_problem() -> None:
    report = await checked(Ahead())
    assert report.exit_code == 2
    assert "+3.5 s" in report.problems[0]


async def test_no_provider_at_all_is_a_problem() -> None:
    report = await check(load(KEY), providers={}, chats={}, ledger=MemoryLedger())
    assert report.exit_code == 2


async def test_a_chat_says_what_is_wrong_with_it() -> None:
    report = await checked(chats={"telegram": Chat("The token is unknown."), "silent": object()})
    assert report.exit_code == 2
    assert report.problems == ("The token is unknown.",)
    assert rows(report, "chats") == {"telegram": ("to be mended, see below", ""), "silent": ("ready", "")}


async def test_a_chat_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "ANSWERS_WITHIN", 0.01)
    report = await checked(chats={"telegram": Chat(slow=True)})
    assert ["telegram did not answer" in problem for problem in report.problems] == [True]


async def test_hints_do_not_fail_the_check() -> None:
    report = await checked(chats={"telegram": Chat()})
    assert [hint.split()[0] for hint in report.hints] == ["PUBLIC_URL", "PATCHLINE_ADMINS"]
    assert report.exit_code == 0
    private = await checked(
        PUBLIC_URL="http://10.0.0.1", PATCHLINE_ADMINS="telegram:1", chats={"telegram": Chat()}
    )
    assert ["private" in hint for hint in private.hints] == [True]
    public = await checked(PUBLIC_URL="https://phone.example.com", PATCHLINE_ADMINS="telegram:1")
    assert public.hints == ()


def test_settings_that_cannot_be_read() -> None:
    report = unusable(ConfigError(problems=["PORT is 'x'."]))
    assert (report.problems, report.exit_code) == (("PORT is 'x'.",), 2)
