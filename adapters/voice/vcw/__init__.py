"""voip-communications.net (VCW): a call is ordered whole, with what a person and what a machine gets.

`tables` holds the vendor's words, `orders` how a plan becomes one order; `driver` sends it and reads the one
callback that comes of it.
"""

from typing import ClassVar

from pydantic import SecretStr

from bot.config import BaseUrl, Settings, VendorSettings, env
from bot.ports.clock import Clock
from bot.ports.voice import VoiceProvider


class VcwSettings(VendorSettings):
    """An endpoint of a VCW account."""

    required: ClassVar[tuple[str, ...]] = ("VCW_API_KEY", "VCW_API_PASSWORD")

    vcw_api_key: SecretStr = env("VCW_API_KEY", "User name of the API in your VCW account.")
    vcw_api_password: SecretStr = env("VCW_API_PASSWORD", "Password of the API in your VCW account.")
    vcw_base_url: BaseUrl = env(
        "VCW_BASE_URL", "Where VCW's API is.", "https://voip-communications.net/api-v2/index.php"
    )

    def problems(self, core: Settings) -> list[str]:
        """Our own texts are spoken by VCW's plain speech."""
        from adapters.voice.vcw.tables import LANGUAGES, language_of

        if language_of(core.tts_language) is not None:
            return []
        known = ", ".join(LANGUAGES)
        return [f"PATCHLINE_TTS_LANGUAGE is {core.tts_language!r}, which VCW does not speak; it has {known}."]


def make_vcw(settings: Settings, _: Clock) -> VoiceProvider:
    """The driver, on the account of the settings."""
    from adapters.voice.vcw.driver import Vcw

    own = settings.of(VcwSettings)
    if own is None:
        raise ValueError("vcw is not set up")
    return Vcw(
        api_key=own.vcw_api_key.get_secret_value(),
        api_password=own.vcw_api_password.get_secret_value(),
        base_url=own.vcw_base_url,
        language=settings.tts_language,
    )
