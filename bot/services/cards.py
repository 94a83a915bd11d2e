"""Puts a call's card, as it stands now, into the outbox of its room and of every room bound to such calls."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice

from bot.domain.call import Call, CallKind
from bot.domain.card import Card
from bot.domain.messages import card_for, state_of
from bot.domain.people import Room
from bot.domain.recording import Recording, RecordingState
from bot.domain.schedule import firings
from bot.domain.view import RecordingView
from bot.ports.clock import Clock
from bot.ports.ledger import Background, Transaction
from bot.ports.voice import VoiceProvider
from bot.services.recordings import Recordings


class Cards:
    """Writes cards; showing them is the notifier's. `wake` tells it, once the change is committed."""

    def __init__(
        self,
        *,
        clock: Clock,
        providers: Mapping[str, VoiceProvider],
        recordings: Recordings,
        default_zone: str,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._providers = providers
        self._default_zone = default_zone
        self.recordings = recordings
        self.wake = wake

    async def put(self, tx: Transaction, *calls: Call) -> None:
        """In the caller's transaction: the card is in the outbox exactly when the change is in the ledger."""
        now = self._clock.now()
        known = await tx.backgrounds([(call.asker, call.room.tenant) for call in calls])
        cards = [
            (room, await self._card(tx, call, room, now, known[call.asker, call.room.tenant]))
            for call in calls
            for room in await self._rooms(tx, call)
        ]
        await tx.put_cards(cards, now)

    async def refresh(self, tx: Transaction, recording: Recording) -> None:
        """A recording was stored, lost or deleted: its call's card says so."""
        call = await tx.call(recording.call)
        if call is not None:
            await self.put(tx, call)

    async def card(self, tx: Transaction, call: Call, room: Room, now: datetime) -> Card:
        """The card as this room may see it."""
        asker = (call.asker, call.room.tenant)
        return await self._card(tx, call, room, now, (await tx.backgrounds([asker]))[asker])

    async def _card(self, tx: Transaction, call: Call, room: Room, now: datetime, asker: Background) -> Card:
        person = asker.person
        provider = self._providers.get(call.provider)
        return card_for(
            call,
            now=now,
            asker_zone=(person.timezone if person else None) or call.zone or self._default_zone,
            private=room.private,
            features=provider.features if provider else frozenset(),
            recordings=await self._views(tx, call, now),
            their_zones={str(each.address): each.timezone for each in asker.contacts if each.timezone},
            upcoming=await self._upcoming(tx, call),
        )

    async def _views(self, tx: Transaction, call: Call, now: datetime) -> Sequence[RecordingView]:
        if not any(leg.recordings for leg in call.legs):
            return ()
        found = await tx.recordings(call.room.tenant, call=call.id)
        return [RecordingView(recording=each, url=self._url(each, now)) for each in found]

    def _url(self, recording: Recording, now: datetime) -> str | None:
        if recording.state is not RecordingState.STORED or not recording.playable(now):
            return None
        return self.recordings.link(recording)

    async def _upcoming(self, tx: Transaction, call: Call) -> Sequence[datetime]:
        """The next three runs of its series after this one."""
        order = await tx.order(call.order) if call.order and call.recurrence_words else None
        if order is None or order.recurrence is None or order.cancelled:
            return ()
        runs = (due for due in firings(order.recurrence, call.due) if due not in order.skip)
        return tuple(islice(runs, 3))

    async def _rooms(self, tx: Transaction, call: Call) -> Sequence[Room]:
        if call.kind is not CallKind.INBOUND:
            return (call.room,)
        about = {"voicemail": "voicemail", "missed": "missed"}.get(state_of(call), "")
        bound = [
            room
            for room, what, did in await tx.bindings(call.room.tenant)
            if what in ("all", about) and (did is None or did.e164 == call.did) and room.key != call.room.key
        ]
        return (call.room, *bound)
