"""Links to recordings: what a token says, how it is signed, and when it no longer opens anything.

A token is `1.<recording>.<link version>.<expiry>.<tag>`: the expiry in whole seconds since 1970, the tag 160
bits of HMAC-SHA256 in hex. The tag covers the text in front of it as it stands and is compared as text, so
exactly one spelling of a token is good. Revocation (`Recording.link_version`) is checked by whoever opens it.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.domain.errors import BadLink
from bot.domain.recording import RecordingId

TAG_CHARACTERS: Final = 40
SHORTEST_KEY: Final = 16

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
# ASCII without leading zeros; a link that ends in hex ends in a character that no chat cuts off.
_TOKEN: Final = re.compile(
    r"(?P<said>1\.(?P<id>[A-Za-z0-9_-]{1,64})\.(?P<version>[1-9][0-9]{0,8})\.(?P<expiry>[1-9][0-9]{0,10}))"
    rf"\.(?P<tag>[0-9a-f]{{{TAG_CHARACTERS}}})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a good token says. `expires_at` is aware UTC, on a whole second; the link is dead from then on."""

    recording: RecordingId
    version: int
    expires_at: datetime


def sign(recording: RecordingId, version: int, expires_at: datetime, key: bytes) -> str:
    """A URL-safe token. Fractions of the expiring second are cut off, so a link never outlives its promise.

    Raises ValueError for an id or version that no token can carry, and for a key under 128 bits.
    """
    if not _ID.fullmatch(recording) or not 1 <= version <= 999_999_999:
        raise ValueError("not a recording that a link can name")
    said = f"1.{recording}.{version}.{int(expires_at.timestamp())}"
    return f"{said}.{_tag(said, key)}"


def verify(token: str, keys: Sequence[bytes], now: datetime) -> Link:
    """What `token` says, if one of `keys` signed it and it has not expired at `now`.

    The first key signs; older ones stay in `keys` for as long as links signed with them shall open. Raises
    BadLink without saying what was wrong, and ValueError without a key to check against.
    """
    if not keys:
        raise ValueError("no key: links cannot be checked")
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise BadLink
    if not any(hmac.compare_digest(_tag(parts["said"], key), parts["tag"]) for key in keys):
        raise BadLink
    expires_at = datetime.fromtimestamp(int(parts["expiry"]), UTC)
    if now >= expires_at:
        raise BadLink
    return Link(recording=RecordingId(parts["id"]), version=int(parts["version"]), expires_at=expires_at)


def _tag(said: str, key: bytes) -> str:
    if len(key) < SHORTEST_KEY:
        raise ValueError("the key for links is too short")
    return hmac.new(key, said.encode("ascii"), hashlib.sha256).hexdigest()[:TAG_CHARACTERS]
