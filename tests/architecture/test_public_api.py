"""The public surface is a list and a test."""

import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import mainspring

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/mainspring"
SNAPSHOT = Path(__file__).with_name("public_api.txt")

PACKAGES = sorted(SOURCE.rglob("__init__.py"))
ROOMS = sorted(path for path in PACKAGES if len(path.relative_to(SOURCE).parts) <= 2)
MODULES = sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def exported(path: Path) -> list[str] | None:
    """The literal ``__all__`` of a module, or ``None`` if it has none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        else:
            continue
        if value is not None and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in targets
        ):
            found = ast.literal_eval(value)
            assert isinstance(found, (list, tuple)), f"__all__ of {name_of(path)} is not a literal list"
            return list(found)
    return None


def tour(path: Path) -> str:
    """The docstring of a module."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def test_every_module_says_what_it_is() -> None:
    assert [name_of(path) for path in MODULES if not tour(path)] == []


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_every_room_begins_with_a_tour_and_lists_its_names(path: Path) -> None:
    assert len(tour(path)) >= 80, f"the docstring of {name_of(path)} is no tour of the room yet"
    assert exported(path) is not None, f"{name_of(path)} has no __all__"


def test_lists_of_names_are_sorted_case_sensitively_without_doubles() -> None:
    lists = {name_of(path): exported(path) or [] for path in MODULES}
    assert {name: sorted(set(names)) for name, names in lists.items() if names != sorted(set(names))} == {}


def test_the_version_is_told_once() -> None:
    assert mainspring.__version__ == version("mainspring")


def test_public_names_are_those_that_were_agreed() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/public_api.py"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    now, agreed = set(done.stdout.splitlines()), set(SNAPSHOT.read_text(encoding="utf-8").splitlines())
    hint = "if this was meant, run `make api` and add a changelog fragment"
    assert sorted(agreed - now) == [], f"names are gone; {hint}"
    assert sorted(now - agreed) == [], f"names are new; {hint}"
