"""The rows of several requests as one batch, and its outputs as those of the requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import WrongShapeError

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

Kind: TypeAlias = tuple[object, ...]
"""What requests must have in common to be computed together."""


def kind_of(inputs: Inputs) -> Kind:
    """Names, data types and shapes without the rows, and what the model computes by besides."""
    columns = inputs.columns
    values = columns.values()
    shapes: tuple[object, ...] = ()
    if sum([array.ndim for array in values]) > len(columns):
        shapes = tuple([array.shape[1:] for array in values])
    return (*columns, *[array.dtype for array in values], shapes, inputs.apart)


def joined(parts: Sequence[Inputs], fill: int = 0) -> Inputs:
    """One batch of requests of one kind.

    Args:
        parts: The requests, at least one.
        fill: How many copies of the last row to add.
    """
    if len(parts) == 1 and not fill:
        return parts[0]
    arrays = [part.columns for part in parts]
    if fill:
        arrays.append({name: np.repeat(array[-1:], fill, axis=0) for name, array in arrays[-1].items()})
    columns = {name: np.concatenate([part[name] for part in arrays]) for name in arrays[0]}
    return parts[0].of(columns, sum([part.rows for part in parts]) + fill)


def check_rows(outputs: Arrays, rows: int, where: str) -> None:
    """Hold a model to its rows.

    Raises:
        WrongShapeError: If an output has another number of rows: nobody can say whose they are.
    """
    for name, array in outputs.items():
        if array.ndim == 0 or len(array) != rows:
            raise WrongShapeError(
                f"output {name!r} has shape {list(array.shape)} for {rows} rows",
                expected=f"{rows} along the first dimension: one answer per row",
                where=where,
            )


def parted(outputs: Arrays, sizes: Sequence[int]) -> list[Arrays]:
    """The outputs of each request, as views; rows that were filled in belong to nobody."""
    if len(sizes) == 1 and all(len(array) == sizes[0] for array in outputs.values()):
        return [outputs]
    found: list[Arrays] = []
    start = 0
    for size in sizes:
        stop = start + size
        found.append({name: array[start:stop] for name, array in outputs.items()})
        start = stop
    return found
