"""For whom, when and with what knowledge a card is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.flow import Feature
from bot.domain.recording import Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingView:
    """A recording with the signed link that may be shown; no `url` before it is there, or once it ran out."""

    recording: Recording
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """When, for whom and with what knowledge a card is written.

    `features` are the provider's. `their_zones` maps `str(address)` to the IANA zone saved with a contact;
    other zones are guessed from the number and marked so. `question` is the open question of a held call,
    `upcoming` the next occurrences of its series. `private` rooms see whole numbers.
    """

    now: datetime
    asker_zone: str
    private: bool = False
    features: frozenset[Feature] = frozenset(Feature)
    recordings: tuple[RecordingView, ...] = ()
    their_zones: Mapping[str, str] = field(default_factory=dict)
    question: str | None = None
    upcoming: tuple[datetime, ...] = ()
