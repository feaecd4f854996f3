"""The import contracts bite: forbidden imports, planted into a copy of the package, are all reported."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is not installed: pip install -e '.[dev]'")

ROOT = Path(__file__).parents[2]

# In which package what is imported, and the contract that must say no. Each is planted as a module of its own.
FORBIDDEN = [
    ("core", "import mainspring.store", "A room imports only the rooms below it"),
    ("evaluation", "import mainspring.models", "A room imports only the rooms below it"),
    ("serving", "import mainspring.monitoring", "A room imports only the rooms below it"),
    ("data", "import mainspring", "The package's own front door is for users, not for rooms"),
    ("data", "import mainspring.pipelines", "Of a room, only its steps"),
    ("models", "import mainspring.pipelines", "Of a room, only its steps"),
    ("data", "import mainspring.store.ports", "Values move, stores do not"),
    ("evaluation", "import mainspring.store", "Values move, stores do not"),
    ("models", "import mainspring.store", "Values move, stores do not"),
    ("models", "import mainspring.models.adapters", "Technology is picked in one place"),
    ("store", "import mainspring.store.adapters", "Technology is picked in one place"),
    ("pipelines", "import mainspring.store.adapters", "Technology is picked in one place"),
    ("serving", "import mainspring.models.adapters", "What serves never needs what makes models"),
    ("monitoring", "import mainspring.models", "The watch reads what serving wrote"),
    ("app", "import mainspring.testing", "Nothing imports the conformance suites"),
    ("core", "import numpy", "A room uses only the libraries"),
    ("store", "import sqlite3", "A room uses only the libraries"),
    ("data", "import pandas", "A room uses only the libraries"),
    ("evaluation", "import sklearn.metrics", "A room uses only the libraries"),
    ("models", "import onnxruntime", "A room uses only the libraries"),
    ("models", "import duckdb", "A room uses only the libraries"),
    ("serving", "import lightgbm", "A room uses only the libraries"),
    ("data", "import click", "A room uses only the libraries"),
    ("monitoring", "import planted_library_that_nobody_thought_of", "A room uses only the libraries"),
]
ALLOWED = [
    ("app", "import mainspring"),
    ("app", "import mainspring.models.adapters"),
    ("pipelines", "import mainspring.store"),
    ("models/adapters", "import onnx"),
    ("store/adapters", "import sqlite3"),
    ("monitoring", "import numpy"),
]


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of a copy. Its folder comes first on the path, so that the copy is what is read."""
    program = "from importlinter.cli import lint_imports_command as run; run(['--no-cache', '--no-logo'])"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def copy_house(target: Path) -> Path:
    """A copy of the package and its contracts."""
    for source, name in [("src/mainspring", "mainspring"), ("tools", "tools")]:
        shutil.copytree(ROOT / source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", target)
    return target


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What is reported about a house with everything planted in it: the broken contracts with their findings."""
    house = copy_house(tmp_path_factory.mktemp("planted"))
    for number, (folder, line, _) in enumerate(FORBIDDEN):
        (house / "mainspring" / folder / f"wrong_{number}.py").write_text(line + "\n")
    for number, (folder, line) in enumerate(ALLOWED):
        (house / "mainspring" / folder / f"right_{number}.py").write_text(line + "\n")
    (house / "mainspring/attic").mkdir()
    (house / "mainspring/attic/__init__.py").touch()
    (house / "mainspring/data/circle_one.py").write_text("import mainspring.data.circle_two\n")
    (house / "mainspring/data/circle_two.py").write_text("import mainspring.data.circle_one\n")
    done = lint(house)
    assert "Broken contracts" in done.stdout, done.stdout + done.stderr
    parts = re.split(r"^(\S.*)\n-{3,}$", done.stdout.partition("Broken contracts")[2], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def finding(report: Mapping[str, str], contract: str) -> str:
    """What was found against the contract whose name starts so."""
    return next((text for name, text in report.items() if name.startswith(contract)), "")


def test_the_house_as_it_stands_keeps_its_contracts(tmp_path: Path) -> None:
    done = lint(copy_house(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("number", range(len(FORBIDDEN)), ids=lambda n: f"{FORBIDDEN[n][0]}: {FORBIDDEN[n][1]}")
def test_a_forbidden_import_is_reported(report: Mapping[str, str], number: int) -> None:
    folder, line, contract = FORBIDDEN[number]
    found = finding(report, contract)
    assert f"mainspring.{folder}.wrong_{number}" in found, report
    assert line.removeprefix("import ") in found or "sklearn" in found


@pytest.mark.parametrize("number", range(len(ALLOWED)), ids=lambda n: f"{ALLOWED[n][0]}: {ALLOWED[n][1]}")
def test_an_allowed_import_is_not_reported(report: Mapping[str, str], number: int) -> None:
    assert not any(f"right_{number} " in text for text in report.values()), report


def test_a_new_folder_must_be_placed(report: Mapping[str, str]) -> None:
    assert "mainspring.attic" in finding(report, "A room imports only the rooms below it")


def test_a_circle_is_reported(report: Mapping[str, str]) -> None:
    found = finding(report, "No cycles at any depth")
    assert "No cycles are allowed in mainspring.data." in found
    assert "circle_" in found
