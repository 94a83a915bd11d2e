"""How the board says what it shows: calls, cards and stories as views. Pure; `board.py` asks the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain import outcome
from bot.domain.actions import Verb, parse_action
from bot.domain.call import Call, CallKind, CallState
from bot.domain.card import Button, Card
from bot.domain.leg import Leg, LegState
from bot.domain.people import Asker
from bot.domain.phrases import capital, count, joined, moment, short_moment, span, talk_time, zone_words
from bot.domain.recording import Recording
from bot.domain.schedule import local_time
from bot.domain.sections import caller, naming
from bot.domain.story import Beat, BeatKind, Known, shown, story_of
from bot.domain.timeline import (
    NARROWEST,
    SPANS,
    Phase,
    Stretch,
    Window,
    extent,
    stretches,
    ticks,
    window,
)
from bot.domain.view import View
from bot.services.board_views import (
    BarView,
    BeatView,
    CallView,
    Choice,
    LaneView,
    Listen,
    RowView,
    StoryView,
    TimelineView,
)

MOST_ROWS: Final = 24

USEFUL: Final = frozenset(
    {
        Verb.CONFIRM, Verb.CANCEL, Verb.HANG_UP, Verb.JOIN, Verb.AGAIN,
        Verb.BACK, Verb.NOW, Verb.LEAVE, Verb.DONE,
    }
)  # fmt: skip
"""Buttons of a card whose doing shows on the board; the others answer with words in the chat."""


def name_of(asker: Asker) -> str:
    """How somebody is called on their own page."""
    return asker.name or asker.user


def news(live: int, ahead: int) -> str:
    """`2 calls live, 3 to come`: what is read out when it changes."""
    return f"{count(live, 'call')} live, {ahead} to come"


def extents(everybody: bool) -> tuple[Choice, ...]:
    """Mine, or everybody's."""
    return (
        Choice(slug="", label="My calls", chosen=not everybody),
        Choice(slug="all", label="Everybody's", chosen=everybody),
    )


def filters(labels: Mapping[str, str], chosen: str) -> tuple[Choice, ...]:
    """What the board can be narrowed to."""
    return tuple(Choice(slug=slug, label=label, chosen=slug == chosen) for slug, label in labels.items())


def spans(chosen: int) -> tuple[Choice, ...]:
    """How much time the line shows."""
    return tuple(
        Choice(slug=str(minutes), label=span(minutes * 60), chosen=minutes == chosen) for minutes in SPANS
    )


# --- the time line ----------------------------------------------------------------------------------


def timeline(calls: Sequence[tuple[Call, View]], now: datetime, minutes: int, zone: str) -> TimelineView:
    """Whatever of these calls shows around now."""
    frame = window(now, minutes)
    showing = [(call, view) for call, view in calls if frame.has(*extent(call, now))]
    showing.sort(key=lambda pair: extent(pair[0], now))
    rows = tuple(_row(call, view, frame) for call, view in showing[-MOST_ROWS:])
    return TimelineView(
        rows=rows,
        ticks=tuple(ticks(frame, minutes, zone)),
        now=frame.share(frame.now),
        words=f"{count(len(showing), 'call')} within {span(minutes * 60)}, times in {zone_words(now, zone)}",
        more=len(showing) - len(rows),
    )


def own_timeline(call: Call, view: View) -> TimelineView:
    """The whole of one call, from its first to its last sign of life."""
    start, end = extent(call, view.now)
    length = max(end - start, timedelta(seconds=10))
    frame = Window(start=start - length * 0.04, end=start + length * 1.06, now=view.now)
    marks = [start + length * part / 2 for part in range(3)]
    return TimelineView(
        rows=(_row(call, view, frame),),
        ticks=tuple((frame.share(at), f"{local_time(at, view.asker_zone):%H:%M:%S}") for at in marks),
        now=frame.share(view.now) if frame.has(view.now, view.now + timedelta(microseconds=1)) else None,
        words=f"This call, times in {zone_words(view.now, view.asker_zone)}",
    )


def _row(call: Call, view: View, frame: Window) -> RowView:
    return RowView(
        call=call.id,
        title=f"#{call.number} {_subject(call, view)}",
        state=str(call.state),
        lanes=_lanes(call, view, frame),
    )


def _subject(call: Call, view: View) -> str:
    if call.kind is CallKind.INBOUND:
        return f"from {caller(call, view)}"
    rung = [plan.party for plan in call.plan]
    if call.kind is CallKind.CALLBACK:
        rung = [party for plan in call.plan for party in plan.flow.parties()] or rung
    return joined([naming(view)(party) for party in rung[:3]]) + (" and others" if len(rung) > 3 else "")


def _lanes(call: Call, view: View, frame: Window) -> tuple[LaneView, ...]:
    legs = [leg for leg in call.legs if leg.state is not LegState.PLANNED]
    if legs:
        return tuple(_lane(call, leg, view, frame) for leg in legs)
    who = joined([naming(view)(plan.party) for plan in call.plan]) or caller(call, view)
    return (LaneView(who=who, words=f"{call.state}, due {short_moment(call.due, view.asker_zone)}",
                     due=frame.share(call.due)),)  # fmt: skip


def _lane(call: Call, leg: Leg, view: View, frame: Window) -> LaneView:
    is_caller = call.kind is CallKind.INBOUND and leg.role == outcome.CALLER
    found = [each for each in stretches(leg, view.now) if frame.has(each.start, each.end)]
    return LaneView(
        who=caller(call, view) if is_caller else naming(view)(leg.party),
        words=outcome.progress(call, leg, view.now),
        bars=tuple(_bar(each, frame) for each in found),
        recorded=bool(leg.recordings) or _is_recorded(call, leg),
    )


def _is_recorded(call: Call, leg: Leg) -> bool:
    return leg.was_answered and any(plan.flow.record for plan in call.plan)


def _bar(stretch: Stretch, frame: Window) -> BarView:
    left = frame.share(stretch.start)
    width = max(frame.share(stretch.end) - left, NARROWEST if stretch.phase is not Phase.DIALLING else 0.2)
    return BarView(
        phase=stretch.phase.name.lower().replace("_", "-"),
        left=left,
        width=round(min(width, 100 - left), 2),
        words=stretch.words,
    )


# --- one call ---------------------------------------------------------------------------------------


def call(of: Call, card: Card, view: View, reader: Asker) -> CallView:
    """As its card says it, sorted for a list."""
    said = {section.name: section.lines for section in card.sections}
    title, _, state_words = card.title.rpartition(": ")
    return CallView(
        id=of.id,
        title=title,
        state=card.state,
        # When is said beside it.
        state_words=card.state if card.state == "scheduled" else state_words,
        by=None if of.asker == reader.key else of.asker_name or of.asker,
        at=of.due,
        when=_when(of, view),
        legs=(*said.get("legs", ()), *said.get("parties", ())),
        came_to=said.get("receipt", ()),
        steps=said.get("steps", ()),
        lines=(*map(capital, of.recurrence_words), *said.get("note", ())),
        listens=tuple(_listen(each.recording) for each in view.recordings if each.url),
        buttons=tuple(each for each in card.buttons if _is_useful(each)),
    )


def _when(of: Call, view: View) -> str:
    at = short_moment(of.due, view.asker_zone)
    if of.state not in (CallState.SCHEDULED, CallState.HELD):
        return at
    seconds = (of.due - view.now).total_seconds()
    # Coarser the farther it is: the page shall rest.
    grain = 1 if seconds < 60 else 10 if seconds < 600 else 60
    coarse = seconds // grain * grain
    return f"{at}, in {span(coarse)}" if seconds >= 1 else f"{at}, now"


def _is_useful(button: Button) -> bool:
    return parse_action(button.action).verb in USEFUL


def _listen(recording: Recording) -> Listen:
    what = f"message {recording.number}" if recording.voicemail else "the recording"
    length = f" ({talk_time(recording.seconds)})" if recording.seconds else ""
    return Listen(recording=recording.id, words=f"Listen to {what}{length}")


# --- its story --------------------------------------------------------------------------------------

_WHO: Final = {
    BeatKind.SAID: "person",
    BeatKind.RULED: "rule",
    BeatKind.DONE: "Patchline",
    BeatKind.HEARD: "network",
}


def story(known: Known, of: CallView, view: View, reader: str) -> StoryView:
    """The whole story of one call, from the sentence to the last callback."""
    call = known.call
    who = of.by or reader
    return StoryView(
        name=reader,
        call=of,
        asked=f"{who}, by {call.room.platform}, {moment(call.created_at, view.asker_zone)}",
        sentence=shown(call.text, view) if call.kind is not CallKind.INBOUND else "",
        understood=tuple((each.field, shown(each.words, view)) for each in call.understood),
        timeline=own_timeline(call, view),
        beats=_beats(story_of(known, view), view.asker_zone),
        account=tuple(_account(known, view)),
    )


def _beats(beats: Sequence[Beat], zone: str) -> tuple[BeatView, ...]:
    found = []
    day = None
    for beat in beats:
        local = None if beat.at is None else local_time(beat.at, zone)
        is_new = beat.at is not None and local is not None and local.date() != day
        found.append(
            BeatView(
                day=short_moment(beat.at, zone).partition(",")[0] if beat.at and is_new else None,
                clock=f"{local:%H:%M:%S}.{local.microsecond // 1000:03}" if local else "",
                at=beat.at,
                kind=str(beat.kind),
                who=_WHO[beat.kind],
                words=beat.words,
                details=beat.details,
            )
        )
        day = local.date() if local else day
    return tuple(found)


def _account(known: Known, view: View) -> list[tuple[str, str]]:
    call, cdr = known.call, known.cdr
    rows = [("Provider", call.provider)]
    if call.kind is not CallKind.INBOUND:
        rows.append(("Due", moment(call.due, view.asker_zone)))
    if call.recorded_by:
        rows.append(("Recorded by order of", call.recorded_by))
    if cdr is None:
        return rows
    return [
        *rows,
        ("Came to", str(cdr.disposition)),
        ("Talk time", talk_time(cdr.talk_seconds)),
        ("Billed", f"{cdr.billed_seconds} s"),
        ("Cost", joined([str(money) for money in cdr.cost]) or outcome.charge(call)),
    ]
