"""The verbs that make calls: call, conference, remind; and the announcement forms (`say … to mom`)."""

import re
from typing import Final

from bot.domain.flow import Play, SendDigits
from bot.domain.schedule import Recurrence
from bot.parse.clauses import clause_here, time_here
from bot.parse.command import (
    Call,
    Command,
    Conference,
    PlayLive,
    PressDigits,
    Remind,
    SayLive,
    Step,
    Target,
    When,
)
from bot.parse.heads import Head, just
from bot.parse.ids import take_id
from bot.parse.instants import settle
from bot.parse.parts import Parts
from bot.parse.reader import Doubt, Option, Reader
from bot.parse.rules import settle_rule
from bot.parse.steps import take_digits, take_play, take_say, words_here
from bot.parse.targets import my_target, take_target, take_targets, zones_of_target
from bot.parse.words import rx

_BACK: Final = rx(r"back|up")
_BACK_AGAIN: Final = rx(r"back")
_TO: Final = rx(r"to|with|between|for")
_A_CALL: Final = rx(r"a (?:quick )?(?:call|ring|buzz|phone call)(?: back)?")
_ON_A_CONFERENCE: Final = rx(r"(?:all )?(?:on(?:to)?|in(?:to)?) (?:a|the) (?:conference|conf)(?: call)?")
_TO_WORDS: Final = rx(r"to|that|about")
_LIVE: Final = re.compile(r"(?:on|to|in|into) (?:#|call #?|job #?)?\d{1,5}(?=\W*$)")


# --- call -----------------------------------------------------------------------------------------


def read_call(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head | None:
    """`call X`, and every other way to say it that names the parties next."""
    reader.take(_BACK)
    reader.take(re.compile(r": ?"))
    start = reader.pos
    while reader.skip().moved and not reader.at_end:
        pass
    targets = take_targets(reader, clause_here)
    reader.take(_BACK_AGAIN)
    return _calling(reader, verb, start, reader.pos, list(targets))


def read_ring(reader: Reader, verb: re.Match[str], parts: Parts) -> Head | None:
    """`ring mom` is a call; `ring for 20 seconds` in front of one is an option."""
    return (
        None
        if re.match(
            r"(?:for|time ?out)\b|\d{1,3} ?(?:s|secs?|seconds?|m|mins?|minutes?)\b", reader.low[reader.pos :]
        )
        else read_call(reader, verb, parts)
    )


def read_give(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head | None:
    """`give mom a call`."""
    start = reader.pos
    target = take_target(reader, lambda probe: bool(probe.match(_A_CALL)))
    if not reader.take(_A_CALL):
        return None
    return _calling(reader, verb, start, reader.pos, [target] if target else [])


def read_recorded_call(reader: Reader, verb: re.Match[str], parts: Parts) -> Head | None:
    """`record a call with mom`."""
    parts.record = True
    return read_call(reader, verb, parts)


def _calling(reader: Reader, verb: re.Match[str], start: int, end: int, targets: list[Target]) -> Head:
    place = [start, end]

    def more(later: Reader) -> bool:
        """The parties may come behind a clause: `make a call at 5pm to mom`."""
        before = later.pos
        if targets or not later.take(_TO):
            return False
        place[0] = later.pos
        targets.extend(take_targets(later, clause_here))
        place[1] = later.pos
        if not targets:
            later.pos = before
        return bool(targets)

    def finish(parts: Parts) -> Command | None:
        if not targets:
            if not reader.problems and not reader.doubts:
                reader.fail(
                    "no_target", verb.start(), verb.end(), "Whom? Give a number, a contact or a SIP address."
                )
            return None
        return finish_call(reader, parts, tuple(targets), place[0], place[1])

    return Head(finish=finish, clauses="all", more=more)


def finish_call(
    reader: Reader, parts: Parts, targets: tuple[Target, ...], start: int, end: int
) -> Command | None:
    """The call that was said; several parties without a step must be said to be together or not."""
    when, every = settle_time(reader, parts, targets)
    steps, on_machine, on_human = _branches(parts)
    if parts.grouping == "together":
        return _conference(reader, parts, targets, start, end, when, every)
    alone = len(targets) > 1 and not (steps or on_machine or on_human or parts.grouping)
    if alone:
        _ask_together(reader, start, end)
        return None
    return Call(
        targets=targets,
        when=when,
        every=every,
        steps=steps,
        on_machine=on_machine,
        on_human=on_human,
        terms=parts.terms(),
        one_by_one=parts.grouping == "one by one",
    )


def settle_time(
    reader: Reader, parts: Parts, targets: tuple[Target, ...]
) -> tuple[When | None, Recurrence | None]:
    """When it happens: at an instant, or by a rule, or (None, None) at once."""
    zones = [zones_of_target(target, reader.context) for target in targets]
    theirs = (
        tuple({zone for found in zones for zone in found})
        if zones and all(len(z) == 1 for z in zones)
        else ()
    )
    if parts.rule.unit is not None:
        return None, settle_rule(reader, parts.rule, parts.time, theirs)
    for start, end in parts.rule.ends:
        reader.fail("leftover", start, end, 'I don\'t know what to do with "{word}" without "every …".')
    return settle(reader, parts.time, theirs), None


def _branches(parts: Parts) -> tuple[tuple[Step, ...], tuple[Step, ...] | None, tuple[Step, ...] | None]:
    """Beside a machine branch the main steps are what a person gets, so a human branch joins them."""
    steps, machine, human = tuple(parts.steps), parts.on_machine, parts.on_human
    if machine is None:
        return steps, None, None if human is None else tuple(human)
    return steps + tuple(human or ()), tuple(machine), None


def _ask_together(reader: Reader, start: int, end: int) -> None:
    options = (
        Option(label="together, as a conference", edits=((end, end, "together"),)),
        Option(label="one after the other", edits=((end, end, "one after the other"),)),
    )
    message = "Together as a conference, or one after the other?"
    reader.doubts.append(Doubt(about="together", start=start, end=end, message=message, options=options))


# --- conference -----------------------------------------------------------------------------------


def read_conference(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head | None:
    """`conference a, b and c`, and `set up a conference with …`."""
    reader.take(re.compile(r": ?"))
    start = reader.pos
    while reader.skip().moved and not reader.at_end:
        pass
    targets = list(take_targets(reader, clause_here))
    return _conferring(reader, verb, start, reader.pos, targets)


def read_get_on_conference(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head | None:
    """`get a, b and c on a conference call`."""
    start = reader.pos
    targets = take_targets(reader, lambda probe: bool(probe.match(_ON_A_CONFERENCE)))
    end = reader.pos
    if not reader.take(_ON_A_CONFERENCE):
        return None
    return _conferring(reader, verb, start, end, list(targets))


def _conferring(reader: Reader, verb: re.Match[str], start: int, end: int, targets: list[Target]) -> Head:
    place = [start, end]

    def more(later: Reader) -> bool:
        before = later.pos
        if targets or not later.take(_TO):
            return False
        place[0] = later.pos
        targets.extend(take_targets(later, clause_here))
        place[1] = later.pos
        if not targets:
            later.pos = before
        return bool(targets)

    def finish(parts: Parts) -> Command | None:
        if not targets:
            if not reader.problems and not reader.doubts:
                reader.fail("no_target", verb.start(), verb.end(), "A conference of whom? Name at least two.")
            return None
        when, every = settle_time(reader, parts, tuple(targets))
        return _conference(reader, parts, tuple(targets), place[0], place[1], when, every)

    return Head(finish=finish, clauses="all", more=more)


def _conference(
    reader: Reader,
    parts: Parts,
    targets: tuple[Target, ...],
    start: int,
    end: int,
    when: When | None,
    every: Recurrence | None,
) -> Command | None:
    different = {target.user or str(target.address) for target in targets}
    if len(different) < 2:
        if not reader.problems and not reader.doubts:
            reader.fail("too_few_parties", start, end, "A conference takes two or more; who else?")
        return None
    steps, on_machine, on_human = _branches(parts)
    return Conference(
        targets=targets,
        when=when,
        every=every,
        steps=steps,
        on_machine=on_machine,
        on_human=on_human,
        terms=parts.terms(),
    )


# --- remind ---------------------------------------------------------------------------------------


def read_remind(reader: Reader, verb: re.Match[str], _parts: Parts) -> Head | None:
    """`remind me to … at 5pm`, in any order."""
    me = my_target(reader, verb.start(), verb.end())
    said: list[str] = []

    def more(later: Reader) -> bool:
        if said or later.at_end or time_here(later):
            return False
        start = later.pos
        later.take(_TO_WORDS)
        said.append(words_here(later, start, time_here))
        later.use("message", start)
        return True

    def finish(parts: Parts) -> Command | None:
        if me is None:
            return None
        if not said:
            reader.fail("missing_argument", verb.start(), verb.end(), "Remind you of what?")
            return None
        return _remind(reader, parts, me, said[0], verb)

    return Head(finish=finish, clauses="time", more=more)


def _remind(reader: Reader, parts: Parts, me: Target, message: str, verb: re.Match[str]) -> Command | None:
    when, every = settle_time(reader, parts, (me,))
    if every is None and not parts.time and not reader.doubts and not reader.problems:
        end = len(reader.low)
        options = tuple(
            Option(label=text, edits=((end, end, text),))
            for text in ("in 1 hour", "tomorrow at 09:00", "tomorrow at 18:00")
        )
        doubt = Doubt(
            about="time_missing", start=verb.start(), end=verb.end(), message="When?", options=options
        )
        reader.doubts.append(doubt)
    return Remind(target=me, message=message, when=when, every=every)


# --- announcements, and the same words for a running call -----------------------------------------


def read_say(reader: Reader, verb: re.Match[str], parts: Parts) -> Head | None:
    """`say … to mom` calls her; `say … on #12` speaks into a running call."""
    start = verb.start()
    said = take_say(reader, start, _recipient_or_clause)
    number = take_id(reader, "on", "to", "in", "into")
    if number is not None:
        return just(SayLive(text=said.text, language=said.language, voice=said.voice, id=number))
    return _announcement(reader, verb, parts, said)


def read_play(reader: Reader, verb: re.Match[str], parts: Parts) -> Head | None:
    """`play URL to mom`, `play URL on #12`."""
    reader.pos = verb.start()
    played = take_play(reader)
    if not isinstance(played, Play):
        return None
    number = take_id(reader, "on", "to", "in", "into")
    if number is not None:
        return just(PlayLive(url=played.url, times=played.times, id=number))
    return _announcement(reader, verb, parts, played)


def read_press(reader: Reader, verb: re.Match[str], parts: Parts) -> Head | None:
    """`press 1234# on 12`; only a running call has keys to press without a party being named."""
    step: SendDigits = take_digits(reader, verb.start())
    number = take_id(reader, "on", "to", "in", "into")
    if number is None:
        return _announcement(reader, verb, parts, step)
    return just(PressDigits(digits=step.digits, tone_ms=step.tone_ms, id=number))


def _announcement(reader: Reader, verb: re.Match[str], parts: Parts, step: Step) -> Head:
    """The step stands before the parties: `play URL to mom`, or in front of the call itself."""
    parts.add_step(step)
    start = reader.pos
    targets = list(take_targets(reader, clause_here)) if reader.take(rx("to")) else []
    if start != reader.pos and not targets and not reader.problems and not reader.doubts:
        reader.fail("no_target", verb.start(), reader.pos, "To whom?")
    if targets or start != reader.pos:
        return _calling(reader, verb, start, reader.pos, targets)
    return _calling(reader, verb, start, start, targets)


def _recipient_or_clause(reader: Reader) -> bool:
    """Unquoted words end before `to mom`, before `on #12`, and before a clause."""
    if _LIVE.match(reader.low, reader.pos):
        return True
    if reader.low.startswith("to ", reader.pos):
        probe = reader.probe(reader.pos + 3)
        found = take_targets(probe, clause_here)
        return (
            bool(found or probe.doubts)
            and not probe.problems
            and (probe.at_end or clause_here(probe) or not probe.low[probe.pos].isalnum())
        )
    return clause_here(reader)
