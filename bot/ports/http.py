"""The plain request and reply that webhook receivers speak, so that no driver sees a web framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What a webhook brings. `url` is rebuilt from PUBLIC_URL; header names are lower-case.

    `received_at` is when it came (aware UTC): many callbacks do not say when what they tell happened.
    """

    method: str
    url: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """What the web door answers."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
