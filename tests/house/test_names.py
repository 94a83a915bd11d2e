"""`bot`, `adapters` and `storage` are everyday words: nobody else may bring a package so called."""

import ast
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.repository import PACKAGES, ROOT, project, sources

# A word that says nothing about telephony, about calls or about people.
EMPTY_WORDS = ("manager", "helper", "util", "utils", "base", "misc", "common", "process", "processor")


@pytest.mark.parametrize("package", PACKAGES)
def test_patchline_alone_owns_its_packages(package: str) -> None:
    assert set(packages_distributions()[package]) == {"patchline"}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_we_test_is_the_one_beside_the_tests(package: str) -> None:
    module = __import__(package)
    assert Path(module.__path__[0]).resolve() == ROOT / package


def test_no_test_folder_is_called_like_a_package() -> None:
    folders = {path.name for path in (ROOT / "tests").rglob("*") if path.is_dir()}
    assert folders.isdisjoint(PACKAGES)
    assert (ROOT / "tests" / "__init__.py").exists()


def test_the_distribution_cannot_be_published() -> None:
    assert "Private :: Do Not Upload" in project()["project"]["classifiers"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_code_is_a_package(package: str) -> None:
    """Without an `__init__.py` the folder is left out of the installation."""
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    folders |= {parent for folder in folders for parent in folder.parents if ROOT in parent.parents}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_names_say_something() -> None:
    files = [source.path.stem for source in sources()]
    classes = [
        node.name for source in sources() for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)
    ]
    empty = [name for name in files if name.lower() in EMPTY_WORDS]
    empty += [name for name in classes if name.lower().endswith(EMPTY_WORDS)]
    assert empty == []
