"""What a rule can say: yes, ask first, no. Every verdict carries its rule and a sentence for the asker, and
goes to the audit log as it is. No sentence holds a whole number."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """Stable names: they stand in the audit log."""

    # who may
    ADMIN = "admin"
    MEMBER = "member"
    ADMITTED = "admitted"
    NOT_ADMITTED = "not_admitted"
    GUEST = "guest"
    BOT = "bot"
    REVOKED = "revoked"
    ADMIN_ONLY = "admin_only"
    OWN_CALL = "own_call"
    NOT_YOURS = "not_yours"
    # whom, never
    EMERGENCY = "emergency"
    SHORT_CODE = "short_code"
    IMPOSSIBLE = "impossible"
    PREMIUM = "premium"
    ONLY_CALL = "only_call"
    SIP_HOST = "sip_host"
    CALLER_ID = "caller_id"
    # how much
    PLACEMENTS_PER_HOUR = "placements_per_hour"
    LIVE_LEGS = "live_legs"
    CALLS_PER_DAY = "calls_per_day"
    DAILY_SPEND = "daily_spend"
    # asked first
    INVALID_NUMBER = "invalid_number"
    NIGHT = "night"
    NEW_COUNTRY = "new_country"
    MANY_AT_ONCE = "many_at_once"
    ENDLESS = "endless"
    LINK_LABEL = "link_label"
    PROFILE_NUMBER = "profile_number"
    # nothing against it
    WITHIN_LIMITS = "within_limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason to ask first; `party` is the name, or the masked address, it is about."""

    rule: Rule
    sentence: str
    party: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Go ahead."""

    rule: Rule
    reason: str = ""

    @property
    def word(self) -> str:
        """For the audit log."""
        return "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Go ahead once the asker has confirmed. There is at least one reason."""

    reasons: tuple[Reason, ...]

    @property
    def word(self) -> str:
        """For the audit log."""
        return "ask"

    @property
    def rule(self) -> str:
        """The rules, by comma, each once."""
        return ",".join(dict.fromkeys(reason.rule for reason in self.reasons))

    @property
    def reason(self) -> str:
        """Every sentence, in order."""
        return " ".join(reason.sentence for reason in self.reasons)

    @property
    def lifts_live_limit(self) -> bool:
        """Whether confirming this also lifts the live-leg limit, for this call alone."""
        return any(reason.rule is Rule.MANY_AT_ONCE for reason in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No, whoever confirms."""

    rule: Rule
    reason: str

    @property
    def word(self) -> str:
        """For the audit log."""
        return "refused"


Verdict = Allowed | Ask | Refused
