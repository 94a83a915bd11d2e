"""What a call will do, as numbered steps in words. What it did is `outcome.py`."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from bot.domain import phrases
from bot.domain.call import Call, CallKind, LegPlan
from bot.domain.flow import (
    Conference,
    Dial,
    Gather,
    HangUp,
    Menu,
    Party,
    Pause,
    Play,
    Record,
    Say,
    SendDigits,
    SendText,
    Step,
)
from bot.domain.outcome import Naming

_TIMES: Final = {1: "", 2: " twice"}


def steps_of(call: Call, name: Naming, *, whole: bool) -> list[str]:
    """The orders as lines; digits and codes are written out only where `whole` says so.

    Calls to several people with the same orders show them once.
    """
    if not call.plan:
        return []
    if call.kind is CallKind.CONFERENCE:
        return _conference(call)
    return _numbered(call, name, whole) + _machine_branch(call.plan[0], name, whole)


def _numbered(call: Call, name: Naming, whole: bool) -> list[str]:
    words = [_first(call, name), *(_in_words(call.plan[0].flow.steps, name, whole))]
    return [f"{n}. {phrases.capital(each)}" for n, each in enumerate((each for each in words if each), 1)]


def _first(call: Call, name: Naming) -> str:
    if call.kind is CallKind.INBOUND:
        return ""
    rung = phrases.joined([name(plan.party) for plan in call.plan])
    return f"ring {rung}{', one call each' if len(call.plan) > 1 else ''}"


def _conference(call: Call) -> list[str]:
    key = next((step.key for step in call.plan[0].flow.steps if isinstance(step, Gather)), None)
    joins = f"Whoever answers and presses {key}" if key else "Whoever answers"
    return ["1. Ring everybody at once", f"2. {joins} joins the conference"]


def _machine_branch(plan: LegPlan, name: Naming, whole: bool) -> list[str]:
    branch = plan.flow.on_machine
    if branch is None:
        return []
    return [f"If a machine answers: {', '.join(_in_words(branch, name, whole)) or 'hang up'}"]


def _in_words(steps: Sequence[Step], name: Naming, whole: bool) -> list[str]:
    """Repeats are said once, with how often; what follows a Dial runs only when nobody took it."""
    lines: list[str] = []
    after_dial = False
    for step, same in groupby(steps):
        times = len(list(same))
        words = _step(step, name, whole)
        if not words:
            continue
        lines.append(f"{'if nobody answers, ' * after_dial}{words}{_TIMES.get(times, f' {times} times')}")
        after_dial = isinstance(step, Dial)
    return lines


def _step(step: Step, name: Naming, whole: bool) -> str:
    match step:
        case Gather():
            return f"go on when {step.key} is pressed"
        case Dial():
            return _dial(step, name)
        case Record():
            return f"take a message of at most {phrases.span(step.max_seconds)}"
        case Conference():
            return "join the conference"
        case HangUp():
            return "hang up"
        case _:
            return _given(step, whole)


def _given(step: Play | Say | Pause | SendDigits | SendText | Menu, whole: bool) -> str:
    """What the other side gets to hear, read or feel."""
    match step:
        case Play():
            return f"play {phrases.file_name(step.url)}{_TIMES.get(step.times, f' {step.times} times')}"
        case Say(secret=True):
            return "say a code"
        case Say():
            return f"say {phrases.quoted(step.text)}"
        case Pause():
            return f"wait {phrases.span(step.seconds)}"
        case SendDigits():
            return f"press {step.digits}" if whole else f"press {phrases.count(len(step.digits), 'key')}"
        case SendText():
            return f"send the text {phrases.quoted(step.text)}"
        case Menu():
            return f"run the menu {step.code}" if whole else "run a menu"


def _dial(step: Dial, name: Naming) -> str:
    ring = f", ringing at most {phrases.span(step.ring_seconds)}"
    key = f" (takes it with {step.accept.key})" if step.accept else ""
    if len(step.parties) > 1:
        everybody = phrases.joined([name(party) for party in step.parties])
        return f"ring {everybody} at once and connect the first to answer{key}{ring}"
    return f"{_patch(step.parties[0], name)}{key}{ring}"


def _patch(party: Party, name: Naming) -> str:
    return "patch you in" if party.is_me else f"connect {name(party)}"
