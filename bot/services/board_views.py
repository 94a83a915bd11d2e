"""What the pages of the board show, in words: plain data without mark-up. `board.py` fills it in."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.card import Button
from bot.domain.cdr import CallId
from bot.domain.recording import RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class BarView:
    """A phase of a leg: `left` and `width` in percent of the time line."""

    phase: str
    left: float
    width: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneView:
    """One leg on the time line. `due` is where a call to come will be, in percent."""

    who: str
    words: str
    bars: tuple[BarView, ...] = ()
    due: float | None = None
    recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """A call on the time line."""

    call: CallId
    title: str
    state: str
    lanes: tuple[LaneView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineView:
    """`now` is None where the picture does not contain it; ticks are (percent, label)."""

    rows: tuple[RowView, ...]
    ticks: tuple[tuple[float, str], ...]
    now: float | None
    words: str
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """A recording that can be played."""

    recording: RecordingId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call in a list. `lines` go with it in small, `steps` only with its story; `came_to` is its account,
    once it is over."""

    id: CallId
    title: str
    state: str
    state_words: str
    by: str | None
    at: datetime
    when: str
    legs: tuple[str, ...]
    came_to: tuple[str, ...]
    steps: tuple[str, ...]
    lines: tuple[str, ...]
    listens: tuple[Listen, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that can be switched on the board; `slug` is how its address says it."""

    slug: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """The whole board. A list is None when the filter leaves it out."""

    name: str
    news: str
    extents: tuple[Choice, ...]
    filters: tuple[Choice, ...]
    spans: tuple[Choice, ...]
    timeline: TimelineView
    live: tuple[CallView, ...] | None
    upcoming: tuple[CallView, ...] | None
    past: tuple[CallView, ...] | None
    page: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatView:
    """A line of the story; `day` is set where another day begins, `clock` empty where nobody knows it."""

    day: str | None
    clock: str
    at: datetime | None
    kind: str
    who: str
    words: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """Why one call is as it is."""

    name: str
    call: CallView
    asked: str
    sentence: str
    understood: tuple[tuple[str, str], ...]
    timeline: TimelineView
    beats: tuple[BeatView, ...]
    account: tuple[tuple[str, str], ...]
