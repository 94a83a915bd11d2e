"""How moments, lengths of time and numbers are said."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import phrases
from bot.domain.numbers import PhoneNumber, SipUri


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00"), (14.9, "0:14"), (65, "1:05"), (3600, "1:00:00"), (3723, "1:02:03"), (-3, "0:00")],
)
def test_talk_time(seconds: float, said: str) -> None:
    assert phrases.talk_time(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (4, "4 s"), (59.6, "1 min"), (60, "1 min"), (90, "1 min 30 s"), (599, "9 min 59 s"), (620, "10 min"),
        (3599, "1 h"), (3600, "1 h"), (34_140, "9 h 29 min"), (66_600, "18 h 30 min"), (47 * 3600, "47 h"),
        (48 * 3600, "2 days"), (3 * 86_400, "3 days"),
    ],
)  # fmt: skip
def test_span(seconds: float, said: str) -> None:
    assert phrases.span(seconds) == said


def test_from_now() -> None:
    now = datetime(2026, 3, 10, tzinfo=UTC)
    assert phrases.from_now(now + timedelta(minutes=2), now) == "in 2 min"
    assert phrases.from_now(now + timedelta(milliseconds=900), now) == "now"
    assert phrases.from_now(now - timedelta(seconds=30), now) == "30 s ago"


@pytest.mark.parametrize(
    ("at", "zone", "said"),
    [
        ((2026, 3, 11, 1, 0), "Asia/Singapore", "Wed 11 March 2026, 09:00 (9:00 am) Asia/Singapore, UTC+8"),
        ((2026, 3, 10, 18, 30), "Asia/Kolkata", "Wed 11 March 2026, 00:00 (midnight) Asia/Kolkata, UTC+5:30"),
        ((2026, 7, 1, 16, 0), "America/New_York", "Wed 1 July 2026, 12:00 (noon) America/New_York, UTC-4"),
        (
            (2026, 1, 1, 16, 0),
            "America/New_York",
            "Thu 1 January 2026, 11:00 (11:00 am) America/New_York, UTC-5",
        ),
        (
            (2026, 1, 1, 3, 30),
            "America/St_Johns",
            "Thu 1 January 2026, 00:00 (midnight) America/St_Johns, UTC-3:30",
        ),
        ((2026, 1, 1, 0, 5), "UTC", "Thu 1 January 2026, 00:05 (12:05 am) UTC"),
        ((2026, 1, 1, 0, 5), "UTC+05:30", "Thu 1 January 2026, 05:35 (5:35 am) UTC+5:30"),
        ((2026, 1, 1, 15, 5, 20), "UTC", "Thu 1 January 2026, 15:05:20 (3:05:20 pm) UTC"),
    ],
)
def test_moment(at: tuple[int, ...], zone: str, said: str) -> None:
    assert phrases.moment(datetime(*at, tzinfo=UTC), zone) == said  # type: ignore[arg-type, misc]


def test_numbers_whole_and_cut() -> None:
    number = PhoneNumber(e164="+442079460018", ext="12")
    assert phrases.address_words(number, private=True) == "+44 20 7946 0018 ext. 12"
    assert phrases.address_words(number, private=False) == "…0018"
    sip = SipUri(uri="sip:amy@pbx.example.com")
    assert phrases.address_words(sip, private=True) == "sip:amy@pbx.example.com"
    assert phrases.address_words(sip, private=False) == "sip:…@pbx.example.com"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("call +65 9123 4567 now", "call …4567 now"),
        ("call +1 (415) 555-0101", "call …0101"),
        ("say “ring 91234567, please”", "say “ring …4567, please”"),
        ("2026-03-10 23:59", "2026-03-10 23:59"),
        ("23:59", "23:59"),
        ("in 90 minutes", "in 90 minutes"),
        ("12.03.2026", "12.03.2026"),
        ("on 2026-03-10 91234567", "on 2026-03-10 …4567"),
        ("on 2026-03-10 +65 9123 4567", "on 2026-03-10 …4567"),
        ("+6591234567 and +6581234567", "…4567 and …4567"),
    ],
)
def test_hiding_numbers_in_what_was_typed(typed: str, shown: str) -> None:
    assert phrases.hide_numbers(typed) == shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://user:secret@files.example.com/a/happy%20song.mp3?key=abc", "happy song.mp3"),
        ("https://files.example.com/", "files.example.com"),
        ("https://files.example.com?key=abc", "files.example.com"),
    ],
)
def test_a_link_is_said_by_its_file(url: str, said: str) -> None:
    assert phrases.file_name(url) == said


def test_lists() -> None:
    assert phrases.joined([]) == ""
    assert phrases.joined(["Amy"]) == "Amy"
    assert phrases.joined(["Amy", "Bob", "Carl"], last="or") == "Amy, Bob or Carl"
