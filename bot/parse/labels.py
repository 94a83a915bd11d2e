"""How dates, times and zones are written for people: on buttons, in messages, and in canonical sentences."""

from datetime import UTC, datetime, timedelta

from whenever import Instant

from bot.domain.schedule import fixed_offset, local_time
from bot.parse.days import said


def day_label(local: datetime, today: datetime) -> str:
    """`today`, `tomorrow`, or the date with its weekday and month name."""
    days = (local.date() - today.date()).days
    return {0: "today", 1: "tomorrow"}.get(days, said(local.date()))


def clock_label(local: datetime) -> str:
    """`17:00`, with seconds only where there are any."""
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")


def zone_label(at: datetime, zone: str) -> str:
    """The zone's usual letters at that instant (`EST`), or its offset (`UTC+8`)."""
    if fixed_offset(zone) is None:
        letters = Instant(at).to_tz(zone).tz_abbrev()
        if letters.isalpha():
            return letters
    shift = local_time(at, zone) - at.astimezone(UTC).replace(tzinfo=None)
    minutes = round(shift / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def instant_label(at: datetime, zone: str, now: datetime) -> str:
    """An absolute reading for a button: `tomorrow 05:00 EST`."""
    local = local_time(at, zone)
    return f"{day_label(local, local_time(now, zone))} {clock_label(local)} {zone_label(at, zone)}"
