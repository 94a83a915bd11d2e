"""Asking before doing what costs money or cannot be taken back."""

from bot.domain import replies
from bot.domain.deeds import Deed
from bot.domain.question import LIFETIME, Choice, OpenQuestion, QuestionId, QuestionKind
from bot.services.asking import Ask, Desk, Outcome


async def ask_first(desk: Desk, ask: Ask, message: str, deed: Deed, *, yes: str, no: str) -> Outcome:
    """The question, kept for ten minutes; `yes` does the deed, once. `yes` and `no` are the button labels."""
    question = OpenQuestion(
        id=QuestionId(desk.ids.new()),
        kind=QuestionKind.ASK,
        room=ask.room,
        asker=ask.asker.key,
        text=ask.text,
        message=message,
        choices=(Choice(label=yes, deed=deed), Choice(label=no)),
        created_at=ask.now,
        expires_at=ask.now + LIFETIME,
    )
    await ask.tx.save_question(question)
    return Outcome(reply=replies.question_reply(question))
