"""Plivo's REST API: addresses, errors, and lists that come in pages. What is asked of it is `driver.py`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from adapters.voice.plivo.tables import NAME
from adapters.wire import http
from bot.domain.errors import Rejected

PAGE: Final = 20
"""The most that Plivo lists at once."""
MOST_PAGES: Final = 500


class Api:
    """One account. Every path ends in a slash: without it Plivo redirects, and the order is lost."""

    def __init__(
        self,
        *,
        auth_id: str,
        auth_token: str,
        base_url: str,
        timeouts: http.Timeouts = http.PATIENT,
    ) -> None:
        self._account = f"{_root(base_url)}/{quote(auth_id, safe='')}/"
        client = http.client(
            self._account,
            timeouts=timeouts,
            auth=(auth_id, auth_token),
            use_proxy_settings=not is_here(base_url),
        )
        self.wire = http.Wire(
            provider=NAME,
            client=client,
            timeouts=timeouts,
            explain=_explain,
            secrets=(auth_token, auth_id),
        )

    async def get(self, path: str, **params: str | int) -> Any:
        """What the reply holds. Raises Rejected or Unavailable."""
        return self._read(await self.wire.send("GET", path, params=params or None))

    async def post(
        self, path: str, body: Mapping[str, Any], *, creates: bool = False, token: str | None = None
    ) -> Any:
        """As `get`; with `creates`, a lost answer is OutcomeUnknown."""
        plain = {name: value for name, value in body.items() if value is not None}
        reply = await self.wire.send("POST", path, json=plain, creates=creates, token=token)
        return self._read(reply, creates=creates, token=token)

    async def delete(self, path: str) -> None:
        """Raises Rejected (404 included) or Unavailable."""
        await self.wire.send("DELETE", path)

    async def gone(self, path: str) -> bool:
        """Delete it; False when it was not there."""
        try:
            await self.delete(path)
        except Rejected as refusal:
            if refusal.code != "404":
                raise
            return False
        return True

    async def pages(self, path: str, **params: str | int) -> AsyncIterator[Mapping[str, Any]]:
        """Every object of a list, page by page. `next` is followed as it comes, whichever way it counts."""
        address, asked = path, dict(params, limit=PAGE)
        for _ in range(MOST_PAGES):
            page = await self.get(address, **asked)
            for each in _objects(page):
                yield each
            following = _following(page)
            if following is None:
                return
            address, asked = path + following, {}

    def _read(self, reply: httpx.Response, *, creates: bool = False, token: str | None = None) -> Any:
        return self.wire.read(reply, _json, creates=creates, token=token)


def part(name: str) -> str:
    """One part of a path. Raises ValueError for an empty one: that would address everything there is."""
    if not name.strip():
        raise ValueError("an empty name would mean all of them")
    return quote(name, safe="")


def _root(base_url: str) -> str:
    """Up to the account, however much of it the setting holds."""
    base = base_url.rstrip("/")
    if not base.endswith("/Account"):
        base += "/Account" if base.endswith("/v1") else "/v1/Account"
    return base


def is_here(base_url: str) -> bool:
    """On this machine: no proxy stands between."""
    return urlsplit(base_url).hostname in ("127.0.0.1", "localhost", "::1")


def _json(reply: httpx.Response) -> Any:
    said = reply.json() if reply.content else {}
    if not isinstance(said, dict):
        raise TypeError("not an object")
    return said


def _objects(page: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [each for each in page.get("objects", ()) if isinstance(each, dict)]


def _following(page: Mapping[str, Any]) -> str | None:
    """The query of the next page, `?…`."""
    query = urlsplit(str((page.get("meta") or {}).get("next") or "")).query
    return f"?{query}" if query else None


def _explain(reply: httpx.Response) -> tuple[str, str | None]:
    """Plivo has no codes of its own; its words may be a sentence, or sentences by field."""
    try:
        error = reply.json()["error"]
    except (ValueError, KeyError, TypeError):
        return http.plainly(reply)
    if isinstance(error, dict):
        return "; ".join(f"{field}: {_sentence(words)}" for field, words in error.items()), None
    return str(error), None


def _sentence(words: object) -> str:
    return " ".join(map(str, words)) if isinstance(words, list) else str(words)
