"""Clock times in every zone and around every change of clocks: never a day off, never silently moved."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.schedule import Resolved, WallTime, firings, local_time, resolve
from bot.parse.command import Call, Question, Understood
from bot.parse.context import ParseContext
from bot.parse.parser import parse
from tests.unit.parse.people import SINGAPORE

SWEPT = (
    *("UTC", "Asia/Singapore", "America/Los_Angeles", "America/New_York", "Asia/Kolkata", "Europe/London"),
    *(
        "Pacific/Auckland",
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
        "America/St_Johns",
        "Africa/Cairo",
    ),
)
CHANGING = (
    *(
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Halifax",
        "America/St_Johns",
    ),
    *(
        "America/Havana",
        "America/Santiago",
        "America/Asuncion",
        "America/Toronto",
        "America/Vancouver",
        "America/Anchorage",
    ),
    *(
        "America/Nuuk",
        "America/Scoresbysund",
        "America/Port-au-Prince",
        "America/Tijuana",
        "Atlantic/Azores",
        "Atlantic/Bermuda",
    ),
    *(
        "Europe/London",
        "Europe/Dublin",
        "Europe/Lisbon",
        "Europe/Paris",
        "Europe/Berlin",
        "Europe/Madrid",
        "Europe/Rome",
    ),
    *(
        "Europe/Athens",
        "Europe/Helsinki",
        "Europe/Kyiv",
        "Europe/Bucharest",
        "Europe/Chisinau",
        "Europe/Warsaw",
        "Asia/Beirut",
    ),
    *(
        "Asia/Jerusalem",
        "Africa/Cairo",
        "Africa/Casablanca",
        "Australia/Sydney",
        "Australia/Adelaide",
        "Australia/Lord_Howe",
    ),
    *("Pacific/Auckland", "Pacific/Chatham"),
)


def asked_in(zone: str, now: datetime) -> ParseContext:
    return ParseContext(now=now, tz=zone, region="US", contacts=SINGAPORE.contacts)


def one_call(text: str, context: ParseContext) -> Call:
    parsed = parse(text, context)
    assert isinstance(parsed, Understood), parsed
    assert isinstance(parsed.command, Call)
    return parsed.command


@pytest.mark.parametrize("zone", SWEPT)
def test_a_clock_is_its_next_occurrence_there(zone: str) -> None:
    midnight = datetime(2026, 3, 10, tzinfo=ZoneInfo(zone))
    for reference in range(0, 24, 2):
        now = (midnight + timedelta(hours=reference, minutes=30)).astimezone(UTC)
        for hour in range(24):
            call = one_call(
                f"call amy at {hour:02}:00" if hour not in (10, 11, 12) else f"call amy at {hour}:00 hrs",
                asked_in(zone, now),
            )
            assert call.when
            local = call.when.at.astimezone(ZoneInfo(zone))
            assert (local.hour, local.minute) == (hour, 0)
            assert timedelta() < call.when.at - now <= timedelta(days=1)


@pytest.mark.parametrize("zone", SWEPT)
@pytest.mark.parametrize("hour", [0, 1, 9, 15, 23])
def test_tomorrow_is_tomorrow_there(zone: str, hour: int) -> None:
    for reference in range(24):
        now = datetime(2026, 3, 10, reference, 5, tzinfo=UTC)
        call = one_call(f"call amy tomorrow at {hour:02}:30", asked_in(zone, now))
        assert call.when
        today = now.astimezone(ZoneInfo(zone)).date()
        assert call.when.local == datetime.combine(today + timedelta(days=1), time(hour, 30))


def transitions(zone: str, first: int = 2024, last: int = 2030) -> Iterator[tuple[datetime, timedelta]]:
    """When the offset changes (aware UTC, to the minute) and by how much."""
    tz, step = ZoneInfo(zone), timedelta(hours=12)
    moment = datetime(first, 1, 1, tzinfo=UTC)
    while moment.year <= last:
        before, behind = moment.astimezone(tz).utcoffset(), (moment + step).astimezone(tz).utcoffset()
        assert before is not None
        assert behind is not None
        if before != behind:
            low, high = moment, moment + step
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
                low, high = (middle, high) if middle.astimezone(tz).utcoffset() == before else (low, middle)
            yield high, behind - before
        moment += step


def check_change(zone: str, change: datetime, shift: timedelta) -> None:
    """One change of clocks, once and repeating."""
    tz = ZoneInfo(zone)
    width = abs(shift)
    first_wall = (change - timedelta(minutes=1)).astimezone(tz).replace(tzinfo=None) + timedelta(minutes=1)
    doubtful = first_wall + width / 2 if shift > timedelta() else first_wall - width / 2
    doubtful = doubtful.replace(second=0, microsecond=0)
    context = asked_in(zone, change - timedelta(days=3, hours=1))
    if shift.days or width > timedelta(hours=2):
        return
    _check_once(context, zone, doubtful, gap=shift > timedelta())
    _check_daily(context, zone, doubtful)


def _check_once(context: ParseContext, zone: str, wall: datetime, *, gap: bool) -> None:
    parsed = parse(f"call amy on {wall:%Y-%m-%d} at {wall:%H:%M}", context)
    assert isinstance(parsed, Question), (zone, wall, parsed)
    assert parsed.about == ("gap" if gap else "fold"), (zone, wall, parsed)
    offered = [choice.at for choice in parsed.choices]
    found = resolve(wall, zone)
    assert offered == [found.earlier, found.later]
    for choice in parsed.choices:
        call = one_call(choice.text, context)
        assert call.when
        assert call.when.at == choice.at


def _check_daily(context: ParseContext, zone: str, wall: datetime) -> None:
    """Every day rings once: at its wall time, moved forward over a gap, the first of two in a fold."""
    clock = f"{wall:%H:%M}" + (" hrs" if 10 <= wall.hour <= 12 else "")
    rule = one_call(f"call amy every day at {clock}, 8 times", context).every
    assert rule
    runs = list(firings(rule))
    assert len(runs) == 8
    first = local_time(runs[0], zone).date()
    walls = [datetime.combine(first + timedelta(days=n), wall.time()) for n in range(8)]
    assert runs == [_rung(resolve(day, zone)) for day in walls], (zone, wall)


def _rung(meant: Resolved) -> datetime:
    return meant.later if meant.kind is WallTime.GAP else meant.earlier


CHANGES = [(zone, change, shift) for zone in CHANGING for change, shift in transitions(zone, 2026, 2026)]


def test_the_zones_here_do_change_their_clocks() -> None:
    assert len(CHANGING) == 40
    assert len(CHANGES) > 60


def test_a_sample_of_clock_changes() -> None:
    for zone, change, shift in random.Random(20260308).sample(CHANGES, 25):
        check_change(zone, change, shift)


@pytest.mark.torture
@pytest.mark.parametrize("zone", CHANGING)
def test_every_clock_change_until_2030(zone: str) -> None:
    for change, shift in transitions(zone):
        check_change(zone, change, shift)
