"""A command written back as a sentence that means exactly it: reading it again gives the same command.

Times come out absolute, names as saved. The sentence is plain text: read it with the platform `console`. What
a link's label showed (`label_differs`) is not kept.
"""

import re
from collections.abc import Iterable
from datetime import time, timedelta
from typing import Final

from bot.domain.flow import HangUp, Menu, Pause, Play, Say, SendDigits, SendText
from bot.domain.numbers import Address, PhoneNumber
from bot.domain.schedule import LAST_DAY, Recurrence, Unit, WallTime, local_time, resolve
from bot.parse import command as c
from bot.parse.tokens import quoted
from bot.parse.words import MONTH_NAMES, WEEKDAY_NAMES

_ODD_NAMES: Final = frozenset(("me", "myself", "and", "everyone", "all", "then", "to", "the", "my"))


# --- times ----------------------------------------------------------------------------------------


def time_text(when: c.When) -> str:
    """`at 2026-03-10 17:00 Asia/Singapore`; with its offset where that wall time comes twice."""
    if resolve(when.local, when.zone).kind is not WallTime.PLAIN:
        shift = when.local - when.at.replace(tzinfo=None)
        return f"at {when.local:%Y-%m-%d}T{_clock(when.local.time())}{_offset(shift)}[{when.zone}]"
    return f"at {when.local:%Y-%m-%d} {_clock(when.local.time())} {when.zone}"


def _clock(at: time) -> str:
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")


def clock_text(at: time) -> str:
    """A time of day that needs no question: with am or pm where 24-hour digits could be either."""
    if 10 <= at.hour <= 12:
        return f"{_clock(at)}{'am' if at.hour < 12 else 'pm'}"
    return _clock(at)


def _offset(shift: timedelta) -> str:
    minutes = round(shift / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def rule_text(rule: Recurrence) -> str:
    """`every 1 weeks on Monday at 09:00 Asia/Singapore starting 2026-03-16 until 2026-06-30`."""
    limits = [f"until {rule.until.isoformat()}"] if rule.until else []
    limits += [f"{rule.count} times"] if rule.count is not None else []
    excepted = [f"{WEEKDAY_NAMES[day]}s" for day in rule.except_weekdays] + [
        day.isoformat() for day in rule.except_days
    ]
    limits += ["except " + " and ".join(excepted)] if excepted else []
    return " ".join((f"every {rule.interval} {rule.unit}s", *_rule_days(rule), _rule_times(rule), *limits))


def _rule_times(rule: Recurrence) -> str:
    if rule.anchor is not None:
        local = local_time(rule.anchor, rule.zone)
        return f"starting {local:%Y-%m-%d} at {clock_text(local.time())} {rule.zone}"
    return (
        f"at {' and '.join(clock_text(at) for at in rule.times)} {rule.zone} starting "
        f"{rule.start.isoformat()}"
    )


def _rule_days(rule: Recurrence) -> Iterable[str]:
    if rule.unit is Unit.WEEK and rule.weekdays:
        yield "on " + " and ".join(WEEKDAY_NAMES[day] for day in rule.weekdays)
    for which, weekday in rule.nth:
        yield f"on the {'last' if which == LAST_DAY else nth_text(which)} {WEEKDAY_NAMES[weekday]}"
    if rule.unit is Unit.YEAR:
        yield from (f"on {day} {MONTH_NAMES[(rule.month or 1) - 1]}" for day in rule.days)
    elif rule.days == (LAST_DAY,):
        yield "on the last day"
    elif rule.days:
        yield "on the " + " and ".join(nth_text(day) for day in rule.days)


def nth_text(n: int) -> str:
    """1st, 2nd, 3rd, 4th …"""
    return f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


# --- parties and words ----------------------------------------------------------------------------


def name_text(name: str) -> str:
    """A saved name as it is written in a sentence: quoted where its words alone would be read otherwise."""
    plain = re.fullmatch(r"[^\W\d_]+(?: [^\W\d_]+)*", name)
    return name if plain and name.lower() not in _ODD_NAMES else quoted(name)


def target_text(target: c.Target) -> str:
    """One party: me, a name, a mention, a number or an address."""
    if target.is_me:
        return "me"
    if target.name is not None:
        return name_text(target.name)
    return f"<@{target.user}>" if target.address is None else _address(target.address)


def _address(address: Address) -> str:
    if isinstance(address, PhoneNumber):
        return address.e164 + (f" ext {address.ext}" if address.ext else "")
    return address.uri


def _targets(targets: Iterable[c.Target]) -> str:
    return ", ".join(target_text(target) for target in targets)


# --- calls ----------------------------------------------------------------------------------------


def _step(step: c.Step) -> str:
    match step:
        case Play():
            return f"play {step.url}" + (f" {step.times} times" if step.times != 1 else "")
        case Say():
            language = f" in {step.language}" if step.language else ""
            return f"say {quoted(step.text)}{language}" + (f" with voice {step.voice}" if step.voice else "")
        case SendText():
            return f"text {quoted(step.text)}" + (f" from {step.sender.e164}" if step.sender else "")
        case Pause():
            return f"wait {step.seconds:g} seconds"
        case SendDigits():
            return f"press {step.digits}" + (f"@{step.tone_ms}" if step.tone_ms else "")
        case Menu():
            return f"menu {step.code}"
        case c.Patch():
            return "patch me in" if step.target.is_me else f"patch in {target_text(step.target)}"
        case HangUp():
            return "hang up"


def _steps(steps: Iterable[c.Step]) -> str:
    return ", ".join(_step(step) for step in steps)


def _terms(terms: c.Terms) -> Iterable[str]:
    if terms.via:
        yield f"via {terms.via}"
    if terms.caller_id:
        yield "from " + (
            terms.caller_id.e164 if isinstance(terms.caller_id, PhoneNumber) else terms.caller_id
        )
    if terms.max_seconds:
        yield f"max {terms.max_seconds} seconds"
    if terms.ring_seconds:
        yield f"ring for {terms.ring_seconds} seconds"
    if terms.record is not None:
        yield "record it" if terms.record else "do not record"
    if terms.room:
        yield f"in room {quoted(terms.room)}"
    if terms.music:
        yield f"with music {terms.music}"


def _time(command: c.Call | c.Conference | c.Remind | c.Reschedule) -> str:
    if command.every:
        return " " + rule_text(command.every)
    return " " + time_text(command.when) if command.when else ""


def _call(command: c.Call | c.Conference) -> str:
    verb = "call" if isinstance(command, c.Call) else "conference"
    apart = " one after the other" if isinstance(command, c.Call) and command.one_by_one else ""
    parts = [
        f"{verb} {_targets(command.targets)}{apart}{_time(command)}",
        *map(_step, command.steps),
        *_terms(command.terms),
    ]
    machine = f"; if voicemail {_steps(command.on_machine)}" if command.on_machine is not None else ""
    human = f"; if a person answers {_steps(command.on_human)}" if command.on_human is not None else ""
    return ", ".join(parts) + machine + human


def _forward(command: c.Forward) -> str:
    stages = [
        " and ".join(target_text(target) for target in stage.targets)
        + (f" for {stage.ring_seconds} seconds" if stage.ring_seconds else "")
        for stage in command.stages
    ]
    return f"forward {command.own.e164} to " + ", then ".join(
        [*stages, *(["voicemail"] if command.voicemail else [])]
    )


# --- everything -----------------------------------------------------------------------------------


def format_command(command: c.Command) -> str:
    """The canonical sentence of a command."""
    match command:
        case c.Call() | c.Conference():
            return _call(command)
        case c.Remind():
            return f"remind me to {quoted(command.message)}{_time(command)}"
        case c.Forward():
            return _forward(command)
        case c.Reschedule():
            return _reschedule(command)
        case c.Cancel():
            return "cancel all" if command.everything else "cancel " + " ".join(map(str, command.ids))
        case c.History():
            page = f" page {command.page}" if command.page else ""
            who = f" with {target_text(command.target)}" if command.target else ""
            return f"last {command.limit} calls{who}" if command.limit else f"history{page}{who}"
        case c.Rate():
            return f"rate {_targets(command.targets)}"
        case c.Confirm():
            return str(command.choice) if command.choice else "yes"
        case _:
            return _running(command)


def _reschedule(command: c.Reschedule) -> str:
    if command.shift_seconds is None:
        return f"reschedule {command.id} to{_time(command)}"
    return (
        f"move {command.id} {abs(command.shift_seconds)} seconds "
        f"{'earlier' if command.shift_seconds < 0 else 'later'}"
    )


def _running(command: c.Command) -> str:
    match command:
        case c.HangUpCall():
            which = " ".join(map(str, command.ids)) or _targets(command.targets)
            return "hang up all calls" if command.everything else f"hang up {which}".strip()
        case c.Mute() | c.Unmute():
            verb = "mute" if isinstance(command, c.Mute) else "unmute"
            whom = "everyone" if command.everyone else _targets(command.targets)
            return f"{verb} {whom}{_on(command.id, 'on')}"
        case c.Hold() | c.Unhold():
            verb = "hold" if isinstance(command, c.Hold) else "unhold"
            if not command.targets:
                return f"{verb} {command.id}" if command.id is not None else verb
            return f"{verb} {_targets(command.targets)}{_on(command.id, 'on')}"
        case _:
            return _in_call(command)


def _in_call(command: c.Command) -> str:
    match command:
        case c.Add():
            return f"add {_targets(command.targets)}{_on(command.id, 'to')}"
        case c.Kick():
            return f"kick {_targets(command.targets)}{_on(command.id, 'from')}"
        case c.Transfer():
            return f"transfer{_on(command.id, '')} to {target_text(command.target)}"
        case c.RecordCall():
            return f"{'start' if command.on else 'stop'} recording{_on(command.id, '')}"
        case c.PressDigits():
            tone = f"@{command.tone_ms}" if command.tone_ms else ""
            return f"press {command.digits}{tone} on {command.id}"
        case c.SayLive():
            said = Say(text=command.text, language=command.language, voice=command.voice)
            return f"{_step(said)} on {command.id}"
        case c.PlayLive():
            return f"{_step(Play(url=command.url, times=command.times))} on {command.id}"
        case c.StopPlaying():
            return f"stop playing{_on(command.id, 'on')}"
        case _:
            return _kept(command)


def _on(number: int | None, preposition: str) -> str:
    return "" if number is None else f" {preposition} #{number}".replace("  ", " ")


def _kept(command: c.Command) -> str:
    match command:
        case c.Skip():
            return f"skip the next run of {command.id}"
        case c.Status():
            return " ".join(("status", *map(str, command.ids)))
        case c.Unforward():
            return f"stop forwarding {command.own.e164}"
        case c.DeleteVoicemail():
            return f"delete voicemail {command.id}"
        case c.AddContact():
            return f"save {quoted(command.name)} as {_address(command.address)}"
        case c.RemoveContact():
            return f"forget {quoted(command.name)}"
        case c.RenameContact():
            return f"rename contact {command.name} to {quoted(command.to)}"
        case c.ShowContact():
            return f"who is {quoted(command.name)}"
        case c.Set():
            return f"set {command.key.replace('_', ' ')} to {command.value}"
        case _:
            return _listed(command)


def _listed(command: c.Command) -> str:
    match command:
        case c.RentNumber():
            return " ".join(
                ("rent a number", *(("in", command.country) if command.country else ()), command.region or "")
            ).strip()
        case c.ReleaseNumber():
            return f"release {command.own.e164}"
        case c.Notify():
            about = {"voicemail": "voicemail", "missed": "missed calls", "all": "all calls"}[command.about]
            return f"notify here about {about}" + (f" for {command.own.e164}" if command.own else "")
        case c.Unnotify():
            return "stop notices" + (f" for {command.own.e164}" if command.own else "")
        case c.Allow() | c.Revoke():
            verb = "allow" if isinstance(command, c.Allow) else "revoke"
            return f"{verb} prefix {command.prefix}" if command.prefix else f"{verb} <@{command.user}>"
        case c.Help():
            return f"help {command.topic}" if command.topic else "help"
        case _:
            return _WORDS[type(command)]


_WORDS: Final[dict[type, str]] = {
    c.ListForwards: "list forwards",
    c.ListCalls: "list",
    c.Balance: "balance",
    c.Decline: "no",
    c.Undo: "undo",
    c.Voicemails: "voicemail",
    c.ListContacts: "contacts",
    c.ShowSettings: "settings",
    c.ListNumbers: "numbers",
    c.ListNotices: "notices",
    c.ShowAccess: "who may call",
    c.OpenBoard: "board",
}
