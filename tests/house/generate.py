"""Writes the parts of the documentation that the code knows better: `make docs`.

A generated part stands between two comments in an otherwise hand-written page. To add one, put the comments
into the page and a line into PARTS. `test_docs.py` fails when a page has fallen behind.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.leg import TRANSITIONS
from tests.house.repository import ROOT, read


@dataclass(frozen=True, slots=True)
class Part:
    """A generated part: the page it stands in, its name in the comments, and who writes it."""

    page: str
    name: str
    render: Callable[[], str]

    def fill(self, text: str) -> str:
        """The page with this part written anew. Raises LookupError when the page has no place for it."""
        place = re.compile(rf"(<!-- generated: {self.name} -->\n).*?(<!-- end: {self.name} -->)", re.DOTALL)
        if len(place.findall(text)) != 1:
            raise LookupError(f"{self.page} needs one place for “{self.name}”")
        return place.sub(lambda found: f"{found[1]}{self.render().strip()}\n{found[2]}", text)


def leg_diagram() -> str:
    """The table of `bot/domain/leg.py` as a Mermaid state diagram."""
    arrows = [
        f"    {before.value} --> {after.value}: {kind.value}"
        for before, row in TRANSITIONS.items()
        for kind, after in row.items()
    ]
    first, *_, last = (state.value for state in TRANSITIONS)
    return "\n".join(
        ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *arrows, f"    {last} --> [*]", "```"]
    )


def leg_table() -> str:
    """The same as a table: a row per state, a column per event, `·` where the event moves nothing."""
    kinds = list(dict.fromkeys(kind for row in TRANSITIONS.values() for kind in row))
    lines = [["state", *(kind.value for kind in kinds)], ["---"] * (len(kinds) + 1)]
    for state, row in TRANSITIONS.items():
        lines.append([f"**{state.value}**", *(row[kind].value if kind in row else "·" for kind in kinds)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


PARTS = (
    Part("docs/call-states.md", "leg diagram", leg_diagram),
    Part("docs/call-states.md", "leg table", leg_table),
)


def main() -> None:
    """Rewrite every page that has fallen behind, and say which."""
    for part in PARTS:
        before = read(part.page)
        after = part.fill(before)
        if after != before:
            (ROOT / part.page).write_text(after, encoding="utf-8")
            print(f"{part.page}: {part.name}")  # noqa: T201 - a command's own words


if __name__ == "__main__":
    main()
