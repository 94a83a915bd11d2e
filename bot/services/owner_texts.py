"""The SMS to whom a number is forwarded for: somebody has left a message, and here is the link.

It is sent once the message is here, and at most once: the card in the room is what nobody can miss.
"""

from collections.abc import Mapping

import structlog

from bot.domain.answers import voicemail_text
from bot.domain.call import Call, CallKind
from bot.domain.errors import ProviderError
from bot.domain.numbers import PhoneNumber, parse_address
from bot.domain.recording import Recording
from bot.ports.ledger import Ledger
from bot.ports.voice import SendsSms, VoiceProvider
from bot.services.recordings import Recordings

log = structlog.get_logger(__name__)


class OwnerTexts:
    """Told of every recording that has come home."""

    def __init__(
        self, *, ledger: Ledger, providers: Mapping[str, VoiceProvider], recordings: Recordings
    ) -> None:
        self._ledger = ledger
        self._providers = providers
        self._recordings = recordings

    async def tell(self, recording: Recording) -> None:
        """Nothing but a voicemail is told, and only where the forward knows a number to tell. What the
        provider refuses is logged."""
        call, to = await self._whom(recording)
        provider: object = self._providers.get(recording.provider)
        if call is None or call.did is None or to is None or not isinstance(provider, SendsSms):
            return
        caller = None if recording.caller is None else parse_address(recording.caller)
        name = next((party.name for party in call.parties if party.address == caller), None)
        words = voicemail_text(name, caller, recording.seconds, self._recordings.link(recording))
        try:
            await provider.send_text(to, words, PhoneNumber(e164=call.did))
        except ProviderError as error:
            log.warning("owner not told by SMS", provider=error.provider, detail=error.detail)

    async def _whom(self, recording: Recording) -> tuple[Call | None, PhoneNumber | None]:
        if not recording.voicemail:
            return None, None
        async with self._ledger() as tx:
            call = await tx.call(recording.call)
            if call is None or call.kind is not CallKind.INBOUND or call.did is None:
                return None, None
            rule = await tx.forward_of(PhoneNumber(e164=call.did))
        to = rule.notify if rule is not None else None
        return call, None if to == call.caller else to
