"""Plivo's signatures, version 3 for calls and version 2 for messages. Which callback needs which is
`webhooks.py`."""

import base64
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from bot.ports.http import HttpRequest

Pairs = list[tuple[str, str]]


def signed_v3(request: HttpRequest, auth_token: str) -> bool:
    """Whether one of the signatures fits address, parameters and nonce. Plivo sends several by comma while a
    token is exchanged, and those of the main account apart."""
    return _fits(request, auth_token, "v3", plain_v3(request.method, request.url, request.body))


def signed_v2(request: HttpRequest, auth_token: str) -> bool:
    """As `signed_v3`, for the address without its query alone: it says nothing about the body."""
    return _fits(request, auth_token, "v2", _base(request.url))


def sign(auth_token: str, text: str) -> str:
    """Base64 of the HMAC-SHA256."""
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha256")).decode()


def plain_v3(method: str, url: str, body: bytes) -> str:
    """What version 3 signs, without the nonce. Values are decoded and sorted; without a query the parameters
    of a POST follow a bare `?`, which Plivo's own prose says differently and its code does."""
    query = "&".join(f"{name}={value}" for name, value in sorted(_pairs(urlsplit(url).query)))
    form = "" if method == "GET" else "".join(f"{name}{value}" for name, value in sorted(_pairs(body)))
    if not query and not form:
        return _base(url)
    return f"{_base(url)}?{query}{'.' if query and form else ''}{form}"


def _pairs(text: str | bytes) -> Pairs:
    plain = text.decode("latin-1") if isinstance(text, bytes) else text
    return parse_qsl(plain, keep_blank_values=True)


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _fits(request: HttpRequest, auth_token: str, version: str, text: str) -> bool:
    nonce = request.headers.get(f"x-plivo-signature-{version}-nonce", "")
    if version == "v3":
        text += "."
    wanted = sign(auth_token, text + nonce).encode()
    offered = [each.encode() for each in _offered(request, version)]
    return bool(nonce) and any([hmac.compare_digest(wanted, each) for each in offered])  # noqa: C419


def _offered(request: HttpRequest, version: str) -> Iterable[str]:
    for name in (f"x-plivo-signature-{version}", f"x-plivo-signature-ma-{version}"):
        yield from (each.strip() for each in request.headers.get(name, "").split(","))
