"""Asks the process that reads a project's file."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from mainspring.app import own_processes
from mainspring.app.api.shared import Shared
from mainspring.app.planning import Offer, Plan, Wish
from mainspring.core import errors
from mainspring.core.errors import InputError, MainspringError, UnavailableError

_PATIENCE: Final = 60.0
"""Seconds that reading a project's file may take."""

_FILES: Final = 2000
_PARTS: Final = ("found", "expected", "where", "fix", "fields")


def offered(shared: Shared, file: str = "") -> Sequence[Offer]:
    """The pipelines of the project's file, or of another one.

    Raises:
        InputError: If the file cannot be read.
    """
    root = shared.platform.settings.root

    def make() -> Sequence[Offer]:
        return msgspec.convert(_asked(root, {"what": "offers", "file": _inside(root, file)}), list[Offer])

    return shared.remembered(("runs", "offers", file), _stamp(root), make)


def foretold(shared: Shared, wish: Wish) -> Plan:
    """What a run would do.

    Raises:
        InputError: If a parameter or a step is wrong, or the pipeline cannot be built.
    """
    root = shared.platform.settings.root
    _inside(root, wish.file)
    return msgspec.convert(_asked(root, {"what": "plan", "wish": wish}), Plan)


def _inside(root: Path, file: str) -> str:
    """A file of the project: nobody has another one read."""
    if file and root.resolve() not in (root / file.partition(":")[0]).resolve().parents:
        raise InputError(f"{file!r} is not in the project", expected=f"a file below {root}")
    return file


def _stamp(root: Path) -> tuple[tuple[str, int], ...]:
    """The project's own files, each with when it was written."""
    files = [one for pattern in ("*.py", "*/*.py", "*.toml") for one in root.glob(pattern)][:_FILES]
    return tuple(sorted((str(one), one.stat().st_mtime_ns) for one in files))


def _told(root: Path, question: bytes) -> tuple[bytes, bytes]:
    """What a process that reads the pipeline says, and what it says on standard error."""
    pipe = subprocess.PIPE
    planning = own_processes.start(
        "mainspring.app.planning",
        folder=root,
        takes=pipe,
        out=pipe,
        errors=pipe,
        environment={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    with planning:
        try:
            return planning.communicate(question, timeout=_PATIENCE)
        except subprocess.TimeoutExpired as error:
            planning.kill()
            raise UnavailableError(
                f"reading the pipeline takes longer than {_PATIENCE:.0f} s",
                fix="see what it does when it is imported: mainspring run --dry-run",
            ) from error


def _asked(root: Path, question: Mapping[str, Any]) -> Any:
    said, complaints = _told(root, msgspec.json.encode(question))
    try:
        answer = msgspec.json.decode(said)
    except msgspec.DecodeError as error:
        last = complaints.decode("utf-8", "replace").strip().splitlines()[-1:] or ["without a word"]
        raise InputError(
            f"the pipeline's file could not be read: {last[0]}", fix="mainspring run --dry-run"
        ) from error
    if "error" in answer:
        told = answer["error"]
        kind = getattr(errors, told.pop("kind"), MainspringError)
        raise kind(**{name: told[name] for name in _PARTS if name in told})
    return answer["found"]
