"""Hoiio's words and ours: what it can do, what its status codes mean, how its calls end."""

from collections.abc import Mapping
from typing import Final

from bot.domain.causes import HangupCause
from bot.domain.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable
from bot.domain.flow import Feature
from bot.ports.voice import ProviderLimits

NAME: Final = "hoiio"

LACKING: Final[Mapping[Feature, str]] = {
    Feature.PROGRESS: "Hoiio does not say when a phone rings; it is asked how its calls stand",
    Feature.AMD: "Hoiio does not tell machines from people",
    Feature.SCREENING: "Hoiio does not notice phones that ask who is calling",
    Feature.ACCEPT_KEY: "a phone that Hoiio dials for a call is connected as soon as it is picked up",
    Feature.DTMF: "Hoiio cannot press keys, so an extension cannot be dialled either",
    Feature.HOLD: "Hoiio cannot hold a phone that is talking",
    Feature.LIVE_PLAY: "Hoiio plays and says nothing into a talk",
    Feature.TRANSFER: "Hoiio cannot take a talk apart once it runs",
    Feature.RING_MUSIC: "Hoiio gives its ring tone to whoever waits, never music",
    Feature.RING_TIME: "Hoiio lets a phone ring for as long as its carrier does",
    Feature.MENU: "Hoiio keeps no phone menu under a code",
    Feature.SIP: "Hoiio rings telephone numbers only",
}
"""The reason beside each “no”. Whatever is not in here, it can do."""

FEATURES: Final = frozenset(Feature) - LACKING.keys()

# 60 requests a minute for everything: a full conference that is asked about every 15 s takes 32 of them.
LIMITS: Final = ProviderLimits(conference_size=8, calls_per_second=1.0, listing_lag=2.0, ask_every=15.0)

# --- how a call ended -----------------------------------------------------------------------------

ANSWERED: Final = "answered"
ONGOING: Final = "ongoing"
CAUSES: Final[Mapping[str, HangupCause]] = {
    ANSWERED: HangupCause.NORMAL_CLEARING,
    "unanswered": HangupCause.NO_ANSWER,
    "busy": HangupCause.USER_BUSY,
    "failed": HangupCause.NORMAL_UNSPECIFIED,
}
UNKNOWN_WORD: Final = HangupCause.INTERWORKING
"""For a status that Hoiio has come up with since."""


def cause_of(status: str) -> HangupCause:
    """Why a leg of that status ended."""
    return CAUSES.get(status, UNKNOWN_WORD)


# --- status codes, by who must act ------------------------------------------------------------------

SUCCESS: Final = "success_ok"

BUSY: Final = frozenset(
    {
        "error_internal_server_error",
        "error_service_not_available",
        "error_call_service_not_available",
        "error_sms_service_not_available",
        "error_rate_limit_exceeded",
        "error_concurrent_call_limit_reached",
    }
)
"""Said in so many words, so nothing was dialled: it may be asked again."""

OPEN: Final = frozenset({"error_unknown_error_code", "error_add_notification_failed"})
"""Nobody can say whether it was dialled."""

GONE: Final = frozenset(
    {
        "error_invalid_txn_ref",
        "error_txn_ref_invalid",
        "error_invalid_session",
        "error_session_ended",
        "404",
    }
)
"""What there was to act on has ended."""

NOT_YET: Final = frozenset({"error_session_not_ready", "error_monitor_in_progress"})
"""The session is still busy with the block before."""


def class_of(code: str) -> type[ProviderError]:
    """Every other `error_…` is final: the request, the account, the money or the number is wrong."""
    if code in BUSY:
        return Unavailable
    return OutcomeUnknown if code in OPEN else Rejected


def words_of(code: str) -> str:
    """`error_insufficient_credit` → `insufficient credit`."""
    return code.removeprefix("error_").replace("_", " ")
