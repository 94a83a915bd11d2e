"""Runs the suite for every case that `cases/` holds."""

import importlib
import pkgutil
from collections.abc import AsyncIterator

import pytest

from tests.contract.voice import cases
from tests.contract.voice.case import Case, World

ALL: tuple[Case, ...] = tuple(
    case
    for module in pkgutil.iter_modules(cases.__path__)
    for case in importlib.import_module(f"{cases.__name__}.{module.name}").CASES
)


@pytest.fixture(params=ALL, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    """Every driver."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=[case for case in ALL if case.make], ids=str)
def wired(request: pytest.FixtureRequest) -> Case:
    """Every driver that speaks over a wire of its own."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=[case for case in ALL if case.world], ids=str)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Every driver that has a living network behind it."""
    assert request.param.world is not None
    async with request.param.world() as world:
        yield world
