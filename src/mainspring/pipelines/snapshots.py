"""What a run remembers of its surroundings: the graph, the code, the commit, the interpreter."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mainspring.core.records import Artifact, Kind
from mainspring.pipelines.code import environment
from mainspring.pipelines.graph import Graph, Selection
from mainspring.pipelines.recording import Recorder
from mainspring.store.ports import BlobStore

if TYPE_CHECKING:
    import subprocess

CODE = "mainspring.Code"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a pipeline was found.

    Attributes:
        file: The file, from the project's folder.
        pipeline: The pipeline's name in it.
        given: The parameters that were given for this run; the others have the values that the file says. ``None``
            where nobody knows.
    """

    file: str
    pipeline: str
    given: tuple[str, ...] | None = None


def run_facts(graph: Graph, entry: Entry | None, selection: Selection | None) -> Mapping[str, Any]:
    """What is recorded with a run when it starts."""
    return {
        "parameters": dict(graph.parameters),
        "nodes": list(graph.nodes),
        "edges": [list(edge) for edge in graph.edges()],
        "entry": {"file": entry.file, "pipeline": entry.pipeline} if entry else None,
        "given": None if entry is None or entry.given is None else list(entry.given),
        "environment": dict(environment()),
        "command": sys.argv,
        "selection": None
        if selection is None
        else {"run": sorted(selection.run), "reuse": sorted(selection.reuse)},
    }


class Commit:
    """The git commit of the project, asked for in the background: a large work tree takes git some time.

    Args:
        root: The project's folder.
    """

    def __init__(self, root: Path) -> None:
        self._git: subprocess.Popen[str] | None = None
        if any((folder / ".git").exists() for folder in (root, *root.parents)):
            with suppress(OSError):
                self._git = _ask_git(root)

    def read(self) -> str | None:
        """The commit, with ``+`` if files differ from it; ``None`` outside git."""
        if self._git is None:
            return None
        import subprocess

        try:
            lines = self._git.communicate(timeout=_PATIENCE)[0].splitlines()
        except subprocess.TimeoutExpired:
            self._git.kill()
            self._git.communicate()
            return None
        heads = [line.removeprefix(_HEAD) for line in lines if line.startswith(_HEAD)]
        changed = any(not line.startswith("#") for line in lines)
        return heads[0] + ("+" if changed else "") if heads and heads[0] != "(initial)" else None


_HEAD = "# branch.oid "
_PATIENCE = 10.0


def _ask_git(root: Path) -> subprocess.Popen[str]:
    import subprocess

    return subprocess.Popen(  # a fixed command; git is found on the user's path
        ["git", "status", "--porcelain=v2", "--branch", "--untracked-files=no"],  # noqa: S607
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def snapshot(recorder: Recorder, blobs: BlobStore, files: Collection[Path], root: Path) -> Artifact:
    """The project's files that take part, as one artifact; the same files are kept once."""
    import tempfile

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
