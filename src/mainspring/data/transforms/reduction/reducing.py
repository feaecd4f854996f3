"""A transform with a reduction behind it: one graph, in training, in serving and in ONNX."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data.transforms.lowering import lowered
from mainspring.data.transforms.ops import Concat
from mainspring.data.transforms.reduction.affine import AffineReduction
from mainspring.data.transforms.reduction.fitting import fit_reduction
from mainspring.data.transforms.transform import Transform

if TYPE_CHECKING:
    from mainspring.data.tables import Table

_MATRIX: Final = "matrix"


def reduce_transform(
    transform: Transform,
    table: Table,
    *,
    method: str = "pca",
    components: float = 2,
    whiten: bool = False,
    seed: int = 0,
) -> tuple[Transform, AffineReduction]:
    """Fit a reduction on what a transform makes of the training rows, and put it behind the transform.

    Args:
        transform: Fitted on the same rows.
        table: The training rows.
        method: As for :func:`fit_reduction`; ``lda`` uses the label.
        components: How many columns to keep, or the share of the variance.
        whiten: Whether principal components get unit variance.
        seed: Of random directions.

    Returns:
        A transform whose matrix is the reduced one, and the reduction.

    Raises:
        InputError: If the matrix has missing values, or the label has no classes where they are needed.
    """
    target = None
    if method == "lda":
        if transform.classes is None:
            raise InputError("the label is a number", expected="a label with classes, for lda")
        target = transform.labels(table)
    found = fit_reduction(
        transform.apply(table),
        method,
        components=components,
        names=transform.outputs,
        target=target,
        whiten=whiten,
        seed=seed,
    )
    return behind(transform, found), found


def behind(transform: Transform, reduction: AffineReduction) -> Transform:
    """The transform followed by the reduction.

    Raises:
        InputError: If the reduction is of other columns.
    """
    if reduction.inputs != transform.outputs:
        raise InputError(
            f"the reduction is of {len(reduction.inputs)} columns, the transform makes {len(transform.outputs)}",
            expected="the columns that it was fitted on",
        )
    graph = lowered(transform.inputs, transform.steps, transform.results)
    taken = {op.output for op in graph.ops} | set(graph.kinds)
    name = _MATRIX
    while name in taken:
        name += "'"
    last = reduction.op(name)
    return replace(transform, steps=(*graph.ops, Concat(tuple(graph.results), name), last), results=(last.output,))
