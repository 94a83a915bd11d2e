"""When things happened, from times that are written in the time zone of somebody's console."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

QUARTER: Final = 15 * 60
FURTHEST: Final = 15 * 3600
"""No clock on earth is further than this from UTC, in seconds."""


def moment(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """In UTC; a time without an offset is in `zone`. None for what is no time."""
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)


def console_zone(started: str | None, session: str | None) -> tzinfo | None:
    """The zone of its console, from one moment told in it (`StartTime`) and in UTC (`SessionStart`).

    The two are seconds apart, and zones lie on quarters of an hour. None where that does not add up.
    """
    local, utc = moment(started), moment(session)
    if local is None or utc is None:
        return None
    apart = (local - utc).total_seconds()
    offset = round(apart / QUARTER) * QUARTER
    if abs(offset) > FURTHEST or abs(apart - offset) > 5 * 60:
        return None
    return timezone(timedelta(seconds=offset))
