"""Proving that a graph made of a run answers as that run did, before anybody is told that it exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.app.graphs.picking import Picked, Run
from mainspring.core.errors import IntegrityError, StateError
from mainspring.data import Table
from mainspring.serving.client import Client
from mainspring.serving.graphs.stepping import Column, StepNode, StepSpec
from mainspring.serving.graphs.stepping.values import array_in, columns_in
from mainspring.serving.server_process import PythonServer

TOLERANCE: Final = 1e-5
"""How far a score of a package may be from the model's: what proofs of packages allow for ONNX."""

ALONE: Final = 20
"""So many rows are also asked one by one."""

_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was held against what.

    Attributes:
        run: The run.
        rows: How many of its rows.
        steps: Steps whose answers are equal to those recorded, to the bit.
        largest_difference: Of a score of the served graph to the pipeline's own.
        labels: How many labels were compared, all of them equal.
        code: The digest of the recorded code.
    """

    run: str
    rows: int
    steps: tuple[str, ...]
    largest_difference: float
    labels: int
    code: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def prove(run: Run, folder: Path, config: Path, *, name: str) -> Proof:
    """Hold every node, and the graph as a server answers it, against what the run recorded.

    Args:
        run: What was picked.
        folder: What was written.
        config: The file of the server.
        name: What the graph is called.

    Raises:
        IntegrityError: If an answer is another one.
        UnavailableError: If the server does not start; with what it said.
    """
    steps = [step for step in run.steps if step.package is None]
    nodes = {step.name: StepNode(step.name, folder) for step in steps}
    for step in steps:
        _hold(step, nodes[step.name])
    asked = _asked(steps, nodes)
    rows = min(len(values) for _, values in asked)
    last = run.steps[-1]
    # Options in proofs are those of the file, except for the port: two proofs may run at a time.
    with PythonServer(
        "mainspring.serving", ["--config", str(config), "--port", "0"], timeout=_START_SECONDS
    ) as server:
        answer = _ask(server.url, name, asked)
    worst, labels = _compared(run, last, answer, rows, name)
    return Proof(
        run=run.name,
        rows=rows,
        steps=tuple(nodes),
        largest_difference=worst,
        labels=labels,
        code=str(run.code.digest),
    )


def _hold(step: Picked, node: StepNode) -> None:
    """A node gives what the step gave, for all rows together and for each alone."""
    given = _arrays(step, node.spec)
    rows = min((len(one) for one in given.values()), default=0)
    expected = {one.name: array_in(step.gave[one.name], one) for one in node.spec.gives}
    for start, stop in [(0, rows), *((row, row + 1) for row in range(min(rows, ALONE)))]:
        try:
            found = node.predict({column: one[start:stop] for column, one in given.items()})
        except Exception as error:
            raise StateError(
                f"{step.name} fails for rows that it answered in the run: {type(error).__name__}: {error}",
                expected="a function of these columns that imports what it needs at the top of its file",
                where=f"run {node.spec.run}",
            ) from error
        for column, wanted in expected.items():
            if not _equal(found[column], wanted[start:stop]):
                alone = f"row {start} alone" if stop - start < rows else f"{rows} rows"
                raise IntegrityError(
                    f"{step.name} gives other values of {column} for {alone} than the run recorded",
                    expected="a step that answers each row by itself, and has no chance in it",
                    where=f"run {node.spec.run}",
                )


def _arrays(step: Picked, spec: StepSpec) -> dict[str, npt.NDArray[Any]]:
    found: dict[str, npt.NDArray[Any]] = {}
    for argument, data in step.data.items():
        columns = columns_in(data.value, argument)
        found |= {one.name: array_in(columns[one.name], one) for one in spec.data[argument].columns}
    return found


def _asked(steps: Sequence[Picked], nodes: Mapping[str, StepNode]) -> list[tuple[Column, npt.NDArray[Any]]]:
    """What is asked of the whole graph, by column."""
    found: dict[str, tuple[Column, npt.NDArray[Any]]] = {}
    for step in steps:
        arrays, spec = _arrays(step, nodes[step.name].spec), nodes[step.name].spec
        for argument, data in step.data.items():
            if not data.step:
                found |= {one.name: (one, arrays[one.name]) for one in spec.data[argument].columns}
    return list(found.values())


def _ask(url: str, name: str, asked: Sequence[tuple[Column, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    tensors = [
        {
            "name": column.name,
            "datatype": column.datatype,
            "shape": list(values.shape),
            "data": _finite(values.tolist()),
        }
        for column, values in asked
    ]
    body = msgspec.json.encode({"inputs": tensors})
    with Client(url) as client:
        status, _, told = client.exchange(
            "POST", f"/v2/models/{name}/infer", body, {"content-type": "application/json"}
        )
    answer = msgspec.json.decode(told)
    if status != 200:
        raise IntegrityError(
            f"the graph answers {status}: {answer.get('error')}", expected="an answer to rows of the run"
        )
    return {
        one["name"]: np.array(one["data"], dtype=object if one["datatype"] == "BYTES" else None).reshape(
            one["shape"]
        )
        for one in answer["outputs"]
    }


def _compared(
    run: Run, last: Picked, answer: Mapping[str, npt.NDArray[Any]], rows: int, name: str
) -> tuple[float, int]:
    """The largest difference of a score, and how many labels are equal."""
    if last.package is None:
        expected = {column: np.asarray(one) for column, one in columns_in(last.gave).items()}
        for column, values in expected.items():
            if column not in answer or not _equal(answer[column], values[:rows]):
                raise IntegrityError(f"{name} serves other values of {column} than the run recorded")
        return 0.0, 0
    before = next(step for step in run.steps if step.name == last.data[""].step)
    predictions = last.model.predict(Table.from_columns({key: list(one) for key, one in before.gave.items()}))
    if predictions.classes is None:
        scores = answer["prediction"]
        worst = float(np.max(np.abs(scores - predictions.scores), initial=0.0))
        labels = 0
    else:
        worst = float(np.max(np.abs(answer["probabilities"] - predictions.scores), initial=0.0))
        wrong = [row for row in range(rows) if str(answer["label"][row]) != str(predictions.labels[row])]
        if wrong:
            raise IntegrityError(
                f"{name} serves {answer['label'][wrong[0]]!r} for row {wrong[0]}",
                expected=f"{predictions.labels[wrong[0]]!r}, as the model of the run says",
            )
        labels = rows
    if not worst <= TOLERANCE:
        raise IntegrityError(
            f"a score of {name} differs from that of the model of the run by {worst:.3g}",
            expected=f"at most {TOLERANCE:g}",
        )
    return worst, labels


def _equal(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind == "f" and other.dtype.kind == "f":
        return np.array_equal(one, other, equal_nan=True)
    return bool(one.tolist() == other.tolist())


def _finite(values: list[Any]) -> list[Any]:
    return [_finite(one) if isinstance(one, list) else None if one != one else one for one in values]
