"""The settings as rows: for `patchline check`, and for the page of the docs. Secrets never leave here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.config.settings import EnvironmentSettings, Settings, VendorSettings
from bot.domain.cdr import Money
from bot.domain.numbers import PhoneNumber, SipUri


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting as it stands; `value` is fit to be shown and logged. `source` as `Settings.source`."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One setting as the docs tell of it."""

    name: str
    default: str
    help: str


def describe(settings: Settings) -> tuple[Row, ...]:
    """Core, spoken texts, then each vendor that is offered."""
    return tuple(row for part in settings.parts for row in _rows(part))


def entries(kind: type[EnvironmentSettings]) -> tuple[Entry, ...]:
    """The settings of one class, for the docs."""
    return tuple(
        Entry(name=str(field.validation_alias), default=_default(field), help=field.description or "")
        for field in kind.model_fields.values()
    )


def required_together(kind: type[VendorSettings]) -> str:
    """In words, for the docs: what a vendor cannot do without."""
    return " and ".join(f"`{name}`" for name in kind.required)


def _rows(settings: EnvironmentSettings) -> Iterator[Row]:
    for attribute, field in type(settings).model_fields.items():
        name = str(field.validation_alias)
        value = getattr(settings, attribute)
        shown = _default(field).replace("`", "") if value is None else _masked(value)
        yield Row(name=name, value=shown, source=settings.source(name))


def _default(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "shown" in extra:
        return str(extra["shown"])
    return _masked(field.default) or "none"


def _masked(value: Any) -> str:
    match value:
        case None | () | "":
            return "none"
        case SecretStr():
            return "set"
        case PhoneNumber() | SipUri():
            return value.masked()
        case tuple():
            return ", ".join(map(_masked, value))
        case str():
            return re.sub(r"://[^/@]*@", "://…@", value)
        case Money() | Path():
            return str(value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)
