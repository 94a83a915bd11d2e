"""What is worth a question before a phone rings: odd numbers, sleeping people, new countries. What is never
dialled is `policy.py`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

import phonenumbers

from bot.domain.countries import country
from bot.domain.number_ranges import is_valid, region_of, zones_of
from bot.domain.numbers import Address, PhoneNumber
from bot.domain.schedule import local_time
from bot.domain.verdicts import Reason, Rule

NIGHT_FROM: Final = time(22)
NIGHT_UNTIL: Final = time(7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """One party to be rung. `zone` is the one saved with the contact (IANA); without it, it is guessed.

    `label` is what a link showed where that was not the number it dials; `from_profile` marks a number that a
    chat profile gave and nobody verified. `is_me`: the asker's own verified number, never worth a question.
    """

    address: Address
    name: str | None = None
    zone: str | None = None
    is_me: bool = False
    label: str | None = None
    from_profile: bool = False

    @property
    def called(self) -> str:
        """The name, else as much of the address as may be shown."""
        return self.name or self.address.masked()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Where the asker is at home: their zone (IANA), their own region and the installation's (ISO 3166), and
    the regions of everybody in their address book (`regions_of`)."""

    zone: str = "UTC"
    own_regions: frozenset[str] = frozenset()
    contact_regions: frozenset[str] = frozenset()


def regions_of(addresses: Iterable[Address | None]) -> frozenset[str]:
    """The countries of those numbers; SIP addresses and None have none."""
    found = {region_of(address) for address in addresses if isinstance(address, PhoneNumber)}
    return frozenset(region for region in found if region is not None)


def doubts(dialled: Iterable[Dialled], circle: Circle, at: datetime) -> Iterator[Reason]:
    """Every reason to ask, party by party; `at` (aware) is when the phones ring."""
    asked_countries: set[str] = set()
    for party in dialled:
        if party.is_me:
            continue
        for reason in _about(party, circle, at):
            # Ten people in Latvia are one question about Latvia.
            if reason.rule is not Rule.NEW_COUNTRY or reason.sentence not in asked_countries:
                yield reason
            if reason.rule is Rule.NEW_COUNTRY:
                asked_countries.add(reason.sentence)


def _about(party: Dialled, circle: Circle, at: datetime) -> Iterator[Reason]:
    number = party.address
    if party.label is not None:
        yield _reason(
            Rule.LINK_LABEL, party, f"The link reads differently from the number it dials, {number.masked()}."
        )
    if party.from_profile:
        yield _reason(
            Rule.PROFILE_NUMBER,
            party,
            f"The number of {party.called} comes from a profile; nobody verified it.",
        )
    if isinstance(number, PhoneNumber):
        if not is_valid(number):
            yield _reason(
                Rule.INVALID_NUMBER,
                party,
                f"The number of {party.called} looks invalid."
                if party.name
                else f"{party.called} looks invalid.",
            )
        yield from _new_country(party, number, circle)
    yield from _night(party, circle, at)


def _reason(rule: Rule, party: Dialled, sentence: str) -> Reason:
    return Reason(rule=rule, sentence=sentence, party=party.called)


def _new_country(party: Dialled, number: PhoneNumber, circle: Circle) -> Iterator[Reason]:
    known = circle.own_regions | circle.contact_regions
    region = region_of(number)
    if region in known or any(_is_valid_in(number, home) for home in known):
        return
    code = f"+{_country_code(number)}"
    where = f"{country(region)}, {code}" if region is not None else f"{code}, which is no single country"
    yield _reason(Rule.NEW_COUNTRY, party, f"First call to {where}.")


def _night(party: Dialled, circle: Circle, at: datetime) -> Iterator[Reason]:
    """Only a sure night is worth a question: a number that may be in several zones has to have it in all."""
    zones = _zones(party)
    here = local_time(at, circle.zone)
    clocks = [local_time(at, zone) for zone in zones]
    if not clocks or any(clock == here or not _is_night(clock.time()) for clock in clocks):
        return
    guess = "" if party.zone else " (a guess from the number)"
    yield _reason(Rule.NIGHT, party, f"It will be {clocks[0]:%H:%M} at night for {party.called}{guess}.")


def _zones(party: Dialled) -> tuple[str, ...]:
    if party.zone is not None:
        return (party.zone,)
    return zones_of(party.address) if isinstance(party.address, PhoneNumber) else ()


def _is_night(clock: time) -> bool:
    return clock >= NIGHT_FROM or clock < NIGHT_UNTIL


def _is_valid_in(number: PhoneNumber, region: str) -> bool:
    """Countries that share a code share some ranges: toll-free numbers of +1 belong to Canada as well."""
    try:
        parsed = phonenumbers.parse(number.e164)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number_for_region(parsed, region)


def _country_code(number: PhoneNumber) -> int:
    try:
        return phonenumbers.parse(number.e164).country_code or 0
    except phonenumbers.NumberParseException:
        return 0
