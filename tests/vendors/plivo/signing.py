"""How Plivo signs, written from its description and apart from the driver's reading of it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, urldefrag


def v3(token: str, method: str, url: str, form: Mapping[str, str], nonce: str) -> str:
    base, _, query = urldefrag(url)[0].partition("?")
    asked = {**parse_qs(query, keep_blank_values=True)}
    if method == "GET":
        asked |= {name: [value] for name, value in form.items()}
        form = {}
    line = "&".join(f"{name}={value}" for name in sorted(asked) for value in sorted(asked[name]))
    posted = "".join(f"{name}{form[name]}" for name in sorted(form))
    match bool(line), bool(posted):
        case True, True:
            text = f"{base}?{line}.{posted}"
        case True, False:
            text = f"{base}?{line}"
        case False, True:
            text = f"{base}?{posted}"
        case _:
            text = base
    return _hash(token, f"{text}.{nonce}")


def v2(token: str, url: str, nonce: str) -> str:
    return _hash(token, urldefrag(url)[0].partition("?")[0] + nonce)


def _hash(token: str, text: str) -> str:
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha256).digest()).decode()
