"""Hoiio's wire: one POST a request with the two keys in it, a status in every answer, and everything typed.

Numbers come as strings, times in GMT+8; nothing outside this file sees either.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import httpx

from adapters.voice.hoiio.tables import NAME, SUCCESS, class_of, words_of
from adapters.wire import http
from bot.domain.cdr import Money
from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable
from bot.domain.numbers import PhoneNumber

T = TypeVar("T")
Fields = Mapping[str, Any]

SINGAPORE: Final = timezone(timedelta(hours=8))
"""A fixed offset: there is no daylight saving."""


class Api:
    """One application of an account."""

    def __init__(
        self, *, base_url: str, app_id: str, access_token: str, timeouts: http.Timeouts = http.PATIENT
    ) -> None:
        self._keys = {"app_id": app_id, "access_token": access_token}
        self._wire = http.Wire(
            provider=NAME,
            client=http.client(base_url, timeouts=timeouts),
            timeouts=timeouts,
            explain=_explain,
            secrets=(app_id, access_token),
        )

    async def ask(
        self,
        method: str,
        params: Mapping[str, str | None],
        read: Callable[[Fields], T],
        *,
        creates: bool = False,
        token: str | None = None,
    ) -> T:
        """What `read` makes of a successful answer; params that are None are left out.

        Raises Rejected, Unavailable or OutcomeUnknown, by HTTP status and by Hoiio's own.
        """
        form = {**self._keys, **{name: value for name, value in params.items() if value is not None}}
        try:
            reply = await self._wire.send("POST", method, creates=creates, token=token, data=form)
        except ProviderError as refusal:
            raise _better_sorted(refusal) from refusal
        fields = self._wire.read(reply, _fields, creates=creates, token=token)
        if fields["status"] != SUCCESS:
            raise _failure(fields["status"], creates=creates, token=token)
        return self._wire.read(reply, lambda _: read(fields), creates=creates, token=token)

    async def do(self, method: str, params: Mapping[str, str | None], *, creates: bool = False) -> None:
        """For requests whose only answer is that they worked."""
        await self.ask(method, params, lambda _: None, creates=creates)

    async def close(self) -> None:
        """Harmless twice."""
        await self._wire.close()


def _fields(reply: httpx.Response) -> dict[str, Any]:
    fields = json.loads(reply.content, parse_float=Decimal)
    if not isinstance(fields, dict) or not isinstance(fields.get("status"), str):
        raise ValueError("an answer without a status")  # noqa: TRY004 - read() takes it for an unreadable answer
    return fields


def _explain(reply: httpx.Response) -> tuple[str, str | None]:
    """Some failures come with an HTTP error as well; the status inside says more."""
    try:
        code = _fields(reply)["status"]
    except ValueError:
        return http.plainly(reply)
    return words_of(code), code


def _failure(code: str, *, creates: bool, token: str | None) -> ProviderError:
    if not code.startswith("error_"):
        kind: type[ProviderError] = OutcomeUnknown
    else:
        kind = class_of(code)
    if kind is OutcomeUnknown and not creates:
        kind = Unavailable
    return kind(provider=NAME, detail=http.redact(words_of(code)), token=token, code=code)


def _better_sorted(refusal: ProviderError) -> ProviderError:
    """By the status inside, but for a 5xx that names no lasting reason: that stays an open question."""
    if refusal.code is None or not refusal.code.startswith("error_"):
        return refusal
    kind = class_of(refusal.code)
    if kind is type(refusal) or (kind is not Rejected and not isinstance(refusal, Rejected)):
        return refusal
    return kind(provider=NAME, detail=refusal.detail, token=refusal.token, code=refusal.code)


# --- values ---------------------------------------------------------------------------------------


def text(fields: Fields, name: str) -> str:
    """The field as text; empty where there is none."""
    value = fields.get(name)
    return "" if value is None else str(value).strip()


def decimal(value: Any) -> Decimal:
    """Raises ValueError."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a number")
    return number


def whole(fields: Fields, name: str) -> int | None:
    """Rounded up; None where there is none. Raises ValueError."""
    return math.ceil(decimal(fields[name])) if text(fields, name) else None


def money(fields: Fields, name: str) -> Money | None:
    """The amount in the currency beside it; None where either is missing. Raises ValueError."""
    currency = text(fields, "currency")
    if not text(fields, name) or not currency:
        return None
    return Money(amount=decimal(fields[name]), currency=currency)


def priced(fields: Fields, name: str) -> Money:
    """Like `money`; raises ValueError where it is missing."""
    amount = money(fields, name)
    if amount is None:
        raise ValueError("no price")
    return amount


def moment(fields: Fields, name: str = "date") -> datetime | None:
    """GMT+8 to aware UTC; None where there is none. Raises ValueError."""
    written = text(fields, name)
    if not written:
        return None
    return datetime.fromisoformat(written).replace(tzinfo=SINGAPORE).astimezone(UTC)


def written(at: datetime) -> str:
    """Aware to `YYYY-MM-DD HH:MM:SS` in GMT+8."""
    return at.astimezone(SINGAPORE).strftime("%Y-%m-%d %H:%M:%S")


def number(value: str) -> PhoneNumber | None:
    """None for a withheld or unreadable number. A `+` that a form has turned into a space comes back."""
    digits = value.strip().lstrip("+")
    try:
        return PhoneNumber(e164=f"+{digits}")
    except ValueError:
        return None


def listed(value: Any) -> list[str]:
    """A comma list, or an array."""
    items = value if isinstance(value, list) else str(value).split(",")
    return [str(item).strip() for item in items if str(item).strip()]


# --- the record of a call -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A call as the status query, the history and the notification at its end tell it.

    `minutes` are billed minutes; like `cost` they are missing while the call runs.
    """

    ref: str
    tag: str
    dests: tuple[str, str]
    statuses: tuple[str, str]
    started_at: datetime | None
    minutes: int | None
    cost: Money | None
    raw: str


def record(fields: Fields) -> Record:
    """Raises KeyError or ValueError for what is no record."""
    return Record(
        ref=str(fields["txn_ref"]),
        tag=text(fields, "tag"),
        dests=(text(fields, "dest1"), text(fields, "dest2")),
        statuses=(text(fields, "call_status_dest1").lower(), text(fields, "call_status_dest2").lower()),
        started_at=moment(fields),
        minutes=whole(fields, "duration"),
        cost=money(fields, "debit"),
        raw=json.dumps({name: str(value) for name, value in fields.items()}, sort_keys=True),
    )
