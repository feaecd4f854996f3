"""Given splits: the data says itself which row belongs where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.splits import keys
from mainspring.data.splits.parting import Parted, assign, parted
from mainspring.data.tables import Table

_MOST: Final = 20


def given(table: Table, column: str, splits: Mapping[str, str | Sequence[str]] | None = None) -> Parted:
    """Share rows out to splits as a column says. The splits do without that column.

    Args:
        table: The rows.
        column: Says of each row where it belongs.
        splits: Split name to the value (or values) that mean it; by default every value is the name of a split.

    Raises:
        InputError: If a value is missing or means no split, or a split gets no row.

    Example:
        >>> table = Table.from_columns({"x": [1, 2, 3], "part": ["train", "test", "train"]})
        >>> splits, _ = given(table, "part", {"train": "train", "eval": "test"})
        >>> splits["eval"].to_columns()
        {'x': [2]}
    """
    (found,) = keys.columns_of(table, column)
    value = keys.canonical(found)
    counts = dict(engine.fetch(f"SELECT {keys.shown([found])} AS v, count(*) FROM ({table.query()}) GROUP BY v"))  # noqa: S608 - names are quoted
    if splits is None and len(counts) > _MOST:
        raise InputError(
            f"column {column!r} has {len(counts):,} values", expected=f"names of splits, {_MOST} at most"
        )
    meaning = _meaning(
        {name: name for name in sorted(counts) if name != keys.MISSING} if splits is None else splits
    )
    unknown = [name for name in sorted(counts) if name not in meaning]
    if unknown:
        listed = ", ".join(f"{name!r} ({counts[name]:,} rows)" for name in unknown[:_MOST])
        raise InputError(
            f"values that mean no split: {listed}",
            where=f"column {column!r}",
            expected=", ".join(meaning) or "one value per split",
            fix="name them too, or leave such rows out with where='…'",
        )
    names = list(dict.fromkeys(meaning.values()))
    whens = " ".join(f"WHEN {engine.literal(text)} THEN {names.index(name)}" for text, name in meaning.items())
    parts = assign(table.query(), f"CASE {value} {whens} END")
    return parted(table, parts, names, drop=[column], fix=f"correct column {column!r}, or ask for fewer splits")


def _meaning(splits: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, values in splits.items():
        for value in [values] if isinstance(values, str) else list(values):
            if found.setdefault(str(value), name) != name:
                raise InputError(f"{value!r} means both split {found[str(value)]!r} and split {name!r}")
    return found
