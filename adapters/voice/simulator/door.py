"""What every address of the network's HTTP protocol is made of: a request in, a reply out."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from adapters.voice.simulator.network import Network
from bot.domain.codec import decode, encode
from bot.ports.http import HttpReply, HttpRequest

LONGEST_WAIT: Final = 30.0
"""Seconds that a listener may keep a connection open without news."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and the names in its address. What cannot be read raises ValueError."""

    request: HttpRequest
    names: Mapping[str, str]

    def body(self, hint: Any) -> Any:
        """The JSON body, as that type."""
        return decode(hint, json.loads(self.request.body or b"null"))

    def query(self, name: str, default: str | None = None) -> str | None:
        """What stands after the question mark."""
        return next(iter(self.request.query.get(name, ())), default)

    def number(self, name: str) -> float:
        """The same as a number, 0 when left out."""
        return float(self.query(name) or 0)

    def moment(self, name: str) -> datetime:
        """The same as an aware time."""
        return decode(datetime, self.query(name))


Handler = Callable[[Network, Asked], Awaitable[HttpReply]]


def reply(value: object, status: int = 200) -> HttpReply:
    """A value of ours as JSON."""
    body = json.dumps(encode(value)).encode()
    return HttpReply(status=status, body=body, content_type="application/json")


def error(status: int, code: str, detail: str, retry_after: float | None = None) -> HttpReply:
    """A no: a code for programs, words for people. `retry_after` in seconds."""
    said = reply({"code": code, "detail": detail}, status)
    return said if retry_after is None else replace(said, headers={"retry-after": f"{retry_after:g}"})


DONE: Final = HttpReply(status=204)
