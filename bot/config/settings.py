"""The settings of the core: names, defaults, and what follows from them. A vendor's are in its adapter.

Every field is one environment variable (its alias) with one line of help; the settings page of the docs and
`patchline check` are made from these fields.
"""

import hmac
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar

from platformdirs import user_data_path
from pydantic import Field, PlainValidator, PrivateAttr, SecretStr, create_model
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config import values
from bot.config.values import (
    BaseUrl,
    DatabaseUrl,
    Folder,
    Language,
    PerSecond,
    Port,
    Region,
    SecretKeys,
    Whole,
    Zone,
)
from bot.domain.cdr import Money
from bot.domain.limits import Access, Limits
from bot.domain.numbers import Address, CallerId
from bot.domain.texts import TEXTS, WHEN, Moment, placeholders

Vendor = TypeVar("Vendor", bound="VendorSettings")

_LONGEST_TEXT: Final = 1000


def env(name: str, help: str, default: Any = None, *, shown: str | None = None) -> Any:
    """A field read from the variable `name`. `shown` words a default that is worked out; a callable default
    is given the fields before it."""
    extra: dict[str, Any] = {} if shown is None else {"shown": shown}
    if callable(default):
        return Field(
            default_factory=default, validation_alias=name, description=help, json_schema_extra=extra
        )
    return Field(default=default, validation_alias=name, description=help, json_schema_extra=extra)


class EnvironmentSettings(BaseSettings):
    """What all settings classes share: frozen, and filled by `load` alone, which reads environment and `.env`
    once for all of them so that every mistake is seen together."""

    model_config = SettingsConfigDict(
        frozen=True, hide_input_in_errors=True, validate_default=False, extra="forbid"
    )

    _sources: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what `load` hands over."""
        return (init_settings,)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The environment variables of this class, in order."""
        return tuple(str(field.validation_alias) for field in cls.model_fields.values())

    def source(self, name: str) -> str:
        """Where that variable's value comes from: `environment`, `.env`, `data directory` or `default`."""
        return self._sources.get(name, "default")

    def with_sources(self, sources: Mapping[str, str]) -> Self:
        """The same settings, knowing where they come from."""
        copy = self.model_copy()
        copy._sources = dict(sources)
        return copy


class VendorSettings(EnvironmentSettings):
    """What one vendor's adapter wants to know; its module declares a subclass with `env` fields.

    A vendor is offered when all of `required` is given; some of its variables without them is a mistake.
    Secrets are SecretStr. Nothing else has to be said anywhere: `check` and the docs find the fields.
    """

    required: ClassVar[tuple[str, ...]] = ()

    def problems(self, core: "Settings") -> list[str]:
        """Mistakes that one variable alone does not show, each naming it and what to do."""
        return []


OnUnknown = Literal["report", "redial"]


def _on_unknown(text: Any) -> str:
    if text not in ("report", "redial"):
        raise ValueError(f"is {text!r}; write report (tell, never dial again) or redial")
    return str(text)


def _default_data_dir() -> Path:
    return user_data_path("patchline", appauthor=False)


def _spoken_text(moment: Moment, text: Any) -> str:
    try:
        unknown = sorted(placeholders(str(text)) - placeholders(TEXTS[moment]))
    except ValueError:
        raise ValueError("has a stray brace; only {name} and the like may be written in braces") from None
    if unknown:
        allowed = ", ".join(f"{{{name}}}" for name in sorted(placeholders(TEXTS[moment]))) or "none"
        raise ValueError(f"has {{{unknown[0]}}}, which means nothing there; allowed: {allowed}")
    if len(str(text)) > _LONGEST_TEXT:
        raise ValueError(f"is {len(str(text))} characters long; say it in {_LONGEST_TEXT}")
    return str(text).strip()


def _text_field(moment: Moment) -> Any:
    return (
        Annotated[str, PlainValidator(partial(_spoken_text, moment))],
        env(f"PATCHLINE_TEXT_{moment.name}", f"Spoken {WHEN[moment]}.", TEXTS[moment]),
    )


SpokenTexts: type[EnvironmentSettings] = create_model(
    "SpokenTexts",
    __base__=EnvironmentSettings,
    __module__=__name__,
    __doc__="One setting for every moment at which something is said on the phone.",
    **{moment.name.lower(): _text_field(moment) for moment in Moment},
)


class Settings(EnvironmentSettings):
    """Everything the core wants to know. Made by `load`."""

    data_dir: Folder = env(
        "PATCHLINE_DATA_DIR",
        "Folder for what Patchline keeps: its SQLite file, secret key and recordings.",
        _default_data_dir,
        shown="the platform's data folder",
    )
    database_url: DatabaseUrl = env(
        "DATABASE_URL",
        "Where everything is written down: `postgres://…` or `sqlite:///path/to/file.db`.",
        lambda data: f"sqlite:///{data['data_dir'] / 'patchline.db'}",
        shown="a SQLite file in `PATCHLINE_DATA_DIR`",
    )
    recordings_dir: Folder = env(
        "PATCHLINE_RECORDINGS_DIR",
        "Folder for recordings and voicemails.",
        lambda data: data["data_dir"] / "recordings",
        shown="`recordings` in `PATCHLINE_DATA_DIR`",
    )
    host: str = env("HOST", "Address the web server listens on.", "127.0.0.1")
    port: Port = env("PORT", "Port the web server listens on.", 8080)
    public_url: BaseUrl | None = env(
        "PUBLIC_URL",
        "Where this Patchline is reached from outside, e.g. `https://phone.example.com`: callbacks and "
        "recording links start with it.",
    )
    secret_key: SecretKeys | None = env(
        "PATCHLINE_SECRET_KEY",
        "Signs recording links and callbacks, at least 32 characters. Several by comma: the first signs, the "
        "others are still believed.",
        shown="made once and kept in `PATCHLINE_DATA_DIR`; needed with PostgreSQL or `PUBLIC_URL`",
    )
    default_region: Region | None = env(
        "PATCHLINE_DEFAULT_REGION",
        "Country of numbers written without a country code, as two letters, e.g. `SG`.",
    )
    default_timezone: Zone = env(
        "PATCHLINE_DEFAULT_TIMEZONE",
        "Time zone of people who have not said theirs and whose chat does not know it either.",
        "UTC",
    )
    provider: str | None = env(
        "PATCHLINE_PROVIDER",
        "Voice provider used when a sentence names none.",
        shown="the first one that has its settings",
    )
    caller_id: Annotated[CallerId | None, PlainValidator(values.caller_id)] = env(
        "PATCHLINE_CALLER_ID",
        "Number shown to those who are called, e.g. `+6561239999`, or `private`.",
        shown="the provider's own",
    )
    admins: Annotated[tuple[str, ...], PlainValidator(values.askers)] = env(
        "PATCHLINE_ADMINS",
        "Who may admit others and see and end everybody's calls, by comma: `telegram:<user id>`, "
        "`slack:<team id>/<user id>`.",
        (),
    )
    allow: Annotated[tuple[str, ...], PlainValidator(values.askers)] = env(
        "PATCHLINE_ALLOW", "Who else may call, in the form of `PATCHLINE_ADMINS`.", ()
    )
    only_call: Annotated[tuple[Address, ...], PlainValidator(values.addresses)] = env(
        "PATCHLINE_ONLY_CALL",
        "Numbers and SIP addresses by comma; nothing else is ever dialled. The safe way to a first real "
        "call.",
        (),
    )
    daily_spend: Annotated[Money | None, PlainValidator(values.money)] = env(
        "PATCHLINE_DAILY_SPEND",
        "Most that calls may cost in a day, e.g. `20 USD`. Other currencies are counted one to one.",
        shown="no limit",
    )
    max_minutes: Whole = env("PATCHLINE_MAX_MINUTES", "Longest call, in minutes.", 60)
    ring_seconds: Whole = env("PATCHLINE_RING_SECONDS", "How long a phone rings, in seconds.", 30)
    placements_per_hour: Whole = env(
        "PATCHLINE_PLACEMENTS_PER_HOUR", "Most phones one person may have rung in an hour.", 30
    )
    room_live_legs: Whole = env(
        "PATCHLINE_ROOM_LIVE_LEGS",
        "Most phones ringing or talking at once for one room; Confirm lifts it for one call.",
        8,
    )
    room_calls_per_day: Whole = env("PATCHLINE_ROOM_CALLS_PER_DAY", "Most calls of one room in a day.", 200)
    calls_per_second: PerSecond | None = env(
        "PATCHLINE_CALLS_PER_SECOND",
        "How fast phones are rung through one provider account.",
        shown="what the provider is known to take",
    )
    on_unknown: Annotated[OnUnknown, PlainValidator(_on_unknown)] = env(
        "PATCHLINE_ON_UNKNOWN",
        "When a provider never says whether it dialled: `report` tells you and leaves it; `redial` dials "
        "again, at the risk of ringing twice.",
        "report",
    )
    sip_hosts: Annotated[tuple[str, ...], PlainValidator(values.hosts)] = env(
        "PATCHLINE_SIP_HOSTS", "SIP domains that may be called, by comma. Without one, none may.", ()
    )
    tts_language: Language = env("PATCHLINE_TTS_LANGUAGE", "Language of spoken texts.", "en-US")

    _texts: EnvironmentSettings = PrivateAttr(default_factory=SpokenTexts)
    _vendors: Mapping[str, VendorSettings] = PrivateAttr(default_factory=dict)

    def completed(
        self,
        *,
        secret_key: SecretStr | None,
        texts: EnvironmentSettings,
        vendors: Mapping[str, VendorSettings],
        sources: Mapping[str, str],
    ) -> "Settings":
        """With what `load` finds beyond the fields of this class."""
        copy = self.model_copy(update={"secret_key": secret_key}).with_sources(sources)
        copy._texts = texts.with_sources(sources)
        copy._vendors = {name: vendor.with_sources(sources) for name, vendor in vendors.items()}
        return copy

    @property
    def texts(self) -> Mapping[Moment, str]:
        """What is spoken at every moment: `bot.domain.texts.spoken(moment, settings.texts, …)`."""
        return {moment: getattr(self._texts, moment.name.lower()) for moment in Moment}

    @property
    def parts(self) -> tuple[EnvironmentSettings, ...]:
        """Core, spoken texts, and every vendor that is offered."""
        return (self, self._texts, *self._vendors.values())

    @property
    def offered(self) -> tuple[str, ...]:
        """The vendors whose settings are there, by name, in the order given to `load`."""
        return tuple(self._vendors)

    def of(self, kind: type[Vendor]) -> Vendor | None:
        """The settings of that vendor; None when it is not offered."""
        return next((each for each in self._vendors.values() if isinstance(each, kind)), None)

    @property
    def is_sqlite(self) -> bool:
        """One file, one dispatching process."""
        return self.database_url.startswith("sqlite")

    @property
    def web_base(self) -> str:
        """What links to our pages start with: PUBLIC_URL, else where we listen. No trailing slash."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - we link, not bind
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def limits(self) -> Limits:
        """The limits as `policy.py` wants them."""
        return Limits(**{name: getattr(self, name) for name in Limits.__dataclass_fields__})

    @property
    def access(self) -> Access:
        """Who may, as `policy.py` wants it."""
        return Access(admins=frozenset(self.admins), allow=frozenset(self.allow))

    def key(self, purpose: str) -> bytes:
        """32 bytes to sign or encrypt with, different for every purpose (`links`, `hooks`, …)."""
        return self.keys(purpose)[0]

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """`key(purpose)` first, then those of older secrets, which are still believed but sign nothing."""
        if self.secret_key is None:
            raise ValueError("settings without a secret key sign nothing; make them with load()")
        secrets = [secret.strip() for secret in self.secret_key.get_secret_value().split(",")]
        return tuple(map(partial(_derived, purpose=purpose), secrets))


def _derived(secret: str, *, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), b"patchline/" + purpose.encode(), "sha256")
