"""From the text of one setting to its value. Each function raises ValueError with what to write instead;
no message repeats a whole number or a secret."""

import re
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from socket import inet_aton
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import PlainValidator, SecretStr

from bot.domain.cdr import Money
from bot.domain.countries import COUNTRIES
from bot.domain.numbers import WITHHELD, Address, CallerId, PhoneNumber, parse_address

_ASKER: Final = re.compile(r"([a-z]+):[^\s/:,@]+(/[^\s/:,@]+)?")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MONEY: Final = re.compile(r"(?:([A-Z]{3})\s*)?(\d+(?:\.\d+)?)(?:\s*([A-Z]{3}))?")
_SEPARATORS: Final = str.maketrans("", "", " -().\u00a0")
_URL: Final = re.compile(r"[^\s<>\"'\\\x00-\x1f]{1,500}")


def whole(text: Any) -> int:
    """0 or more."""
    if not re.fullmatch(r"\d{1,9}", str(text).strip()):
        raise ValueError(f"is {text!r}; write a whole number, 0 for no limit")
    return int(text)


def port(text: Any) -> int:
    """A TCP port; 0 lets the system choose."""
    if not re.fullmatch(r"\d{1,5}", str(text).strip()) or int(text) > 65_535:
        raise ValueError(f"is {text!r}; write a port from 0 to 65535, e.g. 8080")
    return int(text)


def per_second(text: Any) -> float:
    """A rate; 0 for none."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", str(text).strip()):
        raise ValueError(f"is {text!r}; write calls per second, e.g. 2 or 0.5, 0 for no limit")
    return float(text)


def money(text: Any) -> Money | None:
    """`20 USD`, `USD 20`, or `20` for US dollars; 0 is no limit."""
    match = _MONEY.fullmatch(str(text).strip().upper())
    if match is None or (match[1] and match[3]):
        raise ValueError(f"is {text!r}; write an amount and a currency, e.g. 20 USD")
    try:
        amount = Decimal(match[2])
    except InvalidOperation:  # pragma: no cover - the pattern admits only decimals
        raise ValueError("is not an amount; write e.g. 20 USD") from None
    return Money(amount=amount, currency=match[1] or match[3] or "USD") if amount else None


def region(text: Any) -> str:
    """Two letters of ISO 3166."""
    code = str(text).strip().upper()
    if code == "UK":
        raise ValueError("is 'UK'; the code of the United Kingdom is GB")
    if code not in COUNTRIES:
        raise ValueError(f"is {text!r}; write the country as two letters, e.g. SG or US")
    return code


def zone(text: Any) -> str:
    """An IANA zone. The zone database is asked, so that a folder or a file that is no zone does not pass."""
    name = str(text).strip()
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        near = get_close_matches(name, available_timezones(), n=1, cutoff=0.7)
        hint = f"did you mean {near[0]}?" if near else "write an IANA name, e.g. Asia/Singapore"
        raise ValueError(f"is {text!r}, which is no time zone; {hint}") from None
    return name


def number(text: str) -> PhoneNumber:
    """E.164, with spaces and the like between the digits if you wish."""
    try:
        return PhoneNumber(e164=text.strip().translate(_SEPARATORS))
    except ValueError:
        raise ValueError(
            "is no number in international form; write + country code and number, e.g. +6591234567"
        ) from None


def caller_id(text: Any) -> CallerId:
    """A number, or `private`."""
    return WITHHELD if str(text).strip().lower() == WITHHELD else number(str(text))


def addresses(text: Any) -> tuple[Address, ...]:
    """Numbers and SIP addresses, by comma."""
    return tuple(_each(text, _address))


def askers(text: Any) -> tuple[str, ...]:
    """Asker keys, by comma."""
    return tuple(_each(text, _asker))


def hosts(text: Any) -> tuple[str, ...]:
    """Domain names, by comma."""
    return tuple(_each(text, _host))


def language(text: Any) -> str:
    """A BCP 47 tag."""
    if not _LANGUAGE.fullmatch(str(text).strip()):
        raise ValueError(f"is {text!r}; write a language tag, e.g. en-US")
    return str(text).strip()


def folder(text: Any) -> Path:
    """Made absolute; `~` is the home directory."""
    return Path(str(text)).expanduser().absolute()


def database_url(text: Any) -> str:
    """Kept as written; what the driver is called is `storage/engine.py`."""
    scheme = str(text).partition(":")[0]
    if scheme not in ("sqlite", "sqlite+aiosqlite", "postgres", "postgresql", "postgresql+asyncpg"):
        raise ValueError("starts with no database we know; write postgres://… or sqlite:///path/to/file.db")
    return str(text)


def secret_keys(text: Any) -> SecretStr:
    """One key, or several by comma: the first signs, the others are still believed."""
    if any(len(key.strip()) < 32 for key in str(text).split(",")):
        raise ValueError(
            "is too short; make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return SecretStr(str(text))


def base_url(text: Any) -> str:
    """An http or https address that we, or a vendor, can be reached under; without a trailing slash."""
    url = str(text).strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or not _URL.fullmatch(url):
        raise ValueError("is no web address; write it whole, e.g. https://phone.example.com")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("may hold only scheme, host, port and path, e.g. https://phone.example.com")
    if _is_bind_all(host):
        raise ValueError(
            f"names {host}, which means 'every interface' and is nobody's address; write the host name"
        )
    return url


def is_private_url(url: str) -> bool:
    """Reachable only from this machine or its own network: no vendor on the internet can call it."""
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan"))


def _is_bind_all(host: str) -> bool:
    try:
        # The C library reads `0` and `0x0` as addresses too, which ipaddress does not.
        return host == "*" or not any(inet_aton(host))
    except OSError:
        return _is_unspecified(host)


def _is_unspecified(host: str) -> bool:
    try:
        address = IPv6Address(host)
    except ValueError:
        return False
    return (address.ipv4_mapped or address).is_unspecified


def _each(text: Any, read: Any) -> list[Any]:
    """`read` for every entry between commas; a mistake says which entry it is in."""
    found, mistakes = [], []
    for n, entry in enumerate(filter(None, (part.strip() for part in str(text).split(","))), start=1):
        try:
            found.append(read(entry))
        except ValueError as mistake:
            mistakes.append(f"entry {n} {mistake}")
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return found


def _address(text: str) -> Address:
    if not text.lower().startswith(("sip:", "sips:")):
        return number(text)
    try:
        return parse_address(text)
    except ValueError:
        raise ValueError("is no SIP address; write e.g. sip:amy@pbx.example.com") from None


def _asker(text: str) -> str:
    platform, colon, rest = text.partition(":")
    key = platform.lower() + colon + rest
    if not _ASKER.fullmatch(key):
        raise ValueError(f"is {text!r}; write telegram:<user id> or slack:<team id>/<user id>")
    return key


def _host(text: str) -> str:
    host = text.lower()
    if not _HOST.fullmatch(host):
        raise ValueError(f"is {text!r}; write the domain alone, e.g. pbx.example.com")
    return host


Whole = Annotated[int, PlainValidator(whole)]
Port = Annotated[int, PlainValidator(port)]
PerSecond = Annotated[float, PlainValidator(per_second)]
BaseUrl = Annotated[str, PlainValidator(base_url)]
Region = Annotated[str, PlainValidator(region)]
Zone = Annotated[str, PlainValidator(zone)]
Language = Annotated[str, PlainValidator(language)]
Folder = Annotated[Path, PlainValidator(folder)]
DatabaseUrl = Annotated[str, PlainValidator(database_url)]
SecretKeys = Annotated[SecretStr, PlainValidator(secret_keys)]
