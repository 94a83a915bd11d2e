"""Where Hoiio calls us back: each address says what has ended there and what comes next, so that nothing has
to be remembered; and each is sealed, because Hoiio signs the body of a notification and not its address.

`…/{token}/flow.A.2.B.6561239999.<seal>`: on leg A of that token two blocks are done, the last of them rang B,
and whoever is rung next is shown that number.
"""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from adapters.voice.hoiio.tables import NAME
from bot.domain.errors import BadSignature, Malformed
from bot.domain.flow import LegRole
from bot.domain.numbers import WITHHELD, CallerId, PhoneNumber

A: Final = LegRole("A")
_NOTHING: Final = "-"
_SEAL: Final = 24


class What(StrEnum):
    """What the notification at an address is about."""

    CALL = "call"  # the end of a call between two phones
    ROOM = "room"  # the end of one member of a conference
    FLOW = "flow"  # a block of a call that we lead
    TAPE = "tape"  # the recording of a whole call
    INCOMING = "incoming"  # somebody calls one of our numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`done`: how many blocks have ended. `rung`: the legs that the last of them rang. `shown`: the caller id
    for those that the next ones ring."""

    what: What
    role: LegRole = A
    done: int = 0
    rung: tuple[LegRole, ...] = ()
    shown: CallerId | None = None

    @property
    def label(self) -> str:
        """As it stands in an address."""
        shown = self.shown.e164[1:] if isinstance(self.shown, PhoneNumber) else self.shown
        parts = (self.what, self.role, str(self.done), "-".join(self.rung), shown)
        return ".".join(part or _NOTHING for part in parts)


def read_place(label: str) -> Place:
    """Inverse of `label`; raises Malformed."""
    try:
        what, role, done, rung, shown = label.split(".")
        return Place(
            what=What(what),
            role=LegRole(role),
            done=int(done),
            rung=() if rung == _NOTHING else tuple(map(LegRole, rung.split("-"))),
            shown=_shown(shown),
        )
    except ValueError:
        raise Malformed("not one of our addresses") from None


def _shown(text: str) -> CallerId | None:
    if text == WITHHELD:
        return WITHHELD
    return None if text == _NOTHING else PhoneNumber(e164=f"+{text}")


class Addresses:
    """Makes and reads them. `secret` is what the account and we share."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"patchline/addresses", "sha256")

    def url(self, base: str, place: Place) -> str:
        """`base` ends with the token."""
        return f"{base}/{place.label}.{self._seal(base.rpartition('/')[2], place.label)}"

    def incoming(self, public_url: str) -> str:
        """Where calls to our numbers are announced."""
        return f"{public_url}/hooks/{NAME}/{What.INCOMING}.{self._seal('', What.INCOMING)}"

    def check(self, url: str) -> bool:
        """Raises BadSignature for an address we did not make. True for one that only we and Hoiio know."""
        token, kind = parts_of(url)
        if not token and kind == What.INCOMING:
            return False
        label, _, seal = kind.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(token, label).encode()):
            raise BadSignature("not one of our addresses")
        return True

    def _seal(self, token: str, label: str) -> str:
        return hmac.digest(self._key, f"{token}/{label}".encode(), "sha256").hex()[:_SEAL]


def parts_of(url: str) -> tuple[str, str]:
    """Token (empty for a call to us) and the rest of an address of ours. Raises Malformed."""
    match urlsplit(url).path.rpartition("/hooks/")[2].split("/"):
        case [_, token, kind]:
            return token, kind
        case [_, kind]:
            return "", kind
        case _:
            raise Malformed("not one of our addresses")


def place_of(url: str) -> Place:
    """What an address, checked before, says. Raises Malformed."""
    kind = parts_of(url)[1]
    if kind.split(".")[0] == What.INCOMING:
        return Place(what=What.INCOMING)
    return read_place(kind.rpartition(".")[0])
