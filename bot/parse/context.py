"""What a sentence is read against: whose it is, when, and whom and what they know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.domain.numbers import Address, PhoneNumber
from bot.domain.people import ClockChoice, DateOrder

Platform = Literal["slack", "telegram", "console"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseContext:
    """Reading is pure in (text, context): the same pair always means the same.

    `now` is aware; `tz` an IANA zone; `region` an ISO 3166 code (`SG`); `me` the asker's verified number.
    `contacts` maps names as saved to addresses, `contact_zones` the same names to IANA zones where known.
    `allowed_prefixes` (`+1900`) are premium ranges that an admin let in. `bot_names` are the names and ids
    the bot is mentioned by.
    """

    now: datetime
    tz: str = "UTC"
    region: str = "US"
    date_order: DateOrder | None = None
    clock: ClockChoice = "ask"
    me: PhoneNumber | None = None
    contacts: Mapping[str, Address] = field(default_factory=dict)
    contact_zones: Mapping[str, str] = field(default_factory=dict)
    providers: tuple[str, ...] = ()
    own_numbers: tuple[PhoneNumber, ...] = ()
    allowed_prefixes: tuple[str, ...] = ()
    platform: Platform = "console"
    bot_names: tuple[str, ...] = ("patchbot", "patchline", "U0BOT")
