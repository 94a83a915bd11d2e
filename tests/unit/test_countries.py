"""The table of countries covers every country that has telephone numbers."""

import phonenumbers

from bot.domain.countries import COUNTRIES, country, flag


def test_every_region_with_numbers_has_a_name() -> None:
    assert set(phonenumbers.SUPPORTED_REGIONS) <= set(COUNTRIES)
    assert len(COUNTRIES) >= 249


def test_names_are_told_apart() -> None:
    assert len(set(COUNTRIES.values())) == len(COUNTRIES)


def test_names_and_flags() -> None:
    assert (country("LV"), flag("LV")) == ("Latvia", "🇱🇻")
    assert (country("001"), flag("001")) == ("001", "")
