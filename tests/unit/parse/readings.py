"""What a sentence was taken for, in one line that can be compared."""

from datetime import UTC, datetime

from bot.parse.command import Parsed, Problems, Question, Understood
from bot.parse.wording import format_command


def reading(parsed: Parsed) -> str:
    """`= the canonical sentence`, `? about "word" choice | choice`, or `! code "word" (suggestions)`."""
    match parsed:
        case Understood():
            return f"= {format_command(parsed.command)}"
        case Question():
            choices = " | ".join(
                _short(choice.at) if choice.at else choice.name or choice.label for choice in parsed.choices
            )
            return f'? {parsed.about} "{parsed.word}" {choices}'.rstrip()
        case Problems():
            return "! " + "; ".join(
                f'{problem.code} "{problem.word}"'
                + (f" ({', '.join(problem.suggest)})" if problem.suggest else "")
                for problem in parsed.found
            )


def _short(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
