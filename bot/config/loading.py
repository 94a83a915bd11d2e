"""Reading the environment, and saying everything that is wrong with it at once."""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError

from bot.config.settings import EnvironmentSettings, Settings, SpokenTexts, VendorSettings
from bot.domain.errors import ConfigError

Kinds = Mapping[str, type[VendorSettings]]
NOBODY: Final[Kinds] = MappingProxyType({})
_Any = TypeVar("_Any", bound=EnvironmentSettings)

SECRET_FILE: Final = "secret_key"  # noqa: S105 - the file's name


def load(
    environ: Mapping[str, str] | None = None, *, providers: Kinds = NOBODY, chats: Kinds = NOBODY
) -> Settings:
    """The settings from `environ`, or from the environment and the `.env` of the working directory (the
    environment wins). `providers` and `chats` are the vendors by name. An empty value counts as none.

    Raises ConfigError with every mistake. Makes and keeps a secret key where that is allowed.
    """
    given, sources = _read(environ)
    problems: list[str] = []
    core, texts = _fill(Settings, given, problems), _fill(SpokenTexts, given, problems)
    vendors = {**providers, **chats}
    offered = {
        name: found for name, kind in vendors.items() if (found := _vendor(name, kind, given, problems))
    }
    problems += _misspelt(given, known_names(vendors))
    if core is None or texts is None:
        raise ConfigError(problems=problems)
    problems += _wrong_together(core, offered, providers)
    secret = core.secret_key
    if secret is None and not problems:
        secret = _kept_secret(core.data_dir, problems)
        sources |= {"PATCHLINE_SECRET_KEY": "data directory"}
    if problems:
        raise ConfigError(problems=problems)
    return core.completed(secret_key=secret, texts=texts, vendors=offered, sources=sources)


def load_alone(kind: type[_Any], environ: Mapping[str, str] | None = None) -> _Any:
    """One settings class by itself, for what needs nothing else; what its variables are required for is not
    asked. Raises ConfigError with its mistakes."""
    given, sources = _read(environ)
    problems: list[str] = []
    filled = _fill(kind, given, problems)
    if filled is None:
        raise ConfigError(problems=problems)
    return filled.with_sources(sources)


def known_names(vendors: Kinds = NOBODY) -> tuple[str, ...]:
    """Every environment variable that means something to us."""
    kinds: tuple[type[EnvironmentSettings], ...] = (Settings, SpokenTexts, *vendors.values())
    return tuple(name for kind in kinds for name in kind.names())


def _read(environ: Mapping[str, str] | None) -> tuple[dict[str, str], dict[str, str]]:
    """Values without the empty ones, and where each comes from."""
    layers: dict[str, Mapping[str, str | None]] = {
        "environment": environ if environ is not None else os.environ
    }
    if environ is None:
        layers = {".env": dotenv_values(".env", interpolate=False), **layers}
    given, sources = {}, {}
    for source, layer in layers.items():
        for name, value in layer.items():
            if value and value.strip():
                given[name], sources[name] = value, source
    return given, sources


def _fill(kind: type[_Any], given: Mapping[str, str], problems: list[str]) -> _Any | None:
    try:
        return kind(**{name: given[name] for name in kind.names() if name in given})
    except ValidationError as mistakes:
        problems += _worded(mistakes)
        return None


def _worded(mistakes: ValidationError) -> Iterator[str]:
    for mistake in mistakes.errors(include_url=False, include_input=False):
        # A default that hangs on a field with a mistake of its own is no second mistake.
        if mistake["type"] != "default_factory_not_called":
            ours = mistake.get("ctx", {}).get("error")
            words = str(ours if ours is not None else mistake["msg"])
            yield f"{mistake['loc'][0]} {words}" + ("" if words.endswith("?") else ".")


def _vendor(
    name: str, kind: type[VendorSettings], given: Mapping[str, str], problems: list[str]
) -> VendorSettings | None:
    """Its settings when it is to be offered."""
    there = [each for each in kind.names() if each in given]
    missing = [each for each in kind.required if each not in given]
    if there and missing:
        problems += [f"{each} is missing: {there[0]} is set, and {name} needs both." for each in missing]
    filled = _fill(kind, given, problems)
    return None if missing else filled


def _misspelt(given: Mapping[str, str], known: Sequence[str]) -> Iterator[str]:
    """Only our own prefix: what other programs call their variables is their business."""
    for name in sorted(given):
        if name.startswith("PATCHLINE_") and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.8)
            if near:
                yield f"{name} is no setting; did you mean {near[0]}?"


def _wrong_together(core: Settings, offered: Mapping[str, VendorSettings], providers: Kinds) -> Iterator[str]:
    for vendor in offered.values():
        yield from vendor.problems(core)
    if core.provider is not None and providers and core.provider not in offered:
        yield f"PATCHLINE_PROVIDER is {core.provider!r}, {_why_not_offered(core.provider, providers)}"
    if core.secret_key is None and (core.public_url is not None or not core.is_sqlite):
        reason = "PUBLIC_URL is set" if core.public_url is not None else "the database is PostgreSQL"
        yield (
            f"PATCHLINE_SECRET_KEY is missing, and {reason}: links and callbacks are signed with it. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )


def _why_not_offered(provider: str, providers: Kinds) -> str:
    kind = providers.get(provider)
    if kind is not None:
        return f"which needs {' and '.join(kind.required)} as well."
    near = get_close_matches(provider.lower(), providers, n=1)
    if near:
        return f"which is no provider; did you mean {near[0]}?"
    return f"which is no provider; there are {', '.join(providers)}."


def _kept_secret(data_dir: Path, problems: list[str]) -> SecretStr | None:
    """The key kept in the data directory, made when there is none. Two processes that start together get the
    same one: whoever links first wins."""
    kept = data_dir / SECRET_FILE
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not kept.exists():
            _write_secret(kept)
        secret = kept.read_text().strip()
    except OSError as error:
        problems.append(
            f"PATCHLINE_DATA_DIR cannot be used: {error.strerror}. Name a folder we may write to."
        )
        return None
    if len(secret) < 32:
        problems.append(
            f"The file {SECRET_FILE} in PATCHLINE_DATA_DIR is damaged: delete it, and a new one is made."
        )
    return SecretStr(secret)


def _write_secret(kept: Path) -> None:
    draft = kept.with_name(f"{SECRET_FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            kept.hardlink_to(draft)
    finally:
        draft.unlink()
