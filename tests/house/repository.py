"""Where things stand in the repository, and how to read its Python without importing it."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "adapters", "storage")


@dataclass(frozen=True, slots=True)
class Source:
    """One of our Python files, parsed."""

    path: Path
    tree: ast.Module

    @property
    def module(self) -> str:
        """Dotted name; a package's is that of its `__init__.py`."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def at(self, node: ast.expr | ast.stmt) -> str:
        return f"{self.path.relative_to(ROOT)}:{node.lineno}"


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))


@cache
def sources() -> tuple[Source, ...]:
    """Every file of the three packages, in a stable order."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(Source(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Every import with the dotted name it reaches for; `from a import b` counts as `a`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module
