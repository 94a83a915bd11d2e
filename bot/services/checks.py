"""What `patchline check` has to say, as data: what is set, what is offered, what is wrong and what to do.

Mistakes in single settings were found by `config.load`; here is what only shows once things are built.
Printing is the command line's.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.config import Row, Settings, describe
from bot.config.values import is_private_url
from bot.domain.errors import ConfigError, StorageUnavailable
from bot.domain.flow import Feature
from bot.domain.limits import Limits
from bot.ports.chat import ChatPlatform, Checkable
from bot.ports.ledger import Ledger
from bot.ports.voice import VoiceProvider

LARGEST_SKEW: Final = 1.0
"""Seconds our clock may differ from the database's before punctual calls are in doubt."""
ANSWERS_WITHIN: Final = 15.0
"""Seconds a chat gets to look itself over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled table; `rows` are fit to be shown and logged."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`problems` make the command exit with 2; `hints` do not. Each says what to do."""

    sections: tuple[Section, ...] = ()
    problems: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, or 2 when something has to be mended."""
        return 2 if self.problems else 0


def unusable(mistakes: ConfigError) -> Report:
    """The report when the settings cannot even be read."""
    return Report(problems=tuple(mistakes.problems))


async def check(
    settings: Settings,
    *,
    providers: Mapping[str, VoiceProvider],
    chats: Mapping[str, ChatPlatform],
    ledger: Ledger,
) -> Report:
    """Looks at everything and dials nothing: into the database, and at the chats that can be asked."""
    database, problems = await _database(settings, ledger)
    found = dict(zip(chats, await asyncio.gather(*map(_looked_over, chats.values())), strict=True))
    return Report(
        sections=(
            Section(title="settings", rows=describe(settings)),
            Section(title="providers", rows=tuple(_providers(settings, providers))),
            Section(title="chats", rows=tuple(_chats(found))),
            Section(title="database", rows=database),
            Section(title="limits", rows=tuple(_limits(settings.limits))),
        ),
        problems=(*problems, *_no_provider(providers), *(each for mend in found.values() for each in mend)),
        hints=tuple(_hints(settings, chats)),
    )


async def _database(settings: Settings, ledger: Ledger) -> tuple[tuple[Row, ...], list[str]]:
    kind = "SQLite, one dispatching process" if settings.is_sqlite else "PostgreSQL"
    source = settings.source("DATABASE_URL")
    try:
        async with ledger() as tx:
            await tx.next_moment()
        skew = await ledger.skew()
    except StorageUnavailable as error:
        problem = f"DATABASE_URL: the database cannot be reached ({error}). Is it running, and migrated?"
        return (Row(name=kind, value="cannot be reached", source=source),), [problem]
    row = Row(name=kind, value=f"reached; its clock differs by {abs(skew):.1f} s", source=source)
    if abs(skew) <= LARGEST_SKEW:
        return (row,), []
    return (row,), [
        f"Our clock is {skew:+.1f} s off the database's: set both by NTP, or calls leave at wrong times."
    ]


async def _looked_over(chat: ChatPlatform) -> Sequence[str]:
    """What that chat wants mended."""
    if not isinstance(chat, Checkable):
        return ()
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            return await chat.check()
    except TimeoutError:
        return (f"{chat.name} did not answer within {ANSWERS_WITHIN:.0f} s. Is it reachable from here?",)


def _chats(found: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    for name, mend in found.items():
        yield Row(name=name, value="to be mended, see below" if mend else "ready", source="")


def _providers(settings: Settings, providers: Mapping[str, VoiceProvider]) -> Iterator[Row]:
    """Features by their names; the first one is used where a sentence names none, unless the settings do."""
    default = settings.provider or next(iter(providers), None)
    for name, provider in providers.items():
        features = ", ".join(feature.value for feature in Feature if feature in provider.features)
        yield Row(name=name, value=features, source="default" if name == default else "")


def _limits(limits: Limits) -> Iterator[Row]:
    spend = str(limits.daily_spend) if limits.daily_spend is not None else None
    only = (
        f"{len(limits.only_call)} {'address' if len(limits.only_call) == 1 else 'addresses'} and nothing else"
    )
    yield Row(name="longest call", value=_or_none(limits.max_minutes, "min"), source="PATCHLINE_MAX_MINUTES")
    yield Row(name="ringing", value=_or_none(limits.ring_seconds, "s"), source="PATCHLINE_RING_SECONDS")
    yield Row(
        name="phones rung by one person",
        value=_or_none(limits.placements_per_hour, "an hour"),
        source="PATCHLINE_PLACEMENTS_PER_HOUR",
    )
    yield Row(
        name="phones live in one room",
        value=_or_none(limits.room_live_legs, "at once"),
        source="PATCHLINE_ROOM_LIVE_LEGS",
    )
    yield Row(
        name="calls of one room",
        value=_or_none(limits.room_calls_per_day, "a day"),
        source="PATCHLINE_ROOM_CALLS_PER_DAY",
    )
    yield Row(
        name="spending", value=f"{spend} a day" if spend else "no limit", source="PATCHLINE_DAILY_SPEND"
    )
    yield Row(
        name="whom",
        value=only if limits.only_call else "anybody the rules allow",
        source="PATCHLINE_ONLY_CALL",
    )


def _or_none(limit: int, unit: str) -> str:
    return f"{limit} {unit}" if limit else "no limit"


def _no_provider(providers: Mapping[str, VoiceProvider]) -> Iterator[str]:
    if not providers:
        yield "No voice provider is set up: give the settings of one, see docs/settings.md."


def _hints(settings: Settings, chats: Collection[str]) -> Iterator[str]:
    if settings.public_url is None:
        yield "PUBLIC_URL is not set: recording links open on this machine only."
    elif is_private_url(settings.public_url):
        yield "PUBLIC_URL is a private address: providers and people elsewhere cannot reach it."
    if chats and not settings.admins:
        yield "PATCHLINE_ADMINS is not set: nobody can admit others from a chat."
