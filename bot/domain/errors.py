"""The whole error tree, sorted by who must act. Raised with data; worded once, in `messages.py`."""

from collections.abc import Sequence
from dataclasses import dataclass, field


class PatchlineError(Exception):
    """Root of everything Patchline raises on purpose."""


# --- the person who asked must act -------------------------------------------------------------


class UserError(PatchlineError):
    """Said in the chat, in words; nothing was scheduled or changed."""


@dataclass(eq=False)
class NotAllowed(UserError):
    """A rule of `policy.py` said no. `rule` is its stable name, `reason` the sentence for the asker."""

    rule: str
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class NotPossible(UserError):
    """What was written cannot be done: by this provider, or by this call as it stands now."""

    reason: str
    provider: str | None = None
    feature: str | None = None

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class NoSuchThing(UserError):
    """A call, contact, forward or voicemail that was named does not exist (for this asker)."""

    what: str
    name: str
    suggestions: Sequence[str] = ()

    def __str__(self) -> str:
        return f"There is no {self.what} {self.name}."


# --- the provider answered, or did not -----------------------------------------------------------


@dataclass(eq=False)
class ProviderError(PatchlineError):
    """`detail` is the vendor's own words without numbers or secrets; `code` is its own code."""

    provider: str
    detail: str
    token: str | None = None
    code: str | None = None

    def __str__(self) -> str:
        return f"{self.provider}: {self.detail}" + (f" ({self.code})" if self.code else "")


class Rejected(ProviderError):
    """Permanent: bad number, no credit, bad credentials. Never tried again."""


@dataclass(eq=False)
class Unavailable(ProviderError):
    """Temporary and surely not dialled (429, connection refused, DNS). `retry_after` in seconds."""

    retry_after: float | None = None


class OutcomeUnknown(ProviderError):
    """The request left and no answer came (time-out, reset, 5xx): reconcile, never dial again blindly."""


class Unsupported(ProviderError):
    """The vendor's API cannot express it. Raised at planning time, so the asker hears it when ordering."""


# --- somebody knocked on our web door -------------------------------------------------------------


class WebhookError(PatchlineError):
    """A provider callback that cannot be taken."""


class BadSignature(WebhookError):
    """Missing or wrong signature: answered with 403."""


class Malformed(WebhookError):
    """Not what this vendor sends: answered with 400."""


class BadLink(PatchlineError):
    """A recording link that is forged, expired or revoked; nobody is told which: answered with 404."""


class BadPass(PatchlineError):
    """A sign-in link or session that is forged, expired or of another kind; nobody is told which."""


# --- the operator must act ------------------------------------------------------------------------


class StorageUnavailable(PatchlineError):
    """The database cannot be reached just now; the caller may try again."""


class Conflict(PatchlineError):
    """A second of what may exist once, a placement of an open leg for example; the database refused it."""


@dataclass(eq=False)
class ConfigError(PatchlineError):
    """Every mistake in the settings at once, each with what to do. The program exits with 2."""

    problems: Sequence[str] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "\n".join(self.problems)
