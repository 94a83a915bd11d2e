"""Why a leg ended and what a call came to. Vendors' own words are translated in their own files."""

from enum import IntEnum, StrEnum
from typing import Final


class HangupCause(IntEnum):
    """ITU-T Q.850 cause values, by their customary names."""

    UNALLOCATED_NUMBER = 1
    NORMAL_CLEARING = 16
    USER_BUSY = 17
    NO_USER_RESPONSE = 18
    NO_ANSWER = 19
    SUBSCRIBER_ABSENT = 20
    CALL_REJECTED = 21
    NON_SELECTED_USER_CLEARING = 26
    DESTINATION_OUT_OF_ORDER = 27
    INVALID_NUMBER_FORMAT = 28
    NORMAL_UNSPECIFIED = 31
    NO_CIRCUIT_AVAILABLE = 34
    NETWORK_OUT_OF_ORDER = 38
    TEMPORARY_FAILURE = 41
    SWITCH_CONGESTION = 42
    OUTGOING_CALL_BARRED = 52
    BEARER_CAPABILITY_NOT_AVAILABLE = 58
    RECOVERY_ON_TIMER_EXPIRE = 102
    INTERWORKING = 127


class Disposition(StrEnum):
    """What a leg or a call came to, in CDR words. Always derived, never stored as a second truth."""

    ANSWERED = "answered"
    NO_ANSWER = "no answer"
    BUSY = "busy"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MACHINE = "machine"


class AmdVerdict(StrEnum):
    """Who picked up. UNSURE is treated as HUMAN; SCREENING is a phone that asks who is calling."""

    HUMAN = "human"
    MACHINE = "machine"
    SCREENING = "screening"
    UNSURE = "unsure"


_UNANSWERED: Final[dict[HangupCause, Disposition]] = {
    HangupCause.USER_BUSY: Disposition.BUSY,
    HangupCause.NO_ANSWER: Disposition.NO_ANSWER,
    HangupCause.NO_USER_RESPONSE: Disposition.NO_ANSWER,
    HangupCause.SUBSCRIBER_ABSENT: Disposition.NO_ANSWER,
    HangupCause.NORMAL_CLEARING: Disposition.CANCELLED,
    HangupCause.NON_SELECTED_USER_CLEARING: Disposition.CANCELLED,
}


def unanswered(cause: HangupCause | None) -> Disposition:
    """What a leg that never answered came to. A cause that says nothing better means FAILED."""
    return Disposition.NO_ANSWER if cause is None else _UNANSWERED.get(cause, Disposition.FAILED)
