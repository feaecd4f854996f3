"""What may be asked for beside the figures that every feature gets."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data.profiling.paths import paths
from mainspring.data.profiling.text import Vocabulary
from mainspring.data.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to compute.

    Attributes:
        features: The columns to describe; all if ``None``.
        weight: A column of numbers by which rows are weighted, in addition to the plain figures.
        weights: Feature to another column of weights for it.
        label: The column that is to be predicted: pairs of it and every feature are measured.
        slices: Some of the rows to describe apart: ``"sex"`` for every value of a column, ``"sex x race"`` for
            every pair of values, ``{"young": "age < 30"}`` for rows by an SQL condition, and more (see
            :func:`mainspring.data.profiling.slices.slice_tables`).
        sample: The share of the rows to draw, from 0 to 1; all if ``None``.
        seed: What the drawing depends on, beside the rows.
        text: Columns of natural language.
        vocabularies: Column of natural language to the tokens known of it, or more to look for in it
            (:class:`mainspring.data.profiling.text.Vocabulary`).
        images: Columns of pictures, as bytes or as names of files.
        sparse: Sparse features to measure: objects with a ``name``, ``index`` and ``value``.
        weighted: Weighted features to measure: objects with a ``name``, ``feature`` and ``weight``.
        generators: More figures of one's own.
        crosses: The columns whose pairs are measured, ``True`` for all, ``False`` for none; all if ``None`` and
            there is a label.
        threads: How many threads work; as many as there are processors if ``None``.
    """

    features: tuple[str, ...] | None = None
    weight: str | None = None
    weights: Mapping[str, str] = field(default_factory=dict)
    label: str | None = None
    slices: tuple[Any, ...] = ()
    sample: float | None = None
    seed: int = 0
    text: tuple[str, ...] = ()
    vocabularies: Mapping[str, Vocabulary | Sequence[str]] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    sparse: tuple[Any, ...] = ()
    weighted: tuple[Any, ...] = ()
    generators: tuple[Any, ...] = ()
    crosses: tuple[str, ...] | bool | None = None
    threads: int | None = None

    @property
    def workers(self) -> int:
        """How many threads work."""
        return self.threads or os.cpu_count() or 1

    def check(self, table: Table) -> None:
        """See that every column named is there.

        Raises:
            InputError: If some are not; all are listed.
        """
        crosses = self.crosses if isinstance(self.crosses, tuple) else ()
        named = [*(self.features or ()), *self.text, *self.vocabularies, *self.images, *crosses]
        named += [name for name in (self.weight, self.label) if name is not None]
        named += [*self.weights, *self.weights.values()]
        known = {part for path in paths(table) for part in (path.name, path.column)}
        unknown = [name for name in dict.fromkeys(named) if name not in known]
        if unknown:
            raise InputError(
                "there is no column " + ", ".join(repr(name) for name in unknown),
                expected="one of " + ", ".join(table.names),
            )
        if self.weights and self.weight is None:
            raise InputError("weights of single features alone", expected="a weight for all others too")
        if self.threads is not None and self.threads < 1:
            raise InputError(f"{self.threads} threads", expected="at least 1")
