"""Every feature of the source documents has its row, and every test that a row names is there."""

import re

from tests.house.repository import ROOT, read

ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
STATUS = {"done", "met otherwise", "refused when ordered", "not a product feature"}
TEST = re.compile(r"`(tests/[\w/]+\.py)`, `(test_\w+)`")


def rows() -> list[tuple[str, ...]]:
    return ROW.findall(read("docs/source-features.md"))


def test_the_rows_are_numbered_through_to_the_last() -> None:
    numbers = [int(row[0]) for row in rows()]
    assert numbers == list(range(numbers[0], 132))


def test_every_row_has_one_of_four_answers() -> None:
    assert [row[0] for row in rows() if row[2] not in STATUS or not row[3].strip()] == []


def test_every_test_that_is_named_is_there() -> None:
    lost = [
        f"{number}: {path}::{name}"
        for number, _, status, _, tests in rows()
        for path, name in TEST.findall(tests) or [("", status)]
        if status != "not a product feature" and not _is_there(path, name)
    ]
    assert lost == []


def _is_there(path: str, name: str) -> bool:
    return bool(path) and (ROOT / path).is_file() and f"def {name}(" in read(path)
