"""A recording comes home whole or not at all, is kept for its time, and leaves no trace when that is over."""

import asyncio
import stat
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.call import Placement
from bot.domain.errors import (
    BadLink,
    NoSuchThing,
    OutcomeUnknown,
    Rejected,
    StorageUnavailable,
    Unavailable,
)
from bot.domain.links import verify
from bot.domain.recording import Recording, RecordingId, RecordingState
from bot.ports.ledger import Ledger, Transaction
from bot.services import fetcher
from bot.services.shelf import Shelf
from storage.memory import MemoryLedger
from tests.unit.recordings import (
    HERS,
    KEY,
    NOT_READY_PAGE,
    NOW,
    PRIVATE_ROOM,
    TOKEN,
    A,
    Bench,
    Vendor,
    incoming,
    message,
    mp3,
    outgoing,
    wav,
)

NOT_YET = Unavailable(provider="simulator", detail="not ready")
NEVER = Rejected(provider="simulator", detail="no such recording")


@pytest.fixture
def vendor() -> Vendor:
    return Vendor(says=[wav(7)])


@pytest.fixture
def bench(tmp_path: Path, vendor: Vendor) -> Bench:
    return Bench(MemoryLedger(), tmp_path / "recordings", vendor)


# --- wanted -----------------------------------------------------------------------------------------


async def test_a_voicemail_gets_the_next_number_of_its_workspace_and_ninety_days(bench: Bench) -> None:
    call = await bench.ring()
    first = await bench.want(call, message("rec-1", seconds=12.0))
    second = await bench.want(call, message("rec-2"))

    assert (first.number, second.number) == (1, 2)
    assert first.state is RecordingState.WAITING
    assert first.next_try == first.created_at == bench.clock.now()
    assert first.expires_at - first.created_at == timedelta(days=90)
    assert (first.caller, first.owner, first.room) == (HERS.e164, call.asker, call.room)
    assert (first.provider, first.ref, first.source_url) == ("simulator", "rec-1", message().url)


async def test_a_recording_told_twice_is_wanted_once(bench: Bench) -> None:
    call = await bench.ring()
    first = await bench.want(call)
    again = await bench.want(call)

    assert again == first
    assert (await bench.want(call, message("rec-2"))).number == 2


async def test_what_was_deleted_does_not_come_back_with_a_late_callback(bench: Bench) -> None:
    call = await bench.ring()
    recording = await bench.stored(call)
    await bench.change(lambda tx: bench.recordings.delete(tx, recording))
    await bench.wait(seconds=1)

    assert (await bench.want(call)).state is RecordingState.DELETED
    await bench.wait(seconds=1)
    assert bench.files() == []


async def test_a_message_of_under_two_seconds_is_a_missed_call(bench: Bench) -> None:
    call = await bench.ring()
    async with bench.ledger() as tx:
        assert await bench.recordings.wanted(tx, call, A, message(seconds=1.9)) is None
        assert await tx.recording_of("simulator", "rec-1") is None
        assert await bench.recordings.wanted(tx, call, A, message(seconds=2.0)) is not None


async def test_the_recording_of_a_call_has_no_voicemail_number_and_no_shortest_length(bench: Bench) -> None:
    call = await bench.ring(outgoing())
    recording = await bench.stored(call, message(voicemail=False, seconds=1.0))

    assert (recording.number, recording.voicemail) == (0, False)
    assert recording.caller == "+6591234567"
    assert recording.state is RecordingState.STORED


async def test_it_is_fetched_from_the_provider_that_placed_the_leg(bench: Bench) -> None:
    call = outgoing()
    placed = Placement(token=TOKEN, call=call.id, plan=call.plan[0], provider="plivo", created_at=NOW)

    assert (await bench.want(await bench.ring(replace(call, placements=(placed,))))).provider == "plivo"


async def test_a_withheld_number_stays_withheld(bench: Bench) -> None:
    assert (await bench.want(await bench.ring(incoming(caller=None)))).caller is None


# --- fetching ---------------------------------------------------------------------------------------


async def test_a_recording_is_stored_whole_and_for_our_eyes_only(bench: Bench) -> None:
    recording = await bench.stored()

    assert recording.state is RecordingState.STORED
    assert (recording.content_type, recording.seconds, recording.size) == ("audio/wav", 7.0, len(wav(7)))
    assert (recording.file, recording.next_try) == (recording.id, None)
    assert bench.files() == [recording.id]
    file = bench.folder / recording.id
    assert file.read_bytes() == wav(7)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(bench.folder.stat().st_mode) == 0o700
    assert bench.told == [recording]
    assert bench.vendor.asked == [message()]


async def test_a_format_that_hides_its_length_keeps_the_providers_word_for_it(
    bench: Bench, vendor: Vendor
) -> None:
    vendor.says = [mp3()]
    recording = await bench.stored(ref=message(seconds=31.0))

    assert (recording.content_type, recording.seconds) == ("audio/mpeg", 31.0)


@pytest.mark.parametrize(
    "trouble",
    [
        NOT_YET,
        OutcomeUnknown(provider="simulator", detail="time-out"),
        NOT_READY_PAGE,
        b"",
        b'{"error": "not ready"}',
        wav(60)[:1000],
        TimeoutError("slow"),
        KeyError("a driver that breaks"),
    ],
    ids=repr,
)
async def test_what_is_not_ready_is_asked_for_again_with_growing_gaps(
    bench: Bench, vendor: Vendor, trouble: bytes | Exception
) -> None:
    vendor.says = [trouble, trouble, trouble, wav(60)]
    wanted = await bench.stored()
    assert (wanted.state, wanted.tries) == (RecordingState.WAITING, 1)
    assert bench.files() == []

    gaps = []
    for _ in range(3):
        before = await bench.now(wanted)
        assert before.next_try is not None
        gaps.append((before.next_try - bench.clock.now()).total_seconds())
        await bench.wait(seconds=gaps[-1] - 0.001)
        assert (await bench.now(wanted)).tries == before.tries
        await bench.wait(seconds=0.001)

    assert gaps == [2, 5, 15]
    assert (await bench.now(wanted)).state is RecordingState.STORED
    assert [each.state for each in bench.told] == [RecordingState.STORED]


async def test_a_provider_that_asks_for_patience_gets_it(bench: Bench, vendor: Vendor) -> None:
    vendor.says = [Unavailable(provider="simulator", detail="429", retry_after=40.0), wav(7)]
    wanted = await bench.stored()

    await bench.wait(seconds=39)
    assert (await bench.now(wanted)).state is RecordingState.WAITING
    await bench.wait(seconds=1)
    assert (await bench.now(wanted)).state is RecordingState.STORED


async def test_after_a_day_it_is_given_up_and_told(bench: Bench, vendor: Vendor) -> None:
    vendor.says = [NOT_READY_PAGE]
    recording = await bench.stored()
    while recording.state is RecordingState.WAITING:
        assert recording.next_try is not None
        await bench.wait(seconds=(recording.next_try - bench.clock.now()).total_seconds())
        recording = await bench.now(recording)

    lasted = bench.clock.now() - recording.created_at
    assert timedelta(hours=22) < lasted <= timedelta(hours=24)
    assert recording.state is RecordingState.FAILED
    assert bench.told == [recording]
    assert bench.files() == []
    assert len(vendor.asked) < 40


async def test_what_will_never_come_fails_at_once(bench: Bench, vendor: Vendor) -> None:
    vendor.says = [NEVER]
    recording = await bench.stored()

    assert recording.state is RecordingState.FAILED
    assert bench.told == [recording]
    await bench.wait(days=2)
    assert len(vendor.asked) == 1


async def test_a_provider_that_is_not_configured_any_more_fails_it(bench: Bench) -> None:
    call = await bench.ring(incoming(provider="gone"))

    assert (await bench.stored(call)).state is RecordingState.FAILED


async def test_too_much_is_not_stored(bench: Bench, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "LARGEST", len(wav(7)) - 1)
    recording = await bench.stored()

    assert recording.state is RecordingState.FAILED
    assert bench.files() == []


async def test_a_part_is_kept_when_the_rest_does_not_come(bench: Bench, vendor: Vendor) -> None:
    vendor.says = [wav(10)[:-80_000]]
    recording = await bench.stored()
    for gap in (2, 5, 15, 30):
        assert recording.state is RecordingState.WAITING
        await bench.wait(seconds=gap)
        recording = await bench.now(recording)

    assert (recording.state, recording.seconds) == (RecordingState.STORED, 5.0)


async def test_a_length_that_cannot_be_right_is_looked_into_again(bench: Bench, vendor: Vendor) -> None:
    vendor.says = [wav(3), wav(58)]
    wanted = await bench.stored(ref=message(seconds=60.0))
    assert wanted.state is RecordingState.WAITING

    await bench.wait(seconds=2)
    assert (await bench.now(wanted)).seconds == 58.0


async def test_a_message_found_to_be_short_is_not_kept_anywhere(bench: Bench, vendor: Vendor) -> None:
    vendor.says = [wav(1.2)]
    recording = await bench.stored()
    assert bench.files() == []
    await bench.wait(seconds=1)

    recording = await bench.now(recording)
    assert (recording.state, recording.seconds) == (RecordingState.DELETED, 1.2)
    assert bench.files() == []
    assert vendor.forgotten == ["rec-1"]
    assert bench.told == [recording]


async def test_a_full_disk_is_waited_out(bench: Bench, vendor: Vendor) -> None:
    bench.folder.write_text("a file where the folder should be")
    wanted = await bench.stored()
    assert wanted.state is RecordingState.WAITING

    bench.folder.unlink()
    await bench.wait(seconds=2)
    assert (await bench.now(wanted)).state is RecordingState.STORED


async def test_a_crash_in_the_middle_of_a_try_costs_three_minutes_and_nothing_else(
    bench: Bench, vendor: Vendor
) -> None:
    wanted = await bench.want()
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    vendor.meanwhile = hang
    trying = asyncio.ensure_future(bench.recordings.tick())
    await reached.wait()
    trying.cancel()
    await asyncio.gather(trying, return_exceptions=True)
    vendor.meanwhile = None

    await bench.wait(seconds=179)
    assert (await bench.now(wanted)).state is RecordingState.WAITING
    await bench.wait(seconds=1)
    assert (await bench.now(wanted)).state is RecordingState.STORED


async def test_a_card_that_cannot_be_written_takes_the_storing_back_with_it(bench: Bench) -> None:
    async def no_outbox(_tx: object, _recording: Recording) -> None:
        raise StorageUnavailable

    hear, bench.recordings.on_settled = bench.recordings.on_settled, no_outbox
    wanted = await bench.stored()
    assert wanted.state is RecordingState.WAITING

    bench.recordings.on_settled = hear
    await bench.wait(minutes=3)
    assert bench.told == [await bench.now(wanted)]
    assert bench.told[0].state is RecordingState.STORED


async def test_one_recordings_trouble_is_not_anothers(bench: Bench, vendor: Vendor) -> None:
    call = await bench.ring()
    wanted = [await bench.want(call, message(f"rec-{n}")) for n in range(4)]
    vendor.says = [NOT_YET, KeyError("broken"), NEVER, wav(7)]
    await bench.recordings.tick()

    states = sorted([(await bench.now(each)).state for each in wanted])
    assert states == ["failed", "stored", "waiting", "waiting"]


class Away:
    """A ledger that can be out of reach."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.now = False

    def __call__(self) -> AbstractAsyncContextManager[Transaction]:
        if self.now:
            raise StorageUnavailable
        return self.ledger()


async def test_the_loop_runs_on_when_the_database_is_away(tmp_path: Path, vendor: Vendor) -> None:
    away = Away(MemoryLedger())
    bench = Bench(away, tmp_path / "recordings", vendor)
    wanted = await bench.want()
    away.now = True
    running = asyncio.ensure_future(bench.recordings.run())
    await bench.clock.advance(3)
    assert not running.done()
    away.now = False
    for _ in range(200):
        await bench.clock.advance(1)
        await asyncio.to_thread(
            bool
        )  # the file is written in a thread, which the fake clock does not wait for
        if bench.told:
            break
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await bench.now(wanted)).state is RecordingState.STORED


# --- expiry and deletion ------------------------------------------------------------------------------


async def test_after_ninety_days_it_is_gone_here_and_at_the_provider(bench: Bench, vendor: Vendor) -> None:
    recording = await bench.stored()
    await bench.wait(days=89, hours=23, minutes=59)
    assert bench.files() == [recording.id]

    await bench.wait(minutes=1)
    gone = await bench.now(recording)
    assert gone.state is RecordingState.DELETED
    assert (gone.file, gone.caller, gone.source_url) == (None, None, "")
    assert bench.files() == []
    assert vendor.forgotten == ["rec-1"]
    assert bench.told[-1] == gone
    await bench.wait(days=1)
    assert vendor.forgotten == ["rec-1"]


async def test_deleting_kills_the_links_with_the_commit_and_the_file_at_the_next_look(
    bench: Bench, vendor: Vendor
) -> None:
    recording = await bench.stored()
    token = bench.recordings.link(recording).rsplit("/", 1)[1]
    deleted = await bench.change(lambda tx: bench.recordings.delete(tx, recording))

    assert not deleted.playable(bench.clock.now())
    with pytest.raises(BadLink):
        await bench.recordings.open(token)
    with pytest.raises(NoSuchThing):
        await bench.recordings.audio(deleted)
    await bench.wait(seconds=1)
    assert bench.files() == []
    assert (await bench.now(recording)).state is RecordingState.DELETED
    assert vendor.forgotten == ["rec-1"]


async def test_deleting_what_has_not_come_yet_means_it_never_comes(bench: Bench, vendor: Vendor) -> None:
    wanted = await bench.want()
    await bench.change(lambda tx: bench.recordings.delete(tx, wanted))
    await bench.wait(seconds=1)

    assert (await bench.now(wanted)).state is RecordingState.DELETED
    assert vendor.asked == []
    assert vendor.forgotten == ["rec-1"]


async def test_deleting_during_the_fetch_leaves_no_file(bench: Bench, vendor: Vendor) -> None:
    wanted = await bench.want()
    vendor.meanwhile = lambda: bench.change(lambda tx: bench.recordings.delete(tx, wanted))
    await bench.recordings.tick()
    assert (await bench.now(wanted)).state is RecordingState.WAITING
    assert bench.told == []

    vendor.meanwhile = None
    await bench.wait(seconds=1)
    assert (await bench.now(wanted)).state is RecordingState.DELETED
    assert bench.files() == []


async def test_deleting_twice_is_deleting_once(bench: Bench, vendor: Vendor) -> None:
    recording = await bench.stored()
    for _ in range(2):
        await bench.change(lambda tx: bench.recordings.delete(tx, recording))
        await bench.wait(seconds=1)

    assert vendor.forgotten == ["rec-1"]
    assert [each.state for each in bench.told] == ["stored", "deleted"]


@pytest.mark.parametrize("trouble", [NOT_YET, TimeoutError(), KeyError("a driver that breaks")], ids=repr)
async def test_a_provider_out_of_reach_is_asked_to_forget_again(
    bench: Bench, vendor: Vendor, trouble: Exception
) -> None:
    vendor.forgets = [trouble, trouble]
    recording = await bench.stored()
    await bench.change(lambda tx: bench.recordings.delete(tx, recording))
    await bench.wait(seconds=1)
    assert bench.files() == []
    assert vendor.forgotten == []

    await bench.wait(minutes=4)
    assert len(vendor.forgets) == 1
    await bench.wait(minutes=1)
    await bench.wait(minutes=5)
    assert vendor.forgotten == ["rec-1"]
    assert (await bench.now(recording)).state is RecordingState.DELETED


async def test_a_provider_that_will_not_forget_holds_nothing_up(bench: Bench, vendor: Vendor) -> None:
    vendor.forgets = [NEVER]
    recording = await bench.stored()
    await bench.change(lambda tx: bench.recordings.delete(tx, recording))
    await bench.wait(seconds=1)

    assert (await bench.now(recording)).state is RecordingState.DELETED


async def test_those_that_wait_to_be_forgotten_keep_no_new_one_waiting(bench: Bench, vendor: Vendor) -> None:
    vendor.forgets = [NOT_YET] * 100
    call = await bench.ring()
    doomed = [await bench.want(call, message(f"old-{n}")) for n in range(6)]
    for _ in range(2):
        for each in doomed:
            await bench.change(lambda tx, each=each: bench.recordings.delete(tx, each))
        await bench.wait(seconds=1)
    assert vendor.asked == []

    assert (await bench.stored(call, message("new"))).state is RecordingState.STORED


async def test_a_provider_out_of_reach_for_a_week_is_not_asked_for_ever(bench: Bench, vendor: Vendor) -> None:
    vendor.forgets = [NOT_YET] * 3000
    recording = await bench.stored()
    await bench.change(lambda tx: bench.recordings.delete(tx, recording))
    await bench.wait(days=6)
    assert (await bench.now(recording)).state is not RecordingState.DELETED

    await bench.wait(days=1)
    assert (await bench.now(recording)).state is RecordingState.DELETED


async def test_a_half_written_file_goes_with_its_recording(bench: Bench) -> None:
    recording = await bench.stored()
    (bench.folder / f".{recording.id}.part").write_bytes(b"half")
    await bench.change(lambda tx: bench.recordings.delete(tx, recording))
    await bench.wait(seconds=1)

    assert bench.files() == []


# --- links --------------------------------------------------------------------------------------------


async def test_a_link_opens_for_seven_days_to_the_second(bench: Bench) -> None:
    recording = await bench.stored()
    address, token = bench.recordings.link(recording).rsplit("/", 1)
    assert address == "http://127.0.0.1:8080/r"

    bench.clock.step(days=6, hours=23, minutes=59, seconds=59)
    found = await bench.recordings.open(token)
    assert found.recording == recording
    assert found.path.read_bytes() == wav(7)
    bench.clock.step(seconds=1)
    with pytest.raises(BadLink):
        await bench.recordings.open(token)


async def test_a_link_does_not_outlive_its_recording(bench: Bench) -> None:
    recording = await bench.stored()
    bench.clock.step(days=88)
    token = bench.recordings.link(recording).rsplit("/", 1)[1]

    assert verify(token, [KEY], bench.clock.now()).expires_at == recording.expires_at
    # Its time is over, and the sweep has not come by yet.
    bench.clock.step(days=2)
    with pytest.raises(BadLink):
        await bench.recordings.open(token)


async def test_revoking_kills_every_link_so_far_and_a_new_one_works(bench: Bench) -> None:
    recording = await bench.stored()
    old = [bench.recordings.link(recording).rsplit("/", 1)[1]]
    bench.clock.step(seconds=5)
    old.append(bench.recordings.link(recording).rsplit("/", 1)[1])
    renewed = await bench.change(lambda tx: bench.recordings.revoke(tx, recording))

    for token in old:
        with pytest.raises(BadLink):
            await bench.recordings.open(token)
    new = bench.recordings.link(renewed).rsplit("/", 1)[1]
    assert (await bench.recordings.open(new)).recording == renewed
    assert [each.state for each in bench.told] == ["stored"]


async def test_a_change_that_is_rolled_back_changes_nothing(bench: Bench) -> None:
    recording = await bench.stored()
    async with bench.ledger() as tx:
        await bench.recordings.delete(tx, recording)

    assert (
        await bench.recordings.open(bench.recordings.link(recording).rsplit("/", 1)[1])
    ).recording == recording


async def test_a_link_to_what_is_not_here_does_not_open(bench: Bench) -> None:
    waiting = await bench.want()
    with pytest.raises(BadLink):
        await bench.recordings.open(bench.recordings.link(waiting).rsplit("/", 1)[1])
    with pytest.raises(BadLink):
        await bench.recordings.open(
            bench.recordings.link(replace(waiting, id=RecordingId("x"))).rsplit("/", 1)[1]
        )

    await bench.recordings.tick()
    stored = await bench.now(waiting)
    (bench.folder / stored.id).unlink()
    with pytest.raises(BadLink):
        await bench.recordings.open(bench.recordings.link(stored).rsplit("/", 1)[1])
    with pytest.raises(NoSuchThing):
        await bench.recordings.audio(stored)


async def test_the_audio_can_be_had_for_the_room(bench: Bench) -> None:
    recording = await bench.stored(await bench.ring(incoming(PRIVATE_ROOM)))
    audio = await bench.recordings.audio(recording)

    assert (audio.content_type, audio.data) == ("audio/wav", wav(7))
    assert recording.file_name == "voicemail-1.wav"


# --- the folder ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["", ".", "..", "a/b", "../up", "/etc/passwd"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, id: str) -> None:
    with pytest.raises(ValueError, match="id of a recording"):
        Shelf(tmp_path).path(RecordingId(id))


async def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "deep" / "down")
    await shelf.put(RecordingId("a"), b"first")
    await shelf.put(RecordingId("a"), b"second")

    assert await shelf.get(RecordingId("a")) == b"second"
    assert [each.name for each in (tmp_path / "deep" / "down").iterdir()] == ["a"]
