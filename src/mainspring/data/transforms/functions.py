"""Fitting a preprocessing function, and its transform in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from mainspring.core import plugins
from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.schema import Schema
from mainspring.data.tables import Table
from mainspring.data.transforms import labels, passes
from mainspring.data.transforms.analysis.requests import LABEL
from mainspring.data.transforms.graph.columns import Columns, results_of
from mainspring.data.transforms.graph.plan import Plan
from mainspring.data.transforms.keeping import Shelf
from mainspring.data.transforms.ops import OPS
from mainspring.data.transforms.ops.forms import from_json, to_json

if TYPE_CHECKING:
    import numpy as np

VERSION: Final = 2
"""The version of files that hold ops."""


class _Saved(Protocol):
    """What is written of a transform."""

    @property
    def inputs(self) -> tuple[Column, ...]: ...
    @property
    def steps(self) -> tuple[Any, ...]: ...
    @property
    def results(self) -> tuple[str, ...]: ...
    @property
    def label(self) -> str | None: ...
    @property
    def classes(self) -> tuple[str, ...] | None: ...
    @property
    def ignored(self) -> Mapping[str, str]: ...


def fit(
    table: Table | Sequence[Table],
    schema: Schema,
    function: Callable[[Columns], Any],
    *,
    label: str | None,
    exclude: Sequence[str],
    task: str,
    cache: Path | None,
) -> dict[str, Any]:
    """The fields of the transform that a function makes, fitted on the rows of all parts.

    Raises:
        InputError: If columns do not exist or the parts differ in theirs, or the function asks for what is not
            there.
    """
    parts = [table] if isinstance(table, Table) else list(table)
    target = _checked_label(parts, schema, label, exclude)
    types = _types(parts, schema, {*exclude, target})
    plan = Plan(types, target)
    raw = dict(plan.kinds)
    results = results_of(plan, function(Columns(plan, schema)))
    drafts = plan.needed(results)
    classes, given = _labelled(
        parts, target, task, any(LABEL in one.of for draft in drafts for one in draft.requests)
    )
    ops = passes.fill(drafts, raw, given, shelf=Shelf(cache))
    used = {name for op in ops for name in op.inputs} | set(results)
    excluded = dict.fromkeys(exclude, "excluded")
    return {
        "inputs": tuple(Column(name, type_) for name, type_ in types.items() if name in used),
        "steps": ops,
        "label": target,
        "classes": classes,
        "ignored": excluded | {name: "not used by the function" for name in types if name not in used},
        "results": results,
    }


def analyze(
    table: Table | Sequence[Table],
    schema: Schema,
    function: Callable[[Columns], Mapping[str, tuple[Any, ...]]],
    *,
    label: str | None = None,
    cache: Path | None = None,
) -> dict[str, Any]:
    """What full passes over the rows say of columns, and of what ops make of them.

    Args:
        table: The rows, or a list of tables that are parts of them.
        function: Takes :class:`~mainspring.data.transforms.Columns` and returns names with a request (of
            :mod:`mainspring.data.transforms.analysis.requests`), the value it is about, and its options if any.
        cache: A folder that keeps what was found out about each part.

    Returns:
        Each name with its answer.

    Raises:
        InputError: As ``Transform.fit``.

    Example:
        >>> from mainspring.data import ColumnType, Feature, Schema, Table
        >>> from mainspring.data.transforms.analysis.requests import Histogram, Mean
        >>> table = Table.from_columns({"x": [1.0, 2.0, 6.0, None]})
        >>> schema = Schema(features={"x": Feature(name="x", type=ColumnType.FLOAT)})
        >>> analyze(table, schema, lambda c: {"mean": (Mean, c["x"]), "bars": (Histogram, c["x"], 2)})
        {'mean': 3.0, 'bars': ((1.0, 3.5, 6.0), (2, 1))}
    """
    parts = [table] if isinstance(table, Table) else list(table)
    target = _checked_label(parts, schema, label, ())
    plan = Plan(_types(parts, schema, {target}), target)
    raw = dict(plan.kinds)
    asked = {name: one[0]((one[1].name,), *one[2:]) for name, one in function(Columns(plan, schema)).items()}
    drafts = plan.needed({name for request in asked.values() for name in request.of})
    _, given = _labelled(parts, None, "auto", asked=False)
    return passes.answers(drafts, raw, given, asked, shelf=Shelf(cache))


def named(function: str) -> Callable[[Columns], Any]:
    """The preprocessing function that is meant by an import string such as ``features:features``.

    Raises:
        InputError: If it is no function.
        NotFoundError: If there is none.
    """
    found = plugins.load_string(function)
    if not callable(found):
        raise InputError(f"{function} is no function", expected="an import string such as features:features")
    made: Callable[[Columns], Any] = found
    return made


def save(transform: _Saved, path: Path) -> None:
    """Write a transform of ops."""
    value = {
        "version": VERSION,
        "label": transform.label,
        "classes": transform.classes,
        "inputs": [{"name": column.name, "type": column.type.value} for column in transform.inputs],
        "ops": [to_json(op) for op in transform.steps],
        "results": transform.results,
        "ignored": dict(transform.ignored),
    }
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def parse(value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the transform that :func:`save` wrote."""
    return {
        "inputs": tuple(Column(column["name"], ColumnType(column["type"])) for column in value["inputs"]),
        "steps": tuple(from_json(op, OPS) for op in value["ops"]),
        "label": value["label"],
        "classes": tuple(value["classes"]) if value["classes"] is not None else None,
        "ignored": value["ignored"],
        "results": tuple(value["results"]),
    }


def _checked_label(
    parts: Sequence[Table], schema: Schema, label: str | None, exclude: Sequence[str]
) -> str | None:
    problems = [] if parts else ["there are no training rows"]
    wanted = label or schema.label
    for part in parts[1:]:
        if set(part.names) != set(parts[0].names):
            problems.append("the parts have different columns")
            break
    names = parts[0].names if parts else ()
    if parts and wanted and wanted not in names:
        problems.append(f"there is no label column {wanted!r}")
    unknown = [name for name in exclude if name not in names]
    if parts and unknown:
        problems.append("excluded columns do not exist: " + ", ".join(unknown))
    if problems:
        raise InputError("; ".join(problems), where="transform", expected="columns of " + ", ".join(names))
    return wanted


def _types(parts: Sequence[Table], schema: Schema, left_out: set[str | None]) -> dict[str, ColumnType]:
    """The columns that a function may use: those of the table that the schema names and does not call absent."""
    found = {}
    for name in parts[0].names:
        feature = schema.features.get(name)
        if name not in left_out and feature is not None and not feature.absent_in:
            found[name] = feature.type
    return found


def _labelled(
    parts: Sequence[Table], label: str | None, task: str, asked: bool
) -> tuple[tuple[str, ...] | None, list[passes.Part]]:
    """The classes of the label, and the parts with their labels as numbers if they are asked for."""
    if label is None:
        return None, [passes.Part(part) for part in parts]
    whole = parts[0].select([label])
    for part in parts[1:]:
        whole = whole.concat(part.select([label]))
    classes = labels.find_classes(whole, label, task=task)
    if not asked:
        return classes, [passes.Part(part) for part in parts]
    targets = labels.encode(whole, label, classes)
    if classes is not None and len(classes) != 2:
        raise InputError(
            f"the label {label!r} has {len(classes)} classes",
            where="target_mean",
            expected="two classes or a number",
        )
    return classes, _cut(parts, targets.astype(float))


def _cut(parts: Sequence[Table], targets: np.ndarray) -> list[passes.Part]:
    found, start = [], 0
    for part in parts:
        found.append(passes.Part(part, targets[start : start + part.num_rows]))
        start += part.num_rows
    return found
