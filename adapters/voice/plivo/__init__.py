"""Plivo (docs/providers/plivo.md): REST API, XML documents and signed callbacks.

`tables` holds Plivo's words, `driver` the provider, `documents` what a call hears, `events` what Plivo
tells, `webhooks` the door. This file holds the settings alone, so that reading them loads none of that.
"""

import re
from typing import Annotated, Any, ClassVar, Final

from pydantic import PlainValidator, SecretStr

from bot.config import BaseUrl, Settings, VendorSettings, env
from bot.ports.clock import Clock
from bot.ports.voice import VoiceProvider

_HEADERS: Final = re.compile(r"[A-Za-z0-9]+=[A-Za-z0-9]+(,[A-Za-z0-9]+=[A-Za-z0-9]+)*")
_YES_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _yes_no(text: Any) -> bool:
    try:
        return _YES_NO[str(text).strip().lower()]
    except KeyError:
        raise ValueError(f"is {text!r}; write yes or no") from None


def _milliseconds(text: Any) -> int:
    if not str(text).strip().isdigit() or not 2000 <= int(text) <= 10_000:
        raise ValueError(f"is {text!r}; write milliseconds from 2000 to 10000")
    return int(text)


def _sip_headers(text: Any) -> str:
    plain = "".join(str(text).split())
    if not _HEADERS.fullmatch(plain):
        raise ValueError("is no list like team=sales,site=7; names and values are letters and digits alone")
    return plain


def _caller_name(text: Any) -> str:
    if len(str(text)) > 50:
        raise ValueError("is too long; 50 characters are what Plivo takes")
    return str(text)


def _app_name(text: Any) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", str(text)):
        raise ValueError(f"is {text!r}; write letters, digits, - and _ alone")
    return str(text)


class PlivoSettings(VendorSettings):
    """Offered when both halves of the credentials are there; needs PUBLIC_URL."""

    required: ClassVar[tuple[str, ...]] = ("PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN")

    plivo_auth_id: SecretStr = env("PLIVO_AUTH_ID", "Auth ID of the Plivo account, from its console.")
    plivo_auth_token: SecretStr = env("PLIVO_AUTH_TOKEN", "Auth Token that belongs to `PLIVO_AUTH_ID`.")
    plivo_base_url: BaseUrl = env(
        "PLIVO_BASE_URL", "Address of Plivo's API, for a stand-in of it.", "https://api.plivo.com"
    )
    plivo_app_name: Annotated[str, PlainValidator(_app_name)] = env(
        "PLIVO_APP_NAME",
        "Plivo application that rented numbers are attached to; made when there is none.",
        "Patchline",
    )
    plivo_caller_name: Annotated[str, PlainValidator(_caller_name)] | None = env(
        "PLIVO_CALLER_NAME", "Name shown beside the number, where the network passes it on; 50 characters."
    )
    plivo_sip_headers: Annotated[str, PlainValidator(_sip_headers)] | None = env(
        "PLIVO_SIP_HEADERS",
        "Headers of every call, e.g. `team=sales`; they arrive with `X-PH-` in front of their names.",
    )
    plivo_digits_early: Annotated[bool, PlainValidator(_yes_no)] = env(
        "PLIVO_DIGITS_EARLY", "Dial an extension before the switchboard has answered: yes or no.", False
    )
    plivo_machine_ms: Annotated[int, PlainValidator(_milliseconds)] = env(
        "PLIVO_MACHINE_MS",
        "Milliseconds that telling a person from a machine may take, 2000 to 10000.",
        5000,
    )
    plivo_announce_early: Annotated[bool, PlainValidator(_yes_no)] = env(
        "PLIVO_ANNOUNCE_EARLY",
        "Announce a forwarded call before it is answered and billed: yes or no. Not every network lets the "
        "caller hear it.",
        False,
    )

    def problems(self, core: Settings) -> list[str]:
        """Plivo calls back; and it has to know the language of our own texts."""
        from adapters.voice.plivo.tables import speech

        found = []
        if core.public_url is None:
            found.append(
                "PUBLIC_URL is missing: Plivo asks there what a call shall do. Set the https address under "
                "which this Patchline is reached from the internet."
            )
        if speech(core.tts_language) is None:
            found.append(
                f"PATCHLINE_TTS_LANGUAGE is {core.tts_language!r}, which Plivo does not speak; "
                "docs/providers/plivo.md lists what it does."
            )
        return found


def make_plivo(settings: Settings, _: Clock) -> VoiceProvider:
    """The account that the settings name. Raises ValueError when they name none."""
    from adapters.voice.plivo.driver import Plivo
    from adapters.voice.plivo.request import Options

    own = settings.of(PlivoSettings)
    if own is None:
        raise ValueError("Plivo is not set up")
    return Plivo(
        auth_id=own.plivo_auth_id.get_secret_value(),
        auth_token=own.plivo_auth_token.get_secret_value(),
        base_url=own.plivo_base_url,
        key=settings.key("plivo"),
        public_url=settings.public_url,
        options=Options(
            caller_id=settings.caller_id,
            language=settings.tts_language,
            texts=settings.texts,
            app_name=own.plivo_app_name,
            caller_name=own.plivo_caller_name,
            sip_headers=own.plivo_sip_headers,
            digits_early=own.plivo_digits_early,
            machine_ms=own.plivo_machine_ms,
            announce_early=own.plivo_announce_early,
        ),
    )
