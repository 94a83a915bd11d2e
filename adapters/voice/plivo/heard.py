"""One callback of Plivo's, read: the address it came to, and its form. What it means is `events.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

from adapters.voice.plivo.place import Place, plain
from bot.domain.cdr import Money
from bot.domain.errors import Malformed
from bot.domain.flow import LegRole
from bot.domain.leg import LegEvent, LegEventKind
from bot.domain.numbers import Address, PhoneNumber, SipUri
from bot.ports.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One callback, read: where it belongs, its form, and when it came."""

    place: Place
    form: Mapping[str, str]
    at: datetime
    raw: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Heard":
        """Raises Malformed."""
        if request.received_at is None:
            raise Malformed("nobody noted when this came")
        return cls(place=Place.of(request), form=_form(request), at=request.received_at, raw=_raw(request))

    def get(self, *names: str) -> str:
        """The first of these fields that holds something."""
        return next((self.form[name] for name in names if self.form.get(name)), "")

    def need(self, *names: str) -> str:
        """Raises Malformed when there is none."""
        if found := self.get(*names):
            return found
        raise Malformed(f"no {names[0]}")

    @property
    def is_inbound(self) -> bool:
        """Somebody called one of our numbers."""
        return self.get("Direction").lower() == "inbound"

    @property
    def is_machine(self) -> bool:
        """Plivo has noticed that a machine picked up."""
        return self.get("Machine").lower() == "true"

    def event(
        self,
        kind: LegEventKind,
        source: str,
        *,
        role: LegRole | None = None,
        ref: str = "",
        at: datetime | None = None,
        **facts: object,
    ) -> LegEvent:
        """An event of this leg, unless `role` names another one. `source` tells it from all others."""
        if self.place.token is None:
            raise Malformed("a callback without a token")
        return LegEvent(
            token=self.place.token,
            role=role or self.place.role,
            kind=kind,
            at=at or self.at,
            source_id=source,
            ref=ref or None,
            raw=self.raw,
            **facts,  # type: ignore[arg-type]
        )


def _form(request: HttpRequest) -> dict[str, str]:
    if request.method == "GET":
        return {name: values[0] for name, values in request.query.items() if values}
    return dict(parse_qsl(request.body.decode("latin-1"), keep_blank_values=True))


def _raw(request: HttpRequest) -> str:
    return request.body.decode("utf-8", "replace") or request.url.partition("?")[2]


# --- plain values --------------------------------------------------------------------------------


def address(text: str) -> Address | None:
    """A number or SIP address as Plivo writes it; None for a withheld one."""
    try:
        if "@" in text:
            return SipUri(uri=text if text.lower().startswith("sip") else f"sip:{text}")
        return PhoneNumber(e164=f"+{plain(text)}")
    except ValueError:
        return None


def money(text: str | None) -> Money | None:
    """US dollars, the only currency of Plivo's API."""
    amount = decimal(text or "")
    return None if amount is None else Money(amount=amount)


def decimal(text: str) -> Decimal | None:
    """A finite number; None for anything else."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def seconds(text: str) -> int | None:
    """Whole seconds; None for what is no number, and for -1, which is Plivo's word for unknown."""
    number = decimal(text)
    return None if number is None or number < 0 else int(number)
