"""Writing a graph that was made of a run: packages, code, what was learnt, and the file that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from mainspring.app.graphs.picking import Data, Picked, Run
from mainspring.core.errors import InputError
from mainspring.core.records import Artifact
from mainspring.models import Package
from mainspring.serving.graphs.stepping.spec import Column, Given, State, StepSpec, write_spec
from mainspring.serving.graphs.stepping.values import OUTPUT, array_in, columns_in, described, form_of

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

CONFIG: Final = "graph.yaml"
"""The file that ``mainspring serve --config`` runs."""

ENTRY: Final = "steps.py"

_ENTRY = '''"""Steps of run {run} as nodes of a graph: written by mainspring graph from-run."""

from pathlib import Path

from mainspring.serving.graphs.stepping import StepNode


class Node(StepNode):
    folder = Path(__file__).parent
'''
_HEAD = """# The steps of run {run} as a graph: written by mainspring graph from-run, proved on {rows} rows.
# Serve it: mainspring serve --config {config}
"""


def write(opened: Mainspring, run: Run, folder: Path, *, name: str, processes: bool) -> Mapping[str, Any]:
    """Write everything but the proof.

    Args:
        opened: The project.
        run: What was picked.
        folder: Where to; its code lies there already.
        name: What the graph is called.
        processes: Whether every step runs in a process of its own.

    Returns:
        The options of the server.

    Raises:
        InputError: If a step reads or gives what cannot go along an edge.
    """
    (folder / ENTRY).write_text(_ENTRY.format(run=run.name), encoding="utf-8")
    models: dict[str, Any] = {}
    nodes: dict[str, Any] = {}
    gives: dict[str, list[str]] = {}
    for step in run.steps:
        member = f"{name}-{step.name}"
        if step.package is not None:
            place = f"packages/{step.name}"
            opened.store.blobs.fetch(str(step.package.digest), _parent(folder / place))
            models[member] = {"package": place}
            asked = [one.name for one in Package.load(folder / place).signature.inputs]
            nodes[step.name] = {"model": member, "reads": _reads_of_package(step, asked, gives)}
            continue
        spec = _spec(opened, run, step, folder)
        write_spec(folder, spec)
        gives[step.name] = [one.name for one in spec.gives]
        component: dict[str, Any] = {"entry": f"{ENTRY}:Node", "arguments": {"step": step.name}}
        models[member] = {"component": {**component, "inline": not processes, "example": _example(step, spec)}}
        nodes[step.name] = {"model": member, "reads": _reads(step, spec)}
    models[name] = {"graph": {"nodes": nodes, "answers": run.steps[-1].name}}
    return {"models": models}


def write_config(folder: Path, options: Mapping[str, Any], *, run: str, rows: int) -> Path:
    """Write the file of the server; gives its path."""
    file = folder / CONFIG
    text = yaml.safe_dump(dict(options), sort_keys=False, allow_unicode=True, width=110)
    file.write_text(_HEAD.format(run=run, rows=rows, config=CONFIG) + text, encoding="utf-8")
    return file


def _spec(opened: Mainspring, run: Run, step: Picked, folder: Path) -> StepSpec:
    states = {name: _kept(opened, step.name, name, one, folder) for name, one in step.states.items()}
    module = step.function.partition(":")[0].replace(".", "/")
    own = any(one.startswith((f"{module}.", f"{module}/")) for one in run.files)
    return StepSpec(
        name=step.name,
        function=step.function,
        files=run.files if own else {},
        code=step.code,
        data={name: _given(step.name, name, one) for name, one in step.data.items()},
        state=states,
        parameters=step.parameters,
        gives=tuple(described(name, values) for name, values in step.gave.items()),
        run=run.name,
    )


def _given(step: str, argument: str, data: Data) -> Given:
    form = form_of(data.annotation)
    if form is None:
        raise InputError(
            f"{step}.{argument} takes no data", expected="a list, an array, lists by column, or a table"
        )
    columns = columns_in(data.value, argument)
    return Given(form=form, columns=tuple(described(name, values) for name, values in columns.items()))


def _example(step: Picked, spec: StepSpec) -> list[dict[str, Any]]:
    """A row of the run: a server asks it first, and so finds out whether the step is quick."""
    row: dict[str, Any] = {}
    for argument, data in step.data.items():
        columns = columns_in(data.value, argument)
        for one in spec.data[argument].columns:
            [value] = array_in(columns[one.name][:1], one).tolist()
            row[one.name] = None if value != value else value
    return [row] if row else []


def _kept(opened: Mainspring, step: str, argument: str, artifact: Artifact, folder: Path) -> State:
    place = f"state/{step}.{argument}"
    opened.store.blobs.fetch(str(artifact.digest), _parent(folder / place))
    return State(type=artifact.type, path=place, digest=str(artifact.digest))


def _reads(step: Picked, spec: StepSpec) -> Any:
    """What a step reads: column by column, so that the names are those of its arguments."""
    found: dict[str, str] = {}
    for argument, data in step.data.items():
        for column in spec.data[argument].columns:
            found[column.name] = f"{data.step or 'request'}.{_source(data, column, spec, argument)}"
    return found


def _source(data: Data, column: Column, spec: StepSpec, argument: str) -> str:
    """The name of a column where it comes from."""
    single = spec.data[argument].form in ("list", "array")
    if not data.step or not single:
        return column.name
    return data.output or OUTPUT


def _reads_of_package(step: Picked, asked: list[str], gives: Mapping[str, list[str]]) -> Any:
    """What a package reads: all of the step before it, or its only output under another name."""
    before = step.data[""].step
    given = gives.get(before, [])
    missing = [name for name in asked if name not in given]
    if missing and len(asked) == len(given) == 1:
        return {asked[0]: f"{before}.{given[0]}"}
    if missing:
        raise InputError(
            f"{step.name} asks for {', '.join(missing)}, which {before} does not give",
            expected=f"columns that it gives: {', '.join(given)}",
        )
    return before if set(asked) == set(given) else {name: f"{before}.{name}" for name in asked}


def _parent(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
