"""Where in its orders a call stands. It travels in the addresses that we hand out, so nothing of it has to be
remembered here: Plivo comes back to exactly that place, as often as it likes."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken

from bot.domain.codec import decode, encode
from bot.domain.errors import Malformed
from bot.domain.flow import CallFlow, LegRole, Party
from bot.domain.leg import Token
from bot.domain.numbers import Address, PhoneNumber
from bot.ports.http import HttpRequest
from bot.ports.voice import Hooks

FIRST: Final = LegRole("A")
_ROLE: Final = re.compile(r"[A-Z]{1,3}")
_DIGEST_LENGTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`base` is the address of the placement, `kind` its last part, `role` the leg that runs the orders.

    `at` is the step that this is about, in the machine's branch if `machine`; `tries` how often its key was
    asked for. `rung` names the legs that a Dial rings, `key` whether they have to press one. `orders` is a
    sealed flow that has taken the place of the placement's own. `detects`: whoever answers was listened to
    first. `voicemail`: what is recorded is a message.
    """

    base: str
    kind: str
    token: Token | None = None
    role: LegRole = FIRST
    at: int = 0
    machine: bool = False
    tries: int = 0
    rung: str = ""
    key: bool = False
    orders: str = ""
    detects: bool = False
    voicemail: bool = False

    @classmethod
    def of(cls, request: HttpRequest) -> "Place":
        """Raises Malformed for an address that we did not hand out."""
        named = request.path.strip("/").split("/")
        if "hooks" not in named:
            raise Malformed("not an address of ours")
        place = named[named.index("hooks") + 2 :]
        token = Token(place[0]) if len(place) == 2 else None
        said = {name: values[0] for name, values in request.query.items() if values}
        role = said.get("leg", FIRST)
        if not place or not _ROLE.fullmatch(role):
            raise Malformed("not an address of ours")
        return cls(
            base=request.url.partition("?")[0].rpartition("/")[0],
            kind=place[-1],
            token=token,
            role=LegRole(role),
            at=_whole(said.get("at", "0")),
            machine="machine" in said,
            tries=_whole(said.get("tries", "0")),
            rung=said.get("rung", ""),
            key="key" in said,
            orders=said.get("do", ""),
            detects="detects" in said,
            voicemail="voicemail" in said,
        )

    @classmethod
    def start(cls, hooks: Hooks, *, orders: str = "") -> "Place":
        """Where a leg begins. Raises ValueError without a public URL."""
        return cls(base=hooks.url("").rstrip("/"), kind="", role=hooks.role, orders=orders)

    def url(self, kind: str) -> str:
        """The address for this kind of callback at this place."""
        said = {
            "leg": self.role,
            "at": str(self.at) if self.at else "",
            "machine": "1" if self.machine else "",
            "tries": str(self.tries) if self.tries else "",
            "rung": self.rung,
            "key": "1" if self.key else "",
            "do": self.orders,
            "detects": "1" if self.detects else "",
            "voicemail": "1" if self.voicemail else "",
        }
        return f"{self.base}/{kind}?{urlencode({name: value for name, value in said.items() if value})}"

    def step(self, at: int) -> "Place":
        """Another step of the same orders."""
        return replace(self, at=at, tries=0, rung="", key=False, detects=False, voicemail=False)


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text):
        raise Malformed("not an address of ours")
    return int(text)


# --- whom a Dial rings -------------------------------------------------------------------------------


def rung(parties: Iterable[Party]) -> str:
    """The roles of a Dial, each with a digest of its address: `B-5f0c…_C-91ab…`."""
    return "_".join(f"{party.role}-{_digest(plain(party.address))}" for party in parties)


def roles(place: Place) -> list[LegRole]:
    """The roles in `place.rung`. Raises Malformed."""
    named = [each.partition("-")[0] for each in place.rung.split("_")]
    if not all(_ROLE.fullmatch(each) for each in named):
        raise Malformed("not an address of ours")
    return [LegRole(each) for each in named]


def role_of(place: Place, address: str) -> LegRole | None:
    """Which of the rung legs has this address; where there is but one, that one. Raises Malformed."""
    known = roles(place)
    if len(known) == 1:
        return known[0]
    digests = [each.partition("-")[2] for each in place.rung.split("_")]
    wanted = _digest(plain(address))
    return next((role for role, digest in zip(known, digests, strict=True) if digest == wanted), None)


def plain(address: Address | str) -> str:
    """The bare form in which addresses are compared: digits, or `user@host`. Plivo spells them variously."""
    if isinstance(address, PhoneNumber):
        return address.e164[1:]
    text = str(address).strip().lower()
    if "@" in text:
        return re.sub(r"^sips?:", "", text).partition(";")[0].partition(">")[0]
    return re.sub(r"\D", "", text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


# --- orders given in mid-call ------------------------------------------------------------------------


class Seal:
    """Flows in an address: sealed, because names and numbers have no business in anybody's access log."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, flow: CallFlow) -> str:
        """The flow as text that fits into a query."""
        return self._fernet.encrypt(zlib.compress(json.dumps(encode(flow)).encode(), 9)).decode()

    def open(self, text: str) -> CallFlow:
        """Raises Malformed for what was not sealed with this key."""
        try:
            flow: CallFlow = decode(CallFlow, json.loads(zlib.decompress(self._fernet.decrypt(text))))
        except (InvalidToken, ValueError, zlib.error) as wrong:
            raise Malformed("not orders of ours") from wrong
        return flow
