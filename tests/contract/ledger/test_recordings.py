"""Recordings and voicemails: found, fetched, and gone in time."""

from dataclasses import replace

import pytest

from bot.domain.cdr import CallId
from bot.domain.errors import Conflict
from bot.domain.recording import Recording, RecordingId, RecordingState
from bot.ports.ledger import Ledger
from tests.contract.ledger.samples import NOW, ROOM, SLACK, recording, rich_recording, seconds


async def kept(ledger: Ledger, *recordings: Recording) -> None:
    async with ledger() as tx:
        for each in recordings:
            await tx.save_recording(each)
        await tx.commit()


async def test_a_recording_comes_back_as_it_went_in(ledger: Ledger) -> None:
    plain, rich = recording(), rich_recording()
    await kept(ledger, plain, rich)
    async with ledger() as tx:
        assert await tx.recording(plain.id) == plain
        assert await tx.recording(rich.id) == rich
        assert await tx.recording_of(rich.provider, rich.ref) == rich
        assert await tx.recording(RecordingId("none")) is None
        assert await tx.recording_of("hoiio", rich.ref) is None
        fetched = replace(plain, state=RecordingState.STORED, size=1)
        await tx.save_recording(fetched)
        assert await tx.recording(plain.id) == fetched


async def test_a_providers_recording_is_kept_once(ledger: Ledger) -> None:
    await kept(ledger, recording(ref="r1"))
    with pytest.raises(Conflict):
        await kept(ledger, recording(ref="r1"))
    await kept(ledger, recording(ref="r1", provider="hoiio"))


async def test_a_recording_is_found_by_its_number(ledger: Ledger) -> None:
    mine, theirs = recording(number=14), recording(number=14, room=SLACK)
    await kept(ledger, mine, theirs)
    async with ledger() as tx:
        assert await tx.recording_numbered(ROOM.tenant, 14) == mine
        assert await tx.recording_numbered(SLACK.tenant, 14) == theirs
        assert await tx.recording_numbered(ROOM.tenant, 15) is None


async def test_recordings_are_listed_newest_first_without_deleted_ones(ledger: Ledger) -> None:
    calls = [CallId("c1"), CallId("c2"), CallId("c1"), CallId("c1")]
    each = [recording(number=n, call=of, created_at=NOW + seconds(n)) for n, of in enumerate(calls)]
    each[2] = replace(each[2], state=RecordingState.DELETED)
    await kept(ledger, *each, recording(room=SLACK))
    async with ledger() as tx:
        assert list(await tx.recordings(ROOM.tenant)) == [each[3], each[1], each[0]]
        assert list(await tx.recordings(ROOM.tenant, limit=1)) == [each[3]]
        assert list(await tx.recordings(ROOM.tenant, call=CallId("c1"))) == [each[3], each[0]]


async def test_what_waits_is_fetched_when_its_time_has_come(ledger: Ledger) -> None:
    at_once = recording(created_at=NOW + seconds(3))
    soon, later = recording(next_try=NOW + seconds(2)), recording(next_try=NOW + seconds(60))
    others = [recording(state=state, next_try=NOW) for state in RecordingState][1:]
    await kept(ledger, at_once, soon, later, *others)
    async with ledger() as tx:
        assert list(await tx.recordings_to_fetch(NOW + seconds(59))) == [soon, at_once]
        assert list(await tx.recordings_to_fetch(NOW + seconds(59), limit=1)) == [soon]
        assert list(await tx.recordings_to_fetch(NOW + seconds(60))) == [soon, at_once, later]


async def test_what_has_expired_is_found_until_it_is_deleted(ledger: Ledger) -> None:
    first = recording(expires_at=NOW + seconds(1))
    second = recording(expires_at=NOW + seconds(2), state=RecordingState.FAILED)
    gone = recording(expires_at=NOW, state=RecordingState.DELETED)
    await kept(ledger, second, first, gone)
    async with ledger() as tx:
        assert list(await tx.recordings_expired(NOW)) == []
        assert list(await tx.recordings_expired(NOW + seconds(2))) == [first, second]
        assert list(await tx.recordings_expired(NOW + seconds(2), limit=1)) == [first]
