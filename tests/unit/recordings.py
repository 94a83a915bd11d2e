"""What tests of recordings need: sounds, a provider that keeps some, the service with a folder of its own."""

import io
import math
import wave
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.domain.call import Call, CallKind, CallState, LegPlan
from bot.domain.cdr import CallId
from bot.domain.flow import CallFlow, Feature, LegRole, Party
from bot.domain.leg import Leg, LegState, RecordingRef, Token
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Room
from bot.domain.recording import Recording
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import Audio
from bot.services.recordings import Recordings
from tests.fakes import CountingIds, FakeClock

KEY = bytes(range(32))
A = LegRole("A")
TOKEN = Token("t1")
NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
HERS = PhoneNumber(e164="+6591234567")
OURS = "+6561234567"
PUBLIC_ROOM = Room(platform="slack", workspace="T1", channel="C1")
PRIVATE_ROOM = Room(platform="telegram", workspace="bot", channel="7", private=True)
NOT_READY_PAGE = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'


_WAVE = array("h", (int(3000 * math.sin(at * math.tau / 20)) for at in range(20)))


def wav(seconds: float = 7.0, rate: int = 8000) -> bytes:
    """A quiet tone, 16 bits mono."""
    samples = int(seconds * rate)
    tone = (_WAVE * (samples // len(_WAVE) + 1))[:samples]
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(tone.tobytes())
    return file.getvalue()


def mp3() -> bytes:
    """The first frame of one: MPEG 1 layer III, 128 kbit/s, 44.1 kHz."""
    return bytes.fromhex("fffb9064") + bytes(413)


@dataclass
class Vendor:
    """Answers each fetch with the next thing in `says`, bytes or an error; the last one repeats."""

    says: list[bytes | Exception]
    forgets: list[Exception] = field(default_factory=list)
    name: str = "simulator"
    features: frozenset[Feature] = frozenset({Feature.FETCH_RECORDINGS})
    asked: list[RecordingRef] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Any] | None = None

    async def fetch(self, recording: RecordingRef) -> Audio:
        self.asked.append(recording)
        if self.meanwhile is not None:
            await self.meanwhile()
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        return Audio(content_type="application/octet-stream", data=said)

    async def forget(self, recording: RecordingRef) -> None:
        if self.forgets:
            raise self.forgets.pop(0)
        self.forgotten.append(recording.ref)


def incoming(room: Room = PUBLIC_ROOM, name: str | None = "Amy", **more: Any) -> Call:
    """A call to one of our numbers that ended in voicemail."""
    known: dict[str, Any] = {"kind": CallKind.INBOUND, "caller": HERS, "did": OURS, "room": room}
    return _call(name, **{**known, **more})


def outgoing(**more: Any) -> Call:
    """A call to Amy that was recorded, #12."""
    return _call("Amy", **{"kind": CallKind.CALL, "room": PUBLIC_ROOM, **more})


def _call(name: str | None, **more: Any) -> Call:
    party = Party(role=A, address=HERS, name=name)
    token = Token(more.get("id", "c1").replace("c", "t"))
    leg = Leg(token=token, party=party, state=LegState.ENDED, answered_at=NOW, ended_at=NOW)
    known: dict[str, Any] = {
        "id": CallId("c1"), "number": 12, "asker": "slack:T1/U1", "due": NOW, "zone": "Asia/Singapore",
        "provider": "simulator", "plan": (LegPlan(party=party, flow=CallFlow(record=True)),),
        "state": CallState.STARTED, "legs": (leg,), "created_at": NOW,
    }  # fmt: skip
    return Call(**{**known, **more})


def message(ref: str = "rec-1", **more: Any) -> RecordingRef:
    known: dict[str, Any] = {"url": "https://media.example.com/rec-1.wav", "seconds": None, "voicemail": True}
    return RecordingRef(ref=ref, **{**known, **more})


class Bench:
    """The service on a ledger, a fake clock and real files. `told` is what `on_settled` heard."""

    def __init__(
        self, ledger: Ledger, folder: Path, vendor: Vendor, *, base_url: str = "http://127.0.0.1:8080"
    ) -> None:
        self.clock = FakeClock()
        self.ledger = ledger
        self.folder = folder
        self.vendor = vendor
        self.told: list[Recording] = []
        self.recordings = Recordings(
            ledger=ledger,
            providers={vendor.name: vendor},  # type: ignore[dict-item]
            clock=self.clock,
            ids=CountingIds("rec"),
            folder=folder,
            keys=[KEY],
            base_url=base_url,
            on_settled=self._hear,
        )

    async def _hear(self, _tx: Transaction, recording: Recording) -> None:
        self.told.append(recording)

    async def ring(self, call: Call | None = None) -> Call:
        """That call is in the ledger."""
        call = call or incoming()
        async with self.ledger() as tx:
            await tx.add_call(call)
            await tx.commit()
        return call

    async def want(self, call: Call | None = None, ref: RecordingRef | None = None) -> Recording:
        """A recording of that call is wanted; a new voicemail unless said otherwise."""
        call = call or await self.ring()
        async with self.ledger() as tx:
            wanted = await self.recordings.wanted(tx, call, A, ref or message())
            await tx.commit()
        assert wanted is not None
        return wanted

    async def stored(self, call: Call | None = None, ref: RecordingRef | None = None) -> Recording:
        """One that has been fetched."""
        wanted = await self.want(call, ref)
        await self.recordings.tick()
        return await self.now(wanted)

    async def now(self, recording: Recording) -> Recording:
        """As the ledger has it."""
        async with self.ledger() as tx:
            known = await tx.recording(recording.id)
        assert known is not None
        return known

    async def change(self, work: Callable[[Transaction], Any]) -> Any:
        """Work in a transaction that is committed."""
        async with self.ledger() as tx:
            done = await work(tx)
            await tx.commit()
        return done

    async def wait(self, **delta: float) -> None:
        """Time passes, and the loop looks once."""
        self.clock.step(**delta)
        await self.recordings.tick()

    def files(self) -> Sequence[str]:
        """What lies in the folder."""
        return sorted(each.name for each in self.folder.iterdir()) if self.folder.exists() else []
