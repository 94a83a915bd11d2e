"""How much is allowed, and what has been used of it. Data only: comparing the two is `policy.py`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.cdr import Money
from bot.domain.numbers import Address

FORWARD_WITHIN: Final = timedelta(seconds=90)
"""A forward reaches voicemail, or a spoken goodbye, within this."""

LINK_LIFETIME: Final = timedelta(days=7)
RECORDING_LIFETIME: Final = timedelta(days=90)
HISTORY_PAGE: Final = 10

_NO_LIMIT_MINUTES: Final = 24 * 60
_NO_LIMIT_RING_SECONDS: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The defaults of the product; a setting each. 0 (or no amount) is no limit."""

    max_minutes: int = 60
    ring_seconds: int = 30
    placements_per_hour: int = 30
    room_live_legs: int = 8
    room_calls_per_day: int = 200
    daily_spend: Money | None = None
    only_call: tuple[Address, ...] = ()
    sip_hosts: tuple[str, ...] = ()

    @property
    def call_seconds(self) -> int:
        """Longest call, in seconds. Without a limit it is a day: a forgotten line ends some time."""
        return 60 * (self.max_minutes or _NO_LIMIT_MINUTES)

    @property
    def longest_ring(self) -> int:
        """Ring time, in seconds. Without a limit ten minutes, longer than any network rings."""
        return self.ring_seconds or _NO_LIMIT_RING_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Asker keys (see `Asker.key`) from the settings; whom admins let in by chat is in `Person.admitted`."""

    admins: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the limits are compared with, as it stands at one moment. The day is the asker's.

    `placements_last_hour` are the asker's, everywhere; `live_legs` (ringing or talking)
    and `calls_today` (started since the day began) the room's; `spent_today` everybody's: it is one purse.
    """

    placements_last_hour: int = 0
    live_legs: int = 0
    calls_today: int = 0
    spent_today: tuple[Money, ...] = ()
