"""Every chat, one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from inspect import isawaitable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.chat.case import ChatCase, Inbox
from tests.contract.chat.cases import console, slack, telegram, web

CASES: dict[str, Any] = {**console.CASES, **slack.CASES, **telegram.CASES, **web.CASES}


@pytest.fixture(params=CASES)
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ChatCase]:
    """Made at once, or, where a server has to be started for it, awaited."""
    made = CASES[request.param](tmp_path)
    case: ChatCase = await made if isawaitable(made) else made
    yield case
    await case.close()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def listening(chat: ChatCase, inbox: Inbox) -> AsyncIterator[asyncio.Task[None]]:
    """The chat's own loop, running."""
    task = asyncio.create_task(chat.platform.run(inbox))
    await asyncio.sleep(0)
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
