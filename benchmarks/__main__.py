"""Dialling beside its alternatives, as one table: `python -m benchmarks [--quick] [--million] [--only …]`.

Rates of a shared machine wander by more than any difference that matters, so rivals take turns, and what
counts is the ratio within one run.
"""

import argparse
import asyncio
import logging
import os
import platform
import sys
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from statistics import median

import structlog
from rich.console import Console
from rich.table import Table

from benchmarks import bare, burst, callbacks, faults, lateness, pending
from benchmarks.bed import DATABASES, Databases, databases


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything."""

    late_calls: int
    late_seconds: float
    burst_calls: int
    turns: int
    pending: int
    idle_seconds: float
    fresh_calls: int
    callback_calls: int
    dropped: int
    dropped_seconds: float


FULL = Size(
    late_calls=1000,
    late_seconds=60,
    burst_calls=10_000,
    turns=2,
    pending=100_000,
    idle_seconds=20,
    fresh_calls=300,  # p99 of a hundred would be the first one, which puts every statement together
    callback_calls=1500,
    dropped=1000,
    dropped_seconds=60,
)
QUICK = Size(
    late_calls=100,
    late_seconds=5,
    burst_calls=1000,
    turns=2,
    pending=20_000,
    idle_seconds=5,
    fresh_calls=30,
    callback_calls=100,
    dropped=50,
    dropped_seconds=1,
)
MILLION = 1_000_000
PER_SECOND = 300.0
SHUFFLES = (1, 2)

Rows = AsyncIterator[tuple[str, object]]
"""A figure's name, and what was measured."""


async def late(made: Databases, size: Size) -> Rows:
    """Ours beside APScheduler on both databases; procrastinate knows only PostgreSQL."""
    what = f"lateness of {size.late_calls:,} calls over {size.late_seconds:.0f} s"
    p50 = {}
    for kind in DATABASES:
        ours = await lateness.ours(made, kind, size.late_calls, size.late_seconds)
        theirs = await lateness.apscheduler(made, kind, size.late_calls, size.late_seconds)
        p50[kind] = ours.p50
        yield f"{what}, {kind}", ours
        yield f"{what}, APScheduler on {kind}", f"{theirs}; ours × {ours.p50 / theirs.p50:.2f}"
    theirs = await lateness.procrastinate(made, size.late_calls, size.late_seconds)
    yield f"{what}, procrastinate", f"{theirs}; ours × {p50['postgresql'] / theirs.p50:.2f}"


async def bursts(made: Databases, size: Size) -> Rows:
    """A B A B: what else the machine does meanwhile falls on all alike."""
    for kind in DATABASES:
        what = f"{size.burst_calls:,} at once, {kind}"
        rates: dict[str, list[float]] = {}
        for _ in range(size.turns):
            ours = await burst.ours(made, kind, size.burst_calls)
            yield what, ours
            for name, rate in (await _beside(made, kind, size.burst_calls)).items():
                rates.setdefault(name, []).append(rate / ours.rate)
                yield f"{what}, {name}", f"{rate:.0f}/s; ours × {ours.rate / rate:.2f}"
        for name, ratios in rates.items():
            yield f"{what}, {name}, {size.turns} turns", f"ours × {1 / median(ratios):.2f}"
    dropped = await burst.apscheduler(made, "sqlite", size.burst_calls)
    yield f"{size.burst_calls:,} at once, APScheduler at its defaults", dropped


async def _beside(made: Databases, kind: str, calls: int) -> dict[str, float]:
    """Calls per second of everybody else."""
    rates = {
        "bare loop, driver alone": await bare.two_commits(made.empty(kind), calls),
        "bare loop, SQLAlchemy": await bare.through_sqlalchemy(made.empty(kind), calls),
    }
    if kind == "sqlite":
        rates["bare loop, SQLAlchemy, commits on a thread"] = await bare.from_a_loop(made.empty(kind), calls)
    if kind == "postgresql":
        rates["procrastinate"] = (await burst.procrastinate(made, calls)).rate
    return rates


async def waiting(made: Databases, size: Size) -> Rows:
    """Far-future calls in the way of everything."""
    for kind in DATABASES:
        url = await pending.fill(made, kind, size.pending)
        beside = await pending.waiting(made, url, seconds=size.idle_seconds, fresh_calls=size.fresh_calls)
        yield f"{size.pending:,} pending, {kind}", beside


async def million(made: Databases, _: Size) -> Rows:
    """Everyday commands beside a million calls."""
    for kind in DATABASES:
        url = await pending.fill(made, kind, MILLION)
        yield f"{MILLION:,} pending, {kind}, in the ledger", await pending.in_the_ledger(made, url, times=100)
        yield f"{MILLION:,} pending, {kind}, as typed", await pending.as_typed(made, url, times=100)


async def called_back(made: Databases, size: Size) -> Rows:
    """In order and once, then tripled and shuffled: the calls must come to the same."""
    for kind in DATABASES:
        once = await callbacks.heard(
            made, kind, calls=size.callback_calls, per_second=PER_SECOND / callbacks.TIMES, seed=None
        )
        yield f"callbacks in order, {kind}", once
        for seed in SHUFFLES:
            mixed = await callbacks.heard(
                made, kind, calls=size.callback_calls, per_second=PER_SECOND, seed=seed
            )
            same = "the same final state" if mixed.state == once.state else "ANOTHER FINAL STATE"
            yield f"callbacks tripled, shuffle {seed}, {kind}", f"{mixed}; {same}"


async def accepted_then_dropped(made: Databases, size: Size) -> Rows:
    """A provider that takes the order and breaks the line."""
    for kind in DATABASES:
        yield (
            f"accept, then drop, {kind}",
            await faults.dropped(made, kind, size.dropped, size.dropped_seconds),
        )


FIGURES: dict[str, Callable[[Databases, Size], Rows]] = {
    "late": late,
    "burst": bursts,
    "pending": waiting,
    "callbacks": called_back,
    "faults": accepted_then_dropped,
    "million": million,
}


async def measure(size: Size, row: Callable[[str, object], None], names: Collection[str]) -> None:
    """Those figures, each as soon as it is there."""
    with databases() as made:
        for name in names:
            async for figure, measured in FIGURES[name](made, size):
                row(figure, measured)


def _log() -> None:
    """As in service, on standard error: pretty tracebacks would be what is measured."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def main() -> None:
    """The command line."""
    asked = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Dialling beside its alternatives."
    )
    asked.add_argument("--quick", action="store_true", help="a smaller form of everything, in some minutes")
    asked.add_argument("--million", action="store_true", help="with a million pending calls as well")
    asked.add_argument("--only", choices=FIGURES, action="append", help="this figure; may be said again")
    options = asked.parse_args()
    names = options.only or [name for name in FIGURES if name != "million" or options.million]
    table = Table("figure", "measured", title="Dialling")

    def row(figure: str, measured: object) -> None:
        print(f"{figure}: {measured}", flush=True)
        table.add_row(figure, str(measured))

    _log()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} at the start")
    asyncio.run(measure(QUICK if options.quick else FULL, row, names))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
