"""What a run remembers of its surroundings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mainspring.pipelines import pipeline, step
from mainspring.pipelines.graph import select
from mainspring.pipelines.recording import Recorder
from mainspring.pipelines.snapshots import Commit, Entry, run_facts, snapshot

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@step
def one(n: int = 1) -> int:
    return n


@pipeline
def both(n: int = 2) -> None:
    one.named("second")(one(n))


def git(folder: Path, *arguments: str) -> str:
    """Run git."""
    who = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, **who}
    )
    return done.stdout.strip()


@needs_git
def test_the_commit(tmp_path: Path) -> None:
    assert Commit(tmp_path).read() is None
    git(tmp_path, "init", "-q")
    assert Commit(tmp_path).read() is None, "there is none yet"
    (tmp_path / "a.py").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert Commit(tmp_path).read() == head
    (tmp_path / "new.py").write_text("untracked files do not count")
    assert Commit(tmp_path).read() == head
    (tmp_path / "a.py").write_text("2")
    assert Commit(tmp_path).read() == head + "+"
    (tmp_path / "deep").mkdir()
    assert Commit(tmp_path / "deep").read() == head + "+", "a project in a folder of a repository"


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    assert Commit(tmp_path).read() is None, "not a repository after all"
    monkeypatch.setenv("PATH", "")
    assert Commit(tmp_path).read() is None


@needs_git
def test_a_git_that_takes_too_long_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "bin/git").chmod(0o755)
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("mainspring.pipelines.snapshots._PATIENCE", 0.2)
    assert Commit(tmp_path).read() is None


@needs_git
def test_the_commit_is_in_the_record_of_a_run(place: Any) -> None:
    git(place.root, "init", "-q")
    (place.root / "a.py").write_text("1")
    git(place.root, "add", "a.py")
    git(place.root, "commit", "-qm", "first")
    place.run(both.build(), name="r")
    assert place.records.run("r").custom["commit"] == git(place.root, "rev-parse", "HEAD")


def test_facts() -> None:
    graph = both.build(n=3)
    facts = run_facts(graph, Entry("pipeline.py", "both", given=("n",)), select(graph, only=["second"]))
    assert facts == {
        "parameters": {"n": 3},
        "nodes": ["one", "second"],
        "edges": [["one", "second", ""]],
        "entry": {"file": "pipeline.py", "pipeline": "both"},
        "given": ["n"],
        "environment": {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "platform": sys.platform},
        "command": sys.argv,
        "selection": {"run": ["second"], "reuse": ["one"]},
    }
    assert run_facts(graph, None, None)["entry"] is run_facts(graph, None, None)["selection"] is None


def test_the_same_files_are_kept_once(place: Any, tmp_path: Path) -> None:
    for name in ("a.py", "deep/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    recorder = Recorder(place.stores.record)
    files = {tmp_path / "a.py", tmp_path / "deep/b.py"}
    first = snapshot(recorder, place.stores.blobs, files, tmp_path)
    assert [entry.path for entry in place.stores.blobs.entries(first.digest)] == ["a.py", "deep/b.py"]
    assert snapshot(recorder, place.stores.blobs, files, tmp_path).id == first.id
    (tmp_path / "a.py").write_text("edited")
    assert snapshot(recorder, place.stores.blobs, files, tmp_path).id != first.id


def test_files_outside_of_the_project_are_kept_by_their_names(place: Any, tmp_path: Path) -> None:
    outside = tmp_path / "library/tool.py"
    outside.parent.mkdir()
    outside.write_text("x")
    made = snapshot(Recorder(place.stores.record), place.stores.blobs, {outside}, tmp_path / "project")
    assert [entry.path for entry in place.stores.blobs.entries(made.digest)] == ["tool.py"]


def test_no_files_at_all(place: Any, tmp_path: Path) -> None:
    """Steps that were typed into an interpreter."""
    made = snapshot(Recorder(place.stores.record), place.stores.blobs, set(), tmp_path)
    assert list(place.stores.blobs.entries(made.digest)) == []
