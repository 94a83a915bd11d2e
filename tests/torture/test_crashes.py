"""Whatever dies in between, a phone rings once, or its card says that nobody knows. The short form; the long
one is `make torture`."""

import os
from pathlib import Path

import pytest

from adapters.voice.simulator.trouble import Creation, Trouble
from tests.torture.run import Plan, Verdict, torture
from tests.torture.worker import POINTS


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'torture.db'}"


def assert_nobody_was_rung_twice_or_forgotten(plan: Plan, verdict: Verdict) -> None:
    print(f"seed {plan.seed}: {verdict}")  # noqa: T201 - the seed repeats the run
    assert verdict.doubled == ()
    assert verdict.untold == ()
    assert verdict.open == 0


@pytest.mark.timeout(120)
async def test_a_worker_killed_again_and_again_rings_nobody_twice(sqlite: str, tmp_path: Path) -> None:
    plan = Plan(
        database=sqlite,
        folder=tmp_path,
        calls=10,
        conferences=2,
        over_seconds=15,
        odds=0.1,
        mortal_lives=2,
        speed=25,
        seed=7,
        give_up_after=100,
    )
    verdict = await torture(plan)
    assert_nobody_was_rung_twice_or_forgotten(plan, verdict)
    assert verdict.kills > 0, "nobody died: the test has tested nothing"


@pytest.mark.timeout(120)
async def test_two_workers_on_one_postgresql_share_the_work_under_kills(
    postgres_url: str, tmp_path: Path
) -> None:
    plan = Plan(
        database=postgres_url,
        folder=tmp_path,
        calls=10,
        conferences=2,
        workers=2,
        over_seconds=15,
        odds=0.1,
        mortal_lives=2,
        speed=25,
        seed=3,
        give_up_after=100,
    )
    verdict = await torture(plan)
    assert_nobody_was_rung_twice_or_forgotten(plan, verdict)
    assert verdict.kills > 0


@pytest.mark.torture
@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_killed_after_each_step_rings_nobody_twice(
    point: str, sqlite: str, tmp_path: Path
) -> None:
    plan = Plan(
        database=sqlite,
        folder=tmp_path,
        calls=30,
        conferences=10,
        over_seconds=60,
        odds=0.1,
        points=(point,),
        per_second=5 if point == "claimed" else 0,
        speed=20,
        seed=7,
    )
    verdict = await torture(plan)
    assert_nobody_was_rung_twice_or_forgotten(plan, verdict)
    assert verdict.kills > 0


@pytest.mark.torture
@pytest.mark.parametrize("base", ["sqlite", "postgres"])
@pytest.mark.parametrize("seed", range(5))
async def test_what_one_crash_leaves_in_doubt_is_shown_and_settled_in_time(
    base: str, seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Many calls at one moment, and the provider answers none of them before the worker dies."""
    plan = Plan(
        database=request.getfixturevalue("postgres_url" if base == "postgres" else "sqlite"),
        folder=tmp_path,
        calls=60,
        over_seconds=1,
        odds=0.05,
        points=("before the request", "request taken"),
        mortal_lives=1,
        speed=4,
        seed=seed,
        give_up_after=100,
    )
    verdict = await torture(plan)
    assert_nobody_was_rung_twice_or_forgotten(plan, verdict)
    assert (verdict.kills, verdict.doubts > 0) == (1, True)
    assert verdict.doubt <= 35
    assert verdict.answer <= 160


@pytest.mark.torture
@pytest.mark.parametrize("seed", [int(os.environ.get("PATCHLINE_SEED", "1")) + n for n in range(3)])
@pytest.mark.parametrize(("base", "workers"), [("sqlite", 1), ("postgres", 1), ("postgres", 2)])
async def test_a_thousand_calls_under_kills(
    base: str, workers: int, seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres_url" if base == "postgres" else "sqlite")
    trouble = Trouble(
        seed=seed, listing_lag=1.5, creation_odds={Creation.ANSWER_LOST: 0.02, Creation.BROKEN_AFTER: 0.02}
    )
    plan = Plan(
        database=database,
        folder=tmp_path,
        calls=900,
        conferences=40,
        workers=workers,
        over_seconds=600,
        per_second=15 if seed % 2 else 0,
        odds=0.006,
        speed=5,
        seed=seed,
        trouble=trouble,
        give_up_after=600,
    )
    verdict = await torture(plan)
    assert_nobody_was_rung_twice_or_forgotten(plan, verdict)
    assert verdict.kills > 5
