"""Hoiio (Singapore): calls between two phones, conferences, and calls that are led step by step.

`tables` holds the vendor's words, `api` the wire, `places` our callback addresses; `blocks` says how a flow
becomes requests, `notices` how what Hoiio tells becomes events, and `driver` puts them together.
"""

from typing import Annotated, Any, ClassVar, Final

from pydantic import PlainValidator, SecretStr

from bot.config import BaseUrl, Settings, VendorSettings, env
from bot.ports.clock import Clock
from bot.ports.voice import VoiceProvider

TERMS: Final = ("1", "3", "12", "auto_extend")
CONFERENCES: Final = ("voice/conference", "conference/call")


def _one_of(*allowed: str) -> PlainValidator:
    def read(text: Any) -> str:
        if str(text).strip() not in allowed:
            raise ValueError(f"is {text!r}; write {' or '.join(allowed)}")
        return str(text).strip()

    return PlainValidator(read)


class HoiioSettings(VendorSettings):
    """An application of a Hoiio account."""

    required: ClassVar[tuple[str, ...]] = ("HOIIO_APP_ID", "HOIIO_ACCESS_TOKEN")

    hoiio_app_id: SecretStr = env("HOIIO_APP_ID", "Names the application in your Hoiio account.")
    hoiio_access_token: SecretStr = env(
        "HOIIO_ACCESS_TOKEN", "Password of that application; Hoiio also signs its notifications with it."
    )
    hoiio_base_url: BaseUrl = env(
        "HOIIO_BASE_URL",
        "Where Hoiio's API is.",
        "https://secure.hoiio.com/open",
    )
    hoiio_conference_method: Annotated[str, _one_of(*CONFERENCES)] = env(
        "HOIIO_CONFERENCE_METHOD",
        "What Hoiio calls its conferences: `voice/conference`, or `conference/call` in newer accounts.",
        "voice/conference",
    )
    hoiio_rent_for: Annotated[str, _one_of(*TERMS)] = env(
        "HOIIO_RENT_FOR",
        "Months that a number is rented for: `1`, `3` or `12`, then it lapses; `auto_extend` keeps it, and "
        "only Hoiio's own pages end that.",
        "1",
    )
    hoiio_bodiless: Annotated[str, _one_of("refuse", "believe")] = env(
        "HOIIO_BODILESS_NOTIFICATIONS",
        "Notifications with all fields in the address are covered by no signature: `refuse` them, or "
        "`believe` them for the unguessable address alone.",
        "refuse",
    )


def make_hoiio(settings: Settings, clock: Clock) -> VoiceProvider:
    """The driver, on the account of the settings."""
    from adapters.voice.hoiio.driver import Hoiio

    own = settings.of(HoiioSettings)
    if own is None:
        raise ValueError("hoiio is not set up")
    return Hoiio(
        app_id=own.hoiio_app_id.get_secret_value(),
        access_token=own.hoiio_access_token.get_secret_value(),
        clock=clock,
        base_url=own.hoiio_base_url,
        public_url=settings.public_url,
        conference_method=own.hoiio_conference_method,
        rent_for=own.hoiio_rent_for,
        believes_bodiless=own.hoiio_bodiless == "believe",
    )
