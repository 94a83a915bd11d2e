"""A command written back as a sentence that means exactly it: `parse(format_command(c))` is `c` again."""

from datetime import timedelta

from bot.domain.schedule import WallTime, resolve
from bot.parse.command import When


def time_text(when: When) -> str:
    """`at 2026-03-10 17:00 Asia/Singapore`; with its offset where that wall time comes twice."""
    clock = when.local.strftime("%H:%M:%S" if when.local.second else "%H:%M")
    if resolve(when.local, when.zone).kind is not WallTime.PLAIN:
        shift = when.local - when.at.replace(tzinfo=None)
        return f"at {when.local:%Y-%m-%d}T{clock}{_offset(shift)}[{when.zone}]"
    return f"at {when.local:%Y-%m-%d} {clock} {when.zone}"


def _offset(shift: timedelta) -> str:
    minutes = round(shift / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
