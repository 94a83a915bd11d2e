"""Plivo's features, limits and words, each with what it means here. What is not in a table falls through to
what stands beside it, and the raw payload is kept with the event."""

from collections.abc import Mapping
from typing import Final

from bot.domain.causes import HangupCause
from bot.domain.flow import Feature
from bot.ports.voice import ProviderLimits

NAME: Final = "plivo"

LACKING: Final[Mapping[Feature, str]] = {
    Feature.SCREENING: "Plivo does not notice a phone that asks who is calling",
    Feature.HOLD: "Plivo's API has no hold, except in a kind of conference that we do not use",
    Feature.MENU: "Plivo keeps no phone menus",
    Feature.WITHHELD_CALLER_ID: "Plivo shows a number of the account on every call",
}
"""What Plivo cannot do, with the reason."""

FEATURES: Final = frozenset(Feature) - LACKING.keys()
LIMITS: Final = ProviderLimits(conference_size=20, calls_per_second=2.0, listing_lag=10.0)

LONGEST_CALL: Final = 86_400
LONGEST_RECORDING: Final = 14_400
"""Seconds. Said with every recording, because Plivo's own default is one minute."""

# --- why a leg ended -----------------------------------------------------------------------------

CODES: Final[Mapping[int, HangupCause]] = {
    1000: HangupCause.NORMAL_CLEARING,
    2000: HangupCause.UNALLOCATED_NUMBER,
    2010: HangupCause.DESTINATION_OUT_OF_ORDER,
    2020: HangupCause.SUBSCRIBER_ABSENT,
    3000: HangupCause.NO_ANSWER,
    3010: HangupCause.USER_BUSY,
    3020: HangupCause.CALL_REJECTED,
    3040: HangupCause.CALL_REJECTED,
    3050: HangupCause.UNALLOCATED_NUMBER,
    3070: HangupCause.TEMPORARY_FAILURE,
    3080: HangupCause.TEMPORARY_FAILURE,
    3090: HangupCause.SWITCH_CONGESTION,
    3100: HangupCause.USER_BUSY,
    3110: HangupCause.CALL_REJECTED,
    3120: HangupCause.UNALLOCATED_NUMBER,
    3130: HangupCause.CALL_REJECTED,
    4000: HangupCause.NORMAL_CLEARING,
    4010: HangupCause.NORMAL_CLEARING,
    4020: HangupCause.NORMAL_CLEARING,
    4030: HangupCause.NORMAL_CLEARING,
    5000: HangupCause.TEMPORARY_FAILURE,
    5010: HangupCause.TEMPORARY_FAILURE,
    5020: HangupCause.TEMPORARY_FAILURE,
    6000: HangupCause.NORMAL_CLEARING,
    6010: HangupCause.NO_ANSWER,
    9000: HangupCause.NON_SELECTED_USER_CLEARING,
    9100: HangupCause.NORMAL_CLEARING,
}
"""`HangupCauseCode`. Any other code is INTERWORKING."""

MACHINE_DETECTED: Final = 9100
KEY_NOT_PRESSED: Final = 9110

STATUSES: Final[Mapping[str, HangupCause]] = {
    "completed": HangupCause.NORMAL_CLEARING,
    "busy": HangupCause.USER_BUSY,
    "failed": HangupCause.INTERWORKING,
    "timeout": HangupCause.NO_ANSWER,
    "no-answer": HangupCause.NO_ANSWER,
    "cancel": HangupCause.NORMAL_CLEARING,
}
"""`CallStatus` and `DialStatus`, where no code and no name says better."""

ANOTHER_NAME: Final[Mapping[str, HangupCause]] = {
    "CANCEL": HangupCause.NORMAL_CLEARING,
    "ORIGINATOR_CANCEL": HangupCause.NORMAL_CLEARING,
    "LOSE_RACE": HangupCause.NON_SELECTED_USER_CLEARING,
    "NORMAL_TEMPORARY_FAILURE": HangupCause.TEMPORARY_FAILURE,
    "NUMBER_CHANGED": HangupCause.UNALLOCATED_NUMBER,
    "ALLOTTED_TIMEOUT": HangupCause.NORMAL_CLEARING,
}
"""`HangupCause`, where its name is not the one of Q.850."""


def cause_of(*, code: str = "", name: str = "", status: str = "") -> HangupCause:
    """The code counts first, then the name, then the status; with none of them known, INTERWORKING."""
    if code.strip().isdigit() and int(code) != 0:
        return CODES.get(int(code), HangupCause.INTERWORKING)
    known = {cause.name: cause for cause in HangupCause} | dict(ANOTHER_NAME)
    named = known.get(name.strip().upper())
    return named or STATUSES.get(status.strip().lower(), HangupCause.INTERWORKING)


# --- what is spoken ------------------------------------------------------------------------------

LANGUAGES: Final = (
    "da-DK", "de-DE", "en-US", "en-AU", "en-GB", "es-ES", "es-US", "fr-FR", "fr-CA", "it-IT", "nl-NL",
    "pl-PL", "pt-PT", "pt-BR", "ru-RU", "sv-SE",
)  # fmt: skip
"""Of several for one language, the first speaks for a tag that names another country."""

VOICES: Final = ("WOMAN", "MAN")
POLLY: Final = "Polly."


def speech(language: str | None) -> str | None:
    """The tag that Plivo knows for a BCP 47 tag; None when it does not speak that language."""
    wanted = (language or LANGUAGES[2]).replace("_", "-").lower()
    exact = [each for each in LANGUAGES if each.lower() == wanted]
    near = [each for each in LANGUAGES if each[:2] == wanted.split("-")[0]]
    return next(iter(exact + near), None)


def voice_of(voice: str | None) -> str | None:
    """The voice as Plivo spells it; None when none was asked for. Raises ValueError for one it lacks."""
    if voice is None:
        return None
    if voice.lower().startswith(POLLY.lower()):
        return POLLY + voice[len(POLLY) :]
    if voice.upper() in VOICES:
        return voice.upper()
    raise ValueError(f"it has no voice called {voice!r}: WOMAN, MAN, and Amazon's as {POLLY}Name")
