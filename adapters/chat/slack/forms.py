"""The two long forms, and the sentences that they stand for. Pure; what those mean is the parser's."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.chat.slack.text import escaped

Block = dict[str, Any]
Values = Mapping[str, Mapping[str, Mapping[str, Any]]]

SCHEDULE: Final = "schedule_a_call"
FORWARD: Final = "forward_a_number"
CALL_THIS: Final = "call_this_number"
OPENS: Final = "opens:"
"""How the action id of a button begins that opens a form."""


def schedule_form(channel: str | None) -> Block:
    """`views.open` takes this. `channel`: where the call's card goes, None for the direct message."""
    return _modal(
        SCHEDULE,
        "Schedule a call",
        "Schedule",
        channel,
        [
            _text("who", "Whom", "amy, or +65 9123 4567", hint="Several with a comma between them."),
            _select(
                "how",
                "How",
                {
                    "me": "Ring me first, then them",
                    "patch": "Ring them, then patch me in",
                    "room": "Conference",
                },
            ),
            _picker("date", "Day", "datepicker", "Today"),
            _picker("time", "Time, on your clock", "timepicker", "Now"),
            _text("more", "Anything else", "record it, ring for 20 s, via plivo", optional=True),
        ],
    )


def forward_form(channel: str | None) -> Block:
    """The same for `forward +65… to …`."""
    return _modal(
        FORWARD,
        "Forward a number",
        "Forward",
        channel,
        [
            _text("number", "Calls to this number of ours", "+65 6123 4567"),
            _text("to", "ring", "me, or amy, or +65 9123 4567"),
            _text("seconds", "for so many seconds", "20", optional=True),
            _select("then", "and if nobody answers", {"voicemail": "Voicemail", "goodbye": "Say goodbye"}),
        ],
    )


FORMS: Final[Mapping[str, Callable[[str | None], Block]]] = {SCHEDULE: schedule_form, FORWARD: forward_form}


# --- what was filled in -------------------------------------------------------------------------


def schedule_sentence(values: Values) -> str:
    """`call amy and patch me in on 2026-03-10 at 23:59, record it`."""
    who, how = _given(values, "who"), _chosen(values, "how")
    verb = {"room": f"conference me, {who}", "patch": f"call {who} and patch me in"}.get(how, f"call {who}")
    date, time = _picked(values, "date", "selected_date"), _picked(values, "time", "selected_time")
    when = f"{f' on {date}' if date else ''}{f' at {time}' if time else ''}"
    more = _given(values, "more")
    return f"{verb}{when}{f', {more}' if more else ''}"


def forward_sentence(values: Values) -> str:
    """`forward +6561234567 to me for 20 s, then voicemail`."""
    seconds = _given(values, "seconds")
    ringing = f" for {seconds} s" if seconds else ""
    ending = ", then voicemail" if _chosen(values, "then") != "goodbye" else ""
    return f"forward {_given(values, 'number')} to {_given(values, 'to')}{ringing}{ending}"


SENTENCES: Final[Mapping[str, Callable[[Values], str]]] = {
    SCHEDULE: schedule_sentence,
    FORWARD: forward_sentence,
}


def _given(values: Values, name: str) -> str:
    """As a message would have brought it."""
    return escaped(str(_value(values, name).get("value") or "").strip())


def _chosen(values: Values, name: str) -> str:
    return str((_value(values, name).get("selected_option") or {}).get("value", ""))


def _picked(values: Values, name: str, field: str) -> str:
    return str(_value(values, name).get(field) or "")


def _value(values: Values, name: str) -> Mapping[str, Any]:
    return values.get(name, {}).get(name, {})


def metadata(channel: str | None) -> str:
    """What a view keeps for whoever presses in it: ids alone, as people can read it."""
    return json.dumps({"channel": channel} if channel else {})


# --- blocks -------------------------------------------------------------------------------------


def _modal(id: str, title: str, submit: str, channel: str | None, blocks: list[Block]) -> Block:
    return {
        "type": "modal",
        "callback_id": id,
        "title": _plain(title),
        "submit": _plain(submit),
        "close": _plain("Cancel"),
        "private_metadata": metadata(channel),
        "blocks": blocks,
    }


def _text(name: str, label: str, example: str, *, optional: bool = False, hint: str = "") -> Block:
    element = {
        "type": "plain_text_input",
        "action_id": name,
        "max_length": 500,
        "placeholder": _plain(example),
    }
    block = _input(name, label, element, optional=optional)
    return {**block, "hint": _plain(hint)} if hint else block


def _select(name: str, label: str, choices: Mapping[str, str]) -> Block:
    options = [{"text": _plain(words), "value": value} for value, words in choices.items()]
    element = {"type": "static_select", "action_id": name, "options": options, "initial_option": options[0]}
    return _input(name, label, element)


def _picker(name: str, label: str, kind: str, placeholder: str) -> Block:
    element = {"type": kind, "action_id": name, "placeholder": _plain(placeholder)}
    return _input(name, label, element, optional=True)


def _input(name: str, label: str, element: Block, *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label),
        "element": element,
        "optional": optional,
    }


def _plain(words: str) -> Block:
    return {"type": "plain_text", "text": words}
