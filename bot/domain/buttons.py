"""What a person can do next about a call, as buttons on its card, by the state shown."""

from bot.domain.actions import Action, Verb
from bot.domain.call import Call, CallKind, CallState, PlacementState
from bot.domain.card import Button
from bot.domain.causes import Disposition
from bot.domain.flow import Feature
from bot.domain.numbers import Address, PhoneNumber
from bot.domain.recording import RecordingState
from bot.domain.view import View


def button(label: str, verb: Verb, target: str, *, style: str = "", argument: str = "") -> Button:
    """A button that says `verb` about `target` when pressed."""
    return Button(label=label, action=str(Action(verb=verb, target=target, argument=argument)), style=style)


def buttons_for(call: Call, view: View, state: str) -> tuple[Button, ...]:
    """What can be done about a call in that state; the card of a call we cannot hang up may have none."""
    hidden = not view.private and any(isinstance(each, PhoneNumber) for each in _addresses(call))
    return (*_own(call, view, state), *([button("Show number", Verb.NUMBER, call.id)] if hidden else []))


def _addresses(call: Call) -> list[Address | None]:
    return [*(party.address for party in call.parties), call.caller]


def _own(call: Call, view: View, state: str) -> list[Button]:
    if call.kind is CallKind.INBOUND and call.state.is_final:
        return _after_inbound(call, view)
    match state:
        case "confirm":
            return _confirm(call, view)
        case "scheduled":
            return [button("Cancel", Verb.CANCEL, call.id, style="danger")]
        case "missed":
            return _now_or_leave(call)
        case "refused":
            return [button("Edit", Verb.EDIT, call.id)]
        case "cancelled" | "failed" | "ended":
            return _after(call, view)
        case _ if call.state.is_final:
            return _after(call, view)
        case _:
            return _meanwhile(call, view)


def _confirm(call: Call, view: View) -> list[Button]:
    return [
        button("Confirm", Verb.CONFIRM, view.question or call.id, style="primary"),
        button("Edit", Verb.EDIT, call.id),
        button("Cancel", Verb.CANCEL, call.id, style="danger"),
    ]


def _meanwhile(call: Call, view: View) -> list[Button]:
    if _awaits_a_decision(call):
        return _now_or_leave(call)
    if call.state is CallState.CLAIMED:
        return [button("Cancel", Verb.CANCEL, call.id, style="danger")]
    can_hang_up = Feature.HANG_UP in view.features
    buttons = [button("Hang up", Verb.HANG_UP, call.id, style="danger")] if can_hang_up else []
    can_join = Feature.CONFERENCE in view.features and call.kind is not CallKind.INBOUND
    if call.ending or not call.live_legs or not can_join:
        return buttons
    buttons.append(button("Add", Verb.ADD, call.id))
    if call.kind is CallKind.CONFERENCE and not any(party.is_me for party in call.parties):
        buttons.append(button("Join me", Verb.JOIN, call.id))
    return buttons


def _awaits_a_decision(call: Call) -> bool:
    """Checked to the end without an answer, and nothing else going on."""
    doubtful = [each for each in call.placements if each.state is PlacementState.UNKNOWN]
    return bool(doubtful) and not call.live_legs and all(each.check_at is None for each in doubtful)


def _now_or_leave(call: Call) -> list[Button]:
    return [
        button("Call now", Verb.NOW, call.id, style="primary"),
        button("Leave it", Verb.LEAVE, call.id),
    ]


def _after(call: Call, view: View) -> list[Button]:
    buttons = [button("Call again", Verb.AGAIN, call.id), *_about_recordings(view)]
    strangers = any(not (party.name or party.is_me) for party in call.parties)
    if strangers and call.disposition is Disposition.ANSWERED:
        buttons.append(button("Add contact", Verb.CONTACT, call.id))
    return [*buttons, *_revocations(view)]


def _after_inbound(call: Call, view: View) -> list[Button]:
    buttons = _about_recordings(view)
    if call.caller is not None:
        buttons.append(button("Call back", Verb.BACK, call.id, style="primary"))
    buttons += _revocations(view)
    return buttons or [button("Leave it", Verb.LEAVE, call.id)]


def _about_recordings(view: View) -> list[Button]:
    buttons = []
    for each in view.recordings:
        recording = each.recording
        if recording.state is RecordingState.STORED and each.url is None:
            buttons.append(button("Renew link", Verb.RENEW, recording.id))
        elif recording.state is RecordingState.STORED and recording.voicemail and not recording.done:
            buttons.append(button("Post audio here", Verb.POST, recording.id))
            buttons.append(button("Done", Verb.DONE, recording.id))
    return buttons


def _revocations(view: View) -> list[Button]:
    """Last in the row: for the day when a link has gone where it should not."""
    return [
        button("Revoke link", Verb.REVOKE, each.recording.id)
        for each in view.recordings
        if each.url is not None and each.recording.state is RecordingState.STORED
    ]
