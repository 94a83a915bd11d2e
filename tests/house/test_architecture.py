"""The import contracts hold and would notice: `pyproject.toml` states them, these tests try to get past."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import PACKAGES, ROOT, imports, project, sources

CONTRACTS = project()["tool"]["importlinter"]["contracts"]

# What the domain may use: no clock, no I/O, no logging. Money, zones and number ranges are its subject.
PURE_LIBRARIES = {"whenever", "phonenumbers"}
IMPURE_STDLIB = {
    *(
        "asyncio",
        "concurrent",
        "ftplib",
        "http",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "queue",
    ),
    *(
        "random",
        "secrets",
        "select",
        "shutil",
        "signal",
        "smtplib",
        "socket",
        "socketserver",
        "sqlite3",
        "ssl",
    ),
    *("subprocess", "sys", "tempfile", "threading", "time", "urllib.request", "uuid"),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", "pyproject.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The three packages and their contracts, to be spoilt."""
    folder = tmp_path / "copy"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("guest", "statement", "contract"),
    [
        ("bot/domain", "import bot.services", "arrows point inward"),
        ("bot/parse", "import bot.services", "arrows point inward"),
        ("bot/services", "import storage", "arrows point inward"),
        ("bot/services", "import bot.compose", "arrows point inward"),
        ("storage", "import adapters.voice", "arrows point inward"),
        ("adapters/wire", "import adapters.web", "arrows point inward"),
        ("adapters/web", "import bot.__main__", "arrows point inward"),
        ("adapters/voice", "import adapters.voice.simulator", "vendors do not know each other"),
        ("bot/domain", "from httpx import get", "the domain knows no framework"),
    ],
)
def test_a_forbidden_import_is_noticed(copy: Path, guest: str, statement: str, contract: str) -> None:
    (copy / guest / "guest.py").write_text(f"{statement}\n", encoding="utf-8")
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout


def test_every_module_of_the_core_stands_in_a_layer() -> None:
    layers = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    named = {name.strip() for layer in layers for name in layer.split("|")}
    ours = {".".join(source.module.split(".")[:2]) for source in sources()} - {"bot", "adapters"}
    assert {name for name in ours if name not in named and name.split(".")[0] not in named} == set()


def is_pure(name: str) -> bool:
    """Whether the domain may import this."""
    if name.startswith("bot."):
        return name.startswith("bot.domain")
    top = name.split(".")[0]
    return top in PURE_LIBRARIES or (top in sys.stdlib_module_names and not {top, name} & IMPURE_STDLIB)


def test_the_domain_is_pure() -> None:
    domain = [source for source in sources() if source.module.startswith("bot.domain")]
    strangers = [
        f"{source.at(node)} imports {name}"
        for source in domain
        for node, name in imports(source)
        if not is_pure(name)
    ]
    assert domain
    assert strangers == []


def test_only_the_clock_reads_the_clock() -> None:
    readings = {
        ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
        ("time", "time"), ("time", "time_ns"), ("Instant", "now"), ("ZonedDateTime", "now"),
    }  # fmt: skip
    found = [
        source.at(node)
        for source in sources()
        if source.module != "adapters.clock"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (_last_name(node.func.value), node.func.attr) in readings
    ]
    assert found == []


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_no_vendor_is_asked_for_by_name() -> None:
    """`if provider == "plivo"` belongs into that vendor's module, as a feature or as a method."""
    vendors = {
        module.split(".")[2]
        for module in (source.module for source in sources())
        if module.startswith(("adapters.voice.", "adapters.chat."))
    }
    assert vendors, "no adapters found: has the folder moved?"
    comparisons = [
        source.at(node)
        for source in sources()
        if not source.module.startswith(("adapters.voice.", "adapters.chat."))
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(part, ast.Constant) and part.value in vendors for part in ast.walk(node))
    ]
    assert comparisons == []
