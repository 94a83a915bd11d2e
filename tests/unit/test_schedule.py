"""When a rule fires, and what a dispatcher that was away still owes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import TimeZoneNotFoundError

from bot.domain.schedule import (
    LAST_DAY,
    Recurrence,
    Unit,
    WallTime,
    catch_up,
    firings,
    fixed_offset,
    is_too_late,
    last_fire,
    local_time,
    next_fire,
    nth_weekday,
    resolve,
    wall_time_kind,
)

NEW_YORK = "America/New_York"
SINCE = datetime(2026, 3, 6, 17, 10, tzinfo=UTC)  # Friday, 12:10 in New York


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def rule(**given: Any) -> Recurrence:
    usual: dict[str, Any] = {
        "zone": NEW_YORK,
        "unit": Unit.DAY,
        "times": (time(9),),
        "since": SINCE,
        "start": date(2026, 3, 6),
    }
    return Recurrence(**(usual | given))


def local(found: Recurrence, n: int = 4) -> list[str]:
    return [f"{local_time(at, found.zone):%a %Y-%m-%d %H:%M}" for at in islice(firings(found), n)]


# --- wall times --------------------------------------------------------------------------------------


def test_a_wall_time_happens_once_twice_or_never() -> None:
    plain = resolve(wall("2026-03-08 04:00"), NEW_YORK)
    gap = resolve(wall("2026-03-08 02:30"), NEW_YORK)
    fold = resolve(wall("2026-11-01 01:30"), NEW_YORK)

    assert (plain.kind, plain.earlier) == (WallTime.PLAIN, plain.later)
    assert (gap.kind, gap.earlier.hour, gap.later.hour) == (WallTime.GAP, 6, 7)
    assert (fold.kind, fold.earlier.hour, fold.later.hour) == (WallTime.FOLD, 5, 6)
    assert gap.repeating == gap.later
    assert fold.repeating == fold.earlier


def test_fixed_offsets_are_zones_too() -> None:
    assert resolve(wall("2026-01-01 09:00"), "UTC+05:30").earlier == datetime(2026, 1, 1, 3, 30, tzinfo=UTC)
    assert local_time(datetime(2026, 1, 1, tzinfo=UTC), "UTC-03:30") == wall("2025-12-31 20:30")
    assert [fixed_offset(text) for text in ("UTC", "UTC+5", "UTC+xx:00", "Asia/Tokyo")] == [None] * 4
    with pytest.raises(TimeZoneNotFoundError):
        resolve(wall("2026-01-01 00:00"), "Mars/Olympus")


# --- rules ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {},
            ["Sat 2026-03-07 09:00", "Sun 2026-03-08 09:00", "Mon 2026-03-09 09:00", "Tue 2026-03-10 09:00"],
        ),
        (
            {"times": (time(9), time(20))},
            ["Fri 2026-03-06 20:00", "Sat 2026-03-07 09:00", "Sat 2026-03-07 20:00"],
        ),
        ({"interval": 3}, ["Mon 2026-03-09 09:00", "Thu 2026-03-12 09:00", "Sun 2026-03-15 09:00"]),
        (
            {"unit": Unit.WEEK, "weekdays": (0, 4)},
            ["Mon 2026-03-09 09:00", "Fri 2026-03-13 09:00", "Mon 2026-03-16 09:00"],
        ),
        (
            {"unit": Unit.WEEK, "weekdays": (4,), "interval": 2},
            ["Fri 2026-03-20 09:00", "Fri 2026-04-03 09:00"],
        ),
        ({"unit": Unit.WEEK}, ["Fri 2026-03-13 09:00", "Fri 2026-03-20 09:00"]),
        (
            {"unit": Unit.MONTH, "days": (31,)},
            ["Tue 2026-03-31 09:00", "Sun 2026-05-31 09:00", "Fri 2026-07-31 09:00"],
        ),
        (
            {"unit": Unit.MONTH, "days": (LAST_DAY,)},
            ["Tue 2026-03-31 09:00", "Thu 2026-04-30 09:00", "Sun 2026-05-31 09:00"],
        ),
        ({"unit": Unit.MONTH, "nth": ((1, 0),)}, ["Mon 2026-04-06 09:00", "Mon 2026-05-04 09:00"]),
        ({"unit": Unit.MONTH, "nth": ((LAST_DAY, 4),)}, ["Fri 2026-03-27 09:00", "Fri 2026-04-24 09:00"]),
        (
            {"unit": Unit.MONTH, "days": (15,), "interval": 3},
            ["Sun 2026-03-15 09:00", "Mon 2026-06-15 09:00"],
        ),
        ({"unit": Unit.YEAR, "month": 2, "days": (29,)}, ["Tue 2028-02-29 09:00", "Sun 2032-02-29 09:00"]),
        ({"unit": Unit.YEAR, "month": 2, "days": (30,)}, []),
        ({"count": 2}, ["Sat 2026-03-07 09:00", "Sun 2026-03-08 09:00"]),
        ({"until": date(2026, 3, 8)}, ["Sat 2026-03-07 09:00", "Sun 2026-03-08 09:00"]),
        ({"except_weekdays": (5, 6), "count": 2}, ["Mon 2026-03-09 09:00", "Tue 2026-03-10 09:00"]),
        ({"except_days": (date(2026, 3, 8),)}, ["Sat 2026-03-07 09:00", "Mon 2026-03-09 09:00"]),
        ({"unit": Unit.HOUR, "times": (), "interval": 6}, ["Fri 2026-03-06 18:10", "Sat 2026-03-07 00:10"]),
        (
            {
                "unit": Unit.MINUTE,
                "times": (),
                "interval": 90,
                "anchor": datetime(2026, 3, 8, 6, 0, tzinfo=UTC),
            },
            ["Sun 2026-03-08 01:00", "Sun 2026-03-08 03:30", "Sun 2026-03-08 05:00"],
        ),
        (
            {"unit": Unit.HOUR, "times": (), "until": date(2026, 3, 6), "interval": 8},
            ["Fri 2026-03-06 20:10"],
        ),
    ],
)
def test_a_rule_fires_on_its_days(given: dict[str, Any], expected: list[str]) -> None:
    assert local(rule(**given), max(len(expected), 1)) == expected


def test_the_wall_time_stays_when_the_clocks_change() -> None:
    runs = list(islice(firings(rule(times=(time(2, 30),))), 3))

    assert [run.strftime("%d %H:%M") for run in runs] == ["07 07:30", "08 07:30", "09 06:30"]
    assert [wall_time_kind(rule(times=(time(2, 30),)), run) for run in runs] == [
        WallTime.PLAIN,
        WallTime.GAP,
        WallTime.PLAIN,
    ]


def test_two_wall_times_that_a_gap_makes_one_ring_once() -> None:
    runs = [run for run in islice(firings(rule(times=(time(2, 30), time(3, 30)))), 4) if run.day == 8]

    assert runs == [datetime(2026, 3, 8, 7, 30, tzinfo=UTC)]


def test_a_fold_rings_once() -> None:
    found = rule(times=(time(1, 30),), since=datetime(2026, 10, 31, 12, tzinfo=UTC), start=date(2026, 10, 31))

    assert [run.isoformat() for run in islice(firings(found), 2)] == [
        "2026-11-01T05:30:00+00:00",
        "2026-11-02T06:30:00+00:00",
    ]


def test_the_count_does_not_begin_anew_later() -> None:
    found = rule(count=3)
    runs = list(firings(found))

    assert next_fire(found, runs[1]) == runs[2]
    assert next_fire(found, runs[2]) is None
    assert last_fire(found) == runs[2]
    assert last_fire(rule()) is None
    assert not rule().has_end


def test_the_fifth_monday_is_not_in_every_month() -> None:
    assert nth_weekday(2026, 3, 5, 0) == date(2026, 3, 30)
    assert nth_weekday(2026, 4, 5, 0) is None
    assert nth_weekday(2026, 4, LAST_DAY, 0) == date(2026, 4, 27)


rules = st.builds(
    rule,
    unit=st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR]),
    interval=st.integers(1, 5),
    times=st.lists(st.times(), min_size=1, max_size=3).map(
        lambda times: tuple(sorted({at.replace(second=0, microsecond=0) for at in times}))
    ),
    zone=st.sampled_from([NEW_YORK, "Australia/Lord_Howe", "Asia/Singapore", "UTC+05:30"]),
    count=st.one_of(st.none(), st.integers(1, 20)),
    month=st.integers(1, 12),
)


@given(rules, st.integers(0, 400))
def test_occurrences_ascend_and_next_fire_agrees_with_them(found: Recurrence, hours: int) -> None:
    runs = list(islice(firings(found), 12))
    after = SINCE + timedelta(hours=hours)

    assert all(earlier < later for earlier, later in pairwise(runs))
    assert all(run > SINCE for run in runs)
    expected = next((run for run in firings(found) if run > after), None)
    assert next_fire(found, after) == expected


# --- late ---------------------------------------------------------------------------------------------------


def test_what_is_too_late_is_missed_and_told() -> None:
    grace, daily = timedelta(seconds=120), rule()
    last = datetime(2026, 3, 7, 14, tzinfo=UTC)

    back_late = catch_up(daily, last, datetime(2026, 3, 10, 20, tzinfo=UTC), grace)
    just_in_time = catch_up(daily, last, datetime(2026, 3, 9, 13, 1, tzinfo=UTC), grace)
    nothing = catch_up(daily, last, last + timedelta(hours=1), grace)

    assert [run.day for run in back_late.missed] == [8, 9, 10]
    assert back_late.due is None
    assert back_late.next == datetime(2026, 3, 11, 13, tzinfo=UTC)
    assert [run.day for run in just_in_time.missed] == [8]
    assert just_in_time.due == datetime(2026, 3, 9, 13, tzinfo=UTC)
    assert (nothing.missed, nothing.due) == ((), None)
    assert is_too_late(last, last + timedelta(seconds=121), grace)
    assert not is_too_late(last, last + grace, grace)
