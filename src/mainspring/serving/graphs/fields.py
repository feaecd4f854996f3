"""What may flow along an edge: which datatypes and shapes fit which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mainspring.models.signature import Field

COLUMN_TYPES = frozenset({"FP64", "INT64", "BOOL", "BYTES"})
"""The datatypes of columns."""

_BITS = {"INT8": 8, "INT16": 16, "INT32": 32, "INT64": 64, "UINT8": 8, "UINT16": 16, "UINT32": 32, "UINT64": 64}
_FLOATS = frozenset({"FP64", "FP32", "FP16", "BF16"})


def converts(given: str, wanted: str) -> bool:
    """Whether values of a datatype can be taken for those of another.

    Whole numbers can be taken for wider ones and for floats, floats for floats of another width (they are rounded,
    as those of any caller are), truth values for numbers; nothing else.

    Example:
        >>> converts("INT64", "FP64"), converts("FP64", "INT64"), converts("BYTES", "FP64")
        (True, False, False)
    """
    if given == wanted:
        return True
    if "BYTES" in (given, wanted) or wanted == "BOOL":
        return False
    if given == "BOOL" or wanted in _FLOATS:
        return True
    if given in _FLOATS:
        return False
    if wanted.startswith("U") and not given.startswith("U"):
        return False
    signed = wanted.startswith("I") and given.startswith("U")
    return _BITS[wanted] > _BITS[given] if signed else _BITS[wanted] >= _BITS[given]


def shape_fits(given: Sequence[int], wanted: Sequence[int]) -> bool:
    """Whether arrays of a shape can be taken for those of another; a column is also a matrix of one column.

    Example:
        >>> shape_fits([-1], [-1, 1]), shape_fits([-1, 3], [-1, 4]), shape_fits([-1, -1], [-1, 4])
        (True, False, True)
    """
    if len(given) == 2 and len(wanted) == 1 and given[1] in (1, -1):
        given = given[:1]
    elif len(given) == 1 and len(wanted) == 2 and wanted[1] in (1, -1):
        wanted = wanted[:1]
    return len(given) == len(wanted) and all(
        one == other or -1 in (one, other) for one, other in zip(given, wanted, strict=True)
    )


def shared(several: Sequence[Sequence[Field]]) -> tuple[Field, ...]:
    """The outputs that all of several nodes have alike: the same name, datatype and number of dimensions."""
    first, *others = several
    found = []
    for field in first:
        like = [_like(field, other) for other in others]
        if all(one is not None for one in like):
            found.append(_joined([field, *[one for one in like if one is not None]]))
    return tuple(found)


def merged(several: Sequence[Field]) -> Field | None:
    """One input of a graph for the inputs of several nodes that read it; ``None`` if nothing fits them all."""
    first = several[0]
    datatypes = [one.datatype for one in several]
    for datatype in datatypes:
        if all(converts(datatype, other) for other in datatypes):
            break
    else:
        return None
    if not all(shape_fits(one.shape, other.shape) for one in several for other in several):
        return None
    shapes = sorted((one.shape for one in several), key=len)
    least = [shape for shape in shapes if len(shape) == len(shapes[0])]
    return replace(
        first,
        datatype=datatype,
        required=any(one.required for one in several),
        nullable=all(one.nullable for one in several),
        domain=first.domain if all(one.domain == first.domain for one in several) else None,
        shape=tuple(max(sizes) for sizes in zip(*least, strict=True)),
    )


def _like(field: Field, others: Sequence[Field]) -> Field | None:
    for other in others:
        if (other.name, other.datatype, len(other.shape)) == (field.name, field.datatype, len(field.shape)):
            return other
    return None


def _joined(several: Sequence[Field]) -> Field:
    sizes = zip(*[one.shape for one in several], strict=True)
    return replace(
        several[0],
        nullable=any(one.nullable for one in several),
        domain=None,
        shape=tuple(each[0] if len(set(each)) == 1 else -1 for each in sizes),
    )
