"""Whether a request comes from Slack: the signature over its raw bytes, and its age."""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

OLDEST: Final = 300
"""Seconds, either way: what is older may be a recording of a request that was taken long ago."""


def signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """`headers` with names in lower case. False for anything missing, odd, old or wrong; never raises."""
    stamp = headers.get("x-slack-request-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", stamp) or abs(now.timestamp() - int(stamp)) > OLDEST:
        return False
    return hmac.compare_digest(
        signature(secret, stamp, body).encode(), headers.get("x-slack-signature", "").encode()
    )


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What the header has to say."""
    return f"v0={hmac.digest(secret.encode(), b'v0:%s:%s' % (stamp.encode(), body), 'sha256').hex()}"
