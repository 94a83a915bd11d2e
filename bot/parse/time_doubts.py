"""What to say when a time is not clear: which question, which choices, which problem."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.domain.schedule import local_time
from bot.parse.command import When
from bot.parse.days import said
from bot.parse.labels import clock_label, instant_label
from bot.parse.pieces import DayPart, TimeDraft, Vague
from bot.parse.reader import Doubt, Option, Reader
from bot.parse.readings import Reading, Slot, Unclear, absolute, by_instant, resolved, stretch_around
from bot.parse.wording import clock_text
from bot.parse.words import WEEKDAY_NAMES

MOST_BUTTONS: Final = 4
_USUAL_CLOCKS: Final = {
    "morning": (8, 9, 10),
    "afternoon": (13, 15, 17),
    "evening": (18, 19, 20),
    "tonight": (19, 20, 21),
    "night": (20, 21, 22),
}


def past(reader: Reader, draft: TimeDraft, readings: Iterable[When]) -> Unclear:
    """Everything it can mean is behind us: offer the same time tomorrow."""
    start, end = stretch_around(draft, draft.pieces[0])
    latest = max(readings, key=by_instant)
    tomorrow = local_time(reader.context.now, latest.zone).date() + timedelta(days=1)
    again = next(resolved(latest.zone, datetime.combine(tomorrow, latest.local.time())))
    fix = _option(reader, draft, again)
    message = f'"{{word}}" is in the past: {said(latest.local.date())} {clock_label(latest.local)}.'
    reader.fail("past_time", start, end, message, fixes=(fix,))
    return Unclear()


def _option(reader: Reader, draft: TimeDraft, when: When) -> Option:
    label = instant_label(when.at, when.zone, reader.context.now)
    return Option(label=label, edits=tuple(absolute(draft, when)), at=when.at)


def ask(reader: Reader, draft: TimeDraft, doubts: list[Slot], ahead: Sequence[When]) -> Unclear:
    first = doubts[0]
    assert first.piece
    assert first.about
    if len(ahead) <= MOST_BUTTONS:
        options = tuple(_option(reader, draft, when) for when in ahead)
    else:
        options = tuple(_partly(first, reading) for reading in first.readings[:MOST_BUTTONS])
    start, end = first.piece.start, first.piece.end
    message = _QUESTIONS[first.about].format(word=reader.text.slice(start, end))
    if first.about in ("gap", "fold"):
        message = _clock_change_message(first)
    reader.doubts.append(Doubt(about=first.about, start=start, end=end, message=message, options=options))
    return Unclear()


_QUESTIONS: Final[dict[str, str]] = {
    "am_pm": '"{word}" can be morning or evening. Which one?',
    "next_weekday": '"{word}" can mean two days. Which one?',
    "date_order": 'Is "{word}" day first or month first?',
    "day": '"{word}" can mean two days. Which one?',
    "gap": "",
    "fold": "",
    "time_missing": "At what time?",
}


def _partly(slot: Slot, reading: object) -> Option:
    """Settles one doubt and leaves the others to the next question."""
    assert slot.piece
    if isinstance(reading, date):
        text, label = reading.isoformat(), said(reading)
    elif isinstance(reading, time):
        text = label = clock_text(reading)
    else:
        text = label = str(reading)
    keep = "at " if isinstance(reading, time) else ""
    return Option(label=label, edits=((slot.piece.start, slot.piece.end, keep + text),))


def _clock_change_message(slot: Slot) -> str:
    earlier = next(when for when in slot.readings if isinstance(when, Reading))
    day = f"{WEEKDAY_NAMES[earlier.local.weekday()]} {earlier.local.day} {earlier.local:%B}"
    if slot.about == "fold":
        return (
            f"On {day} the clocks go back, so {clock_label(earlier.local)} comes twice. The "
            f"first or the second?"
        )
    return f"On {day} the clocks go forward and that time is skipped. Before the change or after it?"


def no_clock(reader: Reader, draft: TimeDraft, zones: Slot, days: Slot) -> Unclear:
    """Only a day, or only a vague word. A doubtful day is asked about first."""
    if days.about and days.piece:
        options = tuple(_partly(days, day) for day in days.readings)
        message = _QUESTIONS[days.about].format(word=reader.text.slice(days.piece.start, days.piece.end))
        doubt = Doubt(
            about=days.about, start=days.piece.start, end=days.piece.end, message=message, options=options
        )
    else:
        start, end = draft.stretches[0]
        doubt = Doubt(
            about="time_missing",
            start=start,
            end=end,
            message=f'"{reader.text.slice(start, end)}": at what time?',
            options=tuple(_option(reader, draft, when) for when in _usual_times(reader, draft, zones, days)),
        )
    reader.doubts.append(doubt)
    return Unclear()


def _usual_times(reader: Reader, draft: TimeDraft, zones: Slot, days: Slot) -> list[Reading]:
    """Some times of that day to choose from, none of them taken for granted."""
    zone, now = str(zones.readings[0]), reader.context.now
    today = local_time(now, zone).date()
    part = next((part.name for part, _ in draft.all(DayPart)), "")
    spans = [vague.span(today)[0] for vague, _ in draft.all(Vague) if vague.span]
    chosen = (
        [day for day in days.readings if isinstance(day, date)] or spans or [today, today + timedelta(days=1)]
    )
    found = [
        reading
        for day in chosen
        for hour in _USUAL_CLOCKS.get(part, (9, 14, 18))
        for reading in resolved(zone, datetime.combine(day, time(hour)))
    ]
    return [reading for reading in found if reading.at > now][:3]
