"""Shows where in a sentence a problem is: the sentence, carets under it, and what is wrong there."""

from bot.parse.command import Problem, Problems

LONGEST_LINE = 100
"""Characters of a sentence shown around a problem; a longer one is cut there."""


def pointed(text: str, problems: Problems) -> str:
    """The sentence with its problems, one after the other. Line breaks in it are shown as spaces."""
    flat = "".join(" " if each in "\r\n\t" else each for each in text)
    if not flat.strip():
        return "\n".join(problem.message for problem in problems.found)
    return "\n".join(_shown(flat, problem) for problem in problems.found)


def _shown(text: str, problem: Problem) -> str:
    start, end = problem.span
    if not 0 <= start < end <= len(text):
        return problem.message
    first = max(0, min(start - LONGEST_LINE // 2, len(text) - LONGEST_LINE))
    last = min(len(text), max(first + LONGEST_LINE, end))
    before, after = "…" if first else "", "…" if last < len(text) else ""
    carets = " " * (start - first + len(before)) + "^" * (end - start)
    return f"{before}{text[first:last]}{after}\n{carets} {problem.message}"
