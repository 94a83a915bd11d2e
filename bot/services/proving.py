"""Whose phone it is: a six-digit code, spoken in a call to it or texted, and typed back within ten minutes.

The code is worked out from the question and our own key, so it is kept nowhere but in the call that says it.
"""

import hmac
import re
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.domain import replies
from bot.domain.card import ReplyKind
from bot.domain.deeds import Prove
from bot.domain.errors import NotPossible, ProviderError
from bot.domain.flow import Feature, HangUp, Party, Pause, Say, nth_role
from bot.domain.numbers import PhoneNumber
from bot.domain.people import Person
from bot.domain.phrases import address_words, count
from bot.domain.question import LIFETIME, Choice, OpenQuestion, QuestionId, QuestionKind
from bot.parse import command as said
from bot.ports.voice import SendsSms
from bot.services.asking import Ask, Desk, Outcome, complain, say
from bot.services.ordering import place_order

TRIES: Final = 5
PAUSE: Final = timedelta(seconds=30)
"""Nobody's phone is to be rung again and again by somebody who guesses."""
_TYPED: Final = re.compile(
    r"\s*(?:(?:my |the )?code(?: is)?:? )?((?:\d[ \-\u2011]?){5}\d)[.!]?\s*", re.IGNORECASE
)


async def send_code(desk: Desk, ask: Ask, number: PhoneNumber) -> Outcome:
    """Have the code said or texted to that number, and ask for it. Raises UserError."""
    before = await _waiting(ask)
    if before is not None and ask.now - before.created_at < PAUSE:
        raise NotPossible(reason="I have only just sent a code. Give it half a minute, then say it again.")
    question = _question(desk, ask, number)
    code = code_for(question, desk.settings.key("codes"))
    provider = desk.provider(None, ask.person)
    sent = await (_spoken if Feature.SAY in provider.features else _texted)(desk, ask, number, code)
    if sent.reply is not None and sent.reply.kind is ReplyKind.ERROR:
        return sent
    if before is not None:
        await ask.tx.close_question(before.id, "There is a newer code.")
    await ask.tx.save_question(question)
    return Outcome(reply=replies.question_reply(question), then=sent.then)


async def typed_code(desk: Desk, ask: Ask, text: str) -> Outcome | None:
    """What a code does that was typed; None when none is expected here, or this is none."""
    typed = _TYPED.fullmatch(text)
    question = await _waiting(ask) if typed else None
    if typed is None or question is None:
        return None
    code, proof = re.sub(r"\D", "", typed[1]), proof_in(question)
    assert proof is not None, "that is how it was found"
    if not hmac.compare_digest(code, code_for(question, desk.settings.key("codes"))):
        return await _wrong(ask, question, proof)
    if not await ask.tx.close_question(question.id, "It was answered with the code."):
        return complain("That code was used already.")
    kept = await ask.tx.person(ask.person.key) or Person(key=ask.person.key, name=ask.asker.name)
    await ask.tx.save_person(replace(kept, number=proof.number, verified=True))
    return say(f"Your number is {address_words(proof.number, private=ask.room.private)}. “me” rings it.")


def proof_in(question: OpenQuestion) -> Prove | None:
    """The proof that this question waits for."""
    return next((each.deed for each in question.choices if isinstance(each.deed, Prove)), None)


def code_for(question: OpenQuestion, key: bytes) -> str:
    """Six digits that nobody knows who does not know the key."""
    digest = hmac.digest(key, question.id.encode(), "sha256")
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06}"


# --- sending ----------------------------------------------------------------------------------------


async def _spoken(desk: Desk, ask: Ask, number: PhoneNumber, code: str) -> Outcome:
    """A call like any other, judged like any other; only what it says stands nowhere."""
    digits = ", ".join(code)
    steps = (
        Say(text=f"This is Patchline. Your code is: {digits}.", secret=True),
        Pause(seconds=1),
        Say(text=f"Once more: {digits}. If you did not ask for it, just hang up.", secret=True),
        HangUp(),
    )
    target = said.Target(address=number, name="your phone")
    return await place_order(desk, ask, said.Call(targets=(target,), steps=steps))


async def _texted(desk: Desk, ask: Ask, number: PhoneNumber, code: str) -> Outcome:
    provider = next((each for each in desk.providers.values() if isinstance(each, SendsSms)), None)
    if provider is None:
        raise NotPossible(reason="No provider here can say or text a code, so a number cannot be verified.")
    refused = await desk.guard.may_dial(ask, (Party(role=nth_role(0), address=number),))
    if refused is not None:
        return complain(refused.reason)

    async def send() -> None:
        try:
            await provider.send_text(number, f"{code} is your Patchline code.", None)
        except ProviderError as problem:
            async with desk.ledger() as tx:
                await tx.put_reply(ask.room, ask.asker, replies.error_reply(problem), desk.clock.now())
                await tx.commit()
            desk.cards.wake()

    return Outcome(then=(send,))


# --- the question -----------------------------------------------------------------------------------


def _question(desk: Desk, ask: Ask, number: PhoneNumber) -> OpenQuestion:
    words = address_words(number, private=ask.room.private)
    return OpenQuestion(
        id=QuestionId(desk.ids.new()),
        kind=QuestionKind.ASK,
        room=ask.room,
        asker=ask.asker.key,
        text=ask.text,
        message=f"{words} is told a code of six digits now. Type it here within ten minutes.",
        choices=(
            Choice(label="Send another", deed=Prove(number=number, tries=TRIES)),
            Choice(label="Leave it"),
        ),
        created_at=ask.now,
        expires_at=ask.now + LIFETIME,
    )


async def _waiting(ask: Ask) -> OpenQuestion | None:
    """The latest question of this person in this room that a code answers."""
    mine = [each for each in await ask.tx.open_questions(ask.room, ask.now) if each.asker == ask.asker.key]
    return next((each for each in reversed(mine) if proof_in(each) is not None), None)


async def _wrong(ask: Ask, question: OpenQuestion, proof: Prove) -> Outcome:
    left = proof.tries - 1
    if left <= 0:
        await ask.tx.close_question(question.id, "Too many wrong codes.")
        return complain(
            f"That was wrong for the {TRIES}th time. Say “my number is …” again for another code."
        )
    other = Choice(label=question.choices[0].label, deed=replace(proof, tries=left))
    await ask.tx.save_question(replace(question, choices=(other, *question.choices[1:])))
    return complain(f"That is not the code. {count(left, 'try', 'tries')} left.")
