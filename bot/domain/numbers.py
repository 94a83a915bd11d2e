"""Addresses a phone network knows. Finding them in text is `parse/numbers.py`; judging them, `policy.py`."""

import re
from dataclasses import dataclass
from typing import Final, Literal

_E164: Final = re.compile(r"\+[1-9]\d{1,14}")
_EXT: Final = re.compile(r"\d{1,11}")
_SIP: Final = re.compile(r"sips?:[^\s@<>?]+@[^\s@<>?]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """An E.164 number (`+` and 2 to 15 digits), with an extension dialled as digits after the answer.

    Raises ValueError when the text is not E.164; whether the number exists is another question.
    """

    e164: str
    ext: str | None = None

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.e164):
            raise ValueError("not an E.164 number")
        if self.ext is not None and not _EXT.fullmatch(self.ext):
            raise ValueError("not an extension")

    def __str__(self) -> str:
        return self.e164 if self.ext is None else f"{self.e164};ext={self.ext}"

    def masked(self) -> str:
        """Country digits and the last four: what public cards and logs may show."""
        return f"{self.e164[:3]}…{self.e164[-4:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SipUri:
    """`sip:user@host` or `sips:`; the host is kept lower-case, the user as written, at most 255 long."""

    uri: str

    def __post_init__(self) -> None:
        if len(self.uri) > 255 or not _SIP.fullmatch(self.uri):
            raise ValueError("not a SIP address")
        head, _, tail = self.uri.rpartition("@")
        scheme, _, user = head.partition(":")
        object.__setattr__(self, "uri", f"{scheme.lower()}:{user}@{tail.lower()}")

    @property
    def host(self) -> str:
        """The domain alone, without port or parameters."""
        return re.split(r"[:;]", self.uri.rpartition("@")[2])[0]

    def __str__(self) -> str:
        return self.uri

    def masked(self) -> str:
        """The domain alone: a SIP user part can be a phone number."""
        return f"sip:…@{self.host}"


Address = PhoneNumber | SipUri
WITHHELD: Final = "private"
CallerId = PhoneNumber | Literal["private"]
"""The number the other side sees; `private` withholds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """A number of ours that people can call."""

    number: PhoneNumber
    provider: str


def parse_address(text: str) -> Address:
    """Inverse of `str(address)`; raises ValueError."""
    if text.lower().startswith(("sip:", "sips:")):
        return SipUri(uri=text)
    number, _, ext = text.partition(";ext=")
    return PhoneNumber(e164=number, ext=ext or None)
