"""From what Slack sends to `Inbound`: pure. Who somebody is beyond their id, and what words mean, is not
decided here.

Payloads are signed by Slack, but a field may be missing: what cannot be read is None.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from adapters.chat.slack import PLATFORM
from adapters.chat.slack.forms import SENTENCES
from bot.domain.actions import Action, Verb
from bot.domain.people import Asker, Room, Standing
from bot.ports.chat import Inbound, SourceKey

Payload = Mapping[str, Any]
HOME: Final = str(Action(verb=Verb.HOME, target="me"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Us:
    """The workspace this app is installed in, and the app's own bot there."""

    team: str
    user: str
    bot: str = ""


# --- words --------------------------------------------------------------------------------------


def of_command(payload: Payload, us: Us, sent_at: datetime) -> Inbound | None:
    """A slash command. None when it was typed in another workspace."""
    if payload.get("team_id") != us.team:
        return None
    return Inbound(
        source=_source(us, "trigger", payload.get("trigger_id"), payload),
        room=room_of(us, payload["channel_id"]),
        asker=asker_of(us, payload["user_id"], us.team),
        sent_at=sent_at,
        text=payload.get("text", ""),
    )


def of_event(envelope: Payload, us: Us) -> Inbound | None:
    """A mention of us, a direct message, or the home page being opened; None for everything else."""
    event = envelope.get("event", {})
    kind, user = event.get("type"), event.get("user")
    if envelope.get("team_id") not in (us.team, None) or not user or user == us.user:
        return None
    if kind == "app_home_opened":
        return _home_opened(envelope, us) if event.get("tab", "home") == "home" else None
    # An edited message is no new order; other bots, and whatever has a subtype, give none.
    if event.get("bot_id") or event.get("subtype") or event.get("edited") or "text" not in event:
        return None
    is_direct = str(event.get("channel", "")).startswith("D")
    if kind not in ("app_mention", "message") or is_direct != (kind == "message"):
        return None
    return Inbound(
        source=_source(us, "event", envelope.get("event_id"), event),
        room=room_of(us, event["channel"], event.get("thread_ts")),
        asker=asker_of(us, user, event.get("user_team") or event.get("team")),
        sent_at=max(moment(event.get("ts")), moment(envelope.get("event_time"))),
        text=without_mention(event["text"], us.user),
    )


def _home_opened(envelope: Payload, us: Us) -> Inbound:
    event = envelope["event"]
    return Inbound(
        source=_source(us, "event", envelope.get("event_id"), envelope),
        room=room_of(us, event.get("channel") or event["user"]),
        asker=asker_of(us, event["user"], us.team),
        sent_at=moment(envelope.get("event_time")),
        action=HOME,
    )


def without_mention(text: str, user: str) -> str:
    """What was said to us, without our own name in front."""
    return re.sub(rf"^\s*<@{re.escape(user)}(\|[^<>]*)?>[\s,:]*", "", text)


# --- presses and forms --------------------------------------------------------------------------


def of_press(payload: Payload, us: Us, sent_at: datetime) -> Inbound | None:
    """A button of ours; None where it has nothing to say to the core."""
    pressed: Payload = next(iter(payload.get("actions", ())), {})
    if not pressed.get("value"):
        return None
    container = payload.get("container", {})
    user = payload["user"]["id"]
    trigger = f"{payload.get('trigger_id', '')}/{pressed.get('action_ts', '')}".strip("/")
    return Inbound(
        source=_source(us, "trigger", trigger, payload),
        room=_where(payload, us, container.get("thread_ts") or payload.get("message", {}).get("thread_ts")),
        asker=asker_of(us, user, team_of(payload)),
        sent_at=sent_at,
        action=pressed["value"],
    )


def home_after(press: Inbound) -> Inbound:
    """What was pressed on the home page shows there."""
    source = press.source
    again = SourceKey(platform=source.platform, workspace=source.workspace, event=f"{source.event}:home")
    return Inbound(source=again, room=press.room, asker=press.asker, sent_at=press.sent_at, action=HOME)


def of_shortcut(payload: Payload, us: Us, sent_at: datetime) -> Inbound | None:
    """`Call this number` on a message; None when there is no number in it."""
    numbers = numbers_in(payload.get("message", {}))
    if not numbers:
        return None
    return Inbound(
        source=_source(us, "trigger", payload.get("trigger_id"), payload),
        room=_where(payload, us, payload.get("message", {}).get("thread_ts")),
        asker=asker_of(us, payload["user"]["id"], team_of(payload)),
        sent_at=sent_at,
        text=f"call {', '.join(numbers)}",
    )


def of_form(payload: Payload, us: Us, sent_at: datetime) -> Inbound | None:
    """A form that was filled in, as the sentence that it stands for."""
    view = payload["view"]
    sentence = SENTENCES.get(view["callback_id"])
    if sentence is None:
        return None
    return Inbound(
        source=_source(us, "view", f"{view['id']}/{view.get('hash', '')}", payload),
        room=_where(payload, us, None),
        asker=asker_of(us, payload["user"]["id"], team_of(payload)),
        sent_at=sent_at,
        text=sentence(view["state"]["values"]),
    )


def team_of(payload: Payload) -> str | None:
    """The workspace of whoever pressed: in a shared channel not always ours."""
    return payload["user"].get("team_id") or (payload.get("team") or {}).get("id")


def _where(payload: Payload, us: Us, thread: str | None) -> Room:
    """The channel it happened in, or the one that a page or form was opened from, or the person's own."""
    channel = (payload.get("channel") or {}).get("id") or (payload.get("container") or {}).get("channel_id")
    if channel:
        return room_of(us, channel, thread)
    return room_of(us, origin_of(payload) or payload["user"]["id"])


def origin_of(payload: Payload) -> str | None:
    """The channel that a view keeps in its metadata."""
    try:
        kept = json.loads((payload.get("view") or {}).get("private_metadata") or "{}")
    except ValueError:
        return None
    return kept.get("channel") if isinstance(kept, dict) else None


# --- numbers in a message -----------------------------------------------------------------------

_TEL: Final = re.compile(r"<tel:[^<>]+>")
_DATE: Final = r"\d{4}-\d\d-\d\d(?!\d)|\d\d?([./-])\d\d?\1(?:\d\d){1,2}(?!\d)"
_WRITTEN: Final = re.compile(
    rf"(?<![\w./:-])(?!{_DATE})" r"\+?\(?\d(?:[ ().\u00a0\u2011-]{0,2}\d){6,14}(?![\w/:]|\.\d)"
)


def numbers_in(message: Payload) -> tuple[str, ...]:
    """The phone numbers of a message as Slack writes them: links first, else what looks like a number."""
    text = str(message.get("text", ""))
    linked = [*_TEL.findall(text), *_links(message.get("blocks", ()))]
    written = [found[0] for found in _WRITTEN.finditer(re.sub(r"<[^<>]*>", " ", text))]
    return tuple(dict.fromkeys(linked or written))


def _links(element: Any) -> list[str]:
    """Every tel: link in blocks, however deep."""
    if isinstance(element, list | tuple):
        return [link for each in element for link in _links(each)]
    if not isinstance(element, dict):
        return []
    url = element.get("url")
    if element.get("type") == "link" and str(url).startswith("tel:"):
        label = f"|{element['text']}" if element.get("text") else ""
        return [f"<{url}{label}>"]
    return [link for each in element.values() for link in _links(each)]


# --- who, where, when ---------------------------------------------------------------------------


def room_of(us: Us, channel: str, thread: str | None = None) -> Room:
    """Only a conversation with us alone is private; `U…` stands for the one with that person."""
    private = channel[:1] in ("D", "U", "W")
    return Room(platform=PLATFORM, workspace=us.team, channel=channel, thread=thread, private=private)


def asker_of(us: Us, user: str, team: str | None) -> Asker:
    """As far as a payload tells: a stranger, until Slack is asked (`people.py`)."""
    return Asker(platform=PLATFORM, workspace=team or us.team, user=user, standing=Standing.STRANGER)


def moment(ts: Any) -> datetime:
    """Slack's `1700000000.000100`, or whole seconds; the beginning of time where there is none."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _source(us: Us, kind: str, id: Any, payload: Payload) -> SourceKey:
    """Slack's own id of it. Where there is none, what was sent is its own id."""
    text = str(id or "") or hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    return SourceKey(platform=PLATFORM, workspace=us.team, event=f"{kind}:{text}")
