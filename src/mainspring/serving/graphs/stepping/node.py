"""A step of a pipeline as a class that a server can ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.graphs.stepping.code import load_function
from mainspring.serving.graphs.stepping.spec import CODE, Column, State, read_spec
from mainspring.serving.graphs.stepping.values import array_in, columns_in, stripped, value_for


class StepNode:
    """A step, as a class of the user's: see :mod:`mainspring.serving.components`.

    Args:
        step: Its name.
        folder: Where its specification, its code and what it learnt are; by default that of the class.

    Attributes:
        spec: What is written down of it.
        inputs: What it asks for, as the Open Inference Protocol says it.
        outputs: What it answers.

    Raises:
        NotFoundError: If something of it is gone.
        IntegrityError: If its code is not that of the run.
    """

    folder: ClassVar[Path] = Path()
    batches: ClassVar[bool] = True
    """Rows of several requests may come in one call: it was proved to answer each as if it were alone."""

    def __init__(self, step: str, folder: str | Path | None = None) -> None:
        place = self.folder if folder is None else Path(folder)
        self.spec = read_spec(place, step)
        self._function, hints = load_function(place / CODE, self.spec.function, self.spec.files)
        self._hints = hints
        self._kept: dict[str, Any] = dict(self.spec.parameters)
        for name, state in self.spec.state.items():
            self._kept[name] = _loaded(place, state, hints.get(name))
        columns = {one.name: one for given in self.spec.data.values() for one in given.columns}
        self.inputs = [_told(one) for one in columns.values()]
        self.outputs = [_told(one) for one in self.spec.gives]

    def predict(self, columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Call the function on the rows of a request.

        Raises:
            InputError: If something is missing.
        """
        given = {name: value_for(one, columns, self._hints.get(name)) for name, one in self.spec.data.items()}
        found = columns_in(self._function(**given, **self._kept))
        missing = [one.name for one in self.spec.gives if one.name not in found]
        if missing:
            raise InputError(
                f"step {self.spec.name!r} gave {', '.join(found)}",
                expected=f"{', '.join(missing)}, as in run {self.spec.run}",
            )
        return {one.name: array_in(found[one.name], one) for one in self.spec.gives}

    def transform_input(self, columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """The same, for a graph that calls the node a transformer."""
        return self.predict(columns)


def _told(column: Column) -> dict[str, Any]:
    return {"name": column.name, "datatype": column.datatype, "shape": list(column.shape)}


def _loaded(folder: Path, state: State, annotation: Any) -> Any:
    """What was learnt, as the pipeline gives it to the step."""
    path, wanted = folder / state.path, stripped(annotation)
    if not path.exists():
        raise NotFoundError("what the step had learnt is gone", where=str(path))
    if state.type == "mainspring.Json":
        value = json.loads(path.read_text(encoding="utf-8"))
        return value if wanted in (None, Any) else msgspec.convert(value, wanted, strict=False)
    if state.type == "mainspring.Bytes":
        return path.read_bytes()
    if state.type == "mainspring.Array":
        return np.load(path, allow_pickle=False)
    if state.type == "mainspring.File":
        return path
    if not hasattr(wanted, "load"):
        raise InputError(
            f"nobody knows how to load a {state.type}", expected="an argument annotated with its class"
        )
    return wanted.load(path)
