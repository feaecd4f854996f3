"""Which files belong to a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.components.options import Component
from mainspring.serving.deploying import code
from mainspring.serving.deploying.code import code_of, moved


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A class that needs some of what lies beside it."""
    for name, text in {
        "own.py": "import json, near\nfrom parts.deep import x\nwords = open('data/words.txt')\n",
        "near.py": "import importlib\nimportlib.import_module('far')\nimport own\n",
        "far.py": "",
        "stranger.py": "import gone",
        "parts/__init__.py": "",
        "parts/deep.py": "x = '../secret.txt', '/etc/hostname', 'parts'",
        "parts/__pycache__/deep.pyc": "",
        "data/words.txt": "a",
        "given.json": "{}",
        ".hidden/key": "",
        "environment/pyvenv.cfg": "",
        "environment/lib.py": "",
    }.items():
        (tmp_path / "here" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "here" / name).write_text(text)
    (tmp_path / "secret.txt").write_text("nobody's")
    return tmp_path / "here"


def names(component: Component, folder: Path, *, whole: bool = False) -> list[str]:
    found = code_of(component.placed(folder), whole=whole)
    assert found is not None
    return [str(one) for one in found.files]


NEEDED = [
    "data/words.txt",
    "far.py",
    "given.json",
    "near.py",
    "own.py",
    "parts/__init__.py",
    "parts/deep.py",
]


def test_what_a_class_imports_and_names_belongs_to_it_and_nothing_else(folder: Path) -> None:
    said = {"arguments": {"options": ["given.json"]}}
    assert names(Component(entry="own.py:Own", **said), folder) == NEEDED
    assert names(Component(entry="own:Own", **said), folder) == NEEDED
    assert names(Component(entry="parts.deep:Own"), folder) == ["parts/__init__.py", "parts/deep.py"]


def test_all_of_a_folder_that_is_named_belongs_to_the_class(folder: Path) -> None:
    assert names(Component(entry="own.py:Own", folder="."), folder, whole=True) == [
        "data/words.txt",
        "far.py",
        "given.json",
        "near.py",
        "own.py",
        "parts/__init__.py",
        "parts/deep.py",
        "stranger.py",
    ]
    # A folder that the class only runs in stays where it is.
    elsewhere = Component(entry="here/far.py:Own", folder="parts").placed(folder.parent)
    found = code_of(elsewhere, whole=True)
    assert found is not None
    assert [str(one) for one in found.files] == ["far.py"]
    assert moved(elsewhere, Path("/new")).folder == str(folder.parent / "parts")


def test_what_is_of_the_interpreter_stays_there(folder: Path) -> None:
    assert code_of(Component(entry="json:JSONDecoder").placed(folder)) is None


def test_a_class_is_moved_with_its_files(folder: Path) -> None:
    there = moved(Component(entry="sub/../own.py:Own.part", python="bin/python").placed(folder), Path("/new"))
    assert (there.entry, there.folder, there.python) == (
        "/new/own.py:Own.part",
        "/new",
        str(folder / "bin/python"),
    )
    there = moved(Component(entry="sub/own.py:Own", folder=".").placed(folder), Path("/new"))
    assert (there.entry, there.folder) == ("/new/sub/own.py:Own", "/new")
    assert moved(Component(entry="parts.deep:Own").placed(folder), Path("/new")).folder == "/new"


def test_files_that_are_not_there_or_too_many_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFoundError, match=r"no .*gone\.py"):
        code_of(Component(entry="gone.py:Own").placed(folder))
    monkeypatch.setattr(code, "MOST_FILES", 3)
    with pytest.raises(InputError, match="more than 3 files"):
        code_of(Component(entry="own.py:Own").placed(folder))
    (folder / "own.py").write_text("this is no Python")
    assert names(Component(entry="own.py:Own"), folder) == ["own.py"]
