"""A conversation of one person in one room: sentences, answers to our questions, and presses.

Which words mean what is the parser's; what a command does is its handler's. Here is only the turn-taking: an
open question is answered by a number, by the word itself or by a phrase put in its place, and everything else
is a new sentence.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from bot.domain import replies
from bot.domain.actions import Action, Verb
from bot.domain.call import Understood
from bot.domain.card import Reply
from bot.domain.deeds import LiveIn, Prove, SayAgain
from bot.domain.errors import NoSuchThing, UserError
from bot.domain.latecomers import STALE_ANSWER, STALE_PRESS
from bot.domain.own_zone import hangs_on
from bot.domain.question import LIFETIME, Choice, OpenQuestion, QuestionId, QuestionKind, answered_with
from bot.parse import command as said
from bot.parse.parser import parse
from bot.parse.pointing import pointed
from bot.services import late
from bot.services.asking import Ask, Desk, Outcome, complain
from bot.services.handlers import HANDLERS
from bot.services.handlers.calls import cancel_call
from bot.services.handlers.deeds import do
from bot.services.handlers.presses import PRESSES
from bot.services.mentions import with_numbers
from bot.services.ordering import confirm
from bot.services.proving import send_code, typed_code
from bot.services.zone import ask_zone, hangs_on_zone, is_unknown, zone_named

DIALS = (said.Call, said.Conference, said.Remind, said.Add, said.Transfer)
"""Commands that ring a phone: a late one asks first."""


RINGS = (Verb.AGAIN, Verb.BACK, Verb.NOW, Verb.JOIN, Verb.CONFIRM, Verb.ANSWER)
"""Buttons that may ring a phone: a late press does nothing."""


async def typed(desk: Desk, ask: Ask, text: str, *, stale: bool = False) -> Outcome:
    """One message. `stale`: it is older than a minute, so it asks before it dials."""
    proved = await typed_code(desk, ask, text)
    if proved is not None:
        return proved
    parsed = parse(text, ask.context)
    if stale and _may_ring(parsed):
        return await _too_late(desk, ask, text, parsed)
    question = await ask.tx.open_question(ask.room, ask.asker.key, ask.now)
    if question is not None:
        answer = await _as_answer(desk, ask, question, text, parsed, stale=stale)
        if answer is not None:
            return answer
    return await _heard(desk, replace(ask, text=text), parsed, question)


async def _heard(desk: Desk, ask: Ask, parsed: said.Parsed, before: OpenQuestion | None = None) -> Outcome:
    """A sentence of its own, `ask.text`."""
    if isinstance(parsed, said.Problems):
        return await _explain(desk, ask, parsed, before)
    if is_unknown(desk, ask) and hangs_on_zone(ask.text, ask.context):
        return Outcome(reply=replies.question_reply(await ask_zone(desk, ask, ask.text)))
    if isinstance(parsed, said.Question):
        return await _put(desk, ask, parsed)
    return await run(desk, ask, parsed)


async def anew(desk: Desk, ask: Ask, sentence: str) -> Outcome:
    """As if it were typed now. A mistake in it is a reply, and undoes nothing else."""
    try:
        return await _heard(desk, replace(ask, text=sentence), parse(sentence, ask.context))
    except UserError as problem:
        return complain(replies.error_words(problem))


def _may_ring(parsed: said.Parsed) -> bool:
    """A question counts: its answer may."""
    match parsed:
        case said.Understood(command=command):
            return isinstance(command, (*DIALS, said.Confirm))
        case said.Question():
            return True
        case _:
            return False


async def _too_late(desk: Desk, ask: Ask, text: str, parsed: said.Parsed) -> Outcome:
    if isinstance(parsed, said.Understood) and isinstance(parsed.command, said.Confirm):
        return complain(STALE_ANSWER)
    return await late.keep(desk, ask, text)


async def run(desk: Desk, ask: Ask, understood: said.Understood) -> Outcome:
    """Do what was understood."""
    lines = tuple(
        Understood(field=field, words=ask.text[start:end]) for field, (start, end) in understood.used
    )
    command = await with_numbers(ask, understood.command)
    return await HANDLERS[type(command)](desk, replace(ask, understood=lines), command)


# --- asking -----------------------------------------------------------------------------------------


async def _put(desk: Desk, ask: Ask, question: said.Question) -> Outcome:
    """Ask, and keep the command for ten minutes."""
    choices = tuple(Choice(label=c.label, text=c.text, name=c.name or "") for c in question.choices)
    kept = await _keep(desk, ask, QuestionKind.CHOICE, question.message, choices, question.span)
    return Outcome(reply=replies.question_reply(kept))


async def _explain(desk: Desk, ask: Ask, problems: said.Problems, before: OpenQuestion | None) -> Outcome:
    """Every mistake with its place in the sentence; corrections are on buttons and never run by themselves.

    The sentence is kept like a question, so that a single word can be typed anew, and so that the same
    mistake twice offers help for its verb.
    """
    text = pointed(ask.text, problems)
    choices = tuple(
        Choice(label=fix.label, text=fix.text, name=fix.name or "")
        for problem in problems.found
        for fix in problem.fixes
    )
    kept = await _keep(desk, ask, QuestionKind.CHOICE, text, choices, problems.found[0].span)
    hint = replies.help_hint(ask.text) if before is not None and before.message == text else ""
    return Outcome(reply=replies.problem_reply(f"{text}\n{hint}" if hint else text, kept))


async def _keep(
    desk: Desk,
    ask: Ask,
    kind: QuestionKind,
    message: str,
    choices: tuple[Choice, ...],
    span: tuple[int, int] | None,
) -> OpenQuestion:
    question = OpenQuestion(
        id=QuestionId(desk.ids.new()),
        kind=kind,
        room=ask.room,
        asker=ask.asker.key,
        text=ask.text,
        span=span,
        message=message,
        choices=choices,
        created_at=ask.now,
        expires_at=ask.now + LIFETIME,
    )
    await ask.tx.save_question(question)
    return question


# --- answering --------------------------------------------------------------------------------------


async def _as_answer(
    desk: Desk, ask: Ask, question: OpenQuestion, text: str, parsed: said.Parsed, *, stale: bool
) -> Outcome | None:
    """The outcome, when this message answers the open question; None when it is a sentence of its own.

    A stale one answers nothing but no.
    """
    about_zone = hangs_on(question)
    zone = zone_named(text, ask.context) if about_zone is not None and not stale else None
    if about_zone is not None and zone is not None:
        await ask.tx.close_question(question.id, f"It was answered with {zone}.")
        return await _live_in(desk, ask, replace(about_zone, zone=zone))
    match parsed:
        case said.Understood(command=said.Confirm(choice=choice)):
            return await _chosen(desk, ask, question, choice)
        case said.Understood(command=said.Decline()):
            return await _declined(desk, ask, question)
        case said.Understood():
            return None
        case _:
            return None if stale else await _retyped(desk, ask, question, text)


async def _chosen(desk: Desk, ask: Ask, question: OpenQuestion, choice: int | None) -> Outcome:
    if choice is None and question.kind is QuestionKind.CHOICE and len(question.choices) > 1:
        return complain("Which one? Answer with its number.")
    if not 1 <= (choice or 1) <= len(question.choices):
        return complain(f"There are {len(question.choices)} choices; answer with the number of one.")
    return await answer(desk, ask, question, (choice or 1) - 1)


async def _retyped(desk: Desk, ask: Ask, question: OpenQuestion, text: str) -> Outcome | None:
    """The word of one choice, or a phrase that makes sense in the place of the doubtful one."""
    plain = text.strip().casefold()
    for n, choice in enumerate(question.choices):
        if plain and plain in (choice.name.casefold(), choice.label.casefold()):
            return await answer(desk, ask, question, n)
    if question.span is None:
        return None
    start, end = question.span
    whole = f"{question.text[:start]}{text.strip()}{question.text[end:]}"
    parsed = parse(whole, ask.context)
    if not isinstance(parsed, said.Understood):
        return None
    await ask.tx.close_question(question.id, f"It was answered with {text.strip()!r}.")
    return await run(desk, replace(ask, text=whole), parsed)


async def _declined(desk: Desk, ask: Ask, question: OpenQuestion) -> Outcome:
    if question.kind is QuestionKind.CONFIRM:
        return await answer(desk, ask, question, len(question.choices) - 1)
    await ask.tx.close_question(question.id, "It was answered with no.")
    return complain(replies.LEFT)


async def answer(desk: Desk, ask: Ask, question: OpenQuestion, n: int) -> Outcome:
    """The n-th choice (from 0), once: whoever comes second is told what the first answer did."""
    choice = question.choices[n]
    if question.kind is QuestionKind.CONFIRM:
        return await _confirmed(desk, ask, question, agreed=bool(choice.text))
    if not await ask.tx.close_question(question.id, answered_with(choice)):
        return complain(question.outcome or "That was answered already.")
    match choice.deed:
        case SayAgain() as deed:
            return await _say_again(desk, ask, question, deed)
        case LiveIn() as deed:
            return await _live_in(desk, ask, deed)
        case Prove() as deed:
            return await send_code(desk, replace(ask, text=question.text), deed.number)
        case None:
            return await anew(desk, ask, choice.text) if choice.text else complain(replies.LEFT)
        case deed:
            return await do(desk, ask, deed)


async def _say_again(desk: Desk, ask: Ask, question: OpenQuestion, deed: SayAgain) -> Outcome:
    """Sentences that came too late, one after the other; or none of them."""
    told = await late.settle(desk, ask, question, done=bool(deed.sentences))
    return _together([told, *[await anew(desk, ask, sentence) for sentence in deed.sentences]])


async def _live_in(desk: Desk, ask: Ask, deed: LiveIn) -> Outcome:
    """Keep the zone; then take the sentence that hung on it."""
    told = await anew(desk, ask, f"my time zone is {deed.zone}")
    if not deed.sentence:
        return told
    here = replace(
        ask,
        person=replace(ask.person, timezone=deed.zone),
        context=replace(ask.context, tz=deed.zone),
    )
    return _together([told, await anew(desk, here, deed.sentence)])


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """Several answers as one message."""
    told = [each.reply for each in outcomes if each.reply is not None]
    then = tuple(chain.from_iterable(each.then for each in outcomes))
    if len(told) < 2:
        return Outcome(reply=told[0] if told else None, then=then)
    text = "\n\n".join(each.text for each in told)
    buttons = tuple(chain.from_iterable(each.buttons for each in told))
    return Outcome(reply=Reply(text=text, kind=told[-1].kind, buttons=buttons), then=then)


async def _confirmed(desk: Desk, ask: Ask, question: OpenQuestion, *, agreed: bool) -> Outcome:
    call = await ask.tx.call(question.call) if question.call else None
    if call is None:
        raise NoSuchThing(what="call", name="to confirm")
    if agreed:
        return await confirm(desk, ask, call, question)
    await ask.tx.close_question(question.id, f"#{call.number} was cancelled.")
    return await cancel_call(desk, ask, call)


# --- pressing ---------------------------------------------------------------------------------------


async def pressed(desk: Desk, ask: Ask, action: Action, *, stale: bool = False) -> Outcome:
    """One button. Who may is asked again, and a second press of the same button has no second effect.

    `stale`: it was pressed more than a minute ago, so it rings nobody.
    """
    if stale and action.verb in RINGS:
        return complain(STALE_PRESS)
    if action.verb in (Verb.ANSWER, Verb.CONFIRM):
        return await _pressed_answer(desk, ask, action)
    return await PRESSES[action.verb](desk, ask, action)


async def _pressed_answer(desk: Desk, ask: Ask, action: Action) -> Outcome:
    question = await ask.tx.question(QuestionId(action.target))
    if question is None:
        return complain(replies.NOTHING_ASKED)
    if question.asker != ask.asker.key and not ask.is_admin:
        return complain("That question was put to somebody else.")
    if question.closed:
        return complain(question.outcome or "That was answered already.")
    if question.expires_at <= ask.now:
        return complain(replies.EXPIRED)
    n = action.choice if action.verb is Verb.ANSWER else 0
    if not 0 <= n < len(question.choices):
        return complain("That button is not one of mine.")
    return await answer(desk, ask, question, n)
