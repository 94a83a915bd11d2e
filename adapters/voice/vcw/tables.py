"""VCW's words and ours: what it can do, the languages and voices it has, who it says has answered."""

from collections.abc import Mapping
from typing import Final

from bot.domain.causes import AmdVerdict
from bot.domain.flow import Feature
from bot.ports.voice import ProviderLimits

NAME: Final = "vcw"

LACKING: Final[Mapping[Feature, str]] = {
    Feature.HANG_UP: "VCW cannot end a call that was ordered",
    Feature.PROGRESS: "VCW tells nothing before a call is over",
    Feature.SCREENING: "VCW does not notice phones that ask who is calling",
    Feature.ACCEPT_KEY: "VCW cannot ask for a key",
    Feature.DTMF: "VCW cannot press keys, so an extension cannot be dialled either",
    Feature.VOICEMAIL: "VCW records whole calls, not messages",
    Feature.CONFERENCE: "VCW connects two phones, never more",
    Feature.MUTE: "VCW takes no orders in mid-call",
    Feature.HOLD: "VCW takes no orders in mid-call",
    Feature.LIVE_PLAY: "VCW takes no orders in mid-call",
    Feature.TRANSFER: "VCW takes no orders in mid-call",
    Feature.RING_TIME: "VCW lets a phone ring for as long as its carrier does",
    Feature.TIME_LIMIT: "VCW ends a call when those who talk do",
    Feature.SIP: "VCW rings telephone numbers only",
    Feature.WITHHELD_CALLER_ID: "VCW always shows a number",
    Feature.INBOUND: "VCW does not pass calls to us",
    Feature.STATUS_QUERY: "VCW cannot be asked about a call; its one callback settles what is open",
    Feature.HISTORY: "VCW cannot be asked for its calls",
    Feature.RATE: "VCW tells no price before a call",
    Feature.BALANCE: "VCW does not tell what is left",
    Feature.RENT_DID: "VCW rents numbers on its own pages only",
    Feature.SIGNED_WEBHOOKS: "VCW signs nothing; the unguessable token in its callback's address protects it",
}
"""The reason beside each “no”. Whatever is not in here, it can do."""

FEATURES: Final = frozenset(Feature) - LACKING.keys()

LIMITS: Final = ProviderLimits(calls_per_second=1.0)

LANGUAGES: Final = (
    "en-GB",
    "en-US",
    "fr-FR",
    "de-DE",
    "it-IT",
    "pt-BR",
    "ru-RU",
    "es-ES",
    "es-US",
)
"""Of its plain speech, which costs nothing."""

USUAL: Final[Mapping[str, str]] = {
    "en": "en-US",
    "fr": "fr-FR",
    "de": "de-DE",
    "it": "it-IT",
    "pt": "pt-BR",
    "ru": "ru-RU",
    "es": "es-ES",
}
"""For variants of a language that it does not have."""

VOICES: Final = frozenset(
    {
        "en-US_AllisonVoice",
        "en-US_LisaVoice",
        "en-US_MichaelVoice",
        "en-GB_KateVoice",
        "de-DE_BirgitVoice",
        "de-DE_DieterVoice",
        "es-ES_EnriqueVoice",
        "es-ES_LauraVoice",
        "es-LA_SofiaVoice",
        "es-US_SofiaVoice",
        "fr-FR_ReneeVoice",
        "it-IT_FrancescaVoice",
        "ja-JP_EmiVoice",
        "pt-BR_IsabelaVoice",
    }
)
"""Of its better speech, which costs by the character. There may be more by now."""

ANSWERED_BY: Final[Mapping[str, AmdVerdict]] = {"person": AmdVerdict.HUMAN, "machine": AmdVerdict.MACHINE}
"""Any other word, and none, means that nobody answered; unless seconds were billed: then somebody did."""


def language_of(tag: str) -> str | None:
    """VCW's language for a BCP 47 tag; None where it has none."""
    known = {each.lower(): each for each in LANGUAGES}
    return known.get(tag.lower()) or USUAL.get(tag.lower().split("-")[0])


def voice_of(name: str) -> str:
    """VCW's voice for what people write: `allison` → `en-US_AllisonVoice`; an unknown one stays as it is."""
    wanted = name.casefold()
    for voice in sorted(VOICES):
        if wanted in (voice.casefold(), voice.partition("_")[2].removesuffix("Voice").casefold()):
            return voice
    return name
