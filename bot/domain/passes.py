"""Passes: a signed statement of who somebody is, for our own pages. What a page may then do for them is asked
of the core as for every message.

A pass is `1.<what it says>.<tag>`: URL-safe base64 of a JSON array, and 160 bits of HMAC-SHA256 in hex over
the text in front of it. The kind is under the signature, so a sign-in link is never taken for a session.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.errors import BadPass
from bot.domain.people import Asker, Standing

TAG_CHARACTERS: Final = 40
LONGEST: Final = 2048
LINK_LIFE: Final = timedelta(minutes=10)
"""How long a sign-in link waits to be opened."""


class PassKind(StrEnum):
    """LINK signs in once, within minutes; SESSION is the cookie that this gives."""

    LINK = "link"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """`until` is aware UTC, on a whole second; from then on it is worth nothing. `id` tells passes apart."""

    id: str
    kind: PassKind
    asker: Asker
    until: datetime


def sign_pass(given: Pass, key: bytes) -> str:
    """URL-safe, and safe in a cookie."""
    who = given.asker
    says = [
        given.id,
        given.kind,
        int(given.until.timestamp()),
        who.platform,
        who.workspace,
        who.user,
        who.name,
        who.standing,
    ]
    said = f"1.{_base64(json.dumps(says).encode())}"
    return f"{said}.{_tag(said, key)}"


def read_pass(text: str, kind: PassKind, keys: Sequence[bytes], now: datetime) -> Pass:
    """Raises BadPass. The first key signs; older ones are believed until they are taken away."""
    said, _, tag = text.rpartition(".")
    if len(text) > LONGEST or not text.isascii() or not said.startswith("1."):
        raise BadPass
    if not any(hmac.compare_digest(_tag(said, key), tag) for key in keys):
        raise BadPass
    given = _read(said.removeprefix("1."))
    if given.kind is not kind or now >= given.until:
        raise BadPass
    return given


def _read(text: str) -> Pass:
    try:
        id, kind, until, platform, workspace, user, name, standing = json.loads(
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        )
    except (ValueError, binascii.Error) as garbled:
        raise BadPass from garbled
    return Pass(
        id=id,
        kind=PassKind(kind),
        asker=Asker(
            platform=platform, workspace=workspace, user=user, name=name, standing=Standing(standing)
        ),
        until=datetime.fromtimestamp(until, UTC),
    )


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _tag(said: str, key: bytes) -> str:
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:TAG_CHARACTERS]
