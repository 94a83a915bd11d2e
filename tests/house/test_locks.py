"""Both locks install with plain pip anywhere: pinned, hashed, no index address, no path of a machine."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.repository import PACKAGES, imports, project, read, sources

LOCKS = ("requirements.txt", "requirements-dev.txt")
PIN = re.compile(r"^([a-z0-9-]+)==([^ ;]+)(?: ; [^\\/]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pins(lock: str) -> dict[str, str]:
    return {match[1]: match[2] for line in read(lock).splitlines() if (match := PIN.match(line))}


def missing(requirements: list[str], lock: str) -> list[str]:
    """Those that the lock does not satisfy."""
    locked, wanted = pins(lock), [Requirement(line) for line in requirements]
    return [
        str(one) for one in wanted if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_nothing_else(lock: str) -> None:
    lines = read(lock).splitlines()
    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []
    assert len(pins(lock)) == sum(1 for line in lines if PIN.match(line))
    followers = zip(lines, [*lines[1:], ""], strict=True)
    assert [line for line, after in followers if PIN.match(line) and not HASH.match(after)] == []


def test_the_locks_are_fresh() -> None:
    runtime = project()["project"]["dependencies"]
    groups = project()["dependency-groups"]
    assert missing([*runtime, *groups["build"]], "requirements.txt") == []
    assert missing([*runtime, *groups["build"], *groups["dev"]], "requirements-dev.txt") == []


def test_the_development_lock_extends_the_runtime_lock() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_what_we_import_we_ask_for() -> None:
    """A package that only comes along with another may stay away with its next release."""
    asked = {canonicalize_name(Requirement(line).name) for line in project()["project"]["dependencies"]}
    owners = packages_distributions()
    borrowed = [
        f"{source.at(node)} imports {name}"
        for source in sources()
        for node, name in imports(source)
        if (top := name.split(".")[0]) not in sys.stdlib_module_names and top not in PACKAGES
        if asked.isdisjoint(map(canonicalize_name, owners.get(top, [])))
    ]
    assert borrowed == []


def test_the_build_needs_nothing_outside_the_lock() -> None:
    assert (
        missing(tomllib.loads(read("pyproject.toml"))["build-system"]["requires"], "requirements.txt") == []
    )


def test_python_is_the_one_we_say() -> None:
    floor = project()["project"]["requires-python"].removeprefix(">=")
    wanted = read(".python-version").strip()
    assert tuple(map(int, wanted.split("."))) >= tuple(map(int, floor.split(".")))
    assert f"--python-version {floor} " in read("Makefile")
