"""Tasks and outcomes as files, so that a step can run in another process: JSON both ways, nothing is unpickled."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mainspring.pipelines.codecs import Encoded
from mainspring.pipelines.executor import execute, failure_of, platform_resources
from mainspring.pipelines.loading import resolve
from mainspring.pipelines.ports import Failure, FunctionRef, Given, Outcome, Platform, Stored, Task

_TASK, _OUTCOME = "task.json", "outcome.json"


def write_task(task: Task) -> Path:
    """Leave a task in its scratch folder."""
    folder = Path(task.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _TASK).write_text(json.dumps(dataclasses.asdict(task)), encoding="utf-8")
    return folder


def read_task(folder: Path) -> Task:
    """The task that was left in a folder."""
    value: dict[str, Any] = json.loads((folder / _TASK).read_text(encoding="utf-8"))
    value["function"] = FunctionRef(**value["function"])
    value["makers"] = tuple(FunctionRef(**maker) for maker in value["makers"])
    value["inputs"] = {
        name: Given(tuple(None if item is None else Stored(**item) for item in given["items"]), given["listed"])
        for name, given in value["inputs"].items()
    }
    value["platform"] = Platform(**value["platform"]) if value["platform"] else None
    return Task(**value)


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Leave an outcome; it appears as a whole or not at all."""
    outputs: dict[str, Any] = {}
    for name, encoded in outcome.outputs.items():
        outputs[name] = None if encoded is None else _as_file(folder, name, encoded)
    failure = dataclasses.asdict(outcome.failure) if outcome.failure else None
    told = {"outputs": outputs, "seconds": outcome.seconds, "failure": failure, "metrics": dict(outcome.metrics)}
    text = json.dumps(told, default=str)
    temporary = folder / (_OUTCOME + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / _OUTCOME)


def read_outcome(folder: Path) -> Outcome | None:
    """The outcome that was left, or ``None`` if the process ended without one."""
    file = folder / _OUTCOME
    if not file.exists():
        return None
    value: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    outputs = {
        name: None
        if one is None
        else Encoded(one["type"], path=folder / one["path"], properties=one["properties"])
        for name, one in value["outputs"].items()
    }
    failure = Failure(**value["failure"]) if value["failure"] else None
    return Outcome(outputs=outputs, seconds=value["seconds"], failure=failure, metrics=value["metrics"])


def _as_file(folder: Path, name: str, encoded: Encoded) -> Mapping[str, Any]:
    path = encoded.path
    if encoded.data is not None:
        path = folder / "outputs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.data)
    relative = "" if path is None else path.relative_to(folder).as_posix()
    return {"type": encoded.type, "path": relative, "properties": dict(encoded.properties)}


def run(folder: Path) -> int:
    """Run the task of a folder in this process, and leave its outcome; gives the exit code."""
    task = read_task(folder)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if task.function.root:
        os.chdir(task.function.root)
    try:
        step = resolve(task.function)
        outcome = execute(task, step, platform_resources(task))
    except Exception as error:  # noqa: BLE001 - it is reported to the engine
        outcome = Outcome(failure=failure_of(error))
    if outcome.failure is not None:
        print(outcome.failure.traceback, file=sys.stderr)
    write_outcome(folder, outcome)
    return 0 if outcome.failure is None else 1
