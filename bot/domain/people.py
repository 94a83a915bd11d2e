"""Who asks, where, and whom they know. What they may do is `policy.py`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.domain.numbers import Address, PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A conversation on a chat platform. `channel` and `thread` are the platform's own ids, opaque here.

    In a `private` room (console, direct message) whole numbers may be shown.
    """

    platform: str
    workspace: str
    channel: str
    thread: str | None = None
    private: bool = False

    @property
    def key(self) -> str:
        """Stable identity of the conversation; the thread is only where cards are posted."""
        return f"{self.platform}:{self.workspace}/{self.channel}"

    @property
    def tenant(self) -> str:
        """The workspace that call numbers (#12) and forwards belong to."""
        return f"{self.platform}:{self.workspace}"


class Standing(StrEnum):
    """What the chat platform says of a person. Only it can tell members from guests and bots."""

    OWNER = "owner"  # the console's user
    MEMBER = "member"  # full member of the installed workspace
    STRANGER = "stranger"  # may be admitted by an admin (Telegram's default)
    GUEST = "guest"
    BOT = "bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The person behind a message or a button press: (platform, workspace, user)."""

    platform: str
    workspace: str
    user: str
    name: str = ""
    standing: Standing = Standing.STRANGER

    @property
    def key(self) -> str:
        """`telegram:12345` or `slack:T1/U2`: as `PATCHLINE_ADMINS` spells it."""
        workspace = f"{self.workspace}/" if self.workspace else ""
        return f"{self.platform}:{workspace}{self.user}"

    @property
    def tenant(self) -> str:
        """Same meaning as `Room.tenant`."""
        return f"{self.platform}:{self.workspace}"


DateOrder = Literal["DMY", "MDY"]
ClockChoice = Literal["12", "24", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is remembered about an asker. `None` means: the default of the settings."""

    key: str
    name: str = ""
    number: PhoneNumber | None = None
    verified: bool = False
    timezone: str | None = None
    region: str | None = None
    date_order: DateOrder | None = None
    clock: ClockChoice = "ask"
    provider: str | None = None
    caller_id: str | None = None
    admitted: bool | None = None
    """True: let in by an admin; False: shut out by `revoke`; None: the platform's standing decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A name in one person's address book; `name` is kept as typed and matched without case."""

    owner: str
    name: str
    address: Address
    timezone: str | None = None
