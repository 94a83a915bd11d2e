"""Recordings as the core uses them: wanted, linked, opened, revoked, deleted; `fetcher.py` brings them home.

A change to a recording is made while its call is held, so nobody else changes it meanwhile.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.domain.call import Call, CallKind
from bot.domain.errors import BadLink, NoSuchThing
from bot.domain.flow import LegRole
from bot.domain.leg import RecordingRef
from bot.domain.links import sign, verify
from bot.domain.recording import SHORTEST_VOICEMAIL, Recording, RecordingId
from bot.ports.clock import Clock, Ids
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import Audio, VoiceProvider
from bot.services.fetcher import Change, Fetcher
from bot.services.shelf import Shelf

log = structlog.get_logger(__name__)

KEEP: Final = timedelta(days=90)
LINK_LIFE: Final = timedelta(days=7)

OnSettled = Callable[[Transaction, Recording], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Playable:
    """What a good link opens. `until` is when the link stops working."""

    recording: Recording
    path: Path
    until: datetime


async def _nobody(_tx: Transaction, _recording: Recording) -> None:
    return


OnHome = Callable[[Recording], Awaitable[None]]


async def _nothing(_recording: Recording) -> None:
    return


class Recordings:
    """`keys`: the first signs links, all open them. `base_url`: how people reach the web door, no `/` behind.

    `on_settled` is awaited inside the transaction that stores, fails or deletes a recording, so that its card
    goes into the outbox with it or not at all. What it raises undoes both, and it is tried again.
    `on_home` is awaited once, after a recording was stored; what it raises is logged.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        providers: Mapping[str, VoiceProvider],
        clock: Clock,
        ids: Ids,
        folder: Path,
        keys: Sequence[bytes],
        base_url: str,
        on_settled: OnSettled = _nobody,
        keep: timedelta = KEEP,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ids = ids
        self._shelf = Shelf(folder)
        self._keys = keys
        self._base_url = base_url
        self._keep = keep
        self.on_settled = on_settled
        self.on_home: OnHome = _nothing
        self._fetcher = Fetcher(
            ledger=ledger,
            providers=providers,
            clock=clock,
            shelf=self._shelf,
            update=self.update,
            home=self._home,
        )

    async def run(self) -> None:
        """Bring home what is wanted and delete what has expired, until cancelled.

        Wanted in the process whose web door answers the links: that is where the files have to be.
        """
        await self._fetcher.run()

    async def tick(self) -> None:
        """One round of `run`."""
        await self._fetcher.tick()

    # --- inside the transaction of whoever asks -------------------------------------------------------

    async def wanted(self, tx: Transaction, call: Call, role: LegRole, ref: RecordingRef) -> Recording | None:
        """Write down that this recording is to be brought home. The same (provider, ref) is written once.

        None for a voicemail known to be under two seconds: that is a missed call.
        """
        provider = _provider_of(call, role)
        known = await tx.recording_of(provider, ref.ref)
        if known is not None:
            return known
        if ref.voicemail and ref.seconds is not None and ref.seconds < SHORTEST_VOICEMAIL:
            return None
        now = self._clock.now()
        recording = Recording(
            id=RecordingId(self._ids.new()),
            number=await tx.next_voicemail(call.room.tenant) if ref.voicemail else 0,
            call=call.id,
            role=role,
            room=call.room,
            owner=call.asker,
            provider=provider,
            ref=ref.ref,
            source_url=ref.url,
            voicemail=ref.voicemail,
            seconds=ref.seconds,
            caller=_other_end(call, role),
            created_at=now,
            next_try=now,
            expires_at=now + self._keep,
        )
        await tx.save_recording(recording)
        return recording

    async def delete(self, tx: Transaction, recording: Recording) -> Recording:
        """From the commit on nobody can hear it; within seconds it is gone here and at the provider."""
        now = self._clock.now()
        return await self.update(tx, recording, lambda each: each.ended(now)) or recording

    async def _home(self, recording: Recording) -> None:
        await self.on_home(recording)

    async def revoke(self, tx: Transaction, recording: Recording) -> Recording:
        """From the commit on every link given out so far is dead. Returns what new links are made from."""
        return await self.update(tx, recording, Recording.revoked) or recording

    async def update(self, tx: Transaction, recording: Recording, change: Change) -> Recording | None:
        """Save what `change` makes of the recording as it stands; nothing is saved when that is None."""
        await tx.call(recording.call)
        known = await tx.recording(recording.id)
        changed = None if known is None else change(known)
        if known is None or changed is None:
            return None
        await tx.save_recording(changed)
        if changed.state is not known.state:
            await self.on_settled(tx, changed)
        return changed

    # --- links ----------------------------------------------------------------------------------------

    def link(self, recording: Recording) -> str:
        """The address of its player page: good for seven days, but not beyond the recording's own time."""
        until = min(self._clock.now() + LINK_LIFE, recording.expires_at)
        return f"{self._base_url}/r/{sign(recording.id, recording.link_version, until, self._keys[0])}"

    async def open(self, token: str) -> Playable:
        """What a link leads to. Raises BadLink, be it forged, expired, revoked, deleted or unknown."""
        now = self._clock.now()
        link = verify(token, self._keys, now)
        async with self._ledger() as tx:
            recording = await tx.recording(link.recording)
        if recording is None or recording.link_version != link.version or not recording.playable(now):
            raise BadLink
        if not await self._shelf.has(recording.id):
            log.error("recording is not in its folder", recording=recording.id)
            raise BadLink
        return Playable(recording=recording, path=self._shelf.path(recording.id), until=link.expires_at)

    async def call_of(self, recording: Recording) -> Call | None:
        """The call it was made in."""
        async with self._ledger() as tx:
            return await tx.call(recording.call)

    async def audio(self, recording: Recording) -> Audio:
        """Its bytes, to be posted into a room. Raises NoSuchThing when it cannot be heard (any more)."""
        missing = NoSuchThing(what="recording", name=recording.file_name)
        if recording.content_type is None or not recording.playable(self._clock.now()):
            raise missing
        try:
            return Audio(content_type=recording.content_type, data=await self._shelf.get(recording.id))
        except FileNotFoundError as gone:
            raise missing from gone


def _provider_of(call: Call, role: LegRole) -> str:
    leg = call.leg(role)
    placement = call.placement(leg.token) if leg else None
    return placement.provider if placement else call.provider


def _other_end(call: Call, role: LegRole) -> str | None:
    """Whose voice it is: the caller's on a call to one of our numbers, else the party's of that leg."""
    leg = call.leg(role)
    address = call.caller if call.kind is CallKind.INBOUND else leg and leg.party.address
    return str(address) if address else None
