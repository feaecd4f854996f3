"""Journeys use the command line as a person does: real processes, real files, a project in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"


@dataclass(frozen=True)
class Project:
    """A project's folder, and the command line in it.

    ``start`` is a process as a person starts it; the others are forked from one that has imported the libraries.
    """

    root: Path
    forked: Callable[..., tuple[int, str, str]]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "mainspring.app.cli.main", *arguments],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "200"},
        )

    def run(self, *arguments: str, code: int = 0, timeout: int = 240) -> str:
        """Run a command that must end with this code; gives what it printed."""
        ended, out, err = self.forked(self.root, *arguments, seconds=timeout, environment={"COLUMNS": "200"})
        assert ended == code, f"{arguments} ended with {ended}\n{out}\n{err}"
        assert "Traceback" not in err, err
        return out + err

    def json(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run a command with ``--json``; gives the object that its output ends with."""
        ended, out, err = self.forked(self.root, *arguments, "--json", environment={"COLUMNS": "200"})
        assert ended == code, f"{arguments} ended with {ended}\n{out}\n{err}"
        found: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
        return found

    def inside(self, name: str) -> Project:
        """The project in a folder of this one."""
        return Project(self.root / name, self.forked)

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.root / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a text in a file; it must be there."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))


@pytest.fixture
def folder(tmp_path: Path, forked: Callable[..., tuple[int, str, str]]) -> Project:
    """An empty folder."""
    return Project(tmp_path, forked)


@pytest.fixture
def cancer(tmp_path: Path, folder: Project) -> Project:
    """A project on scikit-learn's breast cancer data, as `mainspring init` writes it."""
    from mainspring.data.bundled import load, write_csv

    write_csv(load("breast_cancer"), tmp_path / "cancer.csv")
    folder.run("init", "cancer", "--data", "cancer.csv", "--label", "target")
    return folder.inside("cancer")


@pytest.fixture
def shared() -> Callable[..., Path]:
    """Finds a file of the shared data; the test is skipped where it is absent."""

    def find(*parts: str) -> Path:
        path = SHARED.joinpath(*parts).resolve()
        if not path.is_file():
            pytest.skip(f"the data set {'/'.join(parts)} is not beside this checkout")
        return path

    return find
