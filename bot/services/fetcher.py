"""Brings recordings home from their providers, checks them, and deletes what has expired, here and there.

All that has to survive a crash is in the ledger; this loop only carries on from it. Which bytes are a
recording is `domain/audio.py`; what may become of one, `domain/recording.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.audio import Sound, recognise
from bot.domain.errors import ProviderError, Rejected, StorageUnavailable, Unavailable
from bot.domain.leg import RecordingRef
from bot.domain.recording import SHORTEST_VOICEMAIL, Recording, RecordingId
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import Audio, FetchesRecordings, VoiceProvider
from bot.services.shelf import Shelf

Change = Callable[[Recording], Recording | None]
Update = Callable[[Transaction, Recording, Change], Awaitable[Recording | None]]

log = structlog.get_logger(__name__)

LARGEST: Final = 50 * 1024 * 1024
GAPS: Final = (2, 5, 15, 30, 60, 120, 300, 900, 1800, 3600)
"""Seconds between tries; the last one repeats."""
GIVE_UP: Final = timedelta(hours=24)
FORGET_EVERY: Final = timedelta(minutes=5)
FORGET_FOR: Final = timedelta(days=7)

_AT_ONCE: Final = 4
_LOOK_EVERY: Final = 1.0
_DEADLINE: Final = 120.0
_LEASE: Final = timedelta(seconds=_DEADLINE + 60)
"""Nobody else tries meanwhile; a crash in the middle of a try costs what is left of it."""
_TRIES_FOR_THE_WHOLE: Final = 5


class Fetcher:
    """One transaction a step. `update` changes a recording inside one, if it can still be changed; `home` is
    told of each that has come."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        providers: Mapping[str, VoiceProvider],
        clock: Clock,
        shelf: Shelf,
        update: Update,
        home: Callable[[Recording], Awaitable[None]],
    ) -> None:
        self._ledger = ledger
        self._providers = providers
        self._clock = clock
        self._shelf = shelf
        self._update = update
        self._home = home
        self._delete_again: dict[RecordingId, datetime] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.tick()
            except StorageUnavailable as gone:
                log.warning("recordings out of reach", reason=str(gone))
            except Exception:
                log.exception("recordings")
            await self._clock.sleep(_LOOK_EVERY)

    async def tick(self) -> None:
        """Delete what has expired and fetch what is due, once. One recording's trouble is not another's."""
        now = self._clock.now()
        async with self._ledger() as tx:
            expired = await tx.recordings_expired(now)
            due = await tx.recordings_to_fetch(now, limit=_AT_ONCE)
        for recording in expired:
            await _guarded(self._delete, recording)
        await asyncio.gather(*(_guarded(self._fetch, recording) for recording in due))

    # --- bringing home ----------------------------------------------------------------------------------

    async def _fetch(self, recording: Recording) -> None:
        now = self._clock.now()
        taken = await self._change(recording, lambda each: each.taken(now, now + _LEASE))
        if taken is None:
            return
        try:
            audio = await self._download(taken)
            sound = _judge(taken, audio.data)
            if not _too_short(taken, sound):
                await self._shelf.put(taken.id, audio.data)
        except Rejected as never:
            log.warning("recording lost", recording=taken.id, provider=taken.provider, reason=never.detail)
            await self._change(taken, Recording.failed)
        except (ProviderError, OSError) as trouble:
            await self._later(taken, trouble)
        except Exception as broken:
            log.exception("fetching broke", recording=taken.id, provider=taken.provider)
            await self._later(taken, broken)
        else:
            await self._settle(taken, sound, len(audio.data))

    async def _download(self, recording: Recording) -> Audio:
        source = self._source(recording)
        if source is None:
            raise Rejected(provider=recording.provider, detail="this provider is not there to be asked")
        async with asyncio.timeout(_DEADLINE):
            return await source.fetch(_ref(recording))

    def _source(self, recording: Recording) -> FetchesRecordings | None:
        provider: object = self._providers.get(recording.provider)
        return provider if isinstance(provider, FetchesRecordings) else None

    async def _settle(self, recording: Recording, sound: Sound, size: int) -> None:
        """Deleted while it was on its way: nothing changes, and the sweep finds the file by its id."""
        now = self._clock.now()
        if _too_short(recording, sound):
            await self._change(recording, lambda each: each.ended(now, sound.seconds))
            return
        stored = await self._change(recording, lambda each: each.stored(sound, size, now))
        if stored is not None:
            await self._home(stored)

    async def _later(self, recording: Recording, trouble: Exception) -> None:
        """Try again after a growing gap, or the longer one the provider asked for; but not for ever."""
        gap = GAPS[min(recording.tries, len(GAPS)) - 1]
        asked = trouble.retry_after if isinstance(trouble, Unavailable) else None
        again = self._clock.now() + timedelta(seconds=max(gap, asked or 0.0))
        if again > recording.created_at + GIVE_UP:
            log.warning("recording given up", recording=recording.id, provider=recording.provider)
            await self._change(recording, Recording.failed)
            return
        log.info("recording not here yet", recording=recording.id, tries=recording.tries, reason=str(trouble))
        await self._change(recording, lambda each: each.again_at(again))

    # --- deleting ---------------------------------------------------------------------------------------

    async def _delete(self, recording: Recording) -> None:
        now = self._clock.now()
        if now < self._delete_again.get(recording.id, now):
            return
        self._delete_again[recording.id] = now + FORGET_EVERY
        await self._shelf.remove(recording.id)
        if await self._forgotten(recording, now):
            await self._change(recording, Recording.deleted)
            del self._delete_again[recording.id]

    async def _forgotten(self, recording: Recording, now: datetime) -> bool:
        """Have the provider delete it. True when that is done, cannot be done, or was tried long enough."""
        source = self._source(recording)
        if source is None:
            return True
        try:
            async with asyncio.timeout(_DEADLINE):
                await source.forget(_ref(recording))
        except (ProviderError, TimeoutError) as trouble:
            log.warning("provider has not deleted", recording=recording.id, reason=str(trouble))
            return isinstance(trouble, Rejected) or now >= recording.expires_at + FORGET_FOR
        return True

    async def _change(self, recording: Recording, change: Change) -> Recording | None:
        async with self._ledger() as tx:
            changed = await self._update(tx, recording, change)
            if changed is not None:
                await tx.commit()
        return changed


async def _guarded(step: Callable[[Recording], Awaitable[None]], recording: Recording) -> None:
    try:
        await step(recording)
    except StorageUnavailable as gone:
        log.warning("recording left for later", recording=recording.id, reason=str(gone))
    except Exception:
        log.exception("recording left for later", recording=recording.id)


def _ref(recording: Recording) -> RecordingRef:
    return RecordingRef(
        ref=recording.ref, url=recording.source_url, seconds=recording.seconds, voicemail=recording.voicemail
    )


def _judge(recording: Recording, data: bytes) -> Sound:
    """Raises Rejected for what is too large, Unavailable for what is no recording, or not all of it, yet."""
    if len(data) > LARGEST:
        raise Rejected(provider=recording.provider, detail="the recording is larger than 50 MB")
    sound = recognise(data)
    if sound is None:
        raise Unavailable(provider=recording.provider, detail="what came is not audio")
    if not _complete(sound, recording.seconds) and recording.tries < _TRIES_FOR_THE_WHOLE:
        raise Unavailable(provider=recording.provider, detail="only a part of the recording came")
    return sound


def _complete(sound: Sound, said: float | None) -> bool:
    """Whole as a file, and at least half as long as the provider said, give or take two seconds."""
    return sound.whole and (sound.seconds is None or said is None or sound.seconds + 2 >= said / 2)


def _too_short(recording: Recording, sound: Sound) -> bool:
    return recording.voicemail and sound.seconds is not None and sound.seconds < SHORTEST_VOICEMAIL
