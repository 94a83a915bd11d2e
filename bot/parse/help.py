"""Help from the grammar's own table, with examples of the asker's own contacts."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from bot.parse.context import ParseContext
from bot.parse.heads import Verb
from bot.parse.wording import name_text
from bot.parse.words import nearest

_NAMES: Final = ("alice", "bob", "carol")
_NUMBER: Final = "+442079460018"
_OWN: Final = "+442079460100"
TOPICS: Final = {
    "times": (
        "at 9pm · tomorrow 9am · friday at noon · on 12 march at 14:30 · in 20 minutes · next monday 10am",
        "A time zone may follow: 9am London time, 17:00 UTC, 9am their time.",
        "A bare hour is asked about, and so is a day without a time.",
    ),
    "every": (
        "every day at 08:00 and 20:00 · every weekday at 8:30am · every other friday at "
        "5pm · mondays at noon",
        "on the 1st of every month at 9am · every last friday of the month at 17:00 · every 2 hours",
        "until 30 june · 5 times · for 3 weeks · starting monday · except 1 may and fridays",
    ),
    "steps": (
        "play LINK twice · say WORDS in french with voice NAME · wait 2 seconds · press 1w2# · text WORDS",
        "patch me in · patch in NAME · hang up; they run in the order they are written",
        "if voicemail … and if a person answers … have steps of their own; otherwise goes "
        "back to the main ones.",
    ),
    "options": (
        "via PROVIDER · from NUMBER or private · max 10 minutes · ring for 20 seconds · record it",
        "in room NAME · with music LINK; anywhere in the sentence, in any order",
    ),
}


def help_text(verbs: Sequence[Verb], topic: str | None, context: ParseContext) -> str:
    """What can be said, or one verb in full. An unknown topic lists the nearest ones; never raises."""
    if not topic:
        return "\n".join(_overview(verbs, context))
    low = " ".join(topic.lower().split())
    if low in TOPICS:
        return "\n".join((low.capitalize(), *TOPICS[low]))
    found = verbs_about(verbs, low)
    if not found:
        near = nearest(low, topics(verbs))
        hint = f' Did you mean "help {near[0]}"?' if near else ' Say "help" for everything.'
        return f'There is no help on "{topic}".{hint}'
    return "\n\n".join("\n".join(about(verb, context)) for verb in found)


def verbs_about(verbs: Sequence[Verb], topic: str) -> tuple[Verb, ...]:
    """The verbs that a topic names: by their words, their name, or their group."""
    by_word = tuple(verb for verb in verbs if topic == verb.name or topic in verb.words)
    return by_word or tuple(
        verb for verb in verbs if topic in (verb.group.lower(), verb.name.partition(".")[0])
    )


def topics(verbs: Sequence[Verb]) -> tuple[str, ...]:
    """Everything that `help …` knows."""
    return tuple(dict.fromkeys((*(said for verb in verbs for said in verb.words), *TOPICS)))


def about(verb: Verb, context: ParseContext) -> Iterator[str]:
    """One verb: what it does, how it is said, examples."""
    yield f"{verb.words[0] if verb.words else verb.name} — {verb.summary}"
    yield from (f"  {form}" for form in verb.forms)
    yield from (f"  e.g. {example}" for example in examples(verb, context))


def examples(verb: Verb, context: ParseContext) -> tuple[str, ...]:
    """The verb's examples with the asker's own contacts, numbers and providers in them."""
    names = [*(name_text(name) for name in list(context.contacts)[:3]), *_NAMES]
    a, b, c = list(dict.fromkeys(names))[:3]
    own = context.own_numbers[0].e164 if context.own_numbers else _OWN
    provider = context.providers[0] if context.providers else "simulator"
    return tuple(
        example.format(a=a, b=b, c=c, number=_NUMBER, own=own, provider=provider) for example in verb.examples
    )


def _overview(verbs: Sequence[Verb], context: ParseContext) -> Iterator[str]:
    for group, rows in groupby(verbs, key=lambda verb: verb.group):
        words = ", ".join(verb.words[0] for verb in rows)
        yield f"{group}: {words}"
    yield "Answers: yes, no, or a number"
    yield f"For example: {examples(verbs[0], context)[0]}"
    yield 'More: "help call", "help times", "help every", "help steps", "help options"'


def page(verbs: Sequence[Verb]) -> str:
    """The reference page of all commands, in Markdown."""
    return "\n\n".join(
        f"## {group}\n\n" + "\n\n".join(_section(verb) for verb in rows)
        for group, rows in groupby(verbs, key=lambda verb: verb.group)
    )


def _section(verb: Verb) -> str:
    forms = "\n".join(f"    {form}" for form in verb.forms)
    sample = ParseContext(now=datetime(2026, 1, 1, tzinfo=UTC))
    said = " · ".join(f"`{example}`" for example in examples(verb, sample))
    return f"### {verb.words[0]}\n\n{verb.summary}\n\n{forms}\n\nFor example: {said}"
