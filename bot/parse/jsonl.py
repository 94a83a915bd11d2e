"""`patchline parse --jsonl`: one JSON record a line in, one JSON meaning a line out, in order."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from bot.domain.flow import HangUp, Menu, Pause, Play, Say, SendDigits, SendText
from bot.domain.numbers import PhoneNumber, SipUri, parse_address
from bot.domain.schedule import Recurrence, firings, last_fire
from bot.parse import command as c
from bot.parse.context import ParseContext
from bot.parse.parser import parse

SHOWN: Final = 10
"""How many occurrences of a rule are written out."""

Json = dict[str, Any]


def run(lines: Iterable[str]) -> Iterator[str]:
    """One answer for each line that is not blank. A line that is no record gets an `error` saying so."""
    for line in lines:
        if line.strip():
            yield json.dumps(_answer(line), ensure_ascii=False)


def _answer(line: str) -> Json:
    try:
        record = json.loads(line)
        context = context_of(record)
        text = str(record["text"])
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        return {"outcome": "error", "code": "empty", "message": f"not a record: {wrong}"}
    return {**({"id": record["id"]} if "id" in record else {}), **meaning(parse(text, context))}


def context_of(record: Mapping[str, Any]) -> ParseContext:
    """The context a record describes; raises KeyError, TypeError or ValueError when it does not."""
    given = record.get("context") or {}
    now = datetime.fromisoformat(record["now"])
    return ParseContext(
        now=now if now.tzinfo else now.replace(tzinfo=UTC),
        tz=record.get("tz") or "UTC",
        region=given.get("region") or "US",
        date_order=given.get("date_order"),
        clock=given.get("clock") or "ask",
        me=PhoneNumber(e164=given["me"]) if given.get("me") else None,
        contacts={name: parse_address(address) for name, address in (given.get("contacts") or {}).items()},
        contact_zones=given.get("contact_zones") or {},
        providers=tuple(given.get("providers") or ()),
        own_numbers=tuple(PhoneNumber(e164=number) for number in given.get("own_numbers") or ()),
        platform=record.get("platform") or "console",
    )


def meaning(parsed: c.Parsed) -> Json:
    """The answer as JSON; keys that were not said are absent."""
    if isinstance(parsed, c.Understood):
        return {"outcome": "ok", **_said(command_json(parsed.command))}
    if isinstance(parsed, c.Question):
        return _question(parsed)
    first = parsed.found[0]
    return {
        "outcome": "error",
        "code": first.code,
        "word": first.word,
        "span": list(first.span),
        "message": first.message,
        "suggest": list(first.suggest),
        "problems": [
            {"code": p.code, "word": p.word, "span": list(p.span), "message": p.message} for p in parsed.found
        ],
    }


def _question(question: c.Question) -> Json:
    return {
        "outcome": "ambiguous",
        "about": question.about,
        "word": question.word,
        "span": list(question.span),
        "message": question.message,
        "choices": [choice.name or choice.label for choice in question.choices],
        "choices_utc": [utc(choice.at) for choice in question.choices if choice.at],
    }


def utc(at: datetime) -> str:
    """`2026-03-11T01:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _said(values: Json) -> Json:
    return {
        key: value
        for key, value in values.items()
        if value not in (None, [], "") and (value is not False or key == "on")
    }


# --- commands -------------------------------------------------------------------------------------


def command_json(command: c.Command) -> Json:
    """The verb and every field that was said."""
    match command:
        case c.Call() | c.Conference():
            return _call(command)
        case c.Remind():
            return {
                "verb": "remind",
                "targets": [_target(command.target)],
                "message": command.message,
                **_time(command),
            }
        case c.Forward():
            return {"verb": "forward", "from": command.own.e164, "steps": _stages(command)}
        case c.Unforward() | c.ReleaseNumber() | c.Unnotify():
            own = command.own.e164 if command.own else None
            return {"verb": _VERBS[type(command)], "from": own, "number": own}
        case c.Notify():
            own = command.own.e164 if command.own else None
            return {"verb": "notify", "about": command.about, "from": own, "number": own}
        case c.Cancel():
            return {"verb": "cancel", "ids": list(command.ids), "all": command.everything}
        case c.Reschedule():
            shift = {"shift_seconds": command.shift_seconds}
            return {
                "verb": "reschedule",
                "ids": [command.id],
                **(shift if command.shift_seconds is not None else _time(command)),
            }
        case c.Status():
            return {"verb": "status", "ids": list(command.ids)}
        case c.History():
            who = [_target(command.target)] if command.target else []
            return {"verb": "history", "page": command.page, "limit": command.limit, "targets": who}
        case _:
            return _smaller(command)


def _smaller(command: c.Command) -> Json:
    match command:
        case c.Confirm():
            return {"verb": "confirm", "choice": command.choice}
        case c.HangUpCall():
            return {
                "verb": "hangup",
                "ids": list(command.ids),
                "targets": _targets(command.targets),
                "all": command.everything,
            }
        case c.Mute() | c.Unmute():
            verb, ids = _VERBS[type(command)], _ids(command.id)
            return {"verb": verb, "targets": _targets(command.targets), "all": command.everyone, "ids": ids}
        case c.Hold() | c.Unhold() | c.Add() | c.Kick():
            return {
                "verb": _VERBS[type(command)],
                "targets": _targets(command.targets),
                "ids": _ids(command.id),
            }
        case c.Rate():
            return {"verb": "rate", "targets": _targets(command.targets)}
        case _:
            return _in_call(command)


def _in_call(command: c.Command) -> Json:
    match command:
        case c.Transfer():
            return {"verb": "transfer", "targets": [_target(command.target)], "ids": _ids(command.id)}
        case c.RecordCall():
            return {"verb": "record", "on": command.on, "ids": _ids(command.id)}
        case c.PressDigits():
            return {"verb": "digits", "digits": _keys(command), "ids": [command.id]}
        case c.SayLive():
            return {"verb": "say", "spoken": command.text, "ids": [command.id]}
        case c.PlayLive():
            return {"verb": "play", "url": command.url, "ids": [command.id]}
        case c.Skip() | c.StopPlaying() | c.DeleteVoicemail():
            return {"verb": _VERBS[type(command)], "ids": _ids(command.id)}
        case _:
            return _kept(command)


def _kept(command: c.Command) -> Json:
    match command:
        case c.AddContact():
            sip = command.address.uri if isinstance(command.address, SipUri) else None
            number = command.address.e164 if isinstance(command.address, PhoneNumber) else None
            return {"verb": "contact.add", "name": command.name, "number": number, "sip": sip}
        case c.RemoveContact() | c.ShowContact():
            return {"verb": _VERBS[type(command)], "name": command.name}
        case c.RenameContact():
            return {"verb": "contact.rename", "name": command.name, "to": command.to}
        case c.Set():
            return {"verb": "set", "key": command.key, "value": command.value}
        case c.RentNumber():
            return {"verb": "number.rent", "country": command.country, "region": command.region}
        case c.Allow() | c.Revoke():
            return {"verb": _VERBS[type(command)], "user": command.user, "prefix": command.prefix}
        case c.Help():
            return {"verb": "help", "topic": command.topic}
        case _:
            return {"verb": _VERBS[type(command)]}


_VERBS: Final[dict[type, str]] = {
    c.Unforward: "unforward",
    c.ListForwards: "forwards",
    c.Skip: "skip",
    c.ListCalls: "list",
    c.Balance: "balance",
    c.Decline: "decline",
    c.Undo: "undo",
    c.Mute: "mute",
    c.Unmute: "unmute",
    c.Hold: "hold",
    c.Unhold: "unhold",
    c.Add: "add",
    c.Kick: "kick",
    c.StopPlaying: "stop_play",
    c.Voicemails: "voicemail",
    c.DeleteVoicemail: "voicemail.delete",
    c.RemoveContact: "contact.remove",
    c.ListContacts: "contact.list",
    c.ShowContact: "contact.show",
    c.ShowSettings: "settings",
    c.ListNumbers: "number.list",
    c.ReleaseNumber: "number.release",
    c.Unnotify: "unnotify",
    c.ListNotices: "notices",
    c.Allow: "allow",
    c.Revoke: "revoke",
    c.ShowAccess: "access",
    c.OpenBoard: "board",
}


def _call(command: c.Call | c.Conference) -> Json:
    terms = command.terms
    caller = terms.caller_id.e164 if isinstance(terms.caller_id, PhoneNumber) else terms.caller_id
    return {
        "verb": "call" if isinstance(command, c.Call) else "conference",
        "targets": _targets(command.targets),
        **_time(command),
        "steps": _steps(command.steps),
        "on_machine": _steps(command.on_machine or ()),
        "on_human": _steps(command.on_human or ()),
        "record": terms.record,
        "via": terms.via,
        "caller_id": caller,
        "max_seconds": terms.max_seconds,
        "ring_seconds": terms.ring_seconds,
        "room": terms.room,
        "music": terms.music,
    }


def _time(command: c.Call | c.Conference | c.Remind | c.Reschedule) -> Json:
    if command.every:
        return {"every": _every(command.every)}
    return {"when": utc(command.when.at) if command.when else "now"}


def _every(rule: Recurrence) -> Json:
    last = last_fire(rule)
    count = sum(1 for _ in firings(rule)) if rule.has_end else None
    return _said(
        {
            "next_utc": [utc(at) for at in islice(firings(rule), SHOWN)],
            "count": rule.count if rule.count is not None and rule.until is None else count,
            "last_utc": utc(last) if last else None,
        }
    )


def _ids(number: int | None) -> list[int]:
    return [] if number is None else [number]


def _targets(targets: tuple[c.Target, ...]) -> list[Json]:
    return [_target(target) for target in targets]


def _target(target: c.Target) -> Json:
    match target.address:
        case PhoneNumber():
            found: Json = {"number": target.address.e164, "ext": target.address.ext}
        case SipUri():
            found = {"sip": target.address.uri}
        case _:
            found = {"user": target.user}
    return _said({**found, "name": target.name, "me": target.is_me})


def _stages(forward: c.Forward) -> list[Json]:
    steps = [
        _said(
            {
                "do": "dial",
                "target": _target(target),
                "ring_seconds": stage.ring_seconds,
                "with_previous": n > 0,
            }
        )
        for stage in forward.stages
        for n, target in enumerate(stage.targets)
    ]
    return [*steps, {"do": "voicemail"}] if forward.voicemail else steps


def _steps(steps: tuple[c.Step, ...]) -> list[Json]:
    return [_said(_step(step)) for step in steps]


def _step(step: c.Step) -> Json:
    match step:
        case Play():
            return {"do": "play", "url": step.url, "times": step.times if step.times != 1 else None}
        case Say():
            return {"do": "say", "text": step.text, "language": step.language, "voice": step.voice}
        case SendText():
            return {"do": "sms", "text": step.text, "from": step.sender.e164 if step.sender else None}
        case Menu():
            return {"do": "menu", "code": step.code}
        case c.Patch():
            return {"do": "patch", "target": _target(step.target)}
        case SendDigits():
            return {"do": "digits", "digits": _keys(step)}
        case Pause():
            return {"do": "wait", "seconds": step.seconds}
        case HangUp():
            return {"do": "hangup"}


def _keys(step: SendDigits | c.PressDigits) -> str:
    return step.digits if step.tone_ms is None else f"{step.digits}@{step.tone_ms}"
