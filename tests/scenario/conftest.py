from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenario.house import House


@pytest.fixture
async def empty_house(tmp_path: Path) -> AsyncIterator[House]:
    """Nobody has said anything yet."""
    house = House(tmp_path)
    yield house
    await house.close()


@pytest.fixture
async def house(empty_house: House) -> House:
    """Punit has said his number, and knows Amy, Bob and Cy."""
    return await empty_house.is_set_up()
