"""Plivo's codes, words and times, and what they are here."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.voice.plivo.tables import cause_of, speech, voice_of
from adapters.voice.plivo.times import console_zone, moment
from bot.domain.causes import HangupCause

CODES = {
    17: (3010, 3100),
    19: (3000, 6010),
    21: (3020, 3040, 3110, 3130),
    1: (2000, 3050, 3120),
    27: (2010,),
    20: (2020,),
    16: (1000, 4000, 4010, 4020, 4030, 6000, 9100),
    41: (3070, 3080, 5000, 5010, 5020),
    42: (3090,),
    26: (9000,),
    127: (1010, 1020, 2030, 2040, 2050, 2060, 2070, 3030, 3140, 4240, 6020, 7011, 8011, 9110, 4711),
}


@pytest.mark.parametrize(
    ("cause", "code"), [(cause, code) for cause, codes in CODES.items() for code in codes]
)
def test_codes_are_q850_causes(cause: int, code: int) -> None:
    assert cause_of(code=str(code), name="USER_BUSY", status="busy") == cause


@pytest.mark.parametrize(
    ("name", "status", "cause"),
    [
        ("USER_BUSY", "completed", HangupCause.USER_BUSY),
        ("no_answer", "", HangupCause.NO_ANSWER),
        ("ORIGINATOR_CANCEL", "cancel", HangupCause.NORMAL_CLEARING),
        ("LOSE_RACE", "", HangupCause.NON_SELECTED_USER_CLEARING),
        ("", "busy", HangupCause.USER_BUSY),
        ("", "timeout", HangupCause.NO_ANSWER),
        ("A_NEW_WORD", "failed", HangupCause.INTERWORKING),
        ("", "", HangupCause.INTERWORKING),
    ],
)
def test_without_a_code_the_name_counts_and_then_the_status(
    name: str, status: str, cause: HangupCause
) -> None:
    assert cause_of(name=name, status=status) is cause
    assert cause_of(code="0", name=name, status=status) is cause


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [
        (None, "en-US"),
        ("en", "en-US"),
        ("en-SG", "en-US"),
        ("en-GB", "en-GB"),
        ("pt_br", "pt-BR"),
        ("es-MX", "es-ES"),
        ("de", "de-DE"),
        ("ja-JP", None),
    ],
)
def test_languages_by_the_nearest_tag(tag: str | None, spoken: str | None) -> None:
    assert speech(tag) == spoken


def test_voices() -> None:
    assert [voice_of(each) for each in (None, "man", "Woman", "polly.Amy")] == [
        None,
        "MAN",
        "WOMAN",
        "Polly.Amy",
    ]
    with pytest.raises(ValueError, match="no voice"):
        voice_of("Amy")


def test_the_consoles_zone_shows_in_one_moment_told_twice() -> None:
    zone = console_zone("2024-09-26 14:05:08", "2024-09-26 08:35:10.910772")
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(hours=5, minutes=30)
    west = console_zone("2024-09-25 22:35:10", "2024-09-26 08:35:10.910772")
    assert west is not None
    assert west.utcoffset(None) == timedelta(hours=-10)


@pytest.mark.parametrize(
    ("started", "session"),
    [
        ("2024-09-26 14:12:40", "2024-09-26 08:35:10"),  # seven and a half minutes beside a quarter
        ("2024-09-28 14:05:08", "2024-09-26 08:35:10"),
        ("", "2024-09-26 08:35:10"),
        ("2024-09-26 14:05:08", "soon"),
    ],
)
def test_times_that_do_not_add_up_tell_no_zone(started: str, session: str) -> None:
    assert console_zone(started, session) is None


def test_moments() -> None:
    assert moment("2024-09-26 14:05:08+05:30") == datetime(2024, 9, 26, 8, 35, 8, tzinfo=UTC)
    assert moment("2024-09-26 14:05:08") == datetime(2024, 9, 26, 14, 5, 8, tzinfo=UTC)
    assert [moment(each) for each in (None, "", "None", "yesterday")] == [None] * 4
