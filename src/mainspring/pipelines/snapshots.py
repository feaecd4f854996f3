"""What a run remembers of its surroundings: the graph, the code, the commit, the interpreter."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mainspring.core.records import Artifact, Kind
from mainspring.pipelines.code import environment
from mainspring.pipelines.graph import Graph
from mainspring.pipelines.recording import Recorder
from mainspring.store.ports import BlobStore

CODE = "mainspring.Code"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a pipeline was found.

    Attributes:
        file: The file, from the project's folder.
        pipeline: The pipeline's name in it.
    """

    file: str
    pipeline: str


def run_facts(graph: Graph, entry: Entry | None, root: Path) -> Mapping[str, Any]:
    """What is recorded with a run when it starts."""
    return {
        "parameters": dict(graph.parameters),
        "nodes": list(graph.nodes),
        "edges": [list(edge) for edge in graph.edges()],
        "entry": {"file": entry.file, "pipeline": entry.pipeline} if entry else None,
        "environment": dict(environment()),
        "commit": commit(root),
        "command": sys.argv,
    }


def commit(root: Path) -> str | None:
    """The git commit of the project, with ``+`` if files differ from it; ``None`` outside git."""
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return None
    git = shutil.which("git")
    if git is None:
        return None
    try:
        head = _git(git, root, "rev-parse", "HEAD")
        dirty = _git(git, root, "status", "--porcelain", "--untracked-files=no")
    except (subprocess.SubprocessError, OSError):
        return None
    return head + ("+" if dirty else "")


def _git(git: str, root: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - git itself, with fixed arguments
        [git, *arguments], cwd=root, capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()


def snapshot(recorder: Recorder, blobs: BlobStore, files: Collection[Path], root: Path) -> Artifact:
    """The project's files that take part, as one artifact; the same files are kept once."""
    with tempfile.TemporaryDirectory(prefix="mainspring-") as name:
        folder = Path(name)
        for file in sorted(files):
            place = folder / _relative(file, root)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        digest = blobs.put(folder)
    known = recorder.store.find(
        Kind.ARTIFACT,
        "type = :type AND digest = :digest AND state = LIVE",
        {"type": CODE, "digest": digest},
        descending=True,
        limit=1,
    ).items
    if known:
        return cast("Artifact", known[0])
    fresh = recorder.artifact(CODE, {"files": len(set(files))}, uri=f"blob:{digest}", digest=digest)
    return cast("Artifact", recorder.publish([fresh], [])[0])


def _relative(file: Path, root: Path) -> Path:
    try:
        return file.resolve().relative_to(root.resolve())
    except ValueError:
        return Path(file.name)
