"""The board: one person's calls, or for admins everybody's of the workspace, and the story of each.

Who may see what is asked of policy on every request: of whoever looks only their identity is believed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.domain.call import Call, CallState
from bot.domain.cdr import CallId
from bot.domain.errors import NoSuchThing, NotAllowed
from bot.domain.flow import Feature
from bot.domain.limits import HISTORY_PAGE, Access
from bot.domain.messages import card_for
from bot.domain.people import Asker, Person, Room
from bot.domain.policy import Extent, Refused, may_act_on, may_use, whose
from bot.domain.recording import Recording, RecordingId
from bot.domain.story import Heard, Judged, Known
from bot.domain.timeline import SPANS
from bot.domain.view import RecordingView, View
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger, Transaction
from bot.ports.voice import VoiceProvider
from bot.services import board_words as words
from bot.services.board_views import BoardView, CallView, StoryView
from bot.services.recordings import Recordings

MOST_LIVE: Final = 50
MOST_AHEAD: Final = 30
LATELY: Final = 30
"""So many past calls are looked at for the time line."""

LIVE: Final = frozenset({CallState.CLAIMED, CallState.STARTED})
AHEAD: Final = frozenset({CallState.SCHEDULED, CallState.HELD})
OVER: Final = frozenset(state for state in CallState if state.is_final)
FILTERS: Final[Mapping[str, tuple[str, frozenset[CallState]]]] = {
    "": ("All", frozenset(CallState)),
    "live": ("Live", LIVE),
    "upcoming": ("Upcoming", AHEAD),
    "held": ("To confirm", frozenset({CallState.HELD})),
    "done": ("Done", frozenset({CallState.DONE})),
    "missed": ("Missed", frozenset({CallState.MISSED})),
    "dropped": ("Cancelled or refused", frozenset({CallState.CANCELLED, CallState.REFUSED})),
}
DEFAULT_SPAN: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to see. `page` counts from 1, `minutes` is the width of the time line."""

    filter: str = ""
    everybody: bool = False
    page: int = 1
    minutes: int = DEFAULT_SPAN

    def __post_init__(self) -> None:
        if self.filter not in FILTERS or self.minutes not in SPANS or not 1 <= self.page <= 10_000:
            raise ValueError("there is no such view of the board")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who may look. `zone` is their clock's; `sees_all`: an admin of the installation."""

    asker: Asker
    zone: str
    sees_all: bool


class Board:
    """Reads; nothing here changes anything."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        access: Access,
        providers: Mapping[str, VoiceProvider],
        recordings: Recordings,
        default_zone: str,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._access = access
        self._providers = providers
        self._recordings = recordings
        self._default_zone = default_zone

    async def overview(self, asker: Asker, wish: Wish) -> BoardView:
        """Raises NotAllowed."""
        now = self._clock.now()
        async with self._ledger() as tx:
            viewer = await self._viewer(tx, asker)
            wish = replace(wish, everybody=wish.everybody and viewer.sees_all)
            wanted = FILTERS[wish.filter][1]
            live = await self._calls(tx, viewer, wish, LIVE & wanted, limit=MOST_LIVE)
            ahead = await self._calls(tx, viewer, wish, AHEAD & wanted, limit=MOST_AHEAD)
            lately = await self._calls(tx, viewer, wish, OVER & wanted, limit=LATELY, newest_first=True)
            skip = (wish.page - 1) * HISTORY_PAGE
            page = lately[: HISTORY_PAGE + 1]
            if skip:
                page = await self._calls(
                    tx, viewer, wish, OVER & wanted, limit=HISTORY_PAGE + 1, offset=skip, newest_first=True
                )
            past = page[:HISTORY_PAGE]
            shown = {call.id: await self._shown(tx, viewer, call, now) for call in (*live, *ahead, *past)}
        line = [(call, self._view(viewer, call, now)) for call in (*live, *ahead, *lately)]
        return BoardView(
            name=words.name_of(asker),
            news=words.news(len(live), len(ahead)),
            extents=words.extents(wish.everybody) if viewer.sees_all else (),
            filters=words.filters({slug: label for slug, (label, _) in FILTERS.items()}, wish.filter),
            spans=words.spans(wish.minutes),
            timeline=words.timeline(line, now, wish.minutes, viewer.zone),
            live=tuple(shown[each.id] for each in live) if LIVE & wanted else None,
            upcoming=tuple(shown[each.id] for each in ahead) if AHEAD & wanted else None,
            past=tuple(shown[each.id] for each in past) if OVER & wanted else None,
            page=wish.page,
            more=len(page) > HISTORY_PAGE,
        )

    async def story(self, asker: Asker, id: CallId) -> StoryView:
        """Raises NotAllowed; NoSuchThing also for a call that is none of theirs."""
        now = self._clock.now()
        async with self._ledger() as tx:
            viewer = await self._viewer(tx, asker)
            call = await self._theirs(tx, viewer, id)
            known = Known(
                call=call,
                heard=tuple(Heard(event=event, arrived=at) for event, at in await tx.heard(id)),
                judged=tuple(
                    Judged(
                        at=each.at,
                        action=each.action,
                        verdict=each.verdict,
                        rule=each.rule,
                        reason=each.reason,
                    )
                    for each in reversed(await tx.verdicts(call=id))
                ),
                recordings=tuple(reversed(await tx.recordings(call.room.tenant, call=id))),
                cdr=await tx.cdr(id),
            )
            shown = await self._shown(tx, viewer, call, now)
        return words.story(known, shown, self._view(viewer, call, now), words.name_of(asker))

    # --- for whoever presses a button -----------------------------------------------------------------

    async def room_of(self, asker: Asker, id: CallId) -> Room:
        """Where the answer to a press about that call belongs. Raises as `story` does."""
        async with self._ledger() as tx:
            return (await self._theirs(tx, await self._viewer(tx, asker), id)).room

    async def link_to(self, asker: Asker, id: RecordingId) -> str:
        """A fresh link to the player. Raises NotAllowed; NoSuchThing where nothing of theirs can be heard."""
        async with self._ledger() as tx:
            viewer = await self._viewer(tx, asker)
            recording = await tx.recording(id)
        if recording is None or not self._is_theirs(viewer, recording.room, recording.owner):
            raise NoSuchThing(what="recording", name="like that")
        if not recording.playable(self._clock.now()):
            raise NoSuchThing(what="recording", name="to be heard any more")
        return self._recordings.link(recording)

    async def may_act_on(self, asker: Asker, recording: Recording) -> bool:
        """Whether the buttons of that recording are theirs."""
        try:
            async with self._ledger() as tx:
                viewer = await self._viewer(tx, asker)
        except NotAllowed:
            return False
        return self._is_theirs(viewer, recording.room, recording.owner)

    # --- who may --------------------------------------------------------------------------------------

    async def _viewer(self, tx: Transaction, asker: Asker) -> Viewer:
        person = await tx.person(asker.key) or Person(key=asker.key)
        verdict = may_use(asker, person, self._access)
        if isinstance(verdict, Refused):
            raise NotAllowed(rule=verdict.rule, reason=verdict.reason)
        return Viewer(
            asker=asker,
            zone=person.timezone or self._default_zone,
            sees_all=whose(Extent.HISTORY, asker, self._access) is None,
        )

    def _is_theirs(self, viewer: Viewer, room: Room, owner: str) -> bool:
        verdict = may_act_on(viewer.asker, owner, self._access)
        return room.tenant == viewer.asker.tenant and not isinstance(verdict, Refused)

    async def _theirs(self, tx: Transaction, viewer: Viewer, id: CallId) -> Call:
        call = await tx.call(id)
        if call is None or not self._is_theirs(viewer, call.room, call.asker):
            raise NoSuchThing(what="call", name="like that")
        return call

    # --- what there is --------------------------------------------------------------------------------

    async def _calls(
        self,
        tx: Transaction,
        viewer: Viewer,
        wish: Wish,
        states: frozenset[CallState],
        *,
        limit: int,
        offset: int = 0,
        newest_first: bool = False,
    ) -> Sequence[Call]:
        return await tx.calls_in(
            tenant=viewer.asker.tenant,
            asker=None if wish.everybody else viewer.asker.key,
            states=states,
            limit=limit,
            offset=offset,
            newest_first=newest_first,
        )

    async def _shown(self, tx: Transaction, viewer: Viewer, call: Call, now: datetime) -> CallView:
        recordings: Sequence[Recording] = ()
        if any(leg.recordings for leg in call.legs):
            recordings = await tx.recordings(call.room.tenant, call=call.id)
        view = replace(
            self._view(viewer, call, now),
            recordings=tuple(
                # The address is made when it is asked for: a link in here would change with every second.
                RecordingView(recording=each, url="here" if each.playable(now) else None)
                for each in recordings
            ),
        )
        card = card_for(
            call,
            now=now,
            asker_zone=viewer.zone,
            private=view.private,
            features=view.features,
            recordings=view.recordings,
        )
        return words.call(call, card, view, viewer.asker)

    def _view(self, viewer: Viewer, call: Call, now: datetime) -> View:
        provider = self._providers.get(call.provider)
        features: frozenset[Feature] = provider.features if provider else frozenset()
        # The page is its reader's alone: they see what the button "Show number" would show them.
        private = not isinstance(may_act_on(viewer.asker, call.asker, self._access), Refused)
        return View(now=now, asker_zone=viewer.zone, private=private, features=features)
