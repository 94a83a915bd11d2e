"""What Patchline says on the phone, by moment; every text can be replaced by a setting. What it writes in the
chat is `messages.py`."""

from collections.abc import Mapping
from enum import StrEnum
from string import Formatter
from types import MappingProxyType
from typing import Final


class Moment(StrEnum):
    """When something is spoken. `PATCHLINE_TEXT_<NAME>` replaces its text."""

    RECORDING = "recording"
    FORWARDING = "forwarding"
    UNREACHABLE = "unreachable"
    GREETING = "greeting"
    THANKS = "thanks"
    ACCEPT = "accept"
    NOBODY = "nobody"
    ONE_MINUTE_LEFT = "one minute left"
    SCREENING = "screening"


WHEN: Final[Mapping[Moment, str]] = MappingProxyType(
    {
        Moment.RECORDING: "to each party before anything else when a call is recorded",
        Moment.FORWARDING: "to a caller whose call is being forwarded",
        Moment.UNREACHABLE: "before voicemail, when nobody could be reached",
        Moment.GREETING: "before the beep of the voicemail",
        Moment.THANKS: "after a message was left",
        Moment.ACCEPT: "to whoever must press 1 to take a call",
        Moment.NOBODY: "when nobody could be reached and there is no voicemail",
        Moment.ONE_MINUTE_LEFT: "a minute before the longest duration of a call is reached",
        Moment.SCREENING: "to a phone that asks who is calling",
    }
)

TEXTS: Final[Mapping[Moment, str]] = MappingProxyType(
    {
        Moment.RECORDING: "This call is recorded.",
        Moment.FORWARDING: "Please wait while we connect you.",
        Moment.UNREACHABLE: "The person you are calling cannot be reached. You can leave a message.",
        Moment.GREETING: "Please leave your message after the beep.",
        Moment.THANKS: "Thank you. Your message has been recorded. Goodbye.",
        Moment.ACCEPT: "Patchline. Press 1 to talk to {name}.",
        Moment.NOBODY: "Sorry, nobody could be reached. Goodbye.",
        Moment.ONE_MINUTE_LEFT: "One minute left.",
        Moment.SCREENING: "This is Patchline, calling for {name}. {reason}",
    }
)


def placeholders(text: str) -> frozenset[str]:
    """The names between braces. Raises ValueError for a lone brace or anything but a plain `{name}`."""
    found = set()
    for _, field, spec, conversion in Formatter().parse(text):
        if field is None:
            continue
        if not field.isidentifier() or spec or conversion:
            raise ValueError(f"{{{field}}} is not a plain placeholder")
        found.add(field)
    return frozenset(found)


def spoken(moment: Moment, texts: Mapping[Moment, str] = TEXTS, **values: str) -> str:
    """The text of `moment` with its placeholders filled in; moments missing in `texts` keep their default.

    Values are taken literally, whatever braces they hold. Raises KeyError for a placeholder without a value.
    """
    text = texts.get(moment, TEXTS[moment])
    return "".join(
        literal + ("" if field is None else values[field]) for literal, field, _, _ in Formatter().parse(text)
    )
