"""What a button on a card does. Who may is asked here again, on every press."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import structlog

from bot.domain import answers, replies
from bot.domain.actions import Action, Verb
from bot.domain.call import Call, CallState, PlacementState
from bot.domain.card import Home, Reply, ReplyKind
from bot.domain.cdr import CallId
from bot.domain.decisions import Tick, decide
from bot.domain.errors import NoSuchThing, NotPossible, ProviderError
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Asker
from bot.domain.recording import Recording, RecordingId
from bot.parse import command as said
from bot.ports.chat import SendsAudio, ShowsHome
from bot.services.asking import Ask, Desk, Outcome, complain, say
from bot.services.handlers.calls import cancel_call, end_call
from bot.services.handlers.finding import mine_or_admin
from bot.services.handlers.live import add
from bot.services.ordering import again, place_order

log = structlog.get_logger(__name__)

NOT_OVER: Final = frozenset(state for state in CallState if not state.is_final)
MOST_ON_A_PAGE: Final = 30

Press = Callable[[Desk, Ask, Action], Awaitable[Outcome]]


async def _call(ask: Ask, action: Action) -> Call:
    """The call of that button, held. Raises NoSuchThing, NotAllowed."""
    call = await ask.tx.call(CallId(action.target))
    if call is None or call.room.tenant != ask.tenant:
        raise NoSuchThing(what="call", name="behind that button any more")
    mine_or_admin(ask, call)
    return call


async def cancel(desk: Desk, ask: Ask, action: Action) -> Outcome:
    return await cancel_call(desk, ask, await _call(ask, action))


async def hang_up(desk: Desk, ask: Ask, action: Action) -> Outcome:
    call = await _call(ask, action)
    if call.state is not CallState.STARTED:
        return complain(f"#{call.number} is over: {call.reason or call.disposition}.")
    if call.ending:
        return complain(f"#{call.number} is being hung up already, by {call.ending}.")
    return await end_call(desk, ask, call)


async def once_more(desk: Desk, ask: Ask, action: Action) -> Outcome:
    """Call again, and Call now on a call that was missed."""
    return await again(desk, ask, await _call(ask, action))


async def now(desk: Desk, ask: Ask, action: Action) -> Outcome:
    """A new call in place of one whose outcome nobody knows; the old question is laid to rest."""
    call = await _call(ask, action)
    if call.state is CallState.STARTED:
        await _lay_to_rest(desk, ask, call)
    return await again(desk, ask, call)


async def leave(desk: Desk, ask: Ask, action: Action) -> Outcome:
    call = await _call(ask, action)
    if call.state is CallState.STARTED:
        await _lay_to_rest(desk, ask, call)
    return say(f"All right, I leave #{call.number} as it is.")


async def _lay_to_rest(desk: Desk, ask: Ask, call: Call) -> None:
    """Placements that cannot be confirmed are closed; a late callback is still written down."""
    closed = tuple(
        replace(each, state=PlacementState.CLOSED, check_at=None)
        if each.state is PlacementState.UNKNOWN
        else each
        for each in call.placements
    )
    if closed == call.placements:
        raise NotPossible(reason=f"#{call.number} has been settled meanwhile; its card says how.")
    after, effects = decide(replace(call, placements=closed), Tick(), ask.now)
    await desk.changes.save(ask.tx, after, effects)


async def edit(desk: Desk, ask: Ask, action: Action) -> Outcome:
    return say(replies.sentence_again(await _call(ask, action)))


async def number(desk: Desk, ask: Ask, action: Action) -> Outcome:
    return say(replies.numbers_words(await _call(ask, action)))


async def add_somebody(desk: Desk, ask: Ask, action: Action) -> Outcome:
    call = await _call(ask, action)
    return say(f"Say whom, as in: add +1 415 555 0123 to {call.number}")


async def save_contact(desk: Desk, ask: Ask, action: Action) -> Outcome:
    call = await _call(ask, action)
    caller = f" {call.caller}" if call.caller else " that number"
    return say(f"Say: save{caller} as and a name")


async def join(desk: Desk, ask: Ask, action: Action) -> Outcome:
    """Ring me too."""
    call = await _call(ask, action)
    if ask.context.me is None:
        raise NotPossible(reason="I don't know your number yet. Say: my number is +…")
    me = said.Target(address=ask.context.me, name=ask.asker.name or None, is_me=True)
    return await add(desk, ask, said.Add(targets=(me,), id=call.number))


async def call_back(desk: Desk, ask: Ask, action: Action) -> Outcome:
    """Ring whoever called us: a call like any other, through the same policy."""
    call = await _call(ask, action)
    if not isinstance(call.caller, PhoneNumber):
        raise NotPossible(reason="The caller withheld the number, so nobody can be called back.")
    target = said.Target(address=call.caller, name=call.legs[0].party.name if call.legs else None)
    return await place_order(desk, replace(ask, text=f"call {call.caller}"), said.Call(targets=(target,)))


# --- a page of one's own ----------------------------------------------------------------------------


async def home(desk: Desk, ask: Ask, action: Action) -> Outcome:
    """My calls to come and those going on, with their buttons, where a chat has a page for that."""
    calls = await ask.tx.calls_in(
        tenant=ask.tenant, asker=ask.asker.key, states=NOT_OVER, limit=MOST_ON_A_PAGE
    )
    mine = replace(ask.room, private=True)
    cards = [await desk.cards.card(ask.tx, call, mine, ask.now) for call in calls]
    own = answers.own_lines(ask.person, zone=ask.zone, now=ask.now, private=True)
    lines = own if cards else (*own, "Nothing is scheduled.")
    return _page(desk, ask.asker, Home(lines=lines, cards=tuple(cards)))


def turned_away(desk: Desk, asker: Asker, action: str | None, reason: str) -> Outcome:
    """Who may not is told; where only their page was opened, it is told there."""
    if action is not None and action.startswith(f"{Verb.HOME}:"):
        return _page(desk, asker, Home(lines=(reason,), cards=()))
    return complain(reason)


def _page(desk: Desk, asker: Asker, page: Home) -> Outcome:
    chat = desk.chats.get(asker.platform)
    if chat is None or not isinstance(chat, ShowsHome):
        return Outcome()

    async def show() -> None:
        await chat.show_home(asker, page)

    return Outcome(then=(show,))


# --- recordings -----------------------------------------------------------------------------------


async def _recording(ask: Ask, action: Action) -> Recording:
    recording = await ask.tx.recording(RecordingId(action.target))
    if recording is None or recording.room.tenant != ask.tenant:
        raise NoSuchThing(what="recording", name="behind that button any more")
    if recording.owner != ask.asker.key and not ask.is_admin:
        raise NoSuchThing(what="recording", name="of yours behind that button")
    return recording


async def renew(desk: Desk, ask: Ask, action: Action) -> Outcome:
    recording = await _recording(ask, action)
    await desk.cards.refresh(ask.tx, recording)
    return say(f"A new link, good for seven days: {desk.recordings.link(recording)}")


async def revoke(desk: Desk, ask: Ask, action: Action) -> Outcome:
    """Every link given out so far is dead; whoever has the buttons has a new one on the card."""
    recording = await desk.recordings.revoke(ask.tx, await _recording(ask, action))
    await desk.cards.refresh(ask.tx, recording)
    return say(
        f"Every link to {_what(recording)} that was given out so far is dead.{_its_card(recording, ask)}"
    )


def _what(recording: Recording) -> str:
    return f"message {recording.number}" if recording.voicemail else "that recording"


def _its_card(recording: Recording, ask: Ask) -> str:
    return " Its card has a new one." if recording.playable(ask.now) else ""


async def done(desk: Desk, ask: Ask, action: Action) -> Outcome:
    recording = await _recording(ask, action)
    if recording.done:
        return complain("It was marked done already.")
    await ask.tx.save_recording(replace(recording, done=True))
    await desk.cards.refresh(ask.tx, recording)
    return say("Marked done.")


async def post(desk: Desk, ask: Ask, action: Action) -> Outcome:
    """The audio itself, into the room, where the chat can carry it."""
    recording = await _recording(ask, action)
    chat = desk.chats.get(ask.room.platform)
    if chat is None or not isinstance(chat, SendsAudio):
        raise NotPossible(reason="This chat cannot carry audio; the link plays it.")

    async def send() -> None:
        audio = await desk.recordings.audio(recording)
        try:
            await chat.send_audio(ask.room, f"voicemail {recording.number}", audio)
        except ProviderError as problem:
            log.warning("audio not posted", chat=chat.name, detail=problem.detail, code=problem.code)
            await _tell(
                desk,
                ask,
                f"{chat.name} did not take the audio ({problem.code or problem.detail}); the link plays it.",
            )

    return Outcome(reply=say("Posting it here.").reply, then=(send,))


async def _tell(desk: Desk, ask: Ask, words: str) -> None:
    """In a unit of work of its own: the answer was committed long ago."""
    async with desk.ledger() as tx:
        await tx.put_reply(ask.room, ask.asker, Reply(text=words, kind=ReplyKind.ERROR), desk.clock.now())
        await tx.commit()
    desk.cards.wake()


PRESSES: Final[Mapping[Verb, Press]] = {
    Verb.CANCEL: cancel,
    Verb.HANG_UP: hang_up,
    Verb.AGAIN: once_more,
    Verb.NOW: now,
    Verb.LEAVE: leave,
    Verb.EDIT: edit,
    Verb.NUMBER: number,
    Verb.ADD: add_somebody,
    Verb.CONTACT: save_contact,
    Verb.JOIN: join,
    Verb.BACK: call_back,
    Verb.RENEW: renew,
    Verb.REVOKE: revoke,
    Verb.DONE: done,
    Verb.POST: post,
    Verb.HOME: home,
}
