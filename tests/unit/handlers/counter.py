"""Commands in, replies out: each in a unit of work of its own, with its steps after the commit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

from adapters.voice.simulator.config import NetworkConfig
from adapters.voice.simulator.driver import Simulator
from adapters.voice.simulator.network import Network
from bot.config import load
from bot.domain.call import Call
from bot.domain.card import Reply
from bot.domain.errors import UserError
from bot.domain.flow import Feature
from bot.domain.forwarding import Forward
from bot.domain.numbers import Did, PhoneNumber
from bot.domain.people import Asker, Contact, Person, Room, Standing
from bot.domain.policy import is_admin
from bot.domain.recording import Recording
from bot.parse import command as said
from bot.ports.chat import Inbound, SourceKey
from bot.ports.voice import ProviderLimits
from bot.services.asking import Ask, Desk
from bot.services.cards import Cards
from bot.services.guard import Guard
from bot.services.handlers import access, deeds, looking, numbers, people
from bot.services.planner import Defaults
from bot.services.reading import context_for
from bot.services.recordings import Recordings
from storage.memory import MemoryLedger
from tests.fakes import CountingIds, FakeClock

CONSOLE = Room(platform="console", workspace="local", channel="main", private=True)
SAM = Asker(platform="console", workspace="local", user="sam", name="Sam", standing=Standing.OWNER)
TEAM = Room(platform="slack", workspace="T1", channel="C1")
ADA = Asker(platform="slack", workspace="T1", user="U1", name="Ada", standing=Standing.MEMBER)  # admin
BEN = Asker(platform="slack", workspace="T1", user="U2", name="Ben", standing=Standing.MEMBER)

AMY, BOB, MINE = "+6591234567", "+6598765432", "+6581234567"
OURS = PhoneNumber(e164="+12125550100")
HANDLERS = {**looking.HANDLERS, **people.HANDLERS, **numbers.HANDLERS, **access.HANDLERS}


def number(e164: str) -> PhoneNumber:
    return PhoneNumber(e164=e164)


def target(e164: str, name: str | None = None, **more: Any) -> said.Target:
    return said.Target(address=number(e164), name=name, **more)


class Plain:
    """A provider that places calls and tells nothing."""

    name = "plain"
    features = frozenset({Feature.BRIDGE, Feature.SAY})
    lacking: Mapping[Feature, str] = MappingProxyType({})
    limits = ProviderLimits()

    def check(self, plan: object) -> None: ...

    async def originate(self, placement: object, hooks: object) -> None:
        raise AssertionError("nobody ordered a call")

    async def close(self) -> None: ...


class Counter:
    """`await counter.does(command)` answers with the reply; mistakes of the asker are replies too."""

    def __init__(self, folder: Path, **environ: str) -> None:
        settings = load(
            {
                "PATCHLINE_DATA_DIR": str(folder),
                "PATCHLINE_DEFAULT_REGION": "SG",
                "PATCHLINE_DEFAULT_TIMEZONE": "Asia/Singapore",
                "PATCHLINE_ADMINS": "slack:T1/U1",
                **environ,
            }
        )
        self.clock = FakeClock()
        self.ledger = MemoryLedger()
        self.network = Network(self.clock, NetworkConfig(dids=(OURS.e164,)))
        self.simulator = Simulator.beside(self.network)
        providers = {"simulator": self.simulator, "plain": Plain()}
        ids = CountingIds("id")
        recordings = Recordings(
            ledger=self.ledger,
            providers=providers,
            clock=self.clock,
            ids=ids,
            folder=settings.recordings_dir,
            keys=settings.keys("links"),
            base_url=settings.web_base,
        )
        cards = Cards(
            clock=self.clock,
            providers=providers,
            recordings=recordings,
            default_zone="Asia/Singapore",
            wake=self._wake,
        )
        unused: Any = SimpleNamespace()
        self.desk = Desk(
            settings=settings,
            ledger=self.ledger,
            clock=self.clock,
            ids=ids,
            bell=unused,
            providers=providers,
            chats={},
            dialer=unused,
            changes=unused,
            cards=cards,
            series=unused,
            guard=Guard(ledger=self.ledger, settings=settings),
            recordings=recordings,
            defaults=Defaults(),
        )
        self.told: list[Reply] = []
        self.woken = 0
        self.chat_zone: str | None = None
        self._events = 0

    async def close(self) -> None:
        await self.network.stop()

    def _wake(self) -> None:
        self.woken += 1

    async def does(self, command: Any, *, asker: Asker = SAM, room: Room = CONSOLE) -> Reply:
        """What the asker is told at once; later replies are in `told`."""
        async with self.ledger() as tx:
            ask = await self._ask(tx, asker, room)
            try:
                outcome = await HANDLERS[type(command)](self.desk, ask, command)
            except UserError as problem:
                return Reply(text=str(problem), kind="error")
            await tx.commit()
        return await self._finish(outcome)

    async def agrees(self, *, asker: Asker = SAM, room: Room = CONSOLE) -> Reply:
        """Yes to what was asked last."""
        async with self.ledger() as tx:
            question = await tx.open_question(room, asker.key, self.clock.now())
            assert question is not None, "nothing was asked"
            assert await tx.close_question(question.id, "It was answered.")
            assert question.choices[0].deed is not None
            ask = await self._ask(tx, asker, room)
            outcome = await deeds.do(self.desk, ask, question.choices[0].deed)
            await tx.commit()
        return await self._finish(outcome)

    async def _ask(self, tx: Any, asker: Asker, room: Room) -> Ask:
        self._events += 1
        inbound = Inbound(
            source=SourceKey(platform=room.platform, workspace=room.workspace, event=f"e{self._events}"),
            room=room,
            asker=asker,
            sent_at=self.clock.now(),
            text="",
        )
        background = (await tx.backgrounds([(asker.key, room.tenant)]))[asker.key, room.tenant]
        known = background.person or Person(key=asker.key)
        person = replace(known, name=asker.name, timezone=known.timezone or self.chat_zone)
        return Ask(
            tx=tx,
            asker=asker,
            person=person,
            room=room,
            context=await context_for(self.desk, inbound, person, background),
            is_admin=is_admin(asker, self.desk.settings.access),
        )

    async def _finish(self, outcome: Any) -> Reply:
        for step in outcome.then:
            await step()
        await self._collect()
        return outcome.reply

    async def _collect(self) -> None:
        async with self.ledger() as tx:
            for platform in ("console", "slack"):
                for notice in await tx.notices_due(platform, self.clock.now()):
                    if notice.reply is not None:
                        self.told.append(notice.reply)
                        await tx.shown(notice.id, notice.revision, None, self.clock.now())
            await tx.commit()

    # --- what there is ------------------------------------------------------------------------

    async def knows(self, *contacts: tuple[str, str], asker: Asker = SAM) -> None:
        async with self.ledger() as tx:
            for name, e164 in contacts:
                await tx.save_contact(Contact(owner=asker.key, name=name, address=number(e164)))
            await tx.commit()

    async def remembers(self, *things: Call | Recording | Forward | Person | Did) -> None:
        """Calls, recordings, forwards and people, as if they had been ordered; numbers of the console's."""
        async with self.ledger() as tx:
            for thing in things:
                match thing:
                    case Call():
                        await tx.add_call(thing)
                    case Recording():
                        await tx.save_recording(thing)
                    case Forward():
                        await tx.save_forward(thing)
                    case Person():
                        await tx.save_person(thing)
                    case Did():
                        await tx.save_did(CONSOLE.tenant, thing)
            await tx.commit()

    async def person(self, asker: Asker = SAM) -> Person | None:
        async with self.ledger() as tx:
            return await tx.person(asker.key)

    def ago(self, **delta: float) -> Any:
        return self.clock.now() - timedelta(**delta)

    def ahead(self, **delta: float) -> Any:
        return self.clock.now() + timedelta(**delta)
