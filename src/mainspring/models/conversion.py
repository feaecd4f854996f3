"""Transforms made from fitted transformers and pipelines of scikit-learn, proved to give the same matrix.

What a transformer does is said with the ops of a transform, which train, serve and are exported like any other.
The result is compared with the original on real rows; what has no op, or differs, is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.plugins import load as load_plugin
from mainspring.data import Table, Transform
from mainspring.data.columns import Column
from mainspring.data.transforms.labels import find_classes
from mainspring.models.challenges import Challenge
from mainspring.models.matrices import MatrixParity, compare
from mainspring.models.package import columns_of
from mainspring.models.ports import NotExportableError
from mainspring.models.signature import DATATYPES, Field, Signature

MOST_ROWS = 2_000
"""At most this many rows are compared with the original, spread evenly over the table."""

TOLERANCE = 1e-9
"""How far numbers may lie apart, as a share of one plus their size: the original may add up in another order."""


INSTEAD = "save the pipeline together with its model by skops, and package it by mainspring.models.foreign.load"
"""What is left for a pipeline that has no ops: it runs in Python."""


class _Converter(Protocol):
    def convert(self, fitted: Any, inputs: Sequence[Column]) -> tuple[tuple[Any, ...], tuple[str, ...]]: ...

    def original_matrix(
        self, fitted: Any, columns: Mapping[str, npt.NDArray[Any]], inputs: Sequence[Column]
    ) -> npt.NDArray[np.float64]: ...


def transform_of(fitted: Any, table: Table, *, label: str | None = None, task: str = "auto") -> Transform:
    """The transform that does what a fitted scikit-learn transformer does.

    Accepted are scalers, imputers, encoders, buckets, powers, quantiles to the uniform distribution, polynomials,
    normalizers, PCA and truncated SVD, counts of words and tf-idf, selectors of features, and pipelines, unions
    and column transformers of these. Categories that training never saw become what the encoder makes of unknown
    ones, or nothing where it would refuse them.

    Args:
        fitted: The transformer, fitted on the columns of this table: by their names, or on all but the label in
            their order.
        table: Rows that it was fitted on, or like those: the types of the columns, and the proof, come from here.
        label: The column to be predicted.
        task: ``classification`` or ``regression``, where the label alone does not say it.

    Raises:
        InputError: If columns are missing, or the transformer refuses the rows.
        NotExportableError: If something has no op, or the numbers differ: package the whole pipeline with its
            model instead, which then runs in Python.

    Example:
        >>> from sklearn.preprocessing import StandardScaler
        >>> table = Table.from_columns({"age": [20.0, 40.0], "late": ["yes", "no"]})
        >>> scaler = StandardScaler().fit([[20.0], [40.0]])
        >>> transform_of(scaler, table, label="late").apply(table).tolist()
        [[-1.0], [1.0]]
    """
    inputs = _inputs(fitted, table, label)
    try:
        ops, results = _converter().convert(fitted, inputs)
    except NotExportableError as error:
        raise NotExportableError(error.found, expected="transformers that ops can say", fix=INSTEAD) from error
    used = {name for op in ops for name in op.inputs} | set(results)
    transform = Transform(
        inputs=tuple(column for column in inputs if column.name in used),
        steps=ops,
        label=label,
        classes=None if label is None else find_classes(table, label, task=task),
        ignored={column.name: "not used by the transformer" for column in inputs if column.name not in used},
        results=results,
    )
    parity = prove_conversion(fitted, transform, table)
    if parity.max_difference > TOLERANCE:
        worst = parity.worst[0]
        raise NotExportableError(
            f"the converted {type(fitted).__name__} differs from the original in {worst['column']!r}: "
            f"{worst['numpy']!r} instead of {worst['graph']!r}, at {worst['row']}",
            expected="the same numbers",
            fix=INSTEAD,
        )
    return transform


def prove_conversion(fitted: Any, transform: Transform, table: Table) -> MatrixParity:
    """Compare a transform with the scikit-learn transformer that it was made from, on up to 2,000 rows.

    In the report, ``numpy`` is the transform and ``graph`` the original.

    Raises:
        InputError: If there are no rows, or the transformer refuses them.
    """
    if not table.num_rows:
        raise InputError("there are no rows to compare", expected="a table with rows")
    inputs = _inputs(fitted, table, transform.label)
    chosen = np.unique(np.linspace(0, table.num_rows - 1, MOST_ROWS).astype(np.int64))
    whole = columns_of(table, Signature.of([_field(column) for column in inputs], classes=None))
    columns = {name: values[chosen] for name, values in whole.items()}

    try:
        made = _converter().original_matrix(fitted, columns, inputs)
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"{type(fitted).__name__} refuses the rows: {error}", expected="rows such as it was fitted on"
        ) from error
    if made.shape[1] != len(transform.outputs):
        raise NotExportableError(f"{made.shape[1]} columns became {len(transform.outputs)}")
    return compare(transform, lambda _: made, [Challenge("real", columns)])


def _inputs(fitted: Any, table: Table, label: str | None) -> tuple[Column, ...]:
    """The columns that it was fitted on, in their order."""
    named = getattr(fitted, "feature_names_in_", None)
    names = [str(name) for name in named] if named is not None else [n for n in table.names if n != label]
    lacking = [name for name in names if name not in table.names]
    count = getattr(fitted, "n_features_in_", len(names))
    if lacking or count != len(names):
        raise InputError(
            f"{type(fitted).__name__} was fitted on other columns"
            + (": " + ", ".join(lacking) if lacking else f": {count} instead of {len(names)}"),
            expected="a table with the columns that it was fitted on, and its label",
        )
    types = {column.name: column for column in table.columns}
    return tuple(types[name] for name in names)


def _field(column: Column) -> Field:
    return Field(column.name, DATATYPES.get(str(column.type), "BYTES"))


def _converter() -> _Converter:
    return cast("_Converter", load_plugin("trainers", "sklearn")())
