"""The documentation says what the code does, wherever the code can be asked."""

import re

import pytest

from tests.house.generate import PARTS, Part
from tests.house.repository import ROOT, read

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.page}: {part.name}")
def test_a_generated_part_is_fresh(part: Part) -> None:
    page = read(part.page)
    assert part.fill(page) == page, "fallen behind: run `make docs`"


def test_a_page_without_its_place_is_noticed() -> None:
    with pytest.raises(LookupError, match="needs one place"):
        Part("a.md", "b", lambda: "c").fill("no place here")


def test_a_part_is_written_into_its_place_and_nowhere_else() -> None:
    page = "before\n<!-- generated: b -->\nold\n<!-- end: b -->\nafter\n"
    assert Part("a.md", "b", lambda: r"new \1").fill(page) == page.replace("old", r"new \1")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    targets = [target for target in LINK.findall(read(page)) if "://" not in target]
    assert [target for target in targets if not (folder / target).exists()] == []
