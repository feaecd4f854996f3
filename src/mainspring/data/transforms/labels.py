"""The label: which classes it has, and how its values become class indices or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.transforms.kinds import as_numbers, as_words

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table

MOST_CLASSES: Final = 20
"""A column of whole numbers with more different values than this is a quantity, not a class."""


def find_classes(table: Table, label: str, *, task: str = "auto") -> tuple[str, ...] | None:
    """The classes of a label; ``None`` if it is a quantity (regression).

    Text, bools and whole numbers with at most 20 different values are classes, and so are fractional columns
    that hold nothing but two whole numbers. Words are in order of their text, numbers in order of size.

    Args:
        task: ``"classification"`` or ``"regression"`` decides it; ``"auto"`` follows the rule above.

    Raises:
        InputError: If there is no such column, values are missing, or there is only one class.
    """
    import numpy as np

    if task not in {"auto", "classification", "regression"}:
        raise InputError(f"no task is called {task!r}", expected="auto, classification or regression")
    values = _present(table, label)
    type_ = table.type_of(label)
    if task == "regression":
        as_numbers(values, label)
        return None
    values = np.unique(values) if values.dtype != object else np.array(list(set(values.tolist())), dtype=object)
    words = as_words(values) if type_ is not ColumnType.BOOL else _bools(values)
    distinct = sorted({word for word in words if word is not None})
    if type_.is_numeric:
        distinct.sort(key=float)
        if task == "auto" and not _looks_like_classes(type_, distinct):
            return None
    if len(distinct) < 2:
        raise InputError(
            f"the label {label!r} has only one value: {distinct[0] if distinct else 'none'}",
            expected="at least two classes",
        )
    return tuple(distinct)


def encode(table: Table, label: str, classes: tuple[str, ...] | None) -> np.ndarray:
    """Class indices (int64) in the order of the classes, or numbers (float64).

    Raises:
        InputError: If values are missing or are none of the classes.
    """
    import numpy as np

    values = _present(table, label)
    if classes is None:
        return as_numbers(values, label)
    numbers = values.dtype != object
    held, where = np.unique(values, return_inverse=True) if numbers else (values, np.arange(0))
    words = _bools(held) if table.type_of(label) is ColumnType.BOOL else as_words(held)
    places = {word: place for place, word in enumerate(classes)}
    unknown = sorted({str(word) for word in words if word not in places})
    if unknown:
        raise InputError(
            f"the label {label!r} has values that were not there in training: {', '.join(unknown[:10])}",
            expected="one of " + ", ".join(classes),
            fix="leave these rows out, or train on rows that have them",
        )
    found = np.fromiter((places[str(word)] for word in words), dtype=np.int64, count=len(words))
    return found[where] if numbers else found


def _looks_like_classes(type_: ColumnType, distinct: list[str]) -> bool:
    if type_ is ColumnType.INT:
        return len(distinct) <= MOST_CLASSES
    return len(distinct) <= 2 and all("." not in word and word not in {"inf", "-inf"} for word in distinct)


def _present(table: Table, label: str) -> np.ndarray:
    import numpy as np

    values = table.column(label)
    missing = int(np.isnan(values).sum()) if values.dtype != object else sum(value is None for value in values)
    if missing:
        raise InputError(
            f"the label {label!r} is missing in {missing} of {len(values)} rows",
            expected="a label in every row that a model learns from or is judged by",
            fix=f"leave the rows out: steps.ingest(…, where='\"{label}\" IS NOT NULL')",
        )
    return values


def _bools(values: np.ndarray) -> list[str | None]:
    return ["true" if value else "false" for value in values]
