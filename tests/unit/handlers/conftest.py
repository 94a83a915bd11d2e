"""A desk to ask at: a memory ledger and a simulated network, without parser, chat or dispatcher."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.handlers.counter import Counter


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    counter = Counter(tmp_path)
    yield counter
    await counter.close()
