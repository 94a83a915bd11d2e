"""Keeps sentences that came too late to ring somebody unasked, and shows one card a room about all of them.

A backlog comes in message by message: each is kept for its own asker, and the card grows.
"""

from collections.abc import Sequence

from bot.domain.deeds import SayAgain
from bot.domain.latecomers import choices_about, deed_of, late_card, message_about, settled_card
from bot.domain.question import LIFETIME, OpenQuestion, QuestionId, QuestionKind
from bot.domain.replies import LEFT
from bot.services.asking import Ask, Desk, Outcome, say


async def keep(desk: Desk, ask: Ask, sentence: str) -> Outcome:
    """Written down, and asked about. There is no reply: the card says it."""
    waiting = await _waiting(ask)
    mine = next((each for each in waiting if each.asker == ask.asker.key), None)
    before = deed_of(mine) if mine else None
    known = deed_of(waiting[0]) if waiting else None
    deed = SayAgain(
        card=known.card if known else f"late-{desk.ids.new()}",
        by=ask.asker.name,
        sentences=(*(before.sentences if before else ()), sentence),
    )
    question = OpenQuestion(
        id=mine.id if mine else QuestionId(desk.ids.new()),
        kind=QuestionKind.ASK,
        room=ask.room,
        asker=ask.asker.key,
        text=sentence,
        message=message_about(deed),
        choices=choices_about(deed),
        created_at=ask.now,
        expires_at=ask.now + LIFETIME,
    )
    await ask.tx.save_question(question)
    others = [each for each in waiting if each.id != question.id]
    card = late_card([*others, question], private=ask.room.private)
    await ask.tx.put_cards([(ask.room, card)], ask.now)
    desk.cards.wake()
    return Outcome()


async def settle(desk: Desk, ask: Ask, question: OpenQuestion, *, done: bool) -> Outcome:
    """Its asker has decided: the card asks the others, or nobody any more."""
    waiting = await _waiting(ask)
    deed = deed_of(question)
    assert deed is not None, "a question about late sentences"
    if waiting:
        card = late_card(waiting, private=ask.room.private)
    else:
        card = settled_card(deed, done=done, private=ask.room.private)
    await ask.tx.put_cards([(question.room, card)], ask.now)
    desk.cards.wake()
    return Outcome() if done else say(LEFT)


async def _waiting(ask: Ask) -> Sequence[OpenQuestion]:
    return [each for each in await ask.tx.open_questions(ask.room, ask.now) if deed_of(each) is not None]
