"""HTTP as every driver speaks it: a client with explicit time-outs and no retry of any kind, and one table
from what went wrong to who must act. What a vendor's replies mean beyond that is in its own file.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import httpx

from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. `total` bounds a whole request and stays below the ten that a placement is given."""

    connect: float = 3.0
    read: float = 8.0
    total: float = 9.5


PATIENT: Final = Timeouts()


def client(
    base_url: str,
    *,
    timeouts: Timeouts = PATIENT,
    auth: httpx.Auth | tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    use_proxy_settings: bool = True,
) -> httpx.AsyncClient:
    """A client for one vendor. It follows no redirect and sends nothing twice.

    `use_proxy_settings`: honour HTTPS_PROXY and its kin; False for what is always on this machine.
    """
    # httpx logs whole addresses at INFO; numbers and tokens stand in some vendors' query strings.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=httpx.Timeout(timeouts.read, connect=timeouts.connect),
        auth=auth,
        headers=headers,
        transport=transport or httpx.AsyncHTTPTransport(retries=0, trust_env=use_proxy_settings),
        follow_redirects=False,
        trust_env=use_proxy_settings,
    )


# --- what went wrong, by who must act -----------------------------------------------------------

Parsed = TypeVar("Parsed")

Table = Mapping[int, type[ProviderError]]

STATUS: Final[Table] = {
    400: Rejected,
    401: Rejected,
    402: Rejected,
    403: Rejected,
    404: Rejected,
    408: OutcomeUnknown,
    425: Unavailable,
    429: Unavailable,
}
"""Any other 4xx and every 3xx is Rejected, every 5xx OutcomeUnknown. A vendor may override single rows."""

Explain = Callable[[httpx.Response], tuple[str, str | None]]
"""The vendor's own words and code in an error reply."""


def plainly(response: httpx.Response) -> tuple[str, str | None]:
    """The reply's text, for vendors that send nothing better."""
    return response.text or response.reason_phrase, None


class Wire:
    """One vendor's connection: sends a request once and raises the error that says who must act.

    A request that `creates` a call leaves an open question when its answer is lost (OutcomeUnknown). Asking
    or hanging up again harms nobody, so there the same failure is Unavailable. `secrets` never get into an
    error's words.
    """

    def __init__(
        self,
        *,
        provider: str,
        client: httpx.AsyncClient,
        timeouts: Timeouts = PATIENT,
        overrides: Table | None = None,
        explain: Explain = plainly,
        secrets: Sequence[str] = (),
    ) -> None:
        self._provider = provider
        self._client = client
        self._total = timeouts.total
        self._table = {**STATUS, **(overrides or {})}
        self._explain = explain
        self._secrets = secrets

    async def send(
        self,
        method: str,
        path: str,
        *,
        creates: bool = False,
        token: str | None = None,
        patience: float | None = None,
        **request: Any,
    ) -> httpx.Response:
        """The reply, if it is a 2xx. Raises Rejected, Unavailable or OutcomeUnknown.

        `patience`: seconds that the other side may take before it answers, where that is longer than usual;
        `request` is what httpx takes (`json`, `data`, `params`, …).
        """
        limits: dict[str, Any] = {} if patience is None else {"timeout": patience}
        try:
            async with asyncio.timeout(max(self._total, patience or 0.0)):
                response = await self._client.request(method, path, **request, **limits)
        except _NEVER_LEFT as failure:
            raise self._error(Unavailable, _words(failure), token) from failure
        except (httpx.HTTPError, TimeoutError) as failure:
            kind = OutcomeUnknown if creates else Unavailable
            raise self._error(kind, _words(failure), token) from failure
        if not response.is_success:
            raise self._refusal(response, creates=creates, token=token)
        return response

    def read(
        self,
        response: httpx.Response,
        parse: Callable[[httpx.Response], Parsed],
        *,
        creates: bool = False,
        token: str | None = None,
    ) -> Parsed:
        """What `parse` makes of a reply. On ValueError, KeyError, TypeError or IndexError from it, the reply
        is as good as none: raises OutcomeUnknown or Unavailable, as `send` does."""
        try:
            return parse(response)
        except (ValueError, KeyError, TypeError, IndexError) as problem:
            kind = OutcomeUnknown if creates else Unavailable
            raise self._error(kind, "an answer that cannot be read", token) from problem

    def _refusal(self, response: httpx.Response, *, creates: bool, token: str | None) -> ProviderError:
        kind = self._table.get(response.status_code) or (
            OutcomeUnknown if response.is_server_error else Rejected
        )
        if kind is OutcomeUnknown and not creates:
            kind = Unavailable
        words, code = self._explain(response)
        error = self._error(kind, words, token, code or str(response.status_code))
        if isinstance(error, Unavailable):
            error.retry_after = retry_after(response.headers)
        return error

    def _error(
        self, kind: type[ProviderError], words: str, token: str | None, code: str | None = None
    ) -> ProviderError:
        detail = redact(words, self._secrets)[:_LONGEST]
        return kind(provider=self._provider, detail=detail, token=token, code=code)

    async def close(self) -> None:
        """Let go of connections. Harmless twice."""
        await self._client.aclose()


# DNS, refused connection, TLS not completed: not a byte of the request has left.
_NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_LONGEST: Final = 300


def _words(failure: Exception) -> str:
    kinds = {
        httpx.ConnectTimeout: "cannot be reached in time",
        httpx.ConnectError: "cannot be reached",
        httpx.ReadTimeout: "no answer in time",
        TimeoutError: "no answer in time",
    }
    return kinds.get(type(failure)) or f"the connection failed ({type(failure).__name__})"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; a moment in it is counted from the Date header."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        until, now = (parsedate_to_datetime(each) for each in (value, headers.get("date", "")))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


# --- what may stand in a log ---------------------------------------------------------------------

_HIDDEN: Final = "…"
_NUMBER: Final = re.compile(
    r"(?:(?<![\w.-])|(?<=%2[Bb]))(?!\d{4}-\d\d-\d\d(?!\d))\(?\+?\d(?:[ ().-]{0,2}\d){6,14}(?!\w)"
)
_CREDENTIAL: Final = re.compile(
    r"(?i)\b(authorization|[\w-]*(?:token|password|secret|api[_-]?key|auth[_-]?id))"
    r"""(["']?\s*[:=]\s*["']?)(?:(?:basic|bearer)\s+)?[^\s"'&,;}]+"""
)
_USERINFO: Final = re.compile(r"://[^/@\s]*@")


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """The text with phone numbers cut to their last four digits, and without credentials.

    `secrets` are taken out wherever they stand; others are known by the name in front of them.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    text = _USERINFO.sub(f"://{_HIDDEN}@", text)
    text = _CREDENTIAL.sub(rf"\1\2{_HIDDEN}", text)
    return _NUMBER.sub(lambda found: f"{_HIDDEN}{found[0][-4:]}", text)
